//! THM-06: a medicine is warm for so long that its mean kinetic temperature goes over.

use super::Fault;
use crate::trip::{Cargo, Trip};
use facts::Span;
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::ColdVector], inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    let from = (trip.packed + Span::hours(2)).ceil(trip.logger.log_every);
    let until = from + Span::hours(rng.i64(9..11));
    trip.logger.spells.push((from, until, 14_000));
    trip.must_find("THM-01", from, until);
    trip.must_find("THM-06", from, None);
}
