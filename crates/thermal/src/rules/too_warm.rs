#![doc = include_str!("too_warm.md")]

use super::{CORRECTED, PLACES, READINGS};
use crate::excursion::{Exceeded, ExcursionLimit, afterwards, doubt, exceeded};
use crate::memory::{ThermalMemory, judged};
use alloc::vec::Vec;
use facts::timeline::{ENDS, WHO_HAS_THEM};
use facts::{
    Effects, Episode, Family, Figures, Hears, MilliCelsius, Rule, RuleContext, RuleInfo, Severity,
    Shows, Span, say,
};
use serde::Deserialize;

facts::messages! {
    "thermal/too-warm":
    GOES_ON "goes-on" = "warmer than {limit} since {since}, up to {peak} (allowed: {allowed})";
    OVER "over" = "warmer than {limit} for {lasted}, from {from} to {until}, up to {peak}";
    DOUBTED "doubted" = "a probe says warmer than {limit}, up to {peak}, {doubt}";
}

/// Warmer than the upper limit for longer than the grace.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TooWarm {
    medicine_cumulative: Span,
}

impl Rule for TooWarm {
    type Memory = ThermalMemory;
    const INFO: RuleInfo = RuleInfo {
        name: "thermal/too-warm",
        code: "THM-01",
        family: Family::Thermal,
        effects: Effects {
            compromises: Some(Severity::P2),
            shows: Shows::Excursion,
            ..Effects::NONE
        },
        hears: Hears::Only(&[WHO_HAS_THEM, ENDS, CORRECTED, PLACES, READINGS]),
        messages: &[MESSAGES, crate::excursion::MESSAGES],
        page: include_str!("too_warm.md"),
    };

    fn judge(&self, memory: &ThermalMemory, context: &RuleContext<'_>, found: &mut Vec<Episode>) {
        let Some((profile, windows)) = judged(memory, context) else { return };
        let Some(upper) = profile.upper else { return };
        let back = upper.milli() - profile.hysteresis.map_or(0, |h| h.milli());
        let held = memory.coverage(context, &windows).outside(i32::MIN, back);
        let (severity, in_all) = match profile.mkt {
            Some(_) => (Severity::P3, Some((self.medicine_cumulative, Severity::P2))),
            None => {
                let in_all = profile.cumulative_high.as_ref();
                (Severity::P2, in_all.map(|most| (most.total, most.severity)))
            }
        };
        let grace = profile.grace_high.unwrap_or_default();
        let limit =
            ExcursionLimit { at: upper.milli(), grace, severity, in_all, tells_alone: false };
        for one in exceeded(&held, &limit) {
            found.push(told(memory, upper, grace, &one));
        }
    }

    fn next_deadline(&self, _: &ThermalMemory, _: &RuleContext<'_>) -> Option<facts::Moment> {
        None
    }
}

fn told(memory: &ThermalMemory, upper: MilliCelsius, grace: Span, one: &Exceeded) -> Episode {
    let run = &one.excursion;
    let peak = MilliCelsius::from_milli(i64::from(run.peak())).unwrap_or(upper);
    let message = match run.end() {
        _ if one.doubtful => say!(DOUBTED, upper, peak, doubt(run, upper.milli())),
        None => say!(GOES_ON, upper, run.from, peak, grace),
        Some(end) => say!(OVER, upper, run.lasted(upper.milli()), run.from, end, peak),
    };
    let late = run.is_late(upper.milli());
    let message = if late { afterwards(message) } else { message };
    let evidence = memory.evidence([run.from].into_iter().chain(run.end()));
    let episode = Episode::new(one.severity, run.from, message).until(run.end());
    let episode = episode.evidence(evidence).afterwards(late);
    let figures = Figures { peak, limit: upper, lasted: run.lasted(upper.milli()) };
    match one.doubtful {
        true => episode.unknown().unknown_for(run.until - run.from),
        false if late => episode,
        false => episode.unknown_for(run.unknown()).figures(figures),
    }
}
