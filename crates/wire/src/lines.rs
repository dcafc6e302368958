//! A stream as records, one a line, in bounded memory: what is longer than the limit is skipped, and
//! only its beginning is kept. A byte order mark at the beginning of a line is no part of it.

use crate::limits::{Limits, without_mark};
use crate::reject::{Code, KEPT, Rejection};
use std::io::{self, BufRead};

/// Reads a stream line by line.
#[derive(Debug)]
pub struct LineReader<R> {
    from: R,
    limits: Limits,
    line: Vec<u8>,
    number: u64,
}

impl<R: BufRead> LineReader<R> {
    /// Over a stream.
    pub fn new(from: R, limits: Limits) -> Self {
        Self { from, limits, line: Vec::new(), number: 0 }
    }

    /// The next line that is not empty, with its number from 1; or what is wrong with it.
    #[allow(clippy::type_complexity)]
    pub fn line(&mut self) -> io::Result<Option<(u64, Result<&[u8], Rejection>)>> {
        loop {
            self.line.clear();
            let length = self.fill()?;
            let Some(length) = length else { return Ok(None) };
            self.number += 1;
            if length > self.limits.bytes {
                self.line.truncate(KEPT);
                let reason = format!("{length} bytes, and {} are taken", self.limits.bytes);
                let mut rejection = Rejection::new(Code::TooLong, reason).keeping(&self.line);
                rejection.bytes = length as u64;
                return Ok(Some((self.number, Err(rejection))));
            }
            // A file that was put behind another one may bring a mark of its own.
            if !without_mark(&self.line).trim_ascii().is_empty() {
                return Ok(Some((self.number, Ok(text_of(without_mark(&self.line))))));
            }
        }
    }

    /// Reads up to the end of a line; keeps no more than the limit of it. Gives back how long it is.
    fn fill(&mut self) -> io::Result<Option<usize>> {
        let (mut length, mut any, mut last) = (0, false, b'\n');
        loop {
            let bytes = match self.from.fill_buf() {
                Ok(bytes) => bytes,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            };
            if bytes.is_empty() {
                return Ok(any.then(|| length - usize::from(last == b'\r')));
            }
            any = true;
            let end = memchr::memchr(b'\n', bytes);
            let part = end.and_then(|end| bytes.get(..end)).unwrap_or(bytes);
            let room = (self.limits.bytes + 1).saturating_sub(self.line.len());
            self.line.extend_from_slice(part.get(..room).unwrap_or(part));
            length += part.len();
            last = part.last().copied().unwrap_or(last);
            let used = end.map_or(bytes.len(), |end| end + 1);
            self.from.consume(used);
            if end.is_some() {
                return Ok(Some(length - usize::from(last == b'\r')));
            }
        }
    }
}

fn text_of(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\r").unwrap_or(line)
}
