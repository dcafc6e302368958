//! The same thing said twice: a scanner that got no answer sends again, and names it anew.

use super::{Timeline, TimelineEntry};
use alloc::vec::Vec;

impl<'a> Timeline<'a> {
    /// The timeline without what only says again, of the same moment and word for word, what was said under another
    /// name. Of several the one that was learnt first stays.
    pub fn without_repeats(&self) -> Timeline<'a> {
        let mut kept: Vec<TimelineEntry<'a>> = Vec::new();
        for moment in self.entries.chunk_by(|one, other| one.at == other.at) {
            let begins = kept.len();
            for entry in moment {
                let same = |known: &&mut TimelineEntry<'a>| {
                    known.subject == entry.subject && known.fact == entry.fact
                };
                match kept.iter_mut().skip(begins).find(same) {
                    Some(known) if entry.learnt < known.learnt => *known = *entry,
                    Some(_) => {}
                    None => kept.push(*entry),
                }
            }
        }
        let strange = self.strange.clone();
        Timeline { strange, ..Timeline::new(kept, self.corrected_at) }
    }
}
