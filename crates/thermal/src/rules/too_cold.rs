#![doc = include_str!("too_cold.md")]

use crate::cover::{Held, UNKNOWN, runs};
use crate::memory::{Memory, judged};
use alloc::{format, vec::Vec};
use facts::{Episode, Given, MilliCelsius, Moment, Rule, Severity};
use serde::Deserialize;

/// Colder than the lower limit for longer than the grace, or frozen.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TooCold {}

impl Rule for TooCold {
    type Memory = Memory;
    const NAME: &'static str = "thermal/too-cold";
    const CODE: &'static str = "THM-02";
    const PAGE: &'static str = include_str!("too_cold.md");
    const COMPROMISES: Option<Severity> = Some(Severity::P2);

    fn judge(&self, memory: &Memory, given: &Given<'_>, found: &mut Vec<Episode>) {
        let Some((profile, windows)) = judged(memory, given) else { return };
        let cover = memory.cover(&windows);
        if let Some(freezes) = profile.freezes_at {
            let frozen = cover.outside(freezes.milli() + 1, i32::MAX);
            if let Some(first) = frozen.iter().find(|held| held.milli != UNKNOWN) {
                let coldest =
                    frozen.iter().filter(|held| held.milli != UNKNOWN).map(|held| held.milli).min();
                let coldest = coldest
                    .and_then(|milli| MilliCelsius::from_milli(i64::from(milli)))
                    .unwrap_or(freezes);
                let sentence =
                    format!("{freezes} or colder at {}, down to {coldest}: frozen", first.from);
                let evidence = memory.evidence([first.from]);
                found.push(
                    Episode::new(Severity::P1, first.from, sentence).latched().evidence(evidence),
                );
            }
        }
        let Some(lower) = profile.lower else { return };
        let grace = profile.grace_low.unwrap_or_default();
        // Colder is further out: mirrored, a run knows its peak.
        let held: Vec<Held> =
            cover.outside(lower.milli(), i32::MAX).into_iter().map(mirrored).collect();
        for run in runs(&held).into_iter().filter(|run| run.known > grace) {
            let end = (!run.open).then_some(run.until);
            let coldest = MilliCelsius::from_milli(-i64::from(run.peak)).unwrap_or(lower);
            let sentence = match end {
                None => format!(
                    "colder than {lower} since {}, down to {coldest} (allowed: {})",
                    run.from,
                    grace.spoken()
                ),
                Some(end) => format!(
                    "colder than {lower} for {}, from {} to {end}, down to {coldest}",
                    run.known.spoken(),
                    run.from
                ),
            };
            let unknown = (run.until - run.from) - run.known;
            found.push(
                Episode::new(Severity::P2, run.from, sentence)
                    .about("cold")
                    .until(end)
                    .unknown_for(unknown)
                    .evidence(memory.evidence([run.from].into_iter().chain(end))),
            );
        }
    }

    fn due(&self, _: &Memory, _: &Given<'_>) -> Option<Moment> {
        None
    }
}

fn mirrored(held: Held) -> Held {
    let milli = if held.milli == UNKNOWN { UNKNOWN } else { -held.milli };
    Held { milli, ..held }
}
