#![doc = include_str!("over_used.md")]

use super::CORRECTED;
use crate::permit_history::{PermitHistory, StatedLedger};
use alloc::vec::Vec;
use facts::fact::permit::{Granted, Ledger, Stated, Use};
use facts::fact::shipment::Quantity;
use facts::{
    Effects, Episode, FactKind, Family, Hears, Message, Moment, PermitId, Rule, RuleContext,
    RuleInfo, Severity, ShipmentId, say,
};
use serde::Deserialize;

facts::messages! {
    "permits/over-used":
    SHIPMENTS "shipments" =
        "{permit} allows {limit} shipments, and they are planned before this one";
    TOO_MUCH "too-much" =
        "{permit} allows {limit} {unit}; {planned} are planned before this shipment, which uses {uses}";
    NOTHING_LEFT "nothing-left" =
        "{permit} allows {limit} {unit}, and they are planned before this shipment";
    NOT_SAID "not-said" =
        "{permit} is granted for {limit} {unit}, and the plan does not say how much it uses";
    OTHER_UNIT "other-unit" = "{permit} is granted in {unit}, and the plan uses {other}";
    PARTLY_SAID "partly-said" =
        "{permit} is granted for {limit} {unit}, and the plan says it only of {uses} that it uses";
    OTHER_NOT_SAID "other-not-said" =
        "{permit} allows {limit} {unit}, of which this shipment uses {uses}; {other} is planned before it and does not say how many it uses";
}

/// This shipment uses more of a permit than is left of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OverUsed {}

/// What the ledger says of this shipment at one moment.
struct Status {
    severity: Severity,
    known: bool,
    message: Message,
}

impl Status {
    fn over(message: Message) -> Option<Self> {
        Some(Self { severity: Severity::P1, known: true, message })
    }
    fn unknown(severity: Severity, message: Message) -> Option<Self> {
        Some(Self { severity, known: false, message })
    }
}

/// What is planned before this shipment, and still is or has left.
#[derive(Default)]
struct Before<'a> {
    shipments: u32,
    amount: u32,
    /// One of them that does not say how much it uses, in what the permit is granted in.
    open: Option<&'a ShipmentId>,
}

impl Rule for OverUsed {
    type Memory = PermitHistory;
    const INFO: RuleInfo = RuleInfo {
        name: "permits/over-used",
        code: "PRM-05",
        family: Family::Permits,
        effects: Effects::NONE,
        hears: Hears::Only(&[CORRECTED, &[FactKind::Ledger, FactKind::Granted, FactKind::Amended]]),
        messages: &[MESSAGES],
        page: include_str!("over_used.md"),
    };

    fn judge(&self, papers: &PermitHistory, context: &RuleContext<'_>, found: &mut Vec<Episode>) {
        let settle = context.reference.settle;
        // What lasted no longer than facts race was never so.
        let raced = |e: &Episode| e.until.is_some_and(|until| until - e.since <= settle);
        for (permit, read) in &papers.ledgers {
            let grants = papers.grants(permit, context.now);
            let mine = read.ledger.uses.iter().filter(|used| used.shipment == papers.shipment);
            let all = mine.flat_map(|used| episodes(permit, used, read, &grants));
            found.extend(all.filter(|episode| !raced(episode)));
        }
    }

    fn next_deadline(&self, papers: &PermitHistory, context: &RuleContext<'_>) -> Option<Moment> {
        // What is granted or amended ahead comes at its own time.
        let granted =
            papers.ledgers.keys().flat_map(|permit| papers.grants(permit, Moment::LATEST));
        granted.map(|(at, _)| at).filter(|at| *at > context.now).min()
    }
}

/// Every stretch in which one use of this shipment is too much, or not known to be little enough.
fn episodes(
    permit: &PermitId,
    mine: &Use,
    read: &StatedLedger,
    grants: &[(Moment, &Granted)],
) -> Vec<Episode> {
    let mut found = Vec::new();
    let mut open: Option<Episode> = None;
    for at in moments(mine, &read.ledger, grants) {
        let was = open.take();
        let Some(status) = status(permit, mine, &read.ledger, grants, at) else {
            found.extend(was.map(|was| was.until(Some(at))));
            continue;
        };
        let since = was.map_or(at, |was| was.since);
        let episode = Episode::new(status.severity, since, status.message)
            .about(permit.as_str())
            .evidence([read.offset]);
        open = Some(if status.known { episode } else { episode.unknown() });
    }
    found.extend(open.map(|open| open.until(mine.cancelled_at)));
    found
}

/// When something changes for one use while it lasts: when others are planned, cancelled or planned otherwise, and when
/// the permit is granted or amended.
fn moments(mine: &Use, ledger: &Ledger, grants: &[(Moment, &Granted)]) -> Vec<Moment> {
    let uses = ledger.uses.iter().flat_map(|used| {
        let changed = used.earlier.iter().map(|stated| stated.until);
        changed.chain([used.planned_at]).chain(used.cancelled_at)
    });
    let mut all: Vec<Moment> = uses.chain(grants.iter().map(|(at, _)| *at)).collect();
    all.retain(|at| *at >= mine.planned_at && mine.cancelled_at.is_none_or(|end| *at < end));
    all.sort();
    all.dedup();
    all
}

fn lasts(used: &Use, at: Moment) -> bool {
    used.planned_at <= at && used.cancelled_at.is_none_or(|end| at < end)
}

/// What a use said of its quantity at a moment, and whether that is all of it.
fn stated(used: &Use, at: Moment) -> (Option<&Quantity>, bool) {
    let then = used.earlier.iter().find(|stated| at < stated.until);
    match then {
        Some(Stated { quantity, partly, .. }) => (quantity.as_ref(), *partly),
        None => (used.quantity.as_ref(), used.partly),
    }
}

/// How much of what the permit is granted in that is, as far as it is known; and whether that is all.
fn amount(used: &Use, limit: &Quantity, at: Moment) -> (u32, bool) {
    match stated(used, at) {
        (Some(quantity), partly) if quantity.unit == limit.unit => (quantity.amount, !partly),
        _ => (0, false),
    }
}

fn status(
    permit: &PermitId,
    mine: &Use,
    ledger: &Ledger,
    grants: &[(Moment, &Granted)],
    at: Moment,
) -> Option<Status> {
    let (_, granted) = grants.iter().rev().find(|(from, _)| *from <= at)?;
    let before = before(mine, ledger, granted, at);
    if let Some(limit) = granted.shipments.filter(|limit| before.shipments >= *limit) {
        return Status::over(say!(SHIPMENTS, permit, limit));
    }
    let limit = granted.quantity.as_ref()?;
    let (all, unit, planned) = (limit.amount, limit.unit.as_str(), before.amount);
    let (uses, complete) = amount(mine, limit, at);
    if planned.saturating_add(uses) > all {
        return Status::over(say!(TOO_MUCH, permit, all, unit, planned, uses));
    }
    if !complete && planned >= all {
        return Status::over(say!(NOTHING_LEFT, permit, all, unit));
    }
    if !complete {
        let message = match stated(mine, at) {
            (None, _) => say!(NOT_SAID, permit, all, unit),
            (Some(other), _) if other.unit != limit.unit => {
                say!(OTHER_UNIT, permit, unit, other.unit.as_str())
            }
            _ => say!(PARTLY_SAID, permit, all, unit, uses),
        };
        return Status::unknown(Severity::P2, message);
    }
    let other = before.open?;
    Status::unknown(Severity::P3, say!(OTHER_NOT_SAID, permit, all, unit, uses, other))
}

/// What is planned before a use and goes into what is granted: a use that does not takes nothing away from those after it.
/// One that does not say how much it uses is a shipment all the same.
fn before<'a>(mine: &Use, ledger: &'a Ledger, granted: &Granted, at: Moment) -> Before<'a> {
    let mut before = Before::default();
    let is_before = |used: &&Use| {
        (used.planned_at, &used.shipment) < (mine.planned_at, &mine.shipment) && lasts(used, at)
    };
    let earlier = ledger.uses.iter().filter(is_before);
    for used in earlier {
        let unlimited = (0, true);
        let (uses, complete) = granted.quantity.as_ref().map_or(unlimited, |q| amount(used, q, at));
        let amount = before.amount.saturating_add(uses);
        let one_more = granted.shipments.is_none_or(|limit| before.shipments < limit);
        let enough = granted.quantity.as_ref().is_none_or(|limit| amount <= limit.amount);
        if one_more && enough {
            before.shipments = before.shipments.saturating_add(1);
            before.amount = amount;
            if !complete {
                before.open = before.open.or(Some(&used.shipment));
            }
        }
    }
    before
}
