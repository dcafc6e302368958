//! THM-02: colder than the lower limit, or frozen.

use super::Fault;
use crate::trip::{Cargo, Trip};
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::Cells, Cargo::ColdVector], inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    let from = trip.quiet_hour(rng);
    let until = from + trip.logger.log_every * rng.i64(5..9);
    // Frozen cells are lost for good; a medicine may thaw.
    let frozen = trip.cargo == Cargo::Cells && rng.bool();
    trip.logger.spells.push((from, until, if frozen { -700 } else { 900 }));
    trip.must_find("THM-02", from, (!frozen).then_some(until));
}
