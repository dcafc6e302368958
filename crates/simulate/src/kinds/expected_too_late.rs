//! THM-09: on the way the carrier tells a time for the plant's door at which the cells are long too old; some hours later it
//! puts that right.

use crate::cells;
use crate::faults::Fault;
use crate::trip::{Also, Cargo, Trip};
use facts::fact::shipment::EtaChanged;
use facts::{Fact, Label, Moment, ShipmentFact, Span, Subject};
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::Cells], inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    let Some(leg) = trip.legs.last().cloned() else { return };
    let told = leg.departed + Span::minutes(rng.i64(60..120));
    let righted = told + Span::minutes(rng.i64(60..180));
    let too_late = cells::collection_end(trip) + Span::hours(rng.i64(80..110));
    let shipment = Subject::from(&trip.id);
    let mut tell = |at: Moment, eta: Moment| {
        let changed = EtaChanged { waypoint: Label::new("door"), eta };
        let fact = Fact::Shipment(ShipmentFact::EtaChanged(changed));
        let (source, subject) = (leg.carrier.clone(), shipment.clone());
        trip.also.push(Also { source, subject, at, sent: at, fact });
    };
    tell(told, too_late);
    tell(righted, leg.arrives);
    trip.must_find("THM-09", told, righted);
}
