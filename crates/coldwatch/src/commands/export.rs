//! `coldwatch export`: a topic as lines, to keep or to replay.

use super::given::Given;
use crate::exit::{CODES, Failure};
use crate::services::names::Names;
use crate::{log, telemetry};
use clap::{Args, ValueEnum};
use pipeline::{Topic, bytes};
use std::io::{BufWriter, Write};
use std::ops::Range;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use stream::{Log, Record};

const EXAMPLES: &str = "\
Examples:
  coldwatch export journal --config coldwatch.toml > journal.ndjson && coldwatch replay journal.ndjson
      the journal as it was recorded gives the same findings, byte for byte
  coldwatch export alerts --config coldwatch.toml |
    jq 'select(.event.type == \"coldwatch.incident.v1\").event.data.headline'
  coldwatch export rejects --config coldwatch.toml
      what was not taken in, whole, with reason and place";

/// Write a topic as it stands now, one JSON object a line
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{CODES}"))]
pub(crate) struct Export {
    /// Which topic
    #[arg(value_enum)]
    topic: Which,
    #[command(flatten)]
    given: Given,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Which {
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
            Which::Journal => Topic::Journal,
            Which::Exceptions => Topic::Exceptions,
            Which::Alerts => Topic::Alerts,
            Which::Facts => Topic::Facts,
            Which::Rejects => Topic::Rejects,
        };
        let name = Names::of(&config).topic(topic);
        let mut to = BufWriter::new(std::io::stdout().lock());
        each(&*log, &name, |partition, record| write(&mut to, topic, partition, record))?;
        to.flush().map_err(Failure::unavailable)?;
        Ok(ExitCode::SUCCESS)
    }
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

fn write(to: &mut dyn Write, topic: Topic, partition: u16, record: Record) -> Result<(), Failure> {
    let offset = record.offset;
    if topic == Topic::Journal
        && let Ok(entry) = bytes::journal(partition, offset, &record.value)
    {
        return replay::journal::write(to, &entry).map_err(Failure::unavailable);
    }
    let event: serde_json::Value = serde_json::from_slice(&record.value)
        .unwrap_or_else(|_| String::from_utf8_lossy(&record.value).into());
    let line = serde_json::json!({
        "partition": partition, "offset": offset, "appended_ms": record.appended,
        "key": String::from_utf8_lossy(&record.key), "event": event,
    });
    writeln!(to, "{line}").map_err(Failure::unavailable)
}
