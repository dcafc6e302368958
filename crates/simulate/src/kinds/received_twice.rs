//! SCH-01: the dose is taken in under a deviation, and scanned as accepted once more some hours later. Only quality settles a
//! deviation, so conditioning is held.

use crate::faults::{Fault, hold};
use crate::trip::{Also, Cargo, Trip};
use facts::fact::shipment::{Receipt, Received};
use facts::{Fact, ShipmentFact, Span, Subject};
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::Dose], inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    trip.verdict = Receipt::AcceptUnderDeviation;
    let (order, again) = (Some(trip.order()), trip.received + Span::minutes(rng.i64(20..600)));
    if let Some(patient) = &mut trip.patient {
        // The plant had released it for shipping, which is before there was anything to settle.
        (patient.product, patient.quality) = ("EXA", Some(trip.packed - Span::hours(2)));
    }
    let (by, units, verdict) = (trip.consignee.clone(), trip.units.clone(), Receipt::Accept);
    trip.also.push(Also {
        source: by.clone(),
        subject: Subject::from(&trip.id),
        at: again,
        sent: again,
        fact: Fact::Shipment(ShipmentFact::Received(Received {
            by,
            units,
            count: None,
            verdict,
            order,
        })),
    });
    hold(trip);
}
