//! Findings become incidents that people take, answer and close; and what only all findings of a
//! shipment together can tell.
//!
//! # Layout
//!
//! - [`Alerts`]: the engine value, one per shipment
//! - [`ExceptionInput`] and [`Notice`]: what it hears and says
//! - [`AlertMemory`]: findings by name, and what the other engines say beside them
//! - [`incident`] ([its page](incident.md)): states, priority, the card
//! - `acts`: what staff do, and when that is refused
//! - `race`: incidents that were never more than facts which raced
//! - `calls`: for what people were called, and when they are called again
//! - `spans`: several reasons for one alarm become one episode
//! - [`rules`]: hold conditioning; after the point of no return
//! - [`stages`]: engines that fell silent
//!
//! **Invariant:** an incident closes only on a person's act, and over but unseen stays on the list; one that was never more than a
//! race, and that nobody has seen, ends by itself.
#![no_std]
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::float_arithmetic)]
extern crate alloc;

mod acts;
mod alerts;
mod calls;
pub mod incident;
mod input;
mod memory;
mod race;
pub mod rules;
mod spans;
pub mod stages;

pub use alerts::{Alerts, SCHEMA};
pub use incident::Incident;
pub use input::{ExceptionInput, Notice};
pub use memory::AlertMemory;
pub use rules::AlertRules;
pub use stages::StageLiveness;
