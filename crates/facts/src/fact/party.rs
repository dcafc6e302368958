//! Who the parties are and what they may do.

use crate::id::{PartyId, ShortText};
use crate::moment::Moment;
use serde::{Deserialize, Serialize};

/// A party was described: what it is, and how to reach it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Described {
    /// The name of the party for people to read.
    pub name: ShortText,
    /// What the party is, in one word: `site`, `courier`, `airline`, `plant`, `depot`.
    pub role: ShortText,
    /// The time zone of the party, by its IANA name; absent where nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone: Option<ShortText>,
    /// The telephone number of the party that is answered at any hour; absent where nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duty: Option<ShortText>,
    /// The party that it belongs to: the hospital of a dock, a laboratory or a ward, which does what such a part does.
    /// Absent where it is no part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<PartyId>,
}

/// A party may take goods over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Qualified {
    /// What the party is qualified for: `custody`, which is any kind of goods, or one kind: `cells`, `vector`,
    /// `drug-product`, `sample`. Any other word is for other rules, and says nothing of who may carry.
    pub scope: ShortText,
    /// The moment from which the party is qualified.
    pub from: Moment,
    /// The moment until which the party is qualified; absent means until it is suspended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Moment>,
}

/// A party may not take goods over until it is qualified again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Suspended {
    /// Why the party was suspended, in the reporter's words.
    pub reason: ShortText,
}
