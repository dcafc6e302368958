//! SCH-07: picked up late, flown late, held by customs, or a leg is cancelled.

use super::Fault;
use crate::trip::{Cargo, Trip};
use facts::Span;
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: Cargo::ALL, inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    match (trip.flight().is_some(), trip.cargo == Cargo::Dose) {
        (false, _) => picked_up_late(trip, rng),
        // A dose cannot wait a day: it was promised for one.
        (true, true) => [flown_late, held_by_customs][rng.usize(..2)](trip, rng),
        (true, false) => [flown_late, held_by_customs, cancelled][rng.usize(..3)](trip, rng),
    }
}

fn picked_up_late(trip: &mut Trip, rng: &mut Rng) {
    let late = Span::minutes(rng.i64(45..150));
    let Some((departs, from)) =
        trip.legs.first().map(|leg| leg.departs).zip(trip.hands.first().cloned())
    else {
        return;
    };
    trip.delay(from.released, late);
    trip.must_find("SCH-07", departs, from.accepted + late);
}

fn flown_late(trip: &mut Trip, rng: &mut Rng) {
    // Nobody waits in silence for a flight that is three hours late: a live logger would be missed, too.
    let longest = if trip.logger.send_every.is_some() { 125 } else { 240 };
    let late = Span::minutes(rng.i64(75..longest));
    let Some(flight) = trip.flight().cloned() else { return };
    trip.delay(flight.departed, late);
    trip.must_find("SCH-07", flight.departs, flight.departed + late);
    trip.must_find("SCH-07", flight.arrives, flight.arrived + late);
}

fn held_by_customs(trip: &mut Trip, rng: &mut Rng) {
    let longer = Span::minutes(rng.i64(270..600));
    let Some((entered, cleared)) = trip.flight().and_then(|flight| flight.customs) else { return };
    trip.delay(cleared, longer);
    trip.must_find("SCH-07", entered, cleared + longer);
}

fn cancelled(trip: &mut Trip, rng: &mut Rng) {
    let Some(flight) = trip.flight().cloned() else { return };
    let lost = flight.departs - Span::minutes(30);
    let again = lost + Span::minutes(rng.i64(40..120));
    trip.delay(flight.departed, Span::days(1));
    trip.lost_leg = Some((flight.id, lost, again));
    trip.must_find("SCH-07", lost, again);
}
