//! Every rule of permits, one line each.

pub mod not_valid_at_act;
pub mod over_used;

use crate::permit_history::PermitHistory;
use facts::{FactKind, RuleEntry, rule};

/// What is declared wrong, of all that permits hears.
const CORRECTED: &[FactKind] = &[FactKind::ShipmentCorrected];
/// What is said of a permit, by those who grant it.
const PAPERS: &[FactKind] =
    &[FactKind::Granted, FactKind::Amended, FactKind::PermitSuspended, FactKind::Revoked];
/// What is planned, and what tells when the acts that permits gate are done, by whom.
const ACTS: &[FactKind] = &[
    FactKind::Planned,
    FactKind::EtaChanged,
    FactKind::Cancelled,
    FactKind::Closed,
    FactKind::Departed,
    FactKind::Arrived,
    FactKind::CustomsEntered,
    FactKind::Described,
    FactKind::Released,
    FactKind::Accepted,
    FactKind::Received,
];

/// Every rule of this engine.
pub const ALL: &[RuleEntry<PermitHistory>] =
    &[rule::<not_valid_at_act::NotValidAtAct>(), rule::<over_used::OverUsed>()];
