//! DAT-03: the goods are taken off the aircraft, which leaves without them. They stand on the apron, where a silent logger
//! is no logger in flight.

use crate::faults::Fault;
use crate::trip::{Also, Cargo, Trip};
use facts::fact::shipment::{Departed, LegOffloaded};
use facts::{Fact, ShipmentFact, ShortText, Span, Subject};
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::Vector, Cargo::ColdVector], inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    let Some(flight) = trip.flight().cloned() else { return };
    trip.logger.send_every = Some(Span::minutes(15));
    let lost = flight.departs - Span::minutes(20);
    let again = lost + Span::minutes(rng.i64(300..420));
    // The next day's flight is another one: it does not leave on the same second.
    trip.delay(flight.departed, Span::days(1) + Span::minutes(7));
    let mut also = |at, fact| {
        let (source, subject) = (flight.carrier.clone(), Subject::from(&trip.id));
        trip.also.push(Also { source, subject, at, sent: at, fact });
    };
    let leg = || flight.id.clone();
    let reason = ShortText::new("overweight");
    also(lost, Fact::Shipment(ShipmentFact::LegOffloaded(LegOffloaded { leg: leg(), reason })));
    also(flight.departed, Fact::Shipment(ShipmentFact::Departed(Departed { leg: leg() })));
    trip.planned_anew = Some((flight.id.clone(), again));
    let from = (flight.departed + Span::minutes(30)).ceil(trip.logger.log_every);
    let until = from + Span::minutes(rng.i64(90..150));
    trip.logger.offline.push((from, until));
    trip.must_find("SCH-07", lost, again);
    trip.must_find("DAT-03", from - Span::minutes(15), until + Span::minutes(15));
    if let Some(truth) = trip.truth.last_mut() {
        truth.by = Some(until);
    }
}
