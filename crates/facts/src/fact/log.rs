//! What the log says of itself, and what can be said of any fact.

use crate::id::{ShipmentId, Text};
use crate::moment::Moment;
use serde::{Deserialize, Serialize};

/// A fact was wrong. What is right, if anything, is reported as a fact of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Corrected {
    /// The `source` of the event that was wrong.
    pub source: Text,
    /// The `id` of the event that was wrong.
    pub id: Text,
    /// Why.
    pub reason: Text,
    /// The `id`, of the same source, of the event that replaces it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<Text>,
}

/// Somebody wrote something down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Noted {
    /// Who.
    pub by: Text,
    /// What.
    pub text: Text,
}

/// Time passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Tick {}

/// From here on these rules are in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RulebookPublished {
    /// SHA-256 of the canonical JSON, in hexadecimal.
    pub hash: Text,
    /// The rulebook as canonical JSON, in one text.
    pub book: Text,
}

/// From here on this behaviour of the code is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BehaviourSwitched {
    /// Its number.
    pub number: u32,
}

/// Written by dispatch: a shipment wants to hear of this subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Cited {
    /// The subject, `permit:P-1`.
    pub subject: Text,
    /// By which shipment.
    pub by: ShipmentId,
    /// When its plan was made.
    pub planned_at: Moment,
}

/// Written by dispatch: a shipment does not want to hear of this subject any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Uncited {
    /// The subject, `permit:P-1`.
    pub subject: Text,
    /// By which shipment.
    pub by: ShipmentId,
}
