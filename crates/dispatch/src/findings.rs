//! What dispatch finds by itself, without a rule that judges; each has its page beside it.

use facts::{Severity, SystemFinding, Templates};

/// What is said of each.
pub(crate) mod words {
    pub(crate) mod conflicting_copy {
        facts::messages! {
            "system/conflicting-copy":
            AGAIN "again" =
                "{source} reported `{id}` of {subject} a second time with other content: the second report is not applied";
            LAST "last" =
                "{source} reported `{id}` of {subject} a second time with other content: the second report is not applied, and if that goes on it is not told again";
        }
    }
    pub(crate) mod declared_wrong {
        facts::messages! {
            "system/declared-wrong":
            SOME "some" =
                "a report about {subject} came under several ids, of which some were declared wrong and others not: it counts as wrong ({source} reported `{id}`)";
        }
    }
    pub(crate) mod plan_ahead {
        facts::messages! {
            "system/plan-ahead":
            AHEAD "ahead" =
                "version {version} of the plan takes effect at {at}: until then the goods are judged by the one before it";
        }
    }
    pub(crate) mod corrects_nothing {
        facts::messages! {
            "system/corrects-nothing":
            NOTHING "nothing" =
                "the correction `{by}` of {subject} names `{id}` of {source}, and no such report of it is known: what it was to correct still counts";
        }
    }
    pub(crate) mod hidden_characters {
        facts::messages! {
            "system/hidden-characters":
            HIDDEN "hidden" =
                "{source} wrote `{id}` with hidden characters, {taken}: without them it speaks of {subject}, and so it is judged";
        }
    }
    pub(crate) mod near_twin {
        facts::messages! {
            "system/near-twin":
            CASE "case" =
                "{kind} `{id}` and {others} are both in use and differ in capital letters alone: they count as two, and what is said of the one is not heard of the other";
            ID "id" = "`{id}`";
            LOOKS "looks" =
                "{kind} `{id}` is in use, and so is {others}: they look alike and count as two, and what is said of the one is not heard of the other";
            OTHER "other" = "`{other}` with {differences}";
        }
    }
    pub(crate) mod wrong_waybill {
        facts::messages! {
            "system/wrong-waybill":
            NONE "none" = "the air waybill of the plan is none: {why}";
        }
    }
    pub(crate) mod after_closing {
        facts::messages! {
            "system/after-closing":
            LATE "late" =
                "{shipment} was put away: what is reported of it now is not judged until it is replayed";
        }
    }
}

/// The same outside event came with other content.
pub const CONFLICTING_COPY: SystemFinding = SystemFinding::new(
    "system/conflicting-copy",
    "SYS-COPY",
    Severity::P2,
    &[words::conflicting_copy::MESSAGES],
    include_str!("conflicting_copy.md"),
);
/// A report came under several ids, and one of them was declared wrong.
pub const DECLARED_WRONG: SystemFinding = SystemFinding::new(
    "system/declared-wrong",
    "SYS-WRONG",
    Severity::P3,
    &[words::declared_wrong::MESSAGES],
    include_str!("declared_wrong.md"),
);
/// A plan is dated ahead, and another one is in force until then.
pub const PLAN_AHEAD: SystemFinding = SystemFinding::new(
    "system/plan-ahead",
    "SYS-PLAN",
    Severity::P3,
    &[words::plan_ahead::MESSAGES],
    include_str!("plan_ahead.md"),
);
/// A correction names something that nobody reported of its subject.
pub const CORRECTS_NOTHING: SystemFinding = SystemFinding::new(
    "system/corrects-nothing",
    "SYS-CORR",
    Severity::P3,
    &[words::corrects_nothing::MESSAGES],
    include_str!("corrects_nothing.md"),
);
/// An id came with characters that nobody sees.
pub const HIDDEN_CHARACTERS: SystemFinding = SystemFinding::new(
    "system/hidden-characters",
    "SYS-HIDE",
    Severity::P3,
    &[words::hidden_characters::MESSAGES],
    include_str!("hidden_characters.md"),
);
/// Two ids of one kind are in use that look alike.
pub const NEAR_TWIN: SystemFinding = SystemFinding::new(
    "system/near-twin",
    "SYS-TWIN",
    Severity::P3,
    &[words::near_twin::MESSAGES],
    include_str!("near_twin.md"),
);
/// The air waybill of the plan in force is none.
pub const WRONG_WAYBILL: SystemFinding = SystemFinding::new(
    "system/wrong-waybill",
    "SYS-AWB",
    Severity::P3,
    &[words::wrong_waybill::MESSAGES],
    include_str!("wrong_waybill.md"),
);
/// A fact came for a shipment that was put away.
pub const AFTER_CLOSING: SystemFinding = SystemFinding::new(
    "system/after-closing",
    "SYS-LATE",
    Severity::P3,
    &[words::after_closing::MESSAGES],
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

/// The words of all of them.
pub(crate) const WORDS: Templates<'static> = Templates(&[
    words::conflicting_copy::MESSAGES,
    words::declared_wrong::MESSAGES,
    words::plan_ahead::MESSAGES,
    words::corrects_nothing::MESSAGES,
    words::hidden_characters::MESSAGES,
    words::near_twin::MESSAGES,
    words::wrong_waybill::MESSAGES,
    words::after_closing::MESSAGES,
]);
