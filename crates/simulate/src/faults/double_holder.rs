//! CUS-01: the holder lets go long after somebody else has accepted.

use super::Fault;
use crate::trip::{Cargo, Trip};
use facts::Span;
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: Cargo::ALL, inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    let last = trip.hands.len().saturating_sub(1);
    let place = if rng.bool() { 0 } else { last };
    let Some(hand) = trip.hands.get_mut(place) else { return };
    hand.released = hand.accepted + Span::minutes(rng.i64(20..60));
    let (from, until) = (hand.accepted, hand.released);
    trip.must_find("CUS-01", from, until);
}
