//! What a reading proves while the box settles. Warm air of packing is excused until `settle_in` is over; ice, and a step
//! that goods may never be above, are not, for they do not heal.
//!
//! But a probe that lay in the room and is put into a dewar is warm itself: as long as it only comes nearer to the
//! limits it tells of its own past and not of the goods. Once it has been within them, what it says after that is of the
//! goods. What it says last, when the box has settled, is judged.

use crate::coverage::Coverage;
use crate::probe::Probe;
use crate::series::{Sample, worst};
use crate::shipment_setup::Attachment;
use crate::window::Window;
use facts::{Moment, Span};

/// How what was measured before the box had settled is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Settling<'a> {
    /// When the box had settled.
    pub settled: &'a [Window],
    /// At or below this, and above this, nothing can be undone.
    pub beyond: (i32, i32),
    /// Log time, less the time for which facts that race are awaited.
    pub known_until: Moment,
}

impl Settling<'_> {
    /// Whether the box had settled when a reading was taken.
    pub fn is_over(&self, reading: &Sample) -> bool {
        self.settled.iter().any(|window| window.takes(reading))
    }
    /// Whether a temperature cannot be undone.
    fn is_beyond(&self, milli: i32) -> bool {
        milli <= self.beyond.0 || milli > self.beyond.1
    }
    /// When the box will have settled in which a reading was taken, if its readings of then are known by now.
    fn over_after(&self, at: Moment, window: &Window) -> Option<Moment> {
        let later = self.settled.iter().map(|settled| settled.from).filter(|from| *from > at);
        later.min().filter(|from| *from <= window.end() && *from <= self.known_until)
    }
}

impl Coverage<'_> {
    /// Whether a reading that was taken while the box settles proves that the goods suffered what cannot be undone: its
    /// probe had been within the limits and was not moved about since, or it lies outside them a second time in a row and
    /// is not just coming from where it lay before, or it is the last word when the box has settled.
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
        let cold = reading.milli <= settling.beyond.0;
        let within = |r: &Sample| self.doubts.holds(r.milli);
        let here = probe.series.place(reading.at);
        let until_here = |from: Moment| {
            let from = probe.series.place(from);
            worst(all.get(from..here).unwrap_or_default(), cold)
        };
        let mut since = until_here(window.from.max(attachment.from));
        since.push(*reading);
        // In this box it has come within the limits: it tells of where it lay before no more.
        if since.iter().any(within) {
            return true;
        }
        let before = until_here(attachment.from);
        // On the way out it may already have been a little outside, on this side.
        let on_its_way = |r: &Sample| !settling.is_beyond(r.milli) && self.is_out(r, cold);
        let was_within = before.iter().rposition(within);
        let then = was_within.and_then(|was| before.get(was + 1..));
        if then.is_some_and(|then| then.iter().all(on_its_way)) {
            return true;
        }
        let again = before.last().is_some_and(|before| self.is_out(before, cold));
        let comes = since.len() > 1 && self.comes(&since, cold);
        if again && since.len() > 1 && !comes {
            return true;
        }
        let next = worst(probe.series.said_after(reading.at), cold).first().copied();
        let came = next.as_ref().is_some_and(|next| nearer(cold)(reading, next));
        let stands = |over: Moment| {
            let most: Span = attachment.log_every * 2;
            reading.at + most >= over && next.as_ref().is_none_or(|next| next.at > over)
        };
        let over = settling.over_after(reading.at, window);
        !comes && !came && over.is_some_and(stands)
    }

    /// Whether a reading lies outside the limits on one side.
    fn is_out(&self, reading: &Sample, cold: bool) -> bool {
        let (lower, upper) = self.doubts.within;
        if cold { reading.milli < lower } else { reading.milli > upper }
    }

    /// Whether readings lie outside the limits on one side, each of them nearer to the limits than the one before.
    fn comes(&self, readings: &[Sample], cold: bool) -> bool {
        readings.iter().all(|r| self.is_out(r, cold)) && readings.is_sorted_by(nearer(cold))
    }
}

/// Whether the second of two readings is nearer to the limits.
fn nearer(cold: bool) -> impl Fn(&Sample, &Sample) -> bool {
    move |before, after| {
        if cold { after.milli > before.milli } else { after.milli < before.milli }
    }
}
