#![doc = include_str!("called_off.md")]

use super::CORRECTED;
use crate::calendar::Calendar;
use crate::called_off::{CalledOff, Doubt};
use alloc::{format, vec::Vec};
use facts::{Effects, Episode, FactKind, Family, Given, Hears, Moment, Rule, RuleInfo, Severity};
use serde::Deserialize;

/// A shipment was cancelled, and a plan stands against that.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CancelledAndPlanned {}

impl Rule for CancelledAndPlanned {
    type Memory = Calendar;
    const INFO: RuleInfo = RuleInfo {
        name: "schedule/called-off",
        code: "SCH-14",
        family: Family::Schedule,
        effects: Effects::NONE,
        hears: Hears::Only(&[
            CORRECTED,
            &[FactKind::Planned, FactKind::Cancelled, FactKind::Closed],
        ]),
        page: include_str!("called_off.md"),
    };

    fn judge(&self, calendar: &Calendar, _: &Given<'_>, found: &mut Vec<Episode>) {
        found.extend(calendar.called_off.iter().map(episode));
    }

    fn due(&self, _: &Calendar, _: &Given<'_>) -> Option<Moment> {
        None
    }
}

fn episode(called_off: &CalledOff) -> Episode {
    let CalledOff { cancelled, planned, version, doubt, until, offset } = *called_off;
    let again = format!("it was cancelled at {cancelled} and planned again at {planned}");
    let sentence = match doubt {
        Doubt::Disputed => format!(
            "{again} as version {version}, which was known before the cancellation was: nobody knows which of them holds"
        ),
        Doubt::NoHigher => format!(
            "{again} as version {version}, which is no higher: it stays cancelled, and nothing of it is watched"
        ),
        Doubt::Closed => format!(
            "{again}, after its papers were closed: it stays closed, and nothing of it is watched"
        ),
    };
    let episode = Episode::new(Severity::P2, planned, sentence).until(until).evidence([offset]);
    match doubt {
        Doubt::Disputed => episode.unknown(),
        Doubt::NoHigher | Doubt::Closed => episode,
    }
}
