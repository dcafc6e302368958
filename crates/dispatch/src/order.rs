//! A patient's order: what became of each unit of the dose, over all its shipments.
//!
//! The facts of all shipments are walked in one order, that of the timeline; in which order they came decides nothing.
//! What is said of a shipment as a whole is said of all that it carries, in however many packings. Only quality settles a
//! deviation. What nobody may undo stays: of a shipment that was called off before the consignee had it nothing confirms
//! a unit any more, and what was destroyed or given stays so. Quality takes back what quality decided.

use crate::events::StoredEvent;
use crate::shared::{SharedSubject, Subscriber};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::{format, string::String, vec::Vec};
use facts::fact::order::{Carrier, Dose, DoseUnit, Stay, Taken};
use facts::fact::shipment::{Disposition, Goods, Packed, Receipt, Received, Released};
use facts::timeline::{Cancellation, Receiver, Sequence};
use facts::{
    Fact, Moment, OrderFact, PartyId, ShipmentFact, ShipmentId, SystemFact, Timeline,
    TimelineEntry, UnitId,
};

/// A dose is one record of a log, so it has at most so many lines, the order's own units first. What is left out was
/// never received for anybody who counts: that closes a gate, and opens none.
const MOST_LINES: usize = 4_000;

/// So many shipments are told that are to bring it.
const MOST_CARRIERS: usize = 200;

/// So many parties of which nobody knows what they are are told that took a unit in.
const MOST_TAKEN: usize = 20;

/// The units of the plan and of the shipments, in the order of their ids.
pub(crate) fn dose(order: &SharedSubject, id: &str) -> Option<Fact> {
    let mut units = Units::default();
    for kept in order.events.all() {
        if let Fact::Order(OrderFact::OrderOpened(opened)) = &kept.fact {
            for unit in &opened.units {
                units.line(unit);
            }
        }
    }
    let readers = order.shipments.iter();
    let mut shipments: Vec<Carrying<'_>> =
        readers.map(|(shipment, reader)| Carrying::new(shipment, (reader, order), id)).collect();
    let mut walk: Vec<(Sequence, usize, TimelineEntry<'_>)> = Vec::new();
    for (place, shipment) in shipments.iter().enumerate() {
        let entries = shipment.timeline.entries().iter();
        walk.extend(entries.map(|entry| (entry.sequence(), place, *entry)));
    }
    walk.sort_by_key(|(sequence, place, _)| (*sequence, *place));
    for (_, place, entry) in walk {
        if let Some(shipment) = shipments.get_mut(place) {
            shipment.take(entry, &mut units);
        }
    }
    let units = units.0.into_values().map(|unit| unit.line).collect();
    let carriers = shipments.iter().filter_map(Carrying::carrier).take(MOST_CARRIERS).collect();
    Some(Fact::System(SystemFact::Dose(Dose { units, carriers })))
}

/// The lines of the dose, by the ids of their units as they are compared.
#[derive(Debug, Default)]
struct Units(BTreeMap<String, Unit>);

/// A unit on its way through the walk.
#[derive(Debug)]
struct Unit {
    line: DoseUnit,
    /// It was taken in under a deviation, and quality has not settled that.
    open: bool,
    /// It was refused at the door, and was not taken in since.
    refused: bool,
    /// It was destroyed: nobody takes that back.
    destroyed: bool,
    /// Who has it, once it was received.
    with: Option<PartyId>,
}

impl Units {
    fn line(&mut self, unit: &UnitId) -> Option<&mut Unit> {
        let key = compared(unit);
        if self.0.len() >= MOST_LINES && !self.0.contains_key(&key) {
            return None;
        }
        Some(self.0.entry(key).or_insert_with(|| Unit::new(unit)))
    }
}

/// Scanners write one label in large letters and in small ones.
fn compared(unit: &UnitId) -> String {
    unit.as_str().trim().to_ascii_lowercase()
}

impl Unit {
    fn new(unit: &UnitId) -> Self {
        let line = DoseUnit {
            unit: unit.clone(),
            shipment: None,
            packed: None,
            received: None,
            stays: Vec::new(),
            taken: Vec::new(),
            deviation: false,
            settled: None,
            released: None,
            lost: None,
            out: Vec::new(),
            infused: None,
        };
        Self { line, open: false, refused: false, destroyed: false, with: None }
    }

    /// The consignee looked at it.
    fn receive(&mut self, verdict: Receipt, at: Moment) {
        match verdict {
            Receipt::Reject => self.refused = true,
            Receipt::Accept | Receipt::AcceptUnderDeviation => {
                if self.refused || self.line.received.is_none() {
                    self.line.received = Some(at);
                }
                self.refused = false;
                self.open |= verdict == Receipt::AcceptUnderDeviation;
            }
        }
        self.line.deviation = self.open || self.refused;
    }

    /// It is on its way again: what was received there is received there no longer.
    fn leave(&mut self, until: Moment) {
        let received = self.line.received.take().filter(|from| *from < until);
        let room = self.line.stays.len() < MOST_TAKEN;
        self.line.stays.extend(received.filter(|_| room).map(|from| Stay { from, until }));
        self.line.taken.clear();
        self.with = None;
    }

    /// A party took it in of which nobody knows what it is: it may be a part of the consignee.
    fn take(&mut self, received: &Received, at: Moment) {
        let known = self.line.taken.iter().any(|taken| taken.by == received.by);
        if received.verdict == Receipt::Reject || known || self.line.taken.len() >= MOST_TAKEN {
            return;
        }
        self.line.taken.push(Taken { by: received.by.clone(), at });
    }

    /// Somebody who is not the consignee had it in hand and saw a deviation, which quality has to settle.
    fn doubt(&mut self, verdict: Receipt) {
        self.open |= verdict == Receipt::AcceptUnderDeviation;
        self.line.deviation = self.open || self.refused;
    }

    /// What was discarded is destroyed afterwards: it was lost when the first of it was said.
    fn lose(&mut self, at: Moment) {
        self.line.lost.get_or_insert(at);
    }

    /// Quality decided otherwise, as long as there is something to decide about.
    fn take_back(&mut self, until: Moment) {
        if self.destroyed {
            return;
        }
        let lost = self.line.lost.take().filter(|from| *from < until);
        let room = self.line.out.len() < MOST_TAKEN;
        self.line.out.extend(lost.filter(|_| room).map(|from| Stay { from, until }));
    }

    /// Quality released it: that takes a decision to discard it back.
    fn release(&mut self, at: Moment) {
        self.take_back(at);
        self.line.released.get_or_insert(at);
    }

    /// Quality decided that a unit may be used: that settles a deviation, and releases it.
    fn decide_for_use(&mut self, at: Moment) {
        if self.line.deviation {
            self.line.settled = Some(at);
        }
        (self.open, self.refused, self.line.deviation) = (false, false, false);
        self.release(at);
    }
}

/// One shipment of the order, and what it carries by now.
struct Carrying<'a> {
    shipment: &'a ShipmentId,
    order: &'a str,
    timeline: Timeline<'a>,
    planned: &'a [UnitId],
    /// It was called off before the consignee had it: nothing of it confirms a unit.
    called_off: bool,
    packed: bool,
    scanned: Vec<UnitId>,
    counted: u32,
    /// All that was planned was packed, by somebody who neither scanned nor counted.
    whole: bool,
    packings: Vec<(Moment, &'a Packed)>,
    /// What each party said last at its door.
    receipts: BTreeMap<&'a str, &'a Received>,
}

impl<'a> Carrying<'a> {
    fn new(
        shipment: &'a ShipmentId,
        (reader, all): (&'a Subscriber, &'a SharedSubject),
        order: &'a str,
    ) -> Self {
        let kept = reader.events.all().iter().chain(all.parties.all());
        let entries = kept.map(StoredEvent::entry);
        let timeline = Timeline::new(entries, None);
        let planned = timeline.plan_in_force().map_or(&[][..], |plan| &plan.plan.units);
        let called_off = timeline.called_off_at().is_some();
        Self {
            shipment,
            order,
            timeline,
            planned,
            called_off,
            packed: false,
            scanned: Vec::new(),
            counted: 0,
            whole: false,
            packings: Vec::new(),
            receipts: BTreeMap::new(),
        }
    }

    /// The shipment, where it is to bring the finished dose of this order and takes place.
    fn carrier(&self) -> Option<Carrier> {
        let plan = self.timeline.plan_in_force()?.plan;
        let mine = self.timeline.order().is_some_and(|order| order.as_str() == self.order);
        let first = || self.timeline.plans().iter().map(|plan| plan.from).min();
        let from = match self.timeline.cancellation() {
            Cancellation::Cancelled { .. } => None,
            Cancellation::Revived { planned, .. } => Some(planned),
            Cancellation::None | Cancellation::Disputed { .. } => first(),
        };
        let shipment = self.shipment.clone();
        from.filter(|_| mine && plan.kind == Goods::DrugProduct)
            .map(|from| Carrier { shipment, from })
    }

    /// All that was packed until now: as scanned, else those of the plan, else so many without a name of their own;
    /// before anything was packed, all that is planned.
    fn aboard(&self) -> Vec<UnitId> {
        if !self.packed {
            return self.planned.to_vec();
        }
        let mut aboard = self.scanned.clone();
        let scanned: BTreeSet<String> = aboard.iter().map(compared).collect();
        let others = self.planned.iter().filter(|unit| !scanned.contains(&compared(unit)));
        let counted = usize::try_from(self.counted).unwrap_or(usize::MAX);
        let unnamed = (1..=self.counted).map(|n| UnitId::new(format!("{}#{n}", self.shipment)));
        if self.whole {
            aboard.extend(others.cloned());
        } else {
            aboard.extend(others.cloned().chain(unnamed).take(counted));
        }
        aboard
    }

    /// What a statement is about: what it names, else all that is aboard.
    fn meant(&self, named: &[UnitId]) -> Vec<UnitId> {
        if named.is_empty() { self.aboard() } else { named.to_vec() }
    }

    fn take(&mut self, entry: TimelineEntry<'a>, units: &mut Units) {
        let at = entry.at;
        match entry.fact {
            Fact::Shipment(ShipmentFact::Packed(packed)) => self.pack(packed, at, units),
            Fact::Shipment(ShipmentFact::Received(received)) => self.receive(received, at, units),
            Fact::Shipment(ShipmentFact::Released(released)) if !self.called_off => {
                self.let_go(released, at, units)
            }
            Fact::Shipment(ShipmentFact::QualityReleased(q)) if !self.called_off => {
                self.mark(&q.units, units, |unit| unit.release(at));
            }
            Fact::Shipment(ShipmentFact::QualityReleased(q)) => {
                self.mark(&q.units, units, |unit| unit.take_back(at))
            }
            Fact::Shipment(ShipmentFact::Dispositioned(d)) if d.outcome == Disposition::Discard => {
                self.mark(&d.units, units, |unit| unit.lose(at));
            }
            Fact::Shipment(ShipmentFact::Dispositioned(d)) if !self.called_off => {
                self.mark(&d.units, units, |unit| unit.decide_for_use(at));
            }
            Fact::Shipment(ShipmentFact::Dispositioned(d)) => {
                self.mark(&d.units, units, |unit| unit.take_back(at))
            }
            Fact::Shipment(ShipmentFact::Destroyed(d)) => self.mark(&d.units, units, |unit| {
                unit.lose(at);
                unit.destroyed = true;
            }),
            Fact::Shipment(ShipmentFact::Infused(i)) => self.mark(&i.units, units, |unit| {
                unit.line.infused.get_or_insert(at);
            }),
            _ => {}
        }
    }

    fn mark(&self, named: &[UnitId], units: &mut Units, mark: impl Fn(&mut Unit)) {
        for unit in self.meant(named) {
            let Some(unit) = units.line(&unit) else { continue };
            unit.line.shipment.get_or_insert_with(|| self.shipment.clone());
            mark(unit);
        }
    }

    fn pack(&mut self, packed: &'a Packed, at: Moment, units: &mut Units) {
        let another = packed.order.as_ref().is_some_and(|order| order.as_str() != self.order);
        // The same packing under another id is a retry.
        if another || self.packings.contains(&(at, packed)) {
            return;
        }
        let before: BTreeSet<UnitId> =
            if self.packed { self.aboard().into_iter().collect() } else { BTreeSet::new() };
        self.packings.push((at, packed));
        self.packed = true;
        match packed.count {
            _ if !packed.units.is_empty() => {
                let known: BTreeSet<String> = self.scanned.iter().map(compared).collect();
                let new = packed.units.iter().filter(|unit| !known.contains(&compared(unit)));
                self.scanned.extend(new.cloned());
            }
            Some(count) => self.counted = self.counted.saturating_add(count),
            None => self.whole = true,
        }
        if self.called_off {
            return;
        }
        let now = self.aboard().into_iter().filter(|unit| !before.contains(unit));
        for unit in now.chain(packed.units.iter().cloned()) {
            let Some(unit) = units.line(&unit) else { continue };
            let another = unit.line.shipment.as_ref().is_some_and(|last| last != self.shipment);
            let stays = |with: &PartyId| self.timeline.is_consignee(with, at) == Some(true);
            if another && !unit.with.as_ref().is_some_and(stays) {
                unit.leave(at);
            }
            unit.line.shipment = Some(self.shipment.clone());
            unit.line.packed = Some(at);
        }
    }

    fn receive(&mut self, received: &'a Received, at: Moment, units: &mut Units) {
        // What a party says again at its door, word for word, is no other receipt.
        if self.called_off || self.receipts.get(received.by.as_str()) == Some(&received) {
            return;
        }
        self.receipts.insert(received.by.as_str(), received);
        let receiver = self.timeline.receiver(&received.by, at);
        let by_consignee = matches!(receiver, None | Some(Receiver::Consignee));
        // A plan that was made later may name the receiver: then it is where it is to be from that plan on.
        let counts = if by_consignee { Some(at) } else { self.timeline.confirmed_at(received, at) };
        for unit in self.meant_at_the_door(received) {
            let Some(unit) = units.line(&unit) else { continue };
            unit.line.shipment.get_or_insert_with(|| self.shipment.clone());
            match (counts, receiver) {
                (Some(counts), _) => {
                    unit.receive(received.verdict, counts);
                    unit.with = Some(received.by.clone());
                }
                (None, Some(Receiver::NeverDescribed)) => unit.take(received, at),
                (None, _) => {}
            }
            unit.doubt(received.verdict);
        }
    }

    /// The consignee lets the goods go, to somebody who is no part of it: they are on their way again. Of a party that nobody
    /// has described nobody knows that.
    fn let_go(&mut self, released: &Released, at: Moment, units: &mut Units) {
        let Some(to) = &released.to else { return };
        let receiver = self.timeline.receiver(to, at);
        let stays = matches!(receiver, None | Some(Receiver::Consignee));
        if stays || self.timeline.is_consignee(&released.by, at) != Some(true) {
            return;
        }
        self.receipts.clear();
        for unit in self.aboard() {
            let Some(unit) = units.line(&unit) else { continue };
            if unit.line.shipment.as_ref() != Some(self.shipment) || unit.line.received.is_none() {
                continue;
            }
            unit.leave(at);
            if receiver == Some(Receiver::NeverDescribed) {
                unit.line.taken.push(Taken { by: to.clone(), at });
            }
        }
    }

    /// What a receipt is about: as scanned, else so many of what was packed, else all of it.
    fn meant_at_the_door(&self, received: &Received) -> Vec<UnitId> {
        let mut meant = self.meant(&received.units);
        let counted = received.count.and_then(|n| usize::try_from(n).ok());
        if let (true, Some(counted)) = (received.units.is_empty(), counted) {
            let unnamed = (1..=counted).map(|n| UnitId::new(format!("{}#{n}", self.shipment)));
            meant.extend(unnamed);
            meant.truncate(counted);
        }
        meant
    }
}
