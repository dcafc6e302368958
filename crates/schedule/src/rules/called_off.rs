#![doc = include_str!("called_off.md")]

use super::CORRECTED;
use crate::called_off::{CalledOff, Doubt};
use crate::schedule_state::ScheduleState;
use alloc::vec::Vec;
use facts::{
    Effects, Episode, FactKind, Family, Hears, Moment, Rule, RuleContext, RuleInfo, Severity, say,
};
use serde::Deserialize;

facts::messages! {
    "schedule/called-off":
    DISPUTED "disputed" =
        "it was cancelled at {cancelled} and planned again at {planned} as version {version}, which was known before the cancellation was: nobody knows which of them holds";
    NO_HIGHER "no-higher" =
        "it was cancelled at {cancelled} and planned again at {planned} as version {version}, which is no higher: it stays cancelled, and nothing of it is watched";
    CLOSED "closed" =
        "it was cancelled at {cancelled} and planned again at {planned}, after its papers were closed: it stays closed, and nothing of it is watched";
}

/// A shipment was cancelled, and a plan stands against that.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CancelledAndPlanned {}

impl Rule for CancelledAndPlanned {
    type Memory = ScheduleState;
    const INFO: RuleInfo = RuleInfo {
        name: "schedule/called-off",
        code: "SCH-14",
        family: Family::Schedule,
        effects: Effects::NONE,
        hears: Hears::Only(&[
            CORRECTED,
            &[FactKind::Planned, FactKind::Cancelled, FactKind::Closed],
        ]),
        messages: &[MESSAGES],
        page: include_str!("called_off.md"),
    };

    fn judge(&self, calendar: &ScheduleState, _: &RuleContext<'_>, found: &mut Vec<Episode>) {
        found.extend(calendar.called_off.iter().map(episode));
    }

    fn next_deadline(&self, _: &ScheduleState, _: &RuleContext<'_>) -> Option<Moment> {
        None
    }
}

fn episode(called_off: &CalledOff) -> Episode {
    let CalledOff { cancelled, planned, version, doubt, until, offset } = *called_off;
    let message = match doubt {
        Doubt::Disputed => say!(DISPUTED, cancelled, planned, version),
        Doubt::NoHigher => say!(NO_HIGHER, cancelled, planned, version),
        Doubt::Closed => say!(CLOSED, cancelled, planned),
    };
    let episode = Episode::new(Severity::P2, planned, message).until(until).evidence([offset]);
    match doubt {
        Doubt::Disputed => episode.unknown(),
        Doubt::NoHigher | Doubt::Closed => episode,
    }
}
