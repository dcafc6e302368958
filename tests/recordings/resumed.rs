//! A partition that goes on from its image says what it would have said without the restart.

use crate::common::{book_with, intake};
use facts::{Event, Moment, Span};
use pipeline::{Output, Pipeline, What};
use serde_json::Value;

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
        What::Finding(mut finding) => {
            (finding.name.offset, finding.name.index) = (0, 0);
            finding.evidence.clear();
            format!("{} {finding:?}", output.learnt)
        }
        What::Incident(mut incident) => {
            incident.findings.clear();
            format!("{} {incident:?}", output.learnt)
        }
        What::Expired(event, reason) => format!("{} {event:?} {reason}", output.learnt),
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
