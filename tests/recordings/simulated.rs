//! Simulated shipments against the truth of what was planted: all of it is found, and nothing else.

use crate::common::judge;
use alerts::incident::IncidentState;
use facts::Span;
use facts::State;
use simulate::{Field, InjectedFault, Noise, Simulated, Truth, make_in};
use std::collections::BTreeMap;

/// `COLDWATCH_SEEDS=7..8` runs others.
fn seeds() -> std::ops::Range<u64> {
    let asked = std::env::var("COLDWATCH_SEEDS").unwrap_or_default();
    let read = |(from, to): (&str, &str)| Some(from.parse().ok()?..to.parse().ok()?);
    asked.split_once("..").and_then(read).unwrap_or(1..21)
}
const SHIPMENTS: u32 = 300;

/// All of the field. `COLDWATCH_FIELD=Retries,TakenOff` looks at these alone.
fn field() -> (Vec<Noise>, Vec<InjectedFault>) {
    let asked = std::env::var("COLDWATCH_FIELD").ok();
    let wanted =
        |name: String| asked.as_ref().is_none_or(|asked| asked.split(',').any(|word| word == name));
    (
        Noise::ALL.iter().filter(|noise| wanted(format!("{noise:?}"))).copied().collect(),
        InjectedFault::ALL.iter().filter(|kind| wanted(format!("{kind:?}"))).copied().collect(),
    )
}

/// What was missed and what was raised without a cause, in words.
fn differences(seed: u64, field: Field<'_>) -> (usize, Vec<String>) {
    let Simulated { inbound, truth } = make_in(field, seed, SHIPMENTS);
    let events = inbound.len() as u64;
    let quiet = field.noise.is_empty() && field.kinds.is_empty();
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
    let waits = outcome.tally.pending + outcome.tally.expired;
    if outcome.tally.routed != events || (quiet && waits != 0) {
        wrong.push(format!("seed {seed}: {events} events, and {:?}", outcome.tally));
    }
    for t in &truth {
        // What ends is over at the end, and what only a person ends is not.
        let fits = |f: &&&facts::Finding| {
            finds(t, &f.code, &f.shipment)
                && f.state != State::Withdrawn
                && t.overlaps(f.happened, f.until)
                && (t.told || t.until.is_none() == f.until.is_none())
                && (!t.lasts || f.until.is_none_or(|until| Some(until) >= t.until))
                && t.shows.as_ref().is_none_or(|shown| f.sentence.contains(shown.as_str()))
        };
        // What was planted twice is found twice.
        let twins = truth.iter().filter(|o| (&o.shipment, &o.code) == (&t.shipment, &t.code));
        let all = last.values().filter(|f| finds(t, &f.code, &f.shipment));
        let enough = all.filter(|f| f.state != State::Withdrawn).count() >= twins.count();
        if !last.values().any(|f| fits(&f)) || !enough {
            wrong.push(format!("seed {seed}: missed {t:?}"));
        }
        let in_time = |f: &&facts::Finding| {
            f.state == State::Raised
                && finds(t, &f.code, &f.shipment)
                && t.by.is_none_or(|by| f.learnt <= by)
        };
        if t.by.is_some() && !outcome.findings.iter().any(|f| in_time(&f)) {
            wrong.push(format!("seed {seed}: told too late {t:?}"));
        }
        let wakes = |i: &&alerts::Incident| {
            i.shipment == t.shipment
                && i.state == IncidentState::ActiveUnacked
                && t.from <= i.changed
                && i.changed <= t.from + Span::hours(2)
        };
        if t.wakes && !outcome.incidents.iter().any(|i| wakes(&i)) {
            wrong.push(format!("seed {seed}: nobody was woken by {t:?}"));
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

/// All differences of these seeds, on two threads.
fn held_against_the_truth(field: Field<'_>) {
    let half = |half: u64| seeds().filter(move |seed| seed % 2 == half);
    let all: Vec<_> = std::thread::scope(|scope| {
        let threads = [0, 1].map(|n| {
            scope.spawn(move || half(n).map(|seed| differences(seed, field)).collect::<Vec<_>>())
        });
        threads.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect()
    });
    let (truths, wrong): (Vec<usize>, Vec<Vec<String>>) = all.into_iter().unzip();
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    println!(
        "{} faults planted in {} seeds of {SHIPMENTS} shipments",
        truths.iter().sum::<usize>(),
        truths.len()
    );
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn all_that_was_planted_is_found_and_nothing_else() {
    held_against_the_truth(Field::default());
}

#[test]
fn in_the_field_all_that_was_planted_is_found_and_nothing_else() {
    let (noise, kinds) = field();
    held_against_the_truth(Field { noise: &noise, kinds: &kinds });
}
