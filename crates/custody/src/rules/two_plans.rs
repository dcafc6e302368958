#![doc = include_str!("two_plans.md")]

use super::CORRECTED;
use crate::ledger::CustodyLedger;
use alloc::{format, vec::Vec};
use facts::timeline::{ENDS, WHO_HAS_THEM};
use facts::{Effects, Episode, Family, Hears, Moment, Rule, RuleContext, RuleInfo, Severity, say};
use serde::Deserialize;

facts::messages! {
    "custody/two-plans":
    TWO "two" =
        "version {version} was planned at {first} and otherwise at {since}: the plan of {plan} is in force";
}

/// One version of the plan says two things.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TwoPlans {}

impl Rule for TwoPlans {
    type Memory = CustodyLedger;
    const INFO: RuleInfo = RuleInfo {
        name: "custody/two-plans",
        code: "CUS-13",
        family: Family::Custody,
        effects: Effects::NONE,
        hears: Hears::Only(&[WHO_HAS_THEM, ENDS, CORRECTED]),
        messages: &[MESSAGES],
        page: include_str!("two_plans.md"),
    };

    fn judge(&self, ledger: &CustodyLedger, _: &RuleContext<'_>, found: &mut Vec<Episode>) {
        for two in &ledger.contradictions {
            // What was over before it was planned otherwise harms nobody.
            if ledger.over.is_some_and(|over| over <= two.since) {
                continue;
            }
            let severity = if two.times_alone { Severity::P3 } else { Severity::P2 };
            let message = say!(TWO, two.version, two.first, two.since, two.in_force);
            let episode = Episode::new(severity, two.since, message)
                .about(format!("version {}", two.version))
                .until(two.until.into_iter().chain(ledger.over).min())
                .evidence(two.offsets.iter().copied());
            found.push(episode);
        }
    }

    fn next_deadline(&self, _: &CustodyLedger, _: &RuleContext<'_>) -> Option<Moment> {
        None
    }
}
