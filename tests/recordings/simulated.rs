//! Simulated shipments against the truth of what was planted: all of it is found, and nothing else.

use crate::common::judge;
use facts::State;
use simulate::{Simulated, Truth, make};
use std::collections::BTreeMap;

/// `COLDWATCH_SEEDS=7..8` runs others.
fn seeds() -> std::ops::Range<u64> {
    let asked = std::env::var("COLDWATCH_SEEDS").unwrap_or_default();
    let read = |(from, to): (&str, &str)| Some(from.parse().ok()?..to.parse().ok()?);
    asked.split_once("..").and_then(read).unwrap_or(1..21)
}
const SHIPMENTS: u32 = 300;

/// What was missed and what was raised without a cause, in words.
fn differences(seed: u64) -> (usize, Vec<String>) {
    let Simulated { inbound, truth } = make(seed, SHIPMENTS);
    let events = inbound.len() as u64;
    let outcome = judge(inbound.into_iter().map(|arrival| (arrival.at, arrival.event)), None);
    // A finding counts with its last bounds.
    let mut last = BTreeMap::new();
    for finding in &outcome.findings {
        last.insert((finding.shipment.clone(), finding.name.clone()), finding);
    }
    let finds = |t: &Truth, code: &str, shipment: &facts::ShipmentId| {
        t.code == code && t.shipment == *shipment
    };
    let mut wrong = Vec::new();
    if outcome.tally.homed != events || outcome.tally.held + outcome.tally.expired != 0 {
        wrong.push(format!("seed {seed}: {events} events, and {:?}", outcome.tally));
    }
    for t in &truth {
        // What ends is over at the end, and what only a person ends is not.
        let found = last.values().any(|f| {
            finds(t, &f.code, &f.shipment)
                && f.state != State::Withdrawn
                && t.overlaps(f.happened, f.until)
                && t.until.is_none() == f.until.is_none()
        });
        if !found {
            wrong.push(format!("seed {seed}: missed {t:?}"));
        }
    }
    for f in outcome.raised() {
        let last = last
            .get(&(f.shipment.clone(), f.name.clone()))
            .map_or((f.happened, f.until), |l| (l.happened, l.until));
        let planted =
            truth.iter().any(|t| finds(t, &f.code, &f.shipment) && t.overlaps(last.0, last.1));
        if !planted {
            wrong.push(format!(
                "seed {seed}: not planted: {} {} {f} happened {} until {:?}",
                f.shipment, f.code, f.happened, f.until
            ));
        }
    }
    // The same thing is not told twice.
    let standing: Vec<_> = last.values().filter(|f| f.state != State::Withdrawn).collect();
    for (n, f) in standing.iter().enumerate() {
        let twin = standing.iter().skip(n + 1).find(|other| {
            let same = (&other.shipment, &other.code, &other.name.about);
            same == (&f.shipment, &f.code, &f.name.about) && other.happened == f.happened
        });
        wrong.extend(
            twin.map(|twin| format!("seed {seed}: told twice: {} {f} and {twin}", f.shipment)),
        );
    }
    (truth.len(), wrong)
}

#[test]
fn all_that_was_planted_is_found_and_nothing_else() {
    let threads: Vec<_> = [0, 1]
        .map(|half| {
            std::thread::spawn(move || {
                seeds().filter(|seed| seed % 2 == half).map(differences).collect::<Vec<_>>()
            })
        })
        .into();
    let all: Vec<_> =
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect();
    let (truths, wrong): (Vec<usize>, Vec<Vec<String>>) = all.into_iter().unzip();
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    println!(
        "{} faults planted in {} seeds of {SHIPMENTS} shipments",
        truths.iter().sum::<usize>(),
        truths.len()
    );
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}
