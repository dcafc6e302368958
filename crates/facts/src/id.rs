//! Names of things. An id is never a bare string.

use alloc::{format, string::String};
use core::{fmt, marker::PhantomData, str::FromStr};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::spelling::compared_without_case;
use compact_str::CompactString;

/// A text of a fact; up to 24 bytes live in place. It holds no control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
#[serde(transparent)]
pub struct ShortText(CompactString);

impl ShortText {
    /// Wraps a text that this program made itself.
    pub fn new(text: impl AsRef<str>) -> Self {
        Self(CompactString::new(text.as_ref()))
    }
    /// A name that stands in the program: it is not copied.
    pub const fn named(name: &'static str) -> Self {
        Self(CompactString::const_new(name))
    }
    /// Its letters.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    fn checked(text: CompactString) -> Result<Self, String> {
        match text.chars().find(|c| c.is_control() && *c != '\n' && *c != '\t') {
            Some(c) => Err(format!("a text holds no control character, this one holds {c:?}")),
            None => Ok(Self(text)),
        }
    }
}
impl core::ops::Deref for ShortText {
    type Target = str;
    fn deref(&self) -> &str {
        &self.0
    }
}
impl fmt::Display for ShortText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl<'de> Deserialize<'de> for ShortText {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::checked(CompactString::deserialize(d)?).map_err(de::Error::custom)
    }
}
#[cfg(test)]
impl schemars::JsonSchema for ShortText {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Text".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string" })
    }
}

/// By this name an id says to its reader that it is one: whoever reads from outside cleans it (see [`crate::hidden`]).
pub const ID: &str = "id";

/// An id by its letters. Most readers pass them on as they stand.
fn read<'de, D: Deserializer<'de>, T: FromStr<Err = String>>(d: D) -> Result<T, D::Error> {
    struct Letters<T>(PhantomData<T>);
    impl<'de, T: FromStr<Err = String>> Visitor<'de> for Letters<T> {
        type Value = T;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a string")
        }
        fn visit_newtype_struct<D: Deserializer<'de>>(self, d: D) -> Result<T, D::Error> {
            d.deserialize_str(self)
        }
        fn visit_str<E: de::Error>(self, letters: &str) -> Result<T, E> {
            letters.parse().map_err(E::custom)
        }
    }
    d.deserialize_newtype_struct(ID, Letters(PhantomData))
}

/// The letters of a name, before anything is asked of them.
struct Letters(CompactString);

impl FromStr for Letters {
    type Err = String;
    fn from_str(letters: &str) -> Result<Self, String> {
        Ok(Self(CompactString::new(letters)))
    }
}

/// Reads a text that names something, as a channel or a profile does: it is cleaned as an id is.
pub(crate) fn name<'de, D: Deserializer<'de>>(d: D) -> Result<ShortText, D::Error> {
    let Letters(letters) = read(d)?;
    ShortText::checked(letters).map_err(de::Error::custom)
}

/// The same where there may be none.
pub(crate) fn maybe_name<'de, D: Deserializer<'de>>(d: D) -> Result<Option<ShortText>, D::Error> {
    #[derive(Deserialize)]
    struct Name(#[serde(deserialize_with = "name")] ShortText);
    Ok(Option::<Name>::deserialize(d)?.map(|Name(name)| name))
}

/// The longest id that is taken.
pub const LONGEST: usize = 128;

/// Declares an id: a checked, ordered, printable name of one kind of thing, compared letter by letter.
macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize)]
        #[serde(transparent)]
        pub struct $name(CompactString);
        as_every_id!($name);
        impl FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> { well_formed(text).map(|()| Self(CompactString::new(text))) }
        }
    };
}

/// Declares an id that people and scanners spell in more than one way: blanks around it are no part of it, and it is
/// compared without regard to ASCII case (see [`crate::spelling`]).
macro_rules! spelt_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Default, Serialize)]
        #[serde(transparent)]
        pub struct $name(CompactString);
        as_every_id!($name);
        compared_without_case!($name);
        impl $name {
            /// The one spelling that stands for all of them, for names that must not depend on who spelt it first.
            pub fn plain(&self) -> String { crate::spelling::plain(&self.0) }
        }
        impl FromStr for $name {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                let text = text.trim();
                well_formed(text).map(|()| Self(CompactString::new(text)))
            }
        }
    };
}

/// What every id is, however it is compared.
macro_rules! as_every_id {
    ($name:ident) => {
        impl $name {
            /// Wraps a name that this program made itself.
            pub fn new(name: impl AsRef<str>) -> Self { Self(CompactString::new(name.as_ref())) }
            /// Its letters.
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
        impl From<&$name> for crate::message::Argument {
            fn from(id: &$name) -> Self { Self::Text(ShortText(id.0.clone())) }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                read(d)
            }
        }
        #[cfg(test)]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> { stringify!($name).into() }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "minLength": 1, "maxLength": LONGEST, "pattern": "^[^\\s\\u0000-\\u001f]+$" })
            }
        }
    };
}

/// An id is 1 to 128 bytes without white space or control characters, so that it is one word.
fn well_formed(text: &str) -> Result<(), String> {
    if text.is_empty() || text.len() > LONGEST {
        return Err(format!("an id has 1 to {LONGEST} bytes, this one has {}", text.len()));
    }
    match text.chars().find(|c| c.is_whitespace() || c.is_control()) {
        Some(c) => Err(format!("an id is one word, `{}` holds {c:?}", text.escape_debug())),
        None => Ok(()),
    }
}

id!(/// One journey of goods under one plan.
    ShipmentId);
id!(/// A logger or tracker.
    DeviceId);
id!(/// A reusable dewar or box.
    ShipperId);
id!(/// A freezer, tank or depot store.
    StoreId);
id!(/// A permit, by its issuer's number.
    PermitId);
id!(/// A site, courier, person or depot.
    PartyId);
id!(/// One patient's order: the chain of identity.
    OrderId);
spelt_id!(/// One bag or vial.
    UnitId);
id!(/// One leg of a plan.
    LegId);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_one_word() {
        assert!("SHP-1".parse::<ShipmentId>().is_ok());
        for bad in ["", "two words", "tab\there", "nul\0", &"x".repeat(129)] {
            assert!(bad.parse::<ShipmentId>().is_err(), "{bad:?}");
        }
    }
}
