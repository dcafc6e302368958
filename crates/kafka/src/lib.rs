//! The log over Apache Kafka, by librdkafka: the same promises as in memory and embedded, kept by a broker.
//!
//! # Layout
//!
//! - [`settings`]: where the brokers are, and what of the client may be set
//! - [`cluster`]: what is there, and what of it would lose or delay something
//! - `client_config`: the client's settings that are not left at its defaults, and why
//! - `backing`: the log itself
//! - `writer`: the one producer of this process
//! - `admin`: questions that need no group membership
//! - `topics`: making topics
//! - `member`, `assignment`, `reader`, `reading`: reading, in a group and in none
//! - `listener`: what the client tells of its own accord
//! - `shutdown`: letting go of a consumer without being held up by it
//! - `error_class`: the client's errors, named by what the caller must do
//!
//! **Invariant:** a broker's group never says where a partition is read from; the caller does, each time.
//! Where the client would skip, reset or guess, this crate stops.

mod admin;
mod assignment;
mod backing;
mod client_config;
pub mod cluster;
mod error_class;
mod listener;
mod member;
mod reader;
mod reading;
pub mod settings;
mod shutdown;
mod topics;
mod writer;

pub use backing::KafkaLog;
pub use cluster::Cluster;
pub use settings::Settings;
