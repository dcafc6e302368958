//! `coldwatch rulebook check`: is this rulebook fit for use?

use crate::exit::{CODES, Failure};
use clap::{Args, Subcommand};
use pipeline::rulebook;
use std::path::PathBuf;
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  coldwatch rulebook check
      the rulebook that comes with this release
  coldwatch rulebook check config/rulebook
      a folder of TOML files; problems are shown with file, line and what to do";

/// Look after the rules
#[derive(Args)]
pub(crate) struct Rulebook {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Check(Check),
}

/// Check a rulebook: every table is read, every rule on or off is named
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{CODES}"))]
struct Check {
    /// Folder with *.toml; without it, the rulebook that comes with this release
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

fn count(problems: usize) -> String {
    if problems == 1 { "1 problem".to_owned() } else { format!("{problems} problems") }
}

impl Rulebook {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let Command::Check(check) = self.command;
        let checked = match &check.folder {
            Some(folder) => rulebook::read(folder),
            None => rulebook::shipped(),
        };
        let checked = checked.map_err(|problems| {
            let lines: String = problems.iter().map(|p| format!("\n  {p}")).collect();
            Failure::configuration(format!("{} in the rulebook:{lines}", count(problems.len())))
        })?;
        for (name, state) in checked
            .on
            .iter()
            .map(|n| (n, "on"))
            .chain(checked.off.iter().map(|n| (n, "OFF: no table")))
        {
            crate::commands::print(&format!("{name:32} {state}"))?;
        }
        crate::commands::print(&format!(
            "{} rules on, {} off; rulebook {}",
            checked.on.len(),
            checked.off.len(),
            checked.book.hash
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}
