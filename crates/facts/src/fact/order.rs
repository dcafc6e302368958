//! What happens to a patient's order: the chain of identity over all its shipments.

use crate::id::{PartyId, ShipmentId, ShortText, UnitId};
use crate::moment::Moment;
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// An order was opened, with its dose plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Opened {
    /// The product that was ordered, by its name in the rulebook.
    #[serde(deserialize_with = "crate::id::name")]
    pub product: ShortText,
    /// The units that make the dose, by their ids; absent where they are not named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<UnitId>,
    /// How many units make the dose; given where they are not named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Whether unmodified cells for rescue must be at hand; absent means no.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub rescue_required: bool,
}

/// The dates of the patient's treatment were fixed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PatientScheduled {
    /// When conditioning is to begin: the point of no return.
    pub conditioning_start: Moment,
    /// When the last dose of the conditioning is to be given; absent where nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_dose: Option<Moment>,
    /// When the product is to be infused; absent where nobody said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub infusion: Option<Moment>,
}

/// The plant confirms that the product is there and will be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ProductAvailable {
    /// The party that confirms that the product is there.
    pub by: PartyId,
}

/// Rescue cells were counted and found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RescueConfirmed {
    /// The party that confirms that the rescue cells were found.
    pub by: PartyId,
}

/// Conditioning of the patient began: the point of no return is passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ConditioningStarted {
    /// The party that reports that conditioning began.
    pub by: PartyId,
}

/// Written by dispatch: conditioning was reported as started at a time that has not come yet. The report itself counts
/// when that time has come; this one bears its name and is taken back with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StartAhead {
    /// The time at which conditioning is said to have started; it has not come yet.
    pub starts: Moment,
}

/// Conditioning does not begin until it is scheduled again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ConditioningHeld {
    /// The party that reports that conditioning is held.
    pub by: PartyId,
    /// Why conditioning is held, in the reporter's words.
    pub reason: ShortText,
}

/// The patient's treatment was put off until it is scheduled again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Postponed {
    /// The party that reports that the treatment was put off.
    pub by: PartyId,
    /// Why the treatment was put off, in the reporter's words.
    pub reason: ShortText,
}

/// Written by dispatch: what became of each unit of the order, over all its shipments.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Dose {
    /// One line per unit that any shipment of the order has spoken of, in order of their ids.
    pub units: Vec<DoseUnit>,
    /// The shipments that are to bring the dose, without those that were called off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub carriers: Vec<Carrier>,
}

/// A shipment that is to bring a dose, or a part of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Carrier {
    /// The shipment that is to bring the dose.
    pub shipment: ShipmentId,
    /// Since when the shipment is planned; where it was cancelled and planned again, since then.
    pub from: Moment,
}

/// One unit of a dose. Its times are by the reporters' clocks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DoseUnit {
    /// The unit that this line is about, by its id.
    pub unit: UnitId,
    /// The shipment in which the unit was last packed or received; absent where none is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipment: Option<ShipmentId>,
    /// When the unit was last packed; absent where that was never reported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packed: Option<Moment>,
    /// When the consignee of the plan in force received the unit and did not reject it; absent where it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Moment>,
    /// Earlier stretches in which the unit was with the consignee, each until it was shipped on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stays: Vec<Stay>,
    /// Parties that took the unit in, or were given it by the consignee, and that nobody has described: each may be a
    /// part of the consignee.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taken: Vec<Taken>,
    /// Whether it was refused, or taken in under a deviation, and quality has not settled that.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub deviation: bool,
    /// When quality settled a deviation under which the unit was taken in; absent where there was none to settle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<Moment>,
    /// When quality released the unit, or decided for its use; absent where it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<Moment>,
    /// When the unit was lost, because it was discarded or destroyed; absent while it is not lost.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost: Option<Moment>,
    /// Earlier stretches in which the unit was lost, each until quality took that back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub out: Vec<Stay>,
    /// When the unit was given to the patient; absent while it was not.
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
    /// When the stretch began, because the unit was received or lost.
    pub from: Moment,
    /// When the stretch ended: the unit was packed for another address or released to somebody who is no part of the
    /// consignee, or the loss was taken back.
    pub until: Moment,
}

/// A unit is with a party that the plan does not name and nobody has described.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Taken {
    /// The party that the unit is with.
    pub by: PartyId,
    /// When that party took the unit over, by the reporter's clock.
    pub at: Moment,
}
