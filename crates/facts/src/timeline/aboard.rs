//! What was packed, and when the last of it had left: however that was said, for some units or for all of them.

use super::Timeline;
use crate::fact::Fact;
use crate::id::UnitId;
use crate::moment::Moment;
use alloc::collections::{BTreeMap, BTreeSet};

/// What a shipment carries.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Aboard {
    /// What was packed, in all packings.
    pub contents: Contents,
    /// When each named unit was thawed, infused or destroyed, whichever came first.
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
    /// So many, without their names.
    Counted(u32),
    /// These units.
    Named(BTreeSet<UnitId>),
}

pub(super) fn read(timeline: &Timeline<'_>) -> Aboard {
    let contents = contents(timeline);
    let mut left: BTreeMap<UnitId, Moment> = BTreeMap::new();
    let mut whole: Option<Moment> = None;
    for entry in timeline.entries() {
        let units = match entry.fact {
            Fact::Thawed(thawed) => &thawed.units,
            Fact::Infused(infused) => &infused.units,
            Fact::Destroyed(destroyed) => &destroyed.units,
            _ => continue,
        };
        if units.is_empty() {
            whole.get_or_insert(entry.at);
        }
        for unit in units {
            left.entry(unit.clone()).or_insert(entry.at);
        }
    }
    let by_name = match &contents {
        Contents::Unknown => None,
        Contents::Counted(count) => {
            let mut moments: alloc::vec::Vec<Moment> = left.values().copied().collect();
            moments.sort();
            let last = usize::try_from(*count).ok().and_then(|count| count.checked_sub(1));
            last.and_then(|last| moments.get(last).copied())
        }
        Contents::Named(units) => {
            let moments: Option<alloc::vec::Vec<Moment>> =
                units.iter().map(|unit| left.get(unit).copied()).collect();
            moments.and_then(|moments| moments.into_iter().max())
        }
    };
    let left_at = whole.into_iter().chain(by_name).min();
    Aboard { contents, left, left_at }
}

fn contents(timeline: &Timeline<'_>) -> Contents {
    let (mut scanned, mut counted) = (BTreeSet::new(), None::<u32>);
    for entry in timeline.entries() {
        match entry.fact {
            Fact::Packed(packed) => {
                scanned.extend(packed.units.iter().cloned());
                let count = packed.count.map(|n| n.saturating_add(counted.unwrap_or(0)));
                counted = count.or(counted);
            }
            Fact::Repacked(repacked) => scanned.extend(repacked.units.iter().cloned()),
            _ => {}
        }
    }
    if !scanned.is_empty() {
        return Contents::Named(scanned);
    }
    let planned = timeline.plan_in_force().map(|plan| &plan.plan.units);
    match (planned.filter(|units| !units.is_empty()), counted) {
        (Some(units), None) => Contents::Named(units.iter().cloned().collect()),
        (Some(units), Some(count)) if usize::try_from(count) == Ok(units.len()) => {
            Contents::Named(units.iter().cloned().collect())
        }
        (_, Some(count)) => Contents::Counted(count),
        (None, None) => Contents::Unknown,
    }
}
