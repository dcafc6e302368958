//! Facts kept whole, in the order in which they were learnt, and how a repetition is recognised.

use alloc::{collections::BTreeMap, vec::Vec};
use facts::timeline::{Sequence, sequence};
use facts::{Event, Fact, Identity, Moment, Subject, Text, TimelineEntry};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What an outside event is against those that came before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Copy {
    /// Not seen before.
    New,
    /// The same again.
    Same,
    /// The same name with other content.
    Other,
}

/// The outside events of one subject: 16 bytes each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Known(BTreeMap<u64, u64>);

impl Known {
    pub(crate) fn admit(&mut self, event: &Event) -> Copy {
        let content = content(event);
        match self.0.insert(name(event), content) {
            None => Copy::New,
            Some(before) if before == content => Copy::Same,
            Some(before) => {
                self.0.insert(name(event), before);
                Copy::Other
            }
        }
    }
}

fn first(hash: Sha256) -> u64 {
    let bytes: [u8; 32] = hash.finalize().into();
    bytes.iter().take(8).fold(0, |n, b| n << 8 | u64::from(*b))
}

/// Source and id; of a correction also when it was declared: the same record may be corrected again.
fn name(event: &Event) -> u64 {
    let mut hash = Sha256::new_with_prefix(event.source.as_bytes());
    hash.update([0]);
    hash.update(event.id.as_bytes());
    if correction(&event.fact).is_some() {
        hash.update(event.at.millis().to_be_bytes());
    }
    first(hash)
}

fn content(event: &Event) -> u64 {
    let mut hash = Sha256::new_with_prefix(event.at.millis().to_be_bytes());
    hash.update(serde_json::to_vec(&event.fact).unwrap_or_default());
    first(hash)
}

/// What a fact declares wrong, if it does.
pub(crate) fn correction(fact: &Fact) -> Option<Identity> {
    match fact {
        Fact::ShipmentCorrected(c) | Fact::OrderCorrected(c) | Fact::DeviceCorrected(c) => {
            Some(Identity::of(&c.source, &c.id))
        }
        _ => None,
    }
}

/// One event, kept so that it can be passed on later as it was reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Kept {
    pub(crate) source: Text,
    pub(crate) id: Text,
    pub(crate) subject: Subject,
    pub(crate) at: Moment,
    /// The moment that counts instead, where it is another one.
    pub(crate) counts: Option<Moment>,
    /// When it was learnt, by log time.
    pub(crate) learnt: Moment,
    #[serde(with = "facts::as_json")]
    pub(crate) fact: Fact,
}

impl Kept {
    pub(crate) fn new(event: &Event, learnt: Moment) -> Self {
        let Event { source, id, subject, at, counts, fact } = event.clone();
        Self { source, id, subject, at, counts, learnt, fact }
    }
    pub(crate) fn event(&self) -> Event {
        let Self { source, id, subject, at, counts, fact, .. } = self.clone();
        Event { source, id, subject, at, counts, fact }
    }
    /// By what facts are ordered, whatever the order of their arrival.
    pub(crate) fn sequence(&self) -> Sequence {
        sequence(self.moment(), &self.fact, Identity::of(&self.source, &self.id))
    }
    /// The moment that counts.
    pub(crate) fn moment(&self) -> Moment {
        self.counts.unwrap_or(self.at)
    }
    /// As the timeline takes it.
    pub(crate) fn entry(&self) -> TimelineEntry<'_> {
        let Self { source, id, subject, learnt, fact, .. } = self;
        let (at, learnt, identity) = (self.moment(), *learnt, Identity::of(source, id));
        TimelineEntry { offset: 0, at, learnt, identity, subject, fact }
    }
}

/// Facts in the order in which they were learnt, without those that were declared wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct File {
    kept: Vec<Kept>,
    wrong: Vec<Identity>,
}

impl File {
    /// Takes a fact in; `false` if it had been declared wrong before it came.
    pub(crate) fn take(&mut self, event: &Event, learnt: Moment) -> bool {
        if let Some(wrong) = correction(&event.fact) {
            self.kept.retain(|kept| Identity::of(&kept.source, &kept.id) != wrong);
            self.wrong.push(wrong);
            return true;
        }
        if !self.wrong.is_empty() && self.wrong.contains(&event.identity()) {
            return false;
        }
        self.kept.push(Kept::new(event, learnt));
        true
    }
    /// Everything that stands.
    pub(crate) fn all(&self) -> &[Kept] {
        &self.kept
    }
    /// Keeps nothing any more.
    pub(crate) fn clear(&mut self) {
        self.kept.clear();
    }
}
