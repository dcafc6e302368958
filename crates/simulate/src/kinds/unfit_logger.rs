//! DAT-07: the only logger has failed its calibration, or its certificate had ended before. What it says of ice is no proof,
//! and its good readings are none, either: how cold the goods were is unknown all the way.

use crate::faults::Fault;
use crate::trip::{Calibration, Cargo, Trip};
use facts::Span;
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::Cells], inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    trip.logger.send_every = Some(Span::minutes(15));
    trip.logger.calibration = if rng.bool() { Calibration::Failed } else { Calibration::Ended };
    let (packed, unpacked) = (trip.packed, trip.unpacked);
    trip.must_find("DAT-07", packed, unpacked);
    trip.must_find("DAT-03", packed, unpacked);
    trip.must_find("DAT-05", packed, unpacked);
    let from = trip.quiet_hour(rng);
    let until = from + trip.logger.log_every * rng.i64(5..9);
    trip.logger.spells.push((from, until, -6_000));
    // Ice that a fit logger has seen stands until a person decides; this one's does not.
    trip.must_find("THM-02", from, until);
}
