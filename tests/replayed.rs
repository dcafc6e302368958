//! A replay in process, under the rulebook of this release: what programs read of it, and what people read.

use facts::Moment;
use replay::report::{Report, lines::LinesReport, timeline::TimelineReport};
use replay::{Options, Progress, Replay, Source};
use serde_json::Value;
use std::path::PathBuf;

/// What a replay said.
pub(crate) struct Replayed {
    /// The objects of `--output ndjson`, in their order; the summary is the last.
    pub(crate) objects: Vec<Value>,
    /// All of `--output text`.
    pub(crate) text: String,
}

/// What `coldwatch replay` is told beside its files.
#[derive(Debug, Clone, Default)]
pub(crate) struct Told {
    /// `--until`
    pub(crate) until: Option<Moment>,
    /// `--at`
    pub(crate) at: Option<Moment>,
}

impl Told {
    /// Reads what a case says; another argument than these two is an error.
    pub(crate) fn read(arguments: &[String]) -> Result<Self, String> {
        let mut told = Self::default();
        for pair in arguments.chunks(2) {
            match pair {
                [name, time] if name == "--until" => told.until = Some(moment(time)?),
                [name, time] if name == "--at" => told.at = Some(moment(time)?),
                _ => return Err(format!("these arguments are not understood here: {pair:?}")),
            }
        }
        Ok(told)
    }
}

fn moment(text: &str) -> Result<Moment, String> {
    text.parse().map_err(|e| format!("{text}: {e}"))
}

/// Replays these files, once for programs and once for people.
pub(crate) fn replayed(files: &[PathBuf], told: &Told) -> Result<Replayed, String> {
    let (mut lines, mut text) = (Vec::new(), Vec::new());
    run(files, told, &mut LinesReport::new(&mut lines, None))?;
    run(files, told, &mut TimelineReport::new(&mut text, None))?;
    let lines = String::from_utf8(lines).map_err(|e| e.to_string())?;
    let text = String::from_utf8(text).map_err(|e| e.to_string())?;
    let objects = lines.lines().map(serde_json::from_str).collect::<Result<_, _>>();
    Ok(Replayed { objects: objects.map_err(|e| e.to_string())?, text })
}

fn run(files: &[PathBuf], told: &Told, report: &mut dyn Report) -> Result<(), String> {
    let book = pipeline::rulebook::shipped().map_err(|problems| format!("{problems:?}"))?.book;
    let read = Progress::default();
    let sources = Source::open_all(files, &read).map_err(|e| e.to_string())?;
    let options = Options { until: told.until, at: told.at, threads: 1, shipment: None };
    let replay = Replay { sources, options, report, journal: None, progress: &mut || {} };
    replay.inbound(&book).map(drop).map_err(|e| e.to_string())
}
