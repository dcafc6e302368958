//! What dispatch passes on.

use alloc::boxed::Box;
use facts::{Event, Finding, ShipmentId, Subject};

/// One thing that is passed on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Routed {
    /// To a shipment's journal.
    Journal {
        /// Whose.
        shipment: ShipmentId,
        /// What happened, as it was reported.
        event: Event,
    },
    /// To another subject.
    Facts {
        /// Whom.
        to: Subject,
        /// What happened, as it was reported.
        event: Event,
    },
    /// To the rejects: nobody claimed it in time.
    Expired {
        /// What nobody claimed.
        event: Event,
        /// Why it counts as lost.
        reason: &'static str,
    },
    /// Something is wrong with the record itself.
    Finding(Box<Finding>),
    /// What became of so many outside events.
    Count(Outcome, u32),
}

/// What became of an outside event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// Passed on to whom it concerns, or kept as what its subject is known by.
    Processed,
    /// Waits for whom it may concern.
    Pending,
    /// Waited, and does no longer.
    FromPending,
    /// Was judged, and waits again: what claimed it was declared wrong.
    FromProcessed,
    /// Claimed by nobody in time.
    Expired,
    /// Was there already.
    Duplicate,
}
