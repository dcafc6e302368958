//! Everything goes wrong, in an order that a seed decides.
//!
//! What runs here is what is shipped: the folds, the stages of intake, dispatch, the four engines and alerts, the loop,
//! the snapshots in their files, the groups and the log in memory. One scheduler takes one step after another, in one
//! thread: a process goes round once, a write lands, an answer is heard, something goes wrong. Time, chance and waiting
//! come from it alone, so that the same seed is the same run: each runs twice, and both must leave the same trace.
//! Nineteen seeds of twenty are over a small world of one shipment, the twentieth is over one with more going on at once.
//!
//! Simulated: processes killed between any two steps and inside of any call to the log; writes that are late, doubled,
//! lost alone, unsure, or land after their process is dead; commits that are done and said to have failed; rebalances,
//! members given up that go on until they hear of it, all members losing everything; a broker that is gone; snapshots
//! torn, flipped, lost, of another log, or that cannot be written; clocks wrong by hours; idle partitions; a rulebook
//! published under traffic; processes that are upgraded and rolled back, and a behaviour that is switched, and switched
//! back, under traffic. A seed ends with a log that must be refused by name: cut short, made anew, either of them
//! grown again, holed, of a behaviour that nobody knows, or one that cannot take what is to be written; or its facts are
//! trimmed away behind dispatch's snapshots, and it is gone on with.
//!
//! Not simulated: the client of Kafka and its brokers (`tests/live` kills real ones), the files of the embedded log, threads,
//! the desk and the doors, a disk that lies about what it has. Hours of log time go by between rounds, when everything
//! has been worked off: a service that is away for hours is a finding of its own, and rightly another verdict.
//!
//! ```sh
//! cargo test -p coldwatch --test faults                                    # a few seeds
//! COLDWATCH_FAULT_SEEDS=1..2001 cargo test -p coldwatch --test faults      # a range, over all threads
//! COLDWATCH_FAULT_SEEDS=7,5480 cargo test -p coldwatch --test faults       # a list
//! ```
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    clippy::disallowed_methods
)]

mod bad_endings;
mod calm;
mod client;
mod coverage;
mod faults;
mod hours;
mod invariants;
mod misfortune;
mod network;
mod places;
mod releases;
mod run;
mod scheduler;
mod seed;
mod site;
#[path = "../verdicts.rs"]
mod verdicts;
mod workload;

use coverage::Coverage;
use libtest_mimic::{Arguments, Failed, Trial};
use std::process::{Command, ExitCode};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;
use workload::BLOCK;

/// In a plain `cargo test`: a few, and those that have found something.
const FEW: &str = "1..41,93,1740,5480,5680";
/// From so many seeds on every kind of fault must have happened.
const MANY: usize = 200;
/// After so many broken seeds no further one is played.
const ENOUGH: usize = 3;

fn main() -> ExitCode {
    let trials = vec![Trial::test("faults: seeds", || seeds(&asked()?))];
    let mut arguments = Arguments::from_args();
    arguments.test_threads = arguments.test_threads.or(Some(1));
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// `COLDWATCH_FAULT_SEEDS=7` plays one, `7..9` a range, `7,20..41` both.
fn asked() -> Result<Vec<u64>, String> {
    let asked = std::env::var("COLDWATCH_FAULT_SEEDS").unwrap_or_else(|_| FEW.to_owned());
    let mut seeds = Vec::new();
    for part in asked.split(',') {
        let wrong =
            || format!("COLDWATCH_FAULT_SEEDS: `{part}` is no seed or range, as in `7,20..41`");
        let number = |text: &str| text.parse::<u64>().map_err(|_| wrong());
        let range = match part.split_once("..") {
            Some((from, to)) => number(from)?..number(to)?,
            None => number(part)?..number(part)?.saturating_add(1),
        };
        if range.is_empty() {
            return Err(wrong());
        }
        seeds.extend(range);
    }
    seeds.sort_unstable();
    seeds.dedup();
    Ok(seeds)
}

fn seeds(asked: &[u64]) -> Result<(), Failed> {
    // A seed that panics says so itself, with its number.
    std::panic::set_hook(Box::new(|_| {}));
    // Those of a block have a world in common.
    let blocks: Vec<&[u64]> = asked.chunk_by(|a, b| a / BLOCK == b / BLOCK).collect();
    let (next, played) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let began = Instant::now();
    let (broken, total) = (Mutex::new(Vec::new()), Mutex::new(Coverage::default()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(block) = blocks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let mut small = None;
                    for &seed in *block {
                        if broken.lock().unwrap().len() >= ENOUGH {
                            return;
                        }
                        let done = played.fetch_add(1, Ordering::Relaxed);
                        if done > 0 && done.is_multiple_of(500) {
                            eprintln!("{done} seeds after {:.0} s", began.elapsed().as_secs_f64());
                        }
                        match seed::play(seed, &mut small) {
                            Ok(coverage) => *total.lock().unwrap() += coverage,
                            Err(wrong) => broken.lock().unwrap().push((seed, wrong)),
                        }
                    }
                }
            });
        }
    });
    let _ = std::panic::take_hook();
    let (mut broken, total) = (broken.into_inner()?, total.into_inner()?);
    broken.sort();
    let played = played.into_inner();
    eprintln!("{played} seeds in {:.1} s on {threads} threads", began.elapsed().as_secs_f64());
    for (says, count) in total.lines() {
        eprintln!("  {count:>9}  {says}");
    }
    let absent = total.absent();
    if broken.is_empty() && played >= MANY && !absent.is_empty() {
        return Err(format!("in {played} seeds these never happened: {absent:?}").into());
    }
    match broken.is_empty() {
        true => Ok(()),
        false => Err(told(&broken).into()),
    }
}

fn told(broken: &[(u64, Vec<String>)]) -> String {
    let commit = Command::new("git").args(["rev-parse", "--short", "HEAD"]).output();
    let commit = commit.map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned());
    let commit = commit.unwrap_or_default();
    let mut text = String::new();
    for (seed, wrong) in broken {
        text += &format!("seed {seed} at commit {commit}:\n");
        for line in wrong.iter().take(8) {
            text += &format!("  {line}\n");
        }
        text += &format!(
            "  again: COLDWATCH_FAULT_SEEDS={seed} cargo test -p coldwatch --test faults\n"
        );
    }
    text
}
