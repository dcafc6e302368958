//! What coldwatch says today, held against what it said before: of a simulated week, of every journey, and of
//! the recordings with known verdicts where they lie beside the project.
//!
//! Every other test compares the program with itself or with an expectation. This one has the answers of the version
//! before: one hash for each output in `hashes`. Where one differs, `sh tests/baseline/compare REV` shows what.
//!
//! - `COLDWATCH_WRITE_BASELINE=1` writes `hashes` anew and compares nothing
//! - `COLDWATCH_BASELINE_OUTPUTS=FOLDER` writes every output into this folder and compares nothing
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods
)]

mod hashes;
mod outputs;
#[path = "../replayed.rs"]
mod replayed;

use hashes::Hashes;
use libtest_mimic::{Arguments, Failed, Trial};
use outputs::Wanted;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// The file with one line for each output.
fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/baseline/hashes")
}

/// What cannot be made says so in its place, so that the other outputs can still be compared.
fn made(wanted: &Wanted) -> String {
    wanted.make().unwrap_or_else(|why| format!("this output could not be made: {why}\n"))
}

/// Writes every output into a folder, each into a file of its name.
fn write_outputs(all: &[Wanted], folder: &Path) -> ExitCode {
    std::fs::create_dir_all(folder).expect("the folder can be made");
    for wanted in all {
        std::fs::write(folder.join(wanted.file()), made(wanted)).expect("an output is written");
    }
    println!("{} outputs are in {}", all.len(), folder.display());
    ExitCode::SUCCESS
}

/// Writes the hashes anew; those of recordings that are not here stay as they are.
fn write_hashes(all: &[Wanted], before: Hashes) -> ExitCode {
    let mut hashes = before;
    hashes.keep_only(|name| outputs::is_outside(name) && !outputs::are_beside());
    for wanted in all {
        hashes.note(&wanted.name, &wanted.source, &made(wanted));
    }
    std::fs::write(file(), hashes.to_string()).expect("the hashes are written");
    println!("the hashes of {} outputs are written", all.len());
    ExitCode::SUCCESS
}

/// One test for each output. What has no line, and a line that has no output, fails.
fn trials(all: Vec<Wanted>, hashes: &Hashes) -> Vec<Trial> {
    let missing = hashes.names().filter(|name| !all.iter().any(|wanted| wanted.name == *name));
    let mut trials: Vec<Trial> = missing
        .map(|name| {
            let why = Failed::from("it has a hash, and nothing makes it any more");
            // Recordings beside the project come and go without it.
            Trial::test(name, move || Err(why)).with_ignored_flag(outputs::is_outside(name))
        })
        .collect();
    for wanted in all {
        let noted = hashes.of(&wanted.name).cloned();
        // A recording beside the project that is new or another one has no answer of before.
        let unknown = outputs::is_outside(&wanted.name)
            && noted.as_ref().is_none_or(|noted| noted.source != wanted.source);
        let test = move |wanted: Wanted| -> Result<(), Failed> {
            let noted = noted.ok_or("it has no hash yet: COLDWATCH_WRITE_BASELINE=1 writes it")?;
            match hashes::hash(made(&wanted).as_bytes()) == noted.output {
                true => Ok(()),
                false => Err("coldwatch said something else before; `sh tests/baseline/compare REV` shows what, \
                              CONTRIBUTING.md says who writes the hashes anew"
                    .into()),
            }
        };
        let name = wanted.name.clone();
        trials.push(Trial::test(name, move || test(wanted)).with_ignored_flag(unknown));
    }
    trials
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let hashes = Hashes::read(&std::fs::read_to_string(file()).unwrap_or_default());
    // Recordings are named as they are given, so they are given without the folders of this machine.
    let place = outputs::place();
    std::env::set_current_dir(&place).expect("the folder for recordings is there");
    let all = outputs::all(&place);
    let write = std::env::var_os("COLDWATCH_WRITE_BASELINE").is_some();
    let ended = match std::env::var_os("COLDWATCH_BASELINE_OUTPUTS") {
        Some(folder) => write_outputs(&all, Path::new(&folder)),
        None if write => write_hashes(&all, hashes),
        None => libtest_mimic::run(&arguments, trials(all, &hashes)).exit_code(),
    };
    let _ = std::fs::remove_dir_all(&place);
    ended
}
