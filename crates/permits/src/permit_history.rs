//! The permits that a plan cites, and when their acts happen or are expected.

use crate::rules;
use alloc::{collections::BTreeMap, vec::Vec};
use facts::fact::permit::{Granted, Ledger};
use facts::fact::shipment::{Act, Gated, Planned, Receipt, Received};
use facts::timeline::{Cancellation, Houses, Receiver, Timeline, TimelineEntry};
use facts::{
    About, Fact, History, HistoryEntry, LegId, Moment, PartyFact, PartyId, PermitFact, PermitId,
    Projection, ShipmentFact, ShipmentId, Span, Subject, SystemFact,
};

/// All that permit rules look at: the story, cut to what concerns papers.
#[derive(Debug, Default)]
pub struct PermitHistory {
    /// The shipment whose papers these are.
    pub shipment: ShipmentId,
    /// The facts, in the order of the timeline.
    facts: Vec<HistoryEntry>,
    /// Who the parties are: at any moment, whenever that was said.
    parties: Vec<HistoryEntry>,
    /// Who let the goods go and took them over: that tells which receipts count.
    hands: Vec<HistoryEntry>,
    /// When something was last declared wrong, by log time.
    corrected: Option<Moment>,
    /// The ledger of each permit, as it was stated last.
    pub ledgers: BTreeMap<PermitId, StatedLedger>,
}

/// A ledger, and where in the journal it stands.
#[derive(Debug, Clone)]
pub struct StatedLedger {
    /// Where in the journal it stands.
    pub offset: u64,
    /// The ledger.
    pub ledger: Ledger,
}

/// How a permit stands to one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// Nothing is known of it, or not to the moment.
    Unknown,
    /// It holds from the first moment until the second one, that one included.
    Between(Moment, Moment),
    /// It is suspended or revoked; from that moment on, where it was said before it came.
    Void(Option<Moment>),
}

impl Validity {
    /// Whether it holds at that moment.
    pub fn covers(self, at: Moment) -> bool {
        matches!(self, Self::Between(from, until) if from <= at && at <= until)
    }

    fn of(entry: &TimelineEntry<'_>) -> Self {
        let Some(granted) = granted(entry.fact) else {
            return Self::Void((entry.at > entry.learnt).then_some(entry.at));
        };
        match (granted.from.moment(), granted.until.moment()) {
            (Some(from), Some(until)) => Self::Between(from, until),
            _ => Self::Unknown,
        }
    }
}

/// What was known once all facts up to a moment had happened.
#[derive(Debug, Clone)]
pub struct PermitsKnown<'a> {
    timeline: Timeline<'a>,
    houses: Houses<'a>,
    /// That moment. What is said of a permit before it comes is known from when it was learnt.
    pub at: Moment,
    /// When the last of them was learnt.
    pub learnt: Moment,
    /// Where in the journal the last of them stands.
    pub offset: u64,
}

impl Projection for PermitHistory {
    const ABOUT: About<Self> = About {
        name: "permits",
        judges: "What the papers allow",
        rules: rules::ALL,
        rulebook: include_str!("../../../config/rulebook/permits.toml"),
        schema: 1,
    };
    fn accepts(fact: &Fact) -> bool {
        let papers = matches!(
            fact,
            Fact::Permit(
                PermitFact::Granted(_) | PermitFact::Amended(_) | PermitFact::PermitSuspended(_)
            )
        );
        let ledger = matches!(
            fact,
            Fact::Permit(PermitFact::Revoked(_)) | Fact::System(SystemFact::Ledger(_))
        );
        let plan = matches!(
            fact,
            Fact::Shipment(
                ShipmentFact::Planned(_)
                    | ShipmentFact::EtaChanged(_)
                    | ShipmentFact::Cancelled(_)
                    | ShipmentFact::Closed(_)
            )
        );
        let acts = matches!(
            fact,
            Fact::Shipment(
                ShipmentFact::Departed(_)
                    | ShipmentFact::Arrived(_)
                    | ShipmentFact::CustomsEntered(_)
            ) | Fact::Party(PartyFact::Described(_))
        );
        papers
            || ledger
            || plan
            || acts
            || matches!(fact, Fact::Shipment(ShipmentFact::Released(_) | ShipmentFact::Accepted(_)))
            || matches!(
                fact,
                Fact::Shipment(ShipmentFact::Received(_) | ShipmentFact::ShipmentCorrected(_))
            )
    }

    fn from_history(story: &History, shipment: &Subject) -> Self {
        let mut papers =
            PermitHistory { shipment: ShipmentId::new(&*shipment.id), ..PermitHistory::default() };
        for chapter in story.as_learnt() {
            if let Fact::System(SystemFact::Ledger(ledger)) = &chapter.fact {
                let permit = PermitId::new(&*chapter.subject.id);
                let read = StatedLedger { offset: chapter.offset, ledger: ledger.clone() };
                papers.ledgers.insert(permit, read);
            }
        }
        for chapter in story.entries() {
            match chapter.fact {
                Fact::System(SystemFact::Ledger(_)) => {}
                Fact::Party(PartyFact::Described(_)) => papers.parties.push(chapter.clone()),
                Fact::Shipment(ShipmentFact::Released(_) | ShipmentFact::Accepted(_)) => {
                    papers.hands.push(chapter.clone())
                }
                _ => papers.facts.push(chapter.clone()),
            }
        }
        papers.corrected = story.corrected();
        papers
    }
}

impl PermitHistory {
    /// What was known after each moment at which something happened, from the first to the last that has come. What happened at one
    /// moment is known together. What is said of a permit before it comes changes something twice: when it is learnt, and
    /// when it comes. Words of that kind about one permit which are learnt within `settle` of each other race, and only what stands after
    /// the last one was ever known.
    pub fn history(&self, now: Moment, settle: Span) -> Vec<PermitsKnown<'_>> {
        let ahead: Vec<(&Subject, Moment)> = self
            .facts
            .iter()
            .filter(|chapter| known_at(chapter) != chapter.at)
            .map(|chapter| (&chapter.subject, known_at(chapter)))
            .collect();
        let raced = |(permit, at): &(&Subject, Moment)| {
            let soon = |next: Moment| *at < next && next < *at + settle && next <= now;
            ahead.iter().any(|(other, next)| other == permit && soon(*next))
        };
        let stay = ahead.iter().filter(|word| !raced(word)).map(|(_, at)| *at);
        let mut moments: Vec<Moment> =
            self.facts.iter().map(|chapter| chapter.at).chain(stay).collect();
        moments.retain(|moment| *moment <= now);
        moments.sort_unstable();
        moments.dedup();
        moments.into_iter().map(|moment| self.known(moment)).collect()
    }

    /// Whether something is said of a permit before it comes, and was learnt at a moment.
    pub fn is_said_ahead(&self, at: Moment) -> bool {
        self.facts.iter().any(|chapter| known_at(chapter) == at && chapter.at > at)
    }

    /// All that is known at a moment.
    pub fn known(&self, at: Moment) -> PermitsKnown<'_> {
        let facts = || self.facts.iter().filter(|chapter| known_at(chapter) <= at);
        let last = facts().max_by_key(|chapter| match chapter.at <= at {
            true => chapter.at,
            false => known_at(chapter),
        });
        PermitsKnown {
            timeline: Timeline::new(
                facts().chain(&self.hands).chain(&self.parties).map(HistoryEntry::entry),
                None,
            ),
            houses: self.houses(),
            at,
            learnt: facts().map(|c| c.learnt).max().unwrap_or(Moment::EARLIEST),
            offset: last.map_or(0, |chapter| chapter.offset),
        }
    }

    fn houses(&self) -> Houses<'_> {
        Houses::of(
            self.parties.iter().chain(&self.facts).chain(&self.hands).map(HistoryEntry::entry),
        )
    }

    /// When each fact happened, and when it was learnt.
    pub fn moments(&self) -> impl Iterator<Item = Moment> {
        self.facts.iter().flat_map(|chapter| [chapter.at, chapter.learnt]).chain(self.corrected)
    }

    /// When something was last declared wrong, by log time: what replaces it comes a moment later.
    pub fn corrected(&self) -> Moment {
        self.corrected.unwrap_or(Moment::EARLIEST)
    }

    /// When it was cancelled, by the report of that and by log time; `None` when it is not, or was planned again.
    pub fn cancelled(&self) -> Option<(Moment, Moment)> {
        let Cancellation::Cancelled { at, .. } = self.known(Moment::LATEST).timeline.cancellation()
        else {
            return None;
        };
        let mut reports = self
            .facts
            .iter()
            .filter(|c| c.at == at && matches!(c.fact, Fact::Shipment(ShipmentFact::Cancelled(_))));
        let learnt = reports.clone().map(|chapter| chapter.learnt).min();
        reports.next().and(learnt).map(|learnt| (at, learnt))
    }

    /// The same papers, as if nobody had cancelled the shipment: what happened up to a moment and was learnt by another.
    pub fn as_if_not_cancelled(&self, until: Moment, learnt: Moment) -> Self {
        let then = |c: &HistoryEntry| known_at(c) <= until && c.learnt <= learnt;
        let kept = |c: &&HistoryEntry| {
            then(c) && !matches!(c.fact, Fact::Shipment(ShipmentFact::Cancelled(_)))
        };
        Self {
            shipment: self.shipment.clone(),
            facts: self.facts.iter().filter(kept).cloned().collect(),
            parties: self.parties.clone(),
            hands: self.hands.clone(),
            corrected: self.corrected,
            ledgers: BTreeMap::new(),
        }
    }

    /// What a permit was granted for, and since when, as it was granted and amended up to a moment.
    pub fn grants(&self, permit: &PermitId, now: Moment) -> Vec<(Moment, &Granted)> {
        let of = self.facts.iter().filter(|c| c.at <= now && &*c.subject.id == permit.as_str());
        of.filter_map(|c| Some((c.at, granted(&c.fact)?))).collect()
    }
}

impl<'a> PermitsKnown<'a> {
    /// The plan in force, of a shipment that takes place.
    pub fn plan(&self) -> Option<&'a Planned> {
        if self.timeline.cancelled_at().is_some() {
            return None;
        }
        self.timeline.plan_in_force().map(|entry| entry.plan)
    }

    /// Whether the shipment will not take place.
    pub fn cancelled(&self) -> bool {
        self.timeline.cancelled_at().is_some()
    }

    /// When the goods left for the first time.
    pub fn departed(&self) -> Option<Moment> {
        let mut all = self.timeline.entries().iter();
        all.find(|entry| matches!(entry.fact, Fact::Shipment(ShipmentFact::Departed(_))))
            .map(|entry| entry.at)
    }

    /// When the permit holds, for an act that is expected at that moment: by the last word on it that has come by now, or
    /// will have come by then.
    pub fn validity(&self, permit: &PermitId, expected: Moment) -> Validity {
        let by_then = expected.max(self.at);
        let word = self.of(permit).rfind(|entry| entry.at <= by_then);
        word.map_or(Validity::Unknown, Validity::of)
    }

    /// When the permit held, for an act that was done at that moment. The last word until then counts. What was granted
    /// later reaches back to its first day, but not across a suspension: whoever acts while a permit is suspended
    /// acts without one, whatever becomes of it afterwards.
    pub fn validity_at(&self, permit: &PermitId, at: Moment) -> Validity {
        // What is still to come says nothing of what was done.
        let words: Vec<&TimelineEntry<'a>> =
            self.of(permit).filter(|entry| entry.at <= self.at).collect();
        let (before, after) = words.split_at(words.partition_point(|entry| entry.at <= at));
        let then = before.last().map(|entry| Validity::of(entry));
        if let Some(void @ Validity::Void(_)) = then {
            return void;
        }
        if let Some(then) = then.filter(|then| then.covers(at)) {
            return then;
        }
        let later = after.iter().map(|entry| Validity::of(entry));
        let later = later.take_while(|word| !matches!(word, Validity::Void(_)));
        let later: Vec<Validity> = later.collect();
        let covering = later.iter().find(|word| word.covers(at)).copied();
        covering.or(then).or(later.last().copied()).unwrap_or(Validity::Unknown)
    }

    fn of<'b>(
        &'b self,
        permit: &'b PermitId,
    ) -> impl DoubleEndedIterator<Item = &'b TimelineEntry<'a>> {
        self.timeline.entries().iter().filter(move |entry| {
            let stopped = matches!(
                entry.fact,
                Fact::Permit(PermitFact::PermitSuspended(_) | PermitFact::Revoked(_))
            );
            (stopped || granted(entry.fact).is_some()) && &*entry.subject.id == permit.as_str()
        })
    }

    /// Each moment at which the act was done. Customs may be entered twice, a flight may leave twice.
    pub fn done(&self, gated: &Gated) -> Vec<Moment> {
        let on = |leg: &LegId| gated.leg.as_ref().is_none_or(|named| named == leg);
        match gated.act {
            Act::Departure => self.all(|entry| match entry.fact {
                Fact::Shipment(ShipmentFact::Departed(departed)) => on(&departed.leg),
                _ => false,
            }),
            Act::Import => {
                let entered = self.all(|entry| match entry.fact {
                    Fact::Shipment(ShipmentFact::CustomsEntered(entered)) => on(&entered.leg),
                    _ => false,
                });
                if !entered.is_empty() || gated.leg.is_none() {
                    return entered;
                }
                self.all(|entry| match entry.fact {
                    Fact::Shipment(ShipmentFact::Arrived(arrived)) => on(&arrived.leg),
                    _ => false,
                })
            }
            Act::Receipt => self.all(|entry| match entry.fact {
                Fact::Shipment(ShipmentFact::Received(received)) => {
                    matches!(
                        self.receiver(received, entry.at),
                        Some(None | Some(Receiver::Consignee))
                    )
                }
                _ => false,
            }),
        }
    }

    /// Each moment at which the act of receipt may have been done: by a party of which nobody has said what it is.
    pub fn may_be_done(&self, gated: &Gated) -> Vec<(Moment, &'a PartyId)> {
        let entries = self.timeline.entries().iter().filter(|_| gated.act == Act::Receipt);
        let receipts = entries.filter_map(|entry| match entry.fact {
            Fact::Shipment(ShipmentFact::Received(received)) => Some((entry.at, received)),
            _ => None,
        });
        let unknown = |(at, received): &(Moment, &'a Received)| {
            self.receiver(received, *at) == Some(Some(Receiver::NeverDescribed))
        };
        receipts.filter(unknown).map(|(at, received)| (at, &received.by)).collect()
    }

    fn all(&self, is: impl Fn(&TimelineEntry<'a>) -> bool) -> Vec<Moment> {
        self.timeline.entries().iter().filter(|entry| is(entry)).map(|entry| entry.at).collect()
    }

    /// Whom a receipt is by, which without any plan nobody knows; `None` for a refusal: who sends the goods back at the door
    /// has not received them. Where a plan that was made later names the receiver, it is the consignee.
    fn receiver(&self, received: &Received, at: Moment) -> Option<Option<Receiver>> {
        let plans = [self.timeline.plan_at(at), self.timeline.plan_in_force()];
        let mut whom = plans.iter().flatten().map(|p| self.houses.receiver(&received.by, p.plan));
        let (then, now) = (whom.next(), whom.next());
        let receiver = now.filter(|now| *now == Receiver::Consignee).or(then);
        (received.verdict != Receipt::Reject).then_some(receiver)
    }

    /// When the act is expected: the latest word on its waypoint.
    pub fn expected(&self, gated: &Gated) -> Option<Moment> {
        self.timeline.eta(&gated.waypoint)
    }
}

/// What is said of a permit for a time within the hour counts at that time only: nobody can plan otherwise by then, and the log's
/// clock may lag behind the one that dated it.
const BOOKED_AHEAD: Span = Span::minutes(60);

/// From when a fact is known: what is said of a permit before it comes, from when it was learnt.
fn known_at(chapter: &HistoryEntry) -> Moment {
    let of_a_permit = granted(&chapter.fact).is_some()
        || matches!(
            chapter.fact,
            Fact::Permit(PermitFact::PermitSuspended(_) | PermitFact::Revoked(_))
        );
    let ahead = of_a_permit && chapter.at > chapter.learnt + BOOKED_AHEAD;
    if ahead { chapter.learnt } else { chapter.at }
}

/// What a permit was granted or amended to.
fn granted(fact: &Fact) -> Option<&Granted> {
    match fact {
        Fact::Permit(PermitFact::Granted(granted) | PermitFact::Amended(granted)) => Some(granted),
        _ => None,
    }
}
