#![doc = include_str!("gap.md")]

use super::{CORRECTED, PLACES, READINGS};
use crate::flights::FlownLeg;
use crate::memory::{ThermalMemory, judged};
use crate::shipment_setup::{Attachment, ShipmentSetup};
use crate::window::Window;
use alloc::vec::Vec;
use facts::timeline::{ENDS, WHO_HAS_THEM};
use facts::{
    Effects, Episode, FactKind, Family, Hears, Moment, Rule, RuleContext, RuleInfo, Severity, Span,
    say,
};
use serde::Deserialize;

facts::messages! {
    "thermal/gap":
    UNKNOWN "unknown" = "no temperature is known for {length}, from {from} to {until}";
}

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
    type Memory = ThermalMemory;
    const INFO: RuleInfo = RuleInfo {
        name: "thermal/gap",
        code: "DAT-05",
        family: Family::Data,
        effects: Effects::NONE,
        hears: Hears::Only(&[
            WHO_HAS_THEM,
            ENDS,
            CORRECTED,
            PLACES,
            READINGS,
            &[FactKind::Imported],
        ]),
        messages: &[MESSAGES],
        page: include_str!("gap.md"),
    };

    fn judge(&self, memory: &ThermalMemory, context: &RuleContext<'_>, found: &mut Vec<Episode>) {
        let Some((_, windows)) = judged(memory, context) else { return };
        let holes = self.holes(memory, &windows, context);
        for hole in holes.iter().filter(|hole| hole.judged <= context.now) {
            let length = hole.until - hole.from;
            let mut hands = memory.setup().hand_overs.iter();
            let across = hands.any(|hand| hole.from < hand.until && hand.from < hole.until);
            let heavy = memory.setup().legs.iter().any(|leg| self.much_of(leg, hole, &holes));
            let severity = if (across && length > self.across_hand_over) || heavy {
                Severity::P2
            } else {
                Severity::P3
            };
            let message = say!(UNKNOWN, length, hole.from, hole.until);
            found.push(
                Episode::new(severity, hole.from, message)
                    .until(Some(hole.until))
                    .unknown_for(length)
                    .evidence(memory.evidence([hole.until])),
            );
        }
    }

    fn next_deadline(&self, memory: &ThermalMemory, context: &RuleContext<'_>) -> Option<Moment> {
        let (_, windows) = judged(memory, context)?;
        let holes = self.holes(memory, &windows, context);
        holes.into_iter().map(|hole| hole.judged).filter(|judged| *judged > context.now).min()
    }
}

impl Gap {
    fn holes(
        &self,
        memory: &ThermalMemory,
        windows: &[Window],
        context: &RuleContext<'_>,
    ) -> Vec<Hole> {
        let (setting, settle) = (memory.setup(), context.reference.settle);
        let cover = memory.coverage(context, windows);
        let mut holes = Vec::new();
        for window in windows.iter().filter(|window| window.awaited) {
            // What is learnt only after it was said that the window has ended is no hole of it.
            if window.until.is_some_and(|until| until <= window.from) {
                continue;
            }
            let mine: Vec<&Attachment> =
                setting.attachments.iter().filter(|a| there(a, window)).collect();
            if mine.is_empty() {
                continue;
            }
            let mut edge = window.from;
            for (from, until) in cover.known(window.place) {
                if until < window.from || from > window.end() {
                    continue;
                }
                if from > expected(&mine, edge, edge == window.from) {
                    holes.push(self.hole(memory, edge, from, memory.hole_learnt(from) + settle));
                }
                edge = edge.max(until);
            }
            if let Some(end) = window.until
                && end > expected(&mine, edge, true)
                && self.will_come_no_more(setting, window)
            {
                holes.push(self.hole(memory, edge, end, end + self.after_end + settle));
            }
        }
        holes
    }

    /// A hole in a flight may be filled when the device finds a network again.
    fn hole(&self, memory: &ThermalMemory, from: Moment, until: Moment, judged: Moment) -> Hole {
        let setting = memory.setup();
        let over = |at| setting.flight_over(at, self.after_arrival, self.after_plan);
        let judged =
            [Some(judged), over(from), over(until)].into_iter().flatten().max().unwrap_or(judged);
        Hole { from, until, judged }
    }

    /// After the end of the window: a device that is only read out has told all when its file is in.
    fn will_come_no_more(&self, setting: &ShipmentSetup, window: &Window) -> bool {
        let mut mine = setting.attachments.iter().filter(|a| there(a, window));
        mine.all(|a| {
            let its = |(device, at): &(facts::DeviceId, Moment)| {
                *device == a.device && *at >= window.from
            };
            a.send_every.is_some() || setting.imports.iter().any(its)
        })
    }

    /// Whether too much of a leg that this hole lies in is unknown.
    fn much_of(&self, leg: &FlownLeg, hole: &Hole, holes: &[Hole]) -> bool {
        let (Some(from), Some(until)) = (leg.departed, leg.arrived) else { return false };
        let part = |hole: &Hole| {
            let (from, until) = (hole.from.max(from), hole.until.min(until));
            if until > from { until - from } else { Span::ZERO }
        };
        let unknown = holes.iter().fold(Span::ZERO, |sum, hole| sum + part(hole));
        part(hole) > Span::ZERO && unknown > (until - from).percent(self.part_of_leg)
    }
}

/// Whether a probe was with the goods in a window.
fn there(attachment: &Attachment, window: &Window) -> bool {
    attachment.place == window.place
        && attachment.from <= window.end()
        && attachment.until.is_none_or(|until| until >= window.from)
}

/// Until when there must be another reading, after a moment up to which the temperature is known: one interval of the probe
/// that is there, two where the window or a probe begins. A probe that comes in its turn for another one is waited for as one
/// that begins; the time between the two is nobody's.
fn expected(attachments: &[&Attachment], edge: Moment, begins: bool) -> Moment {
    let before = attachments.iter().filter(|a| a.from <= edge);
    let open = before.clone().filter(|a| a.until.is_none_or(|until| until > edge));
    let every = open.map(|a| a.log_every).min();
    // Where none is there, the one that was there last says how long a look away is.
    let last = before.max_by_key(|a| a.until).map(|a| a.log_every);
    let first = attachments.iter().min_by_key(|a| a.from).map(|a| a.log_every);
    let every = every.or(last).or(first).unwrap_or_default();
    let mut until = edge + if begins { every * 2 } else { every };
    loop {
        let with = |a: &&&Attachment| a.from <= until && a.until.is_none_or(|end| end > until);
        let there = attachments.iter().filter(with);
        // One that was there all the time owes a reading.
        if there.clone().any(|a| a.from <= edge) {
            return until;
        }
        let Some(later) = there.map(|a| a.from + a.log_every * 2).min().filter(|l| *l > until)
        else {
            return until;
        };
        until = later;
    }
}
