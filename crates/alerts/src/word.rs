//! What the engine hears and what it says.

use crate::incident::Incident;
use alloc::boxed::Box;
use facts::{Context, Event, Finding};

/// One word on `exceptions`.
#[derive(Debug, Clone, PartialEq)]
pub enum Word {
    /// An engine says what is wrong, or that it changed.
    Finding(Box<Finding>),
    /// An engine says what the card shows beside it.
    Context(Context),
    /// Somebody of the staff did something about the incident.
    Act(Event),
}

/// One thing that people are told.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// A finding of this engine's own rules.
    Finding(Box<Finding>),
    /// The incident as it is now.
    Incident(Box<Incident>),
}
