#![doc = include_str!("gap.md")]

use crate::memory::{Memory, judged};
use crate::setting::{Attachment, Leg, Setting};
use crate::window::Window;
use alloc::{format, vec::Vec};
use facts::{Episode, Given, Moment, Rule, Severity, Span};
use serde::Deserialize;

/// Readings are missing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gap {
    part_of_leg: i64,
    across_hand_over: Span,
    after_arrival: Span,
    after_plan: Span,
    after_end: Span,
}

/// A stretch for which no probe vouches.
#[derive(Debug, Clone, Copy)]
struct Hole {
    from: Moment,
    until: Moment,
    /// When it can be judged, by log time.
    judged: Moment,
}

impl Rule for Gap {
    type Memory = Memory;
    const NAME: &'static str = "thermal/gap";
    const CODE: &'static str = "DAT-05";
    const PAGE: &'static str = include_str!("gap.md");

    fn judge(&self, memory: &Memory, given: &Given<'_>, found: &mut Vec<Episode>) {
        let Some((_, windows)) = judged(memory, given) else { return };
        let holes = self.holes(memory, &windows, given);
        for hole in holes.iter().filter(|hole| hole.judged <= given.now) {
            let length = hole.until - hole.from;
            let across =
                memory.setting().hands.iter().any(|at| hole.from < *at && *at < hole.until);
            let heavy = memory.setting().legs.iter().any(|leg| self.much_of(leg, hole, &holes));
            let severity = if (across && length > self.across_hand_over) || heavy {
                Severity::P2
            } else {
                Severity::P3
            };
            let sentence = format!(
                "no temperature is known for {}, from {} to {}",
                length.spoken(),
                hole.from,
                hole.until
            );
            found.push(
                Episode::new(severity, hole.from, sentence)
                    .until(Some(hole.until))
                    .unknown_for(length)
                    .evidence(memory.evidence([hole.until])),
            );
        }
    }

    fn due(&self, memory: &Memory, given: &Given<'_>) -> Option<Moment> {
        let (_, windows) = judged(memory, given)?;
        let holes = self.holes(memory, &windows, given);
        holes.into_iter().map(|hole| hole.judged).filter(|judged| *judged > given.now).min()
    }
}

impl Gap {
    fn holes(&self, memory: &Memory, windows: &[Window], given: &Given<'_>) -> Vec<Hole> {
        let (setting, settle) = (memory.setting(), given.reference.settle);
        let cover = memory.cover(given, windows);
        let known = cover.known();
        let mut holes = Vec::new();
        for window in windows {
            let Some(anywhere) = every(setting, window.from, window.end()) else { continue };
            let mut edge = window.from;
            let inside =
                known.iter().filter(|(from, until)| *until >= window.from && *from <= window.end());
            for (from, until) in inside {
                // Where a probe or a window begins the first reading may be one interval away.
                let every = every(setting, edge, *from).unwrap_or(anywhere);
                let begins = setting.attachments.iter().any(|a| edge <= a.from && a.from < *from);
                let allowed = if edge == window.from || begins { every * 2 } else { every };
                if *from > edge + allowed {
                    holes.push(self.hole(memory, edge, *from, memory.hole_learnt(*from) + settle));
                }
                edge = edge.max(*until);
            }
            if let Some(end) = window.until
                && end > edge + every(setting, edge, end).unwrap_or(anywhere) * 2
                && self.will_come_no_more(setting, window)
            {
                holes.push(self.hole(memory, edge, end, end + self.after_end + settle));
            }
        }
        holes
    }

    /// A hole in a flight may be filled when the device finds a network again.
    fn hole(&self, memory: &Memory, from: Moment, until: Moment, judged: Moment) -> Hole {
        let setting = memory.setting();
        let over = |at| setting.flight_over(at, self.after_arrival, self.after_plan);
        let judged =
            [Some(judged), over(from), over(until)].into_iter().flatten().max().unwrap_or(judged);
        Hole { from, until, judged }
    }

    /// After the end of the window: a device that is only read out has told all when its file is in.
    fn will_come_no_more(&self, setting: &Setting, window: &Window) -> bool {
        let mut mine = setting
            .attachments
            .iter()
            .filter(|a| a.from <= window.end() && a.until.is_none_or(|u| u >= window.from));
        mine.all(|a| {
            a.send_every.is_some()
                || setting
                    .imports
                    .iter()
                    .any(|(device, at)| *device == a.device && *at >= window.from)
        })
    }

    /// Whether too much of a leg that this hole lies in is unknown.
    fn much_of(&self, leg: &Leg, hole: &Hole, holes: &[Hole]) -> bool {
        let (Some(from), Some(until)) = (leg.departed, leg.arrived) else { return false };
        let part = |hole: &Hole| {
            let (from, until) = (hole.from.max(from), hole.until.min(until));
            if until > from { until - from } else { Span::ZERO }
        };
        let unknown = holes.iter().fold(Span::ZERO, |sum, hole| sum + part(hole));
        part(hole) > Span::ZERO && unknown > (until - from).percent(self.part_of_leg)
    }
}

/// How often the probes of a stretch measure; one that only stood at its edge says nothing of it.
fn every(setting: &Setting, from: Moment, until: Moment) -> Option<Span> {
    let there = |a: &&Attachment| a.from < until && a.until.is_none_or(|u| u > from);
    setting.attachments.iter().filter(there).map(|a| a.log_every).min()
}
