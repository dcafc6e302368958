//! Whose act a fact reports.

use super::{Fact, ShipmentFact};
use crate::id::PartyId;

impl Fact {
    /// The party that packed the goods, let go of them, took them over, opened their box, put them away or used them up;
    /// `None` for a packing that names nobody, and for every other fact.
    pub fn actor(&self) -> Option<&PartyId> {
        match self {
            Self::Shipment(fact) => fact.actor(),
            _ => None,
        }
    }
}

impl ShipmentFact {
    fn actor(&self) -> Option<&PartyId> {
        match self {
            Self::Packed(it) => it.by.as_ref(),
            Self::Released(it) => Some(&it.by),
            Self::Accepted(it) => Some(&it.by),
            Self::Received(it) => Some(&it.by),
            Self::Opened(it) => Some(&it.by),
            Self::Repacked(it) => Some(&it.by),
            Self::Unpacked(it) => Some(&it.by),
            Self::Stowed(it) => Some(&it.by),
            Self::Thawed(it) => Some(&it.by),
            Self::Infused(it) => Some(&it.by),
            Self::Destroyed(it) => Some(&it.by),
            Self::Planned(_) | Self::EtaChanged(_) | Self::Cancelled(_) | Self::Closed(_) => None,
            Self::Departed(_) | Self::Arrived(_) => None,
            Self::CustomsEntered(_) | Self::CustomsCleared(_) => None,
            Self::LegCancelled(_) | Self::LegOffloaded(_) => None,
            Self::QualityReleased(_) | Self::Dispositioned(_) => None,
            Self::ShipmentCorrected(_) | Self::Noted(_) => None,
        }
    }
}
