//! Whether the clock of a probe's device can be right: readings that come home, and readings that do not.

use crate::events::StoredEvent;
use facts::fact::device::Unclaimed;
use facts::{Moment, Subject};
use serde::{Deserialize, Serialize};

/// What a reading is against the log's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Dated {
    /// Not later than clocks can differ.
    Before,
    /// Later than the log's clock stood when it came: the next stroke tells whose clock is wrong.
    Asked,
    /// Later than the log's clock: it waits until that has come so far.
    Ahead,
}

/// A clock that was ahead, as far as anybody knows.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Wrong {
    /// The reading by which that was told, which may be declared wrong.
    pub(crate) name: u64,
    /// When the last reading came that was ahead, by log time.
    pub(crate) last: Moment,
    /// Who was told.
    pub(crate) told: Option<Subject>,
}

/// What came of a probe since it was heard last, and is not of what it is attached to now.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Astray {
    readings: u32,
    /// The time of the one that came last.
    dated: Option<Moment>,
    /// How many of them were ahead of the log's clock when they came.
    ahead: u32,
}

impl Astray {
    /// One more.
    pub(crate) fn note(&mut self, kept: &StoredEvent, ahead: bool) {
        self.readings = self.readings.saturating_add(1);
        self.dated = Some(kept.at);
        if ahead {
            self.ahead = self.ahead.saturating_add(1);
        }
    }
    /// As a silence tells of them.
    pub(crate) fn told(&self) -> Option<Unclaimed> {
        let dated = self.dated?;
        Some(Unclaimed { readings: self.readings, dated, ahead: self.ahead == self.readings })
    }
}
