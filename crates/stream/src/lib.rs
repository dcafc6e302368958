//! A partitioned, durable, ordered log with consumer groups, and the loop that every service runs over it.
//!
//! # Layout
//!
//! - [`log`]: what a backing offers: topics, appending, groups, reading
//! - [`error`]: what went wrong, named by what the caller must do
//! - [`run`]: the loop: poll → take → append → acknowledged → commit → snapshot
//! - [`processor`]: what a service brings to the loop, and what it shows of itself
//! - [`snapshots`]: immutable files that check themselves, on a shelf that processes may share
//! - [`memory`]: a log in memory, which misbehaves on request
//! - [`embedded`]: a durable log on one machine, over SQLite
//! - [`conformance`]: what every backing must do, as a suite that each of them runs
//!
//! **Invariant:** not a word of the cold chain. Keys and values are bytes; what they mean stands above.

pub mod conformance;
pub mod embedded;
pub mod error;
mod groups;
mod local;
pub mod log;
pub mod memory;
pub mod processor;
pub mod run;
mod running;
pub mod snapshots;

pub use embedded::EmbeddedLog;
pub use error::StreamError;
pub use log::{
    Ack, Clock, Committed, ConsumerEvent, GroupConsumer, Log, NewRecord, Placed, Reader, Record,
    TopicSpec, Unwritten, WriteId,
};
pub use memory::{Faults, Happened, MemoryLog};
pub use processor::{Gauge, Monitor, PartitionProcessor, ProcessorFactory, Waited};
pub use run::{FatalError, Group, Runner};
pub use snapshots::Snapshots;
pub use snapshots::store::{Folder, SnapshotStore};
