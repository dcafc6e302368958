//! `coldwatch topics`: makes and checks the topics.

use super::common_args::{self, CommonArgs};
use crate::exit::{self, CODES, Failure};
use crate::services::names::TopicNames;
use crate::topics::TopicPlan;
use crate::{log, telemetry};
use clap::{Args, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use stream::log::wall_clock;

const EXAMPLES: &str = "\
Examples:
  coldwatch topics create --config coldwatch.toml
      makes what is missing, and writes the first records: the number of partitions, and the rulebook
  coldwatch topics check --config coldwatch.toml
      says what is not as it must be, and what to do; ends with 1 if anything is";

/// Make or check the topics of the log
#[derive(Args)]
pub(crate) struct Topics {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Create(Create),
    Check(Check),
}

/// Make what is missing; done twice it does nothing
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{CODES}"))]
struct Create {
    #[command(flatten)]
    given: CommonArgs,
    /// Folder with the first rulebook; without it, the one that comes with this release
    #[arg(long, value_name = "DIR")]
    rulebook: Option<PathBuf>,
}

/// Check that all is as the configuration says
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{CODES}"))]
struct Check {
    #[command(flatten)]
    given: CommonArgs,
}

impl Topics {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        telemetry::start("warn")?;
        match self.command {
            Command::Create(create) => create.run(),
            Command::Check(check) => check.run(),
        }
    }
}

impl Create {
    fn run(self) -> Result<ExitCode, Failure> {
        let config = self.given.read()?;
        let book = common_args::book(self.rulebook.as_ref())?;
        let clock = wall_clock();
        let log = log::make(&config, clock.clone())?;
        let names = TopicNames::of(&config);
        let (generation, inbound) = (config.log.generation, &*config.log.inbound);
        let plan = TopicPlan { names: &names, generation, inbound };
        let made = plan.create(&*log, &book, clock).map_err(log::failure)?;
        for topic in &made.topics {
            crate::commands::print(&format!(
                "made     {topic} with {} partitions",
                names.partitions
            ))?;
        }
        crate::commands::print(&format!(
            "{} topics made, {} first records written, in {}; rulebook {}",
            made.topics.len(),
            made.records,
            log::place(&config),
            book.hash
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Check {
    fn run(self) -> Result<ExitCode, Failure> {
        let config = self.given.read()?;
        let log = log::look(&config)?;
        let names = TopicNames::of(&config);
        let (generation, inbound) = (config.log.generation, &*config.log.inbound);
        let wrong =
            TopicPlan { names: &names, generation, inbound }.check(&*log).map_err(log::failure)?;
        for line in &wrong {
            crate::commands::print(line)?;
        }
        if wrong.is_empty() {
            crate::commands::print("all topics are as they must be")?;
            return Ok(ExitCode::SUCCESS);
        }
        Ok(exit::found())
    }
}
