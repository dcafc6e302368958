#![doc = include_str!("hold_conditioning.md")]

use crate::memory::{AlertMemory, is_open};
use crate::spans::{Opening, Reason, cut, merge};
use alloc::vec::Vec;
use facts::context::{Former, Phase, Shut};
use facts::{
    Effects, Episode, Family, Finding, Gate, Hears, Message, Moment, Rule, RuleContext, RuleInfo,
    Severity, Span, Verdict, say,
};
use serde::Deserialize;

facts::messages! {
    "alerts/hold-conditioning":
    HOLD "hold" = "hold conditioning, planned for {start}: {reasons}";
    WAS_NOT_MET "was-not-met" = "the product's gate was not met";
    IS_NOT_MET "is-not-met" = "the product's gate is not met";
    MISSING "missing" = "missing: {what}";
    NO_PLAN "no-plan" = "there is no dose plan or product to hold it against";
    COMPROMISED "compromised" = "{severity} {finding}";
    TOO_LATE "too-late" = "the dose is expected at {eta} and needs {lead} to be received";
}

/// Conditioning is near and the product is not there, not whole, or in doubt.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HoldConditioning {
    near: Span,
    last_call: Span,
}

impl Rule for HoldConditioning {
    type Memory = AlertMemory;
    const INFO: RuleInfo = RuleInfo {
        name: "alerts/hold-conditioning",
        code: "SCH-01",
        family: Family::Schedule,
        effects: Effects::NONE,
        hears: Hears::Engines,
        messages: &[MESSAGES],
        page: include_str!("hold_conditioning.md"),
    };

    fn judge(&self, memory: &AlertMemory, context: &RuleContext<'_>, found: &mut Vec<Episode>) {
        // What belongs to an order follows it a moment later.
        let judged = context.now - context.reference.settle;
        if memory.ordered.is_none_or(|ordered| ordered > judged) {
            return;
        }
        for window in self.windows(memory) {
            let holds = |reason: &Reason| reason.from <= context.now && window.counts(reason);
            let mut reasons = self.reasons(memory, context, &window);
            reasons.retain(holds);
            found.extend(merge(reasons, &window.opening).into_iter().map(Episode::reasoned));
        }
    }

    fn next_deadline(&self, memory: &AlertMemory, context: &RuleContext<'_>) -> Option<Moment> {
        let window = self.window(memory)?;
        let (settle, last_call) = (context.reference.settle, window.start - self.last_call);
        let known = memory.ordered.map(|ordered| ordered + settle);
        let strokes = [window.from, window.from + settle, last_call + settle];
        // A device or a scanner whose clock is ahead tells of a moment that is still to come.
        let ahead = memory.findings.iter().map(|finding| finding.happened);
        strokes.into_iter().chain(known).chain(ahead).filter(|moment| *moment > context.now).min()
    }
}

/// The days before a planned start in which this rule judges, from when it was planned so and for as long as it was.
struct Window<'a> {
    opening: Opening,
    from: Moment,
    start: Moment,
    begun: Option<Moment>,
    until: Option<Moment>,
    /// Until when what is found of this shipment is about the dose: not after it was cancelled.
    of_this_shipment: Option<Moment>,
    /// What was missing when it ended, of a start that is planned no longer.
    missing: Option<&'a str>,
}

impl Window<'_> {
    /// Once conditioning has begun there is nothing to hold: what comes after that is for `after-no-return`.
    fn counts(&self, reason: &Reason) -> bool {
        self.begun.is_none_or(|begun| reason.from < begun)
    }
}

impl HoldConditioning {
    /// Of every start that was planned; what was said of one stays, with its end, when another one is planned.
    fn windows<'a>(&self, memory: &'a AlertMemory) -> Vec<Window<'a>> {
        let former = memory.schedule.former.iter().filter(|_| memory.schedule.order);
        let windows = former.filter_map(|former| self.former(former)).chain(self.window(memory));
        let (cancelled, replaced) = (memory.schedule.cancelled, memory.schedule.replaced);
        windows
            .map(|window| {
                let until = window.until.into_iter().chain(replaced).min();
                let of_this_shipment = until.into_iter().chain(cancelled).min();
                Window { until, of_this_shipment, ..window }
            })
            .filter(|window| window.until.is_none_or(|until| window.from < until))
            .collect()
    }

    fn former<'a>(&self, former: &'a Former) -> Option<Window<'a>> {
        let Former { scheduled, start, begun, until, .. } = *former;
        let missing = Some(&*former.missing);
        self.open(Some(scheduled), start, Some(until)).map(|window| Window {
            begun,
            missing,
            ..window
        })
    }

    fn window<'a>(&self, memory: &'a AlertMemory) -> Option<Window<'a>> {
        let schedule = &memory.schedule;
        let start = schedule.conditioning_start.filter(|_| schedule.order)?;
        // What was held is held, also where conditioning is reported as begun after that.
        let ended = memory.ended(&[Phase::Held, Phase::Infused]);
        let until = schedule.ended.into_iter().chain(ended).min();
        let missing = schedule.ended.map(|_| &*schedule.missing_then);
        let window = self.open(schedule.scheduled, start, until)?;
        Some(Window { begun: schedule.begun, missing, ..window })
    }

    /// Nothing is missing for a start that nobody has planned yet.
    fn open<'a>(
        &self,
        scheduled: Option<Moment>,
        start: Moment,
        until: Option<Moment>,
    ) -> Option<Window<'a>> {
        let near = start - self.near;
        let from = scheduled.map_or(near, |scheduled| scheduled.max(near));
        let arguments = alloc::vec![start.into()];
        let opening = Opening { template: HOLD, arguments, deadline: Some(start) };
        let (begun, of_this_shipment, missing) = (None, until, None);
        let window = Window { opening, from, start, begun, until, of_this_shipment, missing };
        until.is_none_or(|until| from < until).then_some(window)
    }

    fn reasons(
        &self,
        memory: &AlertMemory,
        context: &RuleContext<'_>,
        window: &Window<'_>,
    ) -> Vec<Reason> {
        let mut reasons: Vec<Reason> = Vec::new();
        reasons.extend(self.gate(memory, context, window));
        reasons.extend(memory.schedule.earlier.iter().filter_map(|shut| self.shut(shut, window)));
        reasons
            .extend(memory.findings.iter().filter_map(|finding| self.compromised(finding, window)));
        reasons.extend(self.too_late(memory, window));
        reasons
    }

    fn gate(
        &self,
        memory: &AlertMemory,
        context: &RuleContext<'_>,
        window: &Window<'_>,
    ) -> Option<Reason> {
        let schedule = &memory.schedule;
        let judged = context.now - context.reference.settle;
        let until = if schedule.gate == Gate::Met { Some(schedule.met_at?) } else { None };
        let last_call = window.start - self.last_call;
        let end = [until, window.until, Some(judged)].into_iter().flatten().min();
        let late = end.is_some_and(|end| end >= last_call);
        let (verdict, words) = match schedule.gate {
            Gate::Unknown => (
                Verdict::Unknown,
                match &*schedule.missing {
                    "" => say!(NO_PLAN),
                    doubt => Message::plain(doubt),
                },
            ),
            Gate::Met => (Verdict::Violated, window.missing.map_or_else(not_met, missing_then)),
            Gate::NotMet => {
                let what = window.missing.map_or_else(|| missing(&schedule.missing), missing_then);
                (Verdict::Violated, what)
            }
        };
        let severity = if late { Severity::P1 } else { Severity::P2 };
        let from = schedule.closed_at.map_or(window.from, |closed| closed.max(window.from));
        let reason = Reason::new(severity, from, words).until(until).verdict(verdict);
        // An absence waits for what races with the beginning of the three days.
        cut(reason, window.from, window.until).filter(|_| window.from <= judged)
    }

    /// The gate was closed before, and that is over.
    fn shut(&self, shut: &Shut, window: &Window<'_>) -> Option<Reason> {
        let late = shut.until >= window.start - self.last_call;
        let severity = if late { Severity::P1 } else { Severity::P2 };
        let from = shut.since.map_or(window.from, |since| since.max(window.from));
        let words = window.missing.map_or_else(not_met, missing_then);
        let reason = Reason::new(severity, from, words).until(Some(shut.until));
        cut(reason, window.from, window.until)
    }

    fn compromised(&self, finding: &Finding, window: &Window<'_>) -> Option<Reason> {
        if !finding.compromises {
            return None;
        }
        let until = finding.until.filter(|_| !is_open(finding));
        let words = say!(COMPROMISED, finding.severity, finding.message.clone());
        let reason = Reason::new(Severity::P1, finding.happened, words).until(until);
        cut(reason.resting_on(finding), window.from, window.of_this_shipment)
    }

    fn too_late(&self, memory: &AlertMemory, window: &Window<'_>) -> Vec<Reason> {
        let lead = memory.schedule.receipt_lead;
        let mut reasons = Vec::new();
        for (n, expected) in memory.expected.iter().enumerate() {
            let late = expected.eta.filter(|eta| *eta + lead > window.start && !expected.received);
            let until = memory.expected.get(n + 1).map(|next| next.learnt);
            let Some(eta) = late else { continue };
            let words = say!(TOO_LATE, eta, lead);
            let reason = Reason::new(Severity::P1, expected.learnt, words).until(until);
            reasons.extend(cut(reason, window.from, window.of_this_shipment));
        }
        reasons
    }
}

fn not_met() -> Message {
    say!(WAS_NOT_MET)
}

/// What was missing when a start was planned no longer.
fn missing_then(what: &str) -> Message {
    if what.is_empty() { not_met() } else { missing(what) }
}

fn missing(what: &str) -> Message {
    if what.is_empty() { say!(IS_NOT_MET) } else { say!(MISSING, what) }
}
