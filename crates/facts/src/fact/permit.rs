//! What authorities grant and take back, and how much of it is used.

use super::shipment::Quantity;
use crate::id::{PartyId, ShipmentId, ShortText};
use crate::moment::Moment;
use alloc::{format, string::String, vec::Vec};
use core::{fmt, str::FromStr};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A permit was granted (or amended: the new text replaces the old).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Granted {
    /// The kind of permit, in one word of its reporter, such as `import`.
    pub kind: ShortText,
    /// The authority that issued the permit.
    pub issuer: ShortText,
    /// The time zone of the authority, by its IANA name: a bare date begins and ends by it.
    pub zone: ShortText,
    /// The party that the permit was granted to.
    pub holder: PartyId,
    /// When the permit begins to be valid; a bare date begins by the clock of `zone`.
    pub from: Bound,
    /// Until when the permit is valid; where it is a bare date, that day is included.
    pub until: Bound,
    /// How many shipments may use the permit; absent where that is not limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipments: Option<u32>,
    /// How much all shipments together may use of it; absent where that is not limited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
}

/// An end of a permit's validity: a moment, or a bare date that `wire` turns into one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// To the millisecond.
    Moment(Moment),
    /// As printed on the permit; unknown as a moment until its zone is applied.
    Date {
        /// Year.
        year: i32,
        /// Month, 1 to 12.
        month: u32,
        /// Day, 1 to 31.
        day: u32,
    },
}

impl Bound {
    /// The moment, once it is one.
    pub fn moment(self) -> Option<Moment> {
        match self {
            Self::Moment(moment) => Some(moment),
            Self::Date { .. } => None,
        }
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Moment(moment) => moment.fmt(f),
            Self::Date { year, month, day } => write!(f, "{year:04}-{month:02}-{day:02}"),
        }
    }
}

impl FromStr for Bound {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        if text.len() != 10 {
            return text.parse().map(Self::Moment);
        }
        let date = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d");
        let date = date.map_err(|_| format!("`{text}` is not a date like `2026-03-31`"))?;
        let (year, month, day) = {
            use chrono::Datelike;
            (date.year(), date.month(), date.day())
        };
        Ok(Self::Date { year, month, day })
    }
}

impl Serialize for Bound {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        crate::text::write(self, s)
    }
}
impl<'de> Deserialize<'de> for Bound {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        crate::text::read(crate::text::TIME, d)
    }
}
#[cfg(test)]
impl schemars::JsonSchema for Bound {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Bound".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "anyOf": [{ "format": "date-time" }, { "format": "date" }] })
    }
}

/// The permit does not hold until it is granted or amended again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Suspended {
    /// Why the permit was suspended, in the reporter's words.
    pub reason: ShortText,
}

/// The permit does not hold any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Revoked {
    /// Why the permit was revoked, in the reporter's words.
    pub reason: ShortText,
}

/// Written by dispatch: who uses how much of a permit, in the order of their plans.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Ledger {
    /// The reservations and uses, ordered by `planned_at` and then by shipment. A shipment that gave its reservation up
    /// and was planned again has another one from then on.
    pub uses: Vec<Use>,
}

/// One shipment's part of a permit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Use {
    /// The shipment that has reserved or used its part of the permit.
    pub shipment: ShipmentId,
    /// When the plan was made that cites the permit, by the reporter's clock.
    pub planned_at: Moment,
    /// How much its plan says that it uses: the quantities of one act added up, of several acts on the same goods the
    /// largest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
    /// Whether the plan leaves out how much a part of it uses, or says it in another unit than the rest.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub partly: bool,
    /// Whether the shipment has departed, so that its part is used and not only reserved.
    pub consumed: bool,
    /// Since when it is not needed any more: the shipment was cancelled, or planned without this permit, before it
    /// departed. Absent while it is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<Moment>,
    /// What earlier plans of this shipment said of the quantity, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier: Vec<Stated>,
}

/// What a plan said of the quantity, until another one said something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Stated {
    /// When the plan was made that says something else.
    pub until: Moment,
    /// The quantity that the plan stated until then; absent where it stated none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
    /// Whether it left out how much a part of it uses, or said it in another unit than the rest.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub partly: bool,
}
