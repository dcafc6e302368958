//! THM-05: a dewar warms above a step of its label. What is worse than a deviation holds conditioning.

use super::{Fault, content_count::hold};
use crate::trip::{Cargo, Trip};
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::Dose], inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    let from = trip.quiet_hour(rng);
    // How warm, for how many readings, and whether quality lets the dose be used.
    let (milli, readings, mild) = match rng.u8(..4) {
        0 => (-142_000, 9, true),
        1 => (-132_000, 5, false),
        2 => (-125_000, 3, false),
        _ => (-110_000, 2, false),
    };
    let until = from + trip.logger.log_every * readings;
    trip.logger.spells.push((from, until, milli));
    trip.must_find("THM-05", from, None);
    if !mild {
        hold(trip);
    }
}
