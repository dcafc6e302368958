//! `coldwatch export`: a topic as lines, to keep or to replay; or the whole log as a folder, to restore.

use super::common_args::CommonArgs;
use super::progress;
use crate::config::Config;
use crate::exit::{CODES, Failure};
use crate::exported::writing::{self, Stretches};
use crate::services::names::TopicNames;
use crate::{log, telemetry};
use clap::{Args, ValueEnum};
use pipeline::Topic;
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use stream::log::wall_clock;
use stream::{Log, Record};

const EXAMPLES: &str = "\
Examples:
  coldwatch export log --to backup-2026-03-01 --config coldwatch.toml
      the whole log, to keep and to restore; also while services work on it
  coldwatch export log --to backup-2026-03-02 --after backup-2026-03-01 --config coldwatch.toml
      what has come since, each night; all of them together are the log
  coldwatch export journal --config coldwatch.toml > journal.ndjson && coldwatch replay journal.ndjson
      the journal as it was recorded gives the same findings, byte for byte
  coldwatch export alerts --config coldwatch.toml |
    jq 'select(.event.type == \"coldwatch.incident.v1\").event.data.headline'
  coldwatch export rejects --config coldwatch.toml
      what was not taken in, whole, with reason and place

The journal alone says what was judged and why, and replays to the same findings: it is evidence.
A log is restored from all of it. What nobody has needed yet stands elsewhere: a logger that is
attached to nothing, a party that no plan names, what staff did.";

/// Write a topic as it stands now, one JSON object a line; or the whole log as a folder
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{CODES}"))]
pub(crate) struct Export {
    /// Which topic
    #[arg(value_enum)]
    topic: Which,
    /// Of `log`: the folder, which is not there yet. `contents.json` is written last: without it the export is not whole
    #[arg(long, value_name = "FOLDER")]
    to: Option<PathBuf>,
    /// Of `log`: another such folder; only what has come since is written, and `restore` is given both
    #[arg(long, value_name = "FOLDER", requires = "to")]
    after: Option<PathBuf>,
    #[command(flatten)]
    given: CommonArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Which {
    /// All topics, as a folder for `restore`
    Log,
    /// Replays as it is
    Journal,
    /// Findings, context, acts, strokes
    Exceptions,
    /// Incidents
    Alerts,
    /// What was reported, by subject
    Facts,
    /// What was not taken in
    Rejects,
}

/// A partition that shows nothing for so long is said to be cut.
const SILENT: Duration = Duration::from_secs(30);

impl Export {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        telemetry::start("warn")?;
        let config = self.given.read()?;
        let log = log::look(&config)?;
        let topic = match self.topic {
            Which::Log => return whole(&*log, &config, self.to.as_deref(), self.after.as_deref()),
            _ if self.to.is_some() => {
                return Err(Failure::usage(
                    "--to goes with `export log`: a topic goes to standard output",
                ));
            }
            Which::Journal => Topic::Journal,
            Which::Exceptions => Topic::Exceptions,
            Which::Alerts => Topic::Alerts,
            Which::Facts => Topic::Facts,
            Which::Rejects => Topic::Rejects,
        };
        let name = TopicNames::of(&config).topic(topic);
        let mut to = BufWriter::new(std::io::stdout().lock());
        each(&*log, &name, |partition, record| {
            writing::line(&mut to, topic, partition, &record).map_err(|e| Failure::output(&e))
        })?;
        to.flush().map_err(|e| Failure::output(&e))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The whole log as a folder.
fn whole(
    log: &dyn Log,
    config: &Config,
    to: Option<&Path>,
    after: Option<&Path>,
) -> Result<ExitCode, Failure> {
    let folder =
        to.ok_or_else(|| Failure::usage("`export log` writes a folder: name it with --to"))?;
    let names = TopicNames::of(config);
    let stretches = Stretches::of(log, (&names, &config.log.inbound), after, wall_clock()())?;
    let bar = progress::over_records(stretches.records(), "exporting");
    let mut read =
        |topic: &str, partition, range, take: &mut dyn FnMut(Record) -> Result<(), Failure>| {
            from(log, topic, partition, range, take)
        };
    let written = stretches.write(&names, folder, &mut read, &mut || bar.inc(1));
    bar.finish_and_clear();
    written?;
    super::print(&format!("{} records are in {}", stretches.records(), folder.display()))?;
    Ok(ExitCode::SUCCESS)
}

/// Every record that a topic holds now, partition by partition.
fn each(
    log: &dyn Log,
    topic: &str,
    mut take: impl FnMut(u16, Record) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let partitions = log.partitions(topic).map_err(log::failure)?;
    let partitions =
        partitions.ok_or_else(|| Failure::configuration(format!("there is no topic `{topic}`")))?;
    (0..partitions)
        .try_for_each(|partition| each_of(log, topic, partition, |record| take(partition, record)))
}

/// Every record that a partition holds now.
pub(crate) fn each_of(
    log: &dyn Log,
    topic: &str,
    partition: u16,
    take: impl FnMut(Record) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let range = log.range(topic, partition).map_err(log::failure)?;
    from(log, topic, partition, range, take)
}

/// The records of a stretch.
pub(crate) fn from(
    log: &dyn Log,
    topic: &str,
    partition: u16,
    range: Range<u64>,
    mut take: impl FnMut(Record) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut reader = log.read(topic, &[(partition, range.start)]).map_err(log::failure)?;
    let (mut next, mut records) = (range.start, Vec::new());
    let mut heard = Instant::now();
    while next < range.end {
        reader.poll(Duration::from_millis(100), &mut records).map_err(log::failure)?;
        if records.is_empty() && heard.elapsed() > SILENT {
            return Err(Failure::unavailable(format!(
                "partition {partition} of {topic} shows nothing behind {next} of {}",
                range.end
            )));
        }
        for (_, record) in records.drain(..).filter(|(_, record)| record.offset < range.end) {
            heard = Instant::now();
            next = record.offset + 1;
            take(record)?;
        }
    }
    Ok(())
}
