//! `coldwatch restore`: builds a log from an export.

use super::common_args::CommonArgs;
use super::progress;
use crate::config::{Config, LogKind};
use crate::exit::{self, CODES, Failure};
use crate::exported::reading::Exported;
use crate::restore::{Past, Restore, Restored};
use crate::services::names::TopicNames;
use crate::topics::TopicPlan;
use crate::{log, signals, telemetry};
use clap::Args;
use replay::Progress;
use std::path::PathBuf;
use std::process::ExitCode;
use stream::log::wall_clock;

const EXAMPLES: &str = "\
Examples:
  coldwatch export log --to backup --config old.toml
  coldwatch restore backup --config new.toml && coldwatch up --config new.toml
      new.toml names where to: another log.folder, log.prefix or log.kind, with any log.partitions
  coldwatch restore backup --config kafka.toml && coldwatch run dispatch --config kafka.toml
      the same on Kafka, under a log.prefix under which there is nothing yet
  coldwatch restore backup-1 backup-2 backup-3 --config new.toml
      each was written `--after` the one before

Without a configuration that names a log it goes into the folder that is built in, and says so first.

What was reported and what staff did is judged again as it was learnt then, by the rules of that
time. Services go on from there, and call nobody for what was over.

What stands in the end is compared with what the export says: each line \"before only\" or \"now
only\" is a difference, and the command ends with 1 if there is one. The log is whole then, too.
A restore that breaks off leaves a log that no service works on, and says what to do with it.";

/// Build a log from what `export log` wrote, with any number of partitions
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{CODES}"))]
pub(crate) struct RestoreLog {
    /// Folders that `coldwatch export log` wrote, each `--after` the one before
    #[arg(required = true, value_name = "FOLDER")]
    folders: Vec<PathBuf>,
    #[command(flatten)]
    given: CommonArgs,
}

impl RestoreLog {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        telemetry::start("warn")?;
        let config = self.given.read()?;
        let exported = Exported::open(&self.folders)?;
        let read = Progress::default();
        // Whatever is wrong that far makes nothing.
        let past = Past::open(&exported, &read)?;
        let clock = wall_clock();
        let half = half_made(&config, !log::is_there(&config));
        let place = log::place(&config);
        match config.log.is_built_in() {
            true => {
                eprintln!("restoring into {place}, which is built in: no setting names another log")
            }
            false => eprintln!("restoring into {place}"),
        }
        let log = log::make(&config, clock.clone())?;
        let names = TopicNames::of(&config);
        let (generation, inbound) = (config.log.generation, &*config.log.inbound);
        let plan = TopicPlan { names: &names, generation, inbound };
        let bar = progress::over(&exported.files(), "restoring");
        let restore = Restore { log: &*log, plan, exported: &exported, past, clock, read: &read };
        restore.is_empty()?;
        let last = format!("coldwatch: stopped: {half}");
        signals::end_with(move || eprintln!("{last}"))?;
        let done = restore.run(&mut || bar.set_position(read.bytes()));
        bar.finish_and_clear();
        tell(&done.map_err(|failure| failure.but(&half))?, &names, &place)
    }
}

/// What to do with a log of which only a part was written. A folder may hold other logs, under other prefixes: only one that was
/// not there before may be deleted.
fn half_made(config: &Config, new: bool) -> String {
    let (kind, folder, prefix) = (config.log.kind, &config.log.folder, &config.log.prefix);
    let (place, undo) = match kind {
        LogKind::Embedded if new => {
            (format!("the log in {}", folder.display()), "delete the folder")
        }
        LogKind::Embedded => (
            format!("what is in {} under the prefix `{prefix}`", folder.display()),
            "name another log.prefix",
        ),
        LogKind::Kafka => (
            format!("what is on Kafka under the prefix `{prefix}`"),
            "name another log.prefix, or delete those topics",
        ),
    };
    format!("{place} is not whole, and no service works on it: {undo}, then run this again")
}

fn tell(done: &Restored, names: &TopicNames, place: &str) -> Result<ExitCode, Failure> {
    for line in &done.differ {
        super::print(line)?;
    }
    let Restored { facts, acts, unreadable, standing, differ } = done;
    let lost = match unreadable {
        0 => String::new(),
        n => format!("; {n} that could not be read then, either, are on the rejects"),
    };
    super::print(&format!(
        "{facts} facts and {acts} acts of staff restored into {} partitions of {place}{lost}; {standing} findings and incidents \
         stand, {} differ from the export",
        names.partitions,
        differ.len()
    ))?;
    Ok(if differ.is_empty() { ExitCode::SUCCESS } else { exit::found() })
}
