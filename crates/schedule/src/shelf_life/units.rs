//! Which units of a shipment have come, and which are there no more.
//!
//! Units are told apart only where they were scanned at packing. Else all of them are one.

use super::{DatedAct, Whereabouts};
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use facts::fact::shipment::{Goods, Planned, Receipt, Received, Released};
use facts::timeline::{Contents, Discards, Houses, PlanEntry, Receiver, unit_key};
use facts::{Fact, Moment, PartyId, ShipmentFact, Timeline, UnitId};

/// Something that tells where units are, in the order in which it happened.
#[derive(Clone, Copy)]
pub(super) enum Move<'a> {
    /// A receipt or a refusal, with the plan that was in force then.
    Received(DatedAct, &'a Received, Option<&'a Planned>),
    /// Units were thawed or infused; all of them where none is named.
    Used(DatedAct, &'a [UnitId]),
    /// Somebody took the goods over.
    Accepted(DatedAct, &'a PartyId),
    /// Somebody let them go.
    Released(&'a Released),
}

/// By what a receipt is judged.
pub(super) struct Way<'w, 'a> {
    pub(super) houses: &'w Houses<'a>,
    /// The plans until now, in the order in which they came into force; the last one is.
    pub(super) plans: &'w [PlanEntry<'a>],
    /// Since when plans have had the goods go this way.
    pub(super) rerouted: Moment,
    /// When the shipment was called off or closed, if it was.
    pub(super) ended: Option<Moment>,
}

impl Way<'_, '_> {
    fn is_consignee(&self, party: &PartyId) -> bool {
        self.plans.last().is_some_and(|now| self.houses.are_one(party, &now.plan.consignee))
    }

    /// Since when a plan has a party send on what it had received before.
    fn sent_on(&self, by: &PartyId, received: Moment) -> Option<Moment> {
        let is_it = |party: &PartyId| self.houses.are_one(by, party);
        let sends = |plan: &Planned| {
            let from = is_it(&plan.consignor) || plan.legs.iter().any(|leg| is_it(&leg.from));
            from && !is_it(&plan.consignee)
        };
        let later = self.plans.iter().filter(|entry| entry.from > received && sends(entry.plan));
        later.map(|entry| entry.from).min()
    }
}

/// Which units have come.
#[derive(Default)]
pub(super) struct Arrivals {
    /// Those that have not, by their keys.
    awaited: BTreeSet<UnitId>,
    /// Those that were refused, by their keys.
    refused: BTreeSet<UnitId>,
    /// Those that are with a party of which nobody has said what it is, by their keys.
    taken: BTreeMap<UnitId, (PartyId, DatedAct)>,
    /// Those that have come, by their keys.
    came: BTreeMap<UnitId, DatedAct>,
    /// When the consignee took the goods over: they are there, as long as it does not refuse them.
    accepted: Option<DatedAct>,
    /// The names of those that were packed, by their keys.
    names: BTreeMap<UnitId, UnitId>,
    /// When they had come to a party that sends them on since, by a later plan, and since when.
    pub(super) sent_on: Option<(DatedAct, Moment)>,
}

impl Arrivals {
    /// Nothing has come yet.
    pub(super) fn of(timeline: &Timeline<'_>, contents: &Contents) -> Self {
        let mut names = BTreeMap::new();
        if let Contents::Named(_) = contents {
            names = scanned(timeline, |fact| match fact {
                ShipmentFact::Packed(packed) => Some(&packed.units),
                _ => None,
            });
            // What goes from one box into the next may be scanned under another name.
            if names.is_empty() {
                names = scanned(timeline, |fact| match fact {
                    ShipmentFact::Repacked(repacked) => Some(&repacked.units),
                    _ => None,
                });
            }
        }
        let mut awaited: BTreeSet<UnitId> = names.keys().cloned().collect();
        if awaited.is_empty() {
            awaited.insert(UnitId::default());
        }
        Self { awaited, names, ..Self::default() }
    }

    /// With whom the goods are, by all that came until now. Once some have come, those that have not are missing, and that is
    /// told by others.
    pub(super) fn whereabouts(&self, used_up: &UsedUp) -> Whereabouts {
        let is_due = |key: &&UnitId| !self.refused.contains(*key) && !used_up.is_lost(key);
        let mut due = self.awaited.iter().filter(is_due).peekable();
        if due.peek().is_none() || self.came.keys().any(|key| !used_up.is_lost(key)) {
            return self.received(used_up);
        }
        if let Some(accepted) = self.accepted {
            return Whereabouts::received(accepted);
        }
        let mut taken = None;
        for key in due {
            let Some((by, act)) = self.taken.get(key) else { return Whereabouts::OnTheWay };
            taken = taken.or(Some(Whereabouts::Taken { by: by.clone(), act: *act }));
        }
        taken.unwrap_or(Whereabouts::OnTheWay)
    }

    /// When the last of those came that have come and are not lost; where nothing has, nobody waits any more.
    pub(super) fn received(&self, used_up: &UsedUp) -> Whereabouts {
        let there = || self.came.iter().filter(|(key, _)| !used_up.is_lost(key));
        let acts = || there().map(|(_, act)| *act);
        let Some(last) = acts().max_by_key(|act| act.at) else {
            let stays = self.accepted.filter(|_| self.refused.is_empty());
            return stays.map_or(Whereabouts::Over, Whereabouts::received);
        };
        let certain = acts().filter(|act| !act.ahead).map(|act| act.at).max();
        let certain_ones = || there().filter(|(_, act)| !act.ahead);
        let name = |(key, act): (&UnitId, &DatedAct)| Some((self.names.get(key)?.clone(), act.at));
        let each = match acts().all(|act| act == last) {
            true => Vec::new(),
            false => certain_ones().filter_map(name).collect(),
        };
        Whereabouts::Received { last, certain, each }
    }

    /// Takes in what happened next.
    pub(super) fn take(&mut self, happened: Move<'_>, way: &Way<'_, '_>) {
        let houses = way.houses;
        match happened {
            Move::Received(act, received, then) => self.receive(act, received, then, way),
            Move::Used(act, units) => {
                // Who uses them has had them from some moment before.
                if way.ended.is_none_or(|ended| act.at <= ended) {
                    self.come(DatedAct { ahead: true, ..act }, units);
                }
            }
            Move::Accepted(act, by) => {
                let to_consignee = way.is_consignee(by);
                let stays = to_consignee && way.sent_on(by, act.at).is_none();
                if stays && way.ended.is_none_or(|ended| act.at <= ended) {
                    self.accepted = self.accepted.or(Some(act));
                }
                self.taken.retain(|_, (taker, _)| to_consignee || houses.are_one(taker, by));
            }
            Move::Released(released) => {
                let to_consignee = released.to.as_ref().is_some_and(|to| way.is_consignee(to));
                let keeps = |taker: &PartyId| to_consignee || !houses.are_one(taker, &released.by);
                self.taken.retain(|_, (taker, _)| keeps(taker));
            }
        }
    }

    fn receive(
        &mut self,
        act: DatedAct,
        received: &Received,
        then: Option<&Planned>,
        way: &Way<'_, '_>,
    ) {
        let (houses, by) = (way.houses, &received.by);
        let Some(now) = way.plans.last() else { return };
        // Whom a later plan names has received them all the same, when it did.
        let plans = [then.unwrap_or(now.plan), now.plan];
        let [then, now] = plans.map(|plan| houses.receiver(by, plan));
        let is_consignee = then == Receiver::Consignee || now == Receiver::Consignee;
        let in_time = way.ended.is_none_or(|ended| act.at <= ended);
        match (received.verdict, way.sent_on(by, act.at)) {
            (Receipt::Reject, _) => {
                // A plan that was made since, and has them go another way, says that they come again.
                if is_consignee && act.at >= way.rerouted {
                    self.refused.extend(self.meant(&received.units));
                }
            }
            (_, Some(since)) if is_consignee => self.sent_on = Some((act, since)),
            _ if is_consignee => {
                if in_time {
                    self.come(act, &received.units);
                }
            }
            _ if then == Receiver::NeverDescribed => {
                for key in self.meant(&received.units) {
                    self.taken.insert(key, (by.clone(), act));
                }
            }
            _ => self.taken.retain(|_, (taker, _)| houses.are_one(taker, by)),
        }
    }

    /// Which of those that have not come are meant; all of them where none is named, or none that was packed.
    fn meant(&self, units: &[UnitId]) -> Vec<UnitId> {
        let keys: Vec<UnitId> = units.iter().map(unit_key).collect();
        let is_packed = |key| self.awaited.contains(key) || self.came.contains_key(key);
        match keys.iter().any(is_packed) {
            true => keys.into_iter().filter(|key| self.awaited.contains(key)).collect(),
            false => self.awaited.iter().cloned().collect(),
        }
    }

    /// Units have come. What is scanned again has not come again, and what was taken over before came then.
    fn come(&mut self, act: DatedAct, units: &[UnitId]) {
        let before = self.accepted.filter(|accepted| self.came.is_empty() && accepted.at < act.at);
        let act = before.unwrap_or(act);
        for key in self.meant(units) {
            self.awaited.remove(&key);
            self.taken.remove(&key);
            self.came.insert(key, act);
        }
    }
}

/// The units that some facts name, by their keys, as they name them.
fn scanned<'a>(
    timeline: &Timeline<'a>,
    units: impl Fn(&'a ShipmentFact) -> Option<&'a Vec<UnitId>>,
) -> BTreeMap<UnitId, UnitId> {
    let named = timeline.entries().iter().filter_map(|entry| match entry.fact {
        Fact::Shipment(fact) => units(fact),
        _ => None,
    });
    named.flatten().map(|unit| (unit_key(unit), unit.clone())).collect()
}

/// Which units are there no more.
#[derive(Default)]
pub(super) struct UsedUp {
    /// Whether anything was said of that.
    said: bool,
    infused: Units,
    thawed: Units,
    destroyed: Units,
    discards: Discards,
}

/// All units, or some by their keys.
#[derive(Default)]
struct Units {
    all: bool,
    keys: BTreeSet<UnitId>,
}

impl Units {
    fn take(&mut self, units: &[UnitId]) {
        self.all |= units.is_empty();
        self.keys.extend(units.iter().map(unit_key));
    }
}

impl UsedUp {
    /// Takes in what was said next of what became of units.
    pub(super) fn take(&mut self, fact: &ShipmentFact) {
        match fact {
            ShipmentFact::Infused(infused) => self.infused.take(&infused.units),
            ShipmentFact::Thawed(thawed) => self.thawed.take(&thawed.units),
            ShipmentFact::Destroyed(destroyed) => self.destroyed.take(&destroyed.units),
            ShipmentFact::Dispositioned(decision) => self.discards.take(decision),
            _ => return,
        }
        self.said = true;
    }

    /// Whether a unit was destroyed, or is not to be used.
    pub(super) fn is_lost(&self, key: &UnitId) -> bool {
        let Units { all, keys } = &self.destroyed;
        *all || keys.contains(key) || self.discards.contains(key)
    }

    /// Whether each unit was.
    pub(super) fn is_all_lost(&self, contents: &Contents) -> bool {
        self.said && self.are_all(contents, &[&self.destroyed])
    }

    /// Whether each unit was, or was used: a dose when it is infused, other goods when they are thawed, too.
    pub(super) fn is_all_gone(&self, contents: &Contents, goods: Goods) -> bool {
        let Self { infused, thawed, destroyed, .. } = self;
        let gone: &[&Units] = match goods {
            Goods::DrugProduct => &[infused, destroyed],
            Goods::Cells | Goods::Vector | Goods::Sample => &[infused, thawed, destroyed],
        };
        self.said && self.are_all(contents, gone)
    }

    fn are_all(&self, contents: &Contents, gone: &[&Units]) -> bool {
        if gone.iter().any(|units| units.all) || self.discards.are_all() {
            return true;
        }
        let is_gone = |key: &UnitId| {
            gone.iter().any(|units| units.keys.contains(key)) || self.discards.contains(key)
        };
        match contents {
            Contents::Named(units) => units.iter().all(is_gone),
            Contents::Counted(count) => {
                let named = gone.iter().flat_map(|units| &units.keys);
                let named: BTreeSet<&UnitId> = named.chain(self.discards.units()).collect();
                usize::try_from(*count).is_ok_and(|count| named.len() >= count)
            }
            Contents::Unknown => false,
        }
    }
}
