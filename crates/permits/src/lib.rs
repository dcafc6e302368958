//! What the papers allow, at the place and moment of each legal act.
//!
//! # Layout
//!
//! - [`Permits`]: the engine value, one per shipment
//! - [`Papers`]: the permits, the plan and the acts, as they were known at each moment
//! - [`rules`]: one page each
#![no_std]
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::float_arithmetic)]
extern crate alloc;

mod papers;
pub mod rules;

pub use papers::{Known, Papers, Validity};

/// The engine of one shipment's permits.
pub type Permits = facts::ProjectionEngine<Papers>;
