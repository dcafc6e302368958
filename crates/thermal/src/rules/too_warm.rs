#![doc = include_str!("too_warm.md")]

use crate::cover::{Held, Run, UNKNOWN, runs};
use crate::memory::{Memory, judged};
use alloc::{format, vec::Vec};
use facts::{Episode, Given, MilliCelsius, Moment, Rule, Severity, Span};
use serde::Deserialize;

/// Warmer than the upper limit for longer than the grace.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TooWarm {
    medicine_cumulative: Span,
}

impl Rule for TooWarm {
    type Memory = Memory;
    const NAME: &'static str = "thermal/too-warm";
    const CODE: &'static str = "THM-01";
    const PAGE: &'static str = include_str!("too_warm.md");
    const COMPROMISES: Option<Severity> = Some(Severity::P2);

    fn judge(&self, memory: &Memory, given: &Given<'_>, found: &mut Vec<Episode>) {
        let Some((profile, windows)) = judged(memory, given) else { return };
        let Some(upper) = profile.upper else { return };
        let back = upper.milli() - profile.hysteresis.map_or(0, |h| h.milli());
        let held = memory.cover(&windows).outside(i32::MIN, back);
        let grace = profile.grace_high.unwrap_or_default();
        let (mild, cumulative) = match profile.mkt {
            Some(_) => (Severity::P3, Some((self.medicine_cumulative, Severity::P2))),
            None => (Severity::P2, profile.cumulative_high.map(|limit| (limit, Severity::P1))),
        };
        let mut total = Span::ZERO;
        for run in excursions(&held, upper.milli()) {
            total += run.known;
            let spent = cumulative.filter(|(limit, _)| total >= *limit);
            let any = grace == Span::ZERO;
            if run.known <= grace && !any && spent.is_none() {
                continue;
            }
            let severity = spent.map_or(mild, |(_, worse)| worse);
            let end = (!run.open).then_some(run.until);
            let peak = MilliCelsius::from_milli(i64::from(run.peak)).unwrap_or(upper);
            let sentence = match end {
                None => format!(
                    "warmer than {upper} since {}, up to {peak} (allowed: {})",
                    run.from,
                    grace.spoken()
                ),
                Some(end) => format!(
                    "warmer than {upper} for {}, from {} to {end}, up to {peak}",
                    run.known.spoken(),
                    run.from
                ),
            };
            let unknown = (run.until - run.from) - run.known;
            let evidence = memory.evidence([run.from].into_iter().chain(end));
            let episode = Episode::new(severity, run.from, sentence).until(end);
            found.push(episode.unknown_for(unknown).evidence(evidence));
        }
    }

    fn due(&self, _: &Memory, _: &Given<'_>) -> Option<Moment> {
        None
    }
}

/// Runs that begin above the limit and end at where it counts as back.
fn excursions(held: &[Held], upper: i32) -> Vec<Run> {
    let mut all = Vec::new();
    for run in runs(held) {
        let of_it = held.iter().copied().filter(|h| run.from <= h.from && h.until <= run.until);
        let from_first: Vec<Held> = of_it.skip_while(|h| h.milli <= upper).collect();
        // What only bridges a hole behind another probe's excursion is none of its own.
        all.extend(runs(&from_first).into_iter().filter(|run| run.peak != UNKNOWN));
    }
    all
}
