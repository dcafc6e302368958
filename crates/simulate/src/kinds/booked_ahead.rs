//! DAT-03: the logger's next use is booked for a later day; on this trip it is silent all the same.

use crate::faults::Fault;
use crate::trip::{Also, Cargo, Trip};
use facts::fact::device::{Attached, Position};
use facts::{DeviceFact, Fact, ShortText, Span, StoreId};
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::Cells], inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    trip.logger.send_every = Some(Span::minutes(15));
    let from = trip.quiet_hour(rng);
    let until = from + Span::minutes(rng.i64(75..150));
    trip.logger.offline.push((from, until));
    trip.must_find("DAT-03", from - Span::minutes(15), until + Span::minutes(15));
    let next = Attached {
        shipment: None,
        store: Some(StoreId::new("TEST-BENCH")),
        channel: ShortText::new("payload"),
        position: Position::Payload,
        log_every: trip.logger.log_every,
        send_every: None,
    };
    let (at, sent) = (trip.unpacked + Span::days(2), trip.packed + Span::minutes(15));
    trip.also.push(Also {
        source: trip.consignor.clone(),
        subject: trip.device(),
        at,
        sent,
        fact: Fact::Device(DeviceFact::Attached(next)),
    });
}
