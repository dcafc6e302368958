#![doc = include_str!("mkt_over.md")]

use super::{CORRECTED, PLACES, READINGS};
use crate::memory::{ThermalMemory, judged};
use crate::mkt::{TABLE_ENDS, in_table, weight};
use crate::series::{Sample, worst};
use crate::trust::ReadingTrust;
use alloc::vec::Vec;
use facts::timeline::{ENDS, WHO_HAS_THEM};
use facts::{
    Effects, Episode, Family, Figures, Hears, MilliCelsius, Moment, Rule, RuleContext, RuleInfo,
    Severity, Shows, Span, say,
};
use serde::Deserialize;

facts::messages! {
    "thermal/mkt-over":
    OVER "over" = "mean kinetic temperature {mean} over {window} until {until} (limit: {limit})";
    DOUBTED "doubted" =
        "by a probe that is unfit or that another one contradicts: mean kinetic temperature {mean} over {window} until {until} (limit: {limit})";
    NO_MEAN "no-mean" =
        "no mean kinetic temperature of the {window} until {until}: what a probe says gives none from {coldest} to {warmest} (limit: {limit})";
}

/// Mean kinetic temperature over a fixed trailing window is above its limit.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MktOver {
    known: i64,
}

impl Rule for MktOver {
    type Memory = ThermalMemory;
    const INFO: RuleInfo = RuleInfo {
        name: "thermal/mkt-over",
        code: "THM-06",
        family: Family::Thermal,
        effects: Effects {
            compromises: Some(Severity::P2),
            shows: Shows::Excursion,
            ..Effects::NONE
        },
        hears: Hears::Only(&[WHO_HAS_THEM, ENDS, CORRECTED, PLACES, READINGS]),
        messages: &[MESSAGES],
        page: include_str!("mkt_over.md"),
    };

    fn judge(&self, memory: &ThermalMemory, context: &RuleContext<'_>, found: &mut Vec<Episode>) {
        let Some((profile, windows)) = judged(memory, context) else { return };
        let Some(mkt) =
            profile.mkt.as_ref().filter(|_| !profile.living && profile.steps.is_empty())
        else {
            return;
        };
        let back = mkt.limit.milli() - profile.hysteresis.map_or(0, |h| h.milli());
        let numbers = Numbers {
            window: mkt.window,
            limit: weight(mkt.limit.milli()),
            back: weight(back),
            floor: weight(profile.lower.unwrap_or(mkt.limit).milli()),
            known: self.known,
            decided: &memory.setup().decided,
        };
        let (mut sure, mut doubtful) = (Vec::new(), Vec::new());
        let cover = memory.coverage(context, &windows);
        for (probe, attachment, window) in cover.stretches() {
            let inside = probe.series.between(window.from, window.end());
            if !inside.iter().any(|reading| reading.milli > mkt.limit.milli()) {
                continue;
            }
            let hole = attachment.log_every * 2;
            let all: Vec<(&Sample, ReadingTrust)> =
                cover.readings(probe, attachment, &window).collect();
            let only = |is: fn(ReadingTrust) -> bool| {
                let relied_on = all.iter().filter(move |(_, trust)| is(*trust));
                let relied_on: Vec<Sample> = relied_on.map(|(reading, _)| **reading).collect();
                worst(&relied_on, false)
            };
            sure.extend(numbers.over(&only(ReadingTrust::counts), hole));
            if all.iter().any(|(_, trust)| !trust.counts()) {
                doubtful
                    .extend(numbers.over(&only(|trust| trust != ReadingTrust::FaultCode), hole));
            }
        }
        let (sure, doubtful) = (joined(sure), joined(doubtful));
        for over in &sure {
            found.push(self::over(memory, mkt, over, false));
        }
        for over in doubtful.iter().filter(|one| !sure.iter().any(|sure| sure.meets(one))) {
            found.push(self::over(memory, mkt, over, true));
        }
        found.sort_by_key(|episode| episode.since);
    }

    fn next_deadline(&self, _: &ThermalMemory, _: &RuleContext<'_>) -> Option<Moment> {
        None
    }
}

/// What a mean is held against, as weights.
struct Numbers<'a> {
    window: Span,
    limit: u128,
    /// At or below this it is back.
    back: u128,
    /// What is unknown was at least this.
    floor: u128,
    known: i64,
    /// After each of these moments what is over is another event.
    decided: &'a [Moment],
}

/// From the first window whose mean is over the limit until one is back.
#[derive(Debug, Clone, Copy)]
struct Over {
    from: Moment,
    until: Option<Moment>,
    /// The end of the last window that is over.
    last: Moment,
    /// The end of the window whose mean is the highest.
    worst: Moment,
    mean: u128,
}

impl Over {
    fn meets(&self, other: &Self) -> bool {
        let end = |one: &Self| one.until.unwrap_or(Moment::LATEST);
        self.from <= end(other) && other.from <= end(self)
    }
}

/// What the mean of a window says.
enum Mean {
    /// Too little of it is known to say.
    Open,
    /// It is, or at least it is, this.
    Over(u128),
    /// It is between the limit and where it counts as back.
    Near,
    /// It is back.
    Back,
}

impl Numbers<'_> {
    /// The stretches in which the mean of one probe is over.
    fn over(&self, readings: &[Sample], hole: Span) -> Vec<Over> {
        let sums = Sums::of(readings, hole);
        let (mut all, mut open): (Vec<Over>, Option<Over>) = (Vec::new(), None);
        let mut first = 0;
        for (n, reading) in readings.iter().enumerate() {
            let from = reading.at - self.window;
            while readings.get(first).is_some_and(|r| r.at < from) {
                first += 1;
            }
            if let Some(was) = open
                && let Some(cut) = self.decided.iter().find(|d| was.from <= **d && **d < reading.at)
            {
                all.push(Over { until: Some(*cut), ..was });
                open = None;
            }
            match (self.mean(&sums, first, n), open.as_mut()) {
                (Mean::Over(mean), Some(was)) => {
                    was.last = reading.at;
                    if mean > was.mean {
                        (was.mean, was.worst) = (mean, reading.at);
                    }
                }
                (Mean::Over(mean), None) => {
                    let at = reading.at;
                    open = Some(Over { from: at, until: None, last: at, worst: at, mean });
                }
                (Mean::Back, Some(was)) => {
                    all.push(Over { until: Some(reading.at), ..*was });
                    open = None;
                }
                _ => {}
            }
        }
        all.extend(open);
        all
    }

    /// Of the window that ends with a reading.
    fn mean(&self, sums: &Sums, first: usize, last: usize) -> Mean {
        let ((to, known_to), (from, known_from)) = (sums.at(last), sums.at(first));
        let (sum, known) = (to - from, known_to - known_from);
        let all = u128::try_from(self.window.as_millis()).unwrap_or_default();
        // The first interval of the window may begin before it: only whole intervals are known.
        let unknown = all.saturating_sub(known);
        let enough = known * 100 >= all * u128::try_from(self.known).unwrap_or_default();
        let mean = match (enough, known) {
            (_, 0) => return Mean::Open,
            (true, known) => sum / known,
            (false, _) => (sum + unknown * self.floor) / all,
        };
        match mean {
            over if over > self.limit => Mean::Over(over),
            _ if !enough => Mean::Open,
            back if back <= self.back => Mean::Back,
            _ => Mean::Near,
        }
    }
}

/// Sums of weight and of known time up to each reading.
struct Sums(Vec<(u128, u128)>);

impl Sums {
    fn of(readings: &[Sample], hole: Span) -> Self {
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

/// What several probes say, put together: it is back when each of them is.
fn joined(mut all: Vec<Over>) -> Vec<Over> {
    all.sort_by_key(|over| over.from);
    let mut joined: Vec<Over> = Vec::new();
    for over in all {
        match joined.last_mut() {
            Some(last) if last.meets(&over) => {
                last.until = last.until.zip(over.until).map(|(one, other)| one.max(other));
                last.last = last.last.max(over.last);
                if over.mean > last.mean {
                    (last.mean, last.worst) = (over.mean, over.worst);
                }
            }
            _ => joined.push(over),
        }
    }
    joined
}

fn over(
    memory: &ThermalMemory,
    mkt: &facts::rulebook::Mkt,
    over: &Over,
    doubtful: bool,
) -> Episode {
    let celsius = |milli: i32| MilliCelsius::from_milli(i64::from(milli)).unwrap_or(mkt.limit);
    let (window, worst, limit) = (mkt.window, over.worst, mkt.limit);
    let evidence = memory.evidence([over.from]);
    let Some(mean) = in_table(over.mean).map(celsius) else {
        let (coldest, warmest) = (celsius(TABLE_ENDS.0), celsius(TABLE_ENDS.1));
        let message = say!(NO_MEAN, window, worst, coldest, warmest, limit);
        let episode = Episode::new(Severity::P2, over.from, message).unknown().until(over.until);
        return episode.evidence(evidence);
    };
    let template = if doubtful { DOUBTED } else { OVER };
    let message = say!(template, mean, window, worst, limit);
    if doubtful {
        let episode = Episode::new(Severity::P2, over.from, message).unknown().until(over.until);
        return episode.evidence(evidence);
    }
    let figures = Figures { peak: mean, limit, lasted: over.last - over.from };
    let episode = Episode::new(Severity::P2, over.from, message).latched().back(over.until);
    episode.figures(figures).evidence(evidence)
}
