//! What the reports themselves are worth: which of them are dated ahead, and which name something that nobody knows.

use alloc::{string::String, vec::Vec};
use facts::Label;
use facts::fact::shipment::Planned;
use facts::{
    Fact, History, HistoryEntry, Identity, LegId, Moment, PartyId, ShipmentFact, ShortText,
    Subject, SubjectKind,
};

/// A report that counts as at its arrival, because it is dated later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated {
    /// What was reported, as the type of the fact names it.
    pub what: String,
    /// The moment that counts.
    pub counts: Moment,
    /// The time that the report bears.
    pub dated: Moment,
    /// Its place in the journal.
    pub offset: u64,
}

/// Something is named that a plan, or somebody else, must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Its name, as it was reported.
    pub name: ShortText,
    /// When that was.
    pub at: Moment,
    /// When it was learnt.
    pub learnt: Moment,
    /// Its place in the journal.
    pub offset: u64,
}

/// What a plan knows by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanNames {
    /// When the plan was made.
    pub at: Moment,
    /// When it was learnt.
    pub learnt: Moment,
    version: u32,
    identity: Identity,
    waypoints: Vec<Label>,
    legs: Vec<LegId>,
    parties: Vec<PartyId>,
}

/// All reports, as far as they are worth a word of their own.
#[derive(Debug, Default)]
pub struct ReportQuality {
    /// What is dated ahead.
    pub dated: Vec<Dated>,
    /// What each plan knows; the one in force comes last.
    pub plans: Vec<PlanNames>,
    /// Waypoints for which a new time was reported.
    pub waypoints: Vec<Named>,
    /// Legs on which something was reported.
    pub legs: Vec<Named>,
    /// Parties that did something.
    pub acting: Vec<Named>,
    /// Parties of which anything is known, and since when.
    pub known: Vec<(PartyId, Moment)>,
    /// The report of the shipment that was learnt first.
    pub first: Option<Named>,
    /// When the goods were first packed or moved.
    pub under_way: Option<Moment>,
    /// When the shipment was called off or closed.
    pub over: Option<Moment>,
}

impl PlanNames {
    /// Whether it has a waypoint of that name, however it is spelt.
    pub fn has_waypoint(&self, name: &str) -> bool {
        self.waypoints.iter().any(|known| known.is(name))
    }
    /// Whether it has that leg; a plan without legs says nothing of them.
    pub fn has_leg(&self, name: &str) -> bool {
        self.legs.is_empty() || self.legs.iter().any(|known| known.as_str() == name)
    }
    /// Whether it names that party.
    pub fn has_party(&self, name: &str) -> bool {
        self.parties.iter().any(|known| known.as_str() == name)
    }
    fn of(plan: &Planned, chapter: &HistoryEntry) -> Self {
        let ends = [&plan.consignor, &plan.consignee];
        let legs = plan.legs.iter().flat_map(|leg| [&leg.carrier, &leg.from, &leg.to]);
        Self {
            at: chapter.at,
            learnt: chapter.learnt,
            version: plan.version,
            identity: chapter.identity,
            waypoints: plan.waypoints.iter().map(|waypoint| waypoint.name.clone()).collect(),
            legs: plan.legs.iter().map(|leg| leg.id.clone()).collect(),
            parties: ends.into_iter().chain(legs).cloned().collect(),
        }
    }
}

impl ReportQuality {
    /// Reads the story of a shipment.
    pub fn read(story: &History, shipment: &Subject) -> Self {
        // One that was cancelled and planned again is not over.
        let over = story.timeline().cancelled_at();
        let mut record = Self { over, ..Self::default() };
        for chapter in story.entries() {
            record.hear(chapter, shipment);
        }
        record.plans.sort_by_key(|plan| (plan.version, plan.at, plan.identity));
        record
    }

    fn hear(&mut self, chapter: &HistoryEntry, shipment: &Subject) {
        let named = |name: &str| {
            let (at, learnt, offset) = (chapter.at, chapter.learnt, chapter.offset);
            Named { name: ShortText::new(name), at, learnt, offset }
        };
        let of_goods = chapter.subject == *shipment
            && !matches!(chapter.fact, Fact::Shipment(ShipmentFact::Noted(_)));
        if of_goods && self.first.as_ref().is_none_or(|first| chapter.learnt < first.learnt) {
            self.first = Some(named(&shipment.id));
        }
        if of_goods && chapter.fact.has_happened() {
            self.under_way.get_or_insert(chapter.at);
        }
        if let Some(dated) = chapter.dated {
            let (kind, _) = chapter.fact.parts().unwrap_or_default();
            let what = kind.split('.').nth(2).unwrap_or_default().into();
            self.dated.push(Dated { what, counts: chapter.at, dated, offset: chapter.offset });
        }
        if chapter.subject.kind == SubjectKind::Party {
            self.known.push((PartyId::new(&*chapter.subject.id), chapter.at));
        }
        match &chapter.fact {
            Fact::Shipment(ShipmentFact::Planned(plan)) => {
                self.plans.push(PlanNames::of(plan, chapter))
            }
            Fact::Shipment(ShipmentFact::EtaChanged(changed)) => {
                self.waypoints.push(named(changed.waypoint.as_str()))
            }
            Fact::Shipment(ShipmentFact::Closed(_)) => drop(self.over.get_or_insert(chapter.at)),
            _ => {}
        }
        self.legs.extend(leg(&chapter.fact).map(|leg| named(leg.as_str())));
        self.acting.extend(acts(&chapter.fact).map(|party| named(party.as_str())));
    }
}

fn leg(fact: &Fact) -> Option<&LegId> {
    match fact {
        Fact::Shipment(ShipmentFact::Released(it)) => it.leg.as_ref(),
        Fact::Shipment(ShipmentFact::Accepted(it)) => it.leg.as_ref(),
        Fact::Shipment(ShipmentFact::Departed(it)) => Some(&it.leg),
        Fact::Shipment(ShipmentFact::Arrived(it)) => Some(&it.leg),
        Fact::Shipment(ShipmentFact::CustomsEntered(it)) => Some(&it.leg),
        Fact::Shipment(ShipmentFact::CustomsCleared(it)) => Some(&it.leg),
        Fact::Shipment(ShipmentFact::LegCancelled(it)) => Some(&it.leg),
        Fact::Shipment(ShipmentFact::LegOffloaded(it)) => Some(&it.leg),
        _ => None,
    }
}

/// Who did something with the goods. Who took them is judged by custody/wrong-party.
fn acts(fact: &Fact) -> Option<&PartyId> {
    match fact {
        Fact::Shipment(ShipmentFact::Released(it)) => Some(&it.by),
        Fact::Shipment(ShipmentFact::Packed(it)) => it.by.as_ref(),
        Fact::Shipment(ShipmentFact::Repacked(it)) => Some(&it.by),
        Fact::Shipment(ShipmentFact::Opened(it)) => Some(&it.by),
        Fact::Shipment(ShipmentFact::Unpacked(it)) => Some(&it.by),
        _ => None,
    }
}
