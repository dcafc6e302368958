//! One step of a log, as a fold hands it to an engine value.

use crate::id::ShortText;
use crate::moment::Moment;
use crate::subject::Subject;
use core::fmt;
use serde::{Deserialize, Serialize};

/// Why an engine value is asked.
#[derive(Debug)]
pub enum Trigger<'a, W> {
    /// It hears something.
    Input(&'a W),
    /// A moment that it named as due has been reached.
    Timer,
    /// The rulebook or the behaviour is another one: what vanishes is superseded.
    RulesChanged,
}

impl<W> Trigger<'_, W> {
    /// The same cause, for another entry.
    pub fn again(&self) -> Self {
        match self {
            Self::Input(word) => Self::Input(word),
            Self::Timer => Self::Timer,
            Self::RulesChanged => Self::RulesChanged,
        }
    }
}

/// One step.
#[derive(Debug)]
pub struct Step<'a, W> {
    /// Where it stands in the partition; a timer has the place of the tick that reached it.
    pub offset: u64,
    /// The first free index of an output of this entry: several timers share one tick.
    pub index: u32,
    /// Log time; for a timer its own due time.
    pub now: Moment,
    /// How far the log's clock has come: for a timer the stroke that reached it, for a word the same as `now`.
    pub reached: Moment,
    /// Whose value is asked.
    pub subject: &'a Subject,
    /// Why.
    pub cause: Trigger<'a, W>,
}

/// What caused a record: one output of one entry of one input partition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Origin {
    /// The service and the generation of its input, `dispatch/1`.
    pub service: ShortText,
    /// The topic that it read.
    pub topic: ShortText,
    /// The partition of that topic.
    pub partition: u16,
    /// The entry that caused it.
    pub offset: u64,
    /// Which of that entry's outputs.
    pub index: u32,
}

impl Origin {
    /// Who writes: origins of one source come in order.
    pub fn source(&self) -> (&str, &str, u16) {
        (&self.service, &self.topic, self.partition)
    }
    /// Its place in that order.
    pub fn place(&self) -> (u64, u32) {
        (self.offset, self.index)
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { service, topic, partition, offset, index } = self;
        write!(f, "{service}:{topic}:{partition}:{offset}:{index}")
    }
}

impl core::str::FromStr for Origin {
    type Err = alloc::string::String;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || alloc::format!("`{text}` is not an origin like `dispatch/1:facts:3:120:0`");
        let mut parts = text.rsplitn(4, ':');
        let mut number = || parts.next().and_then(|p| p.parse::<u64>().ok());
        let (index, offset, partition) = (number(), number(), number());
        let (service, topic) = parts.next().and_then(|p| p.split_once(':')).ok_or_else(wrong)?;
        Ok(Self {
            service: ShortText::new(service),
            topic: ShortText::new(topic),
            partition: partition.and_then(|n| n.try_into().ok()).ok_or_else(wrong)?,
            offset: offset.ok_or_else(wrong)?,
            index: index.and_then(|n| n.try_into().ok()).ok_or_else(wrong)?,
        })
    }
}
