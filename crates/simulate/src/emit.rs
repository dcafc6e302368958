//! A trip as the events that its people and devices report.

use crate::arrivals::Arrivals;
use crate::cells;
use crate::trip::{Calibration, Cargo, Hand, Leg, Logger, Patient, Permit, Trip};
use facts::fact::device::{Attached, Calibrated, Detached, Imported, Position, Reading};
use facts::fact::order::{
    ConditioningHeld, ConditioningStarted, Opened, PatientScheduled, ProductAvailable,
    RescueConfirmed,
};
use facts::fact::permit::{Bound, Granted, Suspended};
use facts::fact::shipment::{
    Accepted, Act, Arrived, Cancelled, Closed, CustomsCleared, CustomsEntered, Departed,
    EtaChanged, Gated, Infused, LegCancelled, Mode, Packed, Planned, QualityReleased, Quantity,
    Received, Released, Stowed, Thawed, Unpacked, Waypoint,
};
use facts::fact::store::{Holds, NoLongerHolds};
use facts::{
    DeviceFact, DeviceId, Fact, Label, LegId, MilliCelsius, Moment, OrderFact, PartyId, PermitFact,
    ShipmentFact, ShortText, Span, StoreFact, StoreId, Subject, UnitId,
};
use fastrand::Rng;

/// Reports the whole trip.
pub(crate) fn emit(trip: &Trip, arrivals: &mut Arrivals, rng: &mut Rng) {
    let mut teller = Emitter { trip, arrivals };
    teller.plan();
    teller.milestones();
    if let Some(permit) = &trip.permit {
        teller.permit(permit);
    }
    if let Some(patient) = &trip.patient {
        teller.patient(patient);
    }
    for also in &trip.also {
        let source = also.source.as_str();
        teller.arrivals.late(source, &also.subject, also.at, also.sent, also.fact.clone());
    }
    if trip.cancelled.is_none() {
        if trip.logger.there {
            teller.logger(rng);
        }
        if let Some(tank) = &trip.tank {
            teller.tank(tank, rng);
        }
    }
}

struct Emitter<'a> {
    trip: &'a Trip,
    arrivals: &'a mut Arrivals,
}

/// Leg ids, waypoints and sources that every trip shares.
const BORDER: &str = "border";
const DESK: &str = "planning";

impl Emitter<'_> {
    /// Somebody reports something of the shipment, unless it was cancelled before that.
    fn say(&mut self, source: &PartyId, at: Moment, fact: Fact) {
        self.say_dated(source, at, Span::ZERO, fact);
    }

    /// The same by a clock that is ahead by so much.
    fn say_dated(&mut self, source: &PartyId, at: Moment, ahead: Span, fact: Fact) {
        if self.trip.cancelled.is_none_or(|cancelled| at < cancelled) {
            let subject = Subject::from(&self.trip.id);
            self.arrivals.late(source.as_str(), &subject, at + ahead, at, fact);
        }
    }

    fn plan(&mut self) {
        let trip = self.trip;
        let desk = PartyId::new(DESK);
        let plan = |version| {
            Fact::Shipment(ShipmentFact::Planned(Box::new(planned(trip, version, &trip.legs))))
        };
        if !trip.unplanned {
            self.say(&desk, trip.planned, plan(1));
        }
        if let Some((leg, lost, again)) = &trip.lost_leg {
            let reason = ShortText::new("technical");
            self.say(
                &desk,
                *lost,
                Fact::Shipment(ShipmentFact::LegCancelled(LegCancelled {
                    leg: leg.clone(),
                    reason,
                })),
            );
            let legs = later(&trip.legs, leg);
            self.say(
                &desk,
                *again,
                Fact::Shipment(ShipmentFact::Planned(Box::new(planned(trip, 2, &legs)))),
            );
        }
        for (version, again) in &trip.planned_again {
            self.say(&desk, *again, plan(*version));
        }
        if let Some((leg, anew)) = &trip.planned_anew {
            let legs = later(&trip.legs, leg);
            self.say(
                &desk,
                *anew,
                Fact::Shipment(ShipmentFact::Planned(Box::new(planned(trip, 2, &legs)))),
            );
        }
        if let Some(cancelled) = trip.cancelled {
            let fact = Fact::Shipment(ShipmentFact::Cancelled(Cancelled {
                reason: ShortText::new("not needed any more"),
            }));
            self.arrivals.at(DESK, &Subject::from(&trip.id), cancelled, fact);
        }
        let closed = trip.cancelled.map_or(trip.closed, |cancelled| cancelled + Span::days(1));
        self.arrivals.at(
            DESK,
            &Subject::from(&trip.id),
            closed,
            Fact::Shipment(ShipmentFact::Closed(Closed { retain_until: None })),
        );
    }

    fn milestones(&mut self) {
        let trip = self.trip;
        let all = trip.units.clone();
        let order = trip.patient.is_some().then(|| trip.order());
        let packed = Packed {
            units: all.clone(),
            count: None,
            order: order.clone(),
            by: Some(trip.consignor.clone()),
        };
        self.say_dated(
            &trip.consignor,
            trip.packed,
            trip.packed_stamp,
            Fact::Shipment(ShipmentFact::Packed(packed)),
        );
        trip.hands.iter().for_each(|hand| self.hand(hand));
        trip.legs.iter().for_each(|leg| self.leg(leg));
        let by = trip.other_site.clone().unwrap_or_else(|| trip.consignee.clone());
        self.say(
            &by,
            trip.unpacked,
            Fact::Shipment(ShipmentFact::Unpacked(Unpacked { by: by.clone() })),
        );
        let there = all.get(trip.missing..).unwrap_or_default().to_vec();
        let (verdict, count) = (trip.verdict, None);
        let received = Received { by: by.clone(), units: there, count, verdict, order };
        self.say(&by, trip.received, Fact::Shipment(ShipmentFact::Received(received)));
        let stowed = Stowed { by: by.clone(), place: ShortText::new("cold store 2") };
        self.say(&by, trip.stowed, Fact::Shipment(ShipmentFact::Stowed(stowed)));
    }

    fn hand(&mut self, hand: &Hand) {
        let released = Released {
            by: hand.by.clone(),
            to: Some(hand.to.clone()),
            person: None,
            verified_by: None,
            leg: hand.leg.clone(),
            airside: hand.airside,
        };
        let released = Fact::Shipment(ShipmentFact::Released(released));
        let accepted = Accepted {
            by: hand.taker.clone(),
            from: Some(hand.by.clone()),
            person: None,
            verified_by: None,
            leg: hand.leg.clone(),
        };
        let accepted = Fact::Shipment(ShipmentFact::Accepted(accepted));
        if hand.released == hand.accepted {
            // Both sign on one device, which sends it in one go.
            let subject = Subject::from(&self.trip.id);
            self.arrivals.soon(hand.by.as_str(), &subject, hand.released, released);
            self.arrivals.soon(hand.taker.as_str(), &subject, hand.accepted, accepted);
        } else {
            self.say(&hand.by, hand.released, released);
            self.say(&hand.taker, hand.accepted, accepted);
        }
    }

    fn leg(&mut self, leg: &Leg) {
        let id = || leg.id.clone();
        self.say(
            &leg.carrier,
            leg.departed,
            Fact::Shipment(ShipmentFact::Departed(Departed { leg: id() })),
        );
        self.say(
            &leg.carrier,
            leg.arrived,
            Fact::Shipment(ShipmentFact::Arrived(Arrived { leg: id() })),
        );
        if let Some((entered, cleared)) = leg.customs {
            let broker = PartyId::new("customs-broker");
            self.say(
                &broker,
                entered,
                Fact::Shipment(ShipmentFact::CustomsEntered(CustomsEntered { leg: id() })),
            );
            self.say(
                &broker,
                cleared,
                Fact::Shipment(ShipmentFact::CustomsCleared(CustomsCleared { leg: id() })),
            );
        }
    }

    fn permit(&mut self, permit: &Permit) {
        let (trip, id) = (self.trip, Subject::from(&permit.id));
        let granted = Granted {
            kind: ShortText::new("import"),
            issuer: ShortText::new("competent authority"),
            zone: ShortText::new("Europe/Amsterdam"),
            holder: trip.consignee.clone(),
            from: Bound::Moment(trip.planned - Span::days(20)),
            until: Bound::Moment(permit.until),
            shipments: None,
            quantity: Some(vials(permit.granted)),
        };
        let at = trip.planned - Span::days(18);
        self.arrivals.at(
            "authority",
            &id,
            at,
            Fact::Permit(PermitFact::Granted(Box::new(granted.clone()))),
        );
        if let Some((suspended, again)) = permit.suspended {
            let reason = ShortText::new("supplier under inspection");
            self.arrivals.at(
                "authority",
                &id,
                suspended,
                Fact::Permit(PermitFact::PermitSuspended(Suspended { reason })),
            );
            self.arrivals.at(
                "authority",
                &id,
                again,
                Fact::Permit(PermitFact::Amended(Box::new(granted))),
            );
        }
        let desk = PartyId::new(DESK);
        for (told, eta) in &permit.expected {
            let changed = EtaChanged { waypoint: Label::new(BORDER), eta: *eta };
            self.say(&desk, *told, Fact::Shipment(ShipmentFact::EtaChanged(changed)));
        }
    }

    fn patient(&mut self, patient: &Patient) {
        let trip = self.trip;
        let (id, opened) = (Subject::from(&trip.order()), trip.planned - Span::days(6));
        let (by, rescue_required) = (trip.consignee.clone(), patient.product == "EXA");
        let (product, units) = (ShortText::new(patient.product), trip.units.clone());
        let mut say = |at, fact| drop(self.arrivals.at("registry", &id, at, fact));
        say(
            opened,
            Fact::Order(OrderFact::OrderOpened(Opened {
                product,
                units,
                count: None,
                rescue_required,
            })),
        );
        let (conditioning_start, last_dose, infusion) =
            (patient.conditioning, None, patient.infused);
        let scheduled = PatientScheduled { conditioning_start, last_dose, infusion };
        say(opened + Span::days(1), Fact::Order(OrderFact::PatientScheduled(scheduled)));
        if rescue_required {
            say(
                opened + Span::days(2),
                Fact::Order(OrderFact::RescueConfirmed(RescueConfirmed { by: by.clone() })),
            );
        }
        if let Some(at) = patient.available {
            say(
                at,
                Fact::Order(OrderFact::ProductAvailable(ProductAvailable {
                    by: trip.consignor.clone(),
                })),
            );
        }
        if let Some(at) = patient.started {
            say(
                at,
                Fact::Order(OrderFact::ConditioningStarted(ConditioningStarted { by: by.clone() })),
            );
        }
        if let Some(at) = patient.held {
            let reason = ShortText::new("dose in doubt");
            say(
                at,
                Fact::Order(OrderFact::ConditioningHeld(ConditioningHeld {
                    by: by.clone(),
                    reason,
                })),
            );
        }
        if let Some(at) = patient.quality {
            let released = QualityReleased { by: trip.consignor.clone(), units: Vec::new() };
            self.say(&trip.consignor, at, Fact::Shipment(ShipmentFact::QualityReleased(released)));
        }
        if let Some(at) = patient.infused {
            match patient.second {
                None => self.given(&by, at, &[]),
                Some(second) => {
                    let (first, others) = trip.units.split_at(1.min(trip.units.len()));
                    self.given(&by, at, first);
                    self.given(&by, second, others);
                }
            }
        }
    }

    /// These units, or all of them, are thawed and infused.
    fn given(&mut self, by: &PartyId, at: Moment, units: &[UnitId]) {
        let thawed = Thawed { by: by.clone(), units: units.to_vec() };
        self.say(by, at - Span::minutes(20), Fact::Shipment(ShipmentFact::Thawed(thawed)));
        let infused = Infused { by: by.clone(), units: units.to_vec() };
        self.say(by, at, Fact::Shipment(ShipmentFact::Infused(infused)));
    }

    /// The logger in the box: what it measures, and when that arrives.
    fn logger(&mut self, rng: &mut Rng) {
        let (trip, logger) = (self.trip, &self.trip.logger);
        let device = trip.device();
        let passed = logger.calibration != Calibration::Failed;
        let until = match logger.calibration {
            Calibration::Ended => trip.planned - Span::days(10),
            _ => trip.planned + Span::days(300),
        };
        let calibrated = Calibrated { passed, until: Some(until) };
        self.arrivals.at(
            "laboratory",
            &device,
            trip.planned - Span::days(60),
            Fact::Device(DeviceFact::Calibrated(calibrated)),
        );
        let off = logger.off.unwrap_or(trip.unpacked + Span::minutes(10));
        let (from, until) = (trip.packed - Span::minutes(10), off);
        let attached = Attached {
            shipment: Some(trip.id.clone()),
            store: None,
            channel: ShortText::new("payload"),
            position: Position::Payload,
            log_every: logger.log_every,
            send_every: logger.send_every,
        };
        // Now and then somebody scans the logger only when the box is closed.
        let scanned = if rng.u8(..10) == 0 { from + Span::minutes(20) } else { from };
        self.arrivals.late(
            trip.consignor.as_str(),
            &device,
            from,
            scanned,
            Fact::Device(DeviceFact::Attached(attached)),
        );
        let detached =
            Fact::Device(DeviceFact::Detached(Detached { channel: ShortText::new("payload") }));
        self.arrivals.at(trip.consignee.as_str(), &device, until, detached);

        let back = trip
            .flight()
            .map(|flight| (flight.departed, flight.arrived + Span::minutes(rng.i64(20..40))));
        let read_out = trip.stowed + logger.read_out;
        let mut measured = 0;
        for (n, (at, temperature)) in measure(logger, from, until, rng).into_iter().enumerate() {
            let sent = match logger.send_every {
                None => read_out,
                Some(every) => {
                    back.iter().chain(&logger.offline).fold(at.ceil(every), |sent, (off, on)| {
                        if *off <= sent && sent < *on { *on } else { sent }
                    })
                }
            };
            let back = logger.set_back.filter(|(from, until, _)| *from <= at && at < *until);
            let stamped = back.map_or(at, |(.., by)| at - by);
            self.reading(&device, (stamped, temperature, n), sent, rng);
            measured += 1;
        }
        if logger.send_every.is_none() {
            let file = ShortText::new(format!("{}.txt", device.id));
            let imported =
                Fact::Device(DeviceFact::Imported(Imported { file, readings: measured }));
            self.arrivals.put("gateway", &device, read_out, read_out + Span::seconds(21), imported);
        }
    }

    /// The logger of the tank that the dose waits in.
    fn tank(&mut self, tank: &Logger, rng: &mut Rng) {
        let trip = self.trip;
        let name = StoreId::new(format!("TANK-{}", trip.id));
        let (store, device) =
            (Subject::from(&name), Subject::from(&DeviceId::new(format!("LOG-{name}"))));
        let patient = trip.patient.as_ref();
        let infused = patient.and_then(|patient| patient.second.or(patient.infused));
        let out =
            infused.map_or(trip.closed - Span::days(1), |infused| infused - Span::minutes(30));
        let attached = Attached {
            shipment: None,
            store: Some(name),
            channel: ShortText::new("payload"),
            position: Position::Payload,
            log_every: tank.log_every,
            send_every: tank.send_every,
        };
        let from = trip.received - Span::hours(1);
        self.arrivals.at(
            trip.consignee.as_str(),
            &device,
            from,
            Fact::Device(DeviceFact::Attached(attached)),
        );
        let (shipment, units) = (trip.id.clone(), Vec::new());
        if let Some((patient, first)) =
            patient.filter(|p| p.second.is_some()).zip(trip.units.first())
        {
            // The first bag leaves before the others.
            let (shipment, units) = (trip.id.clone(), vec![first.clone()]);
            let at = patient.infused.unwrap_or(out) - Span::minutes(30);
            let gone = Fact::Store(StoreFact::NoLongerHolds(NoLongerHolds { shipment, units }));
            self.arrivals.at(trip.consignee.as_str(), &store, at, gone);
        }
        let holds = Fact::Store(StoreFact::Holds(Holds {
            shipment: shipment.clone(),
            units: units.clone(),
        }));
        self.arrivals.at(trip.consignee.as_str(), &store, trip.stowed, holds);
        let gone = Fact::Store(StoreFact::NoLongerHolds(NoLongerHolds { shipment, units }));
        self.arrivals.at(trip.consignee.as_str(), &store, out, gone);
        let until = out + Span::hours(2);
        for (n, (at, temperature)) in measure(tank, from, until, rng).into_iter().enumerate() {
            self.reading(&device, (at, temperature, n), at, rng);
        }
        let detached =
            Fact::Device(DeviceFact::Detached(Detached { channel: ShortText::new("payload") }));
        self.arrivals.at(trip.consignee.as_str(), &device, until, detached);
    }

    /// Readings that are sent together arrive within 20 seconds, in no order.
    fn reading(
        &mut self,
        device: &Subject,
        measured: (Moment, i32, usize),
        sent: Moment,
        rng: &mut Rng,
    ) {
        let (at, milli, number) = measured;
        let temperature = MilliCelsius(milli);
        let (channel, sequence) = (ShortText::new("payload"), Some(number as u64 + 1));
        let reading = Fact::Device(DeviceFact::Reading(Reading { temperature, channel, sequence }));
        let arrived = sent + Span::millis(rng.i64(1_000..20_000));
        self.arrivals.put("gateway", device, at, arrived, reading);
    }
}

/// What a logger measures on its grid, without what is lost; single readings are lost by chance.
fn measure(logger: &Logger, from: Moment, until: Moment, rng: &mut Rng) -> Vec<(Moment, i32)> {
    let mut all = Vec::new();
    let mut at = from.ceil(logger.log_every);
    let within = |at: Moment, (from, until): (Moment, Moment)| from <= at && at < until;
    let mut dropped = true;
    while at < until {
        let spell = logger.spells.iter().find(|(from, until, _)| within(at, (*from, *until)));
        let usual = spell.map_or(logger.usual, |(.., milli)| *milli);
        // Tenths of a degree, as loggers print them.
        let milli = usual + if spell.is_some() { 0 } else { rng.i32(-8..=8) * 100 };
        let lost = logger.lost.iter().any(|span| within(at, *span));
        // Two in a row would be a hole.
        dropped = !dropped && spell.is_none() && rng.u8(..100) == 0;
        let near = logger.lost.iter().any(|(from, until)| {
            within(at, (*from - logger.log_every * 2, *until + logger.log_every * 2))
        });
        if !lost && (!dropped || near || beside_a_spell(logger, at)) {
            all.push((at, milli));
        }
        at = at + logger.log_every;
    }
    all
}

fn beside_a_spell(logger: &Logger, at: Moment) -> bool {
    let near = logger.log_every * 2;
    logger.spells.iter().any(|(from, until, _)| *from - near <= at && at < *until + near)
}

fn vials(amount: u32) -> Quantity {
    Quantity { amount, unit: Label::new("vials") }
}

/// The plan after a leg was lost: it and all after it a day later.
fn later(legs: &[Leg], lost: &LegId) -> Vec<Leg> {
    let from = legs.iter().position(|leg| leg.id == *lost).unwrap_or(legs.len());
    let mut legs = legs.to_vec();
    for leg in legs.iter_mut().skip(from) {
        (leg.departs, leg.arrives) = (leg.departs + Span::days(1), leg.arrives + Span::days(1));
    }
    legs
}

fn planned(trip: &Trip, version: u32, legs: &[Leg]) -> Planned {
    let flight = legs.iter().find(|leg| leg.mode == Mode::Air);
    let border = flight.map(|flight| Waypoint {
        name: Label::new(BORDER),
        eta: Some(flight.arrives + Span::minutes(30)),
    });
    let door = Waypoint { name: Label::new("door"), eta: legs.last().map(|leg| leg.arrives) };
    let gated = trip.permit.iter().map(|permit| Gated {
        permit: permit.id.clone(),
        act: Act::Import,
        waypoint: Label::new(BORDER),
        leg: Some(LegId::new("L2")),
        quantity: Some(vials(permit.used)),
    });
    let receipt = trip.permit.iter().filter(|permit| permit.receipt).map(|permit| Gated {
        permit: permit.id.clone(),
        act: Act::Receipt,
        waypoint: Label::new("door"),
        leg: None,
        quantity: Some(vials(permit.used)),
    });
    let leg = |leg: &Leg| facts::fact::shipment::Leg {
        id: leg.id.clone(),
        mode: leg.mode,
        carrier: leg.carrier.clone(),
        from: leg.from.clone(),
        to: leg.to.clone(),
        departs: leg.departs,
        arrives: leg.arrives,
    };
    let collected = (trip.cargo == Cargo::Cells).then(|| cells::collection_end(trip));
    Planned {
        version,
        kind: trip.goods,
        profile: ShortText::new(trip.profile),
        order: trip.patient.is_some().then(|| trip.order()),
        coi: None,
        units: trip.units.clone(),
        consignor: trip.consignor.clone(),
        consignee: trip.consignee.clone(),
        legs: legs.iter().map(leg).collect(),
        waypoints: border.into_iter().chain([door]).collect(),
        permits: gated.chain(receipt).collect(),
        slot: collected.map(|end| end + Span::hours(48)),
        collection_end: collected,
        expires_at: collected.map(|end| end + Span::hours(72)),
        shipper: None,
        qualified_hold: None,
        air_waybill: None,
    }
}
