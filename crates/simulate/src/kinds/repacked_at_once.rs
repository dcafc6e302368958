//! THM-01: a hub unpacks and repacks in one minute, by scanners that stamp whole minutes; the new box is warm.

use crate::faults::Fault;
use crate::trip::{Also, Cargo, Trip};
use facts::fact::shipment::{Repacked, Unpacked};
use facts::{Fact, ShipmentFact, ShipperId, Span, Subject};
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::Cells], inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    let from = trip.quiet_hour(rng);
    let until = from + trip.logger.log_every * rng.i64(8..13);
    trip.logger.spells.push((from, until, 14_000));
    trip.must_find("THM-01", from, until);
    let Some(by) = trip.legs.first().map(|leg| leg.carrier.clone()) else { return };
    let at = (from - Span::minutes(45)).ceil(Span::minutes(1));
    let shipper = ShipperId::new(format!("BOX-{}", trip.id));
    let repacked = Repacked { by: by.clone(), shipper, units: Vec::new() };
    for fact in [
        Fact::Shipment(ShipmentFact::Unpacked(Unpacked { by: by.clone() })),
        Fact::Shipment(ShipmentFact::Repacked(repacked)),
    ] {
        let subject = Subject::from(&trip.id);
        trip.also.push(Also { source: by.clone(), subject, at, sent: at, fact });
    }
}
