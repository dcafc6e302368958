//! One seed: its world without a fault, then the same in a storm, twice.

use crate::coverage::Coverage;
use crate::faults::Plan;
use crate::invariants::{Ending, Look};
use crate::site::Site;
use crate::storm::Storm;
use crate::tails;
use crate::workload::Workload;
use fastrand::Rng;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// A folder of a seed; on a disk in memory where there is one, since every snapshot is brought to the disk.
pub(crate) fn folder(seed: u64) -> PathBuf {
    let memory = Path::new("/dev/shm");
    let within = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
    within.join(format!("coldwatch-faults-{}-{seed}", std::process::id()))
}

/// What was seen in a seed, or which invariants it breaks.
pub(crate) fn play(seed: u64) -> Result<Coverage, Vec<String>> {
    let folder = folder(seed);
    let played = catch_unwind(AssertUnwindSafe(|| all(seed, &folder)));
    // What a seed leaves behind is in memory, or a disk is full: neither is its own fault.
    let _ = std::fs::remove_dir_all(&folder);
    played.unwrap_or_else(|panic| {
        let says = panic.downcast_ref::<String>().cloned();
        let says = says.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
        Err(vec![format!("panic: {}", says.unwrap_or_default())])
    })
}

fn all(seed: u64, folder: &Path) -> Result<Coverage, Vec<String>> {
    let mut luck = Rng::with_seed(seed);
    let workload = Workload::draw(&mut luck);
    let plan = Plan::draw(&mut luck);
    let order = luck.u64(..);
    // The log of the world without a fault is another log: it is a minute older.
    let calm =
        Workload { begin: workload.begin - 60_000, ..Workload::draw(&mut Rng::with_seed(seed)) };
    let site = Site::open(
        &calm,
        Plan { slow: 1, ..Plan::default() },
        ("calm.", folder),
        &mut Rng::with_seed(order),
    );
    let mut storm = Storm::over(&site, order, None);
    let mut wrong = Vec::new();
    wrong.extend(run(&mut storm, &calm, true).err());
    let mut look = Look::at(&site);
    look.everything();
    wrong.append(&mut look.wrong);
    let without = look.ending();
    drop(storm);
    let foreign = site.folder.clone();
    drop(site);
    if !wrong.is_empty() {
        return Err(wrong.into_iter().map(|w| format!("without a fault: {w}")).collect());
    }
    let (first, coverage) =
        stormy(&workload, plan, ("storm.", folder), (order, &foreign), Some(&without))?;
    let (second, _) = stormy(&workload, plan, ("again.", folder), (order, &foreign), None)?;
    if first != second {
        return Err(vec![format!(
            "same again: the trace of the first run is {first:x}, of the second {second:x}"
        )]);
    }
    Ok(coverage)
}

fn run(storm: &mut Storm<'_>, workload: &Workload, calm: bool) -> Result<(), String> {
    storm.weather(workload, calm)?;
    storm.settle()?;
    if let Some((service, error)) = storm.ended.first() {
        return Err(format!("goes on: {} ended: {error}", service.name()));
    }
    storm.stop_all()
}

fn stormy(
    workload: &Workload,
    plan: Plan,
    (word, folder): (&str, &Path),
    (order, foreign): (u64, &Path),
    compare: Option<&Ending>,
) -> Result<(u64, Coverage), Vec<String>> {
    // Names are part of what is hashed: both runs have the same.
    let folder = folder.join(word);
    let site = Site::open(workload, plan, ("storm.", &folder), &mut Rng::with_seed(order));
    let mut storm = Storm::over(&site, order, Some(foreign.to_owned()));
    let mut wrong = Vec::new();
    wrong.extend(run(&mut storm, workload, false).err());
    let mut look = Look::at(&site);
    let mut coverage = storm.count;
    if let Some(without) = compare {
        if wrong.is_empty() {
            look.everything();
            let ending = look.ending();
            if ending != *without {
                look.wrong.push(differences(&ending, without));
            }
            coverage += look.count;
        }
        coverage += site.roads.all().count;
        let mut of_log = Coverage::default();
        of_log.log(&site.roads.memory.happened());
        coverage += of_log;
        site.places.iter().for_each(|place| coverage.watch(&place.watch.seen()));
        coverage.steps += storm.steps;
    }
    wrong.append(&mut look.wrong);
    let trace = site.roads.trace();
    if wrong.is_empty() && compare.is_some() {
        match tails::play(&mut storm, order) {
            Ok(()) => coverage.refusals += 1,
            Err(says) => wrong.push(format!("refusal: {says}")),
        }
    }
    if wrong.is_empty() { Ok((trace, coverage)) } else { Err(wrong) }
}

fn differences(with: &Ending, without: &Ending) -> String {
    // Line by line: the same twice is another ending than the same once.
    let only = |all: &[String], other: &[String]| -> Vec<String> {
        let mut rest = other.to_vec();
        let mut is_new = |line: &&String| match rest.iter().position(|other| other == *line) {
            Some(at) => {
                rest.swap_remove(at);
                false
            }
            None => true,
        };
        all.iter().filter(&mut is_new).cloned().collect()
    };
    let lines = |ending: &Ending| -> Vec<String> {
        let verdicts = ending.verdicts.iter().map(|verdict| format!("{verdict:?}"));
        verdicts.chain(ending.incidents.iter().cloned()).collect()
    };
    let (with, without) = (lines(with), lines(without));
    format!(
        "verdicts: only in the storm {:#?}, only without {:#?}",
        only(&with, &without),
        only(&without, &with)
    )
}
