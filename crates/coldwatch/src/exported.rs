//! A whole log as a folder: what `coldwatch export log` writes and `coldwatch restore` reads.
//!
//! ```text
//! FOLDER/facts-0.ndjson.zst       a file for each topic and partition, its records one a line, in their order
//! FOLDER/journal-0.ndjson.zst     as `coldwatch export journal` writes it: `coldwatch replay` takes it
//! FOLDER/contents.json            written last: a folder without it is not whole
//! ```
//!
//! A folder may hold only what is behind the end of another one: each night's, so that a year is not written every night.
//!
//! Everything that was reported stands in `facts`, what staff did in `exceptions`, what was not taken in on `rejects`.
//! `journal`, and what was found and told, follow from these; they are kept to be replayed and compared.

pub(crate) mod reading;
pub(crate) mod writing;

use crate::exit::Failure;
use facts::Moment;
use pipeline::Topic;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

/// The file that is written last.
const CONTENTS: &str = "contents.json";

/// What a folder holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Contents {
    /// Which release wrote it.
    pub(crate) release: String,
    /// What tells the log from every other: a name by its first record.
    pub(crate) log: String,
    /// When.
    pub(crate) written: Moment,
    /// How many partitions the log began with.
    pub(crate) partitions: u16,
    /// For each topic and partition the first place, and the one behind the last.
    pub(crate) topics: BTreeMap<String, Vec<(u64, u64)>>,
    /// What intake had counted, by what it had committed.
    pub(crate) intake: Taken,
    /// The SHA-256 of each file, in hexadecimal: what was changed since is no evidence.
    pub(crate) files: BTreeMap<String, String>,
}

impl Contents {
    /// What a folder says that it holds.
    pub(crate) fn of(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join(CONTENTS);
        let text = std::fs::read_to_string(&path).map_err(|e| match e.kind() {
            ErrorKind::NotFound => Failure::bad_data(format!(
                "{} holds no {CONTENTS}, which `coldwatch export log` writes last: it is no export, or one that broke off",
                folder.display()
            )),
            _ => Failure::unavailable(format!("{}: {e}", path.display())),
        })?;
        let contents: Self = serde_json::from_str(&text)
            .map_err(|e| Failure::bad_data(format!("{}:{}: {e}", path.display(), e.line())))?;
        for topic in Topic::ALL {
            let stretches = contents.stretches(topic);
            if stretches.len() != usize::from(contents.partitions)
                || stretches.iter().any(|(from, to)| from > to)
            {
                return Err(Failure::bad_data(format!(
                    "{}: it must say for each of {} partitions of {} from where to where it reaches",
                    path.display(),
                    contents.partitions,
                    topic.name()
                )));
            }
        }
        Ok(contents)
    }

    /// From where to where each partition of a topic reaches.
    fn stretches(&self, topic: Topic) -> &[(u64, u64)] {
        self.topics.get(topic.name()).map(Vec::as_slice).unwrap_or_default()
    }
}

/// Counts of intake.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Taken {
    /// Records that could not be decoded.
    pub(crate) rejected: u64,
}

/// The SHA-256 of a file, in hexadecimal.
fn hash(path: &Path) -> io::Result<String> {
    let (mut file, mut hash) = (File::open(path)?, Sha256::new());
    let mut some = vec![0; 1 << 20];
    loop {
        match file.read(&mut some)? {
            0 => break,
            n => hash.update(some.get(..n).unwrap_or_default()),
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The file of one partition.
fn file(folder: &Path, topic: Topic, partition: u16) -> PathBuf {
    folder.join(format!("{}-{partition}.ndjson.zst", topic.name()))
}

/// A record as a line.
#[derive(Serialize, Deserialize)]
pub(crate) struct Line<'a> {
    pub(crate) partition: u16,
    pub(crate) offset: u64,
    /// When the log took it, in milliseconds since 1970.
    pub(crate) appended_ms: i64,
    #[serde(borrow)]
    pub(crate) key: Cow<'a, str>,
    /// The event, as it stands in the log; what is no JSON stands here as a text.
    #[serde(borrow)]
    pub(crate) event: &'a RawValue,
}
