//! PRM-02: the permit does not cover the moment at which the border is reached, or hardly does.

use super::Fault;
use crate::trip::{Cargo, Trip};
use facts::Span;
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::Vector, Cargo::ColdVector], inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    let Some(flight) = trip.flight().cloned() else { return };
    let border = flight.arrives + Span::minutes(30);
    let entered = flight.customs.map_or(border, |(entered, _)| entered);
    let planned = trip.planned;
    let Some(permit) = &mut trip.permit else { return };
    match rng.u8(..4) {
        // The flight slips beyond the permit, and another one is found.
        0 => {
            permit.until = border + Span::hours(30);
            let (slipped, found) = (border - Span::days(4), border - Span::days(3));
            permit.expected = vec![(slipped, border + Span::hours(40)), (found, border)];
            trip.must_find("PRM-02", slipped, found);
        }
        // It ends some hours after the border is reached.
        1 => {
            permit.until = border + Span::hours(10);
            trip.must_find("PRM-02", planned, entered);
        }
        // It is suspended while the goods fly, and given back before they land.
        2 => {
            let (from, until) =
                (flight.departed + Span::hours(1), flight.departed + Span::hours(4));
            permit.suspended = Some((from, until));
            trip.must_find("PRM-02", from, until);
        }
        // It had ended days before, and the goods went all the same.
        _ => {
            permit.until = border - Span::days(2);
            trip.must_find("PRM-02", planned, None);
        }
    }
}
