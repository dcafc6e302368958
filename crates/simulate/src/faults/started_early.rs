//! SCH-03: conditioning is begun before quality has released the dose.

use super::Fault;
use crate::trip::{Cargo, Trip};
use facts::Span;
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::Dose], inject };

pub(crate) fn inject(trip: &mut Trip, rng: &mut Rng) {
    let Some(patient) = &mut trip.patient else { return };
    let Some(started) = patient.started else { return };
    patient.product = "EXA";
    let (from, met) =
        (patient.conditioning - Span::hours(72), started + Span::hours(rng.i64(6..40)));
    patient.quality = Some(met);
    trip.must_find("SCH-01", from, met);
    trip.must_find("SCH-03", started, met);
}
