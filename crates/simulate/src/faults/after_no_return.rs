//! SCH-02: after conditioning has begun the tank warms, or nobody knows how warm it is.

use super::Fault;
use crate::trip::{Cargo, Trip, logger};
use facts::Span;
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::Dose], inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    let Some(patient) = &mut trip.patient else { return };
    let (Some(started), Some(infused)) = (patient.started, patient.infused) else { return };
    patient.stored = true;
    let mut tank = logger(-190_000, false, Span::minutes(15));
    let from = (started + Span::hours(rng.i64(6..72))).ceil(tank.log_every);
    if rng.bool() {
        tank.spells.push((from, from + Span::minutes(45), -112_000));
        trip.must_find("THM-05", from, None);
        trip.must_find("SCH-02", from, infused);
    } else {
        let until = from + Span::hours(rng.i64(6..10));
        tank.lost.push((from, until));
        trip.must_find("DAT-03", from - Span::minutes(15), until + Span::minutes(15));
        trip.must_find("DAT-05", from, until);
        trip.must_find("SCH-02", from + Span::hours(4), until);
    }
    trip.tank = Some(tank);
}
