//! What the engines tell `alerts` beside findings, so that a card needs one topic only.

use crate::id::{PartyId, Text, UnitId};
use crate::moment::{Moment, Span};
use alloc::{boxed::Box, vec::Vec};
use serde::{Deserialize, Serialize};

/// One engine's view of a shipment; each replaces the one that the same engine gave before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Context {
    /// Of custody.
    Custody(Custody),
    /// Of thermal.
    Thermal(Thermal),
    /// Of schedule.
    Schedule(Box<Schedule>),
    /// Of the engine of this name: it has put the shipment away, and says nothing of it any more.
    PutAway(Text),
}

/// In whose hands.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Custody {
    /// Who holds the goods; `None` while nobody does, or nobody knows.
    pub holder: Option<PartyId>,
    /// Since when.
    pub since: Option<Moment>,
    /// Where, as far as it is known.
    pub place: Option<Text>,
    /// When the consignee is expected to have the goods (the last waypoint's or leg's time).
    pub eta: Option<Moment>,
    /// Whether the consignee has received the goods.
    pub received: bool,
}

/// How well the temperature is known.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Thermal {
    /// The profile's class: how long "unknown" may last.
    pub class: Class,
    /// Start of the judged window.
    pub from: Option<Moment>,
    /// Its end; `None` while it is open.
    pub until: Option<Moment>,
    /// Inside an open window: since when no temperature is known. `None` = known and kept current.
    pub unknown_since: Option<Moment>,
    /// Whether anything is known of how warm the goods were, so far.
    #[serde(default)]
    pub watch: Watch,
}

/// Whether anything is known of how warm the goods of a shipment were, so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Watch {
    /// The goods are neither packed nor picked up, nor in a store: there is nothing to be known yet.
    #[default]
    Ahead,
    /// They are, and not one minute is known: no plan says how warm they may be, no probe is with them, or it has told nothing.
    Blind,
    /// A fit probe has told how warm they were, for some of the time at least.
    Known,
}

/// Classes of goods by how fast they are lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Living cells that are not frozen.
    #[default]
    Fresh,
    /// Below -120 °C.
    Cryo,
    /// Frozen or on dry ice.
    Frozen,
    /// A medicine at 2–8 °C or room temperature.
    Medicine,
}

/// Whether the product's gate for conditioning is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Gate {
    /// All that the product asks for is confirmed.
    Met,
    /// Something is missing.
    NotMet,
    /// There is no order, product or dose plan to hold it against.
    #[default]
    Unknown,
}

/// Where the patient stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Nothing is planned.
    #[default]
    Unscheduled,
    /// Conditioning is planned.
    Scheduled,
    /// Conditioning has been reported as begun.
    Started,
    /// Conditioning is held or the treatment is postponed.
    Held,
    /// The product has been given.
    Infused,
}

/// A stretch in which the gate was closed, and that is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Shut {
    /// When it closed; absent = it had never been open.
    pub since: Option<Moment>,
    /// When it opened.
    pub until: Moment,
}

/// Units of the dose that were lost at one moment, where nothing took their place at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Loss {
    /// The first of them.
    pub unit: UnitId,
    /// Which they are, for the sentence.
    pub what: Text,
    /// When they were lost.
    pub at: Moment,
    /// When others had taken their place.
    pub until: Option<Moment>,
}

/// A start of conditioning that was planned, and is planned no longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Former {
    /// When it was first planned so.
    pub scheduled: Moment,
    /// The start that was planned.
    pub start: Moment,
    /// When conditioning was reported as begun, in this course or in one that this only moved.
    #[serde(default)]
    pub begun: Option<Moment>,
    /// When it was planned no longer: another start was planned, or it was held or postponed.
    pub until: Moment,
    /// When it was held or postponed, or a unit was given, then or later; absent = nobody said so.
    #[serde(default)]
    pub stopped: Option<Moment>,
    /// Whether conditioning was reported as begun before the next unit was given: that report says when.
    #[serde(default)]
    pub reported: bool,
    /// What of the dose was missing when this plan ended, for the sentence.
    #[serde(default)]
    pub missing: Text,
}

/// A cycle of treatment that is over: conditioning was reported as begun, and a unit was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Treated {
    /// When conditioning was first begun in it.
    pub started: Moment,
    /// When the first unit was given.
    pub given: Moment,
}

/// The patient's schedule and the dose.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Schedule {
    /// Whether this shipment serves a patient's order at all, as the finished dose.
    pub order: bool,
    /// Whether the product's gate is open.
    pub gate: Gate,
    /// When it opened.
    pub met_at: Option<Moment>,
    /// When it last closed again, after it had been open: a unit was lost.
    #[serde(default)]
    pub closed_at: Option<Moment>,
    /// When it was closed before that.
    #[serde(default)]
    pub earlier: Vec<Shut>,
    /// What is missing, for the sentence.
    pub missing: Text,
    /// Where the patient stands.
    pub phase: Phase,
    /// When that began (started, held, infused).
    pub since: Option<Moment>,
    /// When conditioning first began in this cycle. Neither holding it nor a new schedule undoes that.
    #[serde(default)]
    pub started: Option<Moment>,
    /// Units of this shipment that the dose has lost.
    #[serde(default)]
    pub losses: Vec<Loss>,
    /// When conditioning is planned to begin.
    pub conditioning_start: Option<Moment>,
    /// When that was first planned so.
    #[serde(default)]
    pub scheduled: Option<Moment>,
    /// When it was reported as begun in the course that is planned now, or in one that this only moved.
    #[serde(default)]
    pub begun: Option<Moment>,
    /// When the start that was planned last was planned no longer: held, postponed or a unit given.
    #[serde(default)]
    pub ended: Option<Moment>,
    /// What of the dose was missing then, for the sentence.
    #[serde(default)]
    pub missing_then: Text,
    /// Starts that were planned before, and are planned no longer.
    #[serde(default)]
    pub former: Vec<Former>,
    /// Cycles of treatment before this one in which conditioning was reported as begun.
    #[serde(default)]
    pub treated: Vec<Treated>,
    /// Since when this shipment does not take place: what is found of it then is not about the dose any more.
    #[serde(default)]
    pub cancelled: Option<Moment>,
    /// Since when another shipment is to bring the dose instead: what the dose lacks is said there.
    #[serde(default)]
    pub replaced: Option<Moment>,
    /// Whether rescue cells are confirmed.
    pub rescue: bool,
    /// How long the consignee needs between arrival and a confirmed receipt.
    pub receipt_lead: Span,
}
