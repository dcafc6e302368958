//! What the engines tell `alerts` beside findings, so that a card needs one topic only.

use crate::id::{PartyId, ShortText, UnitId};
use crate::moment::{Moment, Span};
use alloc::{boxed::Box, vec::Vec};
use serde::{Deserialize, Serialize};

/// One engine's view of a shipment; each replaces the one that the same engine gave before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Context {
    /// What custody knows of the shipment: in whose hands it is.
    Custody(Custody),
    /// What thermal knows of the shipment: how well its temperature is known.
    Thermal(Thermal),
    /// What schedule knows of the shipment: the patient's schedule and the dose.
    Schedule(Box<Schedule>),
    /// The name of an engine that has put the shipment away, and says nothing of it any more.
    PutAway(ShortText),
}

/// In whose hands the goods are, and where.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Custody {
    /// The party that holds the goods; null while nobody does, or nobody knows.
    pub holder: Option<PartyId>,
    /// Since when that party has held the goods, by the reporters' clocks; null without a holder, and where nobody
    /// reported it.
    pub since: Option<Moment>,
    /// Where the goods were last, as it was reported; null where nothing was.
    pub place: Option<ShortText>,
    /// When the consignee is expected to have the goods (the last waypoint's or leg's time); null where that is not
    /// known.
    pub eta: Option<Moment>,
    /// Whether the consignee has received the goods.
    pub received: bool,
}

/// How well the temperature is known.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Thermal {
    /// The class of the profile, which says how long the temperature may stay unknown.
    pub class: Class,
    /// When the time begins for which the goods are judged; null where there is none yet.
    pub from: Option<Moment>,
    /// When that time ended; null while it goes on.
    pub until: Option<Moment>,
    /// While the judged time goes on: since when no temperature is known; null means that it is known and kept current.
    pub unknown_since: Option<Moment>,
    /// Whether anything is known, so far, of how warm the goods were.
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
    /// The goods are under way, and not one minute is known: no plan says how warm they may be, no probe is with them,
    /// or it has told nothing.
    Blind,
    /// A fit probe has told how warm they were, for some of the time at least.
    Known,
}

/// The classes of goods, by how fast they are lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Living cells that are not frozen.
    #[default]
    Fresh,
    /// Goods that are kept below -120 °C.
    Cryo,
    /// Goods that are frozen or on dry ice.
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
    /// Something that the product asks for is missing.
    NotMet,
    /// There is no order, product or dose plan to hold it against.
    #[default]
    Unknown,
}

/// Where the patient stands on the way through the treatment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// No conditioning is planned for the patient.
    #[default]
    Unscheduled,
    /// A start of conditioning is planned for the patient.
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
    /// When the gate closed; null where it had never been open.
    pub since: Option<Moment>,
    /// When the gate opened after that.
    pub until: Moment,
}

/// Units of the dose that were lost at one moment, where nothing took their place at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Loss {
    /// The first of the units that were lost.
    pub unit: UnitId,
    /// The units that were lost, in words for a sentence.
    pub what: ShortText,
    /// When the units were lost, by the reporter's clock.
    pub at: Moment,
    /// When others had taken their place, or the loss was taken back; null while neither is so.
    pub until: Option<Moment>,
}

/// A start of conditioning that was planned, and is planned no longer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Former {
    /// When this start was first planned, by the reporter's clock.
    pub scheduled: Moment,
    /// The start of conditioning that was planned then.
    pub start: Moment,
    /// When conditioning was reported as begun, in this course or in one that this only moved; null where it was not.
    #[serde(default)]
    pub begun: Option<Moment>,
    /// When it was planned no longer: another start was planned, or it was held or postponed.
    pub until: Moment,
    /// When it was held or postponed, or a unit was given, then or later; null where nobody said so.
    #[serde(default)]
    pub stopped: Option<Moment>,
    /// Whether conditioning was reported as begun before the next unit was given: that report says when.
    #[serde(default)]
    pub reported: bool,
    /// What of the dose was missing when this plan ended, in words for a sentence.
    #[serde(default)]
    pub missing: ShortText,
}

/// A cycle of treatment that is over: conditioning was reported as begun, and a unit was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Treated {
    /// When conditioning was first begun in this cycle.
    pub started: Moment,
    /// When the first unit was given to the patient in this cycle.
    pub given: Moment,
}

/// The patient's schedule, and how things stand with the dose.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Schedule {
    /// Whether this shipment serves a patient's order at all, as the finished dose.
    pub order: bool,
    /// Whether the product's gate for conditioning is open.
    pub gate: Gate,
    /// When the gate opened; null while it is not open.
    pub met_at: Option<Moment>,
    /// When the gate last closed again, after it had been open, because a unit was lost; null where it never did.
    #[serde(default)]
    pub closed_at: Option<Moment>,
    /// The earlier stretches in which the gate was closed.
    #[serde(default)]
    pub earlier: Vec<Shut>,
    /// What the gate still lacks, in words for a sentence.
    pub missing: ShortText,
    /// Where the patient stands on the way through the treatment.
    pub phase: Phase,
    /// When that phase began, by the reporter's clock; null while nothing is planned.
    pub since: Option<Moment>,
    /// When conditioning first began in this cycle, which neither holding it nor a new schedule undoes; null while it
    /// has not.
    #[serde(default)]
    pub started: Option<Moment>,
    /// The units of this shipment that the dose has lost.
    #[serde(default)]
    pub losses: Vec<Loss>,
    /// When conditioning is planned to begin; null where no start was planned.
    pub conditioning_start: Option<Moment>,
    /// When that start was first planned, by the reporter's clock; null where no start was planned.
    #[serde(default)]
    pub scheduled: Option<Moment>,
    /// When conditioning was reported as begun in the course that is planned now, or in one that this only moved; null
    /// where it was not.
    #[serde(default)]
    pub begun: Option<Moment>,
    /// When the start that was planned last was planned no longer: held, postponed or a unit given; null while it is
    /// planned.
    #[serde(default)]
    pub ended: Option<Moment>,
    /// What of the dose was missing when that start was planned no longer, in words for a sentence.
    #[serde(default)]
    pub missing_then: ShortText,
    /// The starts that were planned before, and are planned no longer.
    #[serde(default)]
    pub former: Vec<Former>,
    /// The cycles of treatment before this one in which conditioning was reported as begun.
    #[serde(default)]
    pub treated: Vec<Treated>,
    /// Since when this shipment does not take place, so that what is found of it is not about the dose any more; null
    /// while it takes place.
    #[serde(default)]
    pub cancelled: Option<Moment>,
    /// Since when another shipment is to bring the dose instead, where what the dose lacks is said; null while none is.
    #[serde(default)]
    pub replaced: Option<Moment>,
    /// Whether rescue cells are confirmed.
    pub rescue: bool,
    /// How long the consignee needs between arrival and a confirmed receipt.
    pub receipt_lead: Span,
}
