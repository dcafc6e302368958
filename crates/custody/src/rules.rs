//! Every rule of custody, one line each.

pub mod content_count;
pub mod custody_gap;
pub mod double_holder;
pub mod wrong_party;

use crate::ledger::Ledger;
use facts::{Kind, rule};

/// Every rule of this engine.
pub const ALL: &[Kind<Ledger>] = &[
    rule::<double_holder::DoubleHolder>(),
    rule::<custody_gap::CustodyGap>(),
    rule::<wrong_party::WrongParty>(),
    rule::<content_count::ContentCount>(),
];
