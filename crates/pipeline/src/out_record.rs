//! What a stage writes: one record for one partition of one topic, and what it says.

use alerts::Incident;
use facts::fact::log::StateHash;
use facts::{Context, Event, Finding, Moment, Origin, Rulebook, Subject};

/// The topics of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// What was reported, by subject.
    Facts,
    /// What a shipment's rules need, in one order.
    Journal,
    /// What the engines found, and what staff did.
    Exceptions,
    /// Incidents, and what only all findings together tell.
    Alerts,
    /// What was not taken in.
    Rejects,
}

impl Topic {
    /// Every topic, in the way of the data.
    pub const ALL: [Topic; 5] =
        [Self::Facts, Self::Journal, Self::Exceptions, Self::Alerts, Self::Rejects];
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Facts => "facts",
            Self::Journal => "journal",
            Self::Exceptions => "exceptions",
            Self::Alerts => "alerts",
            Self::Rejects => "rejects",
        }
    }
    /// Whether its records are stamped with the log's own time: a striker compares its clock with that.
    pub fn stamped_by_log(self) -> bool {
        matches!(self, Self::Facts | Self::Exceptions)
    }
}

/// One record on its way.
#[derive(Debug, Clone, PartialEq)]
pub struct OutRecord {
    /// To which topic.
    pub topic: Topic,
    /// To which partition.
    pub partition: u16,
    /// About whom.
    pub key: Subject,
    /// What caused it; absent for what no entry caused.
    pub origin: Option<Origin>,
    /// What the same source attempted just before it to this partition.
    pub after: Option<Origin>,
    /// Log time at which it is said.
    pub now: Moment,
    /// What it says.
    pub body: RecordBody,
}

/// What a record says.
#[derive(Debug, Clone, PartialEq)]
pub enum RecordBody {
    /// Something happened.
    Event(Event),
    /// Time passed; where a stage passes it on to the next topic, it is the letter's source.
    Tick(Moment),
    /// From here on these rules are in force.
    Rulebook(Rulebook),
    /// From here on this behaviour is in force.
    Behaviour(u32),
    /// What an engine's state is.
    StateHash(StateHash),
    /// Something is wrong, or that changed.
    Finding(Box<Finding>),
    /// What else the card shows.
    Context(Context),
    /// An incident as it is now.
    Incident(Box<Incident>),
    /// Nobody claimed it in time.
    Unclaimed(Box<Event>, &'static str),
}
