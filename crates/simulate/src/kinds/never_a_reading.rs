//! DAT-03 and DAT-05: a logger that should send was never started. It was scanned into the box, and nothing ever comes of it.

use crate::faults::Fault;
use crate::trip::{Cargo, Trip};
use facts::Span;
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::Cells], inject };

fn inject(trip: &mut Trip, _: &mut Rng) {
    trip.logger.send_every = Some(Span::minutes(15));
    let (from, until) = (trip.packed, trip.unpacked);
    trip.logger.lost.push((from - Span::hours(1), until + Span::hours(1)));
    trip.must_find("DAT-03", from, until);
    trip.must_find("DAT-05", from, until);
}
