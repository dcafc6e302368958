//! What staff do about an incident. There is one open incident per shipment, so its subject is the
//! shipment's.

use crate::id::{PartyId, ShortText};
use serde::{Deserialize, Serialize};

/// Somebody took the open incident of the shipment, and owns it from now on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Acknowledged {
    /// The person who takes the incident, by their id.
    pub by: PartyId,
    /// Why they take it, in a word from the list of reasons or in their own.
    pub reason: ShortText,
}

/// Somebody wrote a note on the open incident of the shipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct IncidentNoted {
    /// The person who wrote the note, by their id.
    pub by: PartyId,
    /// What others must know, as plain text.
    pub text: ShortText,
}

/// Somebody closed the open incident of the shipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct IncidentClosed {
    /// The person who closes the incident, by their id.
    pub by: PartyId,
    /// Why the incident can be closed, in their own words.
    pub reason: ShortText,
    /// The second person, whom closing a P1 needs; absent where nobody else agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<PartyId>,
}
