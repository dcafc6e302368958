//! All that custody looks at: the chain of hands, what was packed and received, who is qualified.

use crate::parties::Parties;
use alloc::{collections::BTreeSet, vec::Vec};
use facts::fact::shipment::{Packed, Planned, Received, Repacked};
use facts::timeline::{Hands, Mark};
use facts::{
    Context, Fact, LegId, Moment, PartyId, Reference, Story, Subject, Text, Timeline,
    TimelineEntry, UnitId, View, context,
};

/// All that custody rules look at.
#[derive(Debug, Default)]
pub struct Ledger {
    /// The plan in force.
    pub plan: Option<Planned>,
    /// The chain of hands.
    pub hands: Hands,
    /// Every packing.
    pub packed: Vec<(Mark, Packed)>,
    /// Every packing into another shipper.
    pub repacked: Vec<(Mark, Repacked)>,
    /// Every receipt.
    pub received: Vec<(Mark, Received)>,
    /// When the first receipt came that confirms that the goods are where they are to be.
    pub confirmed: Option<Moment>,
    /// From when on each receipt confirms that, in the order of the receipts.
    pub confirmed_each: Vec<Option<Moment>>,
    /// Every acceptance, also those that move nothing because the party holds the goods already.
    pub accepted: Vec<Mark>,
    /// When the shipment was cancelled, closed or the last unit had left.
    pub over: Option<Moment>,
    /// Who is qualified, and who belongs to whom.
    pub parties: Parties,
    /// When something was last declared wrong: an absence that it left is judged a moment later.
    pub corrected: Moment,
    place: Option<Text>,
    eta: Option<Moment>,
}

impl View for Ledger {
    fn hears(fact: &Fact) -> bool {
        let hands = matches!(
            fact,
            Fact::Planned(_) | Fact::Released(_) | Fact::Accepted(_) | Fact::Cancelled(_)
        );
        let goods = matches!(
            fact,
            Fact::Packed(_) | Fact::Repacked(_) | Fact::Received(_) | Fact::Closed(_)
        );
        let used = matches!(fact, Fact::Destroyed(_) | Fact::Thawed(_) | Fact::Infused(_));
        let place = matches!(fact, Fact::Stowed(_) | Fact::Arrived(_) | Fact::EtaChanged(_));
        let party =
            matches!(fact, Fact::Described(_) | Fact::Qualified(_) | Fact::PartySuspended(_));
        hands || goods || used || place || party || matches!(fact, Fact::ShipmentCorrected(_))
    }

    fn read(story: &Story, _: &Subject) -> Self {
        let timeline = story.timeline();
        let plan = timeline.plan_in_force();
        let mut ledger = Ledger {
            plan: plan.map(|plan| plan.plan.clone()),
            hands: timeline.hands(),
            corrected: timeline.corrected_at().unwrap_or(Moment::EARLIEST),
            eta: plan.and_then(|plan| eta(&timeline, plan.plan)),
            ..Ledger::default()
        };
        for entry in timeline.entries() {
            ledger.parties.hear(entry);
            match entry.fact {
                Fact::Received(received) => {
                    ledger.received.push((mark(&received.by, entry), received.clone()));
                    ledger.confirmed_each.push(timeline.confirmed_at(received, entry.at));
                }
                Fact::Accepted(accepted) => ledger.accepted.push(mark(&accepted.by, entry)),
                Fact::Packed(packed) => {
                    let by = packed.by.clone().unwrap_or_default();
                    ledger.packed.push((mark(&by, entry), packed.clone()));
                }
                Fact::Repacked(repacked) => {
                    ledger.repacked.push((mark(&repacked.by, entry), repacked.clone()))
                }
                Fact::Stowed(stowed) => ledger.place = Some(stowed.place.clone()),
                Fact::Arrived(arrived) => ledger.place = ledger.end_of(&arrived.leg),
                _ => {}
            }
        }
        ledger.confirmed = ledger.confirmed_each.iter().flatten().min().copied();
        ledger.over = over(&timeline);
        ledger
    }

    fn context(&self, _: &Reference, _: Moment) -> Option<Context> {
        let (holder, since) = self.hands.holder.clone().unzip();
        // The consignor holds the goods from before anybody reported it.
        let since = since.filter(|since| *since > Moment::EARLIEST);
        let (place, eta, received) = (self.place.clone(), self.eta, self.confirmed.is_some());
        Some(Context::Custody(context::Custody { holder, since, place, eta, received }))
    }
}

impl Ledger {
    /// Since when the goods were in the box in which they were at a moment: packed, or all of them moved into another.
    pub fn in_its_box_since(&self, at: Moment) -> Option<Moment> {
        let packed = self.packed.iter().map(|(mark, _)| mark.at).min()?;
        let units: BTreeSet<&UnitId> = self.packed.iter().flat_map(|(_, p)| &p.units).collect();
        let moved = self.repacked.iter().filter(|(mark, _)| mark.at > packed && mark.at <= at);
        let whole = moved.filter(|(_, repacked)| {
            repacked.units.is_empty() || units.iter().all(|unit| repacked.units.contains(unit))
        });
        Some(whole.map(|(mark, _)| mark.at).max().unwrap_or(packed))
    }

    /// When a party other than this one first accepted after a moment.
    pub fn signed_again(&self, party: &PartyId, at: Moment) -> Option<Moment> {
        let houses = self.parties.houses();
        let other = |mark: &&Mark| mark.at > at && !houses.are_one(&mark.by, party);
        self.accepted.iter().find(other).map(|mark| mark.at)
    }

    fn end_of(&self, leg: &LegId) -> Option<Text> {
        let legs = self.plan.as_ref()?.legs.iter();
        legs.filter(|l| l.id == *leg).map(|l| Text::new(l.to.as_str())).next()
    }
}

fn mark(by: &PartyId, entry: &TimelineEntry<'_>) -> Mark {
    Mark { by: by.clone(), at: entry.at, learnt: entry.learnt, offset: entry.offset }
}

/// When there was nothing to hold any more: cancelled and not planned again, closed, or the last unit gone.
fn over(timeline: &Timeline<'_>) -> Option<Moment> {
    let closed = timeline.entries().iter().find(|entry| matches!(entry.fact, Fact::Closed(_)));
    let ends = [
        timeline.cancelled_at(),
        closed.map(|entry| entry.at),
        timeline.units_aboard().left_at,
    ];
    ends.into_iter().flatten().min()
}

/// When the consignee is expected to have the goods: the last waypoint's latest time, else the last leg's.
fn eta(timeline: &Timeline<'_>, plan: &Planned) -> Option<Moment> {
    let expected = plan.waypoints.last().and_then(|last| timeline.eta(&last.name));
    expected.or_else(|| plan.legs.last().map(|leg| leg.arrives))
}
