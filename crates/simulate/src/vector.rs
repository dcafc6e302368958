//! A vector by air to the plant, under an import permit: on dry ice, or at 2–8 °C.

use crate::route;
use crate::trip::{Cargo, Permit, Trip, logger, one_of};
use crate::world::{MAKERS, PLANTS};
use facts::fact::shipment::{Goods, Receipt};
use facts::{Moment, PermitId, ShipmentId, Span, UnitId};
use fastrand::Rng;

/// It was packed at `start`.
pub(crate) fn plan(id: ShipmentId, start: Moment, cargo: Cargo, rng: &mut Rng) -> Trip {
    let (consignor, consignee) = (one_of(&MAKERS, rng), one_of(&PLANTS, rng));
    let way = route::air(&consignor, &consignee, start + Span::minutes(90), rng.i64(8..10), rng);
    let unpacked = way.delivered() + Span::minutes(rng.i64(10..20));
    let received = unpacked + Span::minutes(10);
    let vials = rng.u32(2..=6);
    let units = (1..=vials).map(|n| UnitId::new(format!("{id}-VIAL-{n}"))).collect();
    let (profile, usual) = match cargo {
        Cargo::ColdVector => ("PHARM_2_8", 5_000),
        _ => ("ULT_80", -75_000),
    };
    let border = way.legs.get(1).map_or(start, |flight| flight.arrives);
    let permit = Permit {
        id: PermitId::new(format!("IMP-{id}")),
        until: border + Span::days(rng.i64(20..200)),
        granted: vials + rng.u32(0..10),
        used: vials,
        suspended: None,
        expected: Vec::new(),
        receipt: false,
    };
    Trip {
        cargo,
        goods: Goods::Vector,
        profile,
        units,
        consignor,
        consignee,
        planned: start - Span::days(8),
        packed: start,
        legs: way.legs,
        hands: way.hands,
        received,
        verdict: Receipt::Accept,
        missing: 0,
        unpacked,
        stowed: received + Span::minutes(10),
        logger: logger(usual, rng.u8(..3) == 0, Span::minutes(10)),
        tank: None,
        permit: Some(permit),
        patient: None,
        lost_leg: None,
        cancelled: None,
        planned_again: Vec::new(),
        unplanned: false,
        planned_anew: None,
        packed_stamp: Span::ZERO,
        other_site: None,
        also: Vec::new(),
        closed: received + Span::days(4),
        truth: Vec::new(),
        id,
    }
}
