//! The chain of hands: the hand-overs of a shipment, pieced together from what was released, accepted and received.
//! Custody judges it and the desk shows it, so that a page and a finding cannot part ways.
//!
//! Facts are walked in the order in which they happened. Scanners stamp whole minutes, so several of one moment are put
//! in the order in which the chain holds together, walked from the holder (see [`super::chain`]); never by arrival.
//!
//! What moves the goods: a release by who holds them, or by whom the last release named (who lets go of the goods
//! had them); an acceptance; a receipt by the one who was named, by the consignee or by a place on the way. A
//! release by anybody else, and a receipt by somebody for whom the goods are not, are told and move nothing.

use super::chain::steps;
use super::{Houses, PlanEntry, Receiver, Timeline, TimelineEntry};
use crate::event::Identity;
use crate::fact::shipment::{Accepted, Planned, Receipt, Received, Released};
use crate::fact::{Fact, ShipmentFact};
use crate::id::{LegId, PartyId};
use crate::moment::Moment;
use alloc::collections::BTreeSet;
use alloc::vec::Vec;

/// Somebody did something at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartyReport {
    /// Which organisation.
    pub by: PartyId,
    /// When, by its clock.
    pub at: Moment,
    /// When it was learnt.
    pub learnt: Moment,
    /// Its place in the journal.
    pub offset: u64,
}

impl PartyReport {
    fn new(by: &PartyId, entry: &TimelineEntry<'_>) -> Self {
        Self { by: by.clone(), at: entry.at, learnt: entry.learnt, offset: entry.offset }
    }
}

/// One hand-over: goods go from one organisation to another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandOver {
    /// Who held the goods before it; `None` where nobody knows.
    pub holder: Option<PartyId>,
    /// When we learnt what makes that party the holder.
    pub held_learnt: Moment,
    /// Whether the holder is only the plan's word: no scan has shown that it ever had the goods.
    pub holder_by_plan: bool,
    /// The release. Of several scans of one release it is the first.
    pub released: Option<PartyReport>,
    /// The leg that the release named.
    pub released_leg: Option<LegId>,
    /// Whom it named. Of several that were named before anybody accepted it is the last.
    pub to: Option<PartyId>,
    /// Whether it said that the goods stand airside.
    pub airside: bool,
    /// Who may take over: whom the release named; else the carrier of the leg, else anybody of the plan in force then.
    /// Empty where nothing says.
    pub named: Vec<PartyId>,
    /// The acceptance.
    pub accepted: Option<PartyReport>,
    /// The leg that the acceptance named.
    pub accepted_leg: Option<LegId>,
    /// A receipt by the one who took over, where that came before an acceptance, or in place of one.
    pub received: Option<PartyReport>,
    /// The release by the one who was named: who lets go of the goods had them.
    pub passed_on: Option<PartyReport>,
    /// An acceptance by the one who had let go: it took the goods back, or a second person of it scanned late.
    pub taken_back: Option<PartyReport>,
    /// When there was nothing to hand over any more: refused, cancelled, closed, or the last unit had left.
    pub ended: Option<PartyReport>,
    /// Whether that was an act that ends the watch, and not a refusal.
    pub ended_by_act: bool,
    /// Whether the one who took over is the consignee of the plan in force then, or its house.
    pub to_consignee: bool,
}

impl HandOver {
    fn begin(holder: Option<PartyId>, held_learnt: Moment, holder_by_plan: bool) -> Self {
        Self {
            holder,
            held_learnt,
            holder_by_plan,
            released: None,
            released_leg: None,
            to: None,
            airside: false,
            named: Vec::new(),
            accepted: None,
            accepted_leg: None,
            received: None,
            passed_on: None,
            taken_back: None,
            ended: None,
            ended_by_act: false,
            to_consignee: false,
        }
    }
    /// What first showed that somebody else had the goods.
    pub fn taken(&self) -> Option<&PartyReport> {
        let marks = [&self.accepted, &self.received, &self.passed_on];
        marks.into_iter().flatten().min_by_key(|mark| mark.at)
    }
    /// What first showed that nobody had to take them over any more.
    pub fn end(&self) -> Option<&PartyReport> {
        self.taken().into_iter().chain(&self.ended).min_by_key(|mark| mark.at)
    }
}

/// A release by a party that did not hold the goods, and whom the last release had not named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrangeRelease {
    /// The release.
    pub released: PartyReport,
    /// Whom it names.
    pub to: Option<PartyId>,
    /// For which leg it is.
    pub leg: Option<LegId>,
    /// Who held the goods; `None` while they were let go and not accepted.
    pub holder: Option<PartyId>,
    /// When we learnt what makes that party the holder.
    pub held_learnt: Moment,
    /// It may be a second scan of the last hand-over's release: when that hand-over was complete.
    pub after_acceptance: Option<Moment>,
    /// How many hand-overs had begun before it.
    pub hand_overs: usize,
}

/// A receipt by somebody for whom the goods are not, or not yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrangeReceipt {
    /// The receipt.
    pub received: PartyReport,
    /// What the receiver is.
    pub receiver: Receiver,
    /// For whom the goods were, by the plan in force then.
    pub consignee: PartyId,
    /// How many hand-overs had begun before it.
    pub hand_overs: usize,
}

/// Who had the goods, one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hands {
    /// Every hand-over, in order.
    pub hand_overs: Vec<HandOver>,
    /// Releases that moved nothing.
    pub strange_releases: Vec<StrangeRelease>,
    /// Receipts by others than the consignee.
    pub strange_receipts: Vec<StrangeReceipt>,
    /// Who holds the goods and since when; the consignor of the plan from the earliest moment on.
    pub holder: Option<(PartyId, Moment)>,
}

impl<'a> Timeline<'a> {
    /// The chain of hands.
    pub fn hands(&self) -> Hands {
        HandOverBuilder::new(self).builder()
    }

    /// Whom a release names; without that the carrier of its leg; without a leg anybody of the plan that was in force then.
    pub fn named(&self, to: Option<&PartyId>, leg: Option<&LegId>, at: Moment) -> Vec<PartyId> {
        if let Some(to) = to {
            return Vec::from([to.clone()]);
        }
        let Some(plan) = self.plan_at(at).map(|plan| plan.plan) else { return Vec::new() };
        let leg = leg.and_then(|leg| plan.legs.iter().find(|known| known.id == *leg));
        let mut parties: Vec<PartyId> = match leg {
            Some(leg) => Vec::from([leg.carrier.clone()]),
            None => {
                let legs = plan.legs.iter().flat_map(|leg| [&leg.carrier, &leg.to]);
                legs.chain([&plan.consignor]).cloned().collect()
            }
        };
        // The consignee may always take what is meant for it.
        parties.push(plan.consignee.clone());
        parties.sort();
        parties.dedup();
        parties
    }
}

/// The plan that says who had the goods first: the one in force when somebody first let go of them or took them. Who is named as consignor
/// later, for the way back, did not have them then.
fn first_plan<'a>(timeline: &Timeline<'a>) -> Option<PlanEntry<'a>> {
    let moved = timeline.entries().iter().find(|entry| match entry.fact {
        Fact::Shipment(
            ShipmentFact::Released(_) | ShipmentFact::Accepted(_) | ShipmentFact::Departed(_),
        ) => true,
        Fact::Shipment(ShipmentFact::Received(received)) => received.verdict != Receipt::Reject,
        _ => false,
    });
    match moved {
        Some(moved) => timeline.plan_at(moved.at),
        None => timeline.plan_in_force(),
    }
}

/// When we first learnt of a plan that has this consignor.
fn named_first(timeline: &Timeline<'_>, consignor: &PartyId) -> Moment {
    let plans = timeline.entries().iter().filter(|entry| match entry.fact {
        Fact::Shipment(ShipmentFact::Planned(plan)) => plan.consignor == *consignor,
        _ => false,
    });
    plans.map(|entry| entry.learnt).min().unwrap_or(Moment::EARLIEST)
}

/// In whose hands the goods are, on the way through the facts.
#[derive(Debug, Clone)]
pub(super) enum At {
    /// No plan says who had them first.
    Unknown,
    /// In somebody's hands, since when, and when we learnt that.
    Held { by: PartyId, since: Moment, learnt: Moment, by_plan: bool },
    /// Let go, not yet taken over: the hand-over is the last of those begun.
    Released,
}

pub(super) struct HandOverBuilder<'t, 'a> {
    timeline: &'t Timeline<'a>,
    pub(super) houses: Houses<'a>,
    pub(super) at: At,
    pub(super) hands: Hands,
    /// Releases that were counted with an acceptance before them.
    used: BTreeSet<Identity>,
}

impl<'t, 'a> HandOverBuilder<'t, 'a> {
    fn new(timeline: &'t Timeline<'a>) -> Self {
        let at = match first_plan(timeline) {
            Some(plan) => At::Held {
                by: plan.plan.consignor.clone(),
                since: Moment::EARLIEST,
                learnt: named_first(timeline, &plan.plan.consignor),
                by_plan: true,
            },
            None => At::Unknown,
        };
        let houses = timeline.houses();
        Self { timeline, houses, at, hands: Hands::default(), used: BTreeSet::new() }
    }

    fn builder(mut self) -> Hands {
        let is_hand = |entry: &&TimelineEntry<'a>| {
            matches!(
                entry.fact,
                Fact::Shipment(
                    ShipmentFact::Released(_)
                        | ShipmentFact::Accepted(_)
                        | ShipmentFact::Received(_)
                )
            )
        };
        let hands: Vec<TimelineEntry<'a>> =
            self.timeline.entries().iter().filter(is_hand).copied().collect();
        let mut ends = self.ends();
        for moment in hands.chunk_by(|one, other| one.at == other.at) {
            let Some(first) = moment.first() else { continue };
            // What ends the shipment at this moment comes after its hands.
            while let Some(end) = ends.pop_if(|end| end.at < first.at) {
                self.nothing_to_hand_over(&end);
            }
            let mut rest = moment.to_vec();
            rest.sort_by_key(|entry| entry.identity);
            while let Some(next) = steps(&self, &rest) {
                let entry = rest.remove(next);
                match entry.fact {
                    Fact::Shipment(ShipmentFact::Released(released)) => {
                        self.released(&entry, released)
                    }
                    Fact::Shipment(ShipmentFact::Accepted(accepted)) => {
                        self.accepted(&entry, accepted)
                    }
                    Fact::Shipment(ShipmentFact::Received(received)) => {
                        self.received(&entry, received)
                    }
                    _ => {}
                }
            }
        }
        while let Some(end) = ends.pop() {
            self.nothing_to_hand_over(&end);
        }
        self.hands.holder = match self.at {
            At::Held { by, since, .. } => Some((by, since)),
            At::Released => {
                let last = self.hands.hand_overs.last();
                let back = last.and_then(|hand| hand.taken_back.as_ref());
                back.map(|mark| (mark.by.clone(), mark.at))
            }
            At::Unknown => None,
        };
        self.hands
    }

    /// Cancelled and not planned again, closed, the last unit gone: the latest first.
    fn ends(&self) -> Vec<PartyReport> {
        let nobody = PartyId::default();
        let cancelled = self.timeline.cancelled_at();
        let gone = self.timeline.units_aboard().left_at;
        let mut ends: Vec<PartyReport> = Vec::new();
        for entry in self.timeline.entries() {
            let ends_here = match entry.fact {
                Fact::Shipment(ShipmentFact::Closed(_)) => true,
                Fact::Shipment(ShipmentFact::Cancelled(_)) => cancelled == Some(entry.at),
                Fact::Shipment(
                    ShipmentFact::Thawed(_) | ShipmentFact::Infused(_) | ShipmentFact::Destroyed(_),
                ) => gone == Some(entry.at),
                _ => false,
            };
            if ends_here {
                ends.push(PartyReport::new(&nobody, entry));
            }
        }
        ends.reverse();
        ends
    }

    fn nothing_to_hand_over(&mut self, end: &PartyReport) {
        if let (At::Released, Some(last)) = (&self.at, self.hands.hand_overs.last_mut())
            && last.ended.is_none()
        {
            last.ended = Some(end.clone());
            last.ended_by_act = true;
        }
    }

    fn plan_at(&self, at: Moment) -> Option<&'a Planned> {
        self.timeline.plan_at(at).map(|plan| plan.plan)
    }

    fn is_consignee(&self, party: &PartyId, at: Moment) -> bool {
        self.plan_at(at).is_some_and(|plan| self.houses.are_one(party, &plan.consignee))
    }

    /// Whether the last release named a party.
    pub(super) fn names(&self, hand: &HandOver, party: &PartyId) -> bool {
        hand.named.iter().any(|named| self.houses.are_one(named, party))
    }

    /// Whether a party is the one that let go last.
    pub(super) fn let_go_last(&self, party: &PartyId) -> bool {
        let last = self.hands.hand_overs.last().and_then(|hand| hand.released.as_ref());
        last.is_some_and(|mark| self.houses.are_one(&mark.by, party))
    }

    fn holds(&mut self, mark: &PartyReport) {
        let (by, since, learnt) = (mark.by.clone(), mark.at, mark.learnt);
        self.at = At::Held { by, since, learnt, by_plan: false };
    }

    fn released(&mut self, entry: &TimelineEntry<'a>, released: &Released) {
        if self.used.contains(&entry.identity) {
            return;
        }
        let mark = PartyReport::new(&released.by, entry);
        match self.at.clone() {
            At::Unknown => {
                let hand = HandOver::begin(Some(mark.by.clone()), mark.learnt, false);
                self.begin(hand, mark, released);
            }
            At::Held { by, learnt, by_plan, .. } => {
                if self.houses.are_one(&by, &mark.by) {
                    self.begin(HandOver::begin(Some(by), learnt, by_plan), mark, released);
                } else if self.was_named_and_never_took(&mark.by) {
                    self.begin(
                        HandOver::begin(Some(mark.by.clone()), learnt, false),
                        mark,
                        released,
                    );
                } else {
                    self.strange(mark, released, Some(by), learnt);
                }
            }
            At::Released => self.released_again(mark, released),
        }
    }

    /// A release while the goods are let go and nobody has accepted them.
    fn released_again(&mut self, mark: PartyReport, released: &Released) {
        let by_the_same = self.let_go_last(&mark.by);
        let Some(last) = self.hands.hand_overs.last().cloned() else { return };
        if by_the_same && last.taken_back.is_some() {
            // It had the goods again: this is another hand-over, and the clock begins anew.
            if let Some(hand) = self.hands.hand_overs.last_mut() {
                hand.ended = hand.taken_back.clone();
            }
            let learnt = last.taken_back.map_or(mark.learnt, |back| back.learnt);
            self.begin(HandOver::begin(Some(mark.by.clone()), learnt, false), mark, released);
        } else if by_the_same {
            // The first scan counts; another addressee replaces the one before, and the clock runs on.
            let named = self.timeline.named(released.to.as_ref(), released.leg.as_ref(), mark.at);
            if let Some(hand) = self.hands.hand_overs.last_mut()
                && released.to.is_some()
                && released.to != hand.to
            {
                (hand.to, hand.named) = (released.to.clone(), named);
                hand.airside = released.airside;
                hand.released_leg = released.leg.clone().or(hand.released_leg.take());
            }
        } else if self.names(&last, &mark.by) {
            let (by, learnt) = (mark.by.clone(), mark.learnt);
            if let Some(hand) = self.hands.hand_overs.last_mut() {
                hand.passed_on = Some(mark.clone());
            }
            self.begin(HandOver::begin(Some(by), learnt, false), mark, released);
        } else {
            let learnt = last.released.map_or(mark.learnt, |released| released.learnt);
            self.strange(mark, released, None, learnt);
        }
    }

    fn begin(&mut self, mut hand: HandOver, mark: PartyReport, released: &Released) {
        hand.named = self.timeline.named(released.to.as_ref(), released.leg.as_ref(), mark.at);
        hand.released_leg = released.leg.clone();
        hand.to = released.to.clone();
        hand.airside = released.airside;
        hand.released = Some(mark);
        self.hands.hand_overs.push(hand);
        self.at = At::Released;
    }

    /// Whether the last release named a party, and another one accepted.
    fn was_named_and_never_took(&self, party: &PartyId) -> bool {
        let last = self.hands.hand_overs.last();
        last.is_some_and(|hand| {
            let to = hand.to.as_ref();
            to.is_some_and(|to| self.houses.are_one(to, party))
        })
    }

    fn strange(
        &mut self,
        released: PartyReport,
        said: &Released,
        holder: Option<PartyId>,
        held_learnt: Moment,
    ) {
        // Who received the goods wrongly has them: that was told with the receipt.
        let begun = self.hands.hand_overs.len();
        let receipt = self.hands.strange_receipts.last();
        let received = receipt.is_some_and(|receipt| {
            receipt.hand_overs == begun && self.houses.are_one(&receipt.received.by, &released.by)
        });
        if received {
            return;
        }
        let last = self.hands.hand_overs.last();
        let after_acceptance = last
            .filter(|_| holder.is_some() && self.let_go_last(&released.by))
            .and_then(|hand| Some(hand.taken()?.at.max(hand.released.as_ref()?.at)));
        self.hands.strange_releases.push(StrangeRelease {
            released,
            to: said.to.clone(),
            leg: said.leg.clone(),
            holder,
            held_learnt,
            after_acceptance,
            hand_overs: begun,
        });
    }

    fn accepted(&mut self, entry: &TimelineEntry<'a>, accepted: &Accepted) {
        let mark = PartyReport::new(&accepted.by, entry);
        let to_consignee = self.is_consignee(&mark.by, mark.at);
        match self.at.clone() {
            At::Released => {
                let last = self.hands.hand_overs.len().saturating_sub(1);
                let Some(hand) = self.hands.hand_overs.get(last).cloned() else { return };
                if self.let_go_last(&mark.by) && !self.names_outright(&hand, &mark.by) {
                    return self.accepted_by_who_let_go(last, mark, accepted);
                }
                if let Some(hand) = self.hands.hand_overs.get_mut(last) {
                    hand.accepted_leg = accepted.leg.clone();
                    hand.accepted = Some(mark.clone());
                    hand.to_consignee = to_consignee;
                    hand.taken_back = None;
                }
                self.holds(&mark);
            }
            At::Held { by, .. } if self.houses.are_one(&by, &mark.by) => {
                // Its own people again; or the signature for what it had received before.
                if let Some(hand) = self.hands.hand_overs.last_mut()
                    && hand.accepted.is_none()
                    && hand.received.is_some()
                {
                    hand.accepted_leg = accepted.leg.clone();
                    hand.accepted = Some(mark);
                }
            }
            At::Held { .. } if self.signs_for_before(&mark, accepted) => {}
            At::Held { by, learnt, by_plan, .. } => {
                let mut hand = HandOver::begin(Some(by.clone()), learnt, by_plan);
                let late = self.late_release(&by, mark.at);
                hand.named = self.timeline.named(None, accepted.leg.as_ref(), mark.at);
                // The release says who was meant, whichever of the two clocks is ahead.
                let to = late.as_ref().and_then(|(_, to)| to.as_ref());
                if let Some(to) = to.filter(|to| self.houses.are_one(to, &mark.by)) {
                    hand.named = Vec::from([to.clone()]);
                }
                hand.released = late.map(|(released, _)| released);
                hand.accepted_leg = accepted.leg.clone();
                hand.accepted = Some(mark.clone());
                hand.to_consignee = to_consignee;
                self.hands.hand_overs.push(hand);
                self.holds(&mark);
            }
            At::Unknown => {
                let mut hand = HandOver::begin(None, mark.learnt, false);
                hand.accepted_leg = accepted.leg.clone();
                hand.accepted = Some(mark.clone());
                self.hands.hand_overs.push(hand);
                self.holds(&mark);
            }
        }
    }

    /// Somebody signs for a hand-over from which it let the goods go already: what it says whom it had them from shows that.
    fn signs_for_before(&mut self, mark: &PartyReport, accepted: &Accepted) -> bool {
        let houses = &self.houses;
        let one = |party: Option<&PartyId>, other: &PartyId| {
            party.is_some_and(|party| houses.are_one(party, other))
        };
        let Some(from) = &accepted.from else { return false };
        let unsigned = self.hands.hand_overs.iter_mut().rfind(|hand| {
            hand.accepted.is_none()
                && one(hand.passed_on.as_ref().map(|passed| &passed.by), &mark.by)
                && one(hand.holder.as_ref(), from)
        });
        let Some(hand) = unsigned else { return false };
        (hand.accepted_leg, hand.accepted) = (accepted.leg.clone(), Some(mark.clone()));
        true
    }

    fn names_outright(&self, hand: &HandOver, party: &PartyId) -> bool {
        hand.to.as_ref().is_some_and(|to| self.houses.are_one(to, party))
    }

    /// The party that let go accepts: the signature for the hand-over before, by a clock that differs; else it took
    /// the goods back, or a second person of it scanned late.
    fn accepted_by_who_let_go(&mut self, last: usize, mark: PartyReport, accepted: &Accepted) {
        let before = last.checked_sub(1);
        if let Some(hand) = before.and_then(|before| self.hands.hand_overs.get_mut(before))
            && hand.accepted.is_none()
            && hand.passed_on.is_some()
        {
            hand.accepted_leg = accepted.leg.clone();
            hand.accepted = Some(mark);
            return;
        }
        if let Some(hand) = self.hands.hand_overs.get_mut(last) {
            hand.taken_back.get_or_insert(mark);
        }
    }

    fn received(&mut self, entry: &TimelineEntry<'a>, received: &Received) {
        let mark = PartyReport::new(&received.by, entry);
        let plan = self.plan_at(mark.at);
        let receiver = plan.map(|plan| self.houses.receiver(&mark.by, plan));
        if received.verdict == Receipt::Reject {
            return self.refused(mark, receiver);
        }
        if let (Some(receiver), Some(plan)) = (receiver, plan)
            && receiver != Receiver::Consignee
        {
            let (received, consignee) = (mark.clone(), plan.consignee.clone());
            let hand_overs = self.hands.hand_overs.len();
            self.hands.strange_receipts.push(StrangeReceipt {
                received,
                receiver,
                consignee,
                hand_overs,
            });
        }
        let has_a_part = matches!(receiver, None | Some(Receiver::Consignee | Receiver::OnTheWay));
        let to_consignee = receiver == Some(Receiver::Consignee);
        match self.at.clone() {
            At::Released => {
                let Some(last) = self.hands.hand_overs.last().cloned() else { return };
                let named = self.names_outright(&last, &mark.by);
                // A receipt by the one who let go tells of the time before.
                if !named && (self.let_go_last(&mark.by) || !has_a_part) {
                    return;
                }
                if let Some(hand) = self.hands.hand_overs.last_mut() {
                    hand.received = Some(mark.clone());
                    hand.to_consignee = to_consignee;
                    hand.taken_back = None;
                }
                self.holds(&mark);
            }
            At::Held { by, .. } if self.houses.are_one(&by, &mark.by) => {}
            At::Held { by, learnt, by_plan, .. } if has_a_part => {
                let mut hand = HandOver::begin(Some(by.clone()), learnt, by_plan);
                hand.released = self.late_release(&by, mark.at).map(|(released, _)| released);
                hand.received = Some(mark.clone());
                hand.to_consignee = to_consignee;
                self.hands.hand_overs.push(hand);
                self.holds(&mark);
            }
            At::Unknown => self.holds(&mark),
            At::Held { .. } => {}
        }
    }

    /// The goods were not taken in: who let them go has them again.
    fn refused(&mut self, mark: PartyReport, receiver: Option<Receiver>) {
        let At::Released = self.at else { return };
        let Some(last) = self.hands.hand_overs.last().cloned() else { return };
        let asked = self.names(&last, &mark.by) || receiver == Some(Receiver::Consignee);
        let Some(released) = last.released.filter(|_| asked) else { return };
        if let Some(hand) = self.hands.hand_overs.last_mut() {
            hand.ended = Some(mark.clone());
        }
        let (by, since, learnt) = (released.by, mark.at, mark.learnt);
        self.at = At::Held { by, since, learnt, by_plan: false };
    }

    /// The holder's first release at or after somebody else took over, and whom it names, unless the holder had the goods again
    /// before it.
    fn late_release(
        &mut self,
        holder: &PartyId,
        taken: Moment,
    ) -> Option<(PartyReport, Option<PartyId>)> {
        for entry in self.timeline.entries() {
            match entry.fact {
                Fact::Shipment(ShipmentFact::Accepted(again))
                    if entry.at > taken && self.houses.are_one(&again.by, holder) =>
                {
                    return None;
                }
                Fact::Shipment(ShipmentFact::Received(again))
                    if entry.at > taken
                        && again.verdict != Receipt::Reject
                        && self.houses.are_one(&again.by, holder) =>
                {
                    return None;
                }
                Fact::Shipment(ShipmentFact::Released(late))
                    if entry.at >= taken
                        && self.houses.are_one(&late.by, holder)
                        && !self.used.contains(&entry.identity) =>
                {
                    self.used.insert(entry.identity);
                    return Some((PartyReport::new(&late.by, entry), late.to.clone()));
                }
                _ => {}
            }
        }
        None
    }
}
