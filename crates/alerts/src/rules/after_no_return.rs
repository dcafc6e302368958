#![doc = include_str!("after_no_return.md")]

use crate::memory::{AlertMemory, is_open};
use crate::spans::{Opening, Reason, cut, merge};
use alloc::vec::Vec;
use facts::context::{Class, Loss, Phase, Treated};
use facts::{
    Effects, Episode, Family, Finding, Hears, Message, Moment, Precedence, Rule, RuleContext,
    RuleInfo, Severity, Span, Verdict, say,
};
use serde::Deserialize;

facts::messages! {
    "alerts/after-no-return":
    BEGUN "begun" = "conditioning has begun at {at}, {rescue}: {reasons}";
    NOT_HELD "not-held" =
        "conditioning was planned for {at} and not reported as held, {rescue}: {reasons}";
    RESCUE "rescue" = "rescue cells are confirmed";
    NO_RESCUE "no-rescue" = "rescue cells are not confirmed";
    UNKNOWN "unknown" = "no temperature is known since {since}, for longer than {limit}";
}

/// Conditioning has begun and the product is compromised, lost or unknown.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AfterNoReturn {
    unknown_fresh: Span,
    unknown_cryo: Span,
    unknown_frozen: Span,
    unknown_medicine: Span,
}

impl Rule for AfterNoReturn {
    type Memory = AlertMemory;
    const INFO: RuleInfo = RuleInfo {
        name: "alerts/after-no-return",
        code: "SCH-02",
        family: Family::Schedule,
        effects: Effects { precedence: Precedence::NoReturn, ..Effects::NONE },
        hears: Hears::Engines,
        messages: &[MESSAGES],
        page: include_str!("after_no_return.md"),
    };

    fn judge(&self, memory: &AlertMemory, context: &RuleContext<'_>, found: &mut Vec<Episode>) {
        for begun in begun(memory, context) {
            self.since(&begun, memory, context, found);
        }
    }

    fn next_deadline(&self, memory: &AlertMemory, context: &RuleContext<'_>) -> Option<Moment> {
        let settle = context.reference.settle;
        let planned = memory.schedule.conditioning_start.filter(|_| memory.schedule.order);
        let open = memory.unknown.last().map(|open| (open.since + self.limit(open.class), open));
        // At once where it touches one that counts, else when what races had its time.
        let unknown = open.map(|(from, open)| [from, from.max(open.heard) + settle]);
        let strokes = planned.map(|start| start + settle);
        strokes
            .into_iter()
            .chain(memory.schedule.started)
            .chain(unknown.into_iter().flatten())
            .filter(|moment| *moment > context.now)
            .min()
    }
}

impl AfterNoReturn {
    fn since(
        &self,
        begun: &Begun,
        memory: &AlertMemory,
        context: &RuleContext<'_>,
        found: &mut Vec<Episode>,
    ) {
        let Begun { at, until, reported } = *begun;
        let compromised = memory.findings.iter().filter_map(compromised);
        let unknown = self.unknown(memory, context);
        // What is found of a shipment after it was cancelled is not about the dose.
        let about = until.into_iter().chain(memory.schedule.cancelled).min();
        let reasons = compromised.chain(unknown).filter_map(|reason| cut(reason, at, about));
        let rescue = if memory.schedule.rescue { say!(RESCUE) } else { say!(NO_RESCUE) };
        let template = if reported { BEGUN } else { NOT_HELD };
        let arguments = alloc::vec![at.into(), rescue.into()];
        let opening = Opening { template, arguments, deadline: None };
        // For how long no temperature is known is a measure.
        found.extend(merge(reasons.collect(), &opening).into_iter().map(|one| match one.verdict {
            Verdict::Unknown => one,
            Verdict::Violated => one.reasoned(),
        }));
        let losses = memory.schedule.losses.iter();
        found.extend(losses.filter_map(|loss| lost(loss, at, until, &opening)));
    }

    fn limit(&self, class: Class) -> Span {
        match class {
            Class::Fresh => self.unknown_fresh,
            Class::Cryo => self.unknown_cryo,
            Class::Frozen => self.unknown_frozen,
            Class::Medicine => self.unknown_medicine,
        }
    }

    fn unknown(&self, memory: &AlertMemory, context: &RuleContext<'_>) -> Vec<Reason> {
        let settle = context.reference.settle;
        let mut reasons = Vec::<Reason>::new();
        for stretch in &memory.unknown {
            let limit = self.limit(stretch.class);
            let (from, until) = (stretch.since + limit, stretch.until);
            // What touches one that counts goes on with it.
            let on = reasons.last().is_some_and(|r| r.until.is_none_or(|until| from <= until));
            let counts = match until {
                Some(until) => until >= if on { from } else { from.max(stretch.learnt) + settle },
                None => context.now >= if on { from } else { from.max(stretch.heard) + settle },
            };
            if counts {
                let words = say!(UNKNOWN, stretch.since, limit);
                let reason = Reason::new(Severity::P1, from, words).until(until);
                reasons.push(reason.verdict(Verdict::Unknown));
            }
        }
        reasons
    }
}

/// A finding that compromises the dose, and is of the worst.
fn compromised(finding: &Finding) -> Option<Reason> {
    let worst = finding.compromises && finding.severity == Severity::P1;
    let until = finding.until.filter(|_| !is_open(finding));
    let reason = Reason::new(Severity::P1, finding.happened, finding.message.clone());
    worst.then(|| reason.until(until).resting_on(finding))
}

/// A loss is an episode of its own: it must be told also while the dose is in doubt already.
fn lost(loss: &Loss, begun: Moment, until: Option<Moment>, opening: &Opening) -> Option<Episode> {
    let reason = Reason::new(Severity::P1, loss.at, Message::plain(&loss.what)).until(loss.until);
    let episode = merge(alloc::vec![cut(reason, begun, until)?], opening).pop()?;
    Some(episode.about(loss.unit.plain()).reasoned())
}

/// When the patient passed the point of no return, and when that mattered no longer.
#[derive(Clone, Copy)]
struct Begun {
    at: Moment,
    until: Option<Moment>,
    /// Whether somebody reported it; else the planned start has passed and nobody said that it was held.
    reported: bool,
}

fn begun(memory: &AlertMemory, context: &RuleContext<'_>) -> Vec<Begun> {
    let schedule = &memory.schedule;
    if !schedule.order {
        return Vec::new();
    }
    let infused = memory.ended(&[Phase::Infused]);
    let of = |cycle: &Treated| {
        let Treated { started, given } = *cycle;
        Begun { at: started, until: Some(given), reported: true }
    };
    let mut reported: Vec<Begun> = schedule.treated.iter().map(of).collect();
    // A report that is dated ahead counts at its own time.
    let now = schedule.started.filter(|at| context.now >= *at);
    reported.extend(now.map(|at| Begun { at, until: infused, reported: true }));
    let mut passed: Vec<Begun> = Vec::new();
    let mut pass = |at: Moment, until: Option<Moment>| {
        // What was passed and not stopped since goes on, whatever else was planned.
        let on = passed.last().is_some_and(|last| last.until.is_none_or(|until| at < until));
        if !on && until.is_none_or(|until| at < until) {
            passed.push(Begun { at, until, reported: false });
        }
    };
    // Where somebody reported when it began, no plan says it better.
    let unreported = schedule.former.iter().filter(|f| !f.reported && f.begun.is_none());
    for former in unreported.filter(|former| former.start < former.until) {
        pass(former.start, former.stopped.into_iter().chain(infused).min());
    }
    let settled = |start: &Moment| context.now >= *start + context.reference.settle;
    if let Some(start) = schedule.conditioning_start.filter(settled).filter(|_| now.is_none()) {
        pass(start, memory.ended(&[Phase::Held, Phase::Infused]));
    }
    let mut all = [reported, passed].concat();
    all.sort_by_key(|begun| begun.at);
    all
}
