//! Runs a recording again: inbound events or a journal in, findings and incidents out.
//!
//! # Layout
//!
//! - [`source`]: files, plain or compressed, as records in the order of their arrival
//! - [`recording`]: decoded and merged, on a thread of its own where there are two
//! - [`ahead`]: whether a stamp is ahead of its neighbours', so that it must not drive the clock
//! - [`journal`]: a journal as lines, written and read
//! - [`run`]: feeds the pipeline and hands on what comes out
//! - [`report`]: what comes out, for people (a timeline) and for programs (one object a line)
//!
//! **Invariant:** the same records give the same bytes, whatever the number of threads.

pub mod ahead;
pub mod journal;
pub mod recording;
pub mod report;
pub mod run;
pub mod source;

pub use run::{Options, Replay, ReplayError, Summary, are_journals};
pub use source::{Progress, Source};
