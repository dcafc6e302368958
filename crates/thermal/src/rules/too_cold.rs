#![doc = include_str!("too_cold.md")]

use super::{CORRECTED, PLACES, READINGS};
use crate::coverage::{Coverage, HeldReading};
use crate::excursion::{
    Exceeded, Excursion, ExcursionLimit, afterwards, doubt, exceeded, excursions,
};
use crate::memory::{ThermalMemory, judged, windows_of};
use crate::settling::Settling;
use alloc::vec::Vec;
use facts::timeline::{ENDS, WHO_HAS_THEM};
use facts::{
    Effects, Episode, Family, Figures, Hears, MilliCelsius, Moment, Profile, Rule, RuleContext,
    RuleInfo, Severity, Shows, Span, say,
};
use serde::Deserialize;

facts::messages! {
    "thermal/too-cold":
    FROZEN "frozen" = "{limit} or colder at {at}, down to {coldest}: frozen";
    FROZEN_DOUBTED "frozen-doubted" = "a probe says {limit} or colder, down to {coldest}, {doubt}";
    GOES_ON "goes-on" = "colder than {limit} since {since}, down to {coldest} (allowed: {allowed})";
    OVER "over" = "colder than {limit} for {lasted}, from {from} to {until}, down to {coldest}";
    DOUBTED "doubted" = "a probe says colder than {limit}, down to {coldest}, {doubt}";
}

/// Colder than the lower limit for longer than the grace, or frozen.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TooCold {}

impl Rule for TooCold {
    type Memory = ThermalMemory;
    const INFO: RuleInfo = RuleInfo {
        name: "thermal/too-cold",
        code: "THM-02",
        family: Family::Thermal,
        effects: Effects {
            compromises: Some(Severity::P2),
            shows: Shows::Excursion,
            ..Effects::NONE
        },
        hears: Hears::Only(&[WHO_HAS_THEM, ENDS, CORRECTED, PLACES, READINGS]),
        messages: &[MESSAGES, crate::excursion::MESSAGES],
        page: include_str!("too_cold.md"),
    };

    fn judge(&self, memory: &ThermalMemory, context: &RuleContext<'_>, found: &mut Vec<Episode>) {
        let Some(profile) = memory.profile(context.reference) else { return };
        if let Some(freezes) = profile.freezes_at {
            frozen(memory, context, profile, freezes, found);
        }
        let Some((_, windows)) = judged(memory, context) else { return };
        let Some(lower) = profile.lower else { return };
        let back = lower.milli() + profile.hysteresis.map_or(0, |h| h.milli());
        let held = memory.coverage(context, &windows).outside(back, i32::MAX);
        let held: Vec<HeldReading> = held.into_iter().map(HeldReading::mirrored).collect();
        let in_all = profile.cumulative_low.as_ref().map(|most| (most.total, most.severity));
        let grace = profile.grace_low.unwrap_or_default();
        let (at, severity) = (-lower.milli(), Severity::P2);
        let limit = ExcursionLimit { at, grace, severity, in_all, tells_alone: true };
        let freezes = profile.freezes_at.map(|freezes| -freezes.milli());
        for one in exceeded(&held, &limit) {
            // What it says of ice stands in the other finding.
            let of_ice = freezes.is_some_and(|freezes| one.excursion.peak() >= freezes);
            if !(one.doubtful && of_ice) {
                found.push(told(memory, lower, grace, &one));
            }
        }
    }

    fn next_deadline(&self, memory: &ThermalMemory, context: &RuleContext<'_>) -> Option<Moment> {
        memory.profile(context.reference)?.freezes_at?;
        memory.settles(context)
    }
}

/// Each time that the goods froze, from packing on: until they are within their limits again it is the same event.
fn frozen(
    memory: &ThermalMemory,
    context: &RuleContext<'_>,
    profile: &Profile,
    freezes: MilliCelsius,
    found: &mut Vec<Episode>,
) {
    let (watched, settled) = windows_of(memory, context, profile);
    let beyond = (freezes.milli(), i32::MAX);
    let known_until = context.now - context.reference.settle;
    let settling = Some(Settling { settled: &settled, beyond, known_until });
    let cover = Coverage { settling, ..memory.coverage(context, &watched) };
    let back =
        profile.lower.unwrap_or(freezes).milli() + profile.hysteresis.map_or(0, |h| h.milli());
    let held = cover.outside(back.max(freezes.milli() + 1), i32::MAX);
    let held: Vec<HeldReading> = held.into_iter().map(HeldReading::mirrored).collect();
    // At the limit it freezes: mirrored, all that is warmer than a thousandth less.
    let at = -freezes.milli() - 1;
    let sure = excursions(held.iter().copied().filter(|held| held.trust.counts()), at);
    let decided = &memory.setup().decided;
    let sure: Vec<Excursion> = sure.into_iter().flat_map(|one| one.cut(decided, at)).collect();
    let coldest = |one: &Excursion| MilliCelsius::from_milli(-i64::from(one.peak()));
    for one in &sure {
        let (from, coldest) = (one.from, coldest(one).unwrap_or(freezes));
        let message = say!(FROZEN, freezes, from, coldest);
        let figures = Figures { peak: coldest, limit: freezes, lasted: one.lasted(at) };
        let evidence = memory.evidence([from]);
        if one.is_late(at) {
            let episode = Episode::new(Severity::P1, from, afterwards(message)).until(one.end());
            found.push(episode.evidence(evidence).afterwards(true));
            continue;
        }
        let episode = Episode::new(Severity::P1, from, message).latched().back(one.end());
        found.push(episode.figures(figures).evidence(evidence));
    }
    for one in excursions(held, at) {
        let doubted = one.beyond(at).any(|held| !held.trust.counts());
        if !doubted || sure.iter().any(|sure| sure.meets(&one)) {
            continue;
        }
        let (from, end) = (one.from, one.end());
        let (coldest, doubt) = (coldest(&one).unwrap_or(freezes), doubt(&one, at));
        let message = say!(FROZEN_DOUBTED, freezes, coldest, doubt);
        let episode = Episode::new(Severity::P2, from, message).unknown().until(end);
        let evidence = memory.evidence([from].into_iter().chain(end));
        found.push(episode.unknown_for(one.until - from).evidence(evidence));
    }
}

fn told(memory: &ThermalMemory, lower: MilliCelsius, grace: Span, one: &Exceeded) -> Episode {
    let (run, at) = (&one.excursion, -lower.milli());
    let coldest = MilliCelsius::from_milli(-i64::from(run.peak())).unwrap_or(lower);
    let message = match run.end() {
        _ if one.doubtful => say!(DOUBTED, lower, coldest, doubt(run, at)),
        None => say!(GOES_ON, lower, run.from, coldest, grace),
        Some(end) => say!(OVER, lower, run.lasted(at), run.from, end, coldest),
    };
    let late = run.is_late(at);
    let message = if late { afterwards(message) } else { message };
    let evidence = memory.evidence([run.from].into_iter().chain(run.end()));
    let episode = Episode::new(one.severity, run.from, message).about("cold").until(run.end());
    let episode = episode.evidence(evidence).afterwards(late);
    let figures = Figures { peak: coldest, limit: lower, lasted: run.lasted(at) };
    match one.doubtful {
        true => episode.unknown().unknown_for(run.until - run.from),
        false if late => episode,
        false => episode.unknown_for(run.unknown()).figures(figures),
    }
}
