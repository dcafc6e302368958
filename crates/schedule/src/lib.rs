//! Milestones against the plan, the dose over all its shipments, and the patient's schedule.
//!
//! # Layout
//!
//! - [`ScheduleEngine`]: the engine value, one per shipment
//! - [`ScheduleState`]: the plans, the milestones and the patient's order
//! - [`CalledOff`]: where a cancellation and a plan stand against each other
//! - [`order`]: whether the product's gate is open, and where the patient stands
//! - [`treatment`]: which starts of conditioning were planned, begun and stopped
//! - [`shelf_life`]: how long the goods last, and when they can be used
//! - [`rules`]: one page each
#![no_std]
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::float_arithmetic)]
extern crate alloc;

mod called_off;
pub mod order;
pub mod rules;
mod schedule_state;
pub mod shelf_life;
pub mod treatment;

pub use called_off::{CalledOff, Doubt};
pub use order::Order;
pub use schedule_state::{LegReport, PlanInForce, ScheduleState};

/// The engine of one shipment's schedule.
pub type ScheduleEngine = facts::ProjectionEngine<ScheduleState>;
