//! The command and the services.
//!
//! # Layout
//!
//! - `commands`: the sub-commands, one file each; [`exit`]: how they end
//! - [`config`]: the configuration and its layers
//! - [`services`]: each service is a codec, a stage and the loop; [`supervisor`]: services at work in this process
//! - [`topics`]: the topics, made and checked; [`log`]: the log that the configuration names; `snapshots`: their place
//! - `exported`: a whole log as a folder; `restore`: a log built from one
//! - `watchdog`: what waits and does not move
//! - `state`: health, metrics, events in; `desk`: the board's reader, acts and feed; `shares`: how much each asker has
//!
//! The modules that are public are so for the tests, which run the services over every backing.

mod broker;
mod client;
mod commands;
pub mod config;
mod desk;
pub mod exit;
mod exported;
mod http;
pub mod log;
mod measures;
mod restore;
pub mod services;
mod shares;
mod signals;
mod snapshot_format;
mod snapshots;
pub mod supervisor;
mod telemetry;
pub mod topics;
mod watchdog;

use clap::Parser;
use std::process::ExitCode;

/// Reads what was asked for and runs it.
pub fn main() -> ExitCode {
    match commands::Cli::try_parse() {
        Ok(cli) => commands::run(cli).unwrap_or_else(|failure| exit::tell(&failure)),
        Err(asked) => exit::usage(&asked),
    }
}
