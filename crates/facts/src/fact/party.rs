//! Who the parties are and what they may do.

use crate::id::{PartyId, Text};
use crate::moment::Moment;
use serde::{Deserialize, Serialize};

/// A party was described.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Described {
    /// Its name for people.
    pub name: Text,
    /// What it is: `site`, `courier`, `airline`, `plant`, `depot`.
    pub role: Text,
    /// Its IANA time zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<Text>,
    /// The telephone that is answered at any hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duty: Option<Text>,
    /// The party that it belongs to: the hospital of a dock, a laboratory or a ward. What such a part does, its hospital does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<PartyId>,
}

/// A party may take goods over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Qualified {
    /// For what: `custody`, which is any kind of goods, or one kind: `cells`, `vector`, `drug-product`, `sample`.
    /// Any other word is for other rules, and says nothing of who may carry.
    pub scope: Text,
    /// From when.
    pub from: Moment,
    /// Until when; without an end while it is not suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
}

/// A party may not take goods over until it is qualified again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Suspended {
    /// Why.
    pub reason: Text,
}
