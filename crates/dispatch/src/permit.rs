//! A permit's ledger: who reserved how much of it, and who used it.

use crate::shared::{Reader, Shared};
use facts::fact::permit::{Ledger, Use};
use facts::fact::shipment::{Gated, Planned};
use facts::{Fact, ShipmentId};

/// Uses in the order in which they were planned: reserved when planned, used when departed, freed when
/// cancelled or dropped from the plan before that.
pub(crate) fn ledger(permit: &Shared, id: &str) -> Option<Fact> {
    let mut uses: alloc::vec::Vec<Use> = permit
        .shipments
        .iter()
        .filter_map(|(shipment, reader)| use_of(shipment, reader, id))
        .collect();
    uses.sort_by(|a, b| (a.planned_at, &a.shipment).cmp(&(b.planned_at, &b.shipment)));
    Some(Fact::Ledger(Ledger { uses }))
}

fn use_of(shipment: &ShipmentId, reader: &Reader, permit: &str) -> Option<Use> {
    let facts = reader.file.all();
    let consumed = facts.iter().any(|kept| matches!(kept.fact, Fact::Departed(_)));
    let cancelled = facts.iter().any(|kept| matches!(kept.fact, Fact::Cancelled(_)));
    if !consumed && (cancelled || !reader.cites) {
        return None;
    }
    let cites =
        |plan: &'_ Planned| plan.permits.iter().find(|g| g.permit.as_str() == permit).cloned();
    let plans = || {
        facts.iter().filter_map(move |kept| match &kept.fact {
            Fact::Planned(plan) => Some((kept.at, plan.version, cites(plan)?)),
            _ => None,
        })
    };
    let planned_at = plans().map(|(at, ..)| at).min()?;
    let (.., Gated { quantity, .. }) = plans().max_by_key(|(_, version, _)| *version)?;
    Some(Use { shipment: shipment.clone(), planned_at, quantity, consumed })
}
