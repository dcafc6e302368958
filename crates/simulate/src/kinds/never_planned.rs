//! SYS-REF: goods are packed, travel and arrive, and nobody has sent a plan: nothing of them can be judged.

use crate::faults::Fault;
use crate::trip::{Cargo, Trip};
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::Cells], inject };

fn inject(trip: &mut Trip, _: &mut Rng) {
    trip.unplanned = true;
    let (packed, closed) = (trip.packed, trip.closed);
    trip.must_find("SYS-REF", packed, closed);
}
