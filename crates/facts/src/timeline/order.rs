//! The order of facts: by moment, at one moment by what can only have come first, then by identity.

use crate::event::Identity;
use crate::fact::Fact;
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
        Fact::Cancelled(_) | Fact::Postponed(_) | Fact::ConditioningHeld(_) => Rank::CalledOff,
        Fact::Planned(_) | Fact::PatientScheduled(_) | Fact::OrderOpened(_) => Rank::Planned,
        Fact::PartySuspended(_) | Fact::PermitSuspended(_) | Fact::Revoked(_) => Rank::Restricted,
        Fact::Calibrated(c) if !c.passed => Rank::Restricted,
        Fact::LegCancelled(_) | Fact::LegOffloaded(_) => Rank::Restricted,
        Fact::Opened(_) | Fact::Unpacked(_) | Fact::Detached(_) | Fact::NoLongerHolds(_) => {
            Rank::Out
        }
        Fact::Packed(_) | Fact::Repacked(_) | Fact::Attached(_) | Fact::Holds(_) => Rank::In,
        Fact::Released(_) => Rank::LetGo,
        Fact::Accepted(_) => Rank::TakenOver,
        Fact::Departed(_) | Fact::CustomsEntered(_) => Rank::Moved,
        Fact::Arrived(_) | Fact::CustomsCleared(_) | Fact::Stowed(_) => Rank::Arrived,
        Fact::Received(_) => Rank::Received,
        Fact::QualityReleased(_) | Fact::Dispositioned(_) | Fact::ConditioningStarted(_) => {
            Rank::Decided
        }
        Fact::Thawed(_) | Fact::Infused(_) | Fact::Destroyed(_) => Rank::Used,
        Fact::Closed(_) => Rank::Ended,
        _ => Rank::Described,
    }
}
