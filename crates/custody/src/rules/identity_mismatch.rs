#![doc = include_str!("identity_mismatch.md")]

use super::CORRECTED;
use crate::ledger::{CustodyLedger, Scan, ScanStep, UnitFate};
use crate::unit::{by_name, list};
use alloc::{collections::BTreeMap, string::String, vec::Vec};
use facts::timeline::{ENDS, WHO_HAS_THEM};
use facts::{
    Argument, Effects, Episode, FactKind, Family, Hears, Moment, Precedence, Rule, RuleContext,
    RuleInfo, Severity, UnitId, say,
};
use serde::Deserialize;

facts::messages! {
    "custody/identity-mismatch":
    PACKED_NOT_PLANNED "packed-not-planned" =
        "packed with order {order}, and the plan is for {expected}";
    PACKED_NOT_THEIRS "packed-not-theirs" =
        "packed with order {order}, and the goods are those of {expected}";
    RECEIVED_NOT_PLANNED "received-not-planned" =
        "received with order {order}, and the plan is for {expected}";
    RECEIVED_NOT_THEIRS "received-not-theirs" =
        "received with order {order}, and the goods are those of {expected}";
    NOT_IN_THE_PLAN "not-in-the-plan" = "packed, and not named by the plan: {units}";
    NOT_IN_THE_ORDER "not-in-the-order" = "packed, and not named by the order: {units}";
    PUT_IN "put-in" = "put into another box, and neither planned nor packed: {units}";
    THAWED_FOREIGN "thawed-foreign" = "thawed, and never in this shipment: {units}";
    INFUSED_FOREIGN "infused-foreign" = "infused, and never in this shipment: {units}";
    THAWED_ELSEWHERE "thawed-elsewhere" =
        "thawed under this shipment, and of another one of its order: {units}";
    INFUSED_ELSEWHERE "infused-elsewhere" =
        "infused under this shipment, and of another one of its order: {units}";
}

/// What was packed, received or given is not of this patient's order.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityMismatch {}

impl Rule for IdentityMismatch {
    type Memory = CustodyLedger;
    const INFO: RuleInfo = RuleInfo {
        name: "custody/identity-mismatch",
        code: "IDN-02",
        family: Family::Identity,
        effects: Effects {
            compromises: Some(Severity::P2),
            precedence: Precedence::Identity,
            ..Effects::NONE
        },
        hears: Hears::Only(&[WHO_HAS_THEM, ENDS, CORRECTED, &[FactKind::OrderOpened]]),
        messages: &[MESSAGES, crate::unit::MESSAGES],
        page: include_str!("identity_mismatch.md"),
    };

    fn judge(&self, ledger: &CustodyLedger, _: &RuleContext<'_>, found: &mut Vec<Episode>) {
        for step in [ScanStep::Packing, ScanStep::Receipt] {
            let scans: Vec<&Scan> = ledger.scans.iter().filter(|scan| scan.step == step).collect();
            found.extend(another_order(step, &scans));
        }
        found.extend(not_planned(ledger));
        found.extend(put_in(ledger));
        found.extend(never_aboard(ledger));
        found.sort_by_key(|episode| episode.since);
    }

    fn next_deadline(&self, _: &CustodyLedger, _: &RuleContext<'_>) -> Option<Moment> {
        None
    }
}

/// The order that was scanned is not that of the plan.
fn another_order(step: ScanStep, scans: &[&Scan]) -> Option<Episode> {
    let other = |scan: &&&Scan| match (&scan.order, &scan.expected) {
        (Some(order), Some(expected)) => order != expected,
        _ => false,
    };
    let wrong: Vec<&Scan> = scans.iter().filter(other).copied().collect();
    let first = wrong.first()?;
    let (order, expected) = first.order.as_ref().zip(first.expected.as_ref())?;
    let (about, template) = match (step, first.planned_for) {
        (ScanStep::Packing, true) => ("packing", PACKED_NOT_PLANNED),
        (ScanStep::Packing, false) => ("packing", PACKED_NOT_THEIRS),
        (ScanStep::Receipt, true) => ("receipt", RECEIVED_NOT_PLANNED),
        (ScanStep::Receipt, false) => ("receipt", RECEIVED_NOT_THEIRS),
    };
    let offsets = wrong.iter().map(|scan| scan.report.offset);
    let episode = Episode::new(Severity::P1, first.report.at, say!(template, order, expected));
    Some(episode.about(about).latched().evidence(offsets))
}

/// A unit was packed that the plan does not name: it may be the plan that is behind.
fn not_planned(ledger: &CustodyLedger) -> Option<Episode> {
    let scans = ledger.scans.iter().filter(|scan| scan.step == ScanStep::Packing);
    let mut since = None;
    let mut by_order = false;
    let mut offsets = Vec::new();
    let mut extra: BTreeMap<_, &UnitId> = BTreeMap::new();
    for scan in scans.filter(|scan| !scan.planned.is_empty()) {
        let planned = by_name(&scan.planned);
        let other =
            by_name(&scan.units).into_iter().filter(|(name, _)| !planned.contains_key(name));
        let before = extra.len();
        extra.extend(other);
        if extra.len() > before {
            since = since.or(Some(scan.report.at));
            by_order |= scan.by_order;
            offsets.push(scan.report.offset);
        }
    }
    let since = since?;
    let named_later = ledger.plan.as_ref().is_some_and(|plan| {
        let units = if plan.units.is_empty() { &ledger.ordered } else { &plan.units };
        let planned = by_name(units);
        planned.is_empty() || extra.keys().all(|name| planned.contains_key(name))
    });
    let until = ledger.planned.last().copied().filter(|planned| named_later && *planned > since);
    let template = if by_order { NOT_IN_THE_ORDER } else { NOT_IN_THE_PLAN };
    let message = say!(template, list(extra.into_values()));
    let episode = Episode::new(Severity::P2, since, message).about("packing units");
    Some(episode.until(until.into_iter().chain(ledger.over).min()).evidence(offsets))
}

/// A unit was put into another box that was neither planned nor packed: it is somebody else's, or the packing scan is behind.
fn put_in(ledger: &CustodyLedger) -> Option<Episode> {
    let ours = ours(ledger);
    if ours.is_empty() {
        return None;
    }
    let mut since = None;
    let mut offsets = Vec::new();
    let mut extra: BTreeMap<_, &UnitId> = BTreeMap::new();
    for (mark, repacked) in &ledger.repacked {
        let before = extra.len();
        let units = by_name(&repacked.units);
        extra.extend(units.into_iter().filter(|(name, _)| !ours.contains_key(name)));
        if extra.len() > before {
            since = since.or(Some(mark.at));
            offsets.push(mark.offset);
        }
    }
    let since = since?;
    let message = say!(PUT_IN, list(extra.into_values()));
    let episode = Episode::new(Severity::P2, since, message).about("repacking units");
    Some(episode.until(ledger.over).evidence(offsets))
}

/// The units that a plan of this shipment names, or its packing. Where only the order says which units make the dose, no packing adds to them.
fn ours(ledger: &CustodyLedger) -> BTreeMap<String, &UnitId> {
    let planned = planned(ledger);
    if planned.is_empty() && !ledger.ordered.is_empty() {
        return by_name(&ledger.ordered);
    }
    let packing = ledger.scans.iter().filter(|scan| scan.step == ScanStep::Packing);
    by_name(planned.into_values().chain(packing.flat_map(|scan| &scan.units)))
}

/// The units that a plan of this shipment names.
fn planned(ledger: &CustodyLedger) -> BTreeMap<String, &UnitId> {
    let plan = ledger.plan.iter().flat_map(|plan| &plan.units);
    let scans = ledger.scans.iter().filter(|scan| !scan.by_order);
    by_name(plan.chain(scans.flat_map(|scan| &scan.planned)))
}

/// Units were thawed or given that are not of this shipment. Where the order names its units, no packing makes another one this patient's;
/// where neither order nor plan nor packing names any, what was scanned later counts.
fn never_aboard(ledger: &CustodyLedger) -> Vec<Episode> {
    let ours = ours(ledger);
    let ordered = &ledger.ordered;
    let mut known = if ordered.is_empty() { ours.clone() } else { planned(ledger) };
    known.extend(by_name(&ledger.ordered));
    if known.is_empty() {
        let scanned = ledger.scans.iter().flat_map(|scan| &scan.units);
        let repacked = ledger.repacked.iter().flat_map(|(_, repacked)| &repacked.units);
        known = by_name(scanned.chain(repacked));
    }
    if known.is_empty() {
        return Vec::new();
    }
    let foreign = used(ledger, |name| !known.contains_key(name)).map(|used| {
        let Used { since, thawed, units, offsets } = used;
        let template = if thawed { THAWED_FOREIGN } else { INFUSED_FOREIGN };
        let episode = Episode::new(Severity::P1, since, say!(template, units));
        episode.about("use").latched().evidence(offsets)
    });
    // The dose comes in two shipments, and the ward reports both under one: the patient got what is the patient's.
    let of_the_order =
        |name: &String| !ours.is_empty() && !ours.contains_key(name) && known.contains_key(name);
    let elsewhere = used(ledger, of_the_order).map(|used| {
        let Used { since, thawed, units, offsets } = used;
        let template = if thawed { THAWED_ELSEWHERE } else { INFUSED_ELSEWHERE };
        let episode = Episode::new(Severity::P2, since, say!(template, units));
        episode.about("use, same order").latched().evidence(offsets)
    });
    foreign.into_iter().chain(elsewhere).collect()
}

/// Units that were used, of a kind.
struct Used {
    since: Moment,
    /// Whether the first of them were thawed; else they were given.
    thawed: bool,
    units: Argument,
    offsets: Vec<u64>,
}

fn used(ledger: &CustodyLedger, is_meant: impl Fn(&String) -> bool) -> Option<Used> {
    let mut units: BTreeMap<_, &UnitId> = BTreeMap::new();
    let mut first: Option<(Moment, bool)> = None;
    let mut offsets = Vec::new();
    for used in &ledger.uses {
        let thawed = match used.what {
            UnitFate::Thawed => true,
            UnitFate::Infused => false,
            _ => continue,
        };
        let before = offsets.len();
        for (name, unit) in by_name(&used.units).into_iter().filter(|(name, _)| is_meant(name)) {
            units.entry(name).or_insert(unit);
            offsets.push(used.report.offset);
        }
        if offsets.len() > before {
            first = first.or(Some((used.report.at, thawed)));
        }
    }
    let (since, thawed) = first?;
    offsets.dedup();
    Some(Used { since, thawed, units: list(units.into_values()), offsets })
}
