//! The `coldwatch` command: reads what was asked for and runs it. All else stands in the modules.

mod broker;
mod client;
mod commands;
mod config;
mod desk;
mod doors;
mod exit;
mod form;
mod live;
mod log;
mod services;
mod telemetry;
mod topics;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    match commands::Cli::try_parse() {
        Ok(cli) => commands::run(cli).unwrap_or_else(|failure| exit::tell(&failure)),
        Err(asked) => exit::usage(&asked),
    }
}
