//! Milestones against the plan, the dose over all its shipments, and the patient's schedule.
//!
//! # Layout
//!
//! - [`Schedule`]: the engine value, one per shipment
//! - [`Calendar`]: the plans, the milestones and the patient's order
//! - [`CalledOff`]: where a cancellation and a plan stand against each other
//! - [`order`]: whether the product's gate is open, and where the patient stands
//! - [`treatment`]: which starts of conditioning were planned, begun and stopped
//! - [`rules`]: one page each
#![no_std]
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::float_arithmetic)]
extern crate alloc;

mod calendar;
mod called_off;
pub mod order;
pub mod rules;
pub mod treatment;

pub use calendar::{Calendar, Mark, Plan};
pub use called_off::{CalledOff, Doubt};
pub use order::Order;

/// The engine of one shipment's schedule.
pub type Schedule = facts::ProjectionEngine<Calendar>;
