//! Writes a log as a folder.

use super::{CONTENTS, Contents, Line, Taken, file, hash};
use crate::exit::Failure;
use crate::log::failure;
use crate::services::names::TopicNames;
use crate::services::{CommitMetadata, Service, Work};
use crate::topics::identity;
use crate::topics::number::began_with;
use facts::Moment;
use pipeline::{Topic, bytes};
use serde_json::value::{RawValue, to_raw_value};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use stream::{Log, Record};

/// In this order the ends of topics are asked for, so that what follows from a record is never there without it.
const ORDER: [Topic; 5] =
    [Topic::Alerts, Topic::Exceptions, Topic::Rejects, Topic::Journal, Topic::Facts];

/// Hands on every record of a stretch of a partition.
pub(crate) type Each<'a> = &'a mut dyn FnMut(
    &str,
    u16,
    Range<u64>,
    &mut dyn FnMut(Record) -> Result<(), Failure>,
) -> Result<(), Failure>;

/// What is to be written: every stretch, as far as it reaches now.
pub(crate) struct Stretches {
    contents: Contents,
}

impl Stretches {
    /// As a log stands at that moment, from its start or from where another export ended.
    pub(crate) fn of(
        log: &dyn Log,
        (names, inbound): (&TopicNames, &[String]),
        after: Option<&Path>,
        now: i64,
    ) -> Result<Self, Failure> {
        let partitions = began_with(log, names).map_err(failure)?.ok_or_else(|| {
            Failure::configuration(format!(
                "there is no log to export: topic {} is missing, or has no first record",
                names.topic(Topic::Facts)
            ))
        })?;
        let known_by = identity(log, names, &names.topic(Topic::Journal)).map_err(failure)?;
        let known_by = format!("{known_by:016x}");
        let after = after.map(|folder| Ok((folder, Contents::of(folder)?))).transpose()?;
        if let Some((folder, before)) = after.as_ref().filter(|(_, before)| before.log != known_by)
        {
            return Err(Failure::usage(format!(
                "{} was written of another log: it is known by {}, and this one by {known_by}",
                folder.display(),
                before.log
            )));
        }
        let mut rejected = 0;
        for Work { group, topic } in Service::Intake.work(names, inbound) {
            let points = log.committed(&group, &topic).map_err(failure)?;
            rejected +=
                points.values().map(|at| CommitMetadata::read(&at.note).rejected).sum::<u64>();
        }
        let mut topics = BTreeMap::new();
        for topic in ORDER {
            let name = names.topic(topic);
            let before = after.as_ref().map(|(_, before)| before.stretches(topic));
            let mut all = Vec::new();
            for partition in 0..partitions {
                let Range { start, end } = log.range(&name, partition).map_err(failure)?;
                let ended = before.and_then(|all| all.get(usize::from(partition)));
                let from = ended.map_or(start, |(_, ended)| *ended);
                if from < start || from > end {
                    return Err(Failure::configuration(format!(
                        "partition {partition} of {name} holds {start} to {end}, and the export before ended at {from}: what lies \
                         between is gone"
                    )));
                }
                all.push((from, end));
            }
            topics.insert(topic.name().to_owned(), all);
        }
        let (release, written) = (env!("CARGO_PKG_VERSION").to_owned(), Moment::from_millis(now));
        let intake = Taken { rejected };
        let log = known_by;
        let files = BTreeMap::new();
        Ok(Self { contents: Contents { release, log, written, partitions, topics, intake, files } })
    }

    /// How many records there are.
    pub(crate) fn records(&self) -> u64 {
        self.contents.topics.values().flatten().map(|(from, to)| to - from).sum()
    }

    /// Writes all of them into a folder that is not there yet, or is empty.
    pub(crate) fn write(
        &self,
        names: &TopicNames,
        folder: &Path,
        each: Each<'_>,
        progress: &mut dyn FnMut(),
    ) -> Result<(), Failure> {
        make(folder)?;
        let mut contents = self.contents.clone();
        for topic in ORDER {
            for (partition, (from, to)) in (0..).zip(self.contents.stretches(topic)) {
                let path = file(folder, topic, partition);
                let wrong = |e: io::Error| wrong(&path, &e);
                let open = || zstd::Encoder::new(BufWriter::new(File::create(&path)?), 0);
                let mut lines = open().map_err(wrong)?;
                each(&names.topic(topic), partition, *from..*to, &mut |record| {
                    progress();
                    line(&mut lines, topic, partition, &record).map_err(wrong)
                })?;
                let file = lines.finish().and_then(|rest| Ok(rest.into_inner()?));
                file.and_then(|file| file.sync_all()).map_err(wrong)?;
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
                contents.files.insert(name.unwrap_or_default(), hash(&path).map_err(wrong)?);
            }
        }
        let (path, begun) = (folder.join(CONTENTS), folder.join("contents.json.part"));
        let text = serde_json::to_string(&contents).map_err(Failure::internal)? + "\n";
        let whole = || {
            let mut file = File::create(&begun)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            std::fs::rename(&begun, &path)
        };
        whole().map_err(|e| wrong(&path, &e))
    }
}

fn wrong(path: &Path, error: &io::Error) -> Failure {
    Failure::unavailable(format!("{}: {error}", path.display()))
}

/// A folder that is empty.
fn make(folder: &Path) -> Result<(), Failure> {
    let cannot = |e: io::Error| wrong(folder, &e);
    std::fs::create_dir_all(folder).map_err(cannot)?;
    let first: Option<PathBuf> =
        std::fs::read_dir(folder).map_err(cannot)?.next().and_then(Result::ok).map(|e| e.path());
    match first {
        None => Ok(()),
        Some(there) => Err(Failure::usage(format!(
            "{} is not empty, {} is in it: name a folder that is not there yet",
            folder.display(),
            there.display()
        ))),
    }
}

/// One record, as `coldwatch replay` takes it where it stands on the journal.
pub(crate) fn line(
    to: &mut dyn Write,
    topic: Topic,
    partition: u16,
    record: &Record,
) -> io::Result<()> {
    let offset = record.offset;
    if topic == Topic::Journal
        && let Ok(entry) = bytes::journal(partition, offset, &record.value)
    {
        return replay::journal::write(to, &entry);
    }
    let read: Result<&RawValue, _> = serde_json::from_slice(&record.value);
    let whole;
    let event = match read {
        Ok(event) if !record.value.contains(&b'\n') => event,
        Ok(event) => {
            whole = to_raw_value(&serde_json::from_str::<serde_json::Value>(event.get())?)?;
            &whole
        }
        Err(_) => {
            whole = to_raw_value(&String::from_utf8_lossy(&record.value))?;
            &whole
        }
    };
    let (appended_ms, key) = (record.appended, String::from_utf8_lossy(&record.key));
    serde_json::to_writer(&mut *to, &Line { partition, offset, appended_ms, key, event })?;
    to.write_all(b"\n")
}
