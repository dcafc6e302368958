//! Every rule of custody, one line each.

pub mod content_count;
pub mod custody_gap;
pub mod dated_ahead;
pub mod double_holder;
pub mod identity_mismatch;
pub mod leads_nowhere;
pub mod lost_contact;
pub mod not_for_use;
pub mod package_opened;
pub mod refused;
pub mod two_plans;
pub mod wrong_party;

use crate::ledger::CustodyLedger;
use facts::{FactKind, RuleEntry, rule};

/// What is declared wrong, of all that custody hears.
const CORRECTED: &[FactKind] = &[FactKind::ShipmentCorrected, FactKind::OrderCorrected];

/// Every rule of this engine.
pub const ALL: &[RuleEntry<CustodyLedger>] = &[
    rule::<double_holder::DoubleHolder>(),
    rule::<custody_gap::CustodyGap>(),
    rule::<wrong_party::WrongParty>(),
    rule::<content_count::ContentCount>(),
    rule::<package_opened::PackageOpened>(),
    rule::<lost_contact::LostContact>(),
    rule::<two_plans::TwoPlans>(),
    rule::<refused::Refused>(),
    rule::<identity_mismatch::IdentityMismatch>(),
    rule::<not_for_use::NotForUse>(),
    rule::<leads_nowhere::LeadsNowhere>(),
    rule::<dated_ahead::DatedAhead>(),
];
