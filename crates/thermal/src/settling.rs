//! What a reading proves while the box settles. Warm air of packing is excused until `settle_in` is over; ice, and a step
//! that goods may never be above, are not, for they do not heal.
//!
//! But a probe that lay in the room and is put into a dewar is warm itself: as long as it only comes nearer to the
//! limits it tells of its own past and not of the goods.

use crate::cover::Cover;
use crate::probe::Probe;
use crate::series::Reading;
use crate::setting::Attachment;
use crate::window::Window;
use facts::Moment;

/// How what was measured before the box had settled is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Settling<'a> {
    /// When the box had settled.
    pub settled: &'a [Window],
    /// At or below this, and above this, nothing can be undone.
    pub beyond: (i32, i32),
}

impl Settling<'_> {
    /// Whether the box had settled at a moment.
    pub fn is_over(&self, at: Moment) -> bool {
        self.settled.iter().any(|window| window.holds(at))
    }
    /// Whether a temperature cannot be undone.
    fn is_beyond(&self, milli: i32) -> bool {
        milli <= self.beyond.0 || milli > self.beyond.1
    }
}

impl Cover<'_> {
    /// Whether a reading that was taken while the box settles proves that the goods suffered what cannot be undone: its
    /// probe had been within the limits since it was attached, or says so a second time in a row and is not just
    /// coming from where it lay before.
    pub fn proves(
        &self,
        settling: &Settling<'_>,
        probe: &Probe,
        attachment: &Attachment,
        window: &Window,
        place: usize,
    ) -> bool {
        let all = probe.series.all();
        let Some(reading) = all.get(place).filter(|r| settling.is_beyond(r.milli)) else {
            return false;
        };
        let attached = all.partition_point(|r| r.at < attachment.from);
        let before = all.get(attached..place).unwrap_or_default();
        let cold = reading.milli <= settling.beyond.0;
        // On the way out it may already have been a little outside, on this side.
        let on_its_way = |r: &Reading| {
            let other_side = if cold {
                r.milli > self.doubts.within.1
            } else {
                r.milli < self.doubts.within.0
            };
            !settling.is_beyond(r.milli) && !other_side
        };
        let was_within = before.iter().any(|r| self.doubts.holds(r.milli));
        if was_within && before.iter().all(on_its_way) {
            return true;
        }
        let packed = all.partition_point(|r| r.at < window.from.max(attachment.from));
        let since = all.get(packed..=place).unwrap_or_default();
        let again = before.last().is_some_and(|r| {
            let same_side = (r.milli <= settling.beyond.0) == cold;
            same_side && settling.is_beyond(r.milli)
        });
        again && since.len() > 1 && !self.comes(since, cold)
    }

    /// Whether readings lie outside the limits on one side, each of them nearer to the limits than the one before.
    fn comes(&self, readings: &[Reading], cold: bool) -> bool {
        let out = |r: &Reading| {
            if cold { r.milli < self.doubts.within.0 } else { r.milli > self.doubts.within.1 }
        };
        let nearer = |before: &Reading, after: &Reading| {
            if cold { after.milli > before.milli } else { after.milli < before.milli }
        };
        readings.iter().all(out) && readings.is_sorted_by(nearer)
    }
}
