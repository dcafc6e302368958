//! How warm, for how long, and how sure are we.
//!
//! # Layout
//!
//! - [`ThermalEngine`]: the engine value, one per shipment; the fast way of a calm reading
//! - [`ThermalMemory`]: the probes with their [`series`], and the story of everything else
//! - [`shipment_setup`]: what was attached when, hand-overs, the plan; [`place`]: when the goods were in their box, and in which
//!   stores; [`flights`]: when no logger can send; [`window`]: when the goods are judged
//! - [`coverage`]: readings as stretches of time: too warm, too cold, unknown; [`trust`]: how far each can be relied on;
//!   [`settling`]: what it proves before the box has settled
//! - [`excursion`]: stretches beyond a limit, put together
//! - [`mkt`]: mean kinetic temperature in integers
//! - [`rules`]: one page each
#![no_std]
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::float_arithmetic)]
extern crate alloc;

pub mod coverage;
pub mod excursion;
pub mod flights;
mod intake;
mod memory;
pub mod mkt;
pub mod place;
mod probe;
pub mod rules;
pub mod series;
pub mod settling;
pub mod shipment_setup;
mod thermal;
pub mod trust;
pub mod window;

pub use memory::ThermalMemory;
pub use probe::{Probe, ProbeSilence};
pub use shipment_setup::ShipmentSetup;
pub use thermal::ThermalEngine;
