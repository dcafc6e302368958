//! `coldwatch replay`: a recording in, a timeline out.

use crate::commands::{common_args, progress};
use crate::exit::{self, CODES, Failure};
use crate::signals;
use clap::{Args, ValueEnum};
use facts::{Moment, Severity};
use replay::report::{Report, lines::LinesReport, timeline::TimelineReport};
use replay::{Options, Progress, ReplayError, Source, Summary};
use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const EXAMPLES: &str = "\
Examples:
  coldwatch replay week/inbound.ndjson
      a timeline of every shipment with something wrong, the worst first
  coldwatch replay week/inbound.ndjson --shipment SHP-0007
      one shipment, clean or not
  coldwatch replay inbound.ndjson.gz --output ndjson | jq 'select(.severity == \"P1\")'
      one object a line; the last line is the summary
  coldwatch replay inbound.ndjson --journal journal.ndjson && coldwatch replay journal.ndjson
      the journal brings its own rules and ticks and gives the same findings
  coldwatch replay inbound.ndjson --fail-on P1 --output ndjson > /dev/null
      ends with 1 when a P1 finding was raised

Input: native events, one CloudEvents 1.0 JSON object a line, each with the extension `arrivedat`
(without it a record arrives at --at, or after all others); plain, .gz or .zst; `-` reads standard input.";

/// Run a recording again: what was wrong, since when, how do we know
#[derive(Args)]
#[command(after_help = EXAMPLES, after_long_help = format!("{EXAMPLES}\n\n{CODES}"))]
pub(crate) struct Replay {
    /// Inbound recordings (merged by arrival), or journals
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Folder with the rulebook; without it, the one that comes with this release
    #[arg(long, value_name = "DIR", env = "COLDWATCH_CONFIG")]
    config: Option<PathBuf>,
    /// What to write on standard output
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
    /// Only this shipment
    #[arg(long, value_name = "ID")]
    shipment: Option<String>,
    /// Write the journal to this file
    #[arg(long, value_name = "OUT")]
    journal: Option<PathBuf>,
    /// Let time go on to here after the last arrival, like 2026-03-09T00:00:00Z
    #[arg(long, value_name = "TIME")]
    until: Option<Moment>,
    /// When records without `arrivedat` arrive; without it, after all others, at the greatest time known
    #[arg(long, value_name = "TIME")]
    at: Option<Moment>,
    /// End with 1 when a finding of this severity or worse was raised
    #[arg(long, value_name = "SEVERITY", value_parser = severity)]
    fail_on: Option<Severity>,
    /// Threads: with two, one decodes and one judges; the result is the same
    #[arg(long, default_value_t = 2, value_name = "N", value_parser = threads)]
    threads: usize,
}

#[derive(Clone, Copy, ValueEnum)]
enum Output {
    /// A timeline per shipment
    Text,
    /// One JSON object a line
    Ndjson,
}

fn severity(text: &str) -> Result<Severity, String> {
    serde_json::from_value(text.to_uppercase().into())
        .map_err(|_| "one of P1, P2, P3, P4".to_owned())
}

/// A journal is written beside its place and put there when it is whole.
fn partial(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".partial");
    PathBuf::from(name)
}

fn threads(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|n| *n > 0).ok_or_else(|| "a number from 1".to_owned())
}

impl Replay {
    pub(crate) fn run(self) -> Result<ExitCode, Failure> {
        let stdout = BufWriter::with_capacity(1 << 16, std::io::stdout().lock());
        let shipment = self.shipment.clone();
        let mut report: Box<dyn Report> = match self.output {
            Output::Text => Box::new(TimelineReport::new(stdout, shipment)),
            Output::Ndjson => Box::new(LinesReport::new(stdout, shipment)),
        };
        let Some(summary) = self.play(report.as_mut())? else { return Ok(ExitCode::SUCCESS) };
        if summary.read > 0 && summary.rejected == summary.read {
            return Err(Failure::bad_data(format!(
                "nothing could be decoded: {} records, all rejected",
                summary.read
            )));
        }
        if summary.read == 0 {
            return Err(Failure::bad_data("nothing was read: the recording holds no record"));
        }
        if !summary.gaps.is_empty() {
            return Err(Failure::bad_data(format!(
                "records are missing from the journal, and what follows them was not judged: {}",
                summary.gaps.join("; ")
            )));
        }
        if let Some(shipment) = self.shipment.as_ref().filter(|_| !summary.seen) {
            return Err(Failure::bad_data(format!("no record speaks of a shipment `{shipment}`")));
        }
        let failed =
            self.fail_on.is_some_and(|limit| summary.worst.is_some_and(|worst| worst <= limit));
        Ok(if failed { exit::found() } else { ExitCode::SUCCESS })
    }

    /// `None`: the reader of the report went away.
    fn play(&self, report: &mut dyn Report) -> Result<Option<Summary>, Failure> {
        let bar = progress::over(&self.files, "replaying");
        let (until, at, threads) = (self.until, self.at, self.threads);
        let options = Options { until, at, threads, shipment: self.shipment.clone() };
        let read = Progress::default();
        let sources = Source::open_all(&self.files, &read).map_err(Failure::unavailable)?;
        let journals = replay::are_journals(&sources).map_err(Failure::usage)?;
        let book = match journals {
            true => self.refuse_for_journals().map(|()| None)?,
            false => Some(common_args::book(self.config.as_ref())?),
        };
        let mut journal = self.create_journal()?;
        let journal = journal.as_mut().map(|file| file as &mut dyn Write);
        let mut progress = || bar.set_position(read.bytes());
        let replay = replay::Replay { sources, options, report, journal, progress: &mut progress };
        let summary = match &book {
            None => replay.journals(),
            Some(book) => replay.inbound(book),
        };
        bar.finish_and_clear();
        if let (Some(path), Ok(_)) = (&self.journal, &summary) {
            std::fs::rename(partial(path), path)
                .map_err(|e| Failure::unavailable(format!("{}: {e}", path.display())))?;
        }
        let summary = match summary {
            // Whoever reads has seen enough.
            Err(ReplayError::Report(e)) if e.kind() == ErrorKind::BrokenPipe => {
                return self.left_early().map(|()| None);
            }
            summary => summary,
        };
        summary.map(Some).map_err(|error| match error {
            ReplayError::Stop(stop) => Failure::configuration(stop),
            ReplayError::Report(e) => Failure::unavailable(e),
            error => Failure::bad_data(error),
        })
    }

    /// The reader of the report went away: what was asked beside the report has no answer.
    fn left_early(&self) -> Result<(), Failure> {
        if let Some(path) = &self.journal {
            // It is not whole; if it cannot be removed, its name says so.
            let _ = std::fs::remove_file(partial(path));
        }
        let asked = match (&self.fail_on, &self.journal) {
            (None, None) => return Ok(()),
            (Some(_), _) => "whether --fail-on applies is not known",
            (None, Some(_)) => "no journal was written",
        };
        Err(Failure::unavailable(format!("the report was not read to its end: {asked}")))
    }

    /// What a journal brings itself cannot be given.
    fn refuse_for_journals(&self) -> Result<(), Failure> {
        let given = [
            ("--config", self.config.is_some()),
            ("--journal", self.journal.is_some()),
            ("--at", self.at.is_some()),
            ("--until", self.until.is_some()),
        ];
        match given.iter().find(|(_, given)| *given) {
            None => Ok(()),
            Some((flag, _)) => Err(Failure::usage(format!(
                "a journal brings its own rules and ticks: {flag} cannot be given"
            ))),
        }
    }

    /// The journal's file; never one of those that are read.
    fn create_journal(&self) -> Result<Option<BufWriter<File>>, Failure> {
        let Some(path) = &self.journal else { return Ok(None) };
        let same = |file: &PathBuf| {
            file.canonicalize().ok().zip(path.canonicalize().ok()).is_some_and(|(a, b)| a == b)
        };
        if self.files.iter().any(same) {
            return Err(Failure::usage(format!(
                "{} is read: the journal must be written to another file",
                path.display()
            )));
        }
        let begun = partial(path);
        let file = File::create(&begun)
            .map_err(|e| Failure::unavailable(format!("{}: {e}", path.display())))?;
        // What was written of it is no journal.
        signals::end_with(move || {
            if std::fs::remove_file(&begun).is_ok() {
                eprintln!("coldwatch: stopped: no journal was written");
            }
        })?;
        Ok(Some(BufWriter::new(file)))
    }
}
