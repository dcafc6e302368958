//! DAT-01: the goods travel without a logger. Nothing contradicts a fine journey, and nobody knows of one.

use crate::faults::Fault;
use crate::trip::{Cargo, Trip};
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: Cargo::ALL, inject };

fn inject(trip: &mut Trip, _: &mut Rng) {
    trip.logger.there = false;
    let (Some(first), Some(last)) = (trip.hands.first(), trip.hands.last()) else { return };
    let (from, until) = (first.released, last.accepted);
    trip.must_find("DAT-01", from, until);
}
