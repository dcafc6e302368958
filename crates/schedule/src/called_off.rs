//! Where a cancellation and a plan stand against each other.
//!
//! Whether a shipment is called off says the timeline, by all facts up to a moment. This only looks at how that answer
//! changes from one word to the next.

use alloc::vec::Vec;
use facts::timeline::Cancellation;
use facts::{Fact, Moment, ShipmentFact, Timeline, TimelineEntry};

/// A stretch in which people may take it for planned, and it is not, or nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CalledOff {
    /// When it was cancelled.
    pub cancelled: Moment,
    /// When it was planned again.
    pub planned: Moment,
    /// The version of that plan.
    pub version: u32,
    /// Why the plan does not simply hold.
    pub doubt: Doubt,
    /// When that was settled.
    pub until: Option<Moment>,
    /// The plan's place in the journal.
    pub offset: u64,
}

/// Why a plan that is dated after a cancellation does not simply hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doubt {
    /// It was known before the cancellation was: whoever cancelled may have meant it, too.
    Disputed,
    /// Its version is no higher than that of the plan that was cancelled.
    NoHigher,
    /// The shipment's papers were closed before it.
    Closed,
}

/// All such stretches, in their order.
pub(crate) fn read(timeline: &Timeline<'_>) -> Vec<CalledOff> {
    let says = |entry: &&TimelineEntry<'_>| {
        matches!(
            entry.fact,
            Fact::Shipment(
                ShipmentFact::Planned(_) | ShipmentFact::Cancelled(_) | ShipmentFact::Closed(_)
            )
        )
    };
    let words: Vec<TimelineEntry<'_>> = timeline.entries().iter().filter(says).copied().collect();
    let mut all: Vec<CalledOff> = Vec::new();
    let mut closed = false;
    for (place, word) in words.iter().enumerate() {
        let until_now = words.get(..=place).unwrap_or_default().iter().copied();
        let state = Timeline::new(until_now, None).cancellation();
        let doubt = doubt(&state, closed, word);
        closed |= matches!(word.fact, Fact::Shipment(ShipmentFact::Closed(_)));
        let open = all.last_mut().filter(|last| last.until.is_none());
        match (open, doubt) {
            (Some(open), Some((doubt, _))) if open.doubt == doubt => {}
            (Some(open), None) => open.until = Some(word.at),
            (open, Some((doubt, cancelled))) => {
                if let Some(open) = open {
                    open.until = Some(word.at);
                }
                all.extend(against(word, doubt, cancelled));
            }
            (None, None) => {}
        }
    }
    all
}

/// What a plan is against the cancellation before it.
fn against(word: &TimelineEntry<'_>, doubt: Doubt, cancelled: Moment) -> Option<CalledOff> {
    let Fact::Shipment(ShipmentFact::Planned(plan)) = word.fact else { return None };
    let (planned, version, offset) = (word.at, plan.version, word.offset);
    Some(CalledOff { cancelled, planned, version, doubt, until: None, offset })
}

/// Whether there is doubt after this word, and when the shipment was cancelled.
fn doubt(state: &Cancellation, closed: bool, word: &TimelineEntry<'_>) -> Option<(Doubt, Moment)> {
    match *state {
        // Closing its papers says that both agree.
        _ if matches!(word.fact, Fact::Shipment(ShipmentFact::Closed(_))) => None,
        Cancellation::Cancelled { at, .. }
            if closed && matches!(word.fact, Fact::Shipment(ShipmentFact::Planned(_))) =>
        {
            Some((Doubt::Closed, at))
        }
        Cancellation::Cancelled { at, refused: Some(_) } if !closed => Some((Doubt::NoHigher, at)),
        Cancellation::Disputed { at, .. } if !closed => Some((Doubt::Disputed, at)),
        _ => None,
    }
}
