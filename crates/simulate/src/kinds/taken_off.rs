//! THM-01: the logger is taken off in the middle of an excursion. Nobody knows that the goods are cold again, so it stands
//! until they are out of the box.

use crate::faults::Fault;
use crate::trip::{Cargo, Trip};
use facts::Span;
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::Cells], plant };

fn plant(trip: &mut Trip, rng: &mut Rng) {
    trip.logger.send_every = Some(Span::minutes(15));
    let from = trip.quiet_hour(rng);
    let off = from + trip.logger.log_every * rng.i64(5..9);
    trip.logger.spells.push((from, trip.unpacked + Span::hours(1), 14_000));
    trip.logger.off = Some(off);
    let unpacked = trip.unpacked;
    trip.must_find("THM-01", from, unpacked);
    if let Some(truth) = trip.truth.last_mut() {
        truth.lasts = true;
    }
}
