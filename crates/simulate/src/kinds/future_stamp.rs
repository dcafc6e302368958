//! THM-01: one reading in the middle of an excursion is stamped months ahead; the excursion goes on.

use crate::faults::Fault;
use crate::trip::{Also, Cargo, Trip};
use crate::truth::Truth;
use facts::fact::device::Reading;
use facts::{DeviceFact, Fact, MilliCelsius, PartyId, ShortText, Span};
use fastrand::Rng;

pub(super) const FAULT: Fault = Fault { cargo: &[Cargo::Cells], inject };

fn inject(trip: &mut Trip, rng: &mut Rng) {
    trip.logger.send_every = Some(Span::minutes(15));
    let from = trip.quiet_hour(rng);
    let until = from + trip.logger.log_every * rng.i64(9..15);
    trip.logger.spells.push((from, until, 14_000));
    trip.must_find("THM-01", from, until);
    if let Some(truth) = trip.truth.last_mut() {
        truth.lasts = true;
    }
    let sent = from + trip.logger.log_every * 5;
    let (temperature, channel) = (MilliCelsius(5_000), ShortText::new("payload"));
    trip.also.push(Also {
        source: PartyId::new("gateway"),
        subject: trip.device(),
        at: sent + Span::days(rng.i64(20..300)),
        sent,
        fact: Fact::Device(DeviceFact::Reading(Reading { temperature, channel, sequence: None })),
    });
    let told = Truth::told(&trip.id, "DAT-06", sent);
    trip.truth.push(told);
}
