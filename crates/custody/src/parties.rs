//! Who is qualified when, as far as it is known.

use alloc::{collections::BTreeMap, vec::Vec};
use facts::{Chapter, Fact, Moment, PartyId};

/// What is known of a party at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Qualified.
    Qualified,
    /// Described, and not qualified or suspended.
    NotQualified,
    /// Never described: unknown, which is not qualified.
    Unknown,
}

#[derive(Debug, Clone, Copy)]
enum Change {
    From { until: Option<Moment> },
    Suspended,
}

/// Every party that the journal tells of.
#[derive(Debug, Default)]
pub struct Parties(BTreeMap<PartyId, Vec<(Moment, Change)>>);

impl Parties {
    /// Takes in what a fact says of a party.
    pub(crate) fn hear(&mut self, chapter: &Chapter) {
        let change = match &chapter.fact {
            Fact::Qualified(q) => Some((q.from, Change::From { until: q.until })),
            Fact::PartySuspended(_) => Some((chapter.at, Change::Suspended)),
            Fact::Described(_) => None,
            _ => return,
        };
        let changes = self.0.entry(PartyId::new(&*chapter.subject.id)).or_default();
        changes.extend(change);
        changes.sort_by_key(|(from, _)| *from);
    }

    /// Whether a party is qualified at a moment.
    pub fn standing(&self, party: &PartyId, at: Moment) -> Standing {
        let Some(changes) = self.0.get(party) else { return Standing::Unknown };
        let last = changes.iter().take_while(|(from, _)| *from <= at).last();
        match last {
            Some((_, Change::From { until })) if until.is_none_or(|until| at < until) => {
                Standing::Qualified
            }
            _ => Standing::NotQualified,
        }
    }
}
