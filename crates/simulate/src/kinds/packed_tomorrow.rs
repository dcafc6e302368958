//! THM-01: a scanner whose date is a day ahead reports the packing; the box is warm today.

use crate::faults::Fault;
use crate::trip::{Cargo, Trip};
use crate::truth::Truth;
use facts::Span;
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::Cells], inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    trip.packed_stamp = Span::days(1);
    let from = trip.quiet_hour(rng);
    let until = from + trip.logger.log_every * rng.i64(8..13);
    trip.logger.spells.push((from, until, 14_000));
    trip.must_find("THM-01", from, until);
    let told = Truth::told(&trip.id, "SYS-AHEAD", trip.packed);
    trip.truth.push(told);
}
