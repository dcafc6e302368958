//! Who holds the goods, is it the right party, is the chain of hands whole, is everything there.
//!
//! # Layout
//!
//! - [`CustodyEngine`]: the engine value, one per shipment
//! - [`CustodyLedger`]: all that the rules look at
//! - [`Parties`]: who is qualified when
//! - [`ReportQuality`]: what the reports themselves are worth
//! - [`rules`]: one page each
#![no_std]
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::float_arithmetic)]
extern crate alloc;

mod earliest;
mod journey;
mod ledger;
mod parties;
mod plans;
mod report_quality;
pub mod rules;
mod unit;

pub use ledger::CustodyLedger;
pub use parties::{Parties, PartyStanding};
pub use report_quality::ReportQuality;

/// The engine of one shipment's custody.
pub type CustodyEngine = facts::ProjectionEngine<CustodyLedger>;
