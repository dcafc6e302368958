//! A permit's ledger: who reserved how much of it, and who used it.
//!
//! It is read from what each shipment reported, in the order in which that happened, and says since when a
//! reservation stands and until when, so that nobody who reads it needs to know which ledger came before.

use crate::events::StoredEvent;
use crate::shared::{SharedSubject, Subscriber};
use alloc::vec::Vec;
use facts::fact::permit::{Ledger, Stated, Use};
use facts::fact::shipment::{Act, Gated, Quantity};
use facts::{Fact, Moment, PermitFact, ShipmentFact, ShipmentId, SystemFact, Timeline};

/// Uses in the order in which they were planned: reserved when planned, used when departed, given up when
/// cancelled or dropped from the plan before that.
pub(crate) fn ledger(permit: &SharedSubject, id: &str) -> Option<Fact> {
    let measure = measure(permit);
    let mut uses: Vec<Use> = Vec::new();
    for (shipment, reader) in &permit.shipments {
        uses.extend(reader.settled.iter().cloned());
        uses.extend(uses_of(shipment, reader, id, measure));
    }
    uses.sort_by(|a, b| (a.planned_at, &a.shipment).cmp(&(b.planned_at, &b.shipment)));
    Some(Fact::System(SystemFact::Ledger(Ledger { uses })))
}

/// What one shipment has reserved and used, for good.
pub(crate) fn settled(permit: &SharedSubject, shipment: &ShipmentId, id: &str) -> Vec<Use> {
    let Some(reader) = permit.shipments.get(shipment) else { return Vec::new() };
    uses_of(shipment, reader, id, measure(permit))
}

/// Until when it is valid at the latest, by any word on it.
pub(crate) fn valid_until(permit: &SharedSubject) -> Option<Moment> {
    let until = |kept: &StoredEvent| match &kept.fact {
        Fact::Permit(PermitFact::Granted(granted) | PermitFact::Amended(granted)) => {
            granted.until.moment()
        }
        _ => None,
    };
    permit.events.all().iter().filter_map(until).max()
}

/// In what the permit is granted, by the last word on it.
fn measure(permit: &SharedSubject) -> Option<&Quantity> {
    let mut words: Vec<_> = permit.events.all().iter().map(StoredEvent::entry).collect();
    words.sort_by_key(|entry| entry.sequence());
    words.into_iter().rev().find_map(|entry| match entry.fact {
        Fact::Permit(PermitFact::Granted(granted) | PermitFact::Amended(granted)) => {
            granted.quantity.as_ref()
        }
        _ => None,
    })
}

/// The reservations of one shipment: more than one where it gave one up and was planned again.
fn uses_of(
    shipment: &ShipmentId,
    reader: &Subscriber,
    permit: &str,
    measure: Option<&Quantity>,
) -> Vec<Use> {
    let facts = Timeline::new(reader.events.all().iter().map(StoredEvent::entry), None);
    let (mut uses, mut open) = (Vec::new(), None::<Use>);
    let (mut at, mut departed) = (None, false);
    for entry in facts.entries() {
        departed |= matches!(entry.fact, Fact::Shipment(ShipmentFact::Departed(_)));
        // What happened at one moment is looked at together.
        if at.replace(entry.at) == Some(entry.at) {
            continue;
        }
        departed |= facts.entries().iter().any(|other| {
            other.at == entry.at && matches!(other.fact, Fact::Shipment(ShipmentFact::Departed(_)))
        });
        let said = said_at(&facts, entry.at, permit, measure, departed);
        open = match (open, said) {
            (None, None) => None,
            (None, Some((quantity, partly))) => Some(Use {
                shipment: shipment.clone(),
                planned_at: entry.at,
                quantity,
                partly,
                consumed: departed,
                cancelled_at: None,
                earlier: Vec::new(),
            }),
            (Some(used), Some(said)) => Some(says(used, said, entry.at, departed)),
            // What has left is used, whatever is planned or cancelled afterwards.
            (Some(used), None) if used.consumed || departed => Some(Use { consumed: true, ..used }),
            (Some(used), None) => {
                uses.push(Use { cancelled_at: Some(entry.at), ..used });
                None
            }
        };
    }
    uses.extend(open);
    uses
}

/// A use, and what the plan in force says of it at a later moment.
fn says(used: Use, said: (Option<Quantity>, bool), until: Moment, departed: bool) -> Use {
    let (quantity, partly) = said;
    let mut used = Use { consumed: used.consumed || departed, ..used };
    if (&used.quantity, used.partly) != (&quantity, partly) {
        let before = Stated { until, quantity: used.quantity.take(), partly: used.partly };
        used.earlier.push(before);
        (used.quantity, used.partly) = (quantity, partly);
    }
    used
}

/// What the plan that was in force at a moment said that it uses; `None` if it does not cite the permit, or the shipment
/// was cancelled then and has not left all the same.
fn said_at(
    facts: &Timeline<'_>,
    at: Moment,
    permit: &str,
    measure: Option<&Quantity>,
    departed: bool,
) -> Option<(Option<Quantity>, bool)> {
    let until = facts.entries().iter().take_while(|entry| entry.at <= at).copied();
    let then = Timeline::new(until, None);
    if !departed && then.cancelled_at().is_some() {
        return None;
    }
    let plan = then.plan_in_force()?.plan;
    let cites: Vec<&Gated> =
        plan.permits.iter().filter(|gated| gated.permit.as_str() == permit).collect();
    (!cites.is_empty()).then(|| quantity(&cites, measure))
}

/// What one act uses.
struct OfAct<'a> {
    act: Act,
    /// In the measure of the permit.
    amount: u32,
    /// Nothing was said in that measure.
    silent: bool,
    /// All of it was said in that measure.
    complete: bool,
    /// What was said in another one.
    other: Option<&'a Quantity>,
}

/// How much a plan says that it uses of a permit, and whether it leaves out a part. The quantities of one act add up: they
/// are different goods. Several acts are done with the same goods, so the largest counts.
fn quantity(cites: &[&Gated], measure: Option<&Quantity>) -> (Option<Quantity>, bool) {
    let first = cites.iter().find_map(|gated| gated.quantity.as_ref());
    let Some(measure) = measure.or(first) else { return (None, false) };
    let mut acts: Vec<OfAct<'_>> = Vec::new();
    for gated in cites {
        let known = acts.iter().position(|of| of.act == gated.act);
        let place = known.unwrap_or(acts.len());
        if known.is_none() {
            let (act, other) = (gated.act, None);
            acts.push(OfAct { act, amount: 0, silent: true, complete: true, other });
        }
        let Some(of) = acts.get_mut(place) else { continue };
        match &gated.quantity {
            Some(said) if said.unit == measure.unit => {
                of.amount = of.amount.saturating_add(said.amount);
                of.silent = false;
            }
            said => {
                of.complete = false;
                of.other = of.other.or(said.as_ref());
            }
        }
    }
    let largest = acts.iter().filter(|of| !of.silent).map(|of| of.amount).max();
    let Some(amount) = largest else {
        return (acts.iter().find_map(|of| of.other).cloned(), false);
    };
    // An act of which nothing is said in that measure is done with the goods of one of which all is said.
    let complete = |of: &OfAct<'_>| of.complete || of.silent;
    let partly = !acts.iter().all(complete) || !acts.iter().any(|of| of.complete);
    (Some(Quantity { amount, unit: measure.unit.clone() }), partly)
}
