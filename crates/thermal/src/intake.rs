//! What an event does to the memory, and whether it can matter to any rule at once.

use crate::memory::ThermalMemory;
use alloc::vec::Vec;
use facts::fact::device::{Reading, Withdrawn};
use facts::{DeviceFact, Event, Fact, Moment, Profile, Span, Step, SystemFact};
use serde::{Deserialize, Serialize};

/// How soon the rules must be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Urgency {
    /// Nothing can have changed.
    None,
    /// It can only fill, shrink or withdraw something, or open a hole: after the settling time.
    Later,
    /// Now.
    Now,
}

/// Beyond so many remembered holes it is looked which of them still stand.
const HOLES: usize = 64;

/// The limits between which a reading is calm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct QuietBand {
    pub(crate) below: i32,
    pub(crate) above: i32,
    /// For profiles with mean kinetic temperature: how long a warm reading weighs.
    pub(crate) weighs: Option<Span>,
    /// Whether one probe may contradict another.
    pub(crate) doubts: bool,
    /// When the last judged window began: what was measured before it fills no hole in it.
    pub(crate) from: Option<Moment>,
}

impl QuietBand {
    pub(crate) fn of(profile: &Profile) -> Self {
        let steps = profile.steps.iter().map(|step| step.above.milli());
        let upper = profile.upper.into_iter().chain(profile.mkt.as_ref().map(|mkt| mkt.limit));
        let above = steps.chain(upper.map(|upper| upper.milli()));
        let hysteresis = profile.hysteresis.map_or(0, |h| h.milli());
        let below =
            [profile.lower, profile.freezes_at].into_iter().flatten().map(|limit| limit.milli());
        Self {
            below: below.max().map_or(i32::MIN + 1, |below| below + hysteresis),
            above: above.min().map_or(i32::MAX, |above| above - hysteresis),
            weighs: profile.mkt.as_ref().map(|mkt| mkt.window),
            doubts: profile.contradicts.is_some(),
            from: None,
        }
    }
    pub(crate) fn holds(&self, milli: i32) -> bool {
        self.below <= milli && milli <= self.above
    }
}

impl ThermalMemory {
    /// Takes one event in.
    pub(crate) fn hear(
        &mut self,
        entry: &Step<'_, Event>,
        event: &Event,
        quiet_band: Option<&QuietBand>,
        settle: Span,
    ) -> Urgency {
        match &event.fact {
            Fact::Device(DeviceFact::Reading(reading)) => {
                self.reading(entry, event, reading, quiet_band)
            }
            // What a probe measured after it was taken off is nobody's, says dispatch when it learns of that late. It had been
            // held against the goods until then, and the windows know until when.
            Fact::System(SystemFact::Withdrawn(gone))
                if self.left_late(entry, event, gone, settle) =>
            {
                Urgency::Now
            }
            Fact::System(SystemFact::Withdrawn(gone)) => {
                let probe = self.probe(&event.subject.id, &gone.channel);
                self.probes[probe].series.forget(gone.at, gone.temperature);
                Urgency::Now
            }
            Fact::System(SystemFact::Quiet(quiet)) => {
                let probe = self.probe(&event.subject.id, &quiet.channel);
                self.probes[probe].silent(quiet, entry.offset);
                Urgency::Now
            }
            _ if self.history.take(entry.offset, entry.now, event) => {
                self.setup = core::cell::OnceCell::new();
                Urgency::Now
            }
            _ => Urgency::None,
        }
    }

    /// Whether a reading is taken back only because we have just learnt that its probe had been taken off before.
    fn left_late(
        &self,
        entry: &Step<'_, Event>,
        event: &Event,
        gone: &Withdrawn,
        settle: Span,
    ) -> bool {
        let attachments = self.setup().attachments.iter();
        let mine = attachments.filter(|a| {
            a.device.as_str() == &*event.subject.id
                && a.channel == gone.channel
                && a.from <= gone.at
        });
        let parted = mine.max_by_key(|a| a.from).and_then(|last| last.end);
        parted.filter(|parted| parted.taken_off).is_some_and(|parted| {
            let ended = parted.ended;
            ended.at < gone.at && ended.offset < entry.offset && entry.now <= ended.learnt + settle
        })
    }

    fn reading(
        &mut self,
        entry: &Step<'_, Event>,
        event: &Event,
        reading: &Reading,
        quiet_band: Option<&QuietBand>,
    ) -> Urgency {
        let (at, milli) = (event.at, reading.temperature.milli());
        let place = self.probe(&event.subject.id, &reading.channel);
        let probe = &mut self.probes[place];
        let broke = probe.hear(entry.now);
        let latest = probe.series.take(at, reading.temperature, entry.offset);
        let earlier = probe.series.before(at).copied();
        // What does not sit with the goods is kept, and judges nothing.
        if !self.is_payload(&event.subject.id, &reading.channel, at) {
            return if quiet_band.is_some() { Urgency::None } else { Urgency::Now };
        }
        let begins = quiet_band.and_then(|quiet_band| quiet_band.from).filter(|from| *from <= at);
        let hole = earlier.is_none_or(|earlier| {
            self.is_hole(place, earlier.at, at)
                || self.was_unfit(place, earlier.at)
                || begins.is_some_and(|from| earlier.at < from)
        });
        if hole {
            self.note_hole(at, entry.now);
        }
        let Some(quiet_band) = quiet_band else { return Urgency::Now };
        // A reading holds until the next one: after a loud one this one proves more of it. A probe may have sent two values
        // of one moment.
        let said_then = |e: crate::series::Sample| {
            self.probes.get(place).map(|probe| probe.series.between(e.at, e.at))
        };
        let before = earlier.and_then(said_then).unwrap_or_default();
        if broke || !quiet_band.holds(milli) || before.iter().any(|e| !quiet_band.holds(e.milli)) {
            return Urgency::Now;
        }
        let weighs = quiet_band
            .weighs
            .is_some_and(|window| self.warm_within(place, at, window, quiet_band.above));
        let contradicts = quiet_band.doubts && self.loud_elsewhere(place, at, quiet_band);
        // What joins the one before it may bridge a hole that another probe has left.
        let bridges =
            earlier.is_some_and(|e| self.holes.iter().any(|(closing, _)| e.at < *closing));
        let quiet = latest && !hole && !weighs && !contradicts && !bridges;
        if quiet { Urgency::None } else { Urgency::Later }
    }

    /// Whether another probe says something loud at about that time, which this one may contradict.
    fn loud_elsewhere(&self, place: usize, at: Moment, quiet_band: &QuietBand) -> bool {
        if self.probes.len() < 2 {
            return false;
        }
        let every = self.setup().attachments.iter().map(|a| a.log_every).max().unwrap_or_default();
        let others = self.probes.iter().enumerate().filter(|(other, _)| *other != place);
        let mut near = others.flat_map(|(_, probe)| probe.series.between(at - every, at + every));
        near.any(|reading| !quiet_band.holds(reading.milli))
    }

    /// Remembers when it was learnt that there is a hole before a reading; holes that were filled are let go.
    fn note_hole(&mut self, at: Moment, learnt: Moment) {
        if self.holes.len() >= HOLES {
            let stands = |at: Moment| {
                (0..).zip(&self.probes).any(|(place, probe)| {
                    let near = probe.series.between(at, at).first();
                    let earlier = near.and_then(|_| probe.series.before(at));
                    near.is_some()
                        && earlier.is_none_or(|earlier| self.is_hole(place, earlier.at, at))
                })
            };
            let stand: Vec<_> = self.holes.iter().copied().filter(|(at, _)| stands(*at)).collect();
            self.holes = stand;
        }
        self.holes.push((at, learnt));
    }

    /// Whether what a probe said at a moment proves nothing, so that the next reading ends a hole.
    fn was_unfit(&self, place: usize, at: Moment) -> bool {
        let setting = self.setup();
        let Some(probe) = self.probes.get(place).filter(|_| !setting.calibrations.is_empty())
        else {
            return false;
        };
        let mut mine = setting
            .attachments
            .iter()
            .filter(|a| a.device == probe.device && a.channel == probe.channel && a.from <= at);
        mine.any(|a| a.until.is_none_or(|until| at <= until) && !setting.fit(a, at))
    }

    /// Whether two readings in a row are too far apart.
    fn is_hole(&self, place: usize, before: Moment, at: Moment) -> bool {
        let (Some(setting), Some(probe)) = (self.setup.get(), self.probes.get(place)) else {
            return true;
        };
        let mine = |a: &&crate::shipment_setup::Attachment| {
            a.device == probe.device && a.channel == probe.channel
        };
        setting
            .attachments
            .iter()
            .rfind(mine)
            .is_none_or(|a| at - before > a.log_every * 2 || before < a.from)
    }

    fn warm_within(&self, place: usize, at: Moment, window: Span, above: i32) -> bool {
        let Some(probe) = self.probes.get(place) else { return true };
        let all = probe.series.all();
        probe
            .series
            .outside(i32::MIN, above)
            .last()
            .and_then(|n| all.get(n))
            .is_some_and(|r| r.at + window >= at)
    }
}
