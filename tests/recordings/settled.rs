//! Once everything has arrived, the verdicts are the same: in whatever order facts raced, however often they
//! came, however late a logger sent what it had measured.

use crate::common::{Outcome, book_with, judge, judge_republishing};
use crate::verdicts::{self, Verdict};
use facts::fact::log::Corrected;
use facts::{DeviceFact, Event, Fact, Moment, ShortText, Span, SubjectKind};
use fastrand::Rng;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn settled(outcome: &Outcome, without: &[&str]) -> Vec<Verdict> {
    verdicts::settled(&outcome.findings, without)
}

fn events(seed: u64) -> Vec<(Moment, Event)> {
    simulate::make(seed, 10)
        .inbound
        .into_iter()
        .map(|arrival| (arrival.at, arrival.event))
        .collect()
}

fn in_order(mut arrivals: Vec<(Moment, Event)>) -> Vec<(Moment, Event)> {
    arrivals.sort_by_key(|(at, _)| *at);
    arrivals
}

/// The end of all recordings compared: after the last arrival of either.
fn verdicts(arrivals: Vec<(Moment, Event)>, without: &[&str]) -> Vec<Verdict> {
    let last = arrivals.last().map_or(Moment::EARLIEST, |(at, _)| *at);
    settled(&judge(arrivals, Some(last.ceil(Span::days(1)) + Span::days(1))), without)
}

/// Everything arrives up to 20 s later, so that what was close together comes in another order.
fn shuffled(arrivals: &[(Moment, Event)], rng: &mut Rng) -> Vec<(Moment, Event)> {
    let later =
        |(at, event): &(Moment, Event)| (*at + Span::millis(rng.i64(0..20_000)), event.clone());
    in_order(arrivals.iter().map(later).collect())
}

/// For minutes at a time the events of one subject are behind those of the others, and keep their own order.
fn behind(arrivals: &[(Moment, Event)], rng: &mut Rng) -> Vec<(Moment, Event)> {
    let mut last: BTreeMap<String, Moment> = BTreeMap::new();
    let mut lag: BTreeMap<(String, i64), Span> = BTreeMap::new();
    let moved = arrivals.iter().map(|(at, event)| {
        let subject = event.subject.to_string();
        let quarter = at.millis() / Span::minutes(15).as_millis();
        let any = || if rng.bool() { Span::seconds(rng.i64(0..900)) } else { Span::ZERO };
        let by = *lag.entry((subject.clone(), quarter)).or_insert_with(any);
        let before = last.get(&subject).copied().unwrap_or(*at);
        let at = (*at + by).max(before);
        last.insert(subject, at);
        (at, event.clone())
    });
    let moved = moved.collect();
    in_order(moved)
}

/// Everything arrives again, up to a day later.
fn doubled(arrivals: &[(Moment, Event)], rng: &mut Rng) -> Vec<(Moment, Event)> {
    let again =
        |(at, event): &(Moment, Event)| (*at + Span::millis(rng.i64(0..86_400_000)), event.clone());
    let repeats: Vec<_> = arrivals.iter().map(again).collect();
    in_order(arrivals.iter().cloned().chain(repeats).collect())
}

/// A third of the loggers send nothing while they are on their way: all of it comes in one go, hours later.
fn uploaded_late(arrivals: &[(Moment, Event)], rng: &mut Rng) -> Vec<(Moment, Event)> {
    let mut late: BTreeMap<String, Option<Span>> = BTreeMap::new();
    let mut last: BTreeMap<String, Moment> = BTreeMap::new();
    for (at, event) in arrivals.iter().filter(|(_, e)| e.subject.kind == SubjectKind::Device) {
        let device = event.subject.id.to_string();
        last.entry(device).and_modify(|known| *known = (*known).max(*at)).or_insert(*at);
    }
    let moved = arrivals.iter().map(|(at, event)| {
        let device = event.subject.id.to_string();
        if !matches!(event.fact, Fact::Device(DeviceFact::Reading(_))) {
            return (*at, event.clone());
        }
        let by = *late
            .entry(device.clone())
            .or_insert_with(|| (rng.u8(..3) == 0).then(|| Span::minutes(rng.i64(1..600))));
        let until = last.get(&device).copied().unwrap_or(*at);
        (by.map_or(*at, |by| until + by), event.clone())
    });
    let moved = moved.collect();
    in_order(moved)
}

/// Every fifth fact but readings comes up to twenty days later, longer than readings are kept; and every
/// fifth attachment is declared an error as late.
fn weeks_late(arrivals: &[(Moment, Event)], rng: &mut Rng) -> Vec<(Moment, Event)> {
    let mut late = || match rng.u8(..5) {
        0 => Some(Span::seconds(rng.i64(0..20 * 86_400))),
        _ => None,
    };
    let mut all = Vec::new();
    for (at, event) in arrivals {
        let moves = !matches!(event.fact, Fact::Device(DeviceFact::Reading(_)));
        let by = if moves { late().unwrap_or(Span::ZERO) } else { Span::ZERO };
        all.push((*at + by, event.clone()));
        if let (Fact::Device(DeviceFact::Attached(_)), Some(by)) = (&event.fact, late()) {
            let Event { source, id, subject, at: since, .. } = event.clone();
            let reason = ShortText::new("it was another logger");
            let fact = Fact::Device(DeviceFact::DeviceCorrected(Corrected {
                source: source.clone(),
                id: id.clone(),
                reason,
                replaced_by: None,
            }));
            let id = ShortText::new(format!("{id}-was-wrong"));
            all.push((
                *at + by,
                Event { source, id, subject, at: since, counts: None, hidden: None, fact },
            ));
        }
    }
    in_order(all)
}

/// Holds a simulated recording against the same one changed. Silence is judged by when something came, so where that is
/// changed, it is another silence.
fn same_but_for_silence(
    (seed, rng_seed): (u64, u64),
    change: impl Fn(&[(Moment, Event)], &mut Rng) -> Vec<(Moment, Event)>,
) -> Result<(), TestCaseError> {
    let silence = ["DAT-03", "SCH-02"];
    let arrivals = events(seed);
    let other = change(&arrivals, &mut Rng::with_seed(rng_seed));
    prop_assert_eq!(verdicts(arrivals, &silence), verdicts(other, &silence));
    Ok(())
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(48)
}

proptest! {
    // `PROPTEST_CASES=1000` plays more; a failure prints the seeds.
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn in_whatever_order_facts_race(seed in 1_000u64..1_000_000, rng_seed in any::<u64>()) {
        let arrivals = events(seed);
        let other = shuffled(&arrivals, &mut Rng::with_seed(rng_seed));
        prop_assert_eq!(verdicts(arrivals, &[]), verdicts(other, &[]));
    }

    #[test]
    fn whichever_partition_is_behind(seed in 1_000u64..1_000_000, rng_seed in any::<u64>()) {
        same_but_for_silence((seed, rng_seed), behind)?;
    }

    #[test]
    fn however_often_they_come(seed in 1_000u64..1_000_000, rng_seed in any::<u64>()) {
        let arrivals = events(seed);
        let other = doubled(&arrivals, &mut Rng::with_seed(rng_seed));
        prop_assert_eq!(verdicts(arrivals, &[]), verdicts(other, &[]));
    }

    #[test]
    fn however_late_a_logger_sends(seed in 1_000u64..1_000_000, rng_seed in any::<u64>()) {
        same_but_for_silence((seed, rng_seed), uploaded_late)?;
    }

    #[test]
    fn no_value_fails_however_late_a_fact_comes(seed in 1_000u64..1_000_000, rng_seed in any::<u64>()) {
        let arrivals = weeks_late(&events(seed), &mut Rng::with_seed(rng_seed));
        let last = arrivals.last().map_or(Moment::EARLIEST, |(at, _)| *at);
        let outcome = judge(arrivals, Some(last + Span::days(40)));
        let faults: Vec<_> = outcome.findings.iter().filter(|f| &*f.code == "SYS-FAULT").collect();
        prop_assert!(faults.is_empty(), "{faults:?}");
    }

    #[test]
    fn however_often_the_same_rules_judge_anew(seed in 1_000u64..1_000_000, every in 50u64..500) {
        // What only a later moment would have changed is not changed by looking earlier: `due` is honest.
        let arrivals = events(seed);
        let last = arrivals.last().map_or(Moment::EARLIEST, |(at, _)| *at);
        let until = Some(last.ceil(Span::days(1)) + Span::days(1));
        let book = book_with(serde_json::Value::Null);
        let anew = judge_republishing(&book, arrivals.clone(), until, every);
        prop_assert_eq!(verdicts(arrivals, &[]), settled(&anew, &[]));
    }
}
