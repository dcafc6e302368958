//! Files and standard input as streams of bytes, plain or compressed; and what kind of recording each is.
//!
//! Refuses to guess by name what a file holds: compression and kind are told by its first bytes.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A recording that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{file}: {reason}")]
pub struct SourceError {
    file: String,
    reason: io::Error,
}

impl SourceError {
    /// What the system, or a decompressor, says of it.
    pub fn reason(&self) -> &io::Error {
        &self.reason
    }
}

/// What a recording holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceKind {
    /// Native events from outside.
    Inbound,
    /// Records of a journal.
    Journal,
    /// A logger's text export.
    Logger,
}

/// One recording, opened.
pub struct Source {
    /// Its name, as it was given.
    pub name: String,
    /// What it holds.
    pub kind: SourceKind,
    /// Its bytes, decompressed.
    pub(crate) bytes: Box<dyn BufRead + Send>,
}

/// How much is read ahead.
const CHUNK: usize = 1 << 20;

/// Bytes that were read of all sources, as they lie on the disk.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<AtomicU64>);

impl Progress {
    /// So many.
    pub fn bytes(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Source {
    /// Opens all of them; `-` is standard input.
    pub fn open_all(paths: &[PathBuf], progress: &Progress) -> Result<Vec<Self>, SourceError> {
        paths.iter().map(|path| Self::open(path, progress)).collect()
    }

    fn open(path: &Path, progress: &Progress) -> Result<Self, SourceError> {
        let name = path.display().to_string();
        let opened = || -> io::Result<(SourceKind, Box<dyn BufRead + Send>)> {
            let raw: Box<dyn Read + Send> =
                if name == "-" { Box::new(io::stdin()) } else { Box::new(File::open(path)?) };
            let mut raw = BufReader::with_capacity(CHUNK, Counted(raw, progress.clone()));
            let mut bytes: Box<dyn BufRead + Send> = match raw.fill_buf()? {
                [0x1f, 0x8b, ..] => buffered(flate2::read::MultiGzDecoder::new(raw)),
                [0x28, 0xb5, 0x2f, 0xfd, ..] => buffered(zstd::Decoder::with_buffer(raw)?),
                _ => Box::new(raw),
            };
            Ok((kind(bytes.fill_buf()?), bytes))
        };
        let wrong = |reason| SourceError { file: name.clone(), reason };
        let (kind, bytes) = opened().map_err(wrong)?;
        Ok(Self { name, kind, bytes })
    }

    /// Its records, in bounded memory.
    pub fn lines(self, limits: wire::Limits) -> wire::lines::LineReader<Box<dyn BufRead + Send>> {
        wire::lines::LineReader::new(self.bytes, limits)
    }

    /// All of it.
    pub fn whole(mut self) -> Result<Vec<u8>, SourceError> {
        let mut bytes = Vec::new();
        self.bytes.read_to_end(&mut bytes).map_err(|e| Self::failed(&self.name, e))?;
        Ok(bytes)
    }

    pub(crate) fn failed(name: &str, reason: io::Error) -> SourceError {
        SourceError { file: name.to_owned(), reason }
    }
}

fn buffered(from: impl Read + Send + 'static) -> Box<dyn BufRead + Send> {
    Box::new(BufReader::with_capacity(CHUNK, from))
}

/// A journal's lines say in which partition they stand before they say what happened.
fn kind(beginning: &[u8]) -> SourceKind {
    if wire::logger::is_logger_file(beginning) {
        return SourceKind::Logger;
    }
    let line = beginning.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let find = |needle: &[u8]| memchr::memmem::find(line, needle);
    let data = find(b"\"data\":").unwrap_or(line.len());
    match find(b"\"partition\":").is_some_and(|at| at < data) {
        true => SourceKind::Journal,
        false => SourceKind::Inbound,
    }
}

/// Counts what is read.
struct Counted(Box<dyn Read + Send>, Progress);

impl Read for Counted {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let n = self.0.read(to)?;
        self.1.0.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}
