//! A finished dose in nitrogen vapour, by air to the treatment centre, and its patient.

use crate::route;
use crate::trip::{Cargo, Patient, Trip, logger, one_of};
use crate::world::{CENTRES, PLANTS};
use facts::fact::shipment::{Goods, Receipt};
use facts::{Moment, ShipmentId, Span, UnitId};
use fastrand::Rng;

/// It was packed at `start`.
pub(crate) fn plan(id: ShipmentId, start: Moment, rng: &mut Rng) -> Trip {
    let (consignor, consignee) = (one_of(&PLANTS, rng), one_of(&CENTRES, rng));
    let way = route::air(&consignor, &consignee, start + Span::minutes(90), rng.i64(8..11), rng);
    let unpacked = way.delivered() + Span::minutes(rng.i64(20..40));
    let received = unpacked + Span::minutes(10);
    let units = (1..=rng.u32(1..=3)).map(|n| UnitId::new(format!("{id}-BAG-{n}"))).collect();
    let conditioning = received + Span::days(rng.i64(6..9));
    let started = conditioning + Span::minutes(rng.i64(0..90));
    let infused = started + Span::days(6);
    let product = if rng.bool() { "EXA" } else { "AXI" };
    let patient = Patient {
        product,
        conditioning,
        started: Some(started),
        held: None,
        quality: Some(received + Span::hours(rng.i64(18..30))),
        available: Some(start - Span::days(1)),
        infused: Some(infused),
        second: None,
        stored: rng.u8(..3) == 0,
    };
    Trip {
        cargo: Cargo::Dose,
        goods: Goods::DrugProduct,
        profile: "CRYO_LN2V",
        units,
        consignor,
        consignee,
        planned: start - Span::days(6),
        packed: start,
        legs: way.legs,
        hands: way.hands,
        received,
        verdict: Receipt::Accept,
        missing: 0,
        unpacked,
        stowed: received + Span::minutes(10),
        logger: logger(-185_000, rng.u8(..4) == 0, Span::minutes(10)),
        tank: patient.stored.then(|| logger(-190_000, false, Span::minutes(15))),
        permit: None,
        patient: Some(patient),
        lost_leg: None,
        cancelled: None,
        planned_again: Vec::new(),
        unplanned: false,
        planned_anew: None,
        packed_stamp: Span::ZERO,
        other_site: None,
        also: Vec::new(),
        closed: infused + Span::days(2),
        truth: Vec::new(),
        id,
    }
}
