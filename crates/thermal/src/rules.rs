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

use crate::memory::ThermalMemory;
use facts::{FactKind, RuleEntry, rule};

/// What is declared wrong, of all that thermal hears.
const CORRECTED: &[FactKind] = &[FactKind::ShipmentCorrected, FactKind::DeviceCorrected];
/// Where the goods are beside their hand-overs, with which probes, and until when that is watched.
const PLACES: &[FactKind] = &[
    FactKind::Opened,
    FactKind::Unpacked,
    FactKind::Dispositioned,
    FactKind::Holds,
    FactKind::NoLongerHolds,
    FactKind::Attached,
    FactKind::Detached,
];
/// What was measured, and how far that can be relied on. It tells of a store, too, whether the goods in it were in its air.
const READINGS: &[FactKind] = &[FactKind::Reading, FactKind::Withdrawn, FactKind::Calibrated];

/// Every rule of this engine.
pub const ALL: &[RuleEntry<ThermalMemory>] = &[
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
