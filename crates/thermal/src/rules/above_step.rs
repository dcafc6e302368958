#![doc = include_str!("above_step.md")]

use super::{CORRECTED, PLACES, READINGS};
use crate::coverage::{Coverage, HeldReading};
use crate::excursion::{Excursion, Minutes, afterwards, doubt, excursions};
use crate::memory::{ThermalMemory, windows_of};
use crate::settling::Settling;
use crate::trust::ReadingTrust;
use alloc::vec::Vec;
use facts::rulebook::ProfileStep;
use facts::timeline::{ENDS, WHO_HAS_THEM};
use facts::{
    Effects, Episode, Family, Figures, Hears, MilliCelsius, Moment, Rule, RuleContext, RuleInfo,
    Severity, Shows, Span, say,
};
use serde::Deserialize;

facts::messages! {
    "thermal/above-step":
    ABOVE "above" = "warmer than {limit}, since {since}, up to {peak} (allowed: {allowed})";
    ABOVE_FOR "above-for" =
        "warmer than {limit} for {spent} in all, since {since}, up to {peak} (allowed: {allowed})";
    DOUBTED "doubted" = "a probe says warmer than {limit}, up to {peak}, {doubt}";
}

/// Warmer than a step of the product for longer than that step allows, in all.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AboveStep {}

impl Rule for AboveStep {
    type Memory = ThermalMemory;
    const INFO: RuleInfo = RuleInfo {
        name: "thermal/above-step",
        code: "THM-05",
        family: Family::Thermal,
        effects: Effects {
            compromises: Some(Severity::P2),
            shows: Shows::Excursion,
            ..Effects::NONE
        },
        hears: Hears::Only(&[WHO_HAS_THEM, ENDS, CORRECTED, PLACES, READINGS]),
        messages: &[MESSAGES, crate::excursion::MESSAGES],
        page: include_str!("above_step.md"),
    };

    fn judge(&self, memory: &ThermalMemory, context: &RuleContext<'_>, found: &mut Vec<Episode>) {
        let Some(profile) = memory.profile(context.reference) else { return };
        let Some(lowest) = profile.steps.iter().map(|step| step.above.milli()).min() else {
            return;
        };
        let (watched, settled) = windows_of(memory, context, profile);
        let never = profile.steps.iter().filter(|step| step.longer_than == Span::ZERO);
        let never = never.map(|step| step.above.milli()).min().unwrap_or(i32::MAX);
        let (beyond, known_until) = ((i32::MIN, never), context.now - context.reference.settle);
        let settling = Some(Settling { settled: &settled, beyond, known_until });
        let cover = Coverage { settling, ..memory.coverage(context, &watched) };
        let back = lowest - profile.hysteresis.map_or(0, |h| h.milli());
        let warm = cover.outside(i32::MIN, back);
        let decided = &memory.setup().decided;
        let counts = |held: &HeldReading| held.trust.counts();
        let sure = excursions(warm.iter().copied().filter(counts), lowest);
        let sure: Vec<Excursion> =
            sure.into_iter().flat_map(|one| one.cut(decided, lowest)).collect();
        let mut told: Vec<&Excursion> = Vec::new();
        let mut spent = Spent::of(&profile.steps);
        for one in &sure {
            if let Some(worst) = spent.with(one, proves) {
                found.push(latched(memory, one, &worst));
                told.push(one);
            }
        }
        let mut spent = Spent::of(&profile.steps);
        for one in excursions(warm, lowest) {
            let worst = spent.with(&one, |_, _| true);
            let code = one.beyond(lowest).any(|held| held.trust == ReadingTrust::FaultCode);
            let worst = worst.or_else(|| spent.lowest(&one).filter(|_| code));
            let doubted = one.beyond(lowest).any(|held| held.trust != ReadingTrust::Sure);
            if let Some(worst) = worst.filter(|_| doubted && !told.iter().any(|t| t.meets(&one))) {
                found.push(unknown(memory, &one, &worst));
            }
        }
        found.sort_by_key(|episode| episode.since);
    }

    fn next_deadline(&self, memory: &ThermalMemory, context: &RuleContext<'_>) -> Option<Moment> {
        let stepped = |profile: &&facts::Profile| !profile.steps.is_empty();
        memory.profile(context.reference).filter(stepped)?;
        memory.settles(context)
    }
}

/// Whether a stretch counts for a step. Two probes that differ make it unknown for how long it was a little too warm; at a
/// step that goods may never be above, a second reading in a row is enough.
fn proves(step: &ProfileStep, held: &HeldReading) -> bool {
    match step.longer_than {
        Span::ZERO => true,
        _ => held.trust == ReadingTrust::Sure,
    }
}

/// How much of what each step allows was used so far.
struct Spent<'s>(Vec<(&'s ProfileStep, Minutes, Option<Moment>)>);

/// The worst step that was exceeded.
struct Worst<'s> {
    step: &'s ProfileStep,
    /// The first reading of this excursion above it.
    from: Moment,
    /// Since when minutes above it add up.
    since: Moment,
    spent: Span,
}

impl<'s> Spent<'s> {
    fn of(steps: &'s [ProfileStep]) -> Self {
        Self(steps.iter().map(|step| (step, Minutes::default(), None)).collect())
    }

    /// With another excursion, and the worst step that it exceeds. Minutes add up over all of them; a step that goods may
    /// never be above is exceeded anew by each.
    fn with(
        &mut self,
        one: &Excursion,
        counts: impl Fn(&ProfileStep, &HeldReading) -> bool,
    ) -> Option<Worst<'s>> {
        let mut exceeded = Vec::new();
        for (step, minutes, began) in &mut self.0 {
            let (since, late) = (*began, one.is_late(step.above.milli()));
            let never = step.longer_than == Span::ZERO;
            let mine = |held: &&HeldReading| (held.settled || never) && counts(step, held);
            let above = || one.beyond(step.above.milli()).filter(mine);
            let Some(first) = above().next() else { continue };
            let so_far = minutes.and(above());
            let since = since.unwrap_or(first.from);
            // What is not of the goods adds nothing to what is.
            if !late {
                (*minutes, *began) = (so_far, Some(since));
            }
            let from = first.from;
            let (spent, since) = match never {
                true => (Minutes::default().and(above()).sum, from),
                false => (so_far.sum, since),
            };
            if never || spent > step.longer_than {
                exceeded.push(Worst { step, from, since, spent });
            }
        }
        exceeded
            .into_iter()
            .min_by_key(|worst| (worst.step.severity, core::cmp::Reverse(worst.step.above.milli())))
    }

    /// The lowest step that an excursion is above, whether or not it exceeds it.
    fn lowest(&self, one: &Excursion) -> Option<Worst<'s>> {
        let step = self.0.iter().map(|(step, ..)| *step).min_by_key(|step| step.above.milli())?;
        let first = one.beyond(step.above.milli()).next()?.from;
        Some(Worst { step, from: first, since: first, spent: Span::ZERO })
    }
}

fn latched(memory: &ThermalMemory, one: &Excursion, worst: &Worst<'_>) -> Episode {
    let (step, from, since) = (worst.step, worst.from, worst.since);
    let (above, peak, allowed) = (step.above, peak(one, step), step.longer_than);
    let message = match worst.spent {
        Span::ZERO => say!(ABOVE, above, since, peak, allowed),
        spent => say!(ABOVE_FOR, above, spent, since, peak, allowed),
    };
    if one.is_late(step.above.milli()) {
        let episode = Episode::new(step.severity, from, afterwards(message)).until(one.end());
        return episode.evidence(memory.evidence([from])).afterwards(true);
    }
    let episode = Episode::new(step.severity, from, message).latched().back(one.end());
    let figures = Figures { peak, limit: above, lasted: worst.spent };
    episode.figures(figures).evidence(memory.evidence([from]))
}

fn unknown(memory: &ThermalMemory, one: &Excursion, worst: &Worst<'_>) -> Episode {
    let (step, from, end) = (worst.step, worst.from, one.end());
    let doubt = doubt(one, step.above.milli());
    let message = say!(DOUBTED, step.above, peak(one, step), doubt);
    let episode = Episode::new(Severity::P2, from, message).unknown().until(end);
    let evidence = memory.evidence([from].into_iter().chain(end));
    episode.unknown_for(one.until - from).evidence(evidence)
}

fn peak(one: &Excursion, step: &ProfileStep) -> MilliCelsius {
    MilliCelsius::from_milli(i64::from(one.peak())).unwrap_or(step.above)
}
