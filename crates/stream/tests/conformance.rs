//! The suite of every backing, over those that need no broker, and the loop over a log that misbehaves.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use libtest_mimic::{Arguments, Trial};
use std::path::PathBuf;
use std::process::ExitCode;
use stream::{EmbeddedLog, MemoryLog, conformance};

fn folder(n: usize) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("coldwatch-log-{}-{n}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for (n, (says, case)) in conformance::ALL.iter().enumerate() {
        trials.push(Trial::test(format!("memory: {says}"), move || {
            case(&MemoryLog::default(), "of-memory");
            Ok(())
        }));
        trials.push(Trial::test(format!("embedded: {says}"), move || {
            let folder = folder(n);
            case(&EmbeddedLog::here(&folder)?, "embedded");
            std::fs::remove_dir_all(folder)?;
            Ok(())
        }));
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
