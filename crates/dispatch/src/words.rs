//! What is said of a party or a permit, each word once: what only says again what held at that moment is kept and passed on to
//! nobody, and a flood of new words is passed on together.

use crate::events::StoredEvent;
use crate::rules::DispatchParameters;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::ops::Bound;
use facts::{Fact, Identity, Moment, PartyFact, PermitFact};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The words about one subject, in their order, and which of them were passed on.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Words {
    line: BTreeMap<Place, Said>,
    /// Those that wait to be passed on together.
    waiting: Vec<Identity>,
    /// Since when words are counted, and how many there were.
    since: Option<Moment>,
    passed: u32,
}

/// Where a word stands among those of its kind: as in the timeline, at one moment what takes something away comes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Place {
    kind: Kind,
    at: Moment,
    takes_away: bool,
    identity: Identity,
}

/// Words that can say the same again, each of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Kind {
    /// Who it is.
    Is,
    /// What it may do.
    May,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct Said {
    content: u64,
    passed_on: bool,
}

impl Words {
    /// Takes a word in. Gives back which words are to be passed on because of it: itself, unless it says the same as the one
    /// before it, and the one behind it, where that does not say the same any more.
    pub(crate) fn take(&mut self, kept: &StoredEvent) -> Vec<Identity> {
        let (place, content) = (place(kept), content(&kept.fact));
        let same_kind = |entry: &(&Place, &Said)| entry.0.kind == place.kind;
        let before = self.line.range(..place).next_back().filter(same_kind);
        let passed_on = before.is_none_or(|(_, said)| said.content != content);
        self.line.insert(place, Said { content, passed_on });
        let mut news = Vec::new();
        news.extend(passed_on.then_some(place.identity));
        let behind = (Bound::Excluded(place), Bound::Unbounded);
        if let Some((next, said)) = self.line.range_mut(behind).next()
            && next.kind == place.kind
            && !said.passed_on
            && said.content != content
        {
            said.passed_on = true;
            news.push(next.identity);
        }
        news
    }

    /// Which of these are passed on now; the others wait for those that come with them.
    pub(crate) fn pass(
        &mut self,
        news: Vec<Identity>,
        now: Moment,
        numbers: &DispatchParameters,
    ) -> Vec<Identity> {
        let Some(flood) = &numbers.flood else { return news };
        if self.since.is_none_or(|since| since + flood.wait <= now) {
            (self.since, self.passed) = (Some(now), 0);
        }
        let mut at_once = Vec::new();
        for word in news {
            if self.waiting.is_empty() && self.passed < flood.at_once {
                self.passed += 1;
                at_once.push(word);
            } else {
                self.waiting.push(word);
            }
        }
        at_once
    }

    /// When those that wait are passed on.
    pub(crate) fn next_deadline(&self, numbers: &DispatchParameters) -> Option<Moment> {
        let since = self.since.filter(|_| !self.waiting.is_empty())?;
        Some(since + numbers.flood.as_ref()?.wait)
    }

    /// Those that wait. They count as the first ones of the time that begins now.
    pub(crate) fn let_go(&mut self, now: Moment) -> BTreeSet<Identity> {
        if !self.waiting.is_empty() {
            (self.since, self.passed) = (Some(now), 1);
        }
        core::mem::take(&mut self.waiting).into_iter().collect()
    }

    /// Those that nobody needs to hear: they say the same as the one before them.
    pub(crate) fn repeated(&self) -> BTreeSet<Identity> {
        let repeated = self.line.iter().filter(|(_, said)| !said.passed_on);
        repeated.map(|(place, _)| place.identity).collect()
    }
}

fn place(kept: &StoredEvent) -> Place {
    let takes_away = matches!(
        kept.fact,
        Fact::Party(PartyFact::PartySuspended(_))
            | Fact::Permit(PermitFact::PermitSuspended(_) | PermitFact::Revoked(_))
    );
    let kind = if kept.describes() { Kind::Is } else { Kind::May };
    Place { kind, at: kept.moment(), takes_away, identity: kept.identity() }
}

fn content(fact: &Fact) -> u64 {
    let hash: [u8; 32] = Sha256::digest(serde_json::to_vec(fact).unwrap_or_default()).into();
    hash.iter().take(8).fold(0, |n, byte| n << 8 | u64::from(*byte))
}
