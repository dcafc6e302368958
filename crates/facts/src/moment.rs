//! Time, as the record tells it. There is no "now" in this crate.

use crate::text;
use alloc::{format, string::String};
use chrono::{DateTime, Datelike, SecondsFormat};
use core::{fmt, ops, str::FromStr};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time: milliseconds since 1970-01-01T00:00:00Z. Text: RFC 3339 in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Moment(i64);

/// A length of time in milliseconds. Text: a whole number and a unit, `15 min`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(i64);

impl Moment {
    /// Before everything that can be recorded (year 1).
    pub const EARLIEST: Moment = Moment(-62_135_596_800_000);
    /// After everything that can be recorded (the end of year 9999).
    pub const LATEST: Moment = Moment(253_402_300_799_999);

    /// From milliseconds since 1970, kept within years 1 to 9999.
    pub const fn from_millis(millis: i64) -> Self {
        if millis < Self::EARLIEST.0 {
            return Self::EARLIEST;
        }
        if millis > Self::LATEST.0 {
            return Self::LATEST;
        }
        Self(millis)
    }
    /// Milliseconds since 1970.
    pub const fn millis(self) -> i64 {
        self.0
    }
    /// The last multiple of `grid` that is not after this moment.
    pub const fn floor(self, grid: Span) -> Self {
        Self(self.0 - self.0.rem_euclid(grid.0))
    }
    /// The first multiple of `grid` that is not before this moment.
    pub const fn ceil(self, grid: Span) -> Self {
        Self(self.0 + (-self.0).rem_euclid(grid.0))
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Span = Span(0);
    /// Whole milliseconds.
    pub const fn millis(n: i64) -> Self {
        Self(n)
    }
    /// Whole seconds.
    pub const fn seconds(n: i64) -> Self {
        Self(n * 1000)
    }
    /// Whole minutes.
    pub const fn minutes(n: i64) -> Self {
        Self(n * 60_000)
    }
    /// Whole hours.
    pub const fn hours(n: i64) -> Self {
        Self(n * 3_600_000)
    }
    /// Whole days of 24 hours.
    pub const fn days(n: i64) -> Self {
        Self(n * 86_400_000)
    }
    /// Its milliseconds.
    pub const fn as_millis(self) -> i64 {
        self.0
    }
    /// Its whole minutes, cut off.
    pub const fn as_minutes(self) -> i64 {
        self.0 / 60_000
    }
    /// `part` per cent of it, cut off.
    pub const fn percent(self, part: i64) -> Self {
        Self(self.0 * part / 100)
    }
    /// The same, no finer than [`Span::spoken`] says it.
    pub const fn as_spoken(self) -> Self {
        const SECOND: i64 = 1000;
        const MINUTE: i64 = 60 * SECOND;
        const HOUR: i64 = 60 * MINUTE;
        let length = self.0.saturating_abs();
        let unit = if length < MINUTE {
            SECOND
        } else if length < 24 * HOUR {
            MINUTE
        } else {
            HOUR
        };
        Self(self.0 - self.0 % unit)
    }
    /// For sentences: `2 h 15 min`, `45 min`, `30 s`; no more than two units, cut off.
    pub fn spoken(self) -> String {
        let (sign, ms) = if self.0 < 0 { ("-", -self.0) } else { ("", self.0) };
        let (d, h, m, s) = (ms / 86_400_000, ms / 3_600_000 % 24, ms / 60_000 % 60, ms / 1000 % 60);
        match (d, h, m, s) {
            (0, 0, 0, s) => format!("{sign}{s} s"),
            (0, 0, m, _) => format!("{sign}{m} min"),
            (0, h, 0, _) => format!("{sign}{h} h"),
            (0, h, m, _) => format!("{sign}{h} h {m} min"),
            (d, 0, _, _) => format!("{sign}{d} d"),
            (d, h, _, _) => format!("{sign}{d} d {h} h"),
        }
    }
}

impl ops::Add<Span> for Moment {
    type Output = Moment;
    fn add(self, span: Span) -> Moment {
        Moment::from_millis(self.0.saturating_add(span.0))
    }
}
impl ops::Sub<Span> for Moment {
    type Output = Moment;
    fn sub(self, span: Span) -> Moment {
        Moment::from_millis(self.0.saturating_sub(span.0))
    }
}
impl ops::Sub for Moment {
    type Output = Span;
    fn sub(self, other: Moment) -> Span {
        Span(self.0 - other.0)
    }
}
impl ops::Add for Span {
    type Output = Span;
    fn add(self, other: Span) -> Span {
        Span(self.0.saturating_add(other.0))
    }
}
impl ops::AddAssign for Span {
    fn add_assign(&mut self, other: Span) {
        *self = *self + other;
    }
}
impl ops::Sub for Span {
    type Output = Span;
    fn sub(self, other: Span) -> Span {
        Span(self.0.saturating_sub(other.0))
    }
}
impl ops::Mul<i64> for Span {
    type Output = Span;
    fn mul(self, n: i64) -> Span {
        Span(self.0.saturating_mul(n))
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(time) = DateTime::from_timestamp_millis(self.0) else { return Err(fmt::Error) };
        let parts = if self.0 % 1000 == 0 { SecondsFormat::Secs } else { SecondsFormat::Millis };
        f.write_str(&time.to_rfc3339_opts(parts, true))
    }
}

impl FromStr for Moment {
    type Err = String;
    /// RFC 3339 with an offset. Finer than a millisecond is cut off; second 60 becomes 59.999.
    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(moment) = plain(text.as_bytes()) {
            return Ok(moment);
        }
        let wrong = || {
            format!("`{text}` is not an RFC 3339 time with an offset, like `2026-03-01T08:00:00Z`")
        };
        let time = DateTime::parse_from_rfc3339(text).map_err(|_| wrong())?;
        let millis = time.timestamp_millis();
        // chrono holds a leap second as 59 s and more than 1,000 ms.
        let leap = time.timestamp_subsec_millis() >= 1000;
        if leap && time.timestamp().rem_euclid(86_400) != 86_399 {
            return Err(wrong()); // leap seconds are added at the end of a day, by UTC
        }
        let millis = if leap { time.timestamp() * 1000 + 999 } else { millis };
        (1..=9999).contains(&time.year()).then_some(Self::from_millis(millis)).ok_or_else(wrong)
    }
}

/// `2026-03-01T08:00:00Z` with or without three decimals, the form that nearly every record has.
fn plain(b: &[u8]) -> Option<Moment> {
    let digit = |i: usize| b[i].is_ascii_digit().then(|| i64::from(b[i] - b'0'));
    let two = |i: usize| Some(digit(i)? * 10 + digit(i + 1)?);
    let millis = match b.len() {
        20 => 0,
        24 if b[19] == b'.' => digit(20)? * 100 + digit(21)? * 10 + digit(22)?,
        _ => return None,
    };
    let marks = b[4] == b'-' && b[7] == b'-' && b[10] == b'T' && b[13] == b':' && b[16] == b':';
    if !marks || b[b.len() - 1] != b'Z' {
        return None;
    }
    let (y, m, d) = (two(0)? * 100 + two(2)?, two(5)?, two(8)?);
    let (h, min, s) = (two(11)?, two(14)?, two(17)?);
    let leap = y % 4 == 0 && (y % 100 != 0 || y % 400 == 0);
    let days = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let month = usize::try_from(m - 1).ok().and_then(|m| days.get(m))?;
    if y < 1 || d < 1 || d > *month || h > 23 || min > 59 || s > 59 {
        return None; // the slow way says why, and knows leap seconds
    }
    let (y, m) = if m <= 2 { (y - 1, m + 9) } else { (y, m - 3) };
    let of_era = y % 400;
    let day =
        y / 400 * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * m + 2) / 5 + d - 1;
    Some(Moment(((day - 719_468) * 86_400 + h * 3600 + min * 60 + s) * 1000 + millis))
}

const UNITS: [(&str, i64); 5] =
    [("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1000), ("ms", 1)];

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = |(_, size): &&(&str, i64)| self.0 % size == 0;
        let unit = UNITS.iter().find(|u| u.0 != "d" && whole(u)).unwrap_or(&UNITS[4]);
        let unit = if self.0 == 0 { &UNITS[2] } else { unit };
        let unit = if self.0 != 0 && self.0 % (3 * UNITS[0].1) == 0 { &UNITS[0] } else { unit };
        write!(f, "{} {}", self.0 / unit.1, unit.0)
    }
}

impl FromStr for Span {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a span like `15 min` (units: ms, s, min, h, d)");
        let (number, unit) = text.trim().split_once(' ').ok_or_else(wrong)?;
        let is_it = |known: &&(&str, i64)| unit.trim_start().eq_ignore_ascii_case(known.0);
        let (_, size) = UNITS.iter().find(is_it).ok_or_else(wrong)?;
        let plain = number.strip_prefix('-').unwrap_or(number);
        if plain.is_empty() || !plain.bytes().all(|b| b.is_ascii_digit()) || plain.len() > 15 {
            return Err(wrong());
        }
        let number: i64 = number.parse().map_err(|_| wrong())?;
        number.checked_mul(*size).map(Self).ok_or_else(wrong)
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { text::write(self, s) } else { s.serialize_i64(self.0) }
    }
}
impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        if d.is_human_readable() {
            text::read(text::TIME, d)
        } else {
            i64::deserialize(d).map(Self::from_millis)
        }
    }
}
impl Serialize for Span {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { text::write(self, s) } else { s.serialize_i64(self.0) }
    }
}
impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        if d.is_human_readable() {
            text::read(text::QUANTITY, d)
        } else {
            i64::deserialize(d).map(Self)
        }
    }
}

#[cfg(test)]
impl schemars::JsonSchema for Moment {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Moment".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "format": "date-time",
            "description": "RFC 3339 with an offset; finer than a millisecond is cut off" })
    }
}
#[cfg(test)]
impl schemars::JsonSchema for Span {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Span".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^-?[0-9]{1,15} (ms|s|min|h|d)$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::string::ToString;

    #[test]
    fn moments_read_and_print() {
        for (text, printed) in [
            ("2026-03-01T08:00:00Z", "2026-03-01T08:00:00Z"),
            ("2026-03-01T09:00:00+01:00", "2026-03-01T08:00:00Z"),
            ("2026-03-01T08:00:00.25Z", "2026-03-01T08:00:00.250Z"),
            ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59.999Z"),
            ("2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"),
        ] {
            assert_eq!(text.parse::<Moment>().unwrap().to_string(), printed);
        }
        for bad in [
            "2026-03-01T08:00:00",
            "2026-02-29T00:00:00Z",
            "2026-03-01",
            "yesterday",
            "2026-13-01T00:00:00Z",
        ] {
            assert!(bad.parse::<Moment>().unwrap_err().contains(bad));
        }
    }

    #[test]
    fn spans_read_and_print() {
        for text in ["15 min", "30 s", "4 h", "30 d", "250 ms", "-5 min", "0 min", "36 h"] {
            assert_eq!(text.parse::<Span>().unwrap().to_string(), text);
        }
        for bad in ["15", "15min", "1.5 h", "15 minutes", "", "999999999999999 d"] {
            assert!(bad.parse::<Span>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn the_fast_way_reads_what_chrono_reads(ms in -62_135_596_800_000i64..253_402_300_799_999) {
            let moment = Moment::from_millis(ms);
            let text = moment.to_string();
            prop_assert_eq!(text.parse::<Moment>().unwrap(), moment);
            prop_assert_eq!(DateTime::parse_from_rfc3339(&text).unwrap().timestamp_millis(), ms);
        }
        #[test]
        fn a_span_reads_back(ms in any::<i32>()) {
            let span = Span::millis(i64::from(ms));
            prop_assert_eq!(span.to_string().parse::<Span>().unwrap(), span);
        }
    }
}
