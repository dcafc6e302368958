//! Snapshots behind a real S3 server, which `COLDWATCH_S3` names, like `http://127.0.0.1:19700`; without it every case
//! is skipped. `sh tests/objects/server up` starts one.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

#[path = "server/proxy.rs"]
mod proxy;

use libtest_mimic::{Arguments, Trial};
use objects::{Address, PATIENCE, open, probe};
use proxy::{Mode, Proxy};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use stream::snapshots::{Snapshot, conformance};
use stream::{SnapshotStore, Snapshots};

const SOON: Duration = Duration::from_secs(60);
const FORM: u64 = 7;
/// Set for a process that this one starts: it keeps some at this address.
const KEEPS: &str = "COLDWATCH_TEST_KEEPS";

fn server() -> String {
    std::env::var("COLDWATCH_S3").expect("cases run only where it is set")
}

fn at(endpoint: &str, url: &str) -> Arc<dyn SnapshotStore> {
    let set = [
        ("AWS_ENDPOINT", endpoint),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_ACCESS_KEY_ID", "test"),
        ("AWS_SECRET_ACCESS_KEY", "test"),
    ];
    let set: Vec<_> = set.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    open(&Address::read(url).unwrap(), &set, PATIENCE).unwrap()
}

/// A bucket that no other run has used.
fn bucket() -> String {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let (run, number) = (std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
    let name = format!("snapshots-{run}-{}-{number}", stream::log::wall_clock()());
    ureq::put(format!("{}/{name}", server())).send_empty().expect("a bucket is made");
    format!("s3://{name}")
}

fn keep(all: &Snapshots, offset: u64) -> Result<(), String> {
    let snapshot = Snapshot { offset, state: vec![1; 1000] };
    all.save("thermal", 3, FORM, snapshot).map_err(|error| error.to_string())
}

fn newest(shelf: &Arc<dyn SnapshotStore>) -> (Option<u64>, Vec<String>) {
    let mut told = Vec::new();
    let mut passed_over = |file: &str, why: &str| told.push(format!("{file}: {why}"));
    let all = Snapshots::on(shelf.clone());
    let read = all.latest("thermal", 3, FORM, u64::MAX, &mut passed_over);
    (read.ok().flatten().map(|snapshot| snapshot.offset), told)
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let late = Instant::now() + SOON;
    while !holds() {
        assert!(Instant::now() < late, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn one_process_keeps_and_another_reads() {
    let url = format!("{}/boston", bucket());
    let keeps = Command::new(std::env::current_exe().unwrap()).env(KEEPS, &url).status().unwrap();
    assert!(keeps.success());
    let shelf = at(&server(), &url);
    assert_eq!(newest(&shelf), (Some(40), vec![]));
    assert_eq!(shelf.list("thermal/3").unwrap().len(), 3, "the last three");
    let prefix = at(&server(), &url.replace("boston", "bost"));
    assert_eq!(newest(&prefix), (None, vec![]), "a prefix ends where a name ends");
    // What is large goes whole.
    let image: Vec<u8> = (0..5 << 20).map(|n: u32| (n % 251) as u8).collect();
    let all = Snapshots::on(shelf.clone());
    all.save("thermal", 3, FORM, Snapshot { offset: 50, state: image.clone() }).unwrap();
    let read = all.latest("thermal", 3, FORM, 50, &mut |_, _| {}).unwrap().unwrap();
    assert!(read.state == image);
}

/// The part of the other process.
fn keep_some(url: &str) {
    let all = Snapshots::in_background(at(&server(), url)).unwrap();
    for offset in [10, 20, 30, 40] {
        keep(&all, offset).unwrap();
        // Each is to be written, and none to take another's place.
        until("it is written", || newest(&at(&server(), url)).0 == Some(offset));
    }
    keep(&all, 40).unwrap();
}

fn a_server_that_goes_while_one_is_written_holds_nobody_up() {
    let (url, proxy) = (bucket(), Proxy::before(&server()));
    let direct = at(&server(), &url);
    let all = Snapshots::in_background(at(&proxy.address, &url)).unwrap();
    keep(&all, 10).unwrap();
    until("the first is written", || newest(&direct).0 == Some(10));

    proxy.becomes(Mode::Silent);
    keep(&all, 20).unwrap();
    until("the second is being written", || proxy.held() > 0);
    let slow = (0..100).filter(|n| keep(&all, 30 + n).is_err()).count();
    assert_eq!(
        slow, 99,
        "all but the first took the place of one that was not written, and that is said"
    );
    assert_eq!(proxy.held(), 1, "nothing was answered, and a hundred were taken meanwhile");
    assert_eq!(newest(&direct).0, Some(10));

    proxy.becomes(Mode::Gone);
    let mut said = String::new();
    until("that it failed is said at the next", || {
        said = keep(&all, 200).err().unwrap_or_default();
        said.starts_with("the one before: ")
    });

    proxy.becomes(Mode::Open);
    until("it is written when the server is back", || {
        let _ = keep(&all, 300);
        newest(&direct).0 == Some(300)
    });
    let _ = keep(&all, 400);
    drop(all);
    assert_eq!(newest(&direct), (Some(400), vec![]), "the last one waits until it is written");
}

fn a_server_that_is_gone_at_the_start_is_passed_over_and_said() {
    let (url, proxy) = (bucket(), Proxy::before(&server()));
    keep(&Snapshots::on(at(&server(), &url)), 10).unwrap();
    let shelf = at(&proxy.address, &url);
    proxy.becomes(Mode::Gone);
    let (read, told) = newest(&shelf);
    assert_eq!((read, told.len()), (None, 1), "{told:?}");
    assert!(told[0].starts_with(&format!("{url}/thermal/3: ")), "{told:?}");
    proxy.becomes(Mode::Open);
    until("it is found when the server is back", || newest(&shelf) == (Some(10), vec![]));
}

fn a_probe_tells_a_bucket_that_is_there_from_one_that_is_not() {
    let url = bucket();
    let shelf = at(&server(), &url);
    assert_eq!(probe(&*shelf), Ok(()));
    assert_eq!(shelf.list("doctor/0").unwrap(), Vec::<String>::new(), "nothing stays");
    let error = probe(&*at(&server(), "s3://no-such-bucket")).unwrap_err();
    assert!(
        error.contains("is its name right") && error.contains("s3://no-such-bucket"),
        "{error}"
    );
}

const OWN: [(&str, fn()); 4] = [
    ("one process keeps, and another reads", one_process_keeps_and_another_reads),
    (
        "a server that goes while one is written holds nobody up",
        a_server_that_goes_while_one_is_written_holds_nobody_up,
    ),
    (
        "a server that is gone at the start is passed over, and said",
        a_server_that_is_gone_at_the_start_is_passed_over_and_said,
    ),
    (
        "a probe tells a bucket that is there from one that is not",
        a_probe_tells_a_bucket_that_is_there_from_one_that_is_not,
    ),
];

fn main() -> ExitCode {
    if let Ok(url) = std::env::var(KEEPS) {
        keep_some(&url);
        return ExitCode::SUCCESS;
    }
    let skipped = std::env::var_os("COLDWATCH_S3").is_none();
    let mut trials = Vec::new();
    for (n, (says, case)) in conformance::ALL.iter().enumerate() {
        trials.push(Trial::test(format!("S3: {says}"), move || {
            case(&at(&server(), &format!("{}/case-{n}", bucket())), "thermal");
            Ok(())
        }));
    }
    for (says, case) in OWN {
        trials.push(Trial::test(format!("S3: {says}"), move || {
            case();
            Ok(())
        }));
    }
    let trials = trials.into_iter().map(|trial| trial.with_ignored_flag(skipped)).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
