//! Who must hear of a fact: a subscription join with one state per subject, all of it by log time
//! and by when things happened, never by arrival.
//!
//! # Layout
//!
//! - [`Dispatch`]: the engine value, one per subject
//! - `shipment`: what a plan cites, and whom its milestones concern
//! - `ahead`: what is dated later than the log's clock stands
//! - `device`, `channel`, `attribution`, `clock`: whose readings a probe's are, and since when it has been quiet
//! - `mark`: what is kept of a logger that is over
//! - `store`: which shipments a freezer holds
//! - `shared`: permits, orders and parties, which several shipments look at; `permit` and `order`
//!   derive the ledger and the dose from them
//! - `events`: facts kept whole, and how the same outside event is recognised
//! - `words`: what is said of a party or a permit, each word once, and a flood of them together
//! - `twins`: ids that look alike; `hidden`: ids that were written with hidden characters
//! - [`Routed`]: what is passed on; `sink` writes it; [`findings`]: what dispatch finds by itself
//!
//! **Invariant:** every outside event is counted exactly once: judged, held, expired or duplicate.
#![no_std]
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::float_arithmetic)]
extern crate alloc;

mod ahead;
mod attribution;
mod channel;
mod clock;
mod device;
mod dispatch;
mod events;
pub mod findings;
mod hidden;
mod loose;
mod mark;
mod order;
mod permit;
mod routed;
mod rules;
mod shared;
mod shipment;
mod sink;
mod store;
mod twins;
mod words;

pub use dispatch::{Dispatch, SCHEMA};
pub use routed::{Outcome, Routed};
pub use rules::DispatchRules;
