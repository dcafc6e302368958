//! CUS-09: one unit fewer comes out than went in. For a dose, conditioning must be held.

use super::Fault;
use crate::trip::{Cargo, Trip};
use facts::{Span, UnitId};
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: Cargo::ALL, inject };

fn inject(trip: &mut Trip, _: &mut Rng) {
    if trip.units.len() < 2 {
        trip.units.push(UnitId::new(format!("{}-BAG-2", trip.id)));
    }
    trip.missing = 1;
    let received = trip.received;
    trip.must_find("CUS-09", received, None);
    hold(trip);
}

/// The patient's conditioning is held two and a half days before it was to begin; the alarm to hold it
/// stands from three days before.
pub(crate) fn hold(trip: &mut Trip) {
    let Some(patient) = &mut trip.patient else { return };
    let (from, held) =
        (patient.conditioning - Span::hours(72), patient.conditioning - Span::hours(60));
    (patient.started, patient.infused, patient.held) = (None, None, Some(held));
    trip.closed = held + Span::days(3);
    trip.must_find("SCH-01", from, held);
}
