//! The permits that a plan cites, and when their acts happen or are expected.

use alloc::{collections::BTreeMap, vec::Vec};
use facts::fact::permit::{Granted, Ledger};
use facts::fact::shipment::{Act, Gated, Planned};
use facts::{Chapter, Fact, LegId, Moment, PermitId, ShipmentId, Story, Subject, Text, View};

/// All that permit rules look at: the story, cut to what concerns papers.
#[derive(Debug, Default)]
pub struct Papers {
    /// Whose.
    pub shipment: ShipmentId,
    /// The facts, in the order in which they happened.
    facts: Vec<Chapter>,
    /// Every ledger of a permit, in the order in which it was learnt.
    pub ledgers: BTreeMap<PermitId, Vec<Read>>,
}

/// A ledger, when it was learnt, and where in the journal it stands.
#[derive(Debug, Clone)]
#[allow(missing_docs)] // each is named by what it is
pub struct Read {
    pub learnt: Moment,
    pub offset: u64,
    pub ledger: Ledger,
}

/// When a permit holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// Nothing is known of it, or not to the moment.
    Unknown,
    /// From, until and including.
    Between(Moment, Moment),
    /// Suspended or revoked.
    Void,
}

/// What was known once so many facts had happened.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    facts: &'a [Chapter],
    /// When the last of them happened.
    pub at: Moment,
    /// When the last of them was learnt.
    pub learnt: Moment,
    /// Where in the journal the last of them stands.
    pub offset: u64,
}

impl View for Papers {
    fn hears(fact: &Fact) -> bool {
        let papers = matches!(fact, Fact::Granted(_) | Fact::Amended(_) | Fact::PermitSuspended(_));
        let ledger = matches!(fact, Fact::Revoked(_) | Fact::Ledger(_));
        let plan = matches!(fact, Fact::Planned(_) | Fact::EtaChanged(_) | Fact::Cancelled(_));
        let acts = matches!(fact, Fact::Departed(_) | Fact::Arrived(_) | Fact::CustomsEntered(_));
        papers
            || ledger
            || plan
            || acts
            || matches!(fact, Fact::Received(_) | Fact::ShipmentCorrected(_))
    }

    fn read(story: &Story, shipment: &Subject) -> Self {
        let mut papers = Papers { shipment: ShipmentId::new(&*shipment.id), ..Papers::default() };
        for chapter in story.as_learnt() {
            if let Fact::Ledger(ledger) = &chapter.fact {
                let permit = PermitId::new(&*chapter.subject.id);
                papers.ledgers.entry(permit).or_default().push(Read {
                    learnt: chapter.learnt,
                    offset: chapter.offset,
                    ledger: ledger.clone(),
                });
            }
        }
        let kept = |chapter: &&Chapter| !matches!(chapter.fact, Fact::Ledger(_));
        papers.facts = story.chapters().iter().filter(kept).cloned().collect();
        papers
    }
}

impl Papers {
    /// What was known after each fact, from the first to the last.
    pub fn steps(&self) -> impl Iterator<Item = Known<'_>> {
        (1..=self.facts.len()).map(|n| self.known(n))
    }
    /// All that is known.
    pub fn now(&self) -> Known<'_> {
        self.known(self.facts.len())
    }
    fn known(&self, n: usize) -> Known<'_> {
        let facts = self.facts.get(..n).unwrap_or_default();
        let at = facts.last().map_or(Moment::EARLIEST, |c| c.at);
        let learnt = facts.iter().map(|c| c.learnt).max().unwrap_or(Moment::EARLIEST);
        let offset = facts.last().map_or(0, |c| c.offset);
        Known { facts, at, learnt, offset }
    }
    /// Every permit that any plan cited.
    pub fn cited(&self) -> Vec<PermitId> {
        let plans = self.facts.iter().filter_map(|c| match &c.fact {
            Fact::Planned(plan) => Some(&plan.permits),
            _ => None,
        });
        let mut all: Vec<PermitId> = plans.flatten().map(|gated| gated.permit.clone()).collect();
        all.sort();
        all.dedup();
        all
    }
}

impl<'a> Known<'a> {
    /// The plan in force.
    pub fn plan(&self) -> Option<&'a Planned> {
        let plans = self.facts.iter().filter_map(|c| match &c.fact {
            Fact::Planned(plan) => Some((plan.version, c.offset, &**plan)),
            _ => None,
        });
        plans.max_by_key(|(version, offset, _)| (*version, *offset)).map(|(.., plan)| plan)
    }
    /// Whether the shipment will not take place.
    pub fn cancelled(&self) -> bool {
        self.facts.iter().any(|c| matches!(c.fact, Fact::Cancelled(_)))
    }
    /// Whether the goods are on their way.
    pub fn departed(&self) -> bool {
        self.facts.iter().any(|c| matches!(c.fact, Fact::Departed(_)))
    }
    /// The permit as last granted or amended.
    pub fn granted(&self, permit: &PermitId) -> Option<&'a Granted> {
        self.of(permit).rev().find_map(|c| match &c.fact {
            Fact::Granted(granted) | Fact::Amended(granted) => Some(&**granted),
            _ => None,
        })
    }
    /// When the permit holds.
    pub fn validity(&self, permit: &PermitId) -> Validity {
        match self.of(permit).next_back().map(|c| &c.fact) {
            Some(Fact::Granted(g) | Fact::Amended(g)) => {
                match (g.from.moment(), g.until.moment()) {
                    (Some(from), Some(until)) => Validity::Between(from, until),
                    _ => Validity::Unknown,
                }
            }
            Some(_) => Validity::Void,
            None => Validity::Unknown,
        }
    }
    fn of(&self, permit: &PermitId) -> impl DoubleEndedIterator<Item = &'a Chapter> {
        let name: Text = Text::new(permit.as_str());
        self.facts.iter().filter(move |c| {
            let about = matches!(
                c.fact,
                Fact::Granted(_) | Fact::Amended(_) | Fact::PermitSuspended(_) | Fact::Revoked(_)
            );
            about && c.subject.id == name
        })
    }
    /// When the act happened.
    pub fn done(&self, gated: &Gated) -> Option<Moment> {
        let on = |leg: &LegId| gated.leg.as_ref().is_none_or(|named| named == leg);
        let first = |wanted: fn(&Fact) -> Option<Option<&LegId>>| {
            let hit = |c: &&Chapter| wanted(&c.fact).is_some_and(|leg| leg.is_none_or(on));
            self.facts.iter().find(hit).map(|c| c.at)
        };
        match gated.act {
            Act::Departure => first(|fact| match fact {
                Fact::Departed(d) => Some(Some(&d.leg)),
                _ => None,
            }),
            Act::Import => first(|fact| match fact {
                Fact::CustomsEntered(c) => Some(Some(&c.leg)),
                _ => None,
            })
            .or_else(|| {
                first(|fact| match fact {
                    Fact::Arrived(a) => Some(Some(&a.leg)),
                    _ => None,
                })
                .filter(|_| gated.leg.is_some())
            }),
            Act::Receipt => first(|fact| matches!(fact, Fact::Received(_)).then_some(None)),
        }
    }
    /// When the act is expected: the latest word on its waypoint.
    pub fn expected(&self, gated: &Gated) -> Option<Moment> {
        facts::expected(self.facts, &gated.waypoint)
    }
}
