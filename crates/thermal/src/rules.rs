//! Every rule of temperature and its record, one line each.

pub mod above_step;
pub mod clock_wrong;
pub mod device_unfit;
pub mod gap;
pub mod logger_silent;
pub mod mkt_over;
pub mod no_probe;
pub mod not_judged;
pub mod too_cold;
pub mod too_warm;

use crate::memory::Memory;
use facts::{Kind, rule};

/// Every rule of this engine.
pub const ALL: &[Kind<Memory>] = &[
    rule::<too_warm::TooWarm>(),
    rule::<too_cold::TooCold>(),
    rule::<above_step::AboveStep>(),
    rule::<mkt_over::MktOver>(),
    rule::<logger_silent::LoggerSilent>(),
    rule::<clock_wrong::ClockWrong>(),
    rule::<gap::Gap>(),
    rule::<device_unfit::DeviceUnfit>(),
    rule::<no_probe::NoProbe>(),
    rule::<not_judged::NotJudged>(),
];
