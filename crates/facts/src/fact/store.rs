//! What freezers, tanks and depots hold.

use crate::id::{ShipmentId, UnitId};
use alloc::vec::Vec;
use serde::{Deserialize, Serialize};

/// A store took units in; its device's readings are now theirs, too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Holds {
    /// The shipment that the units belong to.
    pub shipment: ShipmentId,
    /// The units that the store took in; all of the shipment where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<UnitId>,
}

/// A store gave units out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NoLongerHolds {
    /// The shipment that the units belong to.
    pub shipment: ShipmentId,
    /// The units that the store gave out; all of the shipment where none is named.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<UnitId>,
}
