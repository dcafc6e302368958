//! What a fold promises: time, timers, rules, faults, images.

#![allow(clippy::unwrap_used)]

mod common;

use common::{Log, book, config, key};
use facts::{Moment, Span};
use fold::{InputRecord, PartitionState, Payload, Stop};
use proptest::prelude::*;

#[test]
fn timers_fire_in_order_of_due_and_id_before_the_entry_that_reaches_them() {
    let mut log = Log::new();
    log.word("B", 1);
    log.word("A", 1);
    log.tick(1);
    log.word("C", 1);
    log.tick(120);
    log.word("A", 5);
    let at = |minutes: i64| Moment::from_millis(0) + Span::minutes(minutes);
    assert_eq!(
        log.said(),
        [
            format!("A rings at {} with 1", Moment::EARLIEST + Span::hours(1)),
            format!("B rings at {} with 1", Moment::EARLIEST + Span::hours(1)),
            format!("C rings at {} with 1", at(61)),
        ]
    );
    assert_eq!(
        log.out.iter().map(|o| (o.offset, o.index)).collect::<Vec<_>>(),
        [(3, 0), (3, 1), (5, 0)]
    );
}

#[test]
fn a_tick_that_is_behind_moves_nothing() {
    let mut log = Log::new();
    log.tick(10);
    log.tick(5);
    assert_eq!(log.fold.now(), Moment::from_millis(600_000));
    assert_eq!(log.fold.counts().idle_ticks, 1);
}

#[test]
fn other_rules_judge_every_value_anew_in_the_order_of_ids() {
    let mut log = Log::new();
    log.word("B", 2);
    log.word("A", 2);
    log.take(Payload::Rulebook(book(10)), None, None);
    log.word("A", 1);
    assert_eq!(log.said(), ["A judged anew", "B judged anew"]);
    assert_eq!(log.fold.store().get(&key("A")).unwrap().sum, 12);
    log.take(Payload::Behaviour(2), None, None);
    log.word("A", 1);
    assert_eq!(log.fold.store().get(&key("A")).unwrap().sum, 32);
}

#[test]
fn an_unknown_behaviour_stops_the_fold_and_says_which_it_knows() {
    let mut log = Log::new();
    let record =
        InputRecord { offset: 1, origin: None, after: None, payload: Payload::Behaviour(3) };
    let stop = log.fold.take(&record, &mut Vec::new()).unwrap_err();
    assert_eq!(stop, Stop::Behaviour { service: "adder", asked: 3, from: 1, to: 2 });
}

#[test]
fn a_fault_is_contained_to_one_subject() {
    let mut log = Log::new();
    log.word("A", 1);
    log.word("B", 13);
    log.word("B", 1);
    log.word("A", 1);
    assert_eq!(log.said(), ["B faulted"]);
    assert_eq!(log.fold.counts().dropped, 1);
    assert_eq!(log.fold.store().get(&key("A")).unwrap().sum, 2);
    assert!(log.fold.store().get(&key("B")).is_none());
    let bytes = log.fold.snapshot().unwrap();
    let again = PartitionState::from_snapshot(config(), &bytes).unwrap();
    assert!(again.store().get(&key("B")).is_none(), "a fault outlives a restart");
}

#[test]
fn a_fault_is_told_to_everybody_whom_it_concerns() {
    let mut log = Log::new();
    log.word("LOGGER", 7);
    log.word("LOGGER", 13);
    assert_eq!(log.said(), ["A faulted", "B faulted"]);
    assert!(log.fold.store().get(&key("LOGGER")).is_none());
}

#[test]
fn a_value_that_asks_for_the_past_is_a_fault_and_no_endless_loop() {
    let mut log = Log::new();
    log.tick(1);
    log.word("A", 14);
    log.word("B", 1);
    log.tick(120);
    assert_eq!(log.said().first().map(String::as_str), Some("A faulted"));
    assert_eq!(log.said().len(), 2, "B rings");
}

#[test]
fn a_damaged_image_is_refused() {
    let mut log = Log::new();
    log.word("A", 1);
    let bytes = log.fold.snapshot().unwrap();
    assert!(PartitionState::from_snapshot(config(), &bytes[..bytes.len() - 1]).is_err());
    assert!(PartitionState::from_snapshot(config(), &[bytes, vec![0]].concat()).is_err());
}

#[derive(Debug, Clone)]
enum Act {
    Word(u8, i64),
    Tick(i64),
    Rules(i64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        6 => (0u8..5, 1i64..12).prop_map(|(k, n)| Act::Word(k, n)),
        3 => (0i64..400).prop_map(Act::Tick),
        1 => (1i64..4).prop_map(Act::Rules),
    ]
}

fn play(log: &mut Log, act: &Act) {
    match act {
        Act::Word(k, n) => log.word(&format!("S{k}"), *n),
        Act::Tick(m) => log.tick(*m),
        Act::Rules(t) => {
            log.take(Payload::Rulebook(book(*t)), None, None);
        }
    }
}

proptest! {
    #[test]
    fn a_fold_from_an_image_goes_on_as_if_nothing_had_happened(acts in prop::collection::vec(act(), 1..60), cut in 0usize..60) {
        let mut whole = Log::new();
        let mut split = Log::new();
        for (n, act) in acts.iter().enumerate() {
            if n == cut {
                let bytes = split.fold.snapshot().unwrap();
                split.fold = PartitionState::from_snapshot(config(), &bytes).unwrap();
                prop_assert_eq!(split.fold.snapshot().unwrap(), bytes);
            }
            play(&mut whole, act);
            play(&mut split, act);
        }
        prop_assert_eq!(&whole.out, &split.out);
        prop_assert_eq!(whole.fold.hash().unwrap(), split.fold.hash().unwrap());
    }

    #[test]
    fn ticks_between_change_nothing(acts in prop::collection::vec(act(), 1..60), extra in prop::collection::vec(0i64..400, 60)) {
        let (mut plain, mut ticked, mut reached) = (Log::new(), Log::new(), 0);
        for (act, extra) in acts.iter().zip(extra) {
            if let Act::Tick(to) = act {
                // Only a tick on the way to the next one: it may not overtake.
                ticked.tick(extra.min(*to));
                reached = reached.max(*to);
            }
            play(&mut plain, act);
            play(&mut ticked, act);
        }
        prop_assert_eq!(plain.said(), ticked.said());
    }
}
