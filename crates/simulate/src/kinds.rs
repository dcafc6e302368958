//! What the field showed to be missed: one file each, as with `faults`. They are planted only where they are asked for, so
//! that a week without them stays what it was.

mod another_hospital;
mod booked_ahead;
mod cancelled_and_revived;
mod expected_too_late;
mod frozen_while_settling;
mod future_stamp;
mod handed_on_at_once;
mod never_a_reading;
mod never_planned;
mod no_logger;
mod offloaded;
mod one_bag_left;
mod one_permit_two_acts;
mod opened_with_leave;
mod packed_tomorrow;
mod planned_against;
mod received_twice;
mod repacked_at_once;
mod rising;
mod schedule_sent_again;
mod second_excursion;
mod taken_off;
mod unfit_logger;
mod wrong_dated;

use crate::faults::Fault;

/// A kind of fault of the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum InjectedFault {
    /// Received by another hospital.
    AnotherHospital,
    /// A logger is booked for its next trip and falls silent on this one.
    BookedAhead,
    /// Cancelled by mistake and planned again; then conditioning is begun too early.
    CancelledAndRevived,
    /// A new expected time lies after the cells are too old, and is put right.
    ExpectedTooLate,
    /// Frozen in the half hour in which a box settles.
    FrozenWhileSettling,
    /// One reading is stamped months ahead in the middle of an excursion.
    FutureStamp,
    /// Two couriers hand the goods over in one minute; then nobody accepts them.
    HandedOnAtOnce,
    /// A logger that should send was never started.
    NeverAReading,
    /// Goods travel, and nobody has sent a plan.
    NeverPlanned,
    /// The goods travel without a logger.
    NoLogger,
    /// The flight leaves without the goods, and their logger falls silent.
    Offloaded,
    /// One bag is infused, and the tank of the other one warms.
    OneBagLeft,
    /// One permit for two acts, and it ends between them.
    OnePermitTwoActs,
    /// Opened with leave, closed again, and warm after it.
    OpenedWithLeave,
    /// The packing is dated a day ahead, and the box is warm today.
    PackedTomorrow,
    /// Cancelled, and planned again under the number that it had.
    PlannedAgainst,
    /// Taken in under a deviation, and scanned as accepted after that.
    ReceivedTwice,
    /// Unpacked and repacked in one minute, and warm after it.
    RepackedAtOnce,
    /// A tank that goes on warming while its alarm stands.
    Rising,
    /// The schedule is sent again with a later day after conditioning has begun; then the tank warms.
    ScheduleSentAgain,
    /// A second excursion after the first one's incident was closed.
    SecondExcursion,
    /// The logger is taken off in the middle of an excursion.
    TakenOff,
    /// The only logger failed its calibration, and sees ice.
    UnfitLogger,
    /// A logger's clock jumps back by weeks.
    WrongDated,
}

impl InjectedFault {
    /// Every kind.
    pub const ALL: &'static [InjectedFault] = &[
        Self::AnotherHospital,
        Self::BookedAhead,
        Self::CancelledAndRevived,
        Self::ExpectedTooLate,
        Self::FrozenWhileSettling,
        Self::FutureStamp,
        Self::HandedOnAtOnce,
        Self::NeverAReading,
        Self::NeverPlanned,
        Self::NoLogger,
        Self::Offloaded,
        Self::OneBagLeft,
        Self::OnePermitTwoActs,
        Self::OpenedWithLeave,
        Self::PackedTomorrow,
        Self::PlannedAgainst,
        Self::ReceivedTwice,
        Self::RepackedAtOnce,
        Self::Rising,
        Self::ScheduleSentAgain,
        Self::SecondExcursion,
        Self::TakenOff,
        Self::UnfitLogger,
        Self::WrongDated,
    ];

    pub(crate) fn fault(self) -> Fault {
        match self {
            Self::AnotherHospital => another_hospital::FAULT,
            Self::BookedAhead => booked_ahead::FAULT,
            Self::CancelledAndRevived => cancelled_and_revived::FAULT,
            Self::ExpectedTooLate => expected_too_late::FAULT,
            Self::FrozenWhileSettling => frozen_while_settling::FAULT,
            Self::FutureStamp => future_stamp::FAULT,
            Self::HandedOnAtOnce => handed_on_at_once::FAULT,
            Self::NeverAReading => never_a_reading::FAULT,
            Self::NeverPlanned => never_planned::FAULT,
            Self::NoLogger => no_logger::FAULT,
            Self::Offloaded => offloaded::FAULT,
            Self::OneBagLeft => one_bag_left::FAULT,
            Self::OnePermitTwoActs => one_permit_two_acts::FAULT,
            Self::OpenedWithLeave => opened_with_leave::FAULT,
            Self::PackedTomorrow => packed_tomorrow::FAULT,
            Self::PlannedAgainst => planned_against::FAULT,
            Self::ReceivedTwice => received_twice::FAULT,
            Self::RepackedAtOnce => repacked_at_once::FAULT,
            Self::Rising => rising::FAULT,
            Self::ScheduleSentAgain => schedule_sent_again::FAULT,
            Self::SecondExcursion => second_excursion::FAULT,
            Self::TakenOff => taken_off::FAULT,
            Self::UnfitLogger => unfit_logger::FAULT,
            Self::WrongDated => wrong_dated::FAULT,
        }
    }
}
