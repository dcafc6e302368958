//! CUS-03: the courier delivers to a hospital that is known and is not the consignee, and nobody brings the goods back. The
//! patient's conditioning is held.

use crate::faults::{Fault, hold};
use crate::trip::{Cargo, Trip};
use crate::world::CENTRES;
use facts::PartyId;
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::Dose], inject };

fn inject(trip: &mut Trip, _: &mut Rng) {
    let other = CENTRES.ids.iter().find(|id| **id != trip.consignee.as_str());
    let other = other.map(PartyId::new).unwrap_or_default();
    trip.hands.pop();
    trip.other_site = Some(other);
    // Its tank is not the one that waits for them.
    trip.tank = None;
    hold(trip);
    let (received, closed) = (trip.received, trip.closed);
    trip.must_find("CUS-03", received, closed);
}
