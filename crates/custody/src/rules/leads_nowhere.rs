#![doc = include_str!("leads_nowhere.md")]

use super::CORRECTED;
use crate::ledger::CustodyLedger;
use crate::report_quality::{Named, PlanNames, ReportQuality};
use alloc::vec::Vec;
use facts::{
    Effects, Episode, FactKind, Family, Hears, Moment, Rule, RuleContext, RuleInfo, Severity, Span,
    Template, say,
};
use serde::Deserialize;

facts::messages! {
    "custody/leads-nowhere":
    NO_WAYPOINT "no-waypoint" =
        "a new time is reported for `{waypoint}`, which is no waypoint of the plan";
    NO_LEG "no-leg" = "something is reported on leg `{leg}`, which the plan does not have";
    NOT_PLANNED "not-planned" =
        "it is reported on since {since}, and nobody has planned it: nothing of it can be judged";
    STRANGER "stranger" =
        "{party} does something with the goods: no plan names it, and nothing is known of it";
}

/// A report names something that nobody knows.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeadsNowhere {
    no_plan: Span,
}

impl Rule for LeadsNowhere {
    type Memory = CustodyLedger;
    const INFO: RuleInfo = RuleInfo {
        name: "custody/leads-nowhere",
        code: "SYS-REF",
        family: Family::System,
        effects: Effects::NONE,
        hears: Hears::Only(&[
            FactKind::HAS_HAPPENED,
            CORRECTED,
            &[
                FactKind::Planned,
                FactKind::Described,
                FactKind::Qualified,
                FactKind::PartySuspended,
            ],
        ]),
        messages: &[MESSAGES],
        page: include_str!("leads_nowhere.md"),
    };

    fn judge(&self, ledger: &CustodyLedger, context: &RuleContext<'_>, found: &mut Vec<Episode>) {
        let record = &ledger.report_quality;
        found.extend(self.without_plan(record, context));
        for named in firsts(&record.waypoints) {
            let at = |plan: &PlanNames| plan.has_waypoint(&named.name);
            found.extend(nowhere(record, named, at, NO_WAYPOINT));
        }
        for named in firsts(&record.legs) {
            let at = |plan: &PlanNames| plan.has_leg(&named.name);
            found.extend(nowhere(record, named, at, NO_LEG));
        }
        let settled = |named: &&Named| context.now >= named.learnt + context.reference.settle;
        for named in firsts(&record.acting).into_iter().filter(settled) {
            found.extend(not_holder(record, named));
        }
    }

    fn next_deadline(&self, ledger: &CustodyLedger, context: &RuleContext<'_>) -> Option<Moment> {
        let record = &ledger.report_quality;
        let settle = context.reference.settle;
        let plan = record.first.as_ref().map(|first| first.learnt + self.no_plan + settle);
        let plan = plan.filter(|_| record.plans.is_empty());
        let acting = record.acting.iter().map(|named| named.learnt + settle);
        acting.chain(plan).filter(|due| *due > context.now).min()
    }
}

impl LeadsNowhere {
    /// Something is reported of a shipment that nobody has planned.
    fn without_plan(&self, record: &ReportQuality, context: &RuleContext<'_>) -> Option<Episode> {
        let first = record.first.as_ref()?;
        let due = first.learnt + self.no_plan + context.reference.settle;
        let plan = record.plans.iter().map(|plan| (plan.learnt, plan.at)).min();
        let over = record.over;
        if context.now < due || plan.is_some_and(|(learnt, at)| learnt < due || at <= first.at) {
            return None;
        }
        let severity = if record.under_way.is_some() { Severity::P2 } else { Severity::P3 };
        let until = plan.map(|(_, at)| at).into_iter().chain(over).min();
        let episode = Episode::new(severity, first.at, say!(NOT_PLANNED, first.at));
        let episode = episode.until(until).unknown();
        Some(episode.evidence([first.offset]))
    }
}

/// What is not in the plan, until one has it.
fn nowhere(
    record: &ReportQuality,
    named: &Named,
    has: impl Fn(&PlanNames) -> bool,
    template: Template,
) -> Option<Episode> {
    let in_force = record.plans.last()?;
    let until = match has(in_force) {
        true if in_force.at <= named.at => return None,
        true if !record.plans.iter().any(|plan| plan.at <= named.at && !has(plan)) => return None,
        true => Some(in_force.at),
        false => None,
    };
    let over = record.over.filter(|over| *over >= named.at);
    let until = until.into_iter().chain(over).min();
    let message = say!(template, &named.name);
    let episode = Episode::new(Severity::P3, named.at, message).until(until);
    Some(episode.about(&named.name).evidence([named.offset]))
}

/// A party that acts, of which nobody has ever heard.
fn not_holder(record: &ReportQuality, named: &Named) -> Option<Episode> {
    let in_plan = record.plans.iter().any(|plan| plan.has_party(&named.name));
    let known = record.known.iter().any(|(party, _)| party.as_str() == &*named.name);
    if in_plan || known || record.plans.is_empty() {
        return None;
    }
    let message = say!(STRANGER, &named.name);
    let episode = Episode::new(Severity::P3, named.at, message).until(record.over).unknown();
    Some(episode.about(&named.name).evidence([named.offset]))
}

/// The first time that each of them was named.
fn firsts(all: &[Named]) -> Vec<&Named> {
    let mut firsts: Vec<&Named> = Vec::new();
    for named in all {
        if !firsts.iter().any(|first| first.name == named.name) {
            firsts.push(named);
        }
    }
    firsts
}
