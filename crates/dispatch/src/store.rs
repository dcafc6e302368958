//! A freezer, tank or depot: which shipments it holds. What its device measures is theirs.

use crate::ahead::is_ahead;
use crate::dispatch::is_outside;
use crate::events::{Duplicate, DuplicateFilter, EventStore, StoredEvent};
use crate::routed::Outcome;
use crate::rules::DispatchParameters;
use crate::sink::RouteSink;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use facts::timeline::unit_key;
use facts::{
    DeviceFact, Event, Fact, Moment, ShipmentId, ShortText, StoreFact, Subject, SystemFact, UnitId,
};
use serde::{Deserialize, Serialize};

/// What dispatch knows of a store.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Store {
    duplicates: DuplicateFilter,
    residencies: Vec<Residency>,
    /// Stays that were booked ahead: their shipments hear of them at their own time.
    booked: Vec<StoredEvent>,
    /// What else its devices report.
    devices: EventStore,
    readings: Vec<Measured>,
    /// When each shipment heard last that something is measured here.
    said: BTreeMap<ShipmentId, Moment>,
    /// When something was last heard of it, by log time.
    heard: Option<Moment>,
    /// It holds nothing any more, and nothing was heard of it for long.
    over: bool,
}

/// Readings that are older than is kept are let go once in so many.
const TRIMMED_EVERY: usize = 256;

/// Units came or went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Residency {
    shipment: ShipmentId,
    at: Moment,
    holds: bool,
    /// Which, by their keys; all of the shipment where none is named.
    units: Vec<UnitId>,
    /// What it was reported as: source and id.
    named: (ShortText, ShortText),
}

/// What it holds of one shipment.
#[derive(Debug, Clone)]
struct Held<'s> {
    shipment: &'s ShipmentId,
    /// Whether it took in the shipment without naming units.
    whole: bool,
    names: BTreeSet<&'s UnitId>,
}

impl<'s> Held<'s> {
    fn note(&mut self, stay: &'s Residency) {
        match (stay.holds, stay.units.is_empty()) {
            (true, true) => self.whole = true,
            (true, false) => self.names.extend(&stay.units),
            (false, true) => (self.whole, self.names) = (false, BTreeSet::new()),
            (false, false) => self.names.retain(|unit| !stay.units.contains(unit)),
        }
    }
    /// Whether there is anything. What came in without names may be more than the names that left: what is aboard is known to the
    /// engine, which is told too much rather than too little.
    fn any(&self) -> bool {
        self.whole || !self.names.is_empty()
    }
}

/// A reading, and who got it.
#[derive(Debug, Serialize, Deserialize)]
struct Measured {
    kept: StoredEvent,
    got: Vec<ShipmentId>,
}

impl Store {
    pub(crate) fn hear(
        &mut self,
        numbers: &DispatchParameters,
        event: &Event,
        sink: &mut RouteSink<'_>,
    ) {
        self.heard = Some(sink.now);
        if let Fact::System(SystemFact::PutAway(away)) = &event.fact {
            return self.leave(&away.shipment);
        }
        if is_outside(event, sink.subject) {
            return self.own(numbers, event, sink);
        }
        match &event.fact {
            Fact::Device(DeviceFact::Reading(_)) => {
                // Now and then is enough.
                if self.readings.len().is_multiple_of(TRIMMED_EVERY) {
                    self.readings.retain(|r| r.kept.learnt + numbers.keep > sink.now);
                }
                let mut reading = Measured { kept: StoredEvent::new(event, sink.now), got: Vec::new() };
                self.place(&mut reading, sink);
                self.watch(&reading.got, numbers, sink);
                self.readings.push(reading);
            }
            Fact::System(SystemFact::Withdrawn(w)) => self.readings.retain(|r| {
                let is_it = matches!(&r.kept.fact, Fact::Device(DeviceFact::Reading(m)) if m.channel == w.channel && m.temperature == w.temperature)
                    && r.kept.at == w.at
                    && r.kept.subject == event.subject;
                if is_it {
                    r.got.iter().for_each(|shipment| sink.journal(shipment, event.clone()));
                }
                !is_it
            }),
            Fact::System(SystemFact::Quiet(_)) => self.held(event.at).iter().for_each(|s| sink.journal(s, event.clone())),
            _ => {
                self.devices.take(event, sink.now);
                self.ever().iter().for_each(|s| sink.journal(s, event.clone()));
            }
        }
    }

    fn own(&mut self, numbers: &DispatchParameters, event: &Event, sink: &mut RouteSink<'_>) {
        let (shipment, units, holds) = match &event.fact {
            Fact::Store(StoreFact::Holds(h)) => (&h.shipment, &h.units, true),
            Fact::Store(StoreFact::NoLongerHolds(h)) => (&h.shipment, &h.units, false),
            _ => return sink.count(Outcome::Processed),
        };
        match self.duplicates.admit(event).duplicate {
            Duplicate::Same => return sink.count(Outcome::Duplicate),
            Duplicate::Other => {
                sink.count(Outcome::Duplicate);
                let other = self.duplicates.other_copy(numbers, sink.now);
                return sink.conflicting(shipment, event, other);
            }
            Duplicate::New => sink.count(Outcome::Processed),
        }
        if is_ahead(event.at, sink.now, numbers.skew) {
            self.booked.push(StoredEvent::new(event, sink.now));
        } else {
            sink.journal(shipment, event.clone());
        }
        if !self.ever().contains(shipment) {
            self.devices.all().iter().for_each(|kept| sink.journal(shipment, kept.event()));
        }
        self.watch(core::slice::from_ref(shipment), numbers, sink);
        let units = units.iter().map(unit_key).collect();
        let named = (event.source.clone(), event.id.clone());
        let stay = Residency { shipment: shipment.clone(), at: event.at, holds, units, named };
        // At one moment things come out before they go in.
        let order = |stay: &Residency| (stay.at, stay.holds);
        let place = self.residencies.partition_point(|known| order(known) <= order(&stay));
        self.residencies.insert(place, stay);
        let mut readings = core::mem::take(&mut self.readings);
        readings.iter_mut().for_each(|reading| self.place(reading, sink));
        self.readings = readings;
    }

    /// Shipments hear that something is measured where they lie, now and then.
    fn watch(
        &mut self,
        shipments: &[ShipmentId],
        numbers: &DispatchParameters,
        sink: &mut RouteSink<'_>,
    ) {
        let Some(silent) = &numbers.silent else { return };
        for shipment in shipments {
            let lately = |at: &Moment| sink.now < *at + silent.watched_again;
            if !self.said.get(shipment).is_some_and(lately) {
                self.said.insert(shipment.clone(), sink.now);
                sink.watch(&Subject::from(shipment));
            }
        }
    }

    /// A shipment was put away: nothing of it is known here any more.
    fn leave(&mut self, gone: &ShipmentId) {
        for stay in self.residencies.extract_if(.., |stay| stay.shipment == *gone) {
            self.duplicates.forget(&stay.named.0, &stay.named.1);
        }
        self.said.remove(gone);
        self.readings.iter_mut().for_each(|reading| reading.got.retain(|got| got != gone));
    }

    /// When it is over: it has held nothing for long.
    fn over_at(&self, numbers: &DispatchParameters) -> Option<Moment> {
        let silent = numbers.silent.as_ref()?;
        let idle = self.residencies.is_empty()
            && self.booked.is_empty()
            && !self.has_probe()
            && !self.over;
        self.heard.filter(|_| idle).map(|heard| heard + silent.put_away)
    }

    /// Whether a probe is in it, by the last word on each: it says so once, and the next goods in it hear of it from here.
    fn has_probe(&self) -> bool {
        let mut words: Vec<_> = self.devices.all().iter().collect();
        words.sort_by_key(|kept| kept.sequence());
        let mut probes = BTreeMap::new();
        for kept in words {
            match &kept.fact {
                Fact::Device(DeviceFact::Attached(a)) => {
                    probes.insert((&kept.subject, &a.channel), true);
                }
                Fact::Device(DeviceFact::Detached(d)) => {
                    probes.insert((&kept.subject, &d.channel), false);
                }
                _ => {}
            }
        }
        probes.values().any(|is_in| *is_in)
    }

    /// Whether nobody needs to know it any more.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// When the next stay begins or ends that was booked ahead.
    pub(crate) fn next_deadline(&self, numbers: &DispatchParameters) -> Option<Moment> {
        let booked = self.booked.iter().map(|kept| kept.at);
        booked.chain(self.over_at(numbers)).min()
    }

    pub(crate) fn tick(&mut self, numbers: &DispatchParameters, sink: &mut RouteSink<'_>) {
        self.over |= self.over_at(numbers).is_some_and(|at| at <= sink.now);
        for kept in core::mem::take(&mut self.booked) {
            let shipment = match &kept.fact {
                Fact::Store(StoreFact::Holds(holds)) => &holds.shipment,
                Fact::Store(StoreFact::NoLongerHolds(gave)) => &gave.shipment,
                _ => continue,
            };
            if kept.at > sink.now {
                self.booked.push(kept);
                continue;
            }
            sink.journal(shipment, kept.event());
        }
    }

    /// Sends a reading to those who should have it. Who had it before it was learnt that their units had been taken out keeps it:
    /// what was said of it has been said, and the engine knows from when on it does not count.
    fn place(&self, reading: &mut Measured, sink: &mut RouteSink<'_>) {
        for shipment in self.held(reading.kept.at) {
            if !reading.got.contains(&shipment) {
                sink.journal(&shipment, reading.kept.event());
                reading.got.push(shipment);
            }
        }
    }

    /// Whose units it held then.
    pub(crate) fn held(&self, at: Moment) -> Vec<ShipmentId> {
        let mut held: Vec<Held<'_>> = Vec::new();
        for stay in self.residencies.iter().take_while(|stay| stay.at <= at) {
            let place = held.iter().position(|held| *held.shipment == stay.shipment);
            let place = place.unwrap_or_else(|| {
                let (shipment, whole, names) = (&stay.shipment, false, BTreeSet::new());
                held.push(Held { shipment, whole, names });
                held.len() - 1
            });
            if let Some(known) = held.get_mut(place) {
                known.note(stay);
            }
        }
        held.iter().filter(|held| held.any()).map(|held| held.shipment.clone()).collect()
    }

    /// Whose units it ever held.
    pub(crate) fn ever(&self) -> Vec<ShipmentId> {
        let mut all: Vec<ShipmentId> =
            self.residencies.iter().map(|stay| stay.shipment.clone()).collect();
        all.sort();
        all.dedup();
        all
    }
}
