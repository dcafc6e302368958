//! CUS-02: one courier takes the goods and hands them to another in the same minute, by scanners that stamp whole minutes. The
//! second one holds them: the consignee accepts only much later.

use crate::faults::Fault;
use crate::trip::{Cargo, Hand, Trip};
use crate::world::COURIERS;
use facts::{PartyId, Span};
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::Cells], inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    let [picked, given] = trip.hands.as_mut_slice() else { return };
    let at = picked.accepted.ceil(Span::minutes(1));
    (picked.released, picked.accepted) = (at, at);
    let first = picked.to.clone();
    let other = COURIERS.ids.iter().find(|id| **id != first.as_str());
    let second = other.map(PartyId::new).unwrap_or_default();
    let on = Hand {
        by: first,
        to: second.clone(),
        taker: second.clone(),
        released: at,
        accepted: at,
        leg: picked.leg.clone(),
        airside: false,
    };
    given.by = second;
    let (released, accepted) = (given.released, given.accepted);
    trip.hands.insert(1, on);
    let gap = Span::minutes(rng.i64(45..120));
    trip.delay(accepted, gap);
    trip.must_find("CUS-02", released, accepted + gap);
}
