//! The hand-overs of a shipment, pieced together from what was released, accepted and received.

use crate::parties::Parties;
use crate::walk::Walk;
use alloc::vec::Vec;
use facts::fact::shipment::{Packed, Planned, Receipt, Received};
use facts::{
    Context, Fact, LegId, Moment, PartyId, Reference, Story, Subject, Text, View, context,
};

/// Somebody did something at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Which organisation.
    pub by: PartyId,
    /// When, by its clock.
    pub at: Moment,
    /// When it was learnt.
    pub learnt: Moment,
    /// Its place in the journal.
    pub offset: u64,
}

/// One hand-over: goods go from one organisation to another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HandOver {
    /// The leg that begins, where it is named.
    pub leg: Option<LegId>,
    /// Who held the goods before it; `None` while nobody did, or nobody knows.
    pub holder: Option<PartyId>,
    /// The release.
    pub released: Option<Mark>,
    /// Whom it named.
    pub to: Option<PartyId>,
    /// Whether it said that the goods stand airside.
    pub airside: bool,
    /// Whether the releaser did not hold the goods.
    pub stranger: bool,
    /// The acceptance.
    pub accepted: Option<Mark>,
    /// When something else showed that it was over: the next release by the one named, a receipt, a
    /// cancellation.
    pub over: Option<Moment>,
}

impl HandOver {
    /// What its findings are about.
    pub fn about(&self) -> &str {
        self.leg.as_ref().map_or("", LegId::as_str)
    }
    /// When the goods were in somebody's hands again.
    pub fn end(&self) -> Option<Moment> {
        self.accepted.as_ref().map(|mark| mark.at).into_iter().chain(self.over).min()
    }
}

/// All that custody rules look at.
#[derive(Debug, Default)]
pub struct Ledger {
    /// The plan in force.
    pub plan: Option<Planned>,
    /// Every hand-over, in order.
    pub hand_overs: Vec<HandOver>,
    /// Every packing.
    pub packed: Vec<(Mark, Packed)>,
    /// Every receipt.
    pub received: Vec<(Mark, Received)>,
    /// Who is qualified.
    pub parties: Parties,
    /// When something was last declared wrong: an absence that it left is judged a moment later.
    pub corrected: Moment,
    holder: Option<(PartyId, Moment)>,
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
            Fact::Packed(_) | Fact::Received(_) | Fact::Destroyed(_) | Fact::Closed(_)
        );
        let place = matches!(fact, Fact::Stowed(_) | Fact::Arrived(_) | Fact::EtaChanged(_));
        let party =
            matches!(fact, Fact::Described(_) | Fact::Qualified(_) | Fact::PartySuspended(_));
        hands || goods || place || party || matches!(fact, Fact::ShipmentCorrected(_))
    }

    fn read(story: &Story, _: &Subject) -> Self {
        let corrected = story.corrected().unwrap_or(Moment::EARLIEST);
        let mut ledger = Ledger { plan: plan(story), corrected, ..Ledger::default() };
        let mut walk = Walk::new(ledger.plan.as_ref(), story);
        for chapter in story.chapters() {
            ledger.parties.hear(chapter);
            let mark = |by: &PartyId| Mark {
                by: by.clone(),
                at: chapter.at,
                learnt: chapter.learnt,
                offset: chapter.offset,
            };
            match &chapter.fact {
                Fact::Released(released) => walk.released(mark(&released.by), released),
                Fact::Accepted(accepted) => {
                    walk.accepted(mark(&accepted.by), accepted.leg.as_ref())
                }
                Fact::Received(received) => {
                    walk.received(mark(&received.by));
                    ledger.received.push((mark(&received.by), received.clone()));
                }
                Fact::Packed(packed) => {
                    let by = packed.by.clone().unwrap_or_default();
                    ledger.packed.push((mark(&by), packed.clone()));
                }
                Fact::Cancelled(_) | Fact::Destroyed(_) | Fact::Closed(_) => walk.over(chapter.at),
                Fact::Stowed(stowed) => ledger.place = Some(stowed.place.clone()),
                Fact::Arrived(arrived) => ledger.place = ledger.end_of(&arrived.leg),
                _ => {}
            }
        }
        (ledger.hand_overs, ledger.holder) = walk.end();
        ledger.eta = ledger.plan.as_ref().and_then(|plan| eta(plan, story));
        ledger
    }

    fn context(&self, _: &Reference, _: Moment) -> Option<Context> {
        let (holder, since) = self.holder.clone().unzip();
        // The consignor holds the goods from before anybody reported it.
        let since = since.filter(|since| *since > Moment::EARLIEST);
        let came = |(_, received): &(Mark, Received)| received.verdict != Receipt::Reject;
        let received = self.received.iter().any(came);
        let (place, eta) = (self.place.clone(), self.eta);
        Some(Context::Custody(context::Custody { holder, since, place, eta, received }))
    }
}

impl Ledger {
    fn end_of(&self, leg: &LegId) -> Option<Text> {
        let legs = self.plan.as_ref()?.legs.iter();
        legs.filter(|l| l.id == *leg).map(|l| Text::new(l.to.as_str())).next()
    }
}

/// The plan with the highest version; of the same version the one learnt last.
fn plan(story: &Story) -> Option<Planned> {
    let mut plans: Vec<_> = story
        .chapters()
        .iter()
        .filter_map(|chapter| match &chapter.fact {
            Fact::Planned(plan) => Some((plan.version, chapter.offset, plan)),
            _ => None,
        })
        .collect();
    plans.sort_by_key(|(version, offset, _)| (*version, *offset));
    plans.pop().map(|(_, _, plan)| (**plan).clone())
}

/// When the consignee is expected to have the goods: the last waypoint's latest time, else the last leg's.
fn eta(plan: &Planned, story: &Story) -> Option<Moment> {
    let last = plan.waypoints.last();
    let expected = last.and_then(|last| facts::expected(story.chapters(), &last.name));
    expected.or_else(|| plan.legs.last().map(|leg| leg.arrives))
}
