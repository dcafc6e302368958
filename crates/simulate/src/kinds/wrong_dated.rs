//! DAT-03 and DAT-05: the clock of a logger jumps back by weeks. What it sends is of no time at which it was with the goods, so
//! it is as silent as one that sends nothing, and nobody ever learns how warm they were then.

use crate::faults::Fault;
use crate::trip::{Cargo, Trip};
use facts::Span;
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::Cells], inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    trip.logger.send_every = Some(Span::minutes(15));
    let from = trip.quiet_hour(rng);
    let until = from + Span::minutes(rng.i64(75..150));
    trip.logger.set_back = Some((from, until, Span::days(rng.i64(20..200))));
    trip.must_find("DAT-03", from - Span::minutes(15), until + Span::minutes(15));
    trip.must_find("DAT-05", from, until);
}
