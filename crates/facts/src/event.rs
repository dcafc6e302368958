//! A fact as a record: who reported it, about what, and when it happened.

use crate::fact::log::Word;
use crate::fact::{Fact, SystemFact};
use crate::id::ShortText;
use crate::moment::Moment;
use crate::subject::Subject;
use alloc::vec::Vec;
use core::fmt;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// One reported fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Who reports: with `id`, what makes the same outside event recognisable.
    pub source: ShortText,
    /// The reporter's own name for it.
    pub id: ShortText,
    /// What it is about.
    pub subject: Subject,
    /// When it happened, by the reporter's clock.
    pub at: Moment,
    /// The moment that counts instead, stamped once by dispatch: a report of what happened that is dated later
    /// than it came counts as at its arrival. The reported time stays beside it.
    pub counts: Option<Moment>,
    /// What was taken off its ids when it was let in, because nobody sees it, and where: `U+200B in /subject`.
    pub hidden: Option<ShortText>,
    /// What happened.
    pub fact: Fact,
}

/// What an outside event is recognised by: the first 16 bytes of SHA-256 of source and id.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
pub struct Identity(pub [u8; 16]);

impl Identity {
    /// Of an event that is named by its source and its id.
    pub fn of(source: &str, id: &str) -> Self {
        let mut hash = Sha256::new();
        hash.update(source);
        hash.update([0]);
        hash.update(id);
        let bytes: [u8; 32] = hash.finalize().into();
        let mut first = [0; 16];
        first.iter_mut().zip(bytes).for_each(|(to, from)| *to = from);
        Self(first)
    }
}

impl fmt::Display for Identity {
    /// 32 hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl Event {
    /// The moment that counts: the reported one, unless dispatch has stamped another.
    pub fn moment(&self) -> Moment {
        self.counts.unwrap_or(self.at)
    }
    /// What it is recognised by.
    pub fn identity(&self) -> Identity {
        Identity::of(&self.source, &self.id)
    }
    /// Each event of a record that holds several words; `None` for one that is an event itself.
    pub fn several(&self) -> Option<Vec<Self>> {
        let Fact::System(SystemFact::Words(all)) = &self.fact else { return None };
        let one = |word: &Word| {
            let Word { source, id, at, counts, fact } = word.clone();
            Self { source, id, subject: self.subject.clone(), at, counts, hidden: None, fact }
        };
        Some(all.words.iter().map(one).collect())
    }
}
