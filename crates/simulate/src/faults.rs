//! What can go wrong, one file each: how it is planted, and all that must be found because of it.
//!
//! A fault is planted well beyond or well within what people allow, so that its truth does not hang on the
//! numbers of a rulebook.

mod above_step;
mod after_no_return;
mod content_count;
mod custody_gap;
mod double_holder;
mod gap;
mod hold_conditioning;
mod logger_silent;
mod milestone_overdue;
mod mkt_over;
mod not_valid_at_act;
mod over_used;
mod started_early;
mod too_cold;
mod too_warm;
mod wrong_party;

use crate::trip::{Cargo, Trip};
use fastrand::Rng;

pub(crate) use content_count::hold;
pub(crate) use started_early::inject as started_early;

/// One kind of fault.
#[derive(Clone, Copy)]
pub(crate) struct Fault {
    /// Which cargo it can happen to.
    pub(crate) cargo: &'static [Cargo],
    /// Plants it into a trip that is well.
    pub(crate) inject: fn(&mut Trip, &mut Rng),
}

/// Every kind.
pub(crate) const ALL: &[Fault] = &[
    double_holder::FAULT,
    custody_gap::FAULT,
    wrong_party::FAULT,
    content_count::FAULT,
    too_warm::FAULT,
    too_cold::FAULT,
    above_step::FAULT,
    mkt_over::FAULT,
    logger_silent::FAULT,
    gap::FAULT,
    not_valid_at_act::FAULT,
    over_used::FAULT,
    hold_conditioning::FAULT,
    after_no_return::FAULT,
    started_early::FAULT,
    milestone_overdue::FAULT,
];
