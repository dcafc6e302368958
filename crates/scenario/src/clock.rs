//! Times of a scenario: `08:00`, `08:15:30`, `d2 08:00`.

use facts::{Moment, Span};

/// Midnight of day 1: 2026-03-01T00:00:00Z.
pub(crate) const DAY_ONE: Moment = Moment::from_millis(1_772_323_200_000);

/// Reads a scenario's time.
pub(crate) fn read(text: &str) -> Result<Moment, String> {
    let wrong = || format!("`{text}` is not a time like `08:00`, `08:15:30` or `d2 08:00`");
    let (day, time) = match text.strip_prefix('d') {
        Some(rest) => rest.split_once(' ').ok_or_else(wrong)?,
        None => ("1", text),
    };
    let number = |s: &str| s.parse::<i64>().map_err(|_| wrong());
    let parts: Vec<i64> = time.split(':').map(number).collect::<Result<_, _>>()?;
    let seconds = match parts.as_slice() {
        [h, m] if *h < 25 && *m < 60 => h * 3600 + m * 60,
        [h, m, s] if *h < 25 && *m < 60 && *s < 60 => h * 3600 + m * 60 + s,
        _ => return Err(wrong()),
    };
    Ok(DAY_ONE + Span::days(number(day)? - 1) + Span::seconds(seconds))
}
