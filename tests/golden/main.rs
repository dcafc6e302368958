//! Journals that were recorded when their behaviour was made, and what was found in them, byte for byte.
//!
//! A journal holds the facts, the ticks and the rules that were in force, so nothing but the code can change what is
//! found in it. Whoever changes that makes a new behaviour number: the journals of the one before are kept, and judged as
//! they were, for as long as the release knows that number.
//!
//! - `COLDWATCH_WRITE_GOLDEN=1` records the journals of the behaviour that new logs begin at, where there are none yet
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods
)]

mod images;
mod messages;

use facts::{Origin, Rulebook, ShortText};
use libtest_mimic::{Arguments, Failed, Trial};
use pipeline::{JournalRecord, Pipeline, stage_configs};
use replay::report::lines::LinesReport;
use replay::{Options, Progress, Replay, Source};
use scenario::{Scenario, ScenarioPage, ScenarioStep};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Of this week: seed and shipments.
const WEEK: (u64, u32) = (11, 12);

fn folder(behaviour: u32) -> PathBuf {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden");
    Path::new(golden).join(format!("behaviour-{behaviour}"))
}

/// What a replay of these files says, line by line; a recording is replayed into its journal.
fn replayed(files: &[PathBuf], into: Option<&mut Vec<u8>>) -> Result<String, String> {
    let (mut said, mut journal) = (Vec::new(), Vec::new());
    {
        let read = Progress::default();
        let sources = Source::open_all(files, &read).map_err(|e| e.to_string())?;
        let options = Options { until: None, at: None, threads: 1, shipment: None };
        let mut report = LinesReport::new(&mut said, None);
        let mut progress = || {};
        let recorded = into.is_some();
        let journal: Option<&mut dyn std::io::Write> =
            if recorded { Some(&mut journal) } else { None };
        let replay =
            Replay { sources, options, report: &mut report, journal, progress: &mut progress };
        let ended = if recorded { replay.inbound(&shipped()?) } else { replay.journals() };
        ended.map_err(|e| e.to_string())?;
    }
    into.into_iter().for_each(|into| into.clone_from(&journal));
    String::from_utf8(said).map_err(|e| e.to_string())
}

/// The hash of all lines that a replay of a journal says, but the last: that one names the version of the program.
fn found(journal: &Path) -> Result<String, String> {
    let text = replayed(&[journal.to_path_buf()], None)?;
    let lines: Vec<&str> = text.lines().collect();
    let mut hash = Sha256::new();
    for line in lines.split_last().map(|(_, lines)| lines).unwrap_or_default() {
        hash.update(line);
        hash.update("\n");
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn shipped() -> Result<Rulebook, String> {
    Ok(pipeline::rulebook::shipped().map_err(|problems| format!("{problems:?}"))?.book)
}

/// `HASH NAME`, one line for each journal.
fn hashes(folder: &Path) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(folder.join("found")).unwrap_or_default();
    let line = |line: &str| line.split_once(' ').map(|(hash, name)| (name.into(), hash.into()));
    text.lines().filter_map(line).collect()
}

fn trials(behaviour: u32) -> Vec<Trial> {
    let folder = folder(behaviour);
    let hashes = hashes(&folder);
    let trial = |(name, hash): (String, String)| {
        let journal = folder.join(format!("{name}.ndjson.zst"));
        Trial::test(format!("behaviour {behaviour}: {name}"), move || {
            let now = found(&journal)?;
            if now == hash {
                return Ok(());
            }
            Err(Failed::from(
                "this journal was judged otherwise when it was recorded: whoever changes what is found on the same \
                 journal makes a new behaviour number (facts::behaviour), see CONTRIBUTING.md",
            ))
        })
    };
    hashes.into_iter().map(trial).collect()
}

/// Records what is not recorded yet; what is there is never written over.
fn record(behaviour: u32) -> Result<usize, String> {
    let folder = folder(behaviour);
    // A change of what is found is a new number: what is recorded stays.
    if folder.join("found").exists() {
        return Ok(0);
    }
    std::fs::create_dir_all(&folder).map_err(|e| e.to_string())?;
    let mut found_in = BTreeMap::new();
    let mut keep = |name: &str, journal: &[u8]| -> Result<(), String> {
        let path = folder.join(format!("{name}.ndjson.zst"));
        let packed = zstd::encode_all(journal, 19).map_err(|e| e.to_string())?;
        std::fs::write(&path, packed).map_err(|e| e.to_string())?;
        found_in.insert(name.to_owned(), found(&path)?);
        Ok(())
    };
    let week = Path::new(env!("CARGO_TARGET_TMPDIR")).join("golden-week");
    simulate::simulate(WEEK.0, WEEK.1, &week).map_err(|e| e.to_string())?;
    let mut journal = Vec::new();
    replayed(&[week.join(simulate::FILES[0])], Some(&mut journal))?;
    keep("week", &journal)?;
    for (name, scenario, numbers) in journeys()? {
        keep(&name, &journey(&scenario, &numbers)?)?;
    }
    let lines: String = found_in.iter().map(|(name, hash)| format!("{hash} {name}\n")).collect();
    std::fs::write(folder.join("found"), lines).map_err(|e| e.to_string())?;
    Ok(found_in.len())
}

/// Every scenario of every journey, with the numbers that its page sets.
fn journeys() -> Result<Vec<(String, Scenario, String)>, String> {
    let pages = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/journeys");
    let listing = std::fs::read_dir(pages).map_err(|e| e.to_string())?;
    let mut paths: Vec<PathBuf> = listing.flatten().map(|entry| entry.path()).collect();
    paths.retain(|page| page.extension().is_some_and(|e| e == "md"));
    paths.sort();
    let mut all = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).map_err(|e| e.to_string())?;
        let page = ScenarioPage::read(&text).map_err(|e| e.to_string())?;
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        for (n, scenario) in page.scenarios.into_iter().enumerate() {
            all.push((format!("{stem}-{}", n + 1), scenario, page.parameters.clone()));
        }
    }
    Ok(all)
}

/// The journal of a scenario.
fn journey(scenario: &Scenario, numbers: &str) -> Result<Vec<u8>, String> {
    let book = scenario::beside(shipped()?, numbers)?;
    let mut pipeline = Pipeline::keeping_journal(&book).map_err(|stop| stop.to_string())?;
    let mut heard = 0;
    for step in &scenario.steps {
        let (ScenarioStep::Given(hears) | ScenarioStep::When(hears)) = step else { continue };
        match &hears.words {
            None => pipeline.advance(hears.learnt).map_err(|stop| stop.to_string())?,
            Some(words) => {
                heard += 1;
                let event = scenario::event(hears.at, words, &hears.id)?;
                let fed = pipeline.feed(hears.learnt, event, origin(heard));
                fed.map_err(|stop| stop.to_string())?;
            }
        }
    }
    pipeline.advance(pipeline.now() + facts::Span::days(1)).map_err(|stop| stop.to_string())?;
    let mut lines = Vec::new();
    for record in pipeline.take_journal() {
        write(&mut lines, &record)?;
    }
    Ok(lines)
}

fn write(lines: &mut Vec<u8>, record: &JournalRecord) -> Result<(), String> {
    replay::journal::write(lines, record).map_err(|e| e.to_string())
}

fn origin(offset: u64) -> Origin {
    let (service, topic) = (ShortText::new("intake/1"), ShortText::new("journey"));
    Origin { service, topic, partition: 0, offset, index: 0 }
}

fn main() -> ExitCode {
    let newest = *stage_configs::BEHAVIOURS.end();
    if std::env::var_os("COLDWATCH_WRITE_GOLDEN").is_some() {
        let kept = images::keep().and_then(|images| Ok((images, messages::keep()?)));
        match kept {
            Ok((images, messages)) => {
                println!("images of stages that were kept: {images}; messages: {messages}");
            }
            Err(why) => {
                println!("{why}");
                return ExitCode::FAILURE;
            }
        }
        return match record(newest) {
            Ok(n) => {
                println!("journals of behaviour {newest} that were recorded: {n}");
                ExitCode::SUCCESS
            }
            Err(why) => {
                println!("{why}");
                ExitCode::FAILURE
            }
        };
    }
    let mut all: Vec<Trial> = stage_configs::BEHAVIOURS.flat_map(trials).collect();
    all.extend(images::trials());
    all.push(messages::trial());
    let recorded = !all.is_empty() && !hashes(&folder(newest)).is_empty();
    all.push(Trial::test("every behaviour that this release knows is recorded", move || {
        match recorded {
            true => Ok(()),
            false => Err(Failed::from("COLDWATCH_WRITE_GOLDEN=1 records the newest one")),
        }
    }));
    libtest_mimic::run(&Arguments::from_args(), all).exit_code()
}
