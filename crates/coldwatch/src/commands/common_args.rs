//! What every command is given that works on a log.

use crate::config::Config;
use crate::exit::Failure;
use clap::Args;
use std::path::PathBuf;

/// Which configuration.
#[derive(Args, Debug, Clone)]
pub(crate) struct CommonArgs {
    /// Configuration file; `COLDWATCH_LOG_BROKERS` and the like stand over it
    #[arg(long, value_name = "FILE", env = "COLDWATCH_CONFIG_FILE")]
    pub(crate) config: Option<PathBuf>,
}

impl CommonArgs {
    pub(crate) fn read(&self) -> Result<Config, Failure> {
        Config::read(self.config.as_deref())
    }
}

/// The rulebook of a folder, or the one that comes with this release.
pub(crate) fn book(folder: Option<&PathBuf>) -> Result<facts::Rulebook, Failure> {
    let checked = match folder {
        Some(folder) => pipeline::rulebook::read(folder),
        None => pipeline::rulebook::shipped(),
    };
    checked.map(|checked| checked.book).map_err(|problems| {
        let lines: String = problems.iter().map(|p| format!("\n  {p}")).collect();
        Failure::configuration(format!("the rulebook cannot be used:{lines}"))
    })
}
