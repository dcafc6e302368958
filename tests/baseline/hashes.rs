//! The checked-in hashes: one line for each output, `HASH SOURCE NAME`. `SOURCE` is the hash of the recording
//! where that lies outside the project, else `-`.

use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;

/// The hash of an output, and of what it was made from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Noted {
    pub(crate) output: String,
    pub(crate) source: String,
}

/// All lines, by name.
#[derive(Debug, Default)]
pub(crate) struct Hashes(BTreeMap<String, Noted>);

/// The first half of SHA-256 in hexadecimal digits, which is enough to see that something differs.
pub(crate) fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

impl Hashes {
    pub(crate) fn read(text: &str) -> Self {
        let line = |line: &str| {
            let mut words = line.splitn(3, ' ');
            let (output, source) = (words.next()?.to_owned(), words.next()?.to_owned());
            Some((words.next()?.to_owned(), Noted { output, source }))
        };
        Self(text.lines().filter_map(line).collect())
    }

    pub(crate) fn of(&self, name: &str) -> Option<&Noted> {
        self.0.get(name)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(crate) fn keep_only(&mut self, keep: impl Fn(&str) -> bool) {
        self.0.retain(|name, _| keep(name));
    }

    pub(crate) fn note(&mut self, name: &str, source: &str, output: &str) {
        let (output, source) = (hash(output.as_bytes()), source.to_owned());
        self.0.insert(name.to_owned(), Noted { output, source });
    }
}

impl fmt::Display for Hashes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (name, noted) in &self.0 {
            writeln!(f, "{} {} {name}", noted.output, noted.source)?;
        }
        Ok(())
    }
}
