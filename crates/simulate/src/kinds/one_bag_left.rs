//! THM-05: the first bag is infused, the others wait in the tank for the next day, and the tank warms. Who was given one bag
//! waits for no dose any more, but the others are watched until they are out.

use crate::faults::Fault;
use crate::trip::{Cargo, Trip, logger};
use facts::{Span, UnitId};
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::Dose], inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    if trip.units.len() < 2 {
        trip.units.push(UnitId::new(format!("{}-BAG-2", trip.id)));
    }
    let Some(patient) = &mut trip.patient else { return };
    let Some(infused) = patient.infused else { return };
    let second = infused + Span::hours(rng.i64(20..28));
    (patient.stored, patient.second) = (true, Some(second));
    let mut tank = logger(-190_000, false, Span::minutes(15));
    let from = (infused + Span::hours(rng.i64(2..12))).ceil(tank.log_every);
    tank.spells.push((from, from + Span::minutes(45), -112_000));
    trip.tank = Some(tank);
    trip.closed = second + Span::days(2);
    trip.must_find("THM-05", from, None);
}
