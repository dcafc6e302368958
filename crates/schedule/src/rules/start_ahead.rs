#![doc = include_str!("start_ahead.md")]

use super::CORRECTED;
use crate::schedule_state::ScheduleState;
use alloc::vec::Vec;
use facts::timeline::WHO_HAS_THEM;
use facts::{
    Effects, Episode, FactKind, Family, Hears, Moment, Rule, RuleContext, RuleInfo, Severity, say,
};
use serde::Deserialize;

facts::messages! {
    "schedule/start-ahead":
    AHEAD "ahead" =
        "conditioning is reported as started at {at}, which has not come: nobody knows whether it has begun";
}

/// Conditioning is reported as started at a time that has not come.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StartDatedAhead {}

impl Rule for StartDatedAhead {
    type Memory = ScheduleState;
    const INFO: RuleInfo = RuleInfo {
        name: "schedule/start-ahead",
        code: "SYS-START",
        family: Family::System,
        effects: Effects::NONE,
        hears: Hears::Only(&[WHO_HAS_THEM, CORRECTED, &[FactKind::StartAhead]]),
        messages: &[MESSAGES],
        page: include_str!("start_ahead.md"),
    };

    fn judge(&self, calendar: &ScheduleState, context: &RuleContext<'_>, found: &mut Vec<Episode>) {
        if !calendar.serves_a_patient() {
            return;
        }
        for (n, start) in calendar.starts_ahead.iter().enumerate() {
            // The same start said again is no other one.
            let before = calendar.starts_ahead.get(..n).unwrap_or_default();
            if before.iter().any(|said| said.starts == start.starts) {
                continue;
            }
            let until = (context.now >= start.starts).then_some(start.starts);
            let message = say!(AHEAD, start.starts);
            let episode = Episode::new(Severity::P2, start.at, message).until(until).unknown();
            found.push(episode.evidence([start.offset]));
        }
    }

    fn next_deadline(&self, calendar: &ScheduleState, context: &RuleContext<'_>) -> Option<Moment> {
        let starts = calendar.starts_ahead.iter().map(|start| start.starts);
        starts.filter(|starts| *starts > context.now).min()
    }
}
