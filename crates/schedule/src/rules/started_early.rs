#![doc = include_str!("started_early.md")]

use super::{CORRECTED, ORDER};
use crate::order::{GateState, Order};
use crate::schedule_state::ScheduleState;
use crate::treatment::Start;
use alloc::vec::Vec;
use facts::timeline::WHO_HAS_THEM;
use facts::{
    Argument, Effects, Episode, FactKind, Family, Gate, Hears, Moment, Precedence, ReferenceData,
    Rule, RuleContext, RuleInfo, Severity, say,
};
use serde::Deserialize;

facts::messages! {
    "schedule/started-early":
    STARTED "started" = "conditioning was started at {at}: {missing}";
    CONFIRMED_LATE "confirmed-late" = "the dose was confirmed only at {at}";
    NO_PLAN "no-plan" = "there is no dose plan or product to hold it against";
    NO_RESCUE "no-rescue" = "rescue cells were not confirmed";
}

/// Conditioning was begun before the dose was confirmed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartedEarly {}

impl Rule for StartedEarly {
    type Memory = ScheduleState;
    const INFO: RuleInfo = RuleInfo {
        name: "schedule/started-early",
        code: "SCH-03",
        family: Family::Schedule,
        effects: Effects { precedence: Precedence::Begun, ..Effects::NONE },
        hears: Hears::Only(&[WHO_HAS_THEM, CORRECTED, ORDER, &[FactKind::Closed]]),
        messages: &[MESSAGES],
        page: include_str!("started_early.md"),
    };

    fn judge(&self, calendar: &ScheduleState, context: &RuleContext<'_>, found: &mut Vec<Episode>) {
        if !calendar.serves_a_patient() {
            return;
        }
        let starts = calendar.order.treatment.starts(calendar.planned_since());
        let judged = starts.filter(|(start, _)| context.now >= judged_at(start, context.reference));
        let replaced = calendar.replaced();
        // Where another shipment is to bring the dose, it is told there.
        let mine = judged.filter(|(start, _)| replaced.is_none_or(|replaced| start.at < replaced));
        let early =
            mine.filter_map(|(start, over)| early(&calendar.order, start, over, context.reference));
        found.extend(early.map(|one| match (one.until, replaced) {
            (None, Some(replaced)) => one.until(Some(replaced)),
            _ => one,
        }));
    }

    fn next_deadline(&self, calendar: &ScheduleState, context: &RuleContext<'_>) -> Option<Moment> {
        let starts = calendar.order.treatment.starts(calendar.planned_since());
        let strokes = starts.map(|(start, _)| judged_at(start, context.reference));
        strokes.filter(|due| *due > context.now).min()
    }
}

/// When what races with a report has had its time; one that is dated ahead counts at its own time.
fn judged_at(start: &Start, reference: &ReferenceData) -> Moment {
    start.at.max(start.learnt) + reference.settle
}

/// What was missing when conditioning was begun, and until when that mattered.
fn early(
    order: &Order,
    start: &Start,
    given: Option<Moment>,
    reference: &ReferenceData,
) -> Option<Episode> {
    let started = start.at;
    let GateState { gate, missing: lacks, .. } = order.gate_at(reference, started);
    let mut missing: Vec<Argument> = Vec::new();
    // What ends the danger: everything is confirmed, or the treatment does not go on.
    let given = given.filter(|given| *given > started);
    let over = start.stopped.into_iter().chain(given).min();
    let mut confirmed = Some(started);
    if gate != Gate::Met {
        // What is lost after that was confirmed all the same, and does not begin this anew.
        let met = order.met_after(reference, started);
        let met = met.filter(|met| over.is_none_or(|over| *met <= over));
        missing.push(match (gate, met) {
            (_, Some(met)) => say!(CONFIRMED_LATE, met).into(),
            (Gate::Unknown, None) if lacks.is_empty() => say!(NO_PLAN).into(),
            (_, None) => lacks.into(),
        });
        confirmed = met;
    }
    if order.rescue_required(started) && order.rescue.is_none_or(|rescue| rescue > started) {
        missing.push(say!(NO_RESCUE).into());
        confirmed = confirmed.zip(order.rescue).map(|(until, rescue)| until.max(rescue));
    }
    if missing.is_empty() {
        return None;
    }
    let until = confirmed.into_iter().chain(over).min();
    let message = say!(STARTED, started, Argument::Sentences(missing));
    let episode = Episode::new(Severity::P1, started, message).until(until);
    let episode = episode.evidence([start.offset]).reasoned();
    Some(if gate == Gate::Unknown { episode.unknown() } else { episode })
}
