//! THM-05: a tank goes on warming while its alarm stands, and nobody mends it; whoever looks must see how warm it became.

use crate::faults::{Fault, hold};
use crate::trip::{Cargo, Trip, logger};
use facts::Span;
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::Dose], inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    let mut tank = logger(-190_000, false, Span::minutes(15));
    let from = (trip.stowed + Span::hours(rng.i64(6..40))).ceil(tank.log_every);
    let worse = from + Span::minutes(45);
    tank.spells.push((from, worse, -119_000));
    tank.spells.push((worse, worse + Span::days(60), 20_000));
    trip.tank = Some(tank);
    if let Some(patient) = &mut trip.patient {
        patient.stored = true;
    }
    trip.must_find("THM-05", from, None);
    if let Some(truth) = trip.truth.last_mut() {
        truth.shows = Some("20.0 °C".to_owned());
    }
    hold(trip);
}
