//! When the goods were in the air, where no logger can send. A flight that left without them excuses nothing.

use alloc::vec::Vec;
use facts::fact::shipment::Mode;
use facts::timeline::Timeline;
use facts::{Fact, LegId, Moment, ShipmentFact, Span};

/// One leg, by what happened and by what was planned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlownLeg {
    /// Which leg, by the name that the plan gives it.
    pub id: LegId,
    /// Whether it is flown.
    pub air: bool,
    /// When the goods departed on it.
    pub departed: Option<Moment>,
    /// When they arrived.
    pub arrived: Option<Moment>,
    /// When it is planned to arrive.
    pub arrives: Option<Moment>,
    /// When the goods were taken off it after its departure, and nobody put them on it again.
    pub taken_off: Option<Moment>,
}

/// Reads the legs. The departure of one that goes without the goods is not theirs.
pub(crate) fn legs(timeline: &Timeline<'_>) -> Vec<FlownLeg> {
    let mut legs: Vec<FlownLeg> = Vec::new();
    let lost = timeline.lost_legs();
    let without =
        |leg: &LegId, at: Moment| lost.iter().any(|lost| lost.leg == *leg && lost.holds(at));
    for entry in timeline.entries() {
        match entry.fact {
            Fact::Shipment(ShipmentFact::LegOffloaded(offloaded)) => {
                let leg = latest(&mut legs, &offloaded.leg);
                if leg.departed.is_some() && leg.arrived.is_none() {
                    leg.taken_off = Some(entry.at);
                }
            }
            Fact::Shipment(ShipmentFact::Departed(departed))
                if !without(&departed.leg, entry.at) =>
            {
                let leg = latest(&mut legs, &departed.leg);
                match leg.departed {
                    // It left once more, after it had arrived or the goods had been taken off it.
                    Some(_) if leg.arrived.is_some() || leg.taken_off.is_some() => {
                        let id = departed.leg.clone();
                        legs.push(FlownLeg { departed: Some(entry.at), ..FlownLeg::new(id) });
                    }
                    _ => leg.departed = Some(entry.at),
                }
            }
            Fact::Shipment(ShipmentFact::Arrived(arrived)) if !without(&arrived.leg, entry.at) => {
                latest(&mut legs, &arrived.leg).arrived = Some(entry.at);
            }
            _ => {}
        }
    }
    let planned = timeline.plan_in_force().map(|plan| &*plan.plan.legs).unwrap_or_default();
    for leg in planned {
        latest(&mut legs, &leg.id);
        for known in legs.iter_mut().filter(|known| known.id == leg.id) {
            (known.air, known.arrives) = (leg.mode == Mode::Air, Some(leg.arrives));
        }
    }
    legs
}

impl FlownLeg {
    fn new(id: LegId) -> Self {
        let (departed, arrived, arrives, taken_off) = (None, None, None, None);
        Self { id, air: false, departed, arrived, arrives, taken_off }
    }
}

fn latest<'l>(legs: &'l mut Vec<FlownLeg>, id: &LegId) -> &'l mut FlownLeg {
    let place = legs.iter().rposition(|leg| leg.id == *id).unwrap_or_else(|| {
        legs.push(FlownLeg::new(id.clone()));
        legs.len() - 1
    });
    &mut legs[place]
}

/// Until when facts of a flight may still come in, if a moment lies in one or just after it.
pub(crate) fn flight_over(
    legs: &[FlownLeg],
    at: Moment,
    after_arrival: Span,
    after_plan: Span,
) -> Option<Moment> {
    let ends = legs.iter().filter(|leg| leg.air).filter_map(|leg| {
        let departed = leg.departed?;
        let end = match (leg.taken_off, leg.arrived, leg.arrives) {
            (Some(taken_off), ..) => taken_off,
            (None, Some(arrived), _) => arrived + after_arrival,
            (None, None, Some(arrives)) => arrives.max(departed) + after_plan,
            (None, None, None) => departed + after_plan,
        };
        (departed <= at && at < end).then_some(end)
    });
    ends.max()
}
