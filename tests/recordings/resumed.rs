//! A partition that goes on from its image says what it would have said without the restart.

use crate::common::{book_with, intake};
use facts::{DeviceFact, Event, Fact, Moment, Span};
use pipeline::pipeline::PARTITIONS;
use pipeline::{
    ENGINES, EngineSpec, JournalRecord, OutRecord, Output, OutputKind, Pipeline, stage_configs,
};
use serde_json::Value;
use wire::Limits;

fn outputs(arrivals: Vec<(Moment, Event)>, restart_every: usize) -> Vec<Output> {
    let mut pipeline = Pipeline::new(&book_with(Value::Null)).expect("the rules can be used");
    let (mut outputs, mut last) = (Vec::new(), Moment::EARLIEST);
    for (n, (arrived, event)) in (1..).zip(arrivals) {
        if n % restart_every == 0 {
            pipeline.restart().unwrap_or_else(|e| panic!("after {n} events: {e}"));
        }
        last = arrived;
        pipeline.feed(arrived, event, intake(n as u64)).expect("nothing stops");
        outputs.extend(pipeline.take_outputs());
    }
    pipeline.advance(last + Span::days(2)).expect("nothing stops");
    pipeline.restart().expect("the last image can be used");
    outputs.extend(pipeline.finish());
    outputs
}

/// A restart arms every timer anew, so strokes at which nothing is due are left out that were not before: places in
/// the log differ, and nothing else.
fn without_places(outputs: Vec<Output>) -> Vec<String> {
    let line = |output: Output| match output.what {
        OutputKind::Finding(mut finding) => {
            (finding.name.offset, finding.name.index) = (0, 0);
            finding.evidence.clear();
            format!("{} {finding:?}", output.learnt)
        }
        OutputKind::Incident(mut incident) => {
            incident.findings.clear();
            incident.unseen.clear();
            format!("{} {incident:?}", output.learnt)
        }
        OutputKind::Expired(event, reason) => format!("{} {event:?} {reason}", output.learnt),
    };
    let mut lines: Vec<String> = outputs.into_iter().map(line).collect();
    lines.sort();
    lines
}

#[test]
fn nothing_changes_when_every_stage_goes_on_from_its_image() {
    for seed in [7, 8] {
        let arrivals = || -> Vec<(Moment, Event)> {
            let all = simulate::make(seed, 30).inbound;
            all.into_iter().map(|arrival| (arrival.at, arrival.event)).collect()
        };
        let without = without_places(outputs(arrivals(), usize::MAX));
        let with = without_places(outputs(arrivals(), 997));
        assert!(without.len() > 20, "something came out");
        for (one, other) in without.iter().zip(&with) {
            assert_eq!(one, other, "seed {seed}");
        }
        assert_eq!(without.len(), with.len(), "seed {seed}");
    }
}

/// Readings that are lost, or come hours late and out of order: holes are told, and filled.
fn weathered(seed: u64, shipments: u32) -> Vec<(Moment, Event)> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let mut on_its_way = |arrival: simulate::Arrival| {
        let reading = matches!(arrival.event.fact, Fact::Device(DeviceFact::Reading(_)));
        let late = if reading && rng.u8(..20) == 0 { rng.i64(1..600) } else { 0 };
        let lost = reading && rng.u8(..3) == 0;
        (!lost).then(|| (arrival.at + Span::minutes(late), arrival.event))
    };
    let all = simulate::make(seed, shipments).inbound;
    let mut all: Vec<_> = all.into_iter().filter_map(&mut on_its_way).collect();
    all.sort_by_key(|(at, _)| *at);
    all
}

/// What an engine says of a journal when it goes on from its image before every so-manieth record.
fn letters(engine: &EngineSpec, journal: &[JournalRecord], restart_every: usize) -> Vec<OutRecord> {
    let mut letters = Vec::new();
    for number in 0..PARTITIONS {
        let mut stage = engine.begin(stage_configs::RELEASE, number);
        let mine = journal.iter().filter(|record| record.partition == number);
        for (n, record) in (1..).zip(mine) {
            if n % restart_every == 0 {
                let image = stage.snapshot().expect("it has an image");
                let again = engine.resume(stage_configs::RELEASE, number, &image);
                stage = again.expect("it can be used");
                assert!(
                    stage.snapshot().expect("it has an image") == image,
                    "the same image again"
                );
            }
            stage.take(&record.clone().into_record(), &mut letters).expect("nothing stops");
        }
    }
    letters
}

#[test]
fn an_engine_says_the_same_of_the_same_journal_wherever_it_goes_on() {
    let mut pipeline = Pipeline::keeping_journal(&book_with(Value::Null)).expect("fit rules");
    for (n, (at, event)) in (1..).zip(weathered(7, 12)) {
        pipeline.feed(at, event, intake(n)).expect("nothing stops");
    }
    pipeline.finish();
    let journal = pipeline.take_journal();
    let same = |name: &str, without: &[OutRecord], with: &[OutRecord]| {
        for (one, other) in without.iter().zip(with) {
            assert_eq!(one, other, "{name}");
        }
        assert_eq!(without.len(), with.len(), "{name}");
    };
    for every in [7, 50] {
        for engine in ENGINES {
            let without = letters(engine, &journal, usize::MAX);
            same(engine.name, &without, &letters(engine, &journal, every));
        }
    }
}

/// Every sample that may come from outside, whole and with each member of its data left out that may be.
fn kinds() -> Vec<(String, Event)> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/schemas");
    let samples = std::fs::read_to_string(folder.join("samples.ndjson")).expect("samples");
    let mut kinds = Vec::new();
    for line in samples.lines() {
        let whole: Value = serde_json::from_str(line).expect("JSON");
        let kind = whole["type"].as_str().unwrap_or_default().to_owned();
        if kind.starts_with("coldwatch.log.") {
            continue;
        }
        let members = whole["data"].as_object().into_iter().flat_map(|data| data.keys().cloned());
        for left_out in [None].into_iter().chain(members.map(Some)) {
            let mut event = whole.clone();
            event["id"] = format!("{kind} without {left_out:?}").into();
            if let (Some(member), Some(data)) = (&left_out, event["data"].as_object_mut()) {
                data.remove(member);
            }
            // What is needed cannot be left out.
            if let Ok(read) = wire::native::read(event.to_string().as_bytes(), &Limits::default()) {
                kinds.push((format!("{kind} without {left_out:?}"), read.event));
            }
        }
    }
    kinds
}

#[test]
fn every_kind_of_fact_survives_in_every_image_with_and_without_what_may_be_left_out() {
    let kinds = kinds();
    assert!(kinds.len() > 100, "{} of them", kinds.len());
    let mut pipeline = Pipeline::new(&book_with(Value::Null)).expect("the rules can be used");
    for (n, (kind, event)) in (1..).zip(kinds) {
        let arrived = event.at + Span::minutes(n);
        pipeline.feed(arrived, event, intake(n as u64)).expect("nothing stops");
        pipeline.restart().unwrap_or_else(|e| panic!("after {kind}: {e}"));
    }
}
