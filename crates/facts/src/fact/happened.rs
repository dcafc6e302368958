//! Which facts report what has been done.

use super::{Fact, FactKind};

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
        let packed = matches!(self, Self::Packed(_) | Self::Repacked(_) | Self::Opened(_));
        let handed = matches!(self, Self::Released(_) | Self::Accepted(_) | Self::Received(_));
        let on_the_way = matches!(self, Self::Departed(_) | Self::Arrived(_) | Self::Stowed(_));
        let customs = matches!(self, Self::CustomsEntered(_) | Self::CustomsCleared(_));
        let used = matches!(self, Self::Unpacked(_) | Self::Thawed(_) | Self::Infused(_));
        let stored = matches!(self, Self::Holds(_) | Self::NoLongerHolds(_));
        let destroyed = matches!(self, Self::Destroyed(_));
        packed || handed || on_the_way || customs || used || stored || destroyed
    }
}
