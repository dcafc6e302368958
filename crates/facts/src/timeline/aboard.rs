//! What was packed, and when the last of it had left: however that was said, for some units or for all of them.

use super::Timeline;
use crate::fact::shipment::{Disposition, Dispositioned, Packed};
use crate::fact::{Fact, ShipmentFact};
use crate::id::UnitId;
use crate::moment::Moment;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;

/// What a shipment carries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Aboard {
    /// What was packed, in all packings.
    pub contents: Contents,
    /// When each named unit was thawed, infused or destroyed, whichever came first; by its key.
    pub left: BTreeMap<UnitId, Moment>,
    /// When the last unit had left; `None` while one is left, or while nobody knows.
    pub left_at: Option<Moment>,
}

/// What was packed, as well as it is known: scanned, else planned, else counted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Contents {
    /// Nobody named or counted it.
    #[default]
    Unknown,
    /// So many, not all of them with their names.
    Counted(u32),
    /// These units, by their keys.
    Named(BTreeSet<UnitId>),
}

/// Which units quality has said are not to be used, as far as it has not said otherwise since.
#[derive(Debug, Clone, Default)]
pub struct Discards {
    /// Whether that was the last word on the goods as a whole.
    whole: bool,
    /// The last word on units that were named since, by their keys.
    units: BTreeMap<UnitId, bool>,
}

impl Discards {
    /// Takes in the next decision.
    pub fn take(&mut self, decision: &Dispositioned) {
        let discard = decision.outcome == Disposition::Discard;
        if decision.units.is_empty() {
            self.whole = discard;
            self.units.clear();
        }
        self.units.extend(decision.units.iter().map(|unit| (unit_key(unit), discard)));
    }

    /// Whether a unit is among them, by its key.
    pub fn contains(&self, unit: &UnitId) -> bool {
        *self.units.get(unit).unwrap_or(&self.whole)
    }

    /// Whether all are, also those that nobody has named.
    pub fn are_all(&self) -> bool {
        self.whole && self.units.values().all(|discarded| *discarded)
    }

    /// Those that were named, by their keys.
    pub fn units(&self) -> impl Iterator<Item = &UnitId> {
        self.units.iter().filter(|(_, discarded)| **discarded).map(|(unit, _)| unit)
    }
}

/// What a unit's name is compared by: scanners differ in case and leave blanks.
pub fn unit_key(unit: &UnitId) -> UnitId {
    UnitId::new(unit.as_str().trim().to_ascii_lowercase())
}

pub(super) fn read(timeline: &Timeline<'_>) -> Aboard {
    let contents = contents(timeline);
    let mut left: BTreeMap<UnitId, Moment> = BTreeMap::new();
    let mut whole: Option<Moment> = None;
    for entry in timeline.entries() {
        let units = match entry.fact {
            Fact::Shipment(ShipmentFact::Thawed(thawed)) => &thawed.units,
            Fact::Shipment(ShipmentFact::Infused(infused)) => &infused.units,
            Fact::Shipment(ShipmentFact::Destroyed(destroyed)) => &destroyed.units,
            _ => continue,
        };
        if units.is_empty() {
            whole.get_or_insert(entry.at);
        }
        for unit in units {
            left.entry(unit_key(unit)).or_insert(entry.at);
        }
    }
    let left_at = whole.into_iter().chain(last_by_name(&contents, &left)).min();
    Aboard { contents, left, left_at }
}

/// When the last unit had left, as far as that was said by name. Where nobody knows what was aboard, no name is the last.
fn last_by_name(contents: &Contents, left: &BTreeMap<UnitId, Moment>) -> Option<Moment> {
    match contents {
        Contents::Unknown => None,
        Contents::Counted(count) => {
            let mut moments: Vec<Moment> = left.values().copied().collect();
            moments.sort();
            let last = usize::try_from(*count).ok()?.checked_sub(1)?;
            moments.get(last).copied()
        }
        Contents::Named(units) => {
            let moments: Option<Vec<Moment>> =
                units.iter().map(|unit| left.get(unit).copied()).collect();
            moments?.into_iter().max()
        }
    }
}

/// All packings add up: what one of them scanned, and what another one only counted.
fn contents(timeline: &Timeline<'_>) -> Contents {
    let (mut scanned, mut packed, mut counted) = (BTreeSet::new(), BTreeSet::new(), 0u32);
    let mut seen: Vec<(Moment, &Packed)> = Vec::new();
    for entry in timeline.entries() {
        match entry.fact {
            // The same packing of the same moment was sent again.
            Fact::Shipment(ShipmentFact::Packed(p)) if seen.contains(&(entry.at, p)) => {}
            Fact::Shipment(ShipmentFact::Packed(p)) if p.units.is_empty() => {
                seen.push((entry.at, p));
                counted = counted.saturating_add(p.count.unwrap_or(0));
            }
            Fact::Shipment(ShipmentFact::Packed(p)) => packed.extend(p.units.iter().map(unit_key)),
            // What goes from one box into the next was packed before.
            Fact::Shipment(ShipmentFact::Repacked(repacked)) => {
                scanned.extend(repacked.units.iter().map(unit_key))
            }
            _ => {}
        }
    }
    let in_all = u32::try_from(packed.len()).unwrap_or(u32::MAX).saturating_add(counted);
    scanned.extend(packed);
    let more_than = |names: usize| usize::try_from(in_all).is_ok_and(|in_all| in_all > names);
    if !scanned.is_empty() {
        return if more_than(scanned.len()) {
            Contents::Counted(in_all)
        } else {
            Contents::Named(scanned)
        };
    }
    let planned = timeline.plan_in_force().map(|plan| &plan.plan.units);
    let planned: BTreeSet<UnitId> = planned.into_iter().flatten().map(unit_key).collect();
    // More were counted than the plan names: nobody knows the names of the rest.
    if more_than(planned.len()) {
        return Contents::Counted(in_all);
    }
    if planned.is_empty() { Contents::Unknown } else { Contents::Named(planned) }
}
