//! Where the goods are: in their box, from packing until they are taken out, and in the stores that hold them.
//!
//! What ends a stretch is an act that somebody reported. Readings end nothing, and losing a logger ends nothing.

use crate::shipment_setup::Attachment;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;
use facts::fact::shipment::Receipt;
use facts::timeline::{Aboard, Contents, Discards, Timeline, TimelineEntry, unit_key};
use facts::{Fact, Moment, PartyId, ShipmentFact, StoreFact, StoreId, UnitId};

/// What a probe is attached to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ProbePlace {
    /// The box in which the goods travel.
    Box,
    /// A store, by its place among those that are known.
    Store(usize),
}

/// The stores of one story.
#[derive(Debug, Clone, Default)]
pub struct Stores(Vec<StoreId>);

impl Stores {
    /// The place that a store is.
    pub fn place(&mut self, store: &str) -> ProbePlace {
        let known = self.0.iter().position(|known| known.as_str() == store);
        ProbePlace::Store(known.unwrap_or_else(|| {
            self.0.push(StoreId::new(store));
            self.0.len() - 1
        }))
    }
    /// The name of a store.
    pub fn name(&self, place: ProbePlace) -> Option<&StoreId> {
        match place {
            ProbePlace::Box => None,
            ProbePlace::Store(n) => self.0.get(n),
        }
    }
}

/// The end of a stretch: when it was, and when and where in the journal that was learnt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// When it ended.
    pub at: Moment,
    /// When we learnt that.
    pub learnt: Moment,
    /// The place of that in the journal.
    pub offset: u64,
}

impl Ended {
    /// An end that a fact tells of.
    pub fn by(entry: &TimelineEntry<'_>) -> Self {
        Self { at: entry.at, learnt: entry.learnt, offset: entry.offset }
    }

    /// The same end, where another act had told of it already: what was measured after that was held against nobody.
    pub fn known_with(self, other: Self) -> Self {
        match (other.learnt, other.offset) < (self.learnt, self.offset) {
            true => Self { at: self.at, ..other },
            false => self,
        }
    }
}

/// A stretch in which the goods, or some of them, were in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// Which place.
    pub place: ProbePlace,
    /// From when.
    pub from: Moment,
    /// When we learnt that it had begun.
    pub learnt: Moment,
    /// Until when; `None` while it goes on.
    pub until: Option<Ended>,
    /// Whether all units are in it, as far as anybody said.
    pub all: bool,
}

impl Stretch {
    /// Its end, or the end of all time.
    pub fn end(&self) -> Moment {
        self.until.map_or(Moment::LATEST, |until| until.at)
    }
    /// Whether a moment lies in it.
    pub fn holds(&self, at: Moment) -> bool {
        self.from <= at && at <= self.end()
    }
}

/// When the watch over the goods ended for good: cancelled and not planned again, closed, or of the last unit it was said that
/// it has left or is not to be used.
pub(crate) fn over(timeline: &Timeline<'_>, aboard: &Aboard) -> Option<Ended> {
    let cancelled = timeline.cancelled_at();
    let mut ends: Vec<Ended> = Vec::new();
    for entry in timeline.entries() {
        let is_end = match entry.fact {
            Fact::Shipment(ShipmentFact::Closed(_)) => true,
            Fact::Shipment(ShipmentFact::Cancelled(_)) => cancelled == Some(entry.at),
            Fact::Shipment(
                ShipmentFact::Thawed(_) | ShipmentFact::Infused(_) | ShipmentFact::Destroyed(_),
            ) => aboard.left_at == Some(entry.at),
            _ => false,
        };
        if is_end {
            ends.push(Ended::by(entry));
        }
    }
    ends.extend(discarded(timeline, aboard));
    // Of several that say the same, what was known first counts.
    let first = ends.iter().copied().min_by_key(|end| (end.at, end.offset))?;
    Some(ends.into_iter().fold(first, Ended::known_with))
}

/// When quality had said of the last unit aboard that it is not to be used, unless it has said otherwise of one since.
fn discarded(timeline: &Timeline<'_>, aboard: &Aboard) -> Option<Ended> {
    let (mut discards, mut ended) = (Discards::default(), None);
    for entry in timeline.entries() {
        match entry.fact {
            Fact::Shipment(ShipmentFact::Dispositioned(decision)) => discards.take(decision),
            // The last one that was not discarded may leave.
            Fact::Shipment(
                ShipmentFact::Thawed(_) | ShipmentFact::Infused(_) | ShipmentFact::Destroyed(_),
            ) => {}
            _ => continue,
        }
        let left = |unit: &UnitId| aboard.left.get(unit).is_some_and(|at| *at <= entry.at);
        let gone = |unit: &UnitId| left(unit) || discards.contains(unit);
        let all = match &aboard.contents {
            Contents::Named(named) => named.iter().all(gone),
            // Nobody knows of which unit nothing was said.
            Contents::Counted(_) | Contents::Unknown => discards.are_all(),
        };
        ended = if all { ended.or(Some(Ended::by(entry))) } else { None };
    }
    ended
}

/// When quality had decided what becomes of the goods: of the whole, or of each unit that had not left by then. What it says of
/// some units changes nothing for the others.
pub(crate) fn decided(timeline: &Timeline<'_>, aboard: &Aboard) -> Vec<Moment> {
    let mut all = Vec::new();
    let mut names: BTreeSet<UnitId> = BTreeSet::new();
    for entry in timeline.entries() {
        let Fact::Shipment(ShipmentFact::Dispositioned(decision)) = entry.fact else { continue };
        names.extend(decision.units.iter().map(unit_key));
        let left = |unit: &UnitId| aboard.left.get(unit).is_some_and(|at| *at <= entry.at);
        let whole = match &aboard.contents {
            _ if decision.units.is_empty() => true,
            Contents::Named(units) => units.iter().all(|unit| names.contains(unit) || left(unit)),
            Contents::Counted(count) => {
                let gone = aboard.left.keys().filter(|unit| left(unit) && !names.contains(*unit));
                usize::try_from(*count).is_ok_and(|n| names.len() + gone.count() >= n)
            }
            Contents::Unknown => false,
        };
        if whole {
            names.clear();
            all.push(entry.at);
        }
    }
    all
}

/// The stretches in the box. It is filled by packing, or, where nobody reported that, with the first probe; it is empty
/// again when the goods were unpacked, or when their consignee opened it; what departs after that was packed again.
///
/// An unpacking that is dated ahead counts as at its arrival, and happened before that. Where its party had put the goods into
/// another box, and nobody has said that they came out of the first one, it is that.
pub(crate) fn boxes(
    timeline: &Timeline<'_>,
    attachments: &[Attachment],
    over: Option<Ended>,
) -> Vec<Stretch> {
    let mut all: Vec<Stretch> = Vec::new();
    let fill = |all: &mut Vec<Stretch>, (from, learnt): (Moment, Moment)| {
        let over = over.filter(|over| over.at <= from);
        if over.is_none() && all.last().is_none_or(|last| last.until.is_some()) {
            all.push(Stretch { place: ProbePlace::Box, from, learnt, until: None, all: true });
        }
    };
    let is_packing = |entry: &TimelineEntry<'_>| {
        matches!(entry.fact, Fact::Shipment(ShipmentFact::Packed(_) | ShipmentFact::Repacked(_)))
    };
    let packed = timeline.entries().iter().any(is_packing);
    let first_probe =
        attachments.iter().filter(|a| a.place == ProbePlace::Box).map(|a| a.from).min();
    let mut first_probe = first_probe.filter(|_| !packed);
    let (mut received, mut arrived) = (false, false);
    let mut moved: Option<&PartyId> = None;
    for entry in timeline.entries() {
        if let Some(from) = first_probe.filter(|from| *from <= entry.at) {
            fill(&mut all, (from, from));
            first_probe = None;
        }
        let emptied = match entry.fact {
            Fact::Shipment(ShipmentFact::Packed(_)) => {
                fill(&mut all, (entry.at, entry.learnt));
                moved = None;
                continue;
            }
            Fact::Shipment(ShipmentFact::Repacked(repacked)) => {
                let full = all.last().is_some_and(|last| last.until.is_none());
                moved = full.then_some(&repacked.by);
                fill(&mut all, (entry.at, entry.learnt));
                continue;
            }
            Fact::Shipment(ShipmentFact::Received(receipt)) => {
                received |= receipt.verdict != Receipt::Reject
                    && timeline.is_consignee(&receipt.by, entry.at) == Some(true);
                continue;
            }
            Fact::Shipment(ShipmentFact::Accepted(accepted)) => {
                arrived |= timeline.is_consignee(&accepted.by, entry.at) == Some(true);
                continue;
            }
            // What travels on was put into a box again, whether or not somebody scanned that.
            Fact::Shipment(ShipmentFact::Departed(_))
                if !all.is_empty() && !received && !arrived =>
            {
                fill(&mut all, (entry.at, entry.learnt));
                continue;
            }
            // Whoever the consignee lets open it after the receipt takes the goods out for it.
            Fact::Shipment(ShipmentFact::Opened(opened)) => {
                received || timeline.is_consignee(&opened.by, entry.at) == Some(true)
            }
            // It let them go again.
            Fact::Shipment(ShipmentFact::Released(r))
                if timeline.is_consignee(&r.by, entry.at) == Some(true) =>
            {
                received = false;
                continue;
            }
            Fact::Shipment(ShipmentFact::Unpacked(out)) => {
                moved.take_if(|by| entry.ahead && **by == out.by).is_none()
            }
            _ => false,
        };
        if let Some(last) = all.last_mut().filter(|_| emptied) {
            let end = Ended::by(entry);
            last.until = Some(last.until.map_or(end, |known| known.known_with(end)));
        }
    }
    if let Some(from) = first_probe {
        fill(&mut all, (from, from));
    }
    end_at(&mut all, over);
    all
}

/// The stays in stores. A stay is of one store. It lasts while that store holds any unit: until it has given out, or
/// somebody has used up, each that it took in.
pub(crate) fn stays(
    timeline: &Timeline<'_>,
    stores: &mut Stores,
    aboard: &Aboard,
    over: Option<Ended>,
) -> Vec<Stretch> {
    let mut holding: Vec<(ProbePlace, Held)> = Vec::new();
    let mut all: Vec<Stretch> = Vec::new();
    for entry in timeline.entries() {
        let by = match entry.fact {
            Fact::Store(StoreFact::Holds(_) | StoreFact::NoLongerHolds(_)) => {
                Some(stores.place(&entry.subject.id))
            }
            Fact::Shipment(
                ShipmentFact::Thawed(_) | ShipmentFact::Infused(_) | ShipmentFact::Destroyed(_),
            ) => None,
            Fact::Shipment(ShipmentFact::Packed(_) | ShipmentFact::Repacked(_)) => None,
            _ => continue,
        };
        if let Some(place) = by.filter(|by| holding.iter().all(|(place, _)| place != by)) {
            holding.push((place, Held::default()));
        }
        for (place, held) in &mut holding {
            let (place, mine) = (*place, by == Some(*place));
            match entry.fact {
                Fact::Store(StoreFact::Holds(h)) if mine => held.take_in(&h.units, entry.at),
                // A unit is in one place: the newest stay of a named one wins.
                Fact::Store(StoreFact::Holds(h)) if !h.units.is_empty() => held.give_out(&h.units),
                Fact::Store(StoreFact::NoLongerHolds(h)) if mine => held.give_out(&h.units),
                Fact::Shipment(ShipmentFact::Thawed(t)) => held.give_out(&t.units),
                Fact::Shipment(ShipmentFact::Infused(i)) => held.give_out(&i.units),
                Fact::Shipment(ShipmentFact::Destroyed(d)) => held.give_out(&d.units),
                // What is packed by name after that has come out of it, whether or not somebody scanned that.
                Fact::Shipment(ShipmentFact::Packed(p)) => held.packed(&p.units, entry.at),
                Fact::Shipment(ShipmentFact::Repacked(r)) => held.packed(&r.units, entry.at),
                _ => continue,
            }
            let is_all = held.is_all(aboard);
            let (from, learnt) = (entry.at, entry.learnt);
            let begins = Stretch { place, from, learnt, until: None, all: is_all };
            let last = all.iter_mut().rfind(|stay| stay.place == place && stay.until.is_none());
            match (last, held.any(&aboard.contents)) {
                (Some(open), true) if open.all == is_all => {}
                (Some(open), any) => {
                    open.until = Some(Ended::by(entry));
                    if any {
                        all.push(begins);
                    }
                }
                (None, true) => all.push(begins),
                // It had given them out before.
                (None, false) => {
                    let last = all.iter_mut().rfind(|stay| stay.place == place);
                    for known in last.into_iter().filter_map(|stay| stay.until.as_mut()) {
                        *known = known.known_with(Ended::by(entry));
                    }
                }
            }
        }
    }
    all.retain(|stay| over.is_none_or(|over| stay.from <= over.at));
    end_at(&mut all, over);
    all
}

fn end_at(all: &mut [Stretch], over: Option<Ended>) {
    let Some(over) = over else { return };
    for stretch in all.iter_mut().filter(|stretch| over.at < stretch.end()) {
        stretch.until = Some(stretch.until.map_or(over, |known| over.known_with(known)));
    }
}

/// What one store holds of a shipment.
#[derive(Debug, Default)]
struct Held {
    /// Whether it took in the shipment without naming units.
    whole: bool,
    /// Units that it took in by name.
    names: BTreeSet<UnitId>,
    /// Units that have left it, or were used up.
    out: BTreeSet<UnitId>,
    /// When it took something in last.
    since: Option<Moment>,
}

impl Held {
    fn take_in(&mut self, units: &[UnitId], at: Moment) {
        self.since = Some(at);
        if units.is_empty() {
            self.whole = true;
            self.out.clear();
        }
        for unit in units.iter().map(unit_key) {
            self.out.remove(&unit);
            self.names.insert(unit);
        }
    }
    fn give_out(&mut self, units: &[UnitId]) {
        if units.is_empty() {
            *self = Self::default();
        }
        for unit in units.iter().map(unit_key) {
            self.names.remove(&unit);
            self.out.insert(unit);
        }
    }
    /// What is packed in the minute in which it was put in may have been packed before that.
    fn packed(&mut self, units: &[UnitId], at: Moment) {
        if !units.is_empty() && self.since.is_some_and(|since| since < at) {
            self.give_out(units);
        }
    }
    /// Whether it holds anything. What nobody named or counted stays until the whole of it is said to leave.
    fn any(&self, contents: &Contents) -> bool {
        let of_the_whole = match contents {
            Contents::Named(units) => units.iter().any(|unit| !self.out.contains(unit)),
            Contents::Counted(count) => {
                usize::try_from(*count).map_or(true, |count| self.out.len() < count)
            }
            Contents::Unknown => true,
        };
        !self.names.is_empty() || (self.whole && of_the_whole)
    }
    /// Whether nothing of the shipment is known to be elsewhere.
    fn is_all(&self, aboard: &Aboard) -> bool {
        match &aboard.contents {
            Contents::Named(units) => {
                let here = |unit: &UnitId| {
                    self.names.contains(unit) || (self.whole && !self.out.contains(unit))
                };
                units.iter().all(|unit| here(unit) || aboard.left.contains_key(unit))
            }
            Contents::Counted(count) => {
                self.whole || usize::try_from(*count).is_ok_and(|n| self.names.len() >= n)
            }
            Contents::Unknown => true,
        }
    }
}
