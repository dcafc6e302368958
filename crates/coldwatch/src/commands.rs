//! The sub-commands, one file each.

mod common_args;
mod config;
mod demo;
mod doctor;
mod export;
mod feed;
mod ingest;
mod progress;
mod replay;
mod restore;
mod rulebook;
mod run;
mod simulate;
mod topics;
mod up;

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
    Demo(demo::Demo),
    Up(up::Up),
    Run(run::Run),
    Ingest(ingest::Ingest),
    Feed(feed::Feed),
    Replay(replay::Replay),
    Rulebook(rulebook::Rulebook),
    Topics(topics::Topics),
    Doctor(doctor::Doctor),
    Config(config::Config),
    Export(export::Export),
    Restore(restore::RestoreLog),
    Simulate(simulate::Simulate),
}

/// Runs what was asked for.
pub(crate) fn run(cli: Cli) -> Result<ExitCode, Failure> {
    match cli.command {
        Command::Demo(demo) => demo.run(),
        Command::Up(up) => up.run(),
        Command::Run(run) => run.run(),
        Command::Ingest(ingest) => ingest.run(),
        Command::Feed(feed) => feed.run(),
        Command::Topics(topics) => topics.run(),
        Command::Doctor(doctor) => doctor.run(),
        Command::Config(config) => config.run(),
        Command::Export(export) => export.run(),
        Command::Restore(restore) => restore.run(),
        Command::Replay(replay) => replay.run(),
        Command::Simulate(simulate) => simulate.run(),
        Command::Rulebook(rulebook) => rulebook.run(),
    }
}

/// A line of data on standard output.
pub(crate) fn print(line: &str) -> Result<(), Failure> {
    use std::io::Write;
    writeln!(std::io::stdout(), "{line}").map_err(|e| Failure::output(&e))
}
