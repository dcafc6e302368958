//! What is dated later than the log's clock stands: whose clock is wrong, and what may be of a later time at all.
//!
//! The log's clock strikes every few seconds, and stands still while dispatch is away. So nothing is called ahead
//! before the next stroke has been heard: where that one has reached the reported time it was our clock that was late.

use facts::{Fact, Moment, Span};

/// The next stroke is the first one after now.
pub(crate) const NEXT_STROKE: Span = Span::millis(1);

/// Whether a reported time is later than clocks can differ.
pub(crate) fn is_ahead(at: Moment, now: Moment, skew: Span) -> bool {
    at > now + skew
}

/// Whether it reports what has happened, which cannot be later than the report. Plans, expected times, notes and
/// corrections take effect at their own time.
pub(crate) fn has_happened(fact: &Fact) -> bool {
    let packing =
        matches!(fact, Fact::Packed(_) | Fact::Repacked(_) | Fact::Unpacked(_) | Fact::Opened(_));
    let hands = matches!(fact, Fact::Released(_) | Fact::Accepted(_) | Fact::Received(_));
    let way = matches!(
        fact,
        Fact::Departed(_)
            | Fact::Arrived(_)
            | Fact::CustomsEntered(_)
            | Fact::CustomsCleared(_)
            | Fact::LegCancelled(_)
            | Fact::LegOffloaded(_)
    );
    let end = matches!(
        fact,
        Fact::Stowed(_)
            | Fact::Thawed(_)
            | Fact::Infused(_)
            | Fact::Destroyed(_)
            | Fact::Cancelled(_)
            | Fact::Closed(_)
    );
    let decided = matches!(fact, Fact::QualityReleased(_) | Fact::Dispositioned(_));
    packing || hands || way || end || decided
}
