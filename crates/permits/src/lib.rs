//! What the papers allow, at the place and moment of each legal act.
//!
//! # Layout
//!
//! - [`PermitsEngine`]: the engine value, one per shipment
//! - [`PermitHistory`]: the permits, the plan and the acts, as they were known at each moment
//! - [`rules`]: one page each
#![no_std]
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::float_arithmetic)]
extern crate alloc;

mod permit_history;
pub mod rules;

pub use permit_history::{PermitHistory, PermitsKnown, Validity};

/// The engine of one shipment's permits.
pub type PermitsEngine = facts::ProjectionEngine<PermitHistory>;
