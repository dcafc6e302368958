//! Which facts report what has been done.

use super::Fact;

impl Fact {
    /// Whether it reports what was done with the goods, or decided or said of them, so that it cannot be of a later time than
    /// the report. Plans, schedules, qualifications, attachments and stays may be booked ahead.
    pub fn has_happened(&self) -> bool {
        let packing = matches!(
            self,
            Self::Packed(_) | Self::Repacked(_) | Self::Unpacked(_) | Self::Opened(_)
        );
        let hands = matches!(self, Self::Released(_) | Self::Accepted(_) | Self::Received(_));
        let way = matches!(
            self,
            Self::Departed(_)
                | Self::Arrived(_)
                | Self::CustomsEntered(_)
                | Self::CustomsCleared(_)
                | Self::LegCancelled(_)
                | Self::LegOffloaded(_)
        );
        let end = matches!(
            self,
            Self::Stowed(_)
                | Self::Thawed(_)
                | Self::Infused(_)
                | Self::Destroyed(_)
                | Self::Cancelled(_)
                | Self::Closed(_)
        );
        let decided = matches!(self, Self::QualityReleased(_) | Self::Dispositioned(_));
        // Somebody has said so, of whatever time it speaks.
        let said =
            matches!(self, Self::EtaChanged(_) | Self::ConditioningHeld(_) | Self::Postponed(_));
        packing || hands || way || end || decided || said
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
