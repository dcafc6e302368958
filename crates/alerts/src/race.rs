//! Whether an incident was ever more than facts that raced: a file that is read in tells of a release before the acceptance that
//! came with it, and for some seconds nobody has the goods.

use alloc::vec::Vec;
use facts::{Finding, Moment, Name, Span, State};
use serde::{Deserialize, Serialize};

/// What became of the findings of the incident that is open.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Race {
    /// Those that stand, and when each was raised.
    standing: Vec<(Name, Moment)>,
    /// Something of it was more than a race, or somebody has seen it.
    more: bool,
}

impl Race {
    /// A finding of the incident. An engine takes one back when that has been true for `settle`; what rests on other findings,
    /// as those of this engine do, waits for those first.
    pub(crate) fn hear(&mut self, finding: &Finding, settle: Span, rests_on_others: bool) {
        let standing = self.standing.iter().position(|(name, _)| *name == finding.name);
        match (finding.state, standing) {
            (State::Raised | State::Changed, None) => {
                self.standing.push((finding.name.clone(), finding.learnt));
            }
            (State::Raised | State::Changed, Some(_)) => {}
            (State::Withdrawn, Some(place)) => {
                let (_, raised) = self.standing.remove(place);
                let times = if rests_on_others { 3 } else { 2 };
                self.more |= finding.learnt > raised + settle * times;
            }
            // It was true, or other rules say that it is not.
            (State::Withdrawn, None) | (State::Cleared | State::Superseded, _) => self.more = true,
        }
    }

    /// Somebody has seen it.
    pub(crate) fn seen(&mut self) {
        self.more = true;
    }

    /// Whether that was all.
    pub(crate) fn was_all(&self) -> bool {
        !self.more && self.standing.is_empty()
    }
}
