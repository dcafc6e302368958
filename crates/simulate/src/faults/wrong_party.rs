//! CUS-03: somebody takes the goods who was not named or is not qualified, or lets them go without
//! holding them.

use super::Fault;
use crate::trip::{Cargo, Trip};
use crate::world::{COURIERS, STRANGER};
use facts::PartyId;
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: Cargo::ALL, inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    let last = trip.hands.len().saturating_sub(1);
    // The courier of the last drive: it takes the goods with the hand-over before the last.
    let Some(before) = last.checked_sub(1) else { return };
    let named = trip.hands.get(before).map(|hand| hand.to.clone()).unwrap_or_default();
    let other =
        COURIERS.ids.iter().find(|id| **id != named.as_str()).map(PartyId::new).unwrap_or_default();
    let wrong = if rng.u8(..3) == 0 { PartyId::new(STRANGER) } else { other };
    let released_only = rng.u8(..3) == 0;
    let (mut from, mut until) = (trip.packed, trip.received);
    for (n, hand) in trip.hands.iter_mut().enumerate() {
        if n == before && !released_only {
            hand.taker = wrong.clone();
            from = hand.accepted;
        }
        if n == last {
            hand.by = wrong.clone();
            until = hand.accepted;
            from = if released_only { hand.released } else { from };
        }
    }
    trip.must_find("CUS-03", from, until);
    // What a stranger lets go of moves nothing: the holder never did.
    if released_only {
        trip.must_find("CUS-01", until, None);
    }
}
