//! CUS-02: released, and accepted only much later.

use super::Fault;
use crate::trip::{Cargo, Trip};
use facts::Span;
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: Cargo::ALL, inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    let first = trip.cargo == Cargo::Cells && rng.bool();
    let place = if first { 0 } else { trip.hands.len().saturating_sub(1) };
    let gap = Span::minutes(rng.i64(45..120));
    let Some(hand) = trip.hands.get(place).cloned() else { return };
    trip.delay(hand.accepted, gap);
    trip.must_find("CUS-02", hand.released, hand.accepted + gap);
    if let (true, Some(leg)) = (first, trip.legs.first()) {
        // Who takes the goods late picks them up late.
        let departs = leg.departs;
        trip.must_find("SCH-07", departs, hand.accepted + gap);
    }
}
