//! DAT-05: readings are lost for good.

use super::Fault;
use crate::trip::{Cargo, Trip};
use facts::Span;
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: Cargo::ALL, inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    // A live logger that loses more than this is silent, too.
    let live = trip.cargo == Cargo::Cells && rng.bool();
    trip.logger.send_every = live.then_some(Span::minutes(15));
    let from = trip.quiet_hour(rng);
    let until =
        from + if live { Span::minutes(20) } else { trip.logger.log_every * rng.i64(4..10) };
    trip.logger.lost.push((from, until));
    trip.must_find("DAT-05", from, until);
}
