//! All of it in one process: homing, dispatch, engines and alerts over `fold`.
//!
//! # Layout
//!
//! - [`pipeline`]: `feed(event)`, out come findings and incidents
//! - [`partition`]: the folds of one partition number, from `facts` to `alerts`
//! - [`stage`]: what each stage does with a record; [`out_record`]: what it writes
//! - [`processor`]: a stage that keeps a state, as a service runs it
//! - [`bytes`]: letters as the bytes of a log's records, and back
//! - [`output`]: what comes out, in its order
//! - [`journal`]: the journal's records, as they are kept and as they are played again
//! - [`rulebook`]: read, checked, compared
//! - [`engines`]: the rule engines of this release, the one list of them
//! - [`registry`]: every rule, what stages find by themselves, and what each says of itself
//!
//! **Invariant:** what comes out is a function of what is fed, in that order: no clock, no thread, no
//! environment. Time moves by the arrivals that are fed.

pub mod bytes;
pub mod engines;
pub mod journal;
pub mod out_record;
pub mod output;
pub mod partition;
pub mod pipeline;
pub mod processor;
pub mod registry;
pub mod rulebook;
pub mod stage;
pub mod stage_configs;

pub use engines::{ENGINES, EngineSpec};
pub use journal::JournalRecord;
pub use out_record::{OutRecord, RecordBody, Topic};
pub use output::{Output, OutputKind, Tally};
pub use pipeline::{GRID, PARTITIONS, Pipeline, StageSize};
