//! One text for each leaf: people read the text, binary forms hold the integer.

use alloc::string::String;
use core::{fmt, marker::PhantomData, str::FromStr};
use serde::{Deserializer, Serializer, de};

/// By this name a leaf says to its reader that it is a time, or a date.
pub const TIME: &str = "time";
/// By this name a leaf says to its reader that it is a quantity with its unit.
pub const QUANTITY: &str = "quantity";

/// Reads a leaf by its text in formats that people read. It says by name what it is, as an id does, so that whoever reads from outside can
/// tell what is wrong with it.
pub(crate) fn read<'de, D: Deserializer<'de>, T: FromStr<Err = String>>(
    name: &'static str,
    d: D,
) -> Result<T, D::Error> {
    struct Reader<T>(PhantomData<T>);
    impl<'de, T: FromStr<Err = String>> de::Visitor<'de> for Reader<T> {
        type Value = T;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a text with its unit")
        }
        fn visit_newtype_struct<D: Deserializer<'de>>(self, d: D) -> Result<T, D::Error> {
            d.deserialize_str(self)
        }
        fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
            text.parse().map_err(E::custom)
        }
    }
    d.deserialize_newtype_struct(name, Reader(PhantomData))
}

/// Writes a leaf by its text.
pub(crate) fn write<S: Serializer, T: fmt::Display>(leaf: &T, s: S) -> Result<S::Ok, S::Error> {
    s.collect_str(leaf)
}

/// Whole and thousandths of a plain decimal, never by way of floating point.
///
/// `None` when it is not digits, one optional point and at most `places` digits behind it.
pub(crate) fn thousandths(text: &str, places: usize) -> Option<i64> {
    let (sign, digits) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    if !plain(whole) || !plain(part) || whole.len() > 9 || part.len() > places {
        return None;
    }
    let milli = part.bytes().chain(*b"000").take(3).fold(0, |n, b| n * 10 + i64::from(b - b'0'));
    let whole: i64 = whole.parse().ok()?;
    Some(sign * (whole * 1000 + milli))
}
