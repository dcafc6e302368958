//! A patient's order: what became of each unit of the dose, over all its shipments.

use crate::shared::{Reader, Shared};
use alloc::{collections::BTreeMap, format, vec::Vec};
use facts::fact::order::{Dose, DoseUnit};
use facts::fact::shipment::{Disposition, Packed, Receipt, Received};
use facts::{Fact, Moment, ShipmentId, UnitId};

/// A dose is one record of a log, so it has at most so many lines, the order's own units first. What is left out was
/// never received for anybody who counts: that closes a gate, and opens none.
const MOST_LINES: usize = 4_000;

/// The units of the plan and of the shipments, in the order of their ids.
pub(crate) fn dose(order: &Shared, id: &str) -> Option<Fact> {
    let mut units = BTreeMap::new();
    for kept in order.file.all() {
        if let Fact::OrderOpened(opened) = &kept.fact {
            for unit in &opened.units {
                entry(&mut units, unit);
            }
        }
    }
    for (shipment, reader) in &order.shipments {
        milestones(&mut units, shipment, reader, id);
    }
    Some(Fact::Dose(Dose { units: units.into_values().collect() }))
}

fn entry<'a>(units: &'a mut BTreeMap<UnitId, DoseUnit>, unit: &UnitId) -> Option<&'a mut DoseUnit> {
    if units.len() >= MOST_LINES && !units.contains_key(unit) {
        return None;
    }
    Some(units.entry(unit.clone()).or_insert_with(|| DoseUnit {
        unit: unit.clone(),
        shipment: None,
        packed: None,
        received: None,
        deviation: false,
        settled: None,
        released: None,
        lost: None,
        infused: None,
    }))
}

/// What one shipment's milestones say, in the order in which they happened.
fn milestones(
    units: &mut BTreeMap<UnitId, DoseUnit>,
    shipment: &ShipmentId,
    reader: &Reader,
    order: &str,
) {
    let mut facts: Vec<_> = reader.file.all().iter().collect();
    facts.sort_by_key(|kept| kept.at);
    if facts.iter().any(|kept| matches!(kept.fact, Fact::Cancelled(_))) {
        return;
    }
    let mut planned: (u32, Option<&[UnitId]>) = (0, None);
    let mut aboard: Vec<UnitId> = Vec::new();
    for kept in &facts {
        if let Fact::Planned(plan) = &kept.fact
            && plan.version >= planned.0
        {
            planned = (plan.version, Some(&plan.units));
        }
    }
    for kept in &facts {
        let (named, mark): (&[UnitId], fn(&mut DoseUnit, Moment)) = match &kept.fact {
            Fact::Packed(p) if p.order.as_ref().is_none_or(|o| o.as_str() == order) => {
                aboard = units_of(p, planned.1.unwrap_or_default(), shipment);
                for unit in &aboard {
                    let Some(unit) = entry(units, unit) else { continue };
                    (unit.shipment, unit.packed) = (Some(shipment.clone()), Some(kept.at));
                }
                continue;
            }
            Fact::Received(r) => {
                receive(units, r, &aboard, planned.1.unwrap_or_default(), shipment, kept.at);
                continue;
            }
            Fact::QualityReleased(q) => (&q.units, |unit, at| unit.released = Some(at)),
            Fact::Dispositioned(d) => match d.outcome {
                Disposition::Discard => (&d.units, lost),
                Disposition::Use | Disposition::UseOutOfSpecification => {
                    (&d.units, decided_for_use)
                }
            },
            Fact::Destroyed(d) => (&d.units, lost),
            Fact::Infused(i) => (&i.units, |unit, at| unit.infused = Some(at)),
            _ => continue,
        };
        let all = if aboard.is_empty() { planned.1.unwrap_or_default() } else { &aboard };
        for unit in if named.is_empty() { all } else { named } {
            let Some(unit) = entry(units, unit) else { continue };
            unit.shipment.get_or_insert_with(|| shipment.clone());
            mark(unit, kept.at);
        }
    }
}

/// What was discarded is destroyed afterwards: it was lost when the first of it was said.
fn lost(unit: &mut DoseUnit, at: Moment) {
    unit.lost = Some(unit.lost.map_or(at, |known| known.min(at)));
}

/// Quality decided that a unit may be used: that settles a deviation, and releases it.
fn decided_for_use(unit: &mut DoseUnit, at: Moment) {
    if core::mem::take(&mut unit.deviation) {
        unit.settled = Some(at);
    }
    unit.released.get_or_insert(at);
}

/// The units that were packed: as scanned, else those of the plan if the count agrees, else so many
/// without a name of their own.
fn units_of(packed: &Packed, planned: &[UnitId], shipment: &ShipmentId) -> Vec<UnitId> {
    named(&packed.units, packed.count, planned, shipment)
}

fn named(
    scanned: &[UnitId],
    count: Option<u32>,
    expected: &[UnitId],
    shipment: &ShipmentId,
) -> Vec<UnitId> {
    match count {
        _ if !scanned.is_empty() => scanned.to_vec(),
        Some(n) if usize::try_from(n) != Ok(expected.len()) => {
            let counted = |n| UnitId::new(format!("{shipment}#{n}"));
            expected.iter().cloned().chain((1..=n).map(counted)).take(n as usize).collect()
        }
        _ => expected.to_vec(),
    }
}

/// A rejected receipt is none; one under deviation waits for quality.
fn receive(
    units: &mut BTreeMap<UnitId, DoseUnit>,
    received: &Received,
    aboard: &[UnitId],
    planned: &[UnitId],
    shipment: &ShipmentId,
    at: Moment,
) {
    let expected = if aboard.is_empty() { planned } else { aboard };
    for unit in named(&received.units, received.count, expected, shipment) {
        let Some(unit) = entry(units, &unit) else { continue };
        unit.shipment.get_or_insert_with(|| shipment.clone());
        unit.deviation = received.verdict != Receipt::Accept;
        if received.verdict != Receipt::Reject {
            unit.received = Some(at);
        }
    }
}
