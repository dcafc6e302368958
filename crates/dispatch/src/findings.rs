//! What dispatch finds by itself, without a rule that judges; each has its page beside it.

use facts::{Severity, SystemFinding};

/// The same outside event came with other content.
pub const CONFLICTING_COPY: SystemFinding = SystemFinding::new(
    "system/conflicting-copy",
    "SYS-COPY",
    Severity::P2,
    include_str!("conflicting_copy.md"),
);
/// A report came under several ids, and one of them was declared wrong.
pub const DECLARED_WRONG: SystemFinding = SystemFinding::new(
    "system/declared-wrong",
    "SYS-WRONG",
    Severity::P3,
    include_str!("declared_wrong.md"),
);
/// A plan is dated ahead, and another one is in force until then.
pub const PLAN_AHEAD: SystemFinding = SystemFinding::new(
    "system/plan-ahead",
    "SYS-PLAN",
    Severity::P3,
    include_str!("plan_ahead.md"),
);
/// A correction names something that nobody reported of its subject.
pub const CORRECTS_NOTHING: SystemFinding = SystemFinding::new(
    "system/corrects-nothing",
    "SYS-CORR",
    Severity::P3,
    include_str!("corrects_nothing.md"),
);
/// An id came with characters that nobody sees.
pub const HIDDEN_CHARACTERS: SystemFinding = SystemFinding::new(
    "system/hidden-characters",
    "SYS-HIDE",
    Severity::P3,
    include_str!("hidden_characters.md"),
);
/// Two ids of one kind are in use that look alike.
pub const NEAR_TWIN: SystemFinding =
    SystemFinding::new("system/near-twin", "SYS-TWIN", Severity::P3, include_str!("near_twin.md"));
/// The air waybill of the plan in force is none.
pub const WRONG_WAYBILL: SystemFinding = SystemFinding::new(
    "system/wrong-waybill",
    "SYS-AWB",
    Severity::P3,
    include_str!("wrong_waybill.md"),
);
/// A fact came for a shipment that was put away.
pub const AFTER_CLOSING: SystemFinding = SystemFinding::new(
    "system/after-closing",
    "SYS-LATE",
    Severity::P3,
    include_str!("after_closing.md"),
);

/// All of them.
pub const ALL: &[&SystemFinding] = &[
    &CONFLICTING_COPY,
    &DECLARED_WRONG,
    &PLAN_AHEAD,
    &CORRECTS_NOTHING,
    &HIDDEN_CHARACTERS,
    &NEAR_TWIN,
    &WRONG_WAYBILL,
    &AFTER_CLOSING,
];
