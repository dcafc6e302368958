//! One partition of one service, pure: what it admits, what time it is, which rules are in force,
//! whose turn it is, and what it has counted.
//!
//! # Layout
//!
//! - [`record`]: what stands in a partition
//! - [`link`]: which records are admitted, and how our own are linked
//! - [`store`]: the engine values, looked up by hash, walked by id only
//! - [`timers`]: who wants to be asked when
//! - [`partition`]: all of it put together
//! - [`snapshot`]: the state as canonical bytes, and its hash
//!
//! **Invariant:** a fold is a function of its records. It holds no clock, file, network, thread or
//! random number, and nothing ever walks its values in hash order.
#![no_std]
#![deny(clippy::disallowed_methods, clippy::disallowed_types, clippy::float_arithmetic)]
extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod link;
pub mod partition;
pub mod record;
pub mod snapshot;
pub mod store;
pub mod timers;

pub use link::{Admission, DedupTable, SequenceLinks};
pub use partition::{PanicGuard, PartitionConfig, PartitionState, Release, Stats, Stop};
pub use record::{Counts, Emitted, InputRecord, Payload};
pub use snapshot::SnapshotError;
