//! Readings as stretches of time. A reading holds until the next one; where the next one is further
//! away than twice the logging interval it holds for one interval, and the rest is unknown. The
//! latest reading proves its own moment only, until another one comes.

use crate::place::ProbePlace;
use crate::probe::Probe;
use crate::series::Sample;
use crate::settling::Settling;
use crate::shipment_setup::{Attachment, ShipmentSetup};
use crate::trust::{Doubts, ReadingTrust};
use crate::window::Window;
use alloc::vec::Vec;
use facts::{Moment, Span};

/// A stretch for which a probe vouches.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeldReading {
    /// From when.
    pub from: Moment,
    /// Until when.
    pub until: Moment,
    /// How warm.
    pub milli: i32,
    /// Whether it is the latest reading of a window that is still open.
    pub latest: bool,
    /// Until when what another probe says belongs to the same event: the next reading of this one is awaited.
    pub awaited: Moment,
    /// How far it can be relied on.
    pub trust: ReadingTrust,
    /// Whether the box had settled by then.
    pub settled: bool,
    /// Whether it was measured after the watch had ended or the probe had left the goods, and we learnt that only later.
    pub late: bool,
}

impl HeldReading {
    /// With warm and cold exchanged, so that what is colder lies further out.
    pub fn mirrored(self) -> Self {
        let milli = if self.milli == UNKNOWN { UNKNOWN } else { -self.milli };
        Self { milli, ..self }
    }
}

/// Everything about the probes that one judgement asks for.
pub struct Coverage<'a> {
    /// What was attached when.
    pub setup: &'a ShipmentSetup,
    /// The probes.
    pub probes: &'a [Probe],
    /// When the goods are judged.
    pub windows: &'a [Window],
    /// What readings are doubted by.
    pub doubts: Doubts<'a>,
    /// Where the windows begin with packing: how what was measured before the box had settled is looked at.
    pub settling: Option<Settling<'a>>,
}

impl<'a> Coverage<'a> {
    /// Every attachment of a payload probe with one judged window of its place, cut to both.
    pub fn attached(&self) -> impl Iterator<Item = (&'a Attachment, Window)> + '_ {
        self.setup.attachments.iter().flat_map(move |attachment| {
            let there = self.windows.iter().filter(|window| window.place == attachment.place);
            let end = attachment.end.map(|parted| parted.ended);
            let cut = there.filter_map(move |window| window.cut(attachment.from, end));
            cut.map(move |window| (attachment, window))
        })
    }

    /// The same with its probe, where something is known of it.
    pub fn stretches(&self) -> impl Iterator<Item = (&'a Probe, &'a Attachment, Window)> + '_ {
        self.attached().filter_map(|(attachment, window)| {
            let is_it =
                |p: &&Probe| p.device == attachment.device && p.channel == attachment.channel;
            self.probes.iter().find(is_it).map(|probe| (probe, attachment, window))
        })
    }

    /// Stretches held by readings outside the limits, of all probes, in order.
    pub fn outside(&self, below: i32, above: i32) -> Vec<HeldReading> {
        let mut out = Vec::new();
        for (probe, attachment, window) in self.stretches() {
            let all = probe.series.all();
            for place in probe.series.outside(below, above) {
                let Some(reading) = all.get(place).filter(|r| window.takes(r)) else { continue };
                let early = self.settling.as_ref().filter(|s| !s.is_over(reading));
                if early.is_some_and(|s| !self.proves(s, probe, attachment, &window, place)) {
                    continue;
                }
                let behind = all.get(place + 1..).unwrap_or_default();
                let next = behind.iter().find(|next| next.at > reading.at);
                let (from, milli) = (reading.at, reading.milli);
                let (trust, settled) = (self.trust(probe, attachment, place), early.is_none());
                let (until, latest) = held(reading, next, attachment, &window);
                let awaited = if latest { from + attachment.log_every * 2 } else { until };
                let late = !window.holds(from);
                let it = HeldReading { from, until, milli, latest, awaited, trust, settled, late };
                out.push(it);
                // Out on both sides of a hole: nobody saw it come back.
                let again = next.filter(|n| n.at > until && (n.milli < below || n.milli > above));
                let mut bridge = |to: Moment, latest: bool| {
                    let (from, until) = (until, to.max(until));
                    out.push(HeldReading {
                        from,
                        until,
                        milli: UNKNOWN,
                        latest,
                        awaited: until,
                        ..it
                    });
                };
                if let Some(next) = again {
                    bridge(next.at.min(window.taken_until()), latest);
                }
                // The probe left them while they were out: nobody saw them come back either. What it measured after that says
                // nothing of them.
                if !late
                    && !next.is_some_and(|next| window.holds(next.at))
                    && let Some((seen, latest)) = self.unseen_until(attachment, &window)
                {
                    bridge(seen, latest);
                }
            }
        }
        out.sort_by_key(|held| (held.from, held.until));
        out
    }

    /// A probe was taken off, or said to be elsewhere, while the goods went on: until when nobody saw whether they came back
    /// into their limits, and whether that goes on. They are seen again with the next reading of any probe of that place.
    fn unseen_until(&self, attachment: &Attachment, cut: &Window) -> Option<(Moment, bool)> {
        let parted = attachment.until?;
        let is_it = |w: &&Window| w.place == cut.place && w.opened == cut.opened;
        let window = self.windows.iter().find(is_it)?;
        if parted >= window.end() {
            return None;
        }
        let next = self.stretches().filter(|(.., other)| other.opened == cut.opened);
        let next = next.filter_map(|(probe, other, stretch)| {
            let same = other.device == attachment.device && other.channel == attachment.channel;
            // Its own reading of the moment at which it was taken off says nothing new.
            let from = if same { parted + Span::millis(1) } else { parted };
            let readings = probe.series.between(from.max(stretch.from), stretch.end());
            let mut fit = readings.iter().filter(|r| self.setup.fit(other, r.at));
            fit.next().map(|reading| reading.at)
        });
        match (next.min(), window.until) {
            (Some(seen), _) => Some((seen, false)),
            (None, Some(end)) => Some((end, window.unseen)),
            (None, None) => Some((parted, true)),
        }
    }

    /// All stretches for which a probe vouches in one place, put together and in order.
    pub fn known(&self, place: ProbePlace) -> Vec<(Moment, Moment)> {
        let mut all: Vec<(Moment, Moment)> = Vec::new();
        for (probe, attachment, window) in self.stretches().filter(|(.., w)| w.place == place) {
            let looked_at = match self.looked_at(probe, attachment, &window) {
                Look::Nothing => continue,
                Look::All => None,
                Look::Each(wrong) => Some(wrong),
            };
            let over = |last, next| held(last, next, attachment, &window).0;
            // Within a piece each reading holds until the next one.
            let most = attachment.log_every * 2;
            for (piece, next) in probe.series.pieces(window.from, window.end(), most) {
                let Some(wrong) = &looked_at else {
                    let ends = piece.first().zip(piece.last());
                    all.extend(ends.map(|(first, last)| (first.at, over(last, next))));
                    continue;
                };
                let behind = piece.iter().skip(1).map(Some).chain([next]);
                let vouches = |r: &Sample| self.setup.fit(attachment, r.at) && !wrong.contains(r);
                let each = piece.iter().zip(behind).filter(|(reading, _)| vouches(reading));
                all.extend(each.map(|(reading, next)| (reading.at, over(reading, next))));
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

    /// The readings of a stretch, each with how far it can be relied on.
    pub fn readings(
        &self,
        probe: &'a Probe,
        attachment: &Attachment,
        window: &Window,
    ) -> impl Iterator<Item = (&'a Sample, ReadingTrust)> {
        let all = probe.series.all();
        let first = all.partition_point(|r| r.at < window.from);
        let last = all.partition_point(|r| r.at <= window.end());
        let inside = (first..last).zip(all.get(first..last).unwrap_or_default());
        inside.map(|(place, reading)| (reading, self.trust(probe, attachment, place)))
    }

    /// Which readings of a stretch vouch for the goods.
    fn looked_at(&self, probe: &Probe, attachment: &Attachment, window: &Window) -> Look {
        let all = probe.series.all();
        let codes = self.doubts.fault_codes.iter();
        let places = codes.flat_map(|code| probe.series.exactly(code.milli()));
        let inside = places.filter(|place| all.get(*place).is_some_and(|r| window.holds(r.at)));
        let wrong = inside.filter(|place| self.is_fault_code(probe, attachment, *place));
        let wrong: Vec<Sample> = wrong.filter_map(|place| all.get(place).copied()).collect();
        let fit = self.setup.fit(attachment, window.from);
        let changes = self.setup.fitness_changes(attachment, window.from, window.end());
        match (fit, changes) {
            (false, false) => Look::Nothing,
            (true, false) if wrong.is_empty() => Look::All,
            _ => Look::Each(wrong),
        }
    }
}

/// Which readings of a stretch vouch for the goods.
enum Look {
    /// None of them: the probe is unfit.
    Nothing,
    /// All of them.
    All,
    /// Those taken while the probe was fit, but these.
    Each(Vec<Sample>),
}

/// Marks a stretch that is out on both sides and unknown in between.
pub const UNKNOWN: i32 = i32::MIN;

/// Until when a reading holds, and whether it is the latest of an open window.
fn held(
    reading: &Sample,
    next: Option<&Sample>,
    attachment: &Attachment,
    window: &Window,
) -> (Moment, bool) {
    let one = reading.at + attachment.log_every;
    // What was measured after the end proves nothing of the last one before it.
    let of_both = |next: &&Sample| window.holds(next.at) || !window.holds(reading.at);
    match next.filter(|next| window.takes(next)).filter(of_both) {
        Some(next) if next.at - reading.at <= attachment.log_every * 2 => (next.at, false),
        Some(_) => (one, false),
        None => match window.until {
            // What came after the end proves its own moment only.
            Some(until) => (one.min(until).max(reading.at), false),
            None => (reading.at, true),
        },
    }
}
