//! `coldwatch ingest`: recordings into the log, over the door of a running process or straight to the topic.

use super::common_args::CommonArgs;
use super::progress;
use crate::client::Client;
use crate::exit::{self, CODES, Failure};
use crate::http::events;
use crate::{log, telemetry, topics};
use clap::Args;
use replay::{Progress, Source, source::SourceKind};
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use stream::log::wall_clock;
use stream::{Log, NewRecord};
use wire::Limits;

const EXAMPLES: &str = "\
Examples:
  coldwatch ingest week/inbound.ndjson --to http://127.0.0.1:8080
  coldwatch ingest *.ndjson.zst --to https://watch.example --token-file token
  coldwatch ingest week/inbound.ndjson --config coldwatch.toml
      straight to the inbound topic, as a gateway would
  COLDWATCH_LOG_KIND=kafka COLDWATCH_LOG_BROKERS=host:9092 coldwatch ingest week/inbound.ndjson
      the same, by the environment alone; COLDWATCH_TO and COLDWATCH_TOKEN_FILE name the door of a process

Where to, by the first of these that is given: --to or --config; COLDWATCH_TO; COLDWATCH_CONFIG_FILE or COLDWATCH_LOG_….

Sent twice, an event is recognised by source and id. Ends with 1 if records were rejected: they are listed on stderr, and
are not written to the rejects topic. If the process goes away midway, the last line says from which line to go on.";

/// Send recordings or logger exports in
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{CODES}"))]
pub(crate) struct Ingest {
    /// Native events, one a line, plain, .gz or .zst; or exports of loggers; `-` reads standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Address of a process that runs intake
    #[arg(long, value_name = "URL", env = TO)]
    to: Option<String>,
    /// File with the bearer token of that process
    #[arg(long, value_name = "FILE", env = "COLDWATCH_TOKEN_FILE")]
    token_file: Option<PathBuf>,
    #[command(flatten)]
    given: CommonArgs,
}

/// Names of the door and of the configuration in the environment.
const TO: &str = "COLDWATCH_TO";
const CONFIG: &str = "COLDWATCH_CONFIG_FILE";

/// So many records go at a time.
const BATCH: usize = 1000;
/// Or so many bytes: half of what the door takes.
const LARGEST_BATCH: usize = events::LARGEST / 2;

enum Way {
    Door(Client),
    Topic(Arc<dyn Log>, String, u16),
}

#[derive(Default)]
struct Counts {
    read: u64,
    accepted: u64,
    rejected: u64,
}

impl Ingest {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        telemetry::start("warn")?;
        let way = self.way()?;
        let bar = progress::over(&self.files, "sending");
        let progress = Progress::default();
        let sources = Source::open_all(&self.files, &progress).map_err(Failure::unavailable)?;
        let mut counts = Counts::default();
        for source in sources {
            let name = source.name.clone();
            let broken = |failure: Failure, line: u64, counts: &Counts| {
                bar.finish_and_clear();
                failure.but(&self.resume(&name, line, counts))
            };
            let tell = || bar.set_position(progress.bytes());
            match source.kind {
                SourceKind::Logger => {
                    let bytes = source.whole().map_err(Failure::unavailable)?;
                    way.send(&name, 1, &bytes, &mut counts)
                        .map_err(|failure| broken(failure, 1, &counts))?;
                }
                SourceKind::Journal => {
                    return Err(Failure::usage(format!(
                        "{name} is a journal: what was taken in once is not taken in again"
                    )));
                }
                SourceKind::Inbound => {
                    let mut refused = 0;
                    each_batch(source, &mut refused, |first, batch| {
                        tell();
                        way.send(&name, first, batch, &mut counts)
                            .map_err(|failure| broken(failure, first, &counts))
                    })?;
                    counts.read += refused;
                    counts.rejected += refused;
                }
            }
            tell();
        }
        bar.finish_and_clear();
        let Counts { read, accepted, rejected } = counts;
        crate::commands::print(&format!("{read} read, {accepted} accepted, {rejected} rejected"))?;
        match (read, rejected) {
            (0, _) => Err(Failure::bad_data("nothing was read")),
            (_, 0) => Ok(ExitCode::SUCCESS),
            (read, rejected) if read == rejected => {
                Err(Failure::bad_data("every record was rejected"))
            }
            _ => Ok(exit::found()),
        }
    }

    /// How to go on after something broke: whatever stands before `line` of the file is done with.
    fn resume(&self, name: &str, line: u64, counts: &Counts) -> String {
        let Counts { accepted, rejected, .. } = counts;
        let done =
            format!("{accepted} events are in the log, {rejected} were rejected before this");
        let to = match (self.door().ok().flatten(), &self.token_file) {
            (Some(to), Some(token)) => format!("--to {to} --token-file {}", token.display()),
            (Some(to), None) => format!("--to {to}"),
            (None, _) if self.given.config.is_none() => String::new(),
            (None, _) => "--config …".into(),
        };
        // Lines are those of what is in it.
        let opened = match name.rsplit('.').next() {
            Some("zst") => format!("zstd -dc {name} | tail -n +{line}"),
            Some("gz") => format!("gzip -dc {name} | tail -n +{line}"),
            _ => format!("tail -n +{line} {name}"),
        };
        let rest = match line {
            1 => format!("go on with {name} from its beginning"),
            _ => format!("go on with line {line} of {name}: `{opened} | coldwatch ingest - {to}`"),
        };
        let behind = self.files.iter().skip_while(|file| file.to_string_lossy() != name).skip(1);
        let behind: Vec<String> = behind.map(|file| file.display().to_string()).collect();
        let behind = match &behind[..] {
            [] => String::new(),
            files => format!(", then {}", files.join(" ")),
        };
        format!("{done}; {rest}{behind}; what is sent twice is recognised by source and id")
    }

    /// The door to go through, if not straight to the log. What stands on the command line counts before what the environment says.
    fn door(&self) -> Result<Option<&String>, Failure> {
        let typed = |value: Option<&OsStr>, name: &str| {
            value.is_some() && std::env::var_os(name).as_deref() != value
        };
        let to = typed(self.to.as_deref().map(OsStr::new), TO);
        let config = typed(self.given.config.as_ref().map(|file| file.as_os_str()), CONFIG);
        match (to, config, &self.to) {
            (true, true, _) => Err(Failure::usage(
                "--to names a process and --config a log: give the one that the events are to go to",
            )),
            (false, true, _) => Ok(None),
            (_, false, Some(to)) => Ok(Some(to)),
            (_, false, None) if self.given.config.is_some() || names_a_log() => Ok(None),
            (_, false, None) => Err(Failure::usage(format!(
                "where to is not said: --to URL or {TO} for a process that runs intake; --config FILE, {CONFIG}, or \
                 COLDWATCH_LOG_BROKERS and the like for a log"
            ))),
        }
    }

    fn way(&self) -> Result<Way, Failure> {
        if let Some(to) = self.door()? {
            return Ok(Way::Door(Client::new(to, self.token_file.as_deref())?));
        }
        let config = self.given.read()?;
        let log = log::open(&config, wall_clock())?;
        let topic = format!("{}{}", config.log.prefix, config.log.inbound[0]);
        let partitions = log.partitions(&topic).map_err(log::failure)?.ok_or_else(|| {
            Failure::configuration(format!(
                "topic {topic} is missing: run `coldwatch topics create`"
            ))
        })?;
        Ok(Way::Topic(log, topic, partitions))
    }
}

/// Whether the environment says which log is meant.
fn names_a_log() -> bool {
    ["KIND", "BROKERS", "FOLDER"]
        .iter()
        .any(|key| std::env::var_os(format!("COLDWATCH_LOG_{key}")).is_some())
}

/// Lines of a recording, so many at a time, with the number of the first.
fn each_batch(
    source: Source,
    refused: &mut u64,
    mut send: impl FnMut(u64, &[u8]) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let name = source.name.clone();
    let mut lines = source.lines(Limits::default());
    let (mut batch, mut count, mut first) = (Vec::new(), 0, 1);
    loop {
        let line = lines.line().map_err(|e| Failure::unavailable(format!("{name}: {e}")))?;
        let ended = line.is_none();
        if let Some((number, line)) = line {
            match line {
                Ok(bytes) => batch.extend_from_slice(bytes),
                // It is longer than any record may be: it is told, and counted, and not sent.
                Err(rejection) => {
                    eprintln!("{}", rejection.at(&name, number));
                    *refused += 1;
                }
            }
            batch.push(b'\n');
            count += 1;
        }
        if count == BATCH || batch.len() >= LARGEST_BATCH || ended {
            if count > 0 {
                send(first, &batch)?;
            }
            first += count as u64;
            (batch, count) = (Vec::new(), 0);
        }
        if ended {
            return Ok(());
        }
    }
}

impl Way {
    /// Sends what can be taken; the rest is told, with its place.
    fn send(
        &self,
        name: &str,
        first: u64,
        bytes: &[u8],
        counts: &mut Counts,
    ) -> Result<(), Failure> {
        let (topic, partitions) = match self {
            Self::Door(_) => ("", 1),
            Self::Topic(_, topic, partitions) => (&**topic, *partitions),
        };
        let (good, new_records) = match events::read(topic, partitions, bytes, usize::MAX) {
            Ok(new_records) => (bytes.to_vec(), new_records),
            Err(rejected) => {
                for mut rejection in rejected.first {
                    counts.read += 1;
                    counts.rejected += 1;
                    rejection.place.record += first - 1;
                    rejection.place.file = name.to_owned();
                    eprintln!("{rejection}");
                }
                self.without_rejected(topic, partitions, bytes)
            }
        };
        if new_records.is_empty() {
            return Ok(());
        }
        let taken = new_records.len() as u64;
        match self {
            Self::Door(client) => {
                client.post("/v1/events", "application/cloudevents-batch+ndjson", &good)?
            }
            Self::Topic(log, ..) => {
                topics::append(&**log, new_records).map_err(log::failure)?;
            }
        }
        counts.read += taken;
        counts.accepted += taken;
        Ok(())
    }

    fn without_rejected(
        &self,
        topic: &str,
        partitions: u16,
        bytes: &[u8],
    ) -> (Vec<u8>, Vec<NewRecord>) {
        let (mut good, mut new_records) = (Vec::new(), Vec::new());
        for line in bytes.split(|byte| *byte == b'\n') {
            if let Ok(some) = events::read(topic, partitions, line, 0)
                && !some.is_empty()
            {
                good.extend_from_slice(line);
                good.push(b'\n');
                new_records.extend(some);
            }
        }
        (good, new_records)
    }
}
