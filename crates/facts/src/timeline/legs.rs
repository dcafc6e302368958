//! Which legs go without the goods. A leg that was called off, or from which the goods were taken, is lost: its departure
//! and arrival are the aircraft's, until a plan has another leg in its place or somebody accepts the goods on it again.
//! A plan that leaves the leg as it was says nothing new of it, and an acceptance that names no leg puts nothing aboard.

use super::{Timeline, TimelineEntry};
use crate::fact::Fact;
use crate::fact::shipment::{Leg, Planned};
use crate::id::LegId;
use crate::moment::Moment;
use alloc::vec::Vec;

/// A leg that was lost, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostLeg {
    /// Its name.
    pub leg: LegId,
    /// When it was called off, or the goods were taken off it.
    pub at: Moment,
    /// When a plan had another leg in its place, or none.
    pub planned: Option<Moment>,
    /// When the goods were accepted on it again.
    pub accepted: Option<Moment>,
    /// Where in the journal the word of it stands.
    pub offset: u64,
}

impl LostLeg {
    /// When the goods were to go by it again, or by another one.
    pub fn until(&self) -> Option<Moment> {
        self.planned.into_iter().chain(self.accepted).min()
    }

    /// Whether it goes without the goods at a moment.
    pub fn holds(&self, at: Moment) -> bool {
        self.at <= at && self.until().is_none_or(|until| at < until)
    }
}

impl<'a> Timeline<'a> {
    /// The legs that were lost, in the order in which that happened; one that is lost twice stands there twice.
    pub fn lost_legs(&self) -> Vec<LostLeg> {
        let lost = self.entries().iter().enumerate().filter_map(|(place, entry)| {
            let leg = lost(entry)?;
            let later = self.entries().get(place..).unwrap_or_default();
            let again = later.iter().find(|later| match later.fact {
                Fact::Accepted(accepted) => accepted.leg.as_ref() == Some(leg),
                _ => false,
            });
            Some(LostLeg {
                leg: leg.clone(),
                at: entry.at,
                planned: self.planned_otherwise(leg, entry.at),
                accepted: again.map(|accepted| accepted.at),
                offset: entry.offset,
            })
        });
        lost.collect()
    }

    /// When a leg was planned otherwise than it was at a moment.
    fn planned_otherwise(&self, leg: &LegId, at: Moment) -> Option<Moment> {
        let of = |plan: &'a Planned| -> Option<&'a Leg> {
            plan.legs.iter().find(|planned| planned.id == *leg)
        };
        let then = self.plans().iter().rev().find(|plan| plan.from < at).map(|plan| of(plan.plan));
        let mut later = self.plans().iter().filter(|plan| plan.from >= at);
        let other = later.find(|plan| then.is_none_or(|then| then != of(plan.plan)));
        other.map(|plan| plan.from)
    }
}

fn lost<'a>(entry: &TimelineEntry<'a>) -> Option<&'a LegId> {
    match entry.fact {
        Fact::LegCancelled(lost) => Some(&lost.leg),
        Fact::LegOffloaded(lost) => Some(&lost.leg),
        _ => None,
    }
}
