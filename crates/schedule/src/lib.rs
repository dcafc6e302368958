//! Milestones against the plan, the dose over all its shipments, and the patient's schedule.
//!
//! # Layout
//!
//! - [`Schedule`]: the engine value, one per shipment
//! - [`Calendar`]: the plans, the milestones and the patient's order
//! - [`order`]: whether the product's gate is open, and where the patient stands
//! - [`rules`]: one page each
#![no_std]
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::float_arithmetic)]
extern crate alloc;

mod calendar;
pub mod order;
pub mod rules;

pub use calendar::{Calendar, Mark, Plan};
pub use order::Order;

/// The engine of one shipment's schedule.
pub type Schedule = facts::Judged<Calendar>;
