//! DAT-03: a live logger is silent for a while and sends later what it measured; or the file of one that
//! must be read out comes hours late.

use super::Fault;
use crate::trip::{Cargo, Trip};
use facts::Span;
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: Cargo::ALL, inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    if trip.cargo == Cargo::Cells && rng.bool() {
        trip.logger.send_every = Some(Span::minutes(15));
        let from = trip.quiet_hour(rng);
        let until = from + Span::minutes(rng.i64(75..150));
        trip.logger.offline.push((from, until));
        trip.must_find("DAT-03", from - Span::minutes(15), until + Span::minutes(15));
        return;
    }
    trip.logger.send_every = None;
    trip.logger.read_out = Span::minutes(rng.i64(120..300));
    let (from, until) = (trip.stowed, trip.stowed + trip.logger.read_out);
    trip.must_find("DAT-03", from, until);
}
