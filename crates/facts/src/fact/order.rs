//! What happens to a patient's order: the chain of identity over all its shipments.

use crate::id::{PartyId, ShipmentId, Text, UnitId};
use crate::moment::Moment;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// An order was opened, with its dose plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Opened {
    /// The product of the rulebook.
    #[serde(deserialize_with = "crate::id::name")]
    pub product: Text,
    /// The units that make the dose.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<UnitId>,
    /// How many units, where they are not named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Whether unmodified cells for rescue must be at hand.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub rescue_required: bool,
}

/// The patient's steps were fixed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PatientScheduled {
    /// When conditioning begins: the point of no return.
    pub conditioning_start: Moment,
    /// When its last dose is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_dose: Option<Moment>,
    /// When the product is infused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub infusion: Option<Moment>,
}

/// The plant confirms that the product is there and will be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ProductAvailable {
    /// Who confirms.
    pub by: PartyId,
}

/// Rescue cells were counted and found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RescueConfirmed {
    /// Who confirms.
    pub by: PartyId,
}

/// Conditioning began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ConditioningStarted {
    /// Who reports it.
    pub by: PartyId,
}

/// Written by dispatch: conditioning was reported as started at a time that has not come yet. The report itself counts
/// when that time has come; this one bears its name and is taken back with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StartAhead {
    /// The time at which it is said to have started.
    pub starts: Moment,
}

/// Conditioning does not begin until it is scheduled again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ConditioningHeld {
    /// Who reports it.
    pub by: PartyId,
    /// Why.
    pub reason: Text,
}

/// The patient's treatment was put off until it is scheduled again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Postponed {
    /// Who reports it.
    pub by: PartyId,
    /// Why.
    pub reason: Text,
}

/// Written by dispatch: what became of each unit of the order, over all its shipments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Dose {
    /// One line per unit that any shipment of the order has spoken of, in order of their ids.
    pub units: Vec<DoseUnit>,
    /// The shipments that are to bring it and take place, as far as they are not called off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub carriers: Vec<Carrier>,
}

/// A shipment that is to bring a dose, or a part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Carrier {
    /// Which shipment.
    pub shipment: ShipmentId,
    /// Since when it is planned; planned again after a cancellation: since then.
    pub from: Moment,
}

/// One unit of a dose. Times are the reporters' (`occurred_at`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DoseUnit {
    /// Which unit.
    pub unit: UnitId,
    /// In which shipment it was last packed or received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipment: Option<ShipmentId>,
    /// When it was packed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packed: Option<Moment>,
    /// When the consignee of the plan in force received it and did not reject it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Moment>,
    /// When it was with the consignee before, and was shipped on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stays: Vec<Stay>,
    /// Who took it in, or was given it by the consignee, of whom nobody has said what he is: he may be a part of the consignee.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taken: Vec<Taken>,
    /// Whether it was taken in under a deviation that is not settled.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub deviation: bool,
    /// When quality settled a deviation under which it was taken in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<Moment>,
    /// When quality released it (or decided for its use).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<Moment>,
    /// When it was lost: discarded, destroyed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<Moment>,
    /// When it was lost before, and quality took that back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub out: Vec<Stay>,
    /// When it was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub infused: Option<Moment>,
}

impl DoseUnit {
    /// When it was lost, each time; what quality took back was lost until then.
    pub fn lost_at(&self) -> impl Iterator<Item = Moment> + '_ {
        self.out.iter().map(|out| out.from).chain(self.lost)
    }
    /// Since when it was lost at a moment.
    pub fn lost_by(&self, at: Moment) -> Option<Moment> {
        let out = self.out.iter().find(|out| out.from <= at && at < out.until);
        out.map(|out| out.from).or(self.lost.filter(|lost| *lost <= at))
    }
    /// When quality took back that it was lost at a moment.
    pub fn taken_back(&self, lost: Moment) -> Option<Moment> {
        self.out.iter().find(|out| out.from == lost).map(|out| out.until)
    }
}

/// A stretch of time: a unit was with the consignee and was shipped on after that, or was lost until quality took that back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Stay {
    /// When it was received, or lost.
    pub from: Moment,
    /// When it was packed for another address, or released to somebody who is no part of the consignee; or taken back.
    pub until: Moment,
}

/// A unit is with a party that the plan does not name and nobody has described.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Taken {
    /// With whom.
    pub by: PartyId,
    /// Since when.
    pub at: Moment,
}
