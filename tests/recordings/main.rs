//! Whole recordings through the whole pipeline, in process: what is found, and what it may depend on.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods
)]

mod broken;
mod by_hand;
mod cli;
mod command;
mod common;
mod feed;
mod first_steps;
mod hears;
mod laws;
mod resumed;
mod same_bytes;
mod schemas;
mod settled;
mod simulated;
mod sizes;
#[path = "../verdicts.rs"]
mod verdicts;
mod week;
mod years;
mod years_up;
