//! Every rule of the schedule, one line each.

pub mod called_off;
pub mod expires_before_use;
pub mod milestone_overdue;
pub mod start_ahead;
pub mod started_early;

use crate::schedule_state::ScheduleState;
use facts::{FactKind, RuleEntry, rule};

/// What is declared wrong, of all that the schedule hears.
const CORRECTED: &[FactKind] = &[FactKind::ShipmentCorrected, FactKind::OrderCorrected];
/// What concerns the patient's order: the dose, its gate and the treatment.
const ORDER: &[FactKind] = &[
    FactKind::OrderOpened,
    FactKind::Dose,
    FactKind::ProductAvailable,
    FactKind::RescueConfirmed,
    FactKind::PatientScheduled,
    FactKind::ConditioningStarted,
    FactKind::ConditioningHeld,
    FactKind::Postponed,
];

/// Every rule of this engine.
pub const ALL: &[RuleEntry<ScheduleState>] = &[
    rule::<started_early::StartedEarly>(),
    rule::<milestone_overdue::MilestoneOverdue>(),
    rule::<called_off::CancelledAndPlanned>(),
    rule::<start_ahead::StartDatedAhead>(),
    rule::<expires_before_use::ExpiresBeforeUse>(),
];
