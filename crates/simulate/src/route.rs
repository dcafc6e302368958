//! Ways: one drive, or a drive, a flight with customs, and a drive; as planned, and as they went when
//! nothing went wrong.

use crate::trip::{Hand, Leg, one_of};
use crate::world::{AIRLINES, COURIERS};
use facts::fact::shipment::Mode;
use facts::{LegId, Moment, PartyId, Span};
use fastrand::Rng;

/// Legs and hand-overs, in order.
pub(crate) struct Route {
    pub(crate) legs: Vec<Leg>,
    pub(crate) hands: Vec<Hand>,
}

impl Route {
    /// When the consignee has the goods.
    pub(crate) fn delivered(&self) -> Moment {
        self.hands.last().map_or(Moment::EARLIEST, |hand| hand.accepted)
    }
}

/// One drive of so many hours.
pub(crate) fn road(
    from: &PartyId,
    to: &PartyId,
    departs: Moment,
    hours: i64,
    rng: &mut Rng,
) -> Route {
    let courier = one_of(&COURIERS, rng);
    let picked = hand(from, &courier, departs, Some("L1"), rng);
    let leg = drive("L1", &courier, (from, to), departs, Span::hours(hours), picked.accepted, rng);
    let given = hand(&courier, to, leg.arrived + Span::minutes(8), None, rng);
    Route { legs: vec![leg], hands: vec![picked, given] }
}

/// A drive to an airport, a flight of so many hours, customs, and a drive.
pub(crate) fn air(
    from: &PartyId,
    to: &PartyId,
    departs: Moment,
    hours: i64,
    rng: &mut Rng,
) -> Route {
    let (first, last, airline) =
        (one_of(&COURIERS, rng), one_of(&COURIERS, rng), one_of(&AIRLINES, rng));
    let picked = hand(from, &first, departs, Some("L1"), rng);
    let out = drive("L1", &first, (from, &airline), departs, Span::hours(3), picked.accepted, rng);
    let mut given = hand(&first, &airline, out.arrived + Span::minutes(20), Some("L2"), rng);
    given.airside = true;
    given.accepted = given.accepted + Span::minutes(rng.i64(10..50));

    let takes_off = out.arrives + Span::hours(3);
    let lands = takes_off + Span::hours(hours);
    let departed = takes_off.max(given.accepted) + Span::minutes(rng.i64(2..25));
    let arrived = departed + Span::hours(hours) + Span::minutes(rng.i64(0..20));
    let entered = arrived + Span::minutes(rng.i64(35..50));
    let cleared = entered + Span::minutes(rng.i64(60..150));
    let flight = Leg {
        id: LegId::new("L2"),
        mode: Mode::Air,
        carrier: airline.clone(),
        from: airline.clone(),
        to: airline.clone(),
        departs: takes_off,
        arrives: lands,
        departed,
        arrived,
        customs: Some((entered, cleared)),
    };
    let fetched = hand(&airline, &last, cleared + Span::minutes(15), Some("L3"), rng);
    let home = drive(
        "L3",
        &last,
        (&airline, to),
        lands + Span::hours(4),
        Span::hours(2),
        fetched.accepted,
        rng,
    );
    let there = hand(&last, to, home.arrived + Span::minutes(8), None, rng);
    Route { legs: vec![out, flight, home], hands: vec![picked, given, fetched, there] }
}

/// A release soon after a moment, and an acceptance some minutes later.
fn hand(by: &PartyId, to: &PartyId, at: Moment, leg: Option<&str>, rng: &mut Rng) -> Hand {
    let released = at + Span::minutes(rng.i64(0..8));
    let accepted = released + Span::seconds(rng.i64(30..300));
    let (taker, leg) = (to.clone(), leg.map(LegId::new));
    Hand { by: by.clone(), to: to.clone(), taker, released, accepted, leg, airside: false }
}

fn drive(
    id: &str,
    carrier: &PartyId,
    (from, to): (&PartyId, &PartyId),
    departs: Moment,
    takes: Span,
    accepted: Moment,
    rng: &mut Rng,
) -> Leg {
    let departed = accepted + Span::minutes(rng.i64(3..10));
    let arrived = departed + takes + Span::minutes(rng.i64(-15..15));
    Leg {
        id: LegId::new(id),
        mode: Mode::Road,
        carrier: carrier.clone(),
        from: from.clone(),
        to: to.clone(),
        departs,
        arrives: departs + takes,
        departed,
        arrived,
        customs: None,
    }
}
