//! What happens to a shipment.

use crate::id::{LegId, OrderId, PartyId, PermitId, ShipperId, Text, UnitId};
use crate::moment::{Moment, Span};
use crate::spelling::Label;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// What everything else is held against. A higher version replaces the one before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Planned {
    /// Counts up with each new plan.
    pub version: u32,
    /// What is shipped.
    pub kind: Goods,
    /// The temperature profile of the rulebook that it is held to.
    #[serde(deserialize_with = "crate::id::name")]
    pub profile: Text,
    /// The patient's order, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
    /// Chain of identity: never the value alone, two makers may use the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coi: Option<Coi>,
    /// The bags or vials that are expected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<UnitId>,
    /// Who sends, and so holds the goods first.
    pub consignor: PartyId,
    /// Who receives.
    pub consignee: PartyId,
    /// The way, in order.
    pub legs: Vec<Leg>,
    /// Places with the time they are expected to be reached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waypoints: Vec<Waypoint>,
    /// Permits, and the act that each one gates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permits: Vec<Gated>,
    /// The manufacturing slot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<Moment>,
    /// When the collection ended: the age of fresh cells counts from here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection_end: Option<Moment>,
    /// When the goods expire, by their label.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Moment>,
    /// The shipper, by its serial.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipper: Option<ShipperId>,
    /// How long the shipper is qualified to hold its temperature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qualified_hold: Option<Span>,
    /// Air waybill: three digits, a hyphen, seven digits and a check digit.
    #[serde(
        default,
        deserialize_with = "crate::id::maybe_name",
        skip_serializing_if = "Option::is_none"
    )]
    pub air_waybill: Option<Text>,
}

/// Kinds of goods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Goods {
    /// The patient's cells on their way to the plant.
    Cells,
    /// A viral vector.
    Vector,
    /// The finished dose.
    DrugProduct,
    /// A sample.
    Sample,
}

/// Chain of identity: issuer and value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Coi {
    /// Who issued it.
    #[serde(deserialize_with = "crate::id::name")]
    pub issuer: Text,
    /// What they issued.
    #[serde(deserialize_with = "crate::id::name")]
    pub value: Text,
}

/// One leg of the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Leg {
    /// Its name; every milestone on it says this.
    pub id: LegId,
    /// By road or in the air.
    pub mode: Mode,
    /// Who carries.
    pub carrier: PartyId,
    /// From where.
    pub from: PartyId,
    /// To where.
    pub to: PartyId,
    /// When it is planned to leave (on leg 1: to be picked up).
    pub departs: Moment,
    /// When it is planned to arrive.
    pub arrives: Moment,
}

/// How a leg is travelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// On the ground.
    Road,
    /// In the air.
    Air,
}

/// A place on the way and when it is expected to be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Waypoint {
    /// Its name in this plan.
    pub name: Label,
    /// Expected arrival.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta: Option<Moment>,
}

/// A permit and the act that it gates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Gated {
    /// The permit.
    pub permit: PermitId,
    /// The legal act.
    pub act: Act,
    /// The waypoint at which it happens.
    pub waypoint: Label,
    /// The leg whose milestone is the act, where a leg is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leg: Option<LegId>,
    /// How much of the granted quantity this shipment uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
}

/// Acts that a permit may gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// Leaving: `departed` on the leg.
    Departure,
    /// Crossing a border: `customs-entered` on the leg, else `arrived`.
    Import,
    /// Being received: `received`.
    Receipt,
}

/// An amount of a unit, `6 vials`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Quantity {
    /// How many.
    pub amount: u32,
    /// Of what.
    pub unit: Label,
}

/// The goods were packed; the judged window opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Packed {
    /// The units that went in, as scanned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<UnitId>,
    /// How many, where nothing was scanned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// The order that was scanned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
    /// Who packed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PartyId>,
}

/// The holder let go of the goods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Released {
    /// Which organisation let go.
    pub by: PartyId,
    /// Which one must take over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<PartyId>,
    /// Who signed.
    #[serde(
        default,
        deserialize_with = "crate::id::maybe_name",
        skip_serializing_if = "Option::is_none"
    )]
    pub person: Option<Text>,
    /// The second person.
    #[serde(
        default,
        deserialize_with = "crate::id::maybe_name",
        skip_serializing_if = "Option::is_none"
    )]
    pub verified_by: Option<Text>,
    /// The leg that begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leg: Option<LegId>,
    /// Whether it was left behind the security line of an airport.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub airside: bool,
}

/// Somebody took the goods over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Accepted {
    /// Which organisation took over.
    pub by: PartyId,
    /// From which one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<PartyId>,
    /// Who signed.
    #[serde(
        default,
        deserialize_with = "crate::id::maybe_name",
        skip_serializing_if = "Option::is_none"
    )]
    pub person: Option<Text>,
    /// The second person.
    #[serde(
        default,
        deserialize_with = "crate::id::maybe_name",
        skip_serializing_if = "Option::is_none"
    )]
    pub verified_by: Option<Text>,
    /// The leg that it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leg: Option<LegId>,
}

/// The goods were put in their place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Stowed {
    /// Who did it.
    pub by: PartyId,
    /// Where.
    pub place: Text,
}

/// A leg began to move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Departed {
    /// Which leg.
    pub leg: LegId,
}

/// A leg reached its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Arrived {
    /// Which leg.
    pub leg: LegId,
}

/// The goods were laid before customs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CustomsEntered {
    /// Which leg.
    pub leg: LegId,
}

/// Customs let the goods go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CustomsCleared {
    /// Which leg.
    pub leg: LegId,
}

/// A leg will not take place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LegCancelled {
    /// Which leg.
    pub leg: LegId,
    /// Why.
    pub reason: Text,
}

/// The goods were taken off a leg.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LegOffloaded {
    /// Which leg.
    pub leg: LegId,
    /// Why.
    pub reason: Text,
}

/// A waypoint is now expected at another time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EtaChanged {
    /// Which waypoint.
    pub waypoint: Label,
    /// The new time.
    pub eta: Moment,
}

/// The package was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Opened {
    /// By whom.
    pub by: PartyId,
    /// With whose leave; without one it was not authorised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorised_by: Option<PartyId>,
}

/// The goods were taken out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Unpacked {
    /// By whom.
    pub by: PartyId,
}

/// The goods were moved into another shipper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Repacked {
    /// By whom.
    pub by: PartyId,
    /// Into which shipper.
    pub shipper: ShipperId,
    /// The units that were moved, as scanned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<UnitId>,
}

/// The consignee looked at what came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Received {
    /// By whom.
    pub by: PartyId,
    /// The units that came, as scanned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<UnitId>,
    /// How many, where nothing was scanned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// What was decided at the door.
    pub verdict: Receipt,
    /// The order that was scanned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
}

/// What was decided at the door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Receipt {
    /// Taken in.
    Accept,
    /// Taken in, with a deviation to be settled.
    AcceptUnderDeviation,
    /// Refused.
    Reject,
}

/// Quality released units for use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct QualityReleased {
    /// By whom.
    pub by: PartyId,
    /// Which units; all of the shipment where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<UnitId>,
}

/// Quality decided what becomes of units after a deviation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Dispositioned {
    /// By whom.
    pub by: PartyId,
    /// Which units; all of the shipment where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<UnitId>,
    /// What was decided.
    pub outcome: Disposition,
}

/// What quality may decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Disposition {
    /// Fit for use.
    Use,
    /// Out of specification, used on a physician's request.
    UseOutOfSpecification,
    /// Not to be used.
    Discard,
}

/// Units were thawed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Thawed {
    /// By whom.
    pub by: PartyId,
    /// Which units; all of the shipment where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<UnitId>,
}

/// Units were given to the patient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Infused {
    /// By whom.
    pub by: PartyId,
    /// Which units; all of the shipment where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<UnitId>,
}

/// Units were destroyed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Destroyed {
    /// By whom.
    pub by: PartyId,
    /// Which units; all of the shipment where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<UnitId>,
}

/// The shipment will not take place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Cancelled {
    /// Why.
    pub reason: Text,
}

/// The shipment is over and its papers are complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Closed {
    /// Until when its records must be kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retain_until: Option<Moment>,
}
