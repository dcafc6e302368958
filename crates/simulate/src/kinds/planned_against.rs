//! SCH-14: the shipment is cancelled, and its plan is made again under the number that it had. Whether it takes place is said
//! with a higher number some hours later.

use crate::faults::Fault;
use crate::trip::{Also, Cargo, Trip};
use facts::fact::shipment::Cancelled;
use facts::{Fact, PartyId, ShipmentFact, ShortText, Span, Subject};
use fastrand::Rng;

pub(super) const FAULT: Fault =
    Fault { cargo: &[Cargo::Cells, Cargo::Vector, Cargo::ColdVector], inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    let cancelled = trip.planned + Span::minutes(rng.i64(5..300));
    trip.also.push(Also {
        source: PartyId::new("planning"),
        subject: Subject::from(&trip.id),
        at: cancelled,
        sent: cancelled,
        fact: Fact::Shipment(ShipmentFact::Cancelled(Cancelled {
            reason: ShortText::new("wrong button"),
        })),
    });
    let again = cancelled + Span::minutes(rng.i64(10..60));
    let settled = again + Span::hours(rng.i64(2..12));
    trip.planned_again = vec![(1, again), (2, settled)];
    trip.must_find("SCH-14", again, settled);
}
