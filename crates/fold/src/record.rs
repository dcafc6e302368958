//! What stands in a partition, and what a fold gives back for it.

use alloc::vec::Vec;
use facts::fact::log::Genesis;
use facts::{Moment, Origin, Rulebook, Subject};
use serde::{Deserialize, Serialize};

/// One record of an input partition.
#[derive(Debug, Clone)]
pub struct InputRecord<W> {
    /// Its place.
    pub offset: u64,
    /// What caused it; absent for what no entry caused (ticks of the owner, staff acts).
    pub origin: Option<Origin>,
    /// What its writer attempted just before it to this partition.
    pub after: Option<Origin>,
    /// What it says.
    pub payload: Payload<W>,
}

/// What a record says.
#[derive(Debug, Clone)]
pub enum Payload<W> {
    /// Something for one subject.
    Input {
        /// Whose value hears it.
        key: Subject,
        /// What it hears.
        input: W,
    },
    /// Several things for one subject, one after the other.
    Inputs {
        /// Whose value hears them.
        key: Subject,
        /// What it hears.
        inputs: Vec<W>,
    },
    /// Time passed.
    Tick(Moment),
    /// From here on these rules are in force.
    Rulebook(Rulebook),
    /// From here on this behaviour is in force.
    Behaviour(u32),
    /// The first record: what the log is, and the behaviour that it begins at.
    Genesis(Genesis),
    /// Something for others: it is admitted, so that what is linked to it is, and no more.
    Ignored,
}

/// One output of one entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Emitted<S> {
    /// Whose value said it.
    pub key: Subject,
    /// The entry that caused it.
    pub offset: u64,
    /// Which of that entry's outputs.
    pub index: u32,
    /// Log time at which it was said; for a timer its own due time.
    pub now: Moment,
    /// What was said; `None` when the value failed and its subject is faulted from here on.
    pub output: Option<S>,
}

/// What a fold has counted since its partition began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Records admitted.
    pub admitted: u64,
    /// Records dropped because their origin was not higher: repeats.
    pub repeated: u64,
    /// Records dropped because the one before them is missing: a hole, or what follows it.
    pub unlinked: u64,
    /// Ticks that did not move the clock.
    pub idle_ticks: u64,
    /// Words heard by a value.
    pub heard: u64,
    /// Words for a subject that is faulted.
    pub dropped: u64,
    /// Subjects whose value has failed.
    pub quarantined: u64,
    /// Words for a subject that was put away.
    pub too_late: u64,
}
