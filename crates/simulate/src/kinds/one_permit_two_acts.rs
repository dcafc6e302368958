//! PRM-02: one permit must cover the import and the receipt, and ends between them.

use crate::faults::Fault;
use crate::trip::{Cargo, Trip};
use facts::Span;
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::Vector, Cargo::ColdVector], inject };

fn inject(trip: &mut Trip, _: &mut Rng) {
    let Some(flight) = trip.flight().cloned() else { return };
    let planned = trip.planned;
    let entered = flight.customs.map_or(flight.arrived, |(entered, _)| entered);
    let Some(permit) = &mut trip.permit else { return };
    permit.receipt = true;
    // Customs are entered within the hour; the door is reached six hours after the landing.
    permit.until = flight.arrives + Span::hours(3);
    trip.must_find("PRM-02", planned, entered);
    trip.must_find("PRM-02", planned, None);
}
