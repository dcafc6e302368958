#![doc = include_str!("hold_conditioning.md")]

use crate::memory::{Memory, is_open};
use crate::spans::{Reason, cut, merge};
use alloc::{format, string::String, vec::Vec};
use facts::context::{Phase, Shut};
use facts::{Episode, Finding, Gate, Given, Moment, Rule, Severity, Span, Verdict};
use serde::Deserialize;

const NOT_MET: &str = "the product's gate was not met";

/// Conditioning is near and the product is not there, not whole, or in doubt.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldConditioning {
    near: Span,
    last_call: Span,
}

impl Rule for HoldConditioning {
    type Memory = Memory;
    const NAME: &'static str = "alerts/hold-conditioning";
    const CODE: &'static str = "SCH-01";
    const PAGE: &'static str = include_str!("hold_conditioning.md");

    fn judge(&self, memory: &Memory, given: &Given<'_>, found: &mut Vec<Episode>) {
        let Some(window) = self.window(memory) else { return };
        let mut reasons: Vec<Reason> = Vec::new();
        reasons.extend(self.gate(memory, given, &window));
        reasons.extend(memory.schedule.earlier.iter().filter_map(|shut| self.shut(shut, &window)));
        reasons.extend(
            memory.findings.iter().filter_map(|finding| self.compromised(finding, &window)),
        );
        reasons.extend(self.too_late(memory, &window));
        // Once it has begun there is nothing to hold: what comes after that is for `after-no-return`.
        let begun = memory.schedule.started.unwrap_or(Moment::LATEST);
        let reasons =
            reasons.into_iter().filter(|r| r.from <= given.now && r.from < begun).collect();
        let opening = format!("hold conditioning, planned for {}", window.start);
        let deadline = |episode: Episode| episode.deadline(Some(window.start));
        found.extend(merge(reasons, &opening).into_iter().map(deadline));
    }

    fn due(&self, memory: &Memory, given: &Given<'_>) -> Option<Moment> {
        let window = self.window(memory)?;
        let (settle, last_call) = (given.reference.settle, window.start - self.last_call);
        let known = memory.ordered.map(|ordered| ordered + settle);
        let strokes = [window.from, window.from + settle, last_call + settle];
        // A device or a scanner whose clock is ahead tells of a moment that is still to come.
        let ahead = memory.findings.iter().map(|finding| finding.happened);
        strokes.into_iter().chain(known).chain(ahead).filter(|moment| *moment > given.now).min()
    }
}

/// The days before conditioning in which this rule judges.
struct Window {
    from: Moment,
    start: Moment,
    until: Option<Moment>,
}

impl HoldConditioning {
    fn window(&self, memory: &Memory) -> Option<Window> {
        let start = memory.schedule.conditioning_start.filter(|_| memory.schedule.order)?;
        let until = memory.ended(&[Phase::Held, Phase::Infused]);
        let from = start - self.near;
        until.is_none_or(|until| from < until).then_some(Window { from, start, until })
    }

    fn gate(&self, memory: &Memory, given: &Given<'_>, window: &Window) -> Option<Reason> {
        let schedule = &memory.schedule;
        let judged = given.now - given.reference.settle;
        let until = if schedule.gate == Gate::Met { Some(schedule.met_at?) } else { None };
        let last_call = window.start - self.last_call;
        let end = [until, window.until, Some(judged)].into_iter().flatten().min();
        let late = end.is_some_and(|end| end >= last_call);
        let (verdict, words) = match schedule.gate {
            Gate::Unknown => (
                Verdict::Unknown,
                String::from("there is no dose plan or product to hold it against"),
            ),
            Gate::Met => (Verdict::Violated, NOT_MET.into()),
            Gate::NotMet => (Verdict::Violated, missing(&schedule.missing)),
        };
        let severity = if late { Severity::P1 } else { Severity::P2 };
        let from = schedule.closed_at.map_or(window.from, |closed| closed.max(window.from));
        let reason = Reason { from, until, severity, verdict, words, evidence: Vec::new() };
        // An absence waits for what belongs to the order, and that comes after it.
        let known = memory.ordered.unwrap_or(window.from).max(window.from);
        cut(reason, window.from, window.until).filter(|_| known <= judged)
    }

    /// The gate was closed before, and that is over.
    fn shut(&self, shut: &Shut, window: &Window) -> Option<Reason> {
        let late = shut.until >= window.start - self.last_call;
        let severity = if late { Severity::P1 } else { Severity::P2 };
        let from = shut.since.map_or(window.from, |since| since.max(window.from));
        let (until, verdict, words) = (Some(shut.until), Verdict::Violated, NOT_MET.into());
        let reason = Reason { from, until, severity, verdict, words, evidence: Vec::new() };
        cut(reason, window.from, window.until)
    }

    fn compromised(&self, finding: &Finding, window: &Window) -> Option<Reason> {
        if !finding.compromises {
            return None;
        }
        let until = finding.until.filter(|_| !is_open(finding));
        let words = format!("{} {}", finding.severity, finding.sentence);
        let (from, severity, verdict) = (finding.happened, Severity::P1, finding.verdict);
        let evidence = finding.evidence.clone();
        let reason = Reason { from, until, severity, verdict, words, evidence };
        cut(reason, window.from, window.until)
    }

    fn too_late(&self, memory: &Memory, window: &Window) -> Vec<Reason> {
        let lead = memory.schedule.receipt_lead;
        let mut reasons = Vec::new();
        for (n, expected) in memory.expected.iter().enumerate() {
            let late = expected.eta.filter(|eta| *eta + lead > window.start && !expected.received);
            let until = memory.expected.get(n + 1).map(|next| next.learnt);
            let Some(eta) = late else { continue };
            let words =
                format!("the dose is expected at {eta} and needs {} to be received", lead.spoken());
            let (from, severity, verdict) = (expected.learnt, Severity::P1, Verdict::Violated);
            reasons.extend(cut(
                Reason { from, until, severity, verdict, words, evidence: Vec::new() },
                window.from,
                window.until,
            ));
        }
        reasons
    }
}

fn missing(what: &str) -> String {
    if what.is_empty() {
        String::from("the product's gate is not met")
    } else {
        format!("missing: {what}")
    }
}
