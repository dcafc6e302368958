//! PRM-05: more is shipped than is granted; some are cancelled before they leave, some go all the same.

use super::Fault;
use crate::trip::{Cargo, Trip};
use facts::Span;
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::Vector, Cargo::ColdVector], inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    let (planned, packed) = (trip.planned, trip.packed);
    let Some(permit) = &mut trip.permit else { return };
    permit.granted = permit.used - 1;
    let cancelled = rng.bool().then_some(packed - Span::days(1));
    trip.cancelled = cancelled;
    trip.must_find("PRM-05", planned, cancelled);
}
