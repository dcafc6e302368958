//! What staff do about an incident. There is one open incident per shipment, so its subject is the
//! shipment's.

use crate::id::{PartyId, Text};
use serde::{Deserialize, Serialize};

/// Somebody owns it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Acknowledged {
    /// Who.
    pub by: PartyId,
    /// Why, in a word from the list of reasons or their own.
    pub reason: Text,
}

/// Somebody wrote something down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct IncidentNoted {
    /// Who.
    pub by: PartyId,
    /// What.
    pub text: Text,
}

/// Somebody closed it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct IncidentClosed {
    /// Who.
    pub by: PartyId,
    /// Why.
    pub reason: Text,
    /// The second person, whom closing a P1 needs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<PartyId>,
}
