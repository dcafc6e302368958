//! What is wrong, how we know, and when that changed.

use crate::id::{ShipmentId, Text};
use crate::message::Message;
use crate::moment::{Moment, Span};
use crate::unit::MilliCelsius;
use alloc::{string::String, vec::Vec};
use core::fmt;
use serde::{Deserialize, Serialize};

/// How bad, P1 the worst.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Severity {
    /// Dose or patient may be lost.
    P1,
    /// Becomes P1 if nobody acts.
    P2,
    /// To be mended in this shift.
    P3,
    /// For the record.
    P4,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }
}

/// How sure.
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
    /// It is over.
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

/// The name of a finding, once and for ever.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Name {
    /// The rule, `custody/late-handover`.
    pub rule: Text,
    /// What it is about: a unit, device, probe, permit, leg; empty for the whole shipment.
    pub about: Text,
    /// The entry that first raised it.
    pub offset: u64,
    /// Which of that entry's outputs.
    pub index: u32,
}

/// What was measured of a finding, beside its sentence: programs and rules of what to tell look at these, people at the
/// sentence.
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
    /// The wrong goods for this patient, or goods that must not be used.
    Identity,
    /// The patient is past the point of no return.
    NoReturn,
    /// The patient is about to pass it, or just has, and somebody may still stop that.
    Begun,
    /// None before the others.
    #[default]
    Ordinary,
}

/// A change of what we say is wrong with a shipment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Finding {
    /// Its name.
    pub name: Name,
    /// The catalogue's code, `CUS-02`.
    pub code: Text,
    /// Whose.
    pub shipment: ShipmentId,
    /// What became of it.
    pub state: State,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub verdict: Verdict,
    /// Whether time alone never clears it.
    pub latched: bool,
    /// The onset, by the reporters' clocks.
    pub happened: Moment,
    /// Its end; `None` while it goes on.
    pub until: Option<Moment>,
    /// When the log could know this, by log time.
    pub learnt: Moment,
    /// What is said of it, as data.
    #[serde(default)]
    pub message: Message,
    /// The same as one sentence for the person who must act, in the words of the release that said it.
    pub sentence: String,
    /// Journal offsets of the facts that it stands on.
    pub evidence: Vec<u64>,
    /// Time in it that nobody vouches for.
    pub unknown: Span,
    /// After this it cannot be undone.
    pub deadline: Option<Moment>,
    /// What was measured, where the finding is about a measured value.
    #[serde(default)]
    pub figures: Option<Figures>,
    /// Whether the goods are compromised by it, at this severity: the rule declares from which severity on.
    #[serde(default)]
    pub compromises: bool,
    /// Which of several that are equally bad people must read first.
    #[serde(default)]
    pub precedence: Precedence,
    /// The first action of the rule's page.
    pub action: Text,
    /// SHA-256 of the rulebook that judged.
    pub rulebook: Text,
    /// The behaviour number that judged.
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
