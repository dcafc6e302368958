//! What a shipment's facts say together: which plan is in force, whether the shipment is cancelled, when it is over,
//! who is to have the goods. Engines, dispatch and the desk all ask here, so that no two of them can come to another
//! answer from the same facts.
//!
//! **Invariant:** the order of arrival decides nothing. Facts are ordered by the moment that counts, at one moment by
//! what they say (a cancellation before a plan, a detachment before an attachment), and then by identity. The one
//! answer that looks at when something was learnt is [`Cancellation::Disputed`], and it says so.

mod aboard;
mod chain;
mod hands;
mod legs;
mod order;
mod part;
mod parties;
mod reach;
mod repeats;
#[cfg(test)]
mod tests;

pub use aboard::{Aboard, Contents, Discards, unit_key};
pub use hands::{HandOver, Hands, PartyReport, StrangeReceipt, StrangeRelease};
pub use legs::LostLeg;
pub use order::{Sequence, sequence};
pub use part::StrangeEntry;
pub use parties::{Houses, Receiver};
pub use reach::{ENDS, WHO_HAS_THEM, tells_who_has_them};

use crate::event::Identity;
use crate::fact::shipment::Planned;
use crate::fact::{Fact, ShipmentFact};
use crate::id::{OrderId, PartyId};
use crate::moment::Moment;
use crate::spelling::Label;
use crate::subject::Subject;
use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::cell::OnceCell;

/// One fact, as the timeline orders it.
#[derive(Debug, Clone, Copy)]
pub struct TimelineEntry<'a> {
    /// Its place in the journal partition; 0 where it does not stand in one.
    pub offset: u64,
    /// The moment that counts: when it happened, as dispatch stamped it.
    pub at: Moment,
    /// Whether it was dated ahead, so that it counts as at its arrival, and happened at some moment before that.
    pub ahead: bool,
    /// When we learnt it, by log time.
    pub learnt: Moment,
    /// What it is recognised by.
    pub identity: Identity,
    /// What it is about.
    pub subject: &'a Subject,
    /// What happened.
    pub fact: &'a Fact,
}

impl TimelineEntry<'_> {
    /// By what facts are ordered.
    pub fn sequence(&self) -> Sequence {
        sequence(self.at, self.fact, self.identity)
    }
}

/// Who scanned an order, the first word first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Named {
    Packing,
    Receipt,
}

/// The facts of one shipment, in order.
#[derive(Debug, Clone, Default)]
pub struct Timeline<'a> {
    entries: Vec<TimelineEntry<'a>>,
    strange: Vec<StrangeEntry<'a>>,
    corrected_at: Option<Moment>,
    /// The plans, once somebody has asked for them: many questions do.
    plans: OnceCell<Vec<PlanEntry<'a>>>,
}

/// A plan, and since when it says what it says.
#[derive(Debug, Clone, Copy)]
pub struct PlanEntry<'a> {
    /// What was planned.
    pub plan: &'a Planned,
    /// Since when this was planned: a plan that only says again what the version before it said changes nothing.
    pub from: Moment,
    /// The fact that is in force of this version.
    pub entry: TimelineEntry<'a>,
    /// Whether another fact of the same version says something else.
    pub contradicted: bool,
}

/// Whether the shipment is called off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cancellation {
    /// Nobody cancelled it.
    None,
    /// It is cancelled, since then.
    Cancelled {
        /// When it was cancelled.
        at: Moment,
        /// When a plan was made after it that does not revive the shipment, because its version is no higher.
        refused: Option<Moment>,
    },
    /// It was cancelled, and a plan of a higher version was made after that: it takes place.
    Revived {
        /// When it was cancelled.
        at: Moment,
        /// When it was planned again.
        planned: Moment,
    },
    /// A plan of a higher version is dated after the cancellation, and we knew it before the cancellation came.
    /// Whoever cancelled may have meant that plan, too. The shipment is watched until somebody says which holds.
    Disputed {
        /// When it was cancelled.
        at: Moment,
        /// When the plan was made that stands against it.
        planned: Moment,
        /// When the later word of the two was learnt.
        learnt: Moment,
    },
}

/// Why there is nothing to watch any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// It was cancelled and not planned again.
    Cancelled,
    /// The consignee, or a part of it, took the goods in.
    Received,
    /// Its papers are complete.
    Closed,
    /// The last unit aboard was infused, thawed or destroyed.
    Used,
}

impl<'a> Timeline<'a> {
    /// Orders facts; `corrected_at` is when something was last declared wrong, by log time.
    pub fn new(
        entries: impl IntoIterator<Item = TimelineEntry<'a>>,
        corrected_at: Option<Moment>,
    ) -> Self {
        let mut entries: Vec<TimelineEntry<'a>> = entries.into_iter().collect();
        if !entries.is_sorted_by_key(TimelineEntry::sequence) {
            entries.sort_by_key(TimelineEntry::sequence);
        }
        let strange = part::take_strange(&mut entries);
        Self { entries, strange, corrected_at, plans: OnceCell::new() }
    }

    /// What was done to the goods on their way by somebody who has no part in it, or cannot have had them. It is told of that
    /// party, and no answer here rests on it.
    pub fn strange_acts(&self) -> &[StrangeEntry<'a>] {
        &self.strange
    }

    /// All facts that count, in order.
    pub fn entries(&self) -> &[TimelineEntry<'a>] {
        &self.entries
    }

    /// When something was last declared wrong, by log time: what replaces it comes a moment later.
    pub fn corrected_at(&self) -> Option<Moment> {
        self.corrected_at
    }

    /// The plans by their versions, one for each. Of one version the latest by (moment, identity) is in force, whichever
    /// was learnt last. A version that says the same as the one before it is not listed: nothing changed with it.
    pub fn plans(&self) -> &[PlanEntry<'a>] {
        self.plans.get_or_init(|| plans_of(&self.entries))
    }

    /// The plan in force, by all that is known: the greatest by (version, moment, identity).
    pub fn plan_in_force(&self) -> Option<PlanEntry<'a>> {
        self.plans().last().copied()
    }

    /// The plan that was in force at a moment; before the first one was made, the one that was made first.
    pub fn plan_at(&self, at: Moment) -> Option<PlanEntry<'a>> {
        let first = || self.plans().iter().copied().min_by_key(|plan| plan.from);
        plan_by(&self.entries, at).or_else(first)
    }

    /// Whether the shipment is called off, by all that is known.
    pub fn cancellation(&self) -> Cancellation {
        let mut state = Cancellation::None;
        let mut highest: Option<u32> = None;
        let mut known_at_cancellation: Option<(TimelineEntry<'a>, Option<u32>)> = None;
        let mut closed = false;
        for entry in &self.entries {
            match entry.fact {
                Fact::Shipment(ShipmentFact::Closed(_)) => closed = true,
                Fact::Shipment(ShipmentFact::Cancelled(_)) => {
                    if let Cancellation::Cancelled { .. } = state {
                        continue;
                    }
                    state = Cancellation::Cancelled { at: entry.at, refused: None };
                    known_at_cancellation = Some((*entry, highest));
                }
                Fact::Shipment(ShipmentFact::Planned(plan)) => {
                    if let (Some((cancelled, before)), false) = (known_at_cancellation, closed) {
                        state = planned_after(state, cancelled, before, entry, plan);
                    }
                    highest = highest.max(Some(plan.version));
                }
                _ => {}
            }
        }
        state
    }

    /// When it was cancelled, if it is. A shipment that was planned again is not, nor is one of which both is said.
    pub fn cancelled_at(&self) -> Option<Moment> {
        match self.cancellation() {
            Cancellation::Cancelled { at, .. } => Some(at),
            Cancellation::None | Cancellation::Revived { .. } | Cancellation::Disputed { .. } => {
                None
            }
        }
    }

    /// When it was called off before the consignee had the goods: nothing of it brings them any more. What the consignee has
    /// received stays received; a cancellation after that closes a file and takes nothing away.
    pub fn called_off_at(&self) -> Option<Moment> {
        let cancelled = self.cancelled_at()?;
        let there = |entry: &TimelineEntry<'_>| match entry.fact {
            Fact::Shipment(ShipmentFact::Received(received)) => {
                self.confirmed_at(received, entry.at)
            }
            _ => None,
        };
        let before = |at: Moment| at <= cancelled;
        let received = self.entries.iter().filter_map(there).any(before);
        (!received).then_some(cancelled)
    }

    /// When and why there is nothing to watch any more.
    pub fn over(&self) -> Option<(Moment, End)> {
        let received = self.entries.iter().filter_map(|entry| match entry.fact {
            Fact::Shipment(ShipmentFact::Received(received)) => {
                self.confirmed_at(received, entry.at)
            }
            _ => None,
        });
        let closed = self
            .entries
            .iter()
            .find(|entry| matches!(entry.fact, Fact::Shipment(ShipmentFact::Closed(_))));
        let ends = [
            self.cancelled_at().map(|at| (at, End::Cancelled)),
            received.min().map(|at| (at, End::Received)),
            closed.map(|entry| (entry.at, End::Closed)),
            self.units_aboard().left_at.map(|at| (at, End::Used)),
        ];
        ends.into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    /// What was packed, and when the last of it had left.
    pub fn units_aboard(&self) -> Aboard {
        aboard::read(self)
    }

    /// The patient's order: that of the plan in force; where it names none, the one that the packing names, else the receipt.
    /// A dose whose plan was filled in without it would be judged by nobody.
    pub fn order(&self) -> Option<&'a OrderId> {
        let plan = self.plan_in_force()?.plan;
        let named = |entry: &TimelineEntry<'a>| match entry.fact {
            Fact::Shipment(ShipmentFact::Packed(packed)) => {
                packed.order.as_ref().map(|order| (Named::Packing, order))
            }
            Fact::Shipment(ShipmentFact::Received(received)) => {
                received.order.as_ref().map(|order| (Named::Receipt, order))
            }
            _ => None,
        };
        let scanned = || self.entries.iter().filter_map(named).min_by_key(|(by, _)| *by);
        plan.order.as_ref().or_else(|| scanned().map(|(_, order)| order))
    }

    /// Who was to receive the goods at a moment: the consignee of the plan that was in force then.
    pub fn consignee_at(&self, at: Moment) -> Option<&'a PartyId> {
        self.plan_at(at).map(|plan| &plan.plan.consignee)
    }

    /// Whether a party is the consignee of the plan in force at a moment, or its house; `None` without any plan.
    pub fn is_consignee(&self, party: &PartyId, at: Moment) -> Option<bool> {
        let houses = self.houses();
        self.consignee_at(at).map(|consignee| houses.are_one(consignee, party))
    }

    /// Whether a party is the consignor of the plan in force at a moment, or its house; `None` without any plan.
    pub fn is_consignor(&self, party: &PartyId, at: Moment) -> Option<bool> {
        let houses = self.houses();
        self.plan_at(at).map(|plan| houses.are_one(&plan.plan.consignor, party))
    }

    /// When a waypoint is expected to be reached: by the latest new time that was told for it since the plan in force
    /// was made, else by that plan.
    pub fn eta(&self, waypoint: &Label) -> Option<Moment> {
        let plan = self.plan_in_force();
        let told = self.entries.iter().rev().find_map(|entry| match entry.fact {
            Fact::Shipment(ShipmentFact::EtaChanged(changed)) if changed.waypoint == *waypoint => {
                Some((entry.at, changed.eta))
            }
            _ => None,
        });
        let since = plan.map_or(Moment::EARLIEST, |plan| plan.from);
        match told.filter(|(at, _)| *at >= since) {
            Some((_, eta)) => Some(eta),
            None => plan.and_then(|plan| {
                let known = plan.plan.waypoints.iter().find(|known| known.name == *waypoint);
                known.and_then(|known| known.eta)
            }),
        }
    }
}

/// What becomes of a cancelled shipment when a plan is dated at or after the cancellation.
fn planned_after(
    state: Cancellation,
    cancelled: TimelineEntry<'_>,
    before: Option<u32>,
    entry: &TimelineEntry<'_>,
    plan: &Planned,
) -> Cancellation {
    let (at, planned) = (cancelled.at, entry.at);
    let higher = before.is_none_or(|before| plan.version > before);
    // One that was learnt after the cancellation was made knowing of it.
    let made_after = entry.learnt >= cancelled.learnt;
    match state {
        Cancellation::Cancelled { refused, .. } if !higher => {
            Cancellation::Cancelled { at, refused: refused.or(Some(planned)) }
        }
        Cancellation::Cancelled { .. } if made_after => Cancellation::Revived { at, planned },
        Cancellation::Cancelled { .. } => {
            Cancellation::Disputed { at, planned, learnt: cancelled.learnt }
        }
        // A higher version than the disputed one, learnt later, settles it.
        Cancellation::Disputed { .. } if higher && made_after => {
            Cancellation::Revived { at, planned }
        }
        other => other,
    }
}

/// The plan that is in force by what some facts, in their order, had told by a moment.
fn plan_by<'a>(entries: &[TimelineEntry<'a>], at: Moment) -> Option<PlanEntry<'a>> {
    let until = entries.partition_point(|entry| entry.at <= at);
    plans_of(entries.get(..until).unwrap_or_default()).pop()
}

/// The plans that some facts, in their order, tell of.
fn plans_of<'a>(entries: &[TimelineEntry<'a>]) -> Vec<PlanEntry<'a>> {
    let mut versions: BTreeMap<u32, Vec<(TimelineEntry<'a>, &'a Planned)>> = BTreeMap::new();
    for entry in entries {
        if let Fact::Shipment(ShipmentFact::Planned(plan)) = entry.fact {
            versions.entry(plan.version).or_default().push((*entry, plan));
        }
    }
    let mut plans: Vec<PlanEntry<'a>> = Vec::new();
    for said in versions.into_values() {
        let Some((entry, plan)) = said.last().copied() else { continue };
        // A plan may name thousands of units: it is not compared with itself.
        let same = |other: &'a Planned| core::ptr::eq(other, plan) || says_the_same(other, plan);
        let first = said.iter().find(|(_, other)| same(other));
        let from = first.map_or(entry.at, |(first, _)| first.at);
        let contradicted = !said.iter().all(|(_, other)| same(other));
        // What a higher version replaced before it began was never in force.
        plans.retain(|before| before.from <= from);
        match plans.last_mut() {
            Some(before) if same_but_for_version(before.plan, plan) => {
                // The number counts on, so that what is compared by version stays right.
                before.plan = plan;
                before.entry = entry;
                before.contradicted |= contradicted;
                before.from = before.from.min(from);
            }
            _ => plans.push(PlanEntry { plan, from, entry, contradicted }),
        }
    }
    plans
}

/// Whether two plans say the same, whatever number they have.
pub fn same_but_for_version(a: &Planned, b: &Planned) -> bool {
    a == b || says_the_same(&Planned { version: b.version, ..a.clone() }, b)
}

/// Whether two plans say the same. The order of legs and waypoints is the way; units and permits have none.
pub fn says_the_same(a: &Planned, b: &Planned) -> bool {
    if a == b {
        return true;
    }
    if a.units.len() != b.units.len() || a.permits.len() != b.permits.len() {
        return false;
    }
    let times = |plan: &Planned, gated| plan.permits.iter().filter(|of| *of == gated).count();
    let permits = a.permits.iter().all(|gated| times(a, gated) == times(b, gated));
    let (mut ours, mut theirs) = (a.units.clone(), b.units.clone());
    ours.sort();
    theirs.sort();
    permits && ours == theirs && {
        let (permits, units) = (b.permits.clone(), b.units.clone());
        Planned { permits, units, ..a.clone() } == *b
    }
}
