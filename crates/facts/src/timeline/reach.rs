//! With whom the goods can be on their way: who lets go of them or is named to take them, who took them over, to where they
//! came. Who stands in the plan and cannot have them has scanned the wrong label, or holds another patient's bag.
//!
//! Scans of hand-overs are often missing. So who is to have the goods next can have them from when the plan expects them there, as
//! long as nobody else is heard to have them after that; and who takes them over may have begun a little before that was scanned.

use super::part::Parts;
use super::{TimelineEntry, plan_by, plans_of};
use crate::fact::shipment::{Leg, Planned, Receipt};
use crate::fact::{Fact, FactKind, ShipmentFact};
use crate::id::PartyId;
use crate::moment::{Moment, Span};
use crate::spelling::Label;
use alloc::vec::Vec;

/// The scans of one hand-over lie within an hour, and goods come at most so much earlier than they are planned to.
const WITHIN: Span = Span::minutes(60);

/// What tells who can have the goods, and so which of the acts count that somebody reported of them. Whoever asks a timeline what was
/// done to the goods must hear all of it, so that no two come to another answer.
pub const WHO_HAS_THEM: &[FactKind] = &[
    FactKind::Planned,
    FactKind::Described,
    FactKind::Cancelled,
    FactKind::Released,
    FactKind::Accepted,
    FactKind::Received,
    FactKind::Packed,
    FactKind::Repacked,
    FactKind::Departed,
    FactKind::Arrived,
    FactKind::CustomsEntered,
    FactKind::LegCancelled,
    FactKind::LegOffloaded,
    FactKind::EtaChanged,
];

/// What ends the watch over the goods, or over some of them: the shipment is closed, or units are used up. Whether it is over is
/// asked together with [`WHO_HAS_THEM`].
pub const ENDS: &[FactKind] =
    &[FactKind::Closed, FactKind::Thawed, FactKind::Infused, FactKind::Destroyed];

/// Whether a fact tells who can have the goods.
pub fn tells_who_has_them(fact: &Fact) -> bool {
    WHO_HAS_THEM.contains(&fact.kind())
}

/// Who could have the goods from a moment on.
struct Turn<'a> {
    at: Moment,
    /// Where it stands among the facts.
    place: usize,
    on_the_way: bool,
    with: Vec<&'a PartyId>,
}

/// Who could have the goods, all the way along.
pub(super) struct Reach<'p, 'a> {
    parts: &'p Parts<'a>,
    entries: &'p [TimelineEntry<'a>],
    turns: Vec<Turn<'a>>,
    /// Who moved the goods into another box on their way.
    handlers: Vec<&'a PartyId>,
}

/// The walk through the hand-overs.
#[derive(Default)]
struct Walk<'a> {
    on_the_way: bool,
    with: Vec<&'a PartyId>,
    /// Who let the goods go, while nobody has taken them over.
    let_go: Option<&'a PartyId>,
    /// Whom it named.
    named: Option<&'a PartyId>,
    /// Who took them over, while their holder has not let go.
    took: Option<&'a PartyId>,
    accepted_at: Option<Moment>,
}

impl<'p, 'a> Reach<'p, 'a> {
    pub(super) fn read(parts: &'p Parts<'a>, entries: &'p [TimelineEntry<'a>]) -> Self {
        let mut reach = Self { parts, entries, turns: Vec::new(), handlers: Vec::new() };
        let mut walk = Walk::default();
        walk.with.extend(parts.plans.iter().map(|plan| &plan.consignor));
        for (place, entry) in entries.iter().enumerate() {
            match entry.fact {
                Fact::Shipment(ShipmentFact::Repacked(repacked))
                    if walk.on_the_way && parts.has(&repacked.by) =>
                {
                    let ends = |plan: &&Planned| {
                        let one = |end| parts.houses.are_one(end, &repacked.by);
                        one(&plan.consignor) || one(&plan.consignee)
                    };
                    if !parts.plans.iter().any(ends) {
                        reach.handlers.push(&repacked.by);
                    }
                }
                _ if walk.takes(entry, parts) => {
                    let (on_the_way, with) = (walk.on_the_way, walk.with.clone());
                    reach.turns.push(Turn { at: entry.at, place, on_the_way, with });
                }
                _ => {}
            }
        }
        reach
    }

    /// Whether the goods were on their way, where a fact stands.
    pub(super) fn on_the_way(&self, place: usize) -> bool {
        self.before(place).last().is_some_and(|turn| turn.on_the_way)
    }

    /// Whether the goods were still with their consignor, where a receipt by the consignee stands: nobody had let go of them or taken them, and
    /// they were to leave only later, or the consignor let them go to somebody else after it.
    pub(super) fn is_before_pick_up(&self, place: usize) -> bool {
        let Some(receipt) = self.entries.get(place) else { return false };
        let moved = |entry: &TimelineEntry<'_>| {
            let hands = matches!(
                entry.fact,
                Fact::Shipment(ShipmentFact::Released(_) | ShipmentFact::Accepted(_))
            );
            let leg = matches!(
                entry.fact,
                Fact::Shipment(ShipmentFact::Departed(_) | ShipmentFact::Arrived(_))
            );
            hands || leg || matches!(entry.fact, Fact::Shipment(ShipmentFact::CustomsEntered(_)))
        };
        let (before, after) = self.entries.split_at(place);
        if before.iter().any(moved) {
            return false;
        }
        let Some(plan) = self.plan_at(receipt.at) else { return false };
        let houses = &self.parts.houses;
        // A house that sends to itself has the goods all the time.
        if houses.are_one(&plan.consignor, &plan.consignee) {
            return false;
        }
        if plan.legs.first().is_some_and(|leg| receipt.at < leg.departs) {
            return true;
        }
        let next = after.iter().find(|entry| moved(entry) && entry.at > receipt.at);
        next.is_some_and(|next| match next.fact {
            Fact::Shipment(ShipmentFact::Released(released)) => {
                let to_it = |to| self.parts.is_consignee(to);
                houses.are_one(&released.by, &plan.consignor)
                    && !released.to.as_ref().is_some_and(to_it)
            }
            _ => false,
        })
    }

    /// Whether a party can have had the goods, where a fact of its own stands.
    pub(super) fn can_have(&self, by: &PartyId, place: usize) -> bool {
        let Some(act) = self.entries.get(place) else { return true };
        let one = |party: &&PartyId| self.parts.houses.are_one(party, by);
        if self.handlers.iter().any(&one) {
            return true;
        }
        let before = self.before(place);
        let now = before.last();
        let soon = self.turns.get(before.len()..).unwrap_or_default().iter();
        let soon = soon.take_while(|turn| turn.at <= act.at + WITHIN);
        if now.into_iter().chain(soon).any(|turn| turn.with.iter().any(&one)) {
            return true;
        }
        self.is_expected(by, act.at) && !self.others_have_them(by, act.at + WITHIN)
    }

    fn before(&self, place: usize) -> &[Turn<'a>] {
        let before = self.turns.partition_point(|turn| turn.place < place);
        self.turns.get(..before).unwrap_or_default()
    }

    /// Whether the plan in force has the goods with a party by a moment, and it has not let them go since.
    fn is_expected(&self, by: &PartyId, at: Moment) -> bool {
        let Some(plan) = self.plan_at(at) else { return false };
        let one = |party: &PartyId| self.parts.houses.are_one(party, by);
        let mut expected: Vec<Moment> = Vec::new();
        if let Some(first) = plan.legs.first()
            && one(&first.carrier)
        {
            expected.push(first.departs);
        }
        for (place, leg) in plan.legs.iter().enumerate() {
            let next = plan.legs.get(place + 1);
            let then =
                next.map_or(one(&plan.consignee), |next| one(&next.carrier) || one(&next.from));
            if (one(&leg.to) || then) && !self.is_lost(leg, at) {
                expected.push(self.arrives(plan, leg, at));
            }
        }
        // A plan without legs may still say when they are expected at the last place.
        if plan.legs.is_empty()
            && one(&plan.consignee)
            && let Some(door) = plan.waypoints.last()
        {
            expected.extend(self.told(at, |name| *name == door.name).or(door.eta));
        }
        let let_go = |since: Moment| {
            self.entries.iter().any(|entry| match entry.fact {
                Fact::Shipment(ShipmentFact::Released(released)) => {
                    one(&released.by) && entry.at + WITHIN >= since && entry.at <= at
                }
                _ => false,
            })
        };
        expected.into_iter().any(|expected| expected <= at + WITHIN && !let_go(expected))
    }

    /// When a leg is expected to arrive, by the plan and what was told by a moment.
    fn arrives(&self, plan: &Planned, leg: &Leg, at: Moment) -> Moment {
        let is_last = plan.legs.last().is_some_and(|last| last.id == leg.id);
        let end = plan.waypoints.last().filter(|_| is_last);
        let here =
            |name: &Label| name.is(leg.to.as_str()) || end.is_some_and(|end| end.name == *name);
        self.told(at, here).unwrap_or(leg.arrives)
    }

    /// The last new time that was told for a place by a moment.
    fn told(&self, at: Moment, is_it: impl Fn(&Label) -> bool) -> Option<Moment> {
        self.entries.iter().rev().filter(|entry| entry.at <= at).find_map(|entry| {
            match entry.fact {
                Fact::Shipment(ShipmentFact::EtaChanged(changed)) if is_it(&changed.waypoint) => {
                    Some(changed.eta)
                }
                _ => None,
            }
        })
    }

    /// Whether a leg was called off, or the goods taken off it, and nobody has planned since.
    fn is_lost(&self, leg: &Leg, at: Moment) -> bool {
        let by_then = self.entries.iter().rev().filter(|entry| entry.at <= at);
        let last = by_then.map(|entry| match entry.fact {
            Fact::Shipment(ShipmentFact::LegCancelled(lost)) if lost.leg == leg.id => Some(true),
            Fact::Shipment(ShipmentFact::LegOffloaded(lost)) if lost.leg == leg.id => Some(true),
            Fact::Shipment(ShipmentFact::Planned(_)) => Some(false),
            Fact::Shipment(ShipmentFact::Accepted(again))
                if again.leg.as_ref() == Some(&leg.id) =>
            {
                Some(false)
            }
            _ => None,
        });
        last.flatten().next().unwrap_or(false)
    }

    /// The plan in force at a moment; before the first one was made, that one.
    fn plan_at(&self, at: Moment) -> Option<&'a Planned> {
        let first = || plans_of(self.entries).into_iter().min_by_key(|plan| plan.from);
        plan_by(self.entries, at).or_else(first).map(|plan| plan.plan)
    }

    /// Whether the next that is heard after a moment is that somebody else has the goods.
    fn others_have_them(&self, by: &PartyId, after: Moment) -> bool {
        let mut later = self.entries.iter().filter(|entry| entry.at > after);
        let next = later.find_map(|entry| match entry.fact {
            Fact::Shipment(ShipmentFact::Released(it)) => Some(Some(&it.by)),
            Fact::Shipment(ShipmentFact::Accepted(it)) => Some(Some(&it.by)),
            Fact::Shipment(ShipmentFact::Received(it)) => Some(Some(&it.by)),
            Fact::Shipment(ShipmentFact::Departed(_) | ShipmentFact::Arrived(_)) => Some(None),
            _ => None,
        });
        next.is_some_and(|party| !party.is_some_and(|party| self.parts.houses.are_one(party, by)))
    }
}

impl<'a> Walk<'a> {
    /// Takes in a fact; says whether it tells anything of who has the goods.
    fn takes(&mut self, entry: &TimelineEntry<'a>, parts: &Parts<'a>) -> bool {
        match entry.fact {
            Fact::Shipment(ShipmentFact::Released(released)) if parts.has(&released.by) => {
                self.on_the_way = true;
                self.lets_go(&released.by, released.to.as_ref(), parts);
                if released.to.is_none() {
                    // The consignee, and the carriers, may always take what nobody else is named for.
                    let legs = parts.plans.iter().flat_map(|plan| &plan.legs);
                    let leg = |leg: &&Leg| released.leg.as_ref().is_none_or(|id| leg.id == *id);
                    self.with.extend(legs.filter(leg).flat_map(|leg| [&leg.carrier, &leg.to]));
                    self.with.extend(parts.plans.iter().map(|plan| &plan.consignee));
                }
            }
            Fact::Shipment(ShipmentFact::Accepted(accepted)) => {
                self.on_the_way = !parts.is_consignee(&accepted.by);
                self.takes_over(&accepted.by, entry.at, parts);
            }
            Fact::Shipment(ShipmentFact::Received(received))
                if received.verdict == Receipt::Reject =>
            {
                // They stay with who brought them, or go home.
                self.with.push(&received.by);
                self.with.extend(self.let_go);
                self.with.extend(parts.plans.iter().map(|plan| &plan.consignor));
            }
            Fact::Shipment(ShipmentFact::Received(received)) => {
                self.on_the_way &= !parts.is_consignee(&received.by);
                self.takes_over(&received.by, entry.at, parts);
            }
            Fact::Shipment(ShipmentFact::Departed(departed)) => {
                self.on_the_way = true;
                if let Some(home) = self.let_go.take() {
                    self.with.retain(|party| !parts.houses.are_one(party, home));
                }
                let legs = parts.plans.iter().flat_map(|plan| &plan.legs);
                let leg = legs.filter(|leg| leg.id == departed.leg);
                self.with.extend(leg.map(|leg| &leg.carrier));
            }
            Fact::Shipment(ShipmentFact::Arrived(arrived)) => {
                for plan in &parts.plans {
                    let leg = plan.legs.iter().position(|leg| leg.id == arrived.leg);
                    let Some(leg) = leg.and_then(|place| plan.legs.get(place..)) else { continue };
                    self.with.extend(leg.first().map(|leg| &leg.to));
                    match leg.get(1) {
                        Some(next) => self.with.extend([&next.carrier, &next.from]),
                        None => self.with.push(&plan.consignee),
                    }
                }
            }
            // What does not take place any more goes home.
            Fact::Shipment(ShipmentFact::Cancelled(_)) => {
                self.with.extend(parts.plans.iter().map(|plan| &plan.consignor))
            }
            _ => return false,
        }
        true
    }

    fn lets_go(&mut self, by: &'a PartyId, to: Option<&'a PartyId>, parts: &Parts<'a>) {
        let one = |a: &PartyId, b: &PartyId| parts.houses.are_one(a, b);
        // The acceptance was scanned before the release.
        if let Some(took) = self.took
            && !one(took, by)
            && to.is_none_or(|to| one(took, to))
        {
            self.with.retain(|party| !one(party, by));
            (self.let_go, self.named, self.took) = (None, None, None);
            return;
        }
        if self.with.iter().any(|party| one(party, by)) {
            self.with = Vec::from([by]);
        } else {
            self.with.push(by);
        }
        self.with.extend(to);
        (self.let_go, self.named, self.took) = (Some(by), to, None);
    }

    fn takes_over(&mut self, by: &'a PartyId, at: Moment, parts: &Parts<'a>) {
        let one = |a: &PartyId, b: &PartyId| parts.houses.are_one(a, b);
        let in_one_moment = self.accepted_at == Some(at);
        self.accepted_at = Some(at);
        if self.let_go.is_some() && !in_one_moment {
            // Who was named may have them all the same.
            let named = self.named.filter(|named| !one(named, by) && Some(*named) != self.let_go);
            self.with = Vec::from([by]);
            self.with.extend(named);
        } else if !self.with.iter().any(|party| one(party, by)) {
            // Whoever had them has not let them go: two say that they have them.
            self.with.push(by);
            self.took = Some(by);
        } else if in_one_moment {
            self.with.push(by);
        }
        (self.let_go, self.named) = (None, None);
    }
}
