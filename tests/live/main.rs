//! The services at work, on every backing: in memory and on the embedded log in this process, on a real Kafka as seven
//! processes. Time is struck by the test, so that a week takes seconds.
//!
//! `COLDWATCH_KAFKA` names the brokers; without it everything on Kafka is skipped by name. With
//! `COLDWATCH_ALL_JOURNEYS=1` every journey is played there, and not only the first of each page; with
//! `COLDWATCH_ROUNDS=200` there are so many rounds of misfortune; with `COLDWATCH_LONG=1` weeks are five times as long, and services die
//! four times as often.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    clippy::disallowed_methods
)]

mod accounts;
mod crash;
mod driver;
mod http;
mod ids;
mod journeys;
mod kill_embedded;
mod load;
mod misfortunes;
mod outages;
mod outputs;
mod process;
mod proxy;
mod restores;
mod rounds;
mod site;
mod stage_liveness;
#[path = "../verdicts.rs"]
mod verdicts;

use libtest_mimic::{Arguments, Trial};
use site::Backing;
use std::process::ExitCode;

/// Whether all of it is played, or as much as a few minutes take.
fn is_long() -> bool {
    std::env::var_os("COLDWATCH_LONG").is_some()
}

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Most of the time of a journey on a broker is waiting: more of them at once take no longer.
    arguments.test_threads = arguments.test_threads.or(Some(6));
    let mut trials: Vec<Trial> = Vec::new();
    for backing in Backing::ALL {
        let mut some = journeys::trials(backing);
        some.extend(load::trials(backing));
        some.extend(ids::trials(backing));
        some.extend(accounts::trials(backing));
        some.extend(crash::trials(backing));
        some.extend(kill_embedded::trials(backing));
        some.extend(rounds::trials(backing));
        some.extend(stage_liveness::trials(backing));
        some.extend(http::trials(backing));
        some.extend(outages::trials(backing));
        some.extend(restores::trials(backing));
        trials.extend(some.into_iter().map(|trial| {
            let ignored = trial.has_ignored_flag() || !backing.is_here();
            trial.with_ignored_flag(ignored)
        }));
    }
    libtest_mimic::run(&arguments, trials).exit_code()
}
