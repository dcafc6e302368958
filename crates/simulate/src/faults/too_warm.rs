//! THM-01: warmer than the upper limit for much longer than any grace.

use super::Fault;
use crate::trip::{Cargo, Trip};
use fastrand::Rng;

pub(super) const FAULT: Fault =
    Fault { cargo: &[Cargo::Cells, Cargo::Vector, Cargo::ColdVector], inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    let from = trip.quiet_hour(rng);
    let until = from + trip.logger.log_every * rng.i64(5..10);
    let warm = if trip.cargo == Cargo::Vector { -50_000 } else { 9_500 };
    trip.logger.spells.push((from, until, warm + rng.i32(0..20) * 100));
    trip.must_find("THM-01", from, until);
}
