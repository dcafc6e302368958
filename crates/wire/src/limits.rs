//! How long and how deep a record may be. Checked before anything is parsed.

use crate::reject::{Code, Rejection};

/// Limits of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a record.
    pub bytes: usize,
    /// How deep objects and lists may be nested.
    pub depth: usize,
    /// Bytes of a text in it.
    pub text: usize,
    /// Whether it comes from outside: then its ids are cleaned, and what a fact may say has a size. What was let in once stays as
    /// it is.
    pub outside: bool,
}

/// Of an event: a page and more. What follows from an event repeats its texts, and must fit into a record, too.
const TEXT: usize = 4096;

impl Default for Limits {
    /// 1 MiB, as a Kafka broker's own default; 32 levels, where our own facts have five.
    fn default() -> Self {
        Self { bytes: 1 << 20, depth: 32, text: TEXT, outside: true }
    }
}

/// What some programs write before a text to say that it is UTF-8; it is no part of it.
const MARK: &[u8] = b"\xef\xbb\xbf";

/// The bytes behind a byte order mark, if there is one.
pub fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(MARK).unwrap_or(bytes)
}

/// Whether this looks like UTF-16: it begins with that encoding's mark, or every other byte is a NUL, as where
/// plain letters stand in it. `nul` is where the first one stands.
fn is_utf16(bytes: &[u8], nul: Option<usize>) -> bool {
    let marked = bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff");
    marked || (nul.is_some() && memchr::memchr_iter(0, bytes).count() * 3 >= bytes.len())
}

impl Limits {
    /// Of a record of our own topics: one holds a whole rulebook, as a text.
    pub fn of_ours() -> Self {
        Self { bytes: 16 << 20, text: 16 << 20, outside: false, ..Self::default() }
    }

    /// Bytes that may be parsed, as text.
    pub(crate) fn check<'a>(&self, bytes: &'a [u8]) -> Result<&'a str, Rejection> {
        if bytes.len() > self.bytes {
            return Err(Rejection::new(
                Code::TooLong,
                format!("{} bytes, and {} are taken", bytes.len(), self.bytes),
            ));
        }
        let nul = memchr::memchr(0, bytes);
        if is_utf16(bytes, nul) {
            let reason = "the text is UTF-16, and UTF-8 is read: save it as UTF-8";
            return Err(Rejection::new(Code::Utf16, reason).column(1));
        }
        if let Some(at) = nul {
            return Err(Rejection::new(Code::Nul, "a NUL byte").column(at + 1));
        }
        let text = simdutf8::basic::from_utf8(bytes).map_err(|_| {
            let at = std::str::from_utf8(bytes).err().map_or(0, |e| e.valid_up_to());
            Rejection::new(Code::NotUtf8, "bytes that are not UTF-8").column(at + 1)
        })?;
        if memchr::memchr2_iter(b'{', b'[', bytes).nth(self.depth).is_some() {
            self.depth_of(bytes)?;
        }
        if bytes.len() > self.text {
            self.texts_of(bytes)?;
        }
        Ok(text)
    }

    /// Measures what stands between quotes.
    fn texts_of(&self, bytes: &[u8]) -> Result<(), Rejection> {
        let (mut begin, mut at) = (None, 0);
        while let Some(found) = memchr::memchr2(b'"', b'\\', &bytes[at..]) {
            let here = at + found;
            at = here + 1;
            match (bytes[here], begin) {
                (b'"', None) => begin = Some(at),
                (b'"', Some(from)) => {
                    let length = here - from;
                    if length > self.text {
                        let reason =
                            format!("a text of {length} bytes, and {} are taken", self.text);
                        return Err(Rejection::new(Code::TooLong, reason).column(from));
                    }
                    begin = None;
                }
                // What is escaped ends no text.
                _ => at = (here + 2).min(bytes.len()),
            }
        }
        Ok(())
    }

    /// Counts brackets outside texts; no recursion.
    fn depth_of(&self, bytes: &[u8]) -> Result<(), Rejection> {
        let (mut depth, mut text, mut escaped) = (0usize, false, false);
        for (at, byte) in bytes.iter().enumerate() {
            match byte {
                _ if escaped => escaped = false,
                b'\\' if text => escaped = true,
                b'"' => text = !text,
                b'{' | b'[' if !text => depth += 1,
                b'}' | b']' if !text => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth > self.depth {
                let reason = format!("nested deeper than {}", self.depth);
                return Err(Rejection::new(Code::TooDeep, reason).column(at + 1));
            }
        }
        Ok(())
    }
}
