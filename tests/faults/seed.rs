//! One seed: its world in a storm, which must end as it does without a fault; and once again, which must be the same.

use crate::bad_endings::{self, Ended};
use crate::calm::Calm;
use crate::coverage::Coverage;
use crate::faults::Plan;
use crate::invariants::{Ending, Look};
use crate::run::Run;
use crate::site::Site;
use crate::workload::Workload;
use fastrand::Rng;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

/// A folder that is gone with its owner; on a disk in memory where there is one, since every snapshot is brought to
/// the disk.
pub(crate) struct Folder(pub(crate) PathBuf);

impl Folder {
    pub(crate) fn new(of: &str) -> Self {
        let memory = Path::new("/dev/shm");
        let within = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        Self(within.join(format!("coldwatch-faults-{}-{of}", std::process::id())))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left behind is in memory, or a disk is full: neither is a seed's own fault.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// What was seen in a seed, or which invariants it breaks. The small world of some seeds is played in calm once.
pub(crate) fn play(seed: u64, small: &mut Option<Calm>) -> Result<Coverage, Vec<String>> {
    let played = catch_unwind(AssertUnwindSafe(|| {
        if !Workload::is_small(seed) {
            return all(seed, &Calm::over(seed)?);
        }
        if small.is_none() {
            *small = Some(Calm::over(seed)?);
        }
        small.as_ref().map_or(Err(Vec::new()), |calm| all(seed, calm))
    }));
    played.unwrap_or_else(|panic| {
        let says = panic.downcast_ref::<String>().cloned();
        let says = says.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
        Err(vec![format!("panic: {}", says.unwrap_or_default())])
    })
}

fn all(seed: u64, calm: &Calm) -> Result<Coverage, Vec<String>> {
    let mut rng = Rng::with_seed(seed);
    let plan = Plan::draw(&mut rng);
    let order = rng.u64(..);
    let folder = Folder::new(&seed.to_string());
    let (first, coverage) = stormy(calm, plan, ("storm.", &folder.0), order, true)?;
    // The same seed must be the same run.
    let (second, _) = stormy(calm, plan, ("again.", &folder.0), order, false)?;
    if first != second {
        return Err(vec![format!(
            "same again: the trace of the first run is {first:x}, of the second {second:x}"
        )]);
    }
    Ok(coverage)
}

fn stormy(
    calm: &Calm,
    plan: Plan,
    (word, folder): (&str, &Path),
    order: u64,
    compare: bool,
) -> Result<(u64, Coverage), Vec<String>> {
    // Names are part of what is hashed: both runs have the same.
    let folder = folder.join(word);
    let site = Site::open(&calm.workload, plan, ("storm.", &folder), &mut Rng::with_seed(order));
    let mut run = Run::over(&site, order, Some(calm.snapshots.clone()));
    let mut wrong = Vec::new();
    wrong.extend(run.play(&calm.workload, false).err());
    let mut look = Look::at(&site);
    let mut coverage = run.count;
    if compare {
        if wrong.is_empty() {
            look.everything();
            let ending = look.ending(!calm.workload.amid);
            if ending != calm.ending {
                look.wrong.push(differences(&ending, &calm.ending));
            }
            coverage += look.count;
        }
        coverage += site.network.all().count;
        let mut of_log = Coverage::default();
        of_log.log(&site.network.memory.happened());
        coverage += of_log;
        site.places.iter().for_each(|place| coverage.watch(&place.watch.status()));
        coverage.steps += run.steps;
    }
    wrong.append(&mut look.wrong);
    let trace = site.network.trace();
    if wrong.is_empty() && compare {
        match bad_endings::play(&mut run, order) {
            Ok(Ended::Refused) => coverage.refusals += 1,
            Ok(Ended::GoesOn) => coverage.trimmed += 1,
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
