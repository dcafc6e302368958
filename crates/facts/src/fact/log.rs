//! What the log says of itself, and what can be said of any fact.

use crate::fact::Fact;
use crate::id::{ShipmentId, ShortText};
use crate::moment::Moment;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A fact was wrong. What is right, if anything, is reported as a fact of its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Corrected {
    /// The `source` of the event that was wrong.
    #[serde(deserialize_with = "crate::id::name")]
    pub source: ShortText,
    /// The `id` of the event that was wrong.
    #[serde(deserialize_with = "crate::id::name")]
    pub id: ShortText,
    /// Why the event was wrong, in the reporter's words.
    pub reason: ShortText,
    /// The `id`, of the same source, of the event that replaces it; absent where none does.
    #[serde(
        default,
        deserialize_with = "crate::id::maybe_name",
        skip_serializing_if = "Option::is_none"
    )]
    pub replaced_by: Option<ShortText>,
}

/// Somebody wrote a note about the shipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Noted {
    /// The name of whoever wrote the note.
    pub by: ShortText,
    /// The note itself, as plain text.
    pub text: ShortText,
}

/// Time passed: the clock of the log struck.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Tick {}

/// From here on these rules are in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RulebookPublished {
    /// SHA-256 of the canonical JSON, in hexadecimal.
    pub hash: ShortText,
    /// The rulebook as canonical JSON, in one text.
    pub book: ShortText,
}

/// From here on this behaviour of the code is in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct BehaviourSwitched {
    /// The number of the behaviour that is in force from here on.
    pub number: u32,
}

/// Written by dispatch: a shipment wants to hear of this subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Subscribed {
    /// The subject that the shipment wants to hear of, by kind and id, such as `permit:P-1`.
    pub subject: ShortText,
    /// The shipment that wants to hear of the subject.
    pub by: ShipmentId,
    /// When dispatch wrote it, by log time.
    pub planned_at: Moment,
}

/// Written by dispatch: a shipment does not want to hear of this subject any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Unsubscribed {
    /// The subject that the shipment wants to hear of no more, by kind and id, such as `permit:P-1`.
    pub subject: ShortText,
    /// The shipment that does not want to hear of the subject any more.
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
    /// The shipment was closed: its papers are complete.
    Closed,
    /// Nobody has closed it, and nothing has been heard of it for long.
    Silent,
}

/// Written by dispatch: a logger or a store has to do with a shipment, or still has. It says so when that begins, and now and
/// then while it sends readings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Watched {
    /// The logger or the store, by kind and id, such as `device:L-1`.
    pub subject: ShortText,
}

/// Written by alerts: whether an incident of a shipment is open. While one is, the shipment is not forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct IncidentStands {
    /// The shipment whose incidents are meant.
    pub shipment: ShipmentId,
    /// Whether an incident of the shipment is open now.
    pub open: bool,
}

/// Written by dispatch: several reports about one party or permit, told in one record, so that many of them do not make
/// a record each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Words {
    /// The reports that are told together, each as it was made.
    pub words: Vec<Word>,
}

/// One of several reports about one subject.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Word {
    /// The `source` of the event that said it.
    pub source: ShortText,
    /// The `id` of the event that said it.
    pub id: ShortText,
    /// When it happened, by the reporter's clock.
    pub at: Moment,
    /// The moment that counts instead of `at`; absent where `at` itself counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counts: Option<Moment>,
    /// What happened: the type of the event, and its data.
    #[cfg_attr(
        test,
        schemars(with = "alloc::collections::BTreeMap<ShortText, serde_json::Value>")
    )]
    pub fact: Fact,
}

/// Written by dispatch: another id that looks like this one is in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Twin {
    /// The other id with its kind, such as `party:klm`.
    pub subject: ShortText,
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
    /// The name of the topic that this record stands in.
    pub topic: ShortText,
    /// How many partitions `facts`, `journal`, `exceptions` and `alerts` have.
    pub partitions: u16,
    /// The number of the generation of topics: topics that are made anew have another one.
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
pub struct Heartbeat {
    /// The name of the topic that intake reads.
    pub topic: ShortText,
    /// The number of the partition that intake reads of that topic.
    pub partition: u16,
    /// The offset of the next record that intake takes.
    pub position: u64,
    /// The offset at which the partition ends, behind its last record.
    pub end: u64,
}

/// Written by whoever strikes a clock, before it strikes: the log's answer tells the log's time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ClockProbe {}

/// Written by an engine now and then: what its state is. Whoever folds the same entries must come to the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StateHash {
    /// The service whose state it is, such as `thermal`.
    pub service: ShortText,
    /// The offset of the last journal entry that the state contains.
    pub offset: u64,
    /// The SHA-256 of the canonical form of the state, in hexadecimal.
    pub hash: ShortText,
    /// How long the canonical form of the state is, in bytes.
    pub bytes: u64,
}
