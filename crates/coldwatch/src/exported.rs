//! A whole log as a folder: what `coldwatch export log` writes and `coldwatch restore` reads.
//!
//! ```text
//! FOLDER/facts-0.ndjson.zst       a file for each topic and partition, its records one a line, in their order
//! FOLDER/journal-0.ndjson.zst     as `coldwatch export journal` writes it: `coldwatch replay` takes it
//! FOLDER/contents.json            written last: a folder without it is not whole
//! ```
//!
//! Everything that was reported stands in `facts`, what staff did in `exceptions`, what was not taken in on `rejects`.
//! `journal`, and what was found and told, follow from these; they are kept to be replayed and compared.

pub(crate) mod reading;
pub(crate) mod writing;

use facts::Moment;
use pipeline::Topic;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The file that is written last.
const CONTENTS: &str = "contents.json";

/// What a folder holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Contents {
    /// Which release wrote it.
    pub(crate) release: String,
    /// When.
    pub(crate) written: Moment,
    /// How many partitions the log began with.
    pub(crate) partitions: u16,
    /// For each topic and partition the first place, and the one behind the last.
    pub(crate) topics: BTreeMap<String, Vec<(u64, u64)>>,
    /// What intake had counted, by what it had committed.
    pub(crate) intake: Taken,
}

/// Counts of intake.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Taken {
    /// Records that could not be decoded.
    pub(crate) rejected: u64,
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
