//! SCH-01: the gate of the product is still closed three days before conditioning, and opens in time.

use super::Fault;
use crate::trip::{Cargo, Trip};
use facts::Span;
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::Dose], inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    let Some(patient) = &mut trip.patient else { return };
    let (from, met) = (
        patient.conditioning - Span::hours(72),
        patient.conditioning - Span::hours(rng.i64(10..60)),
    );
    match patient.product {
        "EXA" => patient.quality = Some(met),
        _ => patient.available = Some(met),
    }
    trip.must_find("SCH-01", from, met);
}
