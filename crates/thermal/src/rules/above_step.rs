#![doc = include_str!("above_step.md")]

use crate::cover::{Cover, Held, UNKNOWN, runs};
use crate::memory::{Memory, judged};
use alloc::{format, string::String, vec::Vec};
use facts::rulebook::Step;
use facts::{Episode, Given, MilliCelsius, Moment, Rule, Severity, Span};
use serde::Deserialize;

/// Warmer than a step of the product for longer than that step allows, in all.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AboveStep {
    contradicts: MilliCelsius,
}

impl Rule for AboveStep {
    type Memory = Memory;
    const NAME: &'static str = "thermal/above-step";
    const CODE: &'static str = "THM-05";
    const PAGE: &'static str = include_str!("above_step.md");
    const COMPROMISES: Option<Severity> = Some(Severity::P2);

    fn judge(&self, memory: &Memory, given: &Given<'_>, found: &mut Vec<Episode>) {
        let Some((profile, windows)) = judged(memory, given) else { return };
        let Some(lowest) = profile.steps.iter().map(|step| step.above.milli()).min() else {
            return;
        };
        let cover = memory.cover(&windows);
        let warm = cover.outside(i32::MIN, lowest);
        if warm.is_empty() {
            return;
        }
        let sure: Vec<Held> =
            warm.iter().copied().filter(|held| self.vouched_for(&cover, held)).collect();
        if let Some((step, from, spent, peak)) = worst(&profile.steps, &sure) {
            let lasted = match spent {
                Span::ZERO => String::new(),
                spent => format!(" for {} in all", spent.spoken()),
            };
            let (above, peak, allowed) =
                (step.above, celsius(peak, step), step.longer_than.spoken());
            let sentence = format!(
                "warmer than {above}{lasted}, since {from}, up to {peak} (allowed: {allowed})"
            );
            let evidence = memory.evidence([from]);
            found.push(Episode::new(step.severity, from, sentence).latched().evidence(evidence));
            return;
        }
        if let Some((step, from, _, peak)) = worst(&profile.steps, &warm) {
            let last = runs(&warm).into_iter().next_back();
            let end = last.filter(|run| !run.open).map(|run| run.until);
            let sentence = format!(
                "a probe says warmer than {}, up to {}, and it is unfit or another probe contradicts it",
                step.above,
                celsius(peak, step)
            );
            let evidence = memory.evidence([from].into_iter().chain(end));
            let episode = Episode::new(Severity::P2, from, sentence).unknown().until(end);
            found.push(episode.evidence(evidence));
        }
    }

    fn due(&self, _: &Memory, _: &Given<'_>) -> Option<Moment> {
        None
    }
}

impl AboveStep {
    /// Whether a warm stretch comes from a fit probe that no other probe contradicts.
    fn vouched_for(&self, cover: &Cover<'_>, warm: &Held) -> bool {
        if warm.milli == UNKNOWN {
            return false;
        }
        let contradicted = cover.stretches().any(|(probe, attachment, _)| {
            let near = probe
                .series
                .between(warm.from - attachment.log_every, warm.from + attachment.log_every);
            let far = |milli: i32| (milli - warm.milli).abs() > self.contradicts.milli();
            if !cover.setting.fit(&probe.device, warm.from) {
                return false;
            }
            // The probe itself and those that agree say nothing against it.
            !near.is_empty() && near.iter().all(|reading| far(reading.milli))
        });
        warm.fit && !contradicted
    }
}

/// The worst step that was exceeded, from when, for how long in all, and how warm it was.
fn worst<'s>(steps: &'s [Step], warm: &[Held]) -> Option<(&'s Step, Moment, Span, i32)> {
    let exceeded = steps.iter().filter_map(|step| {
        let above: Vec<Held> =
            warm.iter().copied().filter(|held| held.milli > step.above.milli()).collect();
        let first = above.first()?;
        let spent = runs(&above).into_iter().fold(Span::ZERO, |sum, run| sum + run.known);
        let over = step.longer_than == Span::ZERO || spent > step.longer_than;
        let peak = above.iter().map(|held| held.milli).max()?;
        over.then_some((step, first.from, spent, peak))
    });
    exceeded.min_by_key(|(step, ..)| (step.severity, core::cmp::Reverse(step.above.milli())))
}

fn celsius(milli: i32, step: &Step) -> MilliCelsius {
    MilliCelsius::from_milli(i64::from(milli)).unwrap_or(step.above)
}
