#![doc = include_str!("not_judged.md")]

use super::CORRECTED;
use crate::memory::ThermalMemory;
use alloc::vec::Vec;
use facts::timeline::{ENDS, WHO_HAS_THEM};
use facts::{
    Effects, Episode, FactKind, Family, Hears, Moment, Rule, RuleContext, RuleInfo, Severity, say,
};
use serde::Deserialize;

facts::messages! {
    "thermal/not-judged":
    NO_PROFILE "no-profile" =
        "the rulebook has no profile `{profile}`: no temperature of this shipment is judged";
}

/// The plan names a profile that the rulebook does not have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotJudged {}

impl Rule for NotJudged {
    type Memory = ThermalMemory;
    const INFO: RuleInfo = RuleInfo {
        name: "thermal/not-judged",
        code: "SYS-PROFILE",
        family: Family::System,
        effects: Effects::NONE,
        hears: Hears::Only(&[WHO_HAS_THEM, ENDS, CORRECTED, &[FactKind::Dispositioned]]),
        messages: &[MESSAGES],
        page: include_str!("not_judged.md"),
    };

    fn judge(&self, memory: &ThermalMemory, context: &RuleContext<'_>, found: &mut Vec<Episode>) {
        let mut open: Option<Episode> = None;
        for (at, offset, profile) in &memory.setup().profiles {
            let known = context.reference.profiles.contains_key(profile);
            match (known, open.take()) {
                (true, Some(was)) => found.push(was.until(Some(*at))),
                (true, None) => {}
                (false, was) => {
                    let since = was.map_or(*at, |was| was.since);
                    let episode = Episode::new(Severity::P2, since, say!(NO_PROFILE, profile));
                    open = Some(episode.unknown().evidence([*offset]));
                }
            }
        }
        // A report that it is over which is dated before the plan ends it all the same.
        let over = memory.setup().over.map(|over| over.at);
        found.extend(open.map(|episode| episode.until(over)));
    }

    fn next_deadline(&self, _: &ThermalMemory, _: &RuleContext<'_>) -> Option<Moment> {
        None
    }
}
