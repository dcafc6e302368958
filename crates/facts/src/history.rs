//! What one shipment's engine has been told, in the order in which it happened.
//!
//! A rule that looks at the whole story each time cannot be misled by the order of arrival: late
//! facts and corrections need no code of their own.

use crate::corrections::Corrections;
use crate::event::{Event, Identity};
use crate::fact::{DeviceFact, Fact, OrderFact, ShipmentFact};
use crate::moment::Moment;
use crate::spelling::Label;
use crate::subject::Subject;
use crate::timeline::{self, Timeline, TimelineEntry};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// Facts in the order of the [`crate::timeline`]: by when they happened, never by arrival.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    entries: Vec<HistoryEntry>,
    /// What counts as wrong. It counts again when the correction that names it is declared wrong.
    aside: Vec<HistoryEntry>,
    /// What was declared wrong, whether or not it has come yet.
    corrections: Corrections<Identity>,
    /// When something was last declared wrong, by log time: what replaces it comes a moment later.
    corrected: Option<Moment>,
}

/// One fact of a story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// Its place in the journal partition.
    pub offset: u64,
    /// When we learnt it, by log time.
    pub learnt: Moment,
    /// When it happened: the moment that counts.
    pub at: Moment,
    /// When it happened by the reporter, where that is not the moment that counts.
    pub dated: Option<Moment>,
    /// What it is recognised by.
    pub identity: Identity,
    /// What it is about.
    pub subject: Subject,
    /// What happened.
    #[serde(with = "as_json")]
    pub fact: Fact,
}

impl History {
    /// Takes a fact in; says whether the story is another one now.
    pub fn take(&mut self, offset: u64, learnt: Moment, event: &Event) -> bool {
        let identity = event.identity();
        if let Fact::Shipment(ShipmentFact::ShipmentCorrected(c))
        | Fact::Order(OrderFact::OrderCorrected(c))
        | Fact::Device(DeviceFact::DeviceCorrected(c)) = &event.fact
        {
            self.corrections.take(identity, Identity::of(&c.source, &c.id));
            self.corrected = self.corrected.max(Some(learnt));
            self.sort_out();
            return true;
        }
        let (at, subject, fact) = (event.moment(), event.subject.clone(), event.fact.clone());
        let dated = event.counts.map(|_| event.at);
        let entry = HistoryEntry { offset, learnt, at, dated, identity, subject, fact };
        let wrong = self.corrections.is_wrong(identity);
        if wrong {
            self.aside.push(entry);
        } else {
            self.insert(entry);
        }
        !wrong
    }
    fn insert(&mut self, entry: HistoryEntry) {
        let sequence = entry.sequence();
        let place = self.entries.partition_point(|known| known.sequence() <= sequence);
        self.entries.insert(place, entry);
    }
    /// Puts aside what counts as wrong by now, and takes back what counts again.
    fn sort_out(&mut self) {
        let corrections = &self.corrections;
        let wrong = |entry: &mut HistoryEntry| corrections.is_wrong(entry.identity);
        let (gone, back): (Vec<HistoryEntry>, Vec<HistoryEntry>) = (
            self.entries.extract_if(.., wrong).collect(),
            self.aside.extract_if(.., |entry| !wrong(entry)).collect(),
        );
        self.aside.extend(gone);
        back.into_iter().for_each(|entry| self.insert(entry));
    }
    /// What the facts say together.
    pub fn timeline(&self) -> Timeline<'_> {
        Timeline::new(self.entries.iter().map(HistoryEntry::entry), self.corrected)
    }
    /// When something was last declared wrong, by log time.
    pub fn corrected(&self) -> Option<Moment> {
        self.corrected
    }
    /// All of it, in the order in which it happened.
    pub fn entries(&self) -> &[HistoryEntry] {
        &self.entries
    }
    /// All of it, in the order in which it was learnt.
    pub fn as_learnt(&self) -> Vec<&HistoryEntry> {
        let mut all: Vec<&HistoryEntry> = self.entries.iter().collect();
        all.sort_by_key(|c| c.offset);
        all
    }
}

impl HistoryEntry {
    /// As the timeline takes it.
    pub fn entry(&self) -> TimelineEntry<'_> {
        let Self { offset, learnt, at, dated, identity, subject, fact } = self;
        let (offset, learnt, at, identity) = (*offset, *learnt, *at, *identity);
        TimelineEntry { offset, at, ahead: dated.is_some(), learnt, identity, subject, fact }
    }
    fn sequence(&self) -> timeline::Sequence {
        timeline::sequence(self.at, &self.fact, self.identity)
    }
}

/// When a waypoint is expected to be reached, by some facts of a story.
pub fn expected(chapters: &[HistoryEntry], waypoint: &Label) -> Option<Moment> {
    Timeline::new(chapters.iter().map(HistoryEntry::entry), None).eta(waypoint)
}

/// For `#[serde(with)]`: facts stand in a state as their JSON: optional members may be added without breaking it.
pub mod as_json {
    use super::Fact;
    use alloc::string::String;
    use serde::{Deserialize, Deserializer, Serializer, de::Error as _, ser::Error as _};

    /// Writes it.
    pub fn serialize<S: Serializer>(fact: &Fact, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&serde_json::to_string(fact).map_err(S::Error::custom)?)
    }
    /// Reads it.
    pub fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Fact, D::Error> {
        serde_json::from_str(&String::deserialize(d)?).map_err(D::Error::custom)
    }
}
