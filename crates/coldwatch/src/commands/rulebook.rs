//! `coldwatch rulebook`: is this rulebook fit for use; and from here on it is in force.

use super::common_args::{self, CommonArgs};
use super::export;
use crate::exit::{CODES, Failure};
use crate::services::names::TopicNames;
use crate::services::of_log;
use crate::{log, telemetry, topics};
use clap::{Args, Subcommand};
use facts::fact::log::BehaviourSwitched;
use facts::{Fact, ShortText, SystemFact};
use pipeline::{Topic, bytes, rulebook, stage_configs};
use std::path::PathBuf;
use std::process::ExitCode;
use stream::Log;
use stream::log::wall_clock;

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
    Publish(Publish),
}

const PUBLISHING: &str = "\
Examples:
  coldwatch rulebook publish my-rules --config coldwatch.toml
      checked first; then written to the log, from where every service takes it in at the same place
  coldwatch rulebook publish my-rules --config coldwatch.toml --dry-run
      checked, and no more

Every open shipment is judged anew once. What stood under the old rules and not under the new ones is superseded, not
cleared. The same rules again are not written.";

/// Put a rulebook in force, by an entry in the log
#[derive(Args)]
#[command(after_help = PUBLISHING, after_long_help = format!("{PUBLISHING}\n\n{CODES}"))]
struct Publish {
    /// Folder with *.toml
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    #[command(flatten)]
    given: CommonArgs,
    /// Check and say what would be published
    #[arg(long)]
    dry_run: bool,
    /// Switch the behaviour of the code to this number, too
    #[arg(long, value_name = "NUMBER")]
    behaviour: Option<u32>,
}

impl Publish {
    fn run(self) -> Result<ExitCode, Failure> {
        telemetry::start("warn")?;
        let book = common_args::book(Some(&self.folder))?;
        if let Some(number) = self.behaviour.filter(|n| !stage_configs::BEHAVIOURS.contains(n)) {
            let (from, to) = (stage_configs::BEHAVIOURS.start(), stage_configs::BEHAVIOURS.end());
            return Err(Failure::usage(format!(
                "this release knows the behaviours {from} to {to}, and not {number}"
            )));
        }
        if self.dry_run {
            crate::commands::print(&format!("rulebook {} would be published", book.hash))?;
            return Ok(ExitCode::SUCCESS);
        }
        let config = self.given.read()?;
        let log = log::open(&config, wall_clock())?;
        let names = TopicNames::of(&config);
        let now = wall_clock()();
        let before = in_force(&*log, &names)?;
        let (same, number) = match &before {
            Some((hash, behaviour)) => {
                (*hash == book.hash, self.behaviour.filter(|number| number != behaviour))
            }
            None => (false, self.behaviour),
        };
        if same && number.is_none() {
            crate::commands::print(&format!(
                "rulebook {} is already in force: nothing was written",
                book.hash
            ))?;
            return Ok(ExitCode::SUCCESS);
        }
        // To the first partition of `facts`: its owner passes it on to all others.
        let to = |fact| of_log(&names, Topic::Facts, 0, now, fact);
        let mut new_records = Vec::new();
        if !same {
            new_records.push(to(bytes::published(&book)));
        }
        if let Some(number) = number {
            new_records.push(to(Fact::System(SystemFact::BehaviourSwitched(BehaviourSwitched {
                number,
            }))));
        }
        let placed = topics::append(&*log, new_records).map_err(log::failure)?;
        let offset = placed.get(&0).copied().unwrap_or_default();
        let what = match same {
            true => "the behaviour".to_owned(),
            false => format!("rulebook {}", book.hash),
        };
        crate::commands::print(&format!(
            "{what} is in the log, at {offset} of facts 0; the log is {}",
            log::place(&config)
        ))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Hash of the rulebook in force, and the behaviour: the last ones that the first partition of `facts` was given.
/// `None`: none was given, or what was given is trimmed away.
pub(super) fn in_force(
    log: &dyn Log,
    names: &TopicNames,
) -> Result<Option<(ShortText, u32)>, Failure> {
    let topic = names.topic(Topic::Facts);
    let (mut hash, mut behaviour) = (None, 0);
    if log.range(&topic, 0).map_err(log::failure)?.start > 0 {
        return Ok(None);
    }
    export::each_of(log, &topic, 0, |record| {
        let has = |word: &[u8]| record.value.windows(word.len()).any(|window| window == word);
        let asked: [&[u8]; 3] = [
            b"coldwatch.log.genesis",
            b"coldwatch.log.rulebook-published",
            b"coldwatch.log.behaviour-switched",
        ];
        if asked.into_iter().any(has) {
            match bytes::fact(record.offset, &record.key, &record.value).map(|fact| fact.payload) {
                Ok(fold::Payload::Rulebook(book)) => hash = Some(book.hash),
                Ok(fold::Payload::Behaviour(number)) => behaviour = number,
                Ok(fold::Payload::Genesis(genesis)) => behaviour = genesis.behaviour,
                _ => {}
            }
        }
        Ok(())
    })?;
    Ok(hash.map(|hash| (hash, behaviour)))
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
        let check = match self.command {
            Command::Check(check) => check,
            Command::Publish(publish) => return publish.run(),
        };
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
