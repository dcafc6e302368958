//! The order of facts: by moment, at one moment by what can only have come first, then by identity.

use crate::event::Identity;
use crate::fact::{DeviceFact, Fact, OrderFact, PartyFact, PermitFact, ShipmentFact, StoreFact};
use crate::moment::Moment;

/// By what facts are ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sequence {
    /// The moment that counts.
    pub at: Moment,
    rank: Rank,
    /// What the fact is recognised by: it decides where nothing else does.
    pub identity: Identity,
}

/// Where a fact stands among those of its moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    /// Whoever plans again at the moment of a cancellation knows of it.
    CalledOff,
    Planned,
    /// What was planned for, known of a party, a permit or an order.
    Described,
    /// What takes something away that a word of the same moment gave.
    Restricted,
    /// Things come out before they go in: of a box, of a store, off a probe.
    Out,
    In,
    /// Let go before taken over; a chain of several is put in order by whoever walks it.
    LetGo,
    TakenOver,
    Moved,
    Arrived,
    Received,
    Decided,
    Used,
    Ended,
}

/// Where a fact stands.
pub fn sequence(at: Moment, fact: &Fact, identity: Identity) -> Sequence {
    Sequence { at, rank: rank(fact), identity }
}

fn rank(fact: &Fact) -> Rank {
    match fact {
        Fact::Shipment(fact) => of_shipment(fact),
        Fact::Device(fact) => of_device(fact),
        Fact::Store(StoreFact::NoLongerHolds(_)) => Rank::Out,
        Fact::Store(StoreFact::Holds(_)) => Rank::In,
        Fact::Permit(PermitFact::PermitSuspended(_) | PermitFact::Revoked(_)) => Rank::Restricted,
        Fact::Permit(PermitFact::Granted(_) | PermitFact::Amended(_)) => Rank::Described,
        Fact::Party(PartyFact::PartySuspended(_)) => Rank::Restricted,
        Fact::Party(PartyFact::Described(_) | PartyFact::Qualified(_)) => Rank::Described,
        Fact::Order(fact) => of_order(fact),
        Fact::Staff(_) | Fact::System(_) => Rank::Described,
    }
}

fn of_shipment(fact: &ShipmentFact) -> Rank {
    use ShipmentFact as F;
    match fact {
        F::Cancelled(_) => Rank::CalledOff,
        F::Planned(_) => Rank::Planned,
        F::LegCancelled(_) | F::LegOffloaded(_) => Rank::Restricted,
        F::Opened(_) | F::Unpacked(_) => Rank::Out,
        F::Packed(_) | F::Repacked(_) => Rank::In,
        F::Released(_) => Rank::LetGo,
        F::Accepted(_) => Rank::TakenOver,
        F::Departed(_) | F::CustomsEntered(_) => Rank::Moved,
        F::Arrived(_) | F::CustomsCleared(_) | F::Stowed(_) => Rank::Arrived,
        F::Received(_) => Rank::Received,
        F::QualityReleased(_) | F::Dispositioned(_) => Rank::Decided,
        F::Thawed(_) | F::Infused(_) | F::Destroyed(_) => Rank::Used,
        F::Closed(_) => Rank::Ended,
        F::EtaChanged(_) | F::ShipmentCorrected(_) | F::Noted(_) => Rank::Described,
    }
}

fn of_device(fact: &DeviceFact) -> Rank {
    use DeviceFact as F;
    match fact {
        F::Calibrated(calibrated) if !calibrated.passed => Rank::Restricted,
        F::Detached(_) => Rank::Out,
        F::Attached(_) => Rank::In,
        F::Calibrated(_) | F::Reading(_) | F::Imported(_) | F::DeviceCorrected(_) => {
            Rank::Described
        }
    }
}

fn of_order(fact: &OrderFact) -> Rank {
    use OrderFact as F;
    match fact {
        F::Postponed(_) | F::ConditioningHeld(_) => Rank::CalledOff,
        F::PatientScheduled(_) | F::OrderOpened(_) => Rank::Planned,
        F::ConditioningStarted(_) => Rank::Decided,
        F::ProductAvailable(_) | F::RescueConfirmed(_) | F::OrderCorrected(_) => Rank::Described,
    }
}
