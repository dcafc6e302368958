//! Readings as stretches of time. A reading holds until the next one; where the next one is further
//! away than twice the logging interval it holds for one interval, and the rest is unknown. The
//! latest reading proves its own moment only, until another one comes.

use crate::probe::Probe;
use crate::series::Reading;
use crate::setting::{Attachment, Setting};
use crate::window::Window;
use alloc::vec::Vec;
use facts::{Moment, Span};

/// A stretch for which a probe vouches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Held {
    /// From when.
    pub from: Moment,
    /// Until when.
    pub until: Moment,
    /// How warm.
    pub milli: i32,
    /// Whether it is the latest reading of a window that is still open.
    pub latest: bool,
    /// Whether the probe was fit.
    pub fit: bool,
}

/// A stretch outside a limit, over all probes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its first reading.
    pub from: Moment,
    /// Its end.
    pub until: Moment,
    /// How much of it is known.
    pub known: Span,
    /// Whether it goes on as far as anybody knows.
    pub open: bool,
    /// The reading furthest out.
    pub peak: i32,
}

/// Everything about the probes that one judgement asks for.
pub struct Cover<'a> {
    /// What was attached when.
    pub setting: &'a Setting,
    /// The probes.
    pub probes: &'a [Probe],
    /// When the goods are judged.
    pub windows: &'a [Window],
}

impl<'a> Cover<'a> {
    /// Every payload probe with one of its attachments and one judged window, cut to both.
    pub fn stretches(&self) -> impl Iterator<Item = (&'a Probe, &'a Attachment, Window)> + '_ {
        let with = |attachment: &'a Attachment| {
            let is_it =
                |p: &&Probe| p.device == attachment.device && p.channel == attachment.channel;
            self.probes.iter().find(is_it).map(|probe| (probe, attachment))
        };
        let attached = self.setting.attachments.iter().filter_map(with);
        attached.flat_map(move |(probe, attachment)| {
            let cut = self.windows.iter().filter_map(move |window| cut(*window, attachment));
            cut.map(move |window| (probe, attachment, window))
        })
    }

    /// Stretches held by readings outside the limits, of all probes; with `fit` only fit ones.
    pub fn outside(&self, below: i32, above: i32) -> Vec<Held> {
        let mut out = Vec::new();
        for (probe, attachment, window) in self.stretches() {
            let all = probe.series.all();
            for place in probe.series.outside(below, above) {
                let Some(reading) = all.get(place).filter(|r| window.holds(r.at)) else { continue };
                let next = all
                    .get(place + 1..)
                    .unwrap_or_default()
                    .iter()
                    .find(|next| next.at > reading.at);
                let (from, milli) = (reading.at, reading.milli);
                let fit = self.setting.fit(&probe.device, from);
                let (until, latest) = held(reading, next, attachment, &window);
                out.push(Held { from, until, milli, latest, fit });
                // Out on both sides of a hole: nobody saw it come back.
                if let Some(next) =
                    next.filter(|n| n.at > until && (n.milli < below || n.milli > above))
                {
                    let bridge =
                        Held { from: until, until: next.at.min(window.end()), milli, latest, fit };
                    out.push(Held { milli: UNKNOWN, ..bridge });
                }
            }
        }
        out.sort_by_key(|held| (held.from, held.until));
        out
    }

    /// All stretches for which a probe vouches, put together and in order.
    pub fn known(&self) -> Vec<(Moment, Moment)> {
        let mut all: Vec<(Moment, Moment)> = Vec::new();
        for (probe, attachment, window) in self.stretches() {
            // Within a piece each reading holds until the next one.
            let most = attachment.log_every * 2;
            for (piece, next) in probe.series.pieces(window.from, window.end(), most) {
                let (Some(first), Some(last)) = (piece.first(), piece.last()) else { continue };
                all.push((first.at, held(last, next, attachment, &window).0));
            }
        }
        all.sort_unstable();
        all.dedup_by(|next, before| {
            let joined = next.0 <= before.1;
            if joined {
                before.1 = before.1.max(next.1);
            }
            joined
        });
        all
    }
}

/// Marks a stretch that is out on both sides and unknown in between.
pub const UNKNOWN: i32 = i32::MIN;

/// Stretches that touch are one run.
pub fn runs(held: &[Held]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    let mut covered = Moment::EARLIEST;
    for stretch in held {
        let known = stretch.milli != UNKNOWN;
        match runs.last_mut() {
            Some(run) if stretch.from <= run.until => {
                run.until = run.until.max(stretch.until);
                run.open |= stretch.latest;
                if known && further(stretch.milli, run.peak) {
                    run.peak = stretch.milli;
                }
            }
            _ => {
                covered = stretch.from;
                let (from, until, open) = (stretch.from, stretch.until, stretch.latest);
                runs.push(Run { from, until, known: Span::ZERO, open, peak: stretch.milli });
            }
        }
        if let (true, Some(run)) = (known, runs.last_mut()) {
            let from = stretch.from.max(covered);
            if stretch.until > from {
                run.known += stretch.until - from;
                covered = stretch.until;
            }
        }
    }
    runs
}

/// Whether a reading lies further out than the peak so far; runs are all warm or all cold.
fn further(milli: i32, peak: i32) -> bool {
    peak == UNKNOWN || milli > peak
}

fn cut(window: Window, attachment: &Attachment) -> Option<Window> {
    let from = window.from.max(attachment.from);
    let until = window.until.into_iter().chain(attachment.until).min();
    until.is_none_or(|until| from <= until).then_some(Window { from, until })
}

/// Until when a reading holds, and whether it is the latest of an open window.
fn held(
    reading: &Reading,
    next: Option<&Reading>,
    attachment: &Attachment,
    window: &Window,
) -> (Moment, bool) {
    let one = reading.at + attachment.log_every;
    match next.filter(|next| window.holds(next.at)) {
        Some(next) if next.at - reading.at <= attachment.log_every * 2 => (next.at, false),
        Some(_) => (one, false),
        None => match window.until {
            Some(until) => (one.min(until), false),
            None => (reading.at, true),
        },
    }
}
