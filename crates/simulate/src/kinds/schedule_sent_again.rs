//! SCH-02: after conditioning has begun the schedule is sent again with a later day, which undoes nothing; then the tank
//! warms.

use crate::faults::Fault;
use crate::trip::{Also, Cargo, Trip, logger};
use facts::fact::order::PatientScheduled;
use facts::{Fact, OrderFact, PartyId, Span, Subject};
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::Dose], inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    let order = Subject::from(&trip.order());
    let Some(patient) = &mut trip.patient else { return };
    let (Some(started), Some(infused)) = (patient.started, patient.infused) else { return };
    patient.stored = true;
    let again = started + Span::hours(rng.i64(1..5));
    let later = PatientScheduled {
        conditioning_start: patient.conditioning + Span::days(rng.i64(5..30)),
        last_dose: None,
        infusion: None,
    };
    let source = PartyId::new("registry");
    let fact = Fact::Order(OrderFact::PatientScheduled(later));
    trip.also.push(Also { source, subject: order, at: again, sent: again, fact });
    let mut tank = logger(-190_000, false, Span::minutes(15));
    let from = (again + Span::hours(rng.i64(2..60))).ceil(tank.log_every);
    tank.spells.push((from, from + Span::minutes(45), -112_000));
    trip.tank = Some(tank);
    trip.must_find("THM-05", from, None);
    trip.must_find("SCH-02", from, infused);
}
