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

/// How fast decay is at a temperature, in units of 2⁻⁴⁰ of that at 0 °C.
pub fn weight(milli_celsius: i32) -> u128 {
    let kelvin = (ZERO + i128::from(milli_celsius)).max(100_000);
    let exponent = (ONE * ENERGY) / ZERO - (ONE * ENERGY) / kelvin;
    let twos = exponent.div_euclid(LN2);
    let rest = exponent.rem_euclid(LN2);
    let (mut term, mut sum) = (ONE, ONE);
    for n in 1..20 {
        term = term * rest / ONE / n;
        sum += term;
    }
    let shift = twos - 20;
    let value = if shift >= 0 { sum << shift.min(60) } else { sum >> (-shift).min(100) };
    value.unsigned_abs()
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
