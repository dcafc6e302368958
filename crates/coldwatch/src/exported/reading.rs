//! Reads folders again. What is damaged, cut or missing is told with file and line; nothing is passed over.

use super::{Contents, Line, file, hash};
use crate::exit::Failure;
use pipeline::Topic;
use replay::{Progress, Source};
use std::collections::VecDeque;
use std::io::{self, BufRead, ErrorKind};
use std::path::{Path, PathBuf};
use stream::Record;
use wire::Limits;
use wire::lines::LineReader;

/// A line holds a record and what stands beside it.
const BESIDE: usize = 1 << 20;

/// What is read of an export; the journal follows from it.
const READ: [Topic; 4] = [Topic::Facts, Topic::Exceptions, Topic::Alerts, Topic::Rejects];

/// Folders that together are a log from its start, as far as their contents say so.
pub(crate) struct Exported {
    folders: Vec<(PathBuf, Contents)>,
}

impl Exported {
    /// Opens them, in the order in which they were written: each goes on where the one before ended, and every file is there.
    pub(crate) fn open(folders: &[PathBuf]) -> Result<Self, Failure> {
        let read = |folder: &PathBuf| Ok((folder.clone(), Contents::of(folder)?));
        let exported = Self { folders: folders.iter().map(read).collect::<Result<_, Failure>>()? };
        for topic in READ {
            exported.goes_on(topic)?;
        }
        exported.folders.iter().try_for_each(|(folder, contents)| whole(folder, contents))?;
        Ok(exported)
    }

    /// What the last one says.
    pub(crate) fn contents(&self) -> Result<&Contents, Failure> {
        let last = self.folders.last().map(|(_, contents)| contents);
        last.ok_or_else(|| Failure::usage("no export is named"))
    }

    /// The files that are read, for what tells how far that is.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let of = |(folder, contents): &(PathBuf, Contents)| -> Vec<PathBuf> {
            let all = |topic| (0..contents.partitions).map(move |p| file(folder, topic, p));
            READ.into_iter().flat_map(all).collect()
        };
        self.folders.iter().flat_map(of).collect()
    }

    /// The records of each partition of a topic.
    pub(crate) fn topic(&self, topic: Topic, progress: &Progress) -> Result<Vec<Records>, Failure> {
        let of = |partition: u16| {
            let part = |(folder, contents): &(PathBuf, Contents)| {
                let (from, to) = *contents.stretches(topic).get(usize::from(partition))?;
                Some(Part { file: file(folder, topic, partition), from, to })
            };
            let parts = self.folders.iter().filter_map(part).collect();
            Records::new(partition, parts, progress)
        };
        Ok((0..self.contents()?.partitions).map(of).collect())
    }

    /// Whether they are of one log, and no record of a topic is missing between them or before the first.
    fn goes_on(&self, topic: Topic) -> Result<(), Failure> {
        let last = self.contents()?;
        let mut ended = vec![0; usize::from(last.partitions)];
        for (folder, contents) in &self.folders {
            let wrong = |what: String| Failure::bad_data(format!("{}: {what}", folder.display()));
            if (&contents.log, contents.partitions) != (&last.log, last.partitions) {
                let (mine, of) = (&contents.log, &last.log);
                return Err(wrong(format!(
                    "it was written of another log, which is known by {mine}, and the last one of {of}"
                )));
            }
            for (partition, (ended, (from, to))) in
                ended.iter_mut().zip(contents.stretches(topic)).enumerate()
            {
                if from > ended {
                    return Err(wrong(format!(
                        "partition {partition} of {} begins at {from}, and what lies before ends at {ended}: a log is restored \
                         from its first record on, so name the exports before this one, too",
                        topic.name()
                    )));
                }
                *ended = (*ended).max(*to);
            }
        }
        Ok(())
    }
}

/// Whether every file of a folder is there, and as it was written; the journal's, too, which is the evidence.
fn whole(folder: &Path, contents: &Contents) -> Result<(), Failure> {
    for topic in Topic::ALL {
        for partition in 0..contents.partitions {
            let path = file(folder, topic, partition);
            let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
            let wrong = |what: &str| Failure::bad_data(format!("{}: {what}", path.display()));
            let known = contents.files.get(&name.unwrap_or_default());
            let known = known.ok_or_else(|| wrong("contents.json does not know the file"))?;
            match hash(&path) {
                Ok(now) if now == *known => {}
                Ok(_) => {
                    return Err(wrong(
                        "the file is not as it was written: it was damaged or changed since; take another copy of this export",
                    ));
                }
                Err(e) if e.kind() == ErrorKind::NotFound => {
                    return Err(wrong("the file is missing"));
                }
                Err(e) => return Err(Failure::unavailable(format!("{}: {e}", path.display()))),
            }
        }
    }
    Ok(())
}

/// The file of one partition in one folder.
struct Part {
    file: PathBuf,
    from: u64,
    to: u64,
}

/// A file that is being read.
struct Open {
    lines: LineReader<Box<dyn BufRead + Send>>,
    /// The record that must stand in the next line, and the end.
    next: u64,
    to: u64,
}

/// The records of one partition, one after the other.
pub(crate) struct Records {
    parts: VecDeque<Part>,
    progress: Progress,
    open: Option<Open>,
    /// The file, and the line of it that was read last.
    file: String,
    line: u64,
    pub(crate) partition: u16,
    next: u64,
}

impl Records {
    fn new(partition: u16, parts: VecDeque<Part>, progress: &Progress) -> Self {
        let (progress, file) = (progress.clone(), String::new());
        Self { parts, progress, open: None, file, line: 0, partition, next: 0 }
    }

    /// The next one.
    pub(crate) fn take(&mut self) -> Result<Option<Record>, Failure> {
        loop {
            let Some(open) = self.open.take() else {
                let Some(part) = self.parts.pop_front() else { return Ok(None) };
                self.open = Some(self.begin(&part)?);
                continue;
            };
            let (open, record) = self.read(open)?;
            self.open = open;
            // What stood in the folder before, too, is known already.
            if let Some(record) = record.filter(|record| record.offset >= self.next) {
                self.next = record.offset + 1;
                return Ok(Some(record));
            }
        }
    }

    fn begin(&mut self, part: &Part) -> Result<Open, Failure> {
        (self.file, self.line) = (part.file.display().to_string(), 0);
        let opened = Source::open_all(std::slice::from_ref(&part.file), &self.progress);
        let mut opened = opened.map_err(|error| self.unread(error.reason()))?;
        let source = opened.pop().ok_or_else(|| Failure::internal("no file was opened"))?;
        let limits = Limits { bytes: Limits::of_ours().bytes + BESIDE, ..Limits::of_ours() };
        Ok(Open { lines: source.lines(limits), next: part.from, to: part.to })
    }

    /// The next line of a file; it is not given back at its end.
    fn read(&mut self, mut open: Open) -> Result<(Option<Open>, Option<Record>), Failure> {
        let (due, to) = (open.next, open.to);
        let read = open.lines.line().map_err(|e| self.unread(&e))?;
        let Some((number, line)) = read else {
            return match due == to {
                true => Ok((None, None)),
                false => Err(self.wrong(format!(
                    "the file ends here, before {due} of {to}: the rest of it was cut off"
                ))),
            };
        };
        self.line = number;
        let line = line.map_err(|rejection| self.wrong(rejection.reason))?;
        let read: Line<'_> = serde_json::from_slice(line)
            .map_err(|e| self.wrong(format!("this is no record of an export: {e}")))?;
        if (read.partition, read.offset) != (self.partition, due) || due == to {
            let must = match due == to {
                true => format!("nothing must stand any more, behind {to} records"),
                false => format!("{due} of partition {} must stand", self.partition),
            };
            return Err(self.wrong(format!(
                "record {} of partition {} stands where {must}: records are missing, twice there, or of another file",
                read.offset, read.partition
            )));
        }
        let value = match read.event.get() {
            // What is no JSON was written as a text.
            text if text.starts_with('"') => {
                serde_json::from_str::<String>(text).map_err(|e| self.wrong(e))?.into_bytes()
            }
            event => event.as_bytes().to_vec(),
        };
        let (offset, appended, key) = (read.offset, read.appended_ms, read.key.as_bytes().to_vec());
        open.next += 1;
        Ok((Some(open), Some(Record { offset, appended, key, value })))
    }

    /// What is wrong with the record that was taken last.
    pub(crate) fn wrong(&self, what: impl std::fmt::Display) -> Failure {
        Failure::bad_data(format!("{}:{}: {what}", self.file, self.line))
    }

    /// Bytes that cannot be decompressed are damage; a disk that does not answer is none.
    fn unread(&self, error: &io::Error) -> Failure {
        let says = format!("{}:{}: {error}", self.file, self.line + 1);
        match error.kind() {
            ErrorKind::InvalidData | ErrorKind::UnexpectedEof | ErrorKind::Other => {
                Failure::bad_data(format!("{says}: the file is damaged or was cut off"))
            }
            _ => Failure::unavailable(says),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    /// An export of one partition without a record, whose journal is this.
    fn export(folder: &Path, journal: &[u8]) {
        let mut files = BTreeMap::new();
        for topic in Topic::ALL {
            let path = file(folder, topic, 0);
            std::fs::write(&path, if topic == Topic::Journal { journal } else { b"x" })
                .expect("written");
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            files.insert(name, hash(&path).expect("a hash"));
        }
        let topics: BTreeMap<_, _> = Topic::ALL.map(|topic| (topic.name(), [(0, 0)])).into();
        let contents = serde_json::json!({ "release": "1", "log": "a", "written": "2026-03-01T08:00:00Z",
            "partitions": 1, "topics": topics, "intake": { "rejected": 0 }, "files": files });
        std::fs::write(folder.join("contents.json"), contents.to_string()).expect("written");
    }

    #[test]
    fn an_export_that_was_changed_or_lacks_a_file_is_refused_with_the_file() {
        let folder = std::env::temp_dir().join(format!("coldwatch-export-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let tried = || Exported::open(std::slice::from_ref(&folder)).err().map(|e| e.to_string());
        export(&folder, b"14.4 degrees");
        assert_eq!(tried(), None);
        let journal = file(&folder, Topic::Journal, 0);
        std::fs::write(&journal, b"4.4 degrees").expect("written");
        let said = tried().expect("it is refused");
        assert!(said.contains("journal-0.ndjson.zst: the file is not as it was written"), "{said}");
        std::fs::remove_file(&journal).expect("removed");
        let said = tried().expect("it is refused");
        assert!(said.contains("journal-0.ndjson.zst: the file is missing"), "{said}");
        std::fs::remove_dir_all(folder).expect("removed");
    }
}
