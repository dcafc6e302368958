#![doc = include_str!("dated_ahead.md")]

use super::CORRECTED;
use crate::ledger::CustodyLedger;
use alloc::vec::Vec;
use facts::{
    Effects, Episode, FactKind, Family, Hears, Moment, Rule, RuleContext, RuleInfo, Severity, say,
};
use serde::Deserialize;

facts::messages! {
    "custody/dated-ahead":
    DATED "dated" =
        "`{what}` is dated {dated} and came before that: it counts as at {at}, when it came";
}

/// A report of what has happened is dated later than it came.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatedAhead {}

impl Rule for DatedAhead {
    type Memory = CustodyLedger;
    const INFO: RuleInfo = RuleInfo {
        name: "custody/dated-ahead",
        code: "SYS-AHEAD",
        family: Family::System,
        effects: Effects::NONE,
        hears: Hears::Only(&[FactKind::HAS_HAPPENED, CORRECTED]),
        messages: &[MESSAGES],
        page: include_str!("dated_ahead.md"),
    };

    fn judge(&self, ledger: &CustodyLedger, _: &RuleContext<'_>, found: &mut Vec<Episode>) {
        for report in &ledger.report_quality.dated {
            let message = say!(DATED, report.what.as_str(), report.dated, report.counts);
            let episode = Episode::new(Severity::P3, report.counts, message).latched();
            found.push(episode.about(&report.what).evidence([report.offset]));
        }
    }

    fn next_deadline(&self, _: &CustodyLedger, _: &RuleContext<'_>) -> Option<Moment> {
        None
    }
}
