//! What happens to a shipment.

use crate::id::{LegId, OrderId, PartyId, PermitId, ShipperId, ShortText, UnitId};
use crate::moment::{Moment, Span};
use crate::spelling::Label;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// The plan that everything else is held against. A higher version replaces the one before it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Planned {
    /// The number of this plan of the shipment, which counts up with each new plan.
    pub version: u32,
    /// The kind of goods that are shipped.
    pub kind: Goods,
    /// The temperature profile of the rulebook that it is held to.
    #[serde(deserialize_with = "crate::id::name")]
    pub profile: ShortText,
    /// The patient's order that the goods belong to; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
    /// The chain of identity, never the value alone, as two makers may use the same one; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub coi: Option<Coi>,
    /// The bags or vials that are expected, by their ids; absent where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<UnitId>,
    /// The party that sends the goods, and so holds them first.
    pub consignor: PartyId,
    /// The party that is to receive the goods.
    pub consignee: PartyId,
    /// The legs of the way, in the order in which they are travelled.
    pub legs: Vec<Leg>,
    /// The places on the way, each with the time at which it is expected to be reached.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub waypoints: Vec<Waypoint>,
    /// The permits that the shipment needs, each with the act that it gates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub permits: Vec<Gated>,
    /// The time of the manufacturing slot that the goods are to reach; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<Moment>,
    /// When the collection ended: the age of fresh cells counts from here. Absent where nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collection_end: Option<Moment>,
    /// When the goods expire, by their label; absent where nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Moment>,
    /// The shipper (a dewar or box) that the goods travel in, by its serial; absent where it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipper: Option<ShipperId>,
    /// How long the shipper is qualified to hold its temperature; absent where nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qualified_hold: Option<Span>,
    /// The number of the air waybill: three digits, a hyphen, seven digits and a check digit.
    #[serde(
        default,
        deserialize_with = "crate::id::maybe_name",
        skip_serializing_if = "Option::is_none"
    )]
    pub air_waybill: Option<ShortText>,
}

/// The kinds of goods that can be shipped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Goods {
    /// The goods are the patient's cells, on their way to the plant.
    Cells,
    /// The goods are a viral vector.
    Vector,
    /// The goods are the finished dose.
    DrugProduct,
    /// The goods are a sample.
    Sample,
}

/// A chain of identity: who issued the identifier, and the identifier itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Coi {
    /// The organisation that issued the identifier.
    #[serde(deserialize_with = "crate::id::name")]
    pub issuer: ShortText,
    /// The identifier that the issuer gave.
    #[serde(deserialize_with = "crate::id::name")]
    pub value: ShortText,
}

/// One leg of the way that the goods travel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Leg {
    /// The name of the leg, which every milestone on it repeats.
    pub id: LegId,
    /// Whether the leg goes by road or by air.
    pub mode: Mode,
    /// The party that carries the goods on this leg.
    pub carrier: PartyId,
    /// The party at whose place the leg begins.
    pub from: PartyId,
    /// The party at whose place the leg ends.
    pub to: PartyId,
    /// When the leg is planned to leave (on leg 1: when the goods are to be picked up).
    pub departs: Moment,
    /// When the leg is planned to arrive.
    pub arrives: Moment,
}

/// How the goods travel on a leg.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// The leg goes on the ground.
    Road,
    /// The leg goes through the air.
    Air,
}

/// A place on the way and when it is expected to be reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Waypoint {
    /// The name of the waypoint in this plan, by which permits and later reports refer to it.
    pub name: Label,
    /// When the waypoint is expected to be reached; absent where nobody has said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta: Option<Moment>,
}

/// A permit and the act that it gates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Gated {
    /// The permit, by the number that its issuer gave it.
    pub permit: PermitId,
    /// The legal act that may be done only under this permit.
    pub act: Act,
    /// The waypoint of the plan at which the act happens.
    pub waypoint: Label,
    /// The leg whose milestone is the act; absent where the act belongs to no leg.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leg: Option<LegId>,
    /// How much of the granted quantity this shipment uses; absent where the plan does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<Quantity>,
}

/// The legal acts that a permit may gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// The departure: it is done when `departed` is reported of the leg.
    Departure,
    /// The crossing of a border: it is done when `customs-entered` is reported of the leg, or else `arrived`.
    Import,
    /// The receipt of the goods: it is done when `received` is reported.
    Receipt,
}

/// An amount with the unit that it is counted in, such as 6 vials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Quantity {
    /// The amount, as a whole number of the unit.
    pub amount: u32,
    /// The unit in which the amount is counted, such as `vials` or `bags`.
    pub unit: Label,
}

/// The goods were packed, which opens the time for which they are judged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Packed {
    /// The units that went in, as scanned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<UnitId>,
    /// How many units were packed; given where nothing was scanned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// The order that was scanned at packing; absent where none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
    /// The party that packed the goods; absent where nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<PartyId>,
}

/// The holder let go of the goods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Released {
    /// The party that released the goods, by its id.
    pub by: PartyId,
    /// The party that must take the goods over; absent where it was not named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<PartyId>,
    /// The person who signed for the release; absent where nobody was named.
    #[serde(
        default,
        deserialize_with = "crate::id::maybe_name",
        skip_serializing_if = "Option::is_none"
    )]
    pub person: Option<ShortText>,
    /// The second person, who verified the release; absent where nobody was named.
    #[serde(
        default,
        deserialize_with = "crate::id::maybe_name",
        skip_serializing_if = "Option::is_none"
    )]
    pub verified_by: Option<ShortText>,
    /// The leg that begins with this release; absent where it was not named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leg: Option<LegId>,
    /// Whether the goods were left behind the security line of an airport; absent means no.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub airside: bool,
}

/// Somebody took the goods over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Accepted {
    /// The party that accepted the goods, by its id.
    pub by: PartyId,
    /// The party that the goods were accepted from; absent where it was not named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<PartyId>,
    /// The person who signed for the acceptance; absent where nobody was named.
    #[serde(
        default,
        deserialize_with = "crate::id::maybe_name",
        skip_serializing_if = "Option::is_none"
    )]
    pub person: Option<ShortText>,
    /// The second person, who verified the acceptance; absent where nobody was named.
    #[serde(
        default,
        deserialize_with = "crate::id::maybe_name",
        skip_serializing_if = "Option::is_none"
    )]
    pub verified_by: Option<ShortText>,
    /// The leg that the acceptance belongs to; absent where it was not named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leg: Option<LegId>,
}

/// The goods were put in their place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Stowed {
    /// The party that put the goods in their place.
    pub by: PartyId,
    /// The place where the goods are now, in the reporter's words, such as `tank 2`.
    pub place: ShortText,
}

/// A leg began to move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Departed {
    /// The leg that departed, by its name in the plan.
    pub leg: LegId,
}

/// A leg reached its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Arrived {
    /// The leg that arrived, by its name in the plan.
    pub leg: LegId,
}

/// The goods were laid before customs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CustomsEntered {
    /// The leg on which the goods were laid before customs, by its name in the plan.
    pub leg: LegId,
}

/// Customs let the goods go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CustomsCleared {
    /// The leg on which customs let the goods go, by its name in the plan.
    pub leg: LegId,
}

/// A leg will not take place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LegCancelled {
    /// The leg that will not take place, by its name in the plan.
    pub leg: LegId,
    /// Why the leg will not take place, in the reporter's words.
    pub reason: ShortText,
}

/// The goods were taken off a leg.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct LegOffloaded {
    /// The leg that the goods were taken off, by its name in the plan.
    pub leg: LegId,
    /// Why the goods were taken off the leg, in the reporter's words.
    pub reason: ShortText,
}

/// A waypoint is now expected at another time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EtaChanged {
    /// The waypoint that is expected at another time, by its name in the plan.
    pub waypoint: Label,
    /// When the waypoint is now expected to be reached.
    pub eta: Moment,
}

/// The package of the goods was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Opened {
    /// The party that opened the package.
    pub by: PartyId,
    /// The other party that gave leave to open it; absent means that it was opened without leave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorised_by: Option<PartyId>,
}

/// The goods were taken out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Unpacked {
    /// The party that took the goods out.
    pub by: PartyId,
}

/// The goods were moved into another shipper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Repacked {
    /// The party that moved the goods into the other shipper.
    pub by: PartyId,
    /// The shipper that the goods are in now, by its serial.
    pub shipper: ShipperId,
    /// The units that were moved, as scanned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<UnitId>,
}

/// Somebody looked at what came, and took it in or refused it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Received {
    /// The party that took the goods in or refused them, by its id.
    pub by: PartyId,
    /// The units that came, as scanned.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<UnitId>,
    /// How many units came; given where nothing was scanned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// What was decided at the door: whether the goods were taken in or refused.
    pub verdict: Receipt,
    /// The order that was scanned at the receipt; absent where none was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
}

/// What can be decided at the door about goods that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Receipt {
    /// The goods were taken in.
    Accept,
    /// The goods were taken in, with a deviation that is still to be settled.
    AcceptUnderDeviation,
    /// The goods were refused at the door.
    Reject,
}

/// Quality released units for use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct QualityReleased {
    /// The party that released the units for use.
    pub by: PartyId,
    /// The units that were released for use; all of the shipment where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<UnitId>,
}

/// Quality decided what becomes of units after a deviation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Dispositioned {
    /// The party that decided what becomes of the units.
    pub by: PartyId,
    /// The units that were decided about; all of the shipment where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<UnitId>,
    /// What was decided: whether the units may be used.
    pub outcome: Disposition,
}

/// What quality may decide about units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Disposition {
    /// The units are fit for use.
    Use,
    /// The units are out of specification, and are used on a physician's request.
    UseOutOfSpecification,
    /// The units must not be used.
    Discard,
}

/// Units of the shipment were thawed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Thawed {
    /// The party that thawed the units.
    pub by: PartyId,
    /// The units that were thawed; all of the shipment where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<UnitId>,
}

/// Units were given to the patient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Infused {
    /// The party that gave the units to the patient.
    pub by: PartyId,
    /// The units that were given; all of the shipment where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<UnitId>,
}

/// Units of the shipment were destroyed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Destroyed {
    /// The party that destroyed the units.
    pub by: PartyId,
    /// The units that were destroyed; all of the shipment where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<UnitId>,
}

/// The shipment will not take place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Cancelled {
    /// Why the shipment will not take place, in the reporter's words.
    pub reason: ShortText,
}

/// The shipment is over and its papers are complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Closed {
    /// Until when the records of the shipment must be kept; absent where nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retain_until: Option<Moment>,
}
