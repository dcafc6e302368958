//! Every rule of permits, one line each.

pub mod not_valid_at_act;
pub mod over_used;

use crate::papers::Papers;
use facts::{Kind, rule};

/// Every rule of this engine.
pub const ALL: &[Kind<Papers>] =
    &[rule::<not_valid_at_act::NotValidAtAct>(), rule::<over_used::OverUsed>()];
