//! What the log says of itself, and what can be said of any fact.

use crate::fact::Fact;
use crate::id::{ShipmentId, Text};
use crate::moment::Moment;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A fact was wrong. What is right, if anything, is reported as a fact of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Corrected {
    /// The `source` of the event that was wrong.
    #[serde(deserialize_with = "crate::id::name")]
    pub source: Text,
    /// The `id` of the event that was wrong.
    #[serde(deserialize_with = "crate::id::name")]
    pub id: Text,
    /// Why.
    pub reason: Text,
    /// The `id`, of the same source, of the event that replaces it.
    #[serde(
        default,
        deserialize_with = "crate::id::maybe_name",
        skip_serializing_if = "Option::is_none"
    )]
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

/// Written by dispatch: a shipment is forgotten, because it was closed or nothing has been heard of it for long. It is in its
/// journal, so that the engines and the desk forget it, too; and it goes to whom the shipment had to do with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PutAway {
    /// The shipment that is forgotten.
    pub shipment: ShipmentId,
    /// Whether it was closed, or nothing was heard of it for long.
    pub why: WhyPutAway,
    /// When something was last heard of it, by log time.
    pub last: Moment,
}

/// Why a shipment is forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum WhyPutAway {
    /// Its papers are complete.
    Closed,
    /// Nobody has closed it, and nothing has been heard of it for long.
    Silent,
}

/// Written by dispatch: a logger or a store has to do with a shipment, or still has. It says so when that begins, and now and
/// then while it sends readings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Watched {
    /// The logger or the store, `device:L-1`.
    pub subject: Text,
}

/// Written by alerts: whether an incident of a shipment is open. While one is, the shipment is not forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct IncidentStands {
    /// The shipment whose incidents they are.
    pub shipment: ShipmentId,
    /// Whether one of them is open now.
    pub open: bool,
}

/// Written by dispatch: several words about one party or permit, in one record. Whoever is reported of without end makes
/// one record for each shipment now and then, and not one for each word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Words {
    /// The words, as they were reported.
    pub words: Vec<Word>,
}

/// One of several words about one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Word {
    /// The `source` of the event that said it.
    pub source: Text,
    /// The `id` of that event.
    pub id: Text,
    /// When it happened, by the reporter's clock.
    pub at: Moment,
    /// The moment that counts instead, where it is another one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Moment>,
    /// What happened: the type of the event, and its data.
    #[cfg_attr(test, schemars(with = "alloc::collections::BTreeMap<Text, serde_json::Value>"))]
    pub fact: Fact,
}

/// Written by dispatch: another id that looks like this one is in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Twin {
    /// The other one, `party:klm`.
    pub subject: Text,
    /// Whether something is known of it itself: it was described, granted, opened, planned.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub known: bool,
    /// Whether it is not in use any more: it was put away.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub gone: bool,
}

/// The first record of a partition: what the log is, for ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Genesis {
    /// The topic that it stands in.
    pub topic: Text,
    /// How many partitions `facts`, `journal`, `exceptions` and `alerts` have.
    pub partitions: u16,
    /// Which generation of topics: one that was made anew is a new one.
    pub generation: u32,
    /// The behaviour number that the log begins at. A log whose genesis does not say it was made before there was a
    /// choice: it is at 1.
    #[serde(default = "first")]
    pub behaviour: u32,
}

fn first() -> u32 {
    1
}

/// Written by intake now and then: how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Alive {
    /// The topic that it reads.
    pub topic: Text,
    /// Which partition of it.
    pub partition: u16,
    /// The next record that it takes.
    pub position: u64,
    /// The end of the partition.
    pub end: u64,
}

/// Written by whoever strikes a clock, before it strikes: the log's answer tells the log's time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ClockAsked {}

/// Written by an engine now and then: what its state is. Whoever folds the same entries must come to the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StateTold {
    /// Whose.
    pub service: Text,
    /// The last entry of the journal in it.
    pub offset: u64,
    /// SHA-256 of its canonical form, in hexadecimal.
    pub hash: Text,
    /// How many bytes that form has.
    pub bytes: u64,
}
