#![doc = include_str!("mkt_over.md")]

use crate::memory::{Memory, judged};
use crate::mkt::{temperature, weight};
use crate::series::Reading;
use alloc::{format, vec::Vec};
use facts::{Episode, Given, MilliCelsius, Moment, Rule, Severity, Span};
use serde::Deserialize;

/// Mean kinetic temperature over a fixed trailing window is above its limit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MktOver {
    known: i64,
}

impl Rule for MktOver {
    type Memory = Memory;
    const NAME: &'static str = "thermal/mkt-over";
    const CODE: &'static str = "THM-06";
    const PAGE: &'static str = include_str!("mkt_over.md");
    const COMPROMISES: Option<Severity> = Some(Severity::P2);

    fn judge(&self, memory: &Memory, given: &Given<'_>, found: &mut Vec<Episode>) {
        let Some((profile, windows)) = judged(memory, given) else { return };
        let Some(mkt) =
            profile.mkt.as_ref().filter(|_| !profile.living && profile.steps.is_empty())
        else {
            return;
        };
        let (limit, floor) = (mkt.limit.milli(), profile.lower.unwrap_or(mkt.limit).milli());
        let mut first: Option<(Moment, i32)> = None;
        let cover = memory.cover(&windows);
        for (probe, attachment, window) in cover.stretches() {
            let readings = probe.series.between(window.from, window.end());
            if !readings.iter().any(|reading| reading.milli > limit) {
                continue;
            }
            let sums = Sums::of(readings, attachment.log_every * 2);
            for (n, reading) in readings.iter().enumerate() {
                if !self.cover_fit(memory, probe, reading.at) {
                    continue;
                }
                if let Some(over) = self.over(&sums, readings, n, mkt.window, limit, floor)
                    && first.is_none_or(|(at, _)| reading.at < at)
                {
                    first = Some((reading.at, over));
                    break;
                }
            }
        }
        let Some((at, over)) = first else { return };
        let over = MilliCelsius::from_milli(i64::from(over)).unwrap_or(mkt.limit);
        let sentence = format!(
            "mean kinetic temperature {over} over {} until {at} (limit: {})",
            mkt.window.spoken(),
            mkt.limit
        );
        let evidence = memory.evidence([at]);
        found.push(Episode::new(Severity::P2, at, sentence).latched().evidence(evidence));
    }

    fn due(&self, _: &Memory, _: &Given<'_>) -> Option<Moment> {
        None
    }
}

/// Sums of weight and of known time up to each reading.
struct Sums(Vec<(u128, u128)>);

impl Sums {
    fn of(readings: &[Reading], hole: Span) -> Self {
        let (mut sums, mut sum, mut known) = (Vec::with_capacity(readings.len()), 0u128, 0u128);
        let mut before: Option<(Moment, u128)> = None;
        for reading in readings {
            let weight = weight(reading.milli);
            if let Some((at, w)) = before
                && reading.at - at <= hole
            {
                let span = u128::try_from((reading.at - at).as_millis()).unwrap_or_default();
                sum += (w + weight) * span / 2;
                known += span;
            }
            sums.push((sum, known));
            before = Some((reading.at, weight));
        }
        Self(sums)
    }
    fn at(&self, n: usize) -> (u128, u128) {
        self.0.get(n).copied().unwrap_or_default()
    }
}

impl MktOver {
    fn cover_fit(&self, memory: &Memory, probe: &crate::probe::Probe, at: Moment) -> bool {
        memory.setting().fit(&probe.device, at)
    }

    /// The mean kinetic temperature of the window that ends with a reading, if that is over the limit for certain.
    fn over(
        &self,
        sums: &Sums,
        readings: &[Reading],
        n: usize,
        window: Span,
        limit: i32,
        floor: i32,
    ) -> Option<i32> {
        let end = readings.get(n)?.at;
        let start = end - window;
        let first = readings.partition_point(|r| r.at < start);
        let ((to, known_to), (from, known_from)) = (sums.at(n), sums.at(first));
        let (sum, known) = (to - from, known_to - known_from);
        let all = u128::try_from(window.as_millis()).ok()?;
        // The first interval of the window may begin before it: only whole intervals are known.
        let unknown = all.saturating_sub(known);
        let enough = known * 100 >= all * u128::try_from(self.known).ok()?;
        let mean = match (enough, known) {
            (_, 0) => return None,
            (true, known) => sum / known,
            (false, _) => (sum + unknown * weight(floor)) / all,
        };
        (mean > weight(limit)).then(|| temperature(mean))
    }
}
