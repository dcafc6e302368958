//! THM-01: the box is opened with leave on the way and closed again; that it is warm after it is told.

use crate::faults::Fault;
use crate::trip::{Also, Cargo, Trip};
use facts::fact::shipment::Opened;
use facts::{Fact, ShipmentFact, Span, Subject};
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::Cells], inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    let from = trip.quiet_hour(rng);
    let until = from + trip.logger.log_every * rng.i64(8..13);
    trip.logger.spells.push((from, until, 14_000));
    trip.must_find("THM-01", from, until);
    let Some(by) = trip.legs.first().map(|leg| leg.carrier.clone()) else { return };
    let opened = from - Span::minutes(rng.i64(10..50));
    trip.also.push(Also {
        source: by.clone(),
        subject: Subject::from(&trip.id),
        at: opened,
        sent: opened,
        fact: Fact::Shipment(ShipmentFact::Opened(Opened {
            by,
            authorised_by: Some(trip.consignor.clone()),
        })),
    });
}
