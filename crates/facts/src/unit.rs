//! Physical quantities as integers of a stated unit.

use crate::text;
use alloc::{format, string::String};
use core::{fmt, ops, str::FromStr};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Thousandths of a degree Celsius; text `5.3 °C`. From -273.15 °C to 1,000 °C.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct MilliCelsius(pub i32);

impl MilliCelsius {
    const COLDEST: i64 = -273_150;
    const WARMEST: i64 = 1_000_000;

    /// From thousandths of a degree Celsius, where a thermometer can have said so.
    pub fn from_milli(milli: i64) -> Option<Self> {
        let possible = (Self::COLDEST..=Self::WARMEST).contains(&milli);
        possible.then(|| i32::try_from(milli).ok().map(Self)).flatten()
    }
    /// Its thousandths of a degree Celsius.
    pub const fn milli(self) -> i32 {
        self.0
    }
    /// Reads `5.3`, a plain decimal in degrees Celsius with at most three places.
    pub fn from_decimal(text: &str) -> Option<Self> {
        text::thousandths(text, 3).and_then(Self::from_milli)
    }
}

impl ops::Sub for MilliCelsius {
    type Output = i32;
    fn sub(self, other: Self) -> i32 {
        self.0 - other.0
    }
}

impl fmt::Display for MilliCelsius {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, n) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        let (whole, m) = (n / 1000, n % 1000);
        match (m % 100, m % 10) {
            (0, _) => write!(f, "{sign}{whole}.{} °C", m / 100),
            (_, 0) => write!(f, "{sign}{whole}.{:02} °C", m / 10),
            _ => write!(f, "{sign}{whole}.{m:03} °C"),
        }
    }
}

impl FromStr for MilliCelsius {
    type Err = String;
    /// `5.3 °C`, and exactly converted `278.45 K` and `41.54 °F`.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a temperature like `5.3 °C` (also K, °F)");
        let (number, unit) = text.trim().split_once(' ').ok_or_else(wrong)?;
        let milli = text::thousandths(number, 3).ok_or_else(wrong)?;
        let is = |known: &str| unit.trim_start().eq_ignore_ascii_case(known);
        let celsius = if is("°C") {
            milli
        } else if is("K") {
            milli - 273_150
        } else if is("°F") {
            // To the nearest thousandth, halves away from zero.
            let nine = (milli - 32_000) * 5;
            (nine * 2 + 9 * nine.signum()) / 18
        } else {
            return Err(wrong());
        };
        Self::from_milli(celsius).ok_or_else(wrong)
    }
}

impl Serialize for MilliCelsius {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        if s.is_human_readable() { text::write(self, s) } else { s.serialize_i32(self.0) }
    }
}
impl<'de> Deserialize<'de> for MilliCelsius {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        if d.is_human_readable() {
            text::read(text::QUANTITY, d)
        } else {
            i32::deserialize(d).map(Self)
        }
    }
}
#[cfg(test)]
impl schemars::JsonSchema for MilliCelsius {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Temperature".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": r"^[-+]?[0-9]{1,9}(\.[0-9]{1,3})? (°[CcFf]|[Kk])$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::string::ToString;

    #[test]
    fn temperatures_read_and_print() {
        for (text, printed) in [
            ("5.3 °C", "5.3 °C"),
            ("-0.05 °C", "-0.05 °C"),
            ("-150 °C", "-150.0 °C"),
            ("278.45 K", "5.3 °C"),
            ("41.54 °F", "5.3 °C"),
            ("32.001 °F", "0.001 °C"),
            ("-40 °F", "-40.0 °C"),
            ("5.3 °c", "5.3 °C"),
            (" 278.45  k ", "5.3 °C"),
        ] {
            assert_eq!(text.parse::<MilliCelsius>().unwrap().to_string(), printed);
        }
        for bad in ["5.3", "5,3 °C", "5.3°C", "-300 °C", "5.3 °R", "5.3333 °C", "NaN °C", "1e3 °C"]
        {
            assert!(bad.parse::<MilliCelsius>().unwrap_err().contains(bad));
        }
    }
}
