//! What comes out of the pipeline, and in which order.

use alerts::Incident;
use facts::{Event, Finding, Moment};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One thing that came out.
#[derive(Debug, Clone, PartialEq)]
pub struct Output {
    /// Log time at which it was said.
    pub learnt: Moment,
    /// In which partition of `exceptions`.
    pub partition: u16,
    /// Its place there.
    pub offset: u64,
    /// Which of that entry's outputs.
    pub index: u32,
    /// What it is.
    pub what: OutputKind,
}

/// Kinds of output.
#[derive(Debug, Clone, PartialEq)]
pub enum OutputKind {
    /// Something is wrong, or that changed.
    Finding(Box<Finding>),
    /// An incident opened, changed or closed.
    Incident(Box<Incident>),
    /// An event that found no home in time.
    Expired(Box<Event>, &'static str),
}

impl Output {
    /// Outputs are ordered by (learnt, partition, offset, index).
    pub fn order(&self) -> (Moment, u16, u64, u32) {
        (self.learnt, self.partition, self.offset, self.index)
    }
}

/// What became of the events that were fed: fed = processed + pending + expired + duplicate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Events that found a subject.
    pub routed: u64,
    /// Passed on to whom they concern, or kept as what a subject is known by.
    pub processed: u64,
    /// Waiting for an attachment, or belonging to a shipment that is faulted or put away.
    pub pending: u64,
    /// Claimed by no attachment in time.
    pub expired: u64,
    /// The same outside event again.
    pub duplicate: u64,
    /// Findings raised, per rule.
    pub raised: BTreeMap<String, u64>,
}

impl Tally {
    /// *Every event is counted*: nothing is dropped.
    pub fn adds_up(&self) -> bool {
        self.routed == self.processed + self.pending + self.expired + self.duplicate
    }
}
