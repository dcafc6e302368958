//! The sub-commands, one file each.

mod progress;
mod replay;
mod rulebook;
mod simulate;

use crate::exit::{CODES, Failure};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// A cold-chain event processor for cell and gene therapies: takes what couriers, sites and loggers
/// report and says what is wrong, who holds the goods, by when, and what to do.
#[derive(Parser)]
#[command(name = "coldwatch", version, after_help = CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Replay(replay::Replay),
    Simulate(simulate::Simulate),
    Rulebook(rulebook::Rulebook),
}

/// Runs what was asked for.
pub(crate) fn run(cli: Cli) -> Result<ExitCode, Failure> {
    match cli.command {
        Command::Replay(replay) => replay.run(),
        Command::Simulate(simulate) => simulate.run(),
        Command::Rulebook(rulebook) => rulebook.run(),
    }
}

/// A line of data on standard output.
pub(crate) fn print(line: &str) -> Result<(), Failure> {
    use std::io::Write;
    writeln!(std::io::stdout(), "{line}").map_err(Failure::unavailable)
}
