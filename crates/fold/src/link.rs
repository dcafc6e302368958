//! *At least once, linked, deduplicated.*
//!
//! A reader keeps, per source, the highest origin it admitted. It admits a record only if its origin
//! is higher and its `after` is absent or not higher than that; it drops all else. So a repeat is
//! dropped, and so is whatever follows a lost record: its writer can never commit past the hole, and
//! the next owner writes it all again, in order.

use alloc::collections::BTreeMap;
use alloc::{string::String, vec::Vec};
use facts::{Origin, ShortText};
use serde::{Deserialize, Serialize};

type Position = (u64, u32);

/// What to do with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admission {
    /// It is new and nothing before it is missing.
    New,
    /// It was admitted before.
    Duplicate,
    /// Something before it is missing: it will come again.
    Gap,
}

/// The reader's table: one line per source, in the order of first sight (a few dozen at the most).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DedupTable {
    sources: Vec<SourceEntry>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct SourceEntry {
    service: ShortText,
    topic: ShortText,
    partition: u16,
    /// The highest origin admitted.
    highest: Option<Position>,
    /// The highest origin that could not be linked, while the hole before it stands.
    beyond: Option<Position>,
}

impl DedupTable {
    /// Decides on a record, and remembers.
    pub fn admit(&mut self, origin: Option<&Origin>, after: Option<&Origin>) -> Admission {
        let Some(origin) = origin else { return Admission::New };
        let (line, place) = (self.source_entry(origin), origin.place());
        if line.highest.is_some_and(|highest| place <= highest) {
            return Admission::Duplicate;
        }
        let known = |after: &Origin| line.highest.is_some_and(|highest| after.place() <= highest);
        if !after.is_none_or(known) {
            line.beyond = line.beyond.max(Some(place));
            return Admission::Gap;
        }
        if line.beyond.is_some_and(|beyond| beyond <= place) {
            line.beyond = None;
        }
        line.highest = Some(place);
        Admission::New
    }

    fn source_entry(&mut self, origin: &Origin) -> &mut SourceEntry {
        let same = |l: &SourceEntry| {
            l.partition == origin.partition
                && l.topic == origin.topic
                && l.service == origin.service
        };
        let at = self.sources.iter().position(same).unwrap_or_else(|| {
            let Origin { service, topic, partition, .. } = origin.clone();
            self.sources.push(SourceEntry {
                service,
                topic,
                partition,
                highest: None,
                beyond: None,
            });
            self.sources.len() - 1
        });
        &mut self.sources[at]
    }

    /// Sources whose records stand behind a hole that has not been written again.
    pub fn gaps(&self) -> impl Iterator<Item = String> + '_ {
        let standing = self.sources.iter().filter(|line| line.beyond.is_some());
        standing.map(|l| alloc::format!("{}:{}:{}", l.service, l.topic, l.partition))
    }
}

/// The writer's side: what was attempted last, per output partition. A refold rebuilds it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SequenceLinks {
    last: BTreeMap<(ShortText, u16), Origin>,
}

impl SequenceLinks {
    /// The link for the next record to an output partition.
    pub fn stamp(&mut self, topic: &str, partition: u16, origin: &Origin) -> Option<Origin> {
        self.last.insert((ShortText::new(topic), partition), origin.clone())
    }
}
