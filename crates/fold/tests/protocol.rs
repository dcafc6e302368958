//! *At least once, linked, deduplicated* under faults: a writer that crashes, loses single records, is overtaken by its successor and
//! whose writes land late; the reader must admit every output once and in order.

#![allow(clippy::unwrap_used, clippy::explicit_counter_loop)]

mod common;

use common::{Log, key, origin};
use fold::{Admission, Payload};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// One life of the writer: from which commit it starts, and what becomes of each write.
#[derive(Debug, Clone)]
struct Life {
    /// How far behind the acknowledged prefix its commit lies.
    behind: u64,
    writes: Vec<Fate>,
    /// Whether it goes on writing after its successor has begun.
    zombie: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Fate {
    Lands,
    IsLost,
    LandsLate,
}

fn life() -> impl Strategy<Value = Life> {
    let fate =
        prop_oneof![8 => Just(Fate::Lands), 1 => Just(Fate::IsLost), 1 => Just(Fate::LandsLate)];
    (0u64..4, prop::collection::vec(fate, 0..12), 0usize..4)
        .prop_map(|(behind, writes, zombie)| Life { behind, writes, zombie })
}

/// Where a reader's wrong dedupe would go wrong is marked by what it lets through.
fn run(lives: &[Life], total: u64, link_to_acknowledged: bool) -> Vec<u64> {
    let mut reader = Log::new();
    let mut admitted = Vec::new();
    let (mut committed, mut late): (u64, Vec<(u64, Option<u64>)>) = (0, Vec::new());
    let mut land = |at: u64, after: Option<u64>| {
        let matter = Payload::Input { key: key("A"), input: i64::try_from(at).unwrap() + 100 };
        if reader.take(matter, Some(origin(at)), after.map(origin)) == Admission::New {
            admitted.push(at);
        }
    };
    for life in lives {
        // What this life knows to have landed: nothing of the lives before it, and no write that lands
        // late, as its writer had been told that it failed (an idempotent producer never overtakes itself).
        let mut acknowledged: BTreeSet<u64> = BTreeSet::new();
        // Every output before the commit is acknowledged: that is what commit means.
        let mut at = committed.saturating_sub(life.behind.min(committed));
        let mut after = at.checked_sub(1);
        for (n, fate) in life.writes.iter().enumerate() {
            if at >= total {
                break;
            }
            match fate {
                Fate::Lands => {
                    land(at, after);
                    acknowledged.insert(at);
                }
                Fate::IsLost => {}
                Fate::LandsLate => late.push((at, after)),
            }
            if *fate == Fate::Lands || !link_to_acknowledged {
                after = Some(at);
            }
            at += 1;
            if n >= life.writes.len().saturating_sub(life.zombie) && !late.is_empty() {
                let (at, after) = late.remove(0);
                land(at, after);
            }
        }
        while acknowledged.contains(&committed) {
            committed += 1;
        }
    }
    for (at, after) in late {
        land(at, after);
    }
    let mut after = committed.checked_sub(1);
    for at in committed..total {
        land(at, after);
        after = Some(at);
    }
    admitted
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]
    #[test]
    fn every_output_is_admitted_once_and_in_order(lives in prop::collection::vec(life(), 0..8)) {
        let total = 20;
        prop_assert_eq!(run(&lives, total, false), (0..total).collect::<Vec<_>>());
    }
}

#[test]
fn a_link_to_the_last_acknowledged_loses_records() {
    // The planted bug: a record is lost, the next one links over it, and the hole is never refilled.
    let lost = Life { behind: 0, writes: vec![Fate::Lands, Fate::IsLost, Fate::Lands], zombie: 0 };
    let admitted = run(&[lost], 5, true);
    assert_ne!(admitted, [0, 1, 2, 3, 4]);
}

#[test]
fn a_standing_gap_is_named_until_it_is_written_again() {
    let mut reader = Log::new();
    let mut write = |at: u64, after: Option<u64>| {
        let matter = Payload::Input { key: key("A"), input: 1 };
        let admission = reader.take(matter, Some(origin(at)), after.map(origin));
        (admission, reader.fold.gaps().collect::<Vec<_>>())
    };
    assert_eq!(write(0, None).0, Admission::New);
    assert_eq!(write(2, Some(1)), (Admission::Gap, vec!["writer:in:0".to_owned()]));
    assert_eq!(write(1, Some(0)).0, Admission::New);
    assert_eq!(write(2, Some(1)), (Admission::New, vec![]));
    assert_eq!(write(2, Some(1)).0, Admission::Duplicate);
}
