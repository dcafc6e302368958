#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods)]

use super::*;
use crate::services;
use facts::{Moment, Span};
use pipeline::{ENGINES, Topic};
use std::path::{Path, PathBuf};
use std::time::Instant;
use stream::processor::PartitionStatus;
use stream::{FatalError, MemoryLog, NewRecord, PartitionProcessor, Record};

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("coldwatch-live-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

/// A log of one partition that was made at that moment of its clock.
fn made(at: i64) -> Arc<dyn Log> {
    let log = MemoryLog::new(Arc::new(move || at));
    let inbound = ["in".to_owned()];
    let plan = TopicPlan { names: &TopicNames::with("", 1), generation: 1, inbound: &inbound };
    let book = pipeline::rulebook::shipped().unwrap().book;
    plan.create_at(&log, &book, at).unwrap();
    Arc::new(log)
}

fn supervisor(log: &Arc<dyn Log>, snapshots: &Path) -> Supervisor {
    let mut config = Config::default();
    (config.log.partitions, config.clock.tick) = (1, false);
    config.snapshots.folder = snapshots.to_path_buf();
    config.snapshots.interval = Span::millis(20);
    Supervisor::new(log.clone(), config, stream::log::wall_clock(), None)
}

/// The same, with its snapshots in a store.
fn live_at(log: &Arc<dyn Log>, url: &str) -> Supervisor {
    let mut supervisor = supervisor(log, Path::new("/nowhere"));
    supervisor.config.snapshots.url = Some(url.into());
    supervisor
}

/// Puts these values into `facts`.
fn put(log: &Arc<dyn Log>, values: &[&[u8]]) {
    let new_record = |value: &&[u8]| NewRecord {
        topic: "facts".into(),
        partition: 0,
        key: b"log".to_vec(),
        value: value.to_vec(),
    };
    topics::append(&**log, values.iter().map(new_record).collect()).unwrap();
}

fn wait(supervisor: &Supervisor, what: &str, mut until: impl FnMut(&PartitionStatus) -> bool) {
    let late = Instant::now() + Duration::from_secs(20);
    loop {
        let seen = supervisor.watched()[0].watch.status();
        if seen.partitions.get(&0).is_some_and(&mut until) {
            return;
        }
        assert!(Instant::now() < late, "{what}: {seen:?}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn unreadable(sight: &PartitionStatus) -> i64 {
    let mut of = sight.gauges.iter().filter(|(_, label, _)| *label == "unreadable");
    of.next().map_or(0, |(.., n)| *n)
}

#[test]
fn a_snapshot_of_another_log_is_not_read() {
    let folder = folder("snapshots");
    let (ours, others) = (folder.join("ours"), folder.join("others"));
    let now = Moment::from_millis(1_772_352_000_000).millis();
    let one = made(now);
    let mut first = supervisor(&one, &ours);
    first.start(Service::Dispatch).unwrap();
    put(&one, &[&b"nonsense"[..]; 3]);
    wait(&first, "a snapshot behind them", |s| s.snapshot.is_some() && s.committed == 6);
    put(&one, &[b"nonsense"]);
    wait(&first, "another", |s| s.committed == 7 && unreadable(s) == 4);
    first.finish().unwrap();

    // The same log goes on from there.
    let mut again = supervisor(&one, &ours);
    again.start(Service::Dispatch).unwrap();
    wait(&again, "it goes on", |s| s.position == 7 && unreadable(s) == 4);
    let begun = again.watched()[0].watch.status().partitions[&0].clone();
    assert!(!begun.catching_up, "{begun:?}");
    again.finish().unwrap();

    // Another one, worked off as far, of which every record can be read.
    let two = made(now + 5_000);
    let stroke =
        |n: i64| services::tick(&TopicNames::with("", 1), Topic::Facts, 0, now + n * 5_000).value;
    let strokes: Vec<Vec<u8>> = (2_i64..6).map(stroke).collect();
    put(&two, &strokes.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let mut elsewhere = supervisor(&two, &others);
    elsewhere.start(Service::Dispatch).unwrap();
    wait(&elsewhere, "all is worked off", |s| s.committed == 7);
    elsewhere.finish().unwrap();
    let mut other = supervisor(&two, &ours);
    other.start(Service::Dispatch).unwrap();
    wait(&other, "it folds its own past", |s| s.position == 7);
    let seen = other.watched()[0].watch.status().partitions[&0].clone();
    assert_eq!(unreadable(&seen), 0, "that is the other log's count: {seen:?}");
    other.finish().unwrap();
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_service_goes_on_from_a_snapshot_in_a_store() {
    let folder = folder("store");
    let url = format!("file://{}", folder.display());
    let log = made(1_772_352_000_000);
    let mut first = live_at(&log, &url);
    first.start(Service::Dispatch).unwrap();
    put(&log, &[&b"nonsense"[..]; 3]);
    wait(&first, "all is worked off", |s| s.committed == 6);
    assert_eq!(first.watched()[0].watch.status().snapshots_used, 0, "there was none");
    // Whoever stops waits until its last snapshot is written.
    first.finish().unwrap();

    let mut again = live_at(&log, &url);
    again.start(Service::Dispatch).unwrap();
    wait(&again, "it goes on", |s| s.position == 6 && unreadable(s) == 3);
    let seen = again.watched()[0].watch.status();
    assert_eq!((seen.snapshots_used, seen.snapshots_refused, seen.starts), (1, 0, 1));
    again.finish().unwrap();

    // Elsewhere there is none, and it folds again.
    let mut other = live_at(&log, &format!("{url}/elsewhere"));
    other.start(Service::Dispatch).unwrap();
    wait(&other, "it folds", |s| s.position == 6 && unreadable(s) == 3);
    assert_eq!(other.watched()[0].watch.status().snapshots_used, 0);
    other.finish().unwrap();
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_store_that_is_away_ends_nothing_and_one_that_cannot_be_is_a_wrong_configuration() {
    let folder = folder("store-away");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("file"), "no folder").unwrap();
    let log = made(1_772_352_000_000);
    let mut supervisor = live_at(&log, &format!("file://{}/file", folder.display()));
    supervisor.start(Service::Dispatch).unwrap();
    put(&log, &[b"nonsense"]);
    wait(&supervisor, "it folds from the start", |s| s.committed == 4 && unreadable(s) == 1);
    put(&log, &[b"nonsense"]);
    let late = Instant::now() + Duration::from_secs(20);
    let seen = || supervisor.watched()[0].watch.status();
    while seen().snapshots_failed == 0 {
        assert!(Instant::now() < late, "it is counted: {:?}", seen());
        std::thread::sleep(Duration::from_millis(10));
    }
    assert_eq!((seen().snapshots_used, seen().snapshots_refused), (0, 1), "said once, why");
    supervisor.finish().unwrap();
    let refused = live_at(&log, "s4://bucket").start(Service::Dispatch).unwrap_err();
    assert!(refused.is_refusal(), "{refused}");
    std::fs::remove_dir_all(folder).unwrap();
}

/// A stage that breaks on its first record.
struct Breaking;

impl PartitionProcessor for Breaking {
    fn process(&mut self, _: &Record, _: &mut Vec<NewRecord>) -> Result<(), FatalError> {
        panic!("on purpose")
    }
}

impl ProcessorFactory for Breaking {
    type Processor = Breaking;
    fn begin(&self, _: u16, _: &str) -> Result<Breaking, FatalError> {
        Ok(Breaking)
    }
    fn resume(&self, _: u16, _: &[u8]) -> Result<Breaking, String> {
        Ok(Breaking)
    }
}

#[test]
fn a_service_that_panics_ends_the_process_and_is_named() {
    let folder = folder("panic");
    let log = made(1_772_352_000_000);
    let mut supervisor = supervisor(&log, &folder);
    supervisor.start(Service::Engine(&ENGINES[1])).unwrap();
    let service = Service::Engine(&ENGINES[0]);
    let work = service.work(&supervisor.names, &[]).remove(0);
    supervisor.spawn(service, Breaking, work).unwrap();
    let late = Instant::now() + Duration::from_secs(20);
    while !supervisor.is_over() {
        assert!(Instant::now() < late, "a process without one of its services goes on");
        std::thread::sleep(Duration::from_millis(10));
    }
    supervisor.wait();
    let ended = supervisor.finish().unwrap_err().to_string();
    assert_eq!(ended, "custody: it panicked: please report this");
    let _ = std::fs::remove_dir_all(folder);
}

#[test]
fn an_inbound_topic_that_was_made_anew_is_taken_in_from_its_beginning() {
    let now = 1_772_352_000_000;
    let memory = MemoryLog::new(Arc::new(move || now));
    let inbound = ["in".to_owned()];
    let plan = TopicPlan { names: &TopicNames::with("", 1), generation: 1, inbound: &inbound };
    let book = pipeline::rulebook::shipped().unwrap().book;
    plan.create_at(&memory, &book, now).unwrap();
    let arrivals = simulate::make(7, 2).inbound;
    let (memory, log): (MemoryLog, Arc<dyn Log>) = (memory.clone(), Arc::new(memory));
    let take_in = |from: usize, to: usize, read: u64| {
        let new_record = |a: &simulate::Arrival| {
            services::intake::inbound("in", 0, &a.event.subject, a.line().into_bytes())
        };
        topics::append(&*log, arrivals[from..to].iter().map(new_record).collect()).unwrap();
        let mut config = Config::default();
        (config.log.partitions, config.clock.tick) = (1, false);
        config.log.inbound = inbound.to_vec();
        let mut supervisor = Supervisor::new(log.clone(), config, stream::log::wall_clock(), None);
        supervisor.start(Service::Intake).unwrap();
        wait(&supervisor, "all of it", |s| s.committed == read);
        supervisor.finish().unwrap();
    };
    take_in(0, 10, 10);
    take_in(10, 15, 15);
    // With a topic a broker forgets how far its groups had come; and the new one is longer than the old one was.
    memory.delete("in");
    plan.create_at(&memory, &book, now).unwrap();
    take_in(15, 40, 25);
    take_in(40, 42, 27);
    let (mut seen, mut sources) = (fold::DedupTable::default(), std::collections::BTreeSet::new());
    let (mut reader, mut records) = (log.read("facts", &[(0, 3)]).unwrap(), Vec::new());
    while records.len() < 42 {
        reader.poll(Duration::ZERO, &mut records).unwrap();
    }
    for (_, record) in records {
        let fact = pipeline::bytes::fact(record.offset, &record.key, &record.value).unwrap();
        let new = seen.admit(fact.origin.as_ref(), fact.after.as_ref());
        assert_eq!(new, fold::Admission::New, "at {}", record.offset);
        sources.extend(fact.origin.map(|origin| origin.service.to_string()));
    }
    assert_eq!(sources.len(), 2, "one for each topic of that name: {sources:?}");
}
