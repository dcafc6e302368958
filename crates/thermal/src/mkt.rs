//! Mean kinetic temperature in integers: the temperature at which the same decay would have come
//! about, with an activation energy of 83.14472 kJ/mol, so that energy over gas constant is 10,000 K.
//!
//! A weight is exp(10,000 K / 273.15 K - 10,000 K / T), in units of 2⁻⁴⁰.

use alloc::vec::Vec;
use facts::{Moment, Span};

const ZERO: i128 = 273_150;
/// 10,000 K in millikelvin.
const ENERGY: i128 = 10_000_000;
const ONE: i128 = 1 << 60;
const LN2: i128 = 799_144_290_325_165_978;

/// The table begins at -40 °C, has a row for each 50 mK and ends at 60 °C: all that such goods ever see.
const FROM: i32 = -40_000;
const STEP: i32 = 50;
const ROWS: usize = 2_001;
static TABLE: [u64; ROWS] = table();
/// The coldest and the warmest temperature of the table.
#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // it is 2,001
pub const TABLE_ENDS: (i32, i32) = (FROM, FROM + STEP * (ROWS as i32 - 1));

#[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // at the end it is 2⁵⁰
const fn table() -> [u64; ROWS] {
    let (mut rows, mut n) = ([0; ROWS], 0);
    while n < ROWS {
        rows[n] = exact(FROM + STEP * n as i32) as u64;
        n += 1;
    }
    rows
}

/// By the series of the exponential function, to 2⁻⁴⁰.
const fn exact(milli_celsius: i32) -> u128 {
    let kelvin = ZERO + milli_celsius as i128;
    let kelvin = if kelvin < 100_000 { 100_000 } else { kelvin };
    let exponent = (ONE * ENERGY) / ZERO - (ONE * ENERGY) / kelvin;
    let twos = exponent.div_euclid(LN2);
    let rest = exponent.rem_euclid(LN2);
    let (mut term, mut sum, mut n) = (ONE, ONE, 1);
    while n < 20 {
        term = term * rest / ONE / n;
        sum += term;
        n += 1;
    }
    let shift = twos - 20;
    let value = match shift {
        60.. => sum << 60,
        0.. => sum << shift,
        -100..0 => sum >> -shift,
        _ => sum >> 100,
    };
    value.unsigned_abs()
}

/// How fast decay is at a temperature, in units of 2⁻⁴⁰ of that at 0 °C. Between two rows of the table it
/// is a straight line, which is within 0.06 mK at the cold end and 0.04 mK from 0 °C on.
pub fn weight(milli_celsius: i32) -> u128 {
    let above = milli_celsius.saturating_sub(FROM);
    let (row, part) = (above.div_euclid(STEP), above.rem_euclid(STEP));
    let rows =
        usize::try_from(row).ok().and_then(|row| Some((*TABLE.get(row)?, *TABLE.get(row + 1)?)));
    let (Some((low, high)), Ok(part)) = (rows, u64::try_from(part)) else {
        return exact(milli_celsius);
    };
    u128::from(low + (high - low) * part / STEP.unsigned_abs() as u64)
}

/// The temperature that has this weight.
pub fn temperature(weight_of: u128) -> i32 {
    let (mut low, mut high) = (-150_000i32, 400_000i32);
    while low < high {
        let middle = (low + high).div_euclid(2);
        if weight(middle) < weight_of { low = middle + 1 } else { high = middle }
    }
    low
}

/// The temperature that has this weight, where the table has it: beyond it nothing was ever that is worth a number.
pub fn in_table(weight_of: u128) -> Option<i32> {
    let (coldest, warmest) = TABLE_ENDS;
    let inside = weight(coldest) <= weight_of && weight_of <= weight(warmest);
    inside.then(|| temperature(weight_of))
}

/// Of steps, each held for a time.
pub fn of_steps(steps: impl IntoIterator<Item = (i32, Span)>) -> Option<i32> {
    let (mut sum, mut time) = (0u128, 0u128);
    for (milli, span) in steps {
        let span = u128::try_from(span.as_millis()).ok()?;
        sum += weight(milli) * span;
        time += span;
    }
    (time > 0).then(|| temperature(sum / time))
}

/// Of readings, by the trapezoid of their weights; readings of one moment are averaged.
pub fn of_readings(readings: &[(Moment, i32)]) -> Option<i32> {
    let mut points: Vec<(Moment, u128, u128)> = Vec::new();
    for (at, milli) in readings {
        match points.last_mut() {
            Some((last, sum, n)) if last == at => (*sum, *n) = (*sum + weight(*milli), *n + 1),
            _ => points.push((*at, weight(*milli), 1)),
        }
    }
    let (mut sum, mut time) = (0u128, 0u128);
    for pair in points.windows(2) {
        let [(a, x, n), (b, y, m)] = pair else { continue };
        let span = u128::try_from((*b - *a).as_millis()).ok()?;
        sum += (x / n + y / m) * span;
        time += 2 * span;
    }
    (time > 0).then(|| temperature(sum / time))
}
