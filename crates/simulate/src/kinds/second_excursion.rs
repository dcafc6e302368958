//! THM-02 and THM-05, twice: the first was seen, and its incident closed or only taken; the second is another event and wakes
//! somebody.

use crate::faults::{Fault, hold};
use crate::trip::{Also, Cargo, Trip, logger};
use facts::fact::incident::{Acknowledged, IncidentClosed};
use facts::{Fact, Moment, PartyId, ShortText, Span, StaffFact, Subject};
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::Cells, Cargo::Dose], inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    match trip.cargo {
        Cargo::Dose => in_the_tank(trip, rng),
        _ => on_the_road(trip, rng),
    }
}

/// Cells freeze, thaw, and freeze again.
fn on_the_road(trip: &mut Trip, rng: &mut Rng) {
    trip.logger.send_every = Some(Span::minutes(15));
    let every = trip.logger.log_every;
    let first = (trip.packed + Span::minutes(rng.i64(60..90))).ceil(every);
    let second = first + every * rng.i64(24..30);
    for from in [first, second] {
        trip.logger.spells.push((from, from + every * 3, -700));
        trip.must_find("THM-02", from, None);
    }
    woken_by_the_second(trip);
    seen(trip, first + every * 14, rng);
}

/// A tank warms, is cold, and warms again.
fn in_the_tank(trip: &mut Trip, rng: &mut Rng) {
    let mut tank = logger(-190_000, false, Span::minutes(15));
    let first = (trip.stowed + Span::hours(rng.i64(4..20))).ceil(tank.log_every);
    let second = first + Span::hours(rng.i64(18..30));
    for from in [first, second] {
        tank.spells.push((from, from + Span::minutes(45), -112_000));
        trip.must_find("THM-05", from, None);
    }
    trip.tank = Some(tank);
    if let Some(patient) = &mut trip.patient {
        patient.stored = true;
    }
    woken_by_the_second(trip);
    seen(trip, first + Span::hours(4), rng);
    hold(trip);
}

fn woken_by_the_second(trip: &mut Trip) {
    if let Some(truth) = trip.truth.last_mut() {
        truth.wakes = true;
    }
}

/// Somebody takes what there is, or two persons close it.
fn seen(trip: &mut Trip, at: Moment, rng: &mut Rng) {
    let (by, second) = (PartyId::new("ANNA"), Some(PartyId::new("BEN")));
    let reason = ShortText::new("seen, and quality informed");
    let fact = if rng.bool() {
        Fact::Staff(StaffFact::IncidentClosed(IncidentClosed { by, reason, second }))
    } else {
        Fact::Staff(StaffFact::Acknowledged(Acknowledged { by, reason }))
    };
    trip.also.push(Also {
        source: PartyId::new("desk"),
        subject: Subject::from(&trip.id),
        at,
        sent: at,
        fact,
    });
}
