//! THM-02: ice packs that are too cold freeze the goods in the half hour in which a box settles.

use crate::faults::Fault;
use crate::trip::{Cargo, Trip};
use facts::Span;
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::Cells], inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    let from = (trip.packed + Span::minutes(5)).ceil(trip.logger.log_every);
    let until = from + trip.logger.log_every * rng.i64(2..4);
    trip.logger.spells.push((from, until, -rng.i32(10..60) * 100));
    trip.must_find("THM-02", from, None);
}
