//! The built command, and a folder for each test to work in.

use std::path::PathBuf;
use std::process::{Command, Output};

pub(crate) fn coldwatch(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_coldwatch"));
    command.args(arguments).env_remove("COLDWATCH_CONFIG");
    command
}

/// Runs it for a reader that is gone before the first word.
pub(crate) fn unread(arguments: &[&str]) -> Output {
    let (reader, written_to) = std::io::pipe().expect("a pipe");
    drop(reader);
    coldwatch(arguments).stdout(written_to).output().expect("it runs")
}

/// A folder of this name under the target folder, empty.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    folder
}
