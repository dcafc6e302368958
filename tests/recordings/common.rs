//! Feeds events in the order of their arrival and hands back what came out.

use alerts::Incident;
use facts::{Event, Finding, Moment, Origin, Rulebook, ShortText, State};
use pipeline::{Output, OutputKind, Pipeline, Tally};
use serde_json::Value;

/// What came out of a recording.
pub(crate) struct Outcome {
    pub(crate) findings: Vec<Finding>,
    pub(crate) incidents: Vec<Incident>,
    pub(crate) tally: Tally,
}

impl Outcome {
    pub(crate) fn raised(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.state == State::Raised)
    }
}

/// Judges events under the rulebook of this release, and lets time go on to `until`.
pub(crate) fn judge(
    arrivals: impl IntoIterator<Item = (Moment, Event)>,
    until: Option<Moment>,
) -> Outcome {
    judge_with(Value::Null, arrivals, until)
}

/// The rulebook of this release with other tables beside its own.
pub(crate) fn book_with(more: Value) -> Rulebook {
    let mut tables =
        pipeline::rulebook::shipped().expect("the shipped rulebook is fit").book.tables;
    for (name, table) in more.as_object().into_iter().flatten() {
        match (tables.get_mut(name), table) {
            (Some(Value::Object(all)), Value::Object(more)) => all.extend(more.clone()),
            (_, table) => drop(tables.insert(name.clone(), table.clone())),
        }
    }
    Rulebook::new(tables)
}

/// The same under a rulebook with other tables beside its own.
pub(crate) fn judge_with(
    more: Value,
    arrivals: impl IntoIterator<Item = (Moment, Event)>,
    until: Option<Moment>,
) -> Outcome {
    judge_republishing(&book_with(more), arrivals, until, u64::MAX)
}

/// The same, and the same rulebook is published again before every so-manieth event.
pub(crate) fn judge_republishing(
    book: &Rulebook,
    arrivals: impl IntoIterator<Item = (Moment, Event)>,
    until: Option<Moment>,
    every: u64,
) -> Outcome {
    let mut pipeline = Pipeline::new(book).expect("the rulebook can be used");
    let mut outputs: Vec<Output> = Vec::new();
    for (n, (arrived, event)) in (1..).zip(arrivals) {
        if n % every == 0 {
            pipeline.publish(book).expect("nothing stops");
        }
        pipeline.feed(arrived, event, intake(n)).expect("nothing stops");
        outputs.extend(pipeline.take_outputs());
    }
    if let Some(until) = until {
        pipeline.advance(until).expect("nothing stops");
    }
    outputs.extend(pipeline.finish());
    let tally = pipeline.tally().clone();
    assert!(tally.adds_up(), "the counts do not add up: {tally:?}");
    let (mut findings, mut incidents) = (Vec::new(), Vec::new());
    for output in outputs {
        match output.what {
            OutputKind::Finding(finding) => findings.push(*finding),
            OutputKind::Incident(incident) => incidents.push(*incident),
            OutputKind::Expired(..) => {}
        }
    }
    Outcome { findings, incidents, tally }
}

/// Where a record of a recording comes from.
pub(crate) fn intake(record: u64) -> Origin {
    let (service, topic) = (ShortText::new("intake/1"), ShortText::new("recording"));
    Origin { service, topic, partition: 0, offset: record, index: 0 }
}
