//! Snapshots in an object store: S3 and what speaks like it, Google Cloud Storage, Azure. A shelf as the folder is one,
//! and several processes share it.
//!
//! # Layout
//!
//! - [`address`]: what a URL names, checked without asking anybody
//! - [`store`]: the shelf
//! - `transport`: how requests travel, each bounded in time
//! - [`probe`]: whether a shelf does what it must, for people who set one up
//!
//! **Invariant:** a store that does not answer delays nobody for long and ends nothing. What cannot be read is passed
//! over, and whoever asks next is not kept waiting for the same silence.

pub mod address;
pub mod probe;
pub mod store;
mod transport;

pub use address::Address;
pub use probe::probe;
pub use store::{ObjectSnapshotStore, PATIENCE, open};
