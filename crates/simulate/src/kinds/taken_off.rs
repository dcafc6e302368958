//! THM-01: the logger is taken off in the middle of an excursion, or scanned to a bench. Nobody knows that the goods are cold again, so it stands
//! until they are out of the box. That they travel on without a logger is told, and what is unknown from then on.

use crate::faults::Fault;
use crate::trip::{Also, Cargo, Trip};
use facts::fact::device::{Attached, Position};
use facts::{DeviceFact, Fact, Moment, ShortText, Span, StoreId};
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::Cells], inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    trip.logger.send_every = Some(Span::minutes(15));
    let from = trip.quiet_hour(rng);
    let off = from + trip.logger.log_every * rng.i64(5..9);
    trip.logger.spells.push((from, trip.unpacked + Span::hours(1), 14_000));
    trip.logger.off = Some(off);
    if rng.bool() {
        trip.also.push(on_a_bench(trip, off));
        trip.logger.off = Some(off + Span::hours(2));
    }
    let unpacked = trip.unpacked;
    trip.must_find("THM-01", from, unpacked);
    if let Some(truth) = trip.truth.last_mut() {
        truth.lasts = true;
    }
    let accepted = trip.hands.last().map_or(unpacked, |hand| hand.accepted);
    trip.must_find("DAT-01", off, accepted);
    trip.must_find("DAT-05", off, unpacked);
}

/// Whoever has it scans it to something else; nobody says that it was taken off.
fn on_a_bench(trip: &Trip, at: Moment) -> Also {
    let fact = Fact::Device(DeviceFact::Attached(Attached {
        shipment: None,
        store: Some(StoreId::new("TEST-BENCH")),
        channel: ShortText::new("payload"),
        position: Position::Payload,
        log_every: trip.logger.log_every,
        send_every: trip.logger.send_every,
    }));
    Also { source: trip.consignor.clone(), subject: trip.device(), at, sent: at, fact }
}
