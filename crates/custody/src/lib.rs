//! Who holds the goods, is it the right party, is the chain of hands whole, is everything there.
//!
//! # Layout
//!
//! - [`Custody`]: the engine value, one per shipment
//! - [`Ledger`]: all that the rules look at
//! - [`Parties`]: who is qualified when
//! - [`Record`]: what the reports themselves are worth
//! - [`rules`]: one page each
#![no_std]
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::float_arithmetic)]
extern crate alloc;

mod earliest;
mod ledger;
mod parties;
mod plans;
mod record;
pub mod rules;
mod unit;
mod way;

pub use ledger::Ledger;
pub use parties::{Parties, Standing};
pub use record::Record;

/// The engine of one shipment's custody.
pub type Custody = facts::ProjectionEngine<Ledger>;
