//! What is wrong, how we know, and when that changed.

use crate::id::{ShipmentId, ShortText};
use crate::message::Message;
use crate::moment::{Moment, Span};
use crate::unit::MilliCelsius;
use alloc::{string::String, vec::Vec};
use core::fmt;
use serde::{Deserialize, Serialize};

/// How bad something is: P1 is the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Severity {
    /// The dose or the patient may be lost.
    P1,
    /// It becomes P1 if nobody acts.
    P2,
    /// It is to be mended in this shift.
    P3,
    /// It is told for the record.
    P4,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// How sure it is that something is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It is wrong by what is known.
    Violated,
    /// It cannot be said to be right: unknown is not fine.
    Unknown,
}

/// What became of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It was not known before (it may be over already: learnt late).
    Raised,
    /// Its verdict, severity, bounds or figures are others now.
    Changed,
    /// What was wrong is over.
    Cleared,
    /// It never was so: a correction or late data took its ground away.
    Withdrawn,
    /// It is so under the old rules, not under those now in force.
    Superseded,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Raised => "raised",
            Self::Changed => "changed",
            Self::Cleared => "cleared",
            Self::Withdrawn => "withdrawn",
            Self::Superseded => "superseded",
        })
    }
}

/// The name of a finding, which is given once and for ever.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Name {
    /// The rule that raised the finding, such as `custody/late-handover`.
    pub rule: ShortText,
    /// What it is about: a unit, device, probe, permit or leg; empty for the whole shipment.
    pub about: ShortText,
    /// The offset of the entry that first raised it.
    pub offset: u64,
    /// Which of the outputs of that entry it was, counted from 0.
    pub index: u32,
}

/// What was measured of a finding, as values for programs; people read its sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Figures {
    /// The value furthest outside the limit, so far.
    pub peak: MilliCelsius,
    /// The limit or step that it is held against.
    pub limit: MilliCelsius,
    /// How long it is known to have been outside, in all, by when this was said.
    pub lasted: Span,
}

impl Figures {
    /// How far outside the limit the peak lies, in thousandths of a degree.
    pub fn distance(&self) -> i32 {
        self.peak.milli().saturating_sub(self.limit.milli()).saturating_abs()
    }
}

/// Which of several findings that are equally bad people must read first: the earlier, the less time and the less return
/// there is. A rule declares it of itself.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash, Serialize, Deserialize,
)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Precedence {
    /// It is about the wrong goods for this patient, or goods that must not be used.
    Identity,
    /// The patient is past the point of no return.
    NoReturn,
    /// The patient is about to pass it, or just has, and somebody may still stop that.
    Begun,
    /// It comes before none of the others.
    #[default]
    Ordinary,
}

/// A change of what coldwatch says is wrong with a shipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Finding {
    /// The name of the finding, which stays the same in all its states.
    pub name: Name,
    /// The code of the rule in the catalogue, such as `CUS-02`.
    pub code: ShortText,
    /// The shipment that this finding is about.
    pub shipment: ShipmentId,
    /// What became of the finding with this event.
    pub state: State,
    /// How bad it is: P1 is the worst.
    pub severity: Severity,
    /// How sure it is: wrong by what is known, or not known to be right.
    pub verdict: Verdict,
    /// Whether only people can end it, as time alone never clears it.
    pub latched: bool,
    /// When it began, by the reporters' clocks.
    pub happened: Moment,
    /// When it ended, by the reporters' clocks; null while it goes on.
    pub until: Option<Moment>,
    /// When the log could know this, by log time.
    pub learnt: Moment,
    /// What is said of it, as data for programs.
    #[serde(default, deserialize_with = "crate::message::readable")]
    pub message: Message,
    /// The same as one sentence for the person who must act, in the words of the release that said it.
    pub sentence: String,
    /// The offsets, in the journal, of the facts that it stands on.
    pub evidence: Vec<u64>,
    /// How much of its time is unknown, because nothing vouches for it.
    pub unknown: Span,
    /// The moment after which it cannot be undone; null where there is none.
    pub deadline: Option<Moment>,
    /// What was measured; null where the finding is not about a measured value.
    #[serde(default)]
    pub figures: Option<Figures>,
    /// Whether the goods are compromised by it, at this severity: the rule declares from which severity on.
    #[serde(default)]
    pub compromises: bool,
    /// Which of several findings that are equally bad people must read first.
    #[serde(default)]
    pub precedence: Precedence,
    /// What to do first, by the page of the rule.
    pub action: ShortText,
    /// The SHA-256 of the rulebook that judged, in hexadecimal.
    pub rulebook: ShortText,
    /// The number of the behaviour of the code that judged.
    pub behaviour: u32,
}

impl fmt::Display for Finding {
    /// The line of a scenario: state, rule, about, severity, sentence.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.severity, self.state, self.name.rule)?;
        if !self.name.about.is_empty() {
            write!(f, " on {}", self.name.about)?;
        }
        if self.verdict == Verdict::Unknown {
            f.write_str(" (unknown)")?;
        }
        write!(f, " \"{}\"", self.sentence)
    }
}
