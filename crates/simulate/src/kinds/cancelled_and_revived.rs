//! SCH-01 and SCH-03: somebody cancelled by mistake and planned again; the dose travels, and conditioning is begun before
//! quality has released it.

use crate::faults::{Fault, started_early};
use crate::trip::{Also, Cargo, Trip};
use facts::fact::shipment::Cancelled;
use facts::{Fact, PartyId, ShipmentFact, ShortText, Span, Subject};
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::Dose], inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    started_early(trip, rng);
    let cancelled = trip.planned + Span::minutes(rng.i64(5..2_000));
    trip.also.push(Also {
        source: PartyId::new("planning"),
        subject: Subject::from(&trip.id),
        at: cancelled,
        sent: cancelled,
        fact: Fact::Shipment(ShipmentFact::Cancelled(Cancelled {
            reason: ShortText::new("wrong button"),
        })),
    });
    trip.planned_again = vec![(2, cancelled + Span::minutes(rng.i64(2..30)))];
}
