//! From moments and thousandths of a degree to pixels, and where the axes are marked.

use facts::{MilliCelsius, Moment, Span};

/// A straight line from values to pixels.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub(super) low: i64,
    pub(super) high: i64,
    pub(super) start: i64,
    pub(super) end: i64,
}

impl Scale {
    /// The pixel of a value, kept within the scale.
    pub(super) fn place(&self, value: i64) -> i64 {
        let value = value.clamp(self.low, self.high);
        let width = (self.high - self.low).max(1);
        let way = i128::from(value - self.low) * i128::from(self.end - self.start);
        self.start + i64::try_from(way / i128::from(width)).unwrap_or_default()
    }
}

const STEPS_OF_TIME: [Span; 17] = [
    Span::minutes(1),
    Span::minutes(2),
    Span::minutes(5),
    Span::minutes(10),
    Span::minutes(15),
    Span::minutes(30),
    Span::hours(1),
    Span::hours(2),
    Span::hours(3),
    Span::hours(6),
    Span::hours(12),
    Span::days(1),
    Span::days(2),
    Span::days(7),
    Span::days(14),
    Span::days(28),
    Span::days(112),
];

/// The smallest step of time that makes at most `most` parts.
pub(super) fn step_of_time(from: Moment, until: Moment, most: i64) -> Span {
    let fits = |step: &&Span| (until - from).as_millis() / step.as_millis() < most;
    STEPS_OF_TIME.iter().find(fits).copied().unwrap_or(Span::days(365))
}

/// Moments on the grid of `step` within the window.
pub(super) fn marks_of_time(from: Moment, until: Moment, step: Span) -> Vec<Moment> {
    let mut marks = Vec::new();
    let mut at = from.ceil(step);
    while at <= until {
        marks.push(at);
        at = at + step;
    }
    marks
}

const STEPS_OF_WARMTH: [i32; 10] =
    [100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000];

/// Thousandths of a degree on a round grid, so that both ends lie outside of what is shown.
pub(super) fn marks_of_warmth(low: i32, high: i32, most: i32) -> Vec<i32> {
    let step = STEPS_OF_WARMTH.iter().find(|step| (high - low) / **step < most);
    let step = step.copied().unwrap_or(200_000);
    let mut mark = low.div_euclid(step) * step;
    let mut marks = vec![mark];
    while mark < high {
        mark += step;
        marks.push(mark);
    }
    marks
}

/// `5 °C`, `-0.5 °C`.
pub(super) fn degrees(milli: i32) -> String {
    MilliCelsius(milli).to_string().replace(".0 ", " ")
}
