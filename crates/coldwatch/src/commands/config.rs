//! `coldwatch config`: the configuration in force, and where each value of it comes from.

use super::common_args::CommonArgs;
use crate::exit::{CODES, Failure};
use clap::{Args, Subcommand};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  coldwatch config show
      what is built in, with what COLDWATCH_* sets over it
  coldwatch config show --config coldwatch.toml | grep -v '# default'
      only what was set, and where
  coldwatch config show > coldwatch.toml
      a file to begin with; config/coldwatch.toml.example says what each setting is for

Secrets are not shown: values of [log.client] that may hold one are `***`, files that hold one are named.";

/// Show the configuration
#[derive(Args)]
pub(crate) struct Config {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Show(Show),
}

/// Show every setting with its value and where that comes from: default, file, environment
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{CODES}"))]
struct Show {
    #[command(flatten)]
    given: CommonArgs,
}

impl Config {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let Command::Show(Show { given }) = self.command;
        let config = given.read()?;
        let set = |name: &str| std::env::var_os(name).is_some();
        let text = config.show(given.config.as_deref(), set).map_err(Failure::configuration)?;
        crate::commands::print(text.trim_end())?;
        Ok(ExitCode::SUCCESS)
    }
}
