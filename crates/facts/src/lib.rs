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
//! - [`rulebook`], [`rule`], [`told`], [`story`], [`engine`]: how a verdict comes about
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
pub mod entry;
pub mod event;
pub mod fact;
pub mod finding;
pub mod hidden;
pub mod id;
pub mod ident;
pub mod message;
pub mod moment;
pub mod rule;
pub mod rule_info;
pub mod rulebook;
pub mod sentence;
pub mod spelling;
pub mod story;
pub mod subject;
pub mod text;
pub mod timeline;
pub mod told;
pub mod unit;

pub use by_type::ByType;
pub use context::{Context, Gate, Phase};
pub use corrections::Corrections;
pub use engine::{About, Act, Engine, Judged, Keeps, RuleEngine, Said, View};
pub use entry::{Cause, Entry, Origin};
pub use event::{Event, Identity};
pub use fact::{
    DeviceFact, Fact, FactKind, OrderFact, PartyFact, PermitFact, ShipmentFact, StaffAct,
    StoreFact, SystemFact,
};
pub use finding::{Figures, Finding, Name, Precedence, Severity, State, Verdict};
pub use id::{
    DeviceId, LegId, OrderId, PartyId, PermitId, ShipmentId, ShipperId, StoreId, Text, UnitId,
};
pub use message::{Argument, Message, Template, Templates};
pub use moment::{Moment, Span};
pub use rule::{Answer, Episode, Given, Kind, Rule, Rules, rule};
pub use rule_info::{Concerns, Effects, Family, Hears, Registry, RuleInfo, Shows, SystemFinding};
pub use rulebook::{Book, BookError, Product, Profile, Reference};
pub use spelling::Label;
pub use story::{Chapter, Story, as_json, expected};
pub use subject::{Subject, SubjectKind};
pub use timeline::{Timeline, TimelineEntry};
pub use told::Told;
pub use unit::MilliCelsius;
