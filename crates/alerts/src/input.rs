//! What the engine hears and what it says.

use crate::incident::Incident;
use alloc::boxed::Box;
use facts::{Context, EndsWatch, Event, Finding, Moment, State};

/// One word on `exceptions`.
#[derive(Debug, Clone, PartialEq)]
pub enum ExceptionInput {
    /// An engine says what is wrong, or that it changed.
    Finding(Box<Finding>),
    /// An engine says what the card shows beside it, and when it learnt that, by its log time.
    Context(Moment, Context),
    /// Somebody of the staff did something about the incident.
    Act(Event),
}

impl ExceptionInput {
    /// When a stage learnt what it says, by its log time; staff say nothing of it.
    pub fn learnt(&self) -> Option<Moment> {
        match self {
            Self::Finding(finding) => Some(finding.learnt),
            Self::Context(learnt, _) => Some(*learnt),
            Self::Act(_) => None,
        }
    }
}

impl EndsWatch for ExceptionInput {
    /// An alarm that rests on a finding is over where that finding is, also where it is over since it began.
    fn ends_the_watch(&self) -> bool {
        match self {
            Self::Finding(f) => f.state == State::Cleared && f.until == Some(f.happened),
            Self::Context(_, Context::Schedule(schedule)) => schedule.cancelled.is_some(),
            Self::Context(..) | Self::Act(_) => false,
        }
    }
}

/// One thing that people are told.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// A finding of this engine's own rules.
    Finding(Box<Finding>),
    /// The incident as it is now.
    Incident(Box<Incident>),
    /// Whether an incident is open, for dispatch, which puts no shipment away while one is; and when that was learnt.
    Stands(Moment, bool),
}

impl Notice {
    /// When it was said, by log time.
    pub fn said(&self) -> Moment {
        match self {
            Self::Finding(finding) => finding.learnt,
            Self::Incident(incident) => incident.changed,
            Self::Stands(learnt, _) => *learnt,
        }
    }
}
