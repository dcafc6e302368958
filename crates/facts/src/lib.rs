//! The vocabulary of the cold chain: what can happen, to what, when; what can be wrong; and what
//! an engine and a rule are.
//!
//! # Layout
//!
//! - [`moment`], [`unit`], [`id`], [`ident`]: leaves, each with one text form
//! - [`spelling`]: when two spellings are one name; [`hidden`]: characters that nobody sees; [`alike`]: names that look alike
//! - [`subject`]: what a fact is about, and the partition it lives in
//! - [`fact`], [`sentence`], [`event`]: what happened, in words and as a record
//! - [`finding`], [`context`]: what is wrong, and what else a card shows
//! - [`action`]: what a page says is to be done, and until when
//! - [`rulebook`], [`rule`], [`finding_diff`], [`history`], [`engine`]: how a verdict comes about
//! - [`rule_info`]: what a rule says of itself: its family, its effects, the facts it hears
//! - [`behaviour`]: what each behaviour number brought
//! - [`timeline`]: what a shipment's facts say together, asked by everybody
//!
//! **Invariant:** nothing here decides about a shipment, and nothing here touches the outside
//! world: no clock, file, network, thread, random number or floating point.
#![no_std]
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::float_arithmetic)]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod action;
pub mod alike;
pub mod behaviour;
mod by_type;
pub mod context;
pub mod corrections;
pub mod engine;
pub mod event;
pub mod fact;
pub mod finding;
pub mod finding_diff;
pub mod hidden;
pub mod history;
pub mod id;
pub mod ident;
pub mod message;
pub mod moment;
pub mod rule;
pub mod rule_info;
pub mod rulebook;
pub mod sentence;
pub mod spelling;
pub mod step;
pub mod subject;
pub mod text;
pub mod timeline;
pub mod unit;

pub use by_type::ByType;
pub use context::{Context, Gate, Phase};
pub use corrections::Corrections;
pub use engine::{
    About, EndsWatch, Engine, EngineOutput, Keeps, Projection, ProjectionEngine, RuleEngine,
};
pub use event::{Event, Identity};
pub use fact::{
    DeviceFact, Fact, FactKind, OrderFact, PartyFact, PermitFact, ShipmentFact, StaffFact,
    StoreFact, SystemFact,
};
pub use finding::{Figures, Finding, Name, Precedence, Severity, State, Verdict};
pub use finding_diff::FindingDiff;
pub use history::{History, HistoryEntry, as_json, expected};
pub use id::{
    DeviceId, LegId, OrderId, PartyId, PermitId, ShipmentId, ShipperId, ShortText, StoreId, UnitId,
};
pub use message::{Argument, Message, Template, Templates};
pub use moment::{Moment, Span};
pub use rule::{Answer, Episode, Rule, RuleContext, RuleEntry, Rules, rule};
pub use rule_info::{Concerns, Effects, Family, Hears, Registry, RuleInfo, Shows, SystemFinding};
pub use rulebook::{Product, Profile, ReferenceData, Rulebook, RulebookError};
pub use spelling::Label;
pub use step::{Origin, Step, Trigger};
pub use subject::{Subject, SubjectKind};
pub use timeline::{Timeline, TimelineEntry};
pub use unit::MilliCelsius;
