//! Which facts report what has been done.

use super::{Fact, FactKind, ShipmentFact, StoreFact};

impl FactKind {
    /// What reports what was done with the goods, or decided or said of them.
    pub const HAS_HAPPENED: &[Self] = &[
        Self::Packed,
        Self::Repacked,
        Self::Unpacked,
        Self::Opened,
        Self::Released,
        Self::Accepted,
        Self::Received,
        Self::Departed,
        Self::Arrived,
        Self::CustomsEntered,
        Self::CustomsCleared,
        Self::LegCancelled,
        Self::LegOffloaded,
        Self::Stowed,
        Self::Thawed,
        Self::Infused,
        Self::Destroyed,
        Self::Cancelled,
        Self::Closed,
        Self::QualityReleased,
        Self::Dispositioned,
        // Somebody has said so, of whatever time it speaks.
        Self::EtaChanged,
        Self::ConditioningHeld,
        Self::Postponed,
    ];
}

impl Fact {
    /// Whether it reports what was done with the goods, or decided or said of them, so that it cannot be of a later time than
    /// the report. Plans, schedules, qualifications, attachments and stays may be booked ahead.
    pub fn has_happened(&self) -> bool {
        FactKind::HAS_HAPPENED.contains(&self.kind())
    }

    /// Whether it reports that the goods were packed, moved, stored or used: a shipment of which none of that was said is planned
    /// at most.
    pub fn shows_under_way(&self) -> bool {
        match self {
            Self::Shipment(fact) => fact.shows_under_way(),
            Self::Store(StoreFact::Holds(_) | StoreFact::NoLongerHolds(_)) => true,
            Self::Device(_) | Self::Permit(_) | Self::Party(_) | Self::Order(_) => false,
            Self::Staff(_) | Self::System(_) => false,
        }
    }
}

impl ShipmentFact {
    fn shows_under_way(&self) -> bool {
        match self {
            Self::Packed(_) | Self::Repacked(_) | Self::Unpacked(_) | Self::Opened(_) => true,
            Self::Released(_) | Self::Accepted(_) | Self::Received(_) => true,
            Self::Departed(_) | Self::Arrived(_) | Self::Stowed(_) => true,
            Self::CustomsEntered(_) | Self::CustomsCleared(_) => true,
            Self::Thawed(_) | Self::Infused(_) | Self::Destroyed(_) => true,
            Self::Planned(_) | Self::EtaChanged(_) | Self::Cancelled(_) | Self::Closed(_) => false,
            Self::LegCancelled(_) | Self::LegOffloaded(_) => false,
            Self::QualityReleased(_) | Self::Dispositioned(_) => false,
            Self::ShipmentCorrected(_) | Self::Noted(_) => false,
        }
    }
}
