//! When time begins: the first stroke carries the log's own time, and a clock that is wrong begins nothing. Log time
//! never goes back, so a first stroke from a clock that is a day ahead would put everything a day ahead for ever.

use crate::services::names::TopicNames;
use facts::Moment;
use pipeline::{Topic, stage_configs};
use stream::{Clock, Log, Placed, StreamError};

/// A clock that differs from the log's by more milliseconds than this begins nothing: as with every other stroke.
const MOST_SKEW: i64 = 2_000;

/// The place of the rulebook, which the log has stamped.
const RULEBOOK: u64 = 1;

/// By whose clock time begins.
pub(super) enum Begin {
    /// At that moment, whatever the log says: for tests, whose time is their own.
    At(i64),
    /// As another log did, at the moment and at the behaviour of that one.
    As { now: i64, behaviour: u32 },
    /// The log's; ours must agree with it.
    Log { clock: Clock, told: Option<i64> },
}

impl Begin {
    /// What time it is here.
    pub(super) fn here(&self) -> i64 {
        match self {
            Self::At(now) | Self::As { now, .. } => *now,
            Self::Log { clock, .. } => clock(),
        }
    }

    /// The behaviour that the log begins at: a new one at the newest.
    pub(super) fn behaviour(&self) -> u32 {
        match self {
            Self::As { behaviour, .. } => *behaviour,
            Self::At(_) | Self::Log { .. } => *stage_configs::BEHAVIOURS.end(),
        }
    }

    /// The log has taken records: its stamps must lie between sending and hearing, or near that.
    pub(super) fn hears(&self, sent: i64, stamps: &[Placed]) -> Result<(), StreamError> {
        let Self::Log { clock, .. } = self else { return Ok(()) };
        let heard = clock();
        let far = |placed: &&Placed| {
            placed.appended < sent - MOST_SKEW || placed.appended > heard + MOST_SKEW
        };
        match stamps.iter().find(far) {
            None => Ok(()),
            Some(placed) => Err(StreamError::Configuration(format!(
                "this machine's clock says {} and the log's {}: they differ by more than {} s, and time would begin \
                 wrongly for ever; put the wrong one right, then run this again: it goes on where it was",
                Moment::from_millis(heard),
                Moment::from_millis(placed.appended),
                MOST_SKEW / 1000
            ))),
        }
    }

    /// The moment of the first stroke: when the log took the first rulebook, by its own clock.
    pub(super) fn stroke(&mut self, log: &dyn Log, names: &TopicNames) -> Result<i64, StreamError> {
        match self {
            Self::At(now) | Self::As { now, .. } => Ok(*now),
            Self::Log { told: Some(told), .. } => Ok(*told),
            Self::Log { told, .. } => {
                let facts = names.topic(Topic::Facts);
                let record = super::record(log, &facts, 0, RULEBOOK)?;
                Ok(*told.insert(record.appended))
            }
        }
    }
}
