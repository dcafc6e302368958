//! What is dated later than the log's clock stands: whose clock is wrong.
//!
//! The log's clock strikes every few seconds, and stands still while dispatch is away. So nothing is called ahead
//! before the next stroke has been heard: where that one has reached the reported time it was our clock that was late.

use facts::{Moment, Span};

/// The next stroke is the first one after now.
pub(crate) const NEXT_STROKE: Span = Span::millis(1);

/// Whether a reported time is later than clocks can differ.
pub(crate) fn is_ahead(at: Moment, now: Moment, skew: Span) -> bool {
    at > now + skew
}
