//! What each stage does with a record, pure: the fold, and letters to whom it concerns. The same code runs in
//! one process, in a replay and in every service.
//!
//! A stage numbers what an entry causes, names it by its origin, and links it to what it wrote before to the
//! same partition (*at least once, linked, deduplicated*); who carries the letters, and when, is not its business.

mod alerts;
mod dispatch;
mod engine;
mod states;

pub use alerts::{AlertsInput, AlertsStage, Liveness};
pub use dispatch::{DispatchStage, is_report};
pub use engine::{EnginePartition, EngineStage};

use facts::{
    Finding, Moment, Origin, Severity, ShipmentId, ShortText, Subject, SystemFinding, say,
};
use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

/// An image of a stage that cannot be used.
pub type Unusable = String;

/// The index of the stroke that a stage passes on behind all that it said at it.
const LAST: u32 = u32::MAX;

/// So many are remembered.
const MOST_CACHED: usize = 1 << 20;

/// Where subjects live: asked once for each of them.
#[derive(Debug, Default)]
pub struct Partitioner(HashMap<Subject, u16>);

impl Partitioner {
    /// The partition, out of `of`.
    pub fn of(&mut self, subject: &Subject, of: u16) -> u16 {
        if let Some(partition) = self.0.get(subject) {
            return *partition;
        }
        let partition = subject.partition(of);
        // Names from outside are without end; a partition is computed anew in less than a microsecond.
        if self.0.len() >= MOST_CACHED {
            self.0.clear();
        }
        self.0.insert(subject.clone(), partition);
        partition
    }
}

/// What became of outside events in one partition: routed = processed + pending + expired + duplicate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcomes {
    /// Passed on to whom they concern, or kept as what a subject is known by.
    pub processed: u64,
    /// Waiting for an attachment, or belonging to a shipment that is faulted or put away.
    pub pending: u64,
    /// Claimed by no attachment in time.
    pub expired: u64,
    /// The same outside event again.
    pub duplicate: u64,
}

impl Outcomes {
    /// All of them.
    pub fn routed(&self) -> u64 {
        self.processed + self.pending + self.expired + self.duplicate
    }
}

fn origin(service: &str, topic: &str, partition: u16, offset: u64, index: u32) -> Origin {
    let (service, topic) = (ShortText::new(service), ShortText::new(topic));
    Origin { service, topic, partition, offset, index }
}

facts::messages! {
    "system/faulted":
    FAILED "failed" =
        "{service} failed at journal entry {offset} and judges this shipment no more";
}

/// A value failed: its shipment is not judged any more by that engine, and that is told at once.
pub const FAULTED: SystemFinding = SystemFinding::new(
    "system/faulted",
    "SYS-FAULT",
    Severity::P1,
    &[MESSAGES],
    include_str!("stage/faulted.md"),
);

fn quarantined(
    service: &str,
    shipment: ShipmentId,
    (offset, index): (u64, u32),
    now: Moment,
    behaviour: u32,
) -> Box<Finding> {
    let mut finding = FAULTED.raised(shipment, service, now, say!(FAILED, service, offset));
    (finding.name.offset, finding.name.index) = (offset, index);
    Box::new(Finding { evidence: vec![offset], behaviour, ..finding })
}
