//! How the command ends: one code per kind of end, and one sentence on stderr.
//!
//! 0 fine · 1 findings where `--fail-on` asks, or differences · 2 usage · 65 bad data · 69 unavailable ·
//! 70 internal · 78 configuration · 141 nobody reads standard output any more

use std::fmt;
use std::process::ExitCode;

/// What to read after every `--help`.
pub const CODES: &str = "Exit codes: 0 fine, 1 findings (with --fail-on) or problems found, 2 usage, \
    65 bad data, 69 unavailable, 70 internal error, 78 configuration, 130 stopped, 141 nobody reads the output any more.";

/// An end that is not a good one.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    sentence: String,
}

impl Failure {
    /// It was asked for wrongly: 2.
    pub fn usage(sentence: impl fmt::Display) -> Self {
        Self { code: 2, sentence: sentence.to_string() }
    }
    /// What was given cannot be used: 65.
    pub fn bad_data(sentence: impl fmt::Display) -> Self {
        Self { code: 65, sentence: sentence.to_string() }
    }
    /// Something that is needed is not there: 69.
    pub fn unavailable(sentence: impl fmt::Display) -> Self {
        Self { code: 69, sentence: sentence.to_string() }
    }
    /// Something went wrong inside: 70.
    pub fn internal(sentence: impl fmt::Display) -> Self {
        Self { code: 70, sentence: sentence.to_string() }
    }
    /// Whether asking the same again is refused again.
    pub fn is_refusal(&self) -> bool {
        matches!(self.code, 2 | 65 | 78)
    }
    /// The same, of a part.
    pub fn within(self, part: &str) -> Self {
        Self { sentence: format!("{part}: {}", self.sentence), ..self }
    }
    /// The same, with what to do.
    pub fn but(self, more: &str) -> Self {
        Self { sentence: format!("{}; {more}", self.sentence), ..self }
    }
    /// Standard output cannot be written to: 69. That nobody reads any more, as behind `| head`, is said by the code
    /// of a program that the system ends for it, 141, and by no sentence.
    pub fn output(error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Self { code: 141, sentence: String::new() },
            _ => Self::unavailable(format!("standard output: {error}")),
        }
    }
    /// The configuration is wrong: 78.
    pub fn configuration(sentence: impl fmt::Display) -> Self {
        Self { code: 78, sentence: sentence.to_string() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

/// Findings, or problems that were looked for.
pub fn found() -> ExitCode {
    ExitCode::from(1)
}

/// Tells why it ended.
pub fn tell(failure: &Failure) -> ExitCode {
    if !failure.sentence.is_empty() {
        eprintln!("coldwatch: {}", failure.sentence);
    }
    ExitCode::from(failure.code)
}

/// Help and version are fine; anything else that clap says is a usage error.
pub fn usage(asked: &clap::Error) -> ExitCode {
    let _ = asked.print();
    if asked.use_stderr() { ExitCode::from(2) } else { ExitCode::SUCCESS }
}
