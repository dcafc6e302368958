//! A patient's fresh cells, by road to the plant.

use crate::route;
use crate::trip::{Cargo, Trip, logger, one_of};
use crate::world::{CLINICS, PLANTS};
use facts::fact::shipment::{Goods, Receipt};
use facts::{Moment, ShipmentId, Span, UnitId};
use fastrand::Rng;

/// The collection ended at `start`.
pub(crate) fn plan(id: ShipmentId, start: Moment, rng: &mut Rng) -> Trip {
    let (consignor, consignee) = (one_of(&CLINICS, rng), one_of(&PLANTS, rng));
    let packed = start + Span::minutes(rng.i64(40..80));
    let hours = rng.i64(7..11);
    let way = route::road(&consignor, &consignee, packed + Span::minutes(60), hours, rng);
    let unpacked = way.delivered() + Span::minutes(rng.i64(10..20));
    let received = unpacked + Span::minutes(10);
    let units = (1..=rng.u32(1..=3)).map(|n| UnitId::new(format!("{id}-BAG-{n}"))).collect();
    Trip {
        cargo: Cargo::Cells,
        goods: Goods::Cells,
        profile: "CELL_2_8",
        units,
        consignor,
        consignee,
        planned: start - Span::days(2),
        packed,
        legs: way.legs,
        hands: way.hands,
        received,
        verdict: Receipt::Accept,
        missing: 0,
        unpacked,
        stowed: received + Span::minutes(10),
        logger: logger(5_000, rng.u8(..5) == 0, Span::minutes(5)),
        tank: None,
        permit: None,
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

/// When the collection ended: an hour before packing, as far as the plan says.
pub(crate) fn collection_end(trip: &Trip) -> Moment {
    trip.planned + Span::days(2)
}
