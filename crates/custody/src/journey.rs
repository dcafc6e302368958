//! Where the goods were heard of on their way, and by when each leg was to have brought them.

use alloc::vec::Vec;
use facts::fact::shipment::{Accepted, Leg, Mode, Planned, Receipt};
use facts::timeline::{Houses, Receiver};
use facts::{Fact, LegId, Moment, PartyId, ShipmentFact, Timeline, TimelineEntry};

/// The way of the goods, as far as it was reported.
#[derive(Debug)]
pub struct Journey {
    /// What was heard of them between the moment at which a carrier had them and their arrival, in order.
    pub sightings: Vec<Sighting>,
    /// When they were there, or the shipment was over.
    pub ended: Option<Moment>,
    /// When that was learnt.
    pub ended_learnt: Moment,
}

/// Somebody reported something that shows where the goods are.
#[derive(Debug, Clone)]
pub struct Sighting {
    /// When.
    pub at: Moment,
    /// When that was learnt.
    pub learnt: Moment,
    /// Its place in the journal.
    pub offset: u64,
    /// The leg that was under way from then on, by all that was said by then; none while they stand between two legs,
    /// while they were let go and the clock of the hand-over runs, or while the wrong party has them.
    pub leg: Option<UnderWay>,
}

/// A leg that is under way.
#[derive(Debug, Clone)]
pub struct UnderWay {
    /// Its name.
    pub leg: LegId,
    /// When it is to have brought the goods, by all that was said by then.
    pub due: Moment,
    /// Whether it is a flight.
    pub in_the_air: bool,
    /// Who carries.
    pub carrier: PartyId,
}

impl Default for Journey {
    fn default() -> Self {
        Self { sightings: Vec::new(), ended: None, ended_learnt: Moment::EARLIEST }
    }
}

impl Journey {
    pub(crate) fn read(timeline: &Timeline<'_>) -> Self {
        let houses = timeline.houses();
        let strange: Vec<u64> = timeline
            .hands()
            .strange_releases
            .iter()
            .map(|strange| strange.released.offset)
            .collect();
        let ended = ended(timeline, &houses);
        let plans: Vec<Moment> = timeline.plans().iter().map(|plan| plan.from).collect();
        let mut words = Vec::new();
        let (mut begun, mut astray) = (false, false);
        for (place, entry) in timeline.entries().iter().enumerate() {
            if ended.is_some_and(|ended| entry.at >= ended) {
                break;
            }
            let planned_anew = plans.contains(&entry.at)
                && matches!(entry.fact, Fact::Shipment(ShipmentFact::Planned(_)));
            if !(planned_anew || is_word(entry.fact)) || strange.contains(&entry.offset) {
                continue;
            }
            let by_then = timeline.entries().get(..=place).unwrap_or_default();
            let by_then = Timeline::new(by_then.iter().copied(), None);
            let Some(plan) = by_then.plan_in_force().map(|plan| plan.plan) else { continue };
            begun |= begins(entry, plan, &houses);
            astray = goes_astray(entry, plan, &houses).unwrap_or(astray);
            if begun {
                let let_go = matches!(entry.fact, Fact::Shipment(ShipmentFact::Released(_)));
                let leg = under_way(&by_then, plan, &houses).filter(|_| !let_go && !astray);
                let (at, learnt, offset) = (entry.at, entry.learnt, entry.offset);
                words.push(Sighting { at, learnt, offset, leg });
            }
        }
        let ends = timeline.entries().iter().filter(|entry| Some(entry.at) == ended);
        let ended_learnt = ends.map(|entry| entry.learnt).min().unwrap_or(Moment::EARLIEST);
        Self { sightings: words, ended, ended_learnt }
    }
}

/// What shows where the goods are.
fn is_word(fact: &Fact) -> bool {
    let hands = matches!(
        fact,
        Fact::Shipment(
            ShipmentFact::Released(_) | ShipmentFact::Accepted(_) | ShipmentFact::Received(_)
        )
    );
    let leg = matches!(
        fact,
        Fact::Shipment(
            ShipmentFact::Departed(_) | ShipmentFact::Arrived(_) | ShipmentFact::LegOffloaded(_)
        )
    );
    let customs = matches!(
        fact,
        Fact::Shipment(ShipmentFact::CustomsEntered(_) | ShipmentFact::CustomsCleared(_))
    );
    let place = matches!(
        fact,
        Fact::Shipment(
            ShipmentFact::Stowed(_) | ShipmentFact::Opened(_) | ShipmentFact::Repacked(_)
        )
    );
    // A new time is told by somebody who knows.
    let times = matches!(
        fact,
        Fact::Shipment(
            ShipmentFact::EtaChanged(_) | ShipmentFact::LegCancelled(_) | ShipmentFact::Unpacked(_)
        )
    );
    hands || leg || customs || place || times
}

/// They are under way once a carrier of the plan has them, or a leg has departed.
fn begins(entry: &TimelineEntry<'_>, plan: &Planned, houses: &Houses<'_>) -> bool {
    match entry.fact {
        Fact::Shipment(ShipmentFact::Departed(_)) => true,
        Fact::Shipment(ShipmentFact::Accepted(accepted)) => {
            plan.legs.iter().any(|leg| houses.are_one(&leg.carrier, &accepted.by))
        }
        _ => false,
    }
}

/// Somebody took the goods in for whom they are not, customs have them, or they were taken out of their box: where they
/// are is known, and another rule speaks. Whoever accepts them brings them back on their way.
fn goes_astray(entry: &TimelineEntry<'_>, plan: &Planned, houses: &Houses<'_>) -> Option<bool> {
    match entry.fact {
        Fact::Shipment(ShipmentFact::Received(received)) if received.verdict != Receipt::Reject => {
            let receiver = houses.receiver(&received.by, plan);
            Some(!matches!(receiver, Receiver::Consignee | Receiver::OnTheWay))
        }
        // Customs have them: how long that may last is judged of the leg's milestones.
        Fact::Shipment(ShipmentFact::Unpacked(_) | ShipmentFact::CustomsEntered(_)) => Some(true),
        Fact::Shipment(
            ShipmentFact::Accepted(_) | ShipmentFact::Departed(_) | ShipmentFact::Repacked(_),
        ) => Some(false),
        Fact::Shipment(ShipmentFact::CustomsCleared(_)) => Some(false),
        _ => None,
    }
}

/// The consignee has them, they arrived at the end of the last leg, or the shipment is over.
fn ended(timeline: &Timeline<'_>, houses: &Houses<'_>) -> Option<Moment> {
    let there = timeline.entries().iter().find(|entry| {
        let Some(plan) = timeline.plan_at(entry.at).map(|plan| plan.plan) else { return false };
        match entry.fact {
            Fact::Shipment(ShipmentFact::Accepted(accepted)) => {
                houses.are_one(&accepted.by, &plan.consignee)
            }
            Fact::Shipment(ShipmentFact::Received(received)) => {
                timeline.confirmed_at(received, entry.at) == Some(entry.at)
            }
            Fact::Shipment(ShipmentFact::Arrived(arrived)) => {
                plan.legs.last().is_some_and(|leg| leg.id == arrived.leg)
            }
            Fact::Shipment(ShipmentFact::Closed(_)) => true,
            _ => false,
        }
    });
    let over = [timeline.cancelled_at(), timeline.units_aboard().left_at];
    there.map(|entry| entry.at).into_iter().chain(over.into_iter().flatten()).min()
}

/// On which leg of the plan, by its place, each fact that begins one began it. An acceptance that names no leg is of its
/// carrier's first leg that has not arrived and lies behind none that began: of the one that is under way while nobody
/// else had the goods in between, else of the carrier's next one.
fn begun<'a>(
    timeline: &Timeline<'a>,
    plan: &Planned,
    houses: &Houses<'_>,
) -> Vec<(usize, TimelineEntry<'a>)> {
    let mut all: Vec<(usize, TimelineEntry<'a>)> = Vec::new();
    let mut arrived: Vec<&LegId> = Vec::new();
    let mut passed_on = false;
    let place = |id: &LegId| plan.legs.iter().position(|leg| leg.id == *id);
    for entry in timeline.entries() {
        let last = all.iter().map(|(place, _)| *place).max();
        let carrier = last.and_then(|last| plan.legs.get(last)).map(|leg| &leg.carrier);
        let carries = |by: &PartyId| carrier.is_none_or(|carrier| houses.are_one(carrier, by));
        let begins = match entry.fact {
            Fact::Shipment(ShipmentFact::Departed(departed)) => place(&departed.leg),
            Fact::Shipment(ShipmentFact::Accepted(Accepted { leg: Some(leg), .. })) => place(leg),
            Fact::Shipment(ShipmentFact::Accepted(accepted)) => {
                let own = |(_, leg): &(usize, &Leg)| houses.are_one(&accepted.by, &leg.carrier);
                let open = |(_, leg): &(usize, &Leg)| !arrived.contains(&&leg.id);
                let from = last.map_or(0, |last| if passed_on { last + 1 } else { last });
                let legs = || plan.legs.iter().enumerate().filter(own).filter(open);
                let next = legs().find(|(place, _)| *place >= from).or_else(|| legs().next_back());
                next.map(|(place, _)| place)
            }
            _ => None,
        };
        match entry.fact {
            Fact::Shipment(ShipmentFact::Accepted(accepted)) if !carries(&accepted.by) => {
                passed_on = true
            }
            Fact::Shipment(ShipmentFact::Received(received))
                if received.verdict != Receipt::Reject =>
            {
                passed_on |= !carries(&received.by);
            }
            Fact::Shipment(ShipmentFact::Arrived(here)) => arrived.push(&here.leg),
            _ => {}
        }
        if let Some(begins) = begins {
            passed_on &= last.is_some_and(|last| begins <= last);
            all.push((begins, *entry));
        }
    }
    all
}

/// The last leg on which something was reported and nothing arrived.
fn under_way(timeline: &Timeline<'_>, plan: &Planned, houses: &Houses<'_>) -> Option<UnderWay> {
    let begun = begun(timeline, plan, houses);
    let last = begun.iter().map(|(place, _)| *place).max()?;
    let leg = plan.legs.get(last)?;
    let arrived = |entry: &TimelineEntry<'_>| match entry.fact {
        Fact::Shipment(ShipmentFact::Arrived(arrived)) => arrived.leg == leg.id,
        _ => false,
    };
    if timeline.entries().iter().any(arrived) {
        return None;
    }
    // That it was lost is told of the leg.
    if timeline.lost_legs().iter().any(|lost| lost.leg == leg.id && lost.until().is_none()) {
        return None;
    }
    // Who takes the goods late leaves late.
    let left = begun.iter().filter(|(place, _)| *place == last).map(|(_, entry)| entry.at).max();
    let late = left.map(|left| left + (leg.arrives - leg.departs));
    let is_last = plan.legs.last().is_some_and(|last| last.id == leg.id);
    let end = plan.waypoints.iter().find(|known| known.name.is(leg.to.as_str()));
    let end = end.or(plan.waypoints.last().filter(|_| is_last));
    let told = end.and_then(|end| timeline.eta(&end.name));
    let due = [Some(leg.arrives), late, told].into_iter().flatten().max()?;
    Some(UnderWay {
        leg: leg.id.clone(),
        due,
        in_the_air: leg.mode == Mode::Air,
        carrier: leg.carrier.clone(),
    })
}
