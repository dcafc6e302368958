//! Every rule of the schedule, one line each.

pub mod called_off;
pub mod milestone_overdue;
pub mod start_ahead;
pub mod started_early;

use crate::calendar::Calendar;
use facts::{Kind, rule};

/// Every rule of this engine.
pub const ALL: &[Kind<Calendar>] = &[
    rule::<started_early::StartedEarly>(),
    rule::<milestone_overdue::MilestoneOverdue>(),
    rule::<called_off::CancelledAndPlanned>(),
    rule::<start_ahead::StartAhead>(),
];
