//! Which legs go without the goods. A leg that was called off, or from which the goods were taken, is lost: its departure
//! and arrival are the aircraft's, until a plan has another leg in its place or somebody accepts the goods on it again.
//! A plan that leaves the leg as it was says nothing new of it, and an acceptance that names no leg puts nothing aboard.
//!
//! A leg on which the goods have left is called off no more; they may still be taken off it, at a stop. And it is lost no
//! longer once they are known to be further on: somebody accepted them on a later leg, or customs or a van has them there.
//! That a connecting flight left says nothing: it leaves without them, too.

use super::{Timeline, TimelineEntry};
use crate::fact::shipment::{Leg, Mode, Planned};
use crate::fact::{Fact, ShipmentFact};
use crate::id::LegId;
use crate::moment::Moment;
use alloc::vec::Vec;

/// A leg that was lost, and until when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LostLeg {
    /// Which leg, by the name that the plan gives it.
    pub leg: LegId,
    /// When it was called off, or the goods were taken off it.
    pub at: Moment,
    /// When a plan had another leg in its place, or none.
    pub planned: Option<Moment>,
    /// From when on its departure is that of the new plan: it is nearer to the new time than to the old one. The flight that they
    /// missed may leave late.
    pub theirs_from: Option<Moment>,
    /// When the goods were accepted on it again.
    pub accepted: Option<Moment>,
    /// When the goods were known to be further on, and on which leg.
    pub further: Option<(Moment, LegId)>,
    /// Where in the journal the word of it stands.
    pub offset: u64,
}

impl LostLeg {
    /// When the goods were to go by it again, or by another one.
    pub fn until(&self) -> Option<Moment> {
        let further = self.further.as_ref().map(|(at, _)| *at);
        [self.planned, self.accepted, further].into_iter().flatten().min()
    }

    /// Whether it goes without the goods at a moment.
    pub fn holds(&self, at: Moment) -> bool {
        let further = self.further.as_ref().map(|(at, _)| *at);
        let back = [self.theirs_from, self.accepted, further].into_iter().flatten().min();
        self.at <= at && back.is_none_or(|back| at < back)
    }
}

impl<'a> Timeline<'a> {
    /// The legs that were lost, in the order in which that happened; one that is lost twice stands there twice.
    pub fn lost_legs(&self) -> Vec<LostLeg> {
        let mut all: Vec<LostLeg> = Vec::new();
        for (place, entry) in self.entries().iter().enumerate() {
            let Some(leg) = lost(entry) else { continue };
            if matches!(entry.fact, Fact::Shipment(ShipmentFact::LegCancelled(_)))
                && self.has_left(leg, place, &all)
            {
                continue;
            }
            let later = self.entries().get(place..).unwrap_or_default();
            let again = later.iter().find(|later| match later.fact {
                Fact::Shipment(ShipmentFact::Accepted(accepted)) => {
                    accepted.leg.as_ref() == Some(leg)
                }
                _ => false,
            });
            let further =
                later.iter().find_map(|later| Some((later.at, self.further(leg, later)?)));
            let planned = self.planned_otherwise(leg, entry.at);
            all.push(LostLeg {
                leg: leg.clone(),
                at: entry.at,
                planned,
                theirs_from: planned.and_then(|planned| self.theirs_from(leg, entry.at, planned)),
                accepted: again.map(|accepted| accepted.at),
                further,
                offset: entry.offset,
            });
        }
        all
    }

    /// Whether the goods had left on a leg, as it is planned, before the entry at this place.
    fn has_left(&self, leg: &LegId, place: usize, lost: &[LostLeg]) -> bool {
        let Some(entry) = self.entries().get(place) else { return false };
        let before = self.entries().get(..place).unwrap_or_default();
        before.iter().any(|left| {
            let on_it = matches!(left.fact, Fact::Shipment(ShipmentFact::Departed(departed)) if departed.leg == *leg);
            let without = lost.iter().any(|lost| lost.leg == *leg && lost.holds(left.at));
            let since = self.planned_otherwise(leg, left.at);
            on_it && !without && since.is_none_or(|planned| planned > entry.at)
        })
    }

    /// The later leg on which somebody says that they have the goods.
    fn further(&self, leg: &LegId, entry: &TimelineEntry<'a>) -> Option<LegId> {
        let on = match entry.fact {
            Fact::Shipment(ShipmentFact::Accepted(accepted)) => accepted.leg.as_ref()?,
            Fact::Shipment(ShipmentFact::CustomsEntered(customs)) => &customs.leg,
            Fact::Shipment(ShipmentFact::CustomsCleared(customs)) => &customs.leg,
            Fact::Shipment(ShipmentFact::Departed(departed)) => &departed.leg,
            Fact::Shipment(ShipmentFact::Arrived(arrived)) => &arrived.leg,
            _ => return None,
        };
        let legs = &self.plan_at(entry.at)?.plan.legs;
        let place = |id: &LegId| legs.iter().position(|leg| leg.id == *id);
        let later = place(leg)? < place(on)?;
        let by_itself = matches!(
            entry.fact,
            Fact::Shipment(ShipmentFact::Departed(_) | ShipmentFact::Arrived(_))
        ) && legs.get(place(on)?)?.mode == Mode::Air;
        (later && !by_itself).then(|| on.clone())
    }

    /// From when on a departure on a leg that was lost is that of the plan made for it; `None` where that plan lacks it.
    fn theirs_from(&self, leg: &LegId, lost: Moment, planned: Moment) -> Option<Moment> {
        let departs = |plan: &'a Planned| {
            plan.legs.iter().find(|planned| planned.id == *leg).map(|planned| planned.departs)
        };
        let old = self.plans().iter().rev().find(|plan| plan.from < lost);
        let old = old.and_then(|plan| departs(plan.plan));
        let new = departs(self.plan_at(planned)?.plan)?;
        let nearer = old.map_or(planned, |old| old + (new - old).percent(50));
        Some(planned.max(nearer))
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
        Fact::Shipment(ShipmentFact::LegCancelled(lost)) => Some(&lost.leg),
        Fact::Shipment(ShipmentFact::LegOffloaded(lost)) => Some(&lost.leg),
        _ => None,
    }
}
