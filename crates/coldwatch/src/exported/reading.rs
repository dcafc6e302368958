//! Reads a folder again. What is damaged, cut or missing is told with file and line; nothing is passed over.

use super::{CONTENTS, Contents, Line, file};
use crate::exit::Failure;
use pipeline::Topic;
use replay::{Progress, Source};
use std::io::{self, BufRead, ErrorKind};
use std::path::{Path, PathBuf};
use stream::Record;
use wire::Limits;
use wire::lines::Lines;

/// A line holds a record and what stands beside it.
const BESIDE: usize = 1 << 20;

/// A folder that is whole, as far as its contents say so.
pub(crate) struct Exported {
    folder: PathBuf,
    pub(crate) contents: Contents,
}

impl Exported {
    /// Opens it: what it holds is known, and every file of it is there.
    pub(crate) fn open(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join(CONTENTS);
        let text = std::fs::read_to_string(&path).map_err(|e| match e.kind() {
            ErrorKind::NotFound => Failure::bad_data(format!(
                "{} holds no {CONTENTS}, which `coldwatch export log` writes last: it is no export, or one that broke off",
                folder.display()
            )),
            _ => Failure::unavailable(format!("{}: {e}", path.display())),
        })?;
        let contents: Contents = serde_json::from_str(&text)
            .map_err(|e| Failure::bad_data(format!("{}:{}: {e}", path.display(), e.line())))?;
        let exported = Self { folder: folder.to_owned(), contents };
        for topic in [Topic::Facts, Topic::Exceptions, Topic::Alerts, Topic::Rejects] {
            exported.stretches(topic)?;
        }
        match exported.files().into_iter().find(|file| !file.is_file()) {
            None => Ok(exported),
            Some(missing) => {
                Err(Failure::bad_data(format!("{}: the file is missing", missing.display())))
            }
        }
    }

    /// The files that are read, for what tells how far that is.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let topics = [Topic::Facts, Topic::Exceptions, Topic::Alerts, Topic::Rejects];
        let of = |topic| (0..self.contents.partitions).map(move |p| file(&self.folder, topic, p));
        topics.into_iter().flat_map(of).collect()
    }

    /// The records of each partition of a topic.
    pub(crate) fn topic(&self, topic: Topic, progress: &Progress) -> Result<Vec<Records>, Failure> {
        let stretches = self.stretches(topic)?;
        let open = |(partition, (from, to)): (u16, &(u64, u64))| {
            let path = file(&self.folder, topic, partition);
            let source = Source::open_all(std::slice::from_ref(&path), progress);
            let name = path.display().to_string();
            let mut source = source.map_err(|error| unread(&name, 1, error.reason()))?;
            let limits = Limits { bytes: Limits::of_ours().bytes + BESIDE, ..Limits::of_ours() };
            let source = source.pop().ok_or_else(|| Failure::internal("no file was opened"))?;
            let (file, lines) = (source.name.clone(), source.lines(limits));
            Ok(Records { file, lines, line: 0, partition, next: *from, end: *to })
        };
        (0..).zip(stretches).map(open).collect()
    }

    fn stretches(&self, topic: Topic) -> Result<&[(u64, u64)], Failure> {
        let path = self.folder.join(CONTENTS);
        let wrong = |what: String| Failure::bad_data(format!("{}: {what}", path.display()));
        let Contents { partitions, topics, .. } = &self.contents;
        let stretches = topics.get(topic.name()).map(Vec::as_slice).unwrap_or_default();
        if stretches.len() != usize::from(*partitions) {
            return Err(wrong(format!(
                "it names {} partitions of {}, and the log has {partitions}",
                stretches.len(),
                topic.name()
            )));
        }
        let trimmed = |(_, (from, _)): &(usize, &(u64, u64))| *from > 0;
        match stretches.iter().enumerate().find(trimmed) {
            Some((partition, (from, _))) if topic == Topic::Facts || topic == Topic::Exceptions => {
                Err(wrong(format!(
                    "partition {partition} of {} begins at {from}: it was trimmed before it was exported, and a log is \
                     restored from its first record on; take an export from before that",
                    topic.name()
                )))
            }
            _ => Ok(stretches),
        }
    }
}

/// The records of one partition, one after the other.
pub(crate) struct Records {
    pub(crate) file: String,
    lines: Lines<Box<dyn BufRead + Send>>,
    /// The line that was read last.
    pub(crate) line: u64,
    pub(crate) partition: u16,
    next: u64,
    end: u64,
}

impl Records {
    /// The next one.
    pub(crate) fn take(&mut self) -> Result<Option<Record>, Failure> {
        let Self { file, lines, line: at, partition, next, end } = self;
        let wrong = |line: u64, what: String| Failure::bad_data(format!("{file}:{line}: {what}"));
        let read = lines.line().map_err(|e| unread(file, *at + 1, &e))?;
        let Some((number, line)) = read else {
            return match next == end {
                true => Ok(None),
                false => Err(wrong(
                    *at,
                    format!(
                        "the file ends here, before {next} of {end}: the rest of it was cut off"
                    ),
                )),
            };
        };
        *at = number;
        let line = line.map_err(|rejection| wrong(number, rejection.reason))?;
        let read: Line<'_> = serde_json::from_slice(line)
            .map_err(|e| wrong(number, format!("this is no record of an export: {e}")))?;
        if (read.partition, read.offset) != (*partition, *next) || next == end {
            let there = format!("{} of partition {}", read.offset, read.partition);
            let due = match next == end {
                true => format!("no more than {end} records"),
                false => format!("{next} of partition {partition}"),
            };
            return Err(wrong(
                number,
                format!(
                    "record {there} stands where {due} must stand: records are missing, twice there, or of another file"
                ),
            ));
        }
        *next += 1;
        let value = match read.event.get() {
            // What is no JSON was written as a text.
            text if text.starts_with('"') => serde_json::from_str::<String>(text)
                .map_err(|e| wrong(number, e.to_string()))?
                .into_bytes(),
            event => event.as_bytes().to_vec(),
        };
        let (offset, appended, key) = (read.offset, read.appended_ms, read.key.as_bytes().to_vec());
        Ok(Some(Record { offset, appended, key, value }))
    }

    /// What is wrong with the record that was taken last.
    pub(crate) fn wrong(&self, what: impl std::fmt::Display) -> Failure {
        Failure::bad_data(format!("{}:{}: {what}", self.file, self.line))
    }
}

/// Bytes that cannot be decompressed are damage; a disk that does not answer is none.
fn unread(file: &str, line: u64, error: &io::Error) -> Failure {
    let says = format!("{file}:{line}: {error}");
    match error.kind() {
        ErrorKind::InvalidData | ErrorKind::UnexpectedEof | ErrorKind::Other => {
            Failure::bad_data(format!("{says}: the file is damaged or was cut off"))
        }
        _ => Failure::unavailable(says),
    }
}
