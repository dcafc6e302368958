//! What every backing must do, as a suite that each of them runs. A case is given a log and a word that no
//! other case uses in the names of its topics and groups; it panics where the log does not conform.
#![allow(clippy::expect_used)] // that is how a case fails

use crate::error::StreamError;
use crate::log::{
    Ack, Committed, ConsumerEvent, GroupConsumer, Log, NewRecord, Placed, Reader, Record,
    TopicSpec, Unwritten, WriteId, wall_clock,
};
use crate::processor::{FatalError, Monitor, PartitionProcessor, ProcessorFactory};
use crate::run::{Group, run};
use crate::snapshots::Snapshots;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::{Duration, Instant};

/// One case: what must hold, and the test of it.
pub type Case = (&'static str, fn(&dyn Log, &str));

/// Every case.
pub const ALL: &[Case] = &[
    ("a topic is made once, and its number of partitions is fixed", a_topic_is_made_once),
    ("what is written is read, in order, without holes, byte for byte", what_is_written_is_read),
    ("an answer says where and when, as the record then does", an_answer_says_where_and_when),
    ("what cannot be written is answered so", what_cannot_be_written),
    ("a group goes on where it was committed, with its note", a_group_goes_on),
    ("groups do not touch each other, nor what is read in none", groups_are_apart),
    ("a second member takes its share and gives it back", a_second_member),
    ("the loop loses and doubles nothing when it stops and starts", the_loop_stops_and_starts),
    ("the loop folds what it has forgotten again, silently", the_loop_folds_again),
    ("the loop asks the time before it strikes the clock", the_loop_strikes),
    ("the loop waits for a log that does not answer", the_loop_waits),
    ("a committed offset beyond the end refuses to start", beyond_the_end),
    ("another last record than the committed one refuses to start", another_last_record),
];

/// What a log in time must have done.
const SOON: Duration = Duration::from_secs(30);

fn topic(log: &dyn Log, name: &str, partitions: u16) -> String {
    let topic = TopicSpec { name: name.to_owned(), partitions, stamped_by_log: true };
    assert!(log.create(&topic).expect("a topic can be made"), "{name} is new");
    name.to_owned()
}

fn new_record(topic: &str, partition: u16, key: &[u8], value: &[u8]) -> NewRecord {
    NewRecord { topic: Arc::from(topic), partition, key: key.to_vec(), value: value.to_vec() }
}

/// Writes and waits for every answer, in any order.
fn write(log: &dyn Log, new_records: Vec<NewRecord>) -> Vec<Result<Placed, Unwritten>> {
    let (send, answers) = channel();
    let count = new_records.len();
    let write_id = |n: usize| WriteId { mark: n as u64, ..WriteId::default() };
    log.append(new_records.into_iter().enumerate().map(|(n, d)| (write_id(n), d)).collect(), &send);
    let mut all: Vec<Ack> =
        (0..count).map(|_| answers.recv_timeout(SOON).expect("every write is answered")).collect();
    all.sort_by_key(|ack| ack.write_id.mark);
    all.into_iter().map(|ack| ack.placed).collect()
}

fn read(log: &dyn Log, topic: &str, partition: u16, count: usize) -> Vec<Record> {
    let mut reader = log.read(topic, &[(partition, 0)]).expect("it can be read");
    let (mut records, until) = (Vec::new(), Instant::now() + SOON);
    while records.len() < count && Instant::now() < until {
        reader.poll(Duration::from_millis(100), &mut records).expect("it can be read");
    }
    records.into_iter().map(|(_, record)| record).collect()
}

fn a_topic_is_made_once(log: &dyn Log, word: &str) {
    assert_eq!(log.partitions(word).expect("it answers"), None);
    topic(log, word, 3);
    assert_eq!(log.partitions(word).expect("it answers"), Some(3));
    let again = |partitions| TopicSpec { name: word.into(), partitions, stamped_by_log: true };
    assert_eq!(log.create(&again(3)), Ok(false), "asked for again it is there");
    assert!(matches!(log.create(&again(4)), Err(StreamError::Configuration(_))));
}

fn what_is_written_is_read(log: &dyn Log, word: &str) {
    let name = topic(log, word, 2);
    let binary: Vec<u8> = (0..=255).collect();
    let new_records: Vec<NewRecord> = (0..500u32)
        .map(|n| new_record(&name, u16::try_from(n % 2).unwrap_or(0), &n.to_le_bytes(), &binary))
        .collect();
    let before = wall_clock()();
    for placed in write(log, new_records) {
        let placed = placed.expect("it is written");
        assert!((before - 5_000..before + 60_000).contains(&placed.appended), "{placed:?}");
    }
    for partition in 0..2u16 {
        assert_eq!(log.range(&name, partition), Ok(0..250));
        let records = read(log, &name, partition, 250);
        for (n, record) in (0..).zip(&records) {
            assert_eq!(record.offset, n);
            let number = u32::try_from(n).expect("small") * 2 + u32::from(partition);
            assert_eq!(record.key, number.to_le_bytes(), "in the order of writing");
            assert_eq!(record.value, binary);
        }
        assert_eq!(records.len(), 250);
    }
    let large = vec![b'x'; 900_000];
    write(log, vec![new_record(&name, 0, b"large", &large)]).remove(0).expect("900 kB are written");
    assert_eq!(read(log, &name, 0, 251).last().map(|r| r.value.len()), Some(large.len()));
}

fn an_answer_says_where_and_when(log: &dyn Log, word: &str) {
    let name = topic(log, word, 3);
    let new_records =
        |_| (0..30).map(|n| new_record(&name, n % 3, &n.to_le_bytes(), b"v")).collect();
    let placed: Vec<Placed> = (0..3)
        .flat_map(|n| write(log, new_records(n)))
        .map(|p| p.expect("it is written"))
        .collect();
    for partition in 0..3 {
        let place = |record: &Record| (record.offset, record.appended);
        let read: Vec<_> = read(log, &name, partition, 30).iter().map(place).collect();
        let said = placed.iter().skip(usize::from(partition)).step_by(3);
        assert_eq!(read, said.map(|p| (p.offset, p.appended)).collect::<Vec<_>>());
        assert!(read.is_sorted_by_key(|(_, appended)| *appended), "the log's clock goes forward");
    }
}

fn what_cannot_be_written(log: &dyn Log, word: &str) {
    let name = topic(log, word, 1);
    let new_records = vec![
        new_record(&name, 0, b"", b"good"),
        new_record(&name, 7, b"", b"no such partition"),
        new_record(&format!("{name}-not-there"), 0, b"", b"no such topic"),
        new_record(&name, 0, b"", b"good, too"),
    ];
    let placed = write(log, new_records);
    let done: Vec<bool> = placed.iter().map(Result::is_ok).collect();
    assert_eq!(done, [true, false, false, true]);
    assert!(matches!(
        log.join(word, &format!("{name}-not-there"), None),
        Err(StreamError::Configuration(_))
    ));
    assert!(matches!(
        log.range(&format!("{name}-not-there"), 0),
        Err(StreamError::Configuration(_))
    ));
}

/// Polls until this holds.
fn until(
    member: &mut dyn GroupConsumer,
    seen: &mut Vec<ConsumerEvent>,
    holds: impl Fn(&[ConsumerEvent]) -> bool,
) {
    let end = Instant::now() + SOON;
    while !holds(seen) {
        assert!(Instant::now() < end, "nothing more came than {seen:?}");
        member.poll(Duration::from_millis(50), seen).expect("it can be polled");
    }
}

fn assigned(seen: &[ConsumerEvent]) -> BTreeSet<u16> {
    let mut mine = BTreeSet::new();
    for event in seen {
        match event {
            ConsumerEvent::Assigned(partitions) => mine.extend(partitions.iter().copied()),
            ConsumerEvent::Revoked(partitions) | ConsumerEvent::Lost(partitions) => {
                mine.retain(|p| !partitions.contains(p));
            }
            ConsumerEvent::Record(..) => {}
        }
    }
    mine
}

fn records(seen: &[ConsumerEvent]) -> Vec<(u16, u64)> {
    let place = |event: &ConsumerEvent| match event {
        ConsumerEvent::Record(partition, record) => Some((*partition, record.offset)),
        _ => None,
    };
    seen.iter().filter_map(place).collect()
}

fn a_group_goes_on(log: &dyn Log, word: &str) {
    let name = topic(log, word, 2);
    write(log, (0..20).map(|n| new_record(&name, n % 2, b"", b"v")).collect());
    assert!(log.committed(word, &name).expect("it answers").is_empty(), "nothing yet");
    let mut member = log.join(word, &name, None).expect("a member");
    let mut seen = Vec::new();
    until(&mut *member, &mut seen, |seen| assigned(seen).len() == 2);
    assert!(records(&seen).is_empty(), "nothing is read before it is said from where");
    member.seek(0, 0).expect("it starts");
    member.seek(1, 4).expect("it starts");
    until(&mut *member, &mut seen, |seen| records(seen).len() >= 16);
    let of = |seen: &[ConsumerEvent], partition| -> Vec<u64> {
        records(seen).into_iter().filter(|(p, _)| *p == partition).map(|(_, o)| o).collect()
    };
    assert_eq!(of(&seen, 0), (0..10).collect::<Vec<u64>>());
    assert_eq!(of(&seen, 1), (4..10).collect::<Vec<u64>>());
    let point = Committed { offset: 7, last: 3 << 60, note: r#"{"read":7}"#.into() };
    member.commit(&[(0, point.clone())]).expect("it is committed");
    assert_eq!(log.committed(word, &name), Ok(BTreeMap::from([(0, point.clone())])));
    // Asked to start again it goes back.
    member.seek(1, 9).expect("it starts again");
    seen.retain(|event| !matches!(event, ConsumerEvent::Record(..)));
    until(&mut *member, &mut seen, |seen| !records(seen).is_empty());
    assert_eq!(of(&seen, 1), [9]);
    member.leave().expect("it leaves");
    drop(member);
    assert_eq!(log.committed(word, &name), Ok(BTreeMap::from([(0, point)])), "it is kept");
}

fn groups_are_apart(log: &dyn Log, word: &str) {
    let name = topic(log, word, 2);
    write(log, (0..20).map(|n| new_record(&name, n % 2, b"", b"v")).collect());
    let groups = [format!("{word}-a"), format!("{word}-b")];
    // As long as a note may be, and in more than ASCII.
    let note = "°".repeat(1_500);
    for (n, group) in (3..).zip(&groups) {
        let mut member = log.join(group, &name, None).expect("a member");
        let mut seen = Vec::new();
        until(&mut *member, &mut seen, |seen| assigned(seen).len() == 2);
        (0..2).for_each(|p| member.seek(p, 0).expect("it starts"));
        until(&mut *member, &mut seen, |seen| records(seen).len() == 20);
        let ends = |member: &mut dyn GroupConsumer| {
            member.high_watermarks() == BTreeMap::from([(0, 10), (1, 10)])
        };
        let end = Instant::now() + SOON;
        while !ends(&mut *member) {
            assert!(
                Instant::now() < end,
                "it learns where they end: {:?}",
                member.high_watermarks()
            );
            member.poll(Duration::from_millis(50), &mut seen).expect("it can be polled");
        }
        let point = Committed { offset: n, last: n, note: note.clone() };
        member.commit(&[(1, point)]).expect("it is committed");
        member.leave().expect("it leaves");
    }
    for (n, group) in (3..).zip(&groups) {
        let point = Committed { offset: n, last: n, note: note.clone() };
        assert_eq!(log.committed(group, &name), Ok(BTreeMap::from([(1, point)])));
    }
    assert_eq!(read(log, &name, 1, 10).len(), 10, "a reader is in no group");
    assert_eq!(log.committed(&format!("{word}-c"), &name), Ok(BTreeMap::new()));
}

fn a_second_member(log: &dyn Log, word: &str) {
    let name = topic(log, word, 4);
    let mut first = log.join(word, &name, None).expect("a member");
    let (mut a, mut b) = (Vec::new(), Vec::new());
    until(&mut *first, &mut a, |seen| assigned(seen).len() == 4);
    (0..4).for_each(|p| first.seek(p, 0).expect("it starts"));
    let mut second = log.join(word, &name, None).expect("another member");
    let end = Instant::now() + SOON;
    let mut released = BTreeSet::new();
    while assigned(&b).len() < 2 {
        assert!(Instant::now() < end, "it gets no share: {a:?} {b:?}");
        first.poll(Duration::from_millis(20), &mut a).expect("it can be polled");
        second.poll(Duration::from_millis(20), &mut b).expect("it can be polled");
        for event in &a {
            if let ConsumerEvent::Revoked(partitions) = event
                && released.insert(partitions.clone())
            {
                let point =
                    |p: &u16| (*p, Committed { offset: 0, last: 0, note: format!("of {p}") });
                let points: Vec<_> = partitions.iter().map(point).collect();
                first.commit(&points).expect("what is asked back can still be committed");
                first.release(partitions).expect("it is given back");
            }
        }
    }
    let (mine, others) = (assigned(&a), assigned(&b));
    assert!(mine.is_disjoint(&others), "{mine:?} {others:?}");
    assert_eq!((mine.len(), others.len()), (2, 2), "fair shares");
    others.iter().for_each(|p| second.seek(*p, 0).expect("it starts"));
    write(log, (0..4).map(|p| new_record(&name, p, b"", b"v")).collect());
    a.retain(|event| !matches!(event, ConsumerEvent::Record(..)));
    until(&mut *first, &mut a, |seen| records(seen).len() == 2);
    until(&mut *second, &mut b, |seen| records(seen).len() == 2);
    let partitions = |seen: &[ConsumerEvent]| -> BTreeSet<u16> {
        records(seen).into_iter().map(|(p, _)| p).collect()
    };
    assert_eq!((partitions(&a), partitions(&b)), (mine, others), "each reads its own");
    second.leave().expect("it leaves");
    drop(second);
    until(&mut *first, &mut a, |seen| assigned(seen).len() == 4);
    first.leave().expect("it leaves");
}

/// Adds up what it reads and says each sum, with the offset that it stands for.
struct Sums {
    out: Arc<str>,
    remembers: bool,
}

struct Sum {
    out: Arc<str>,
    input: Arc<str>,
    partition: u16,
    sum: u64,
}

impl ProcessorFactory for Sums {
    type Processor = Sum;
    fn is_stateful(&self) -> bool {
        self.remembers
    }
    fn begin(&self, partition: u16, note: &str) -> Result<Sum, FatalError> {
        let sum = note.parse().unwrap_or(0);
        Ok(Sum { out: self.out.clone(), input: Arc::from(""), partition, sum })
    }
    fn resume(&self, partition: u16, image: &[u8]) -> Result<Sum, String> {
        let bytes: [u8; 8] = image.try_into().map_err(|_| "eight bytes are a sum".to_owned())?;
        Ok(Sum { sum: u64::from_le_bytes(bytes), ..self.begin(partition, "").map_err(|e| e.0)? })
    }
}

impl PartitionProcessor for Sum {
    fn process(&mut self, record: &Record, out: &mut Vec<NewRecord>) -> Result<(), FatalError> {
        match &*record.value {
            b"halt" => return Err(FatalError("asked to halt".into())),
            b"tick" | b"time" => return Ok(()),
            _ => {}
        }
        self.sum += u64::try_from(record.value.len()).unwrap_or(0);
        let says = format!("{} {}", record.offset, self.sum);
        out.push(new_record(&self.out, self.partition, b"", says.as_bytes()));
        Ok(())
    }
    fn snapshot(&mut self) -> Option<Vec<u8>> {
        Some(self.sum.to_le_bytes().to_vec())
    }
    fn note(&self) -> String {
        self.sum.to_string()
    }
    fn tick(&self, _: i64) -> Option<NewRecord> {
        Some(new_record(&self.input, self.partition, b"", b"tick")).filter(|d| !d.topic.is_empty())
    }
    fn clock_probe(&self) -> Option<NewRecord> {
        Some(new_record(&self.input, self.partition, b"", b"time")).filter(|d| !d.topic.is_empty())
    }
}

fn group(word: &str, topic: &str, snapshots: Option<&PathBuf>) -> Group {
    Group {
        service: "sums",
        name: word.to_owned(),
        topic: topic.to_owned(),
        instance: None,
        snapshots: snapshots.map(Snapshots::new),
        log_identity: 0,
        made_anew: "make it again".into(),
        snapshot_every: Duration::from_millis(20),
        clock: wall_clock(),
        tick_every: None,
        waited: None,
    }
}

/// Runs the loop until the group has worked off this many of each partition, or for at most that long.
fn work(
    log: &dyn Log,
    stage: &Sums,
    group: &Group,
    all: u64,
    longest: Duration,
) -> Result<(), StreamError> {
    let (stop, watch) = (AtomicBool::new(false), Monitor::default());
    std::thread::scope(|scope| {
        let running = scope.spawn(|| run(log, stage, group, &stop, &watch));
        let end = Instant::now() + longest;
        loop {
            let points = log.committed(&group.name, &group.topic).unwrap_or_default();
            let done = points.len() == 2 && points.values().all(|point| point.offset >= all);
            if done || Instant::now() >= end || running.is_finished() {
                break;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        stop.store(true, Ordering::Relaxed);
        running.join().unwrap_or_else(|_| Err(StreamError::Stop("the loop panicked".into())))
    })
}

/// What a reader admits: each sum once, and none out of order.
fn admitted(log: &dyn Log, out: &str, partition: u16) -> Vec<(u64, u64)> {
    let end = log.range(out, partition).expect("a range").end;
    let count = usize::try_from(end).expect("small");
    let mut sums: Vec<(u64, u64)> = Vec::new();
    for record in read(log, out, partition, count) {
        let text = String::from_utf8(record.value).expect("text");
        let (at, sum) = text.split_once(' ').expect("two numbers");
        let (at, sum) = (at.parse().expect("a number"), sum.parse().expect("a number"));
        if sums.last().is_none_or(|(last, _)| *last < at) {
            sums.push((at, sum));
        }
    }
    sums
}

fn expected(count: u64) -> Vec<(u64, u64)> {
    (0..count).map(|n| (n, (0..=n).map(|n| n % 7 + 1).sum())).collect()
}

fn feed(log: &dyn Log, topic: &str, from: u64, to: u64) {
    let value = |n: u64| vec![b'v'; usize::try_from(n % 7 + 1).unwrap_or(1)];
    let new_records =
        (from..to).flat_map(|n| (0..2).map(move |p| new_record(topic, p, b"", &value(n))));
    let placed = write(log, new_records.collect());
    assert!(placed.iter().all(Result::is_ok), "it is written");
}

fn the_loop_stops_and_starts(log: &dyn Log, word: &str) {
    for remembers in [true, false] {
        let word = &format!("{word}-{remembers}");
        let (input, out) =
            (topic(log, &format!("{word}-in"), 2), topic(log, &format!("{word}-out"), 2));
        let stage = Sums { out: Arc::from(&*out), remembers };
        let mut fed = 0;
        // Stopped wherever it may be, six times.
        for round in 1..=6 {
            feed(log, &input, fed, fed + 300);
            fed += 300;
            let longest = Duration::from_millis(40 * round);
            work(log, &stage, &group(word, &input, None), fed, longest).expect("it stops in order");
        }
        work(log, &stage, &group(word, &input, None), fed, SOON).expect("it stops in order");
        for partition in 0..2 {
            assert_eq!(admitted(log, &out, partition), expected(fed), "remembers: {remembers}");
        }
    }
}

fn the_loop_folds_again(log: &dyn Log, word: &str) {
    let (input, out) =
        (topic(log, &format!("{word}-in"), 2), topic(log, &format!("{word}-out"), 2));
    let folder = std::env::temp_dir().join(format!("coldwatch-{}-{word}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let stage = Sums { out: Arc::from(&*out), remembers: true };
    feed(log, &input, 0, 100);
    work(log, &stage, &group(word, &input, Some(&folder)), 100, SOON).expect("it stops in order");
    let written = |partition| log.range(&out, partition).expect("a range").end;
    assert_eq!((written(0), written(1)), (100, 100));
    // Without its snapshots it folds all of it again, and says nothing of it a second time.
    std::fs::remove_dir_all(&folder).expect("it had kept snapshots");
    feed(log, &input, 100, 150);
    work(log, &stage, &group(word, &input, None), 150, SOON).expect("it stops in order");
    assert_eq!((written(0), written(1)), (150, 150), "nothing twice");
    // With a damaged one it does the same.
    feed(log, &input, 150, 200);
    work(log, &stage, &group(word, &input, Some(&folder)), 200, SOON).expect("it stops in order");
    for partition in ["0", "1"] {
        for file in std::fs::read_dir(folder.join("sums").join(partition)).expect("kept").flatten()
        {
            let bytes = std::fs::read(file.path()).expect("readable");
            std::fs::write(file.path(), &bytes[..bytes.len() - 1]).expect("writable");
        }
    }
    feed(log, &input, 200, 250);
    work(log, &stage, &group(word, &input, Some(&folder)), 250, SOON).expect("it stops in order");
    for partition in 0..2 {
        assert_eq!(written(partition), 250, "nothing twice");
        assert_eq!(admitted(log, &out, partition), expected(250));
    }
    // A partition that must not go on stops the service and says why.
    write(log, vec![new_record(&input, 0, b"", b"halt")]);
    let halted = work(log, &stage, &group(word, &input, None), 251, SOON);
    assert_eq!(halted, Err(StreamError::Stop("asked to halt".into())));
    std::fs::remove_dir_all(&folder).expect("it can be removed");
}

/// As [`Sums`], and it strikes the clock of its input.
struct Striking(Sums, Arc<str>);

impl ProcessorFactory for Striking {
    type Processor = Sum;
    fn begin(&self, partition: u16, note: &str) -> Result<Sum, FatalError> {
        Ok(Sum { input: self.1.clone(), ..self.0.begin(partition, note)? })
    }
    fn resume(&self, partition: u16, image: &[u8]) -> Result<Sum, String> {
        Ok(Sum { input: self.1.clone(), ..self.0.resume(partition, image)? })
    }
}

fn the_loop_strikes(log: &dyn Log, word: &str) {
    let (input, out) =
        (topic(log, &format!("{word}-in"), 1), topic(log, &format!("{word}-out"), 1));
    let sums = || Sums { out: Arc::from(&*out), remembers: true };
    let stage = Striking(sums(), Arc::from(&*input));
    // A group may take seconds to form: only then does the time count in which nothing may happen.
    let run_until = |group: &Group, written: u64, longer: Duration| {
        let (stop, watch) = (AtomicBool::new(false), Monitor::default());
        std::thread::scope(|scope| {
            let running = scope.spawn(|| run(log, &stage, group, &stop, &watch));
            let end = Instant::now() + SOON;
            while Instant::now() < end && log.range(&input, 0).is_ok_and(|r| r.end < written) {
                std::thread::sleep(Duration::from_millis(10));
            }
            std::thread::sleep(longer);
            stop.store(true, Ordering::Relaxed);
            running.join().expect("it does not panic").expect("it stops in order");
        });
    };
    let values = || -> Vec<String> {
        let count = usize::try_from(log.range(&input, 0).expect("a range").end).expect("small");
        read(log, &input, 0, count)
            .into_iter()
            .map(|record| String::from_utf8(record.value).expect("text"))
            .collect()
    };
    // A clock that is an hour ahead asks, and strikes nothing.
    let wall = wall_clock();
    let ahead = Group {
        clock: Arc::new(move || wall() + 3_600_000),
        tick_every: Some(100),
        ..group(&format!("{word}-ahead"), &input, None)
    };
    run_until(&ahead, 1, Duration::from_secs(1));
    assert_eq!(values(), ["time"], "it asked, and then struck nothing");
    let right = Group { tick_every: Some(100), ..group(word, &input, None) };
    run_until(&right, 4, Duration::ZERO);
    let values = values();
    assert_eq!(values[..2], ["time", "time"], "each life asks first");
    assert!(values[2..].iter().all(|value| value == "tick") && values.len() >= 4, "{values:?}");
}

/// A log that does not answer at first how far a group has come.
struct Silent<'a>(&'a dyn Log, AtomicU32);

impl Log for Silent<'_> {
    fn create(&self, topic: &TopicSpec) -> Result<bool, StreamError> {
        self.0.create(topic)
    }
    fn partitions(&self, topic: &str) -> Result<Option<u16>, StreamError> {
        self.0.partitions(topic)
    }
    fn range(&self, topic: &str, partition: u16) -> Result<Range<u64>, StreamError> {
        self.0.range(topic, partition)
    }
    fn committed(&self, group: &str, topic: &str) -> Result<BTreeMap<u16, Committed>, StreamError> {
        match self.1.fetch_add(1, Ordering::Relaxed) {
            0..4 => Err(StreamError::Unavailable("it is silent".into())),
            _ => self.0.committed(group, topic),
        }
    }
    fn append(&self, new_records: Vec<(WriteId, NewRecord)>, answers: &Sender<Ack>) {
        self.0.append(new_records, answers);
    }
    fn join(
        &self,
        group: &str,
        topic: &str,
        instance: Option<&str>,
    ) -> Result<Box<dyn GroupConsumer>, StreamError> {
        self.0.join(group, topic, instance)
    }
    fn read(&self, topic: &str, from: &[(u16, u64)]) -> Result<Box<dyn Reader>, StreamError> {
        self.0.read(topic, from)
    }
}

fn the_loop_waits(log: &dyn Log, word: &str) {
    let (input, out) =
        (topic(log, &format!("{word}-in"), 2), topic(log, &format!("{word}-out"), 2));
    feed(log, &input, 0, 20);
    let stage = Sums { out: Arc::from(&*out), remembers: true };
    let (stop, watch) = (AtomicBool::new(false), Monitor::default());
    let silent = Silent(log, AtomicU32::new(0));
    std::thread::scope(|scope| {
        let running =
            scope.spawn(|| run(&silent, &stage, &group(word, &input, None), &stop, &watch));
        let end = Instant::now() + SOON;
        let done = || {
            let points = log.committed(word, &input).unwrap_or_default();
            points.len() == 2 && points.values().all(|point| point.offset == 20)
        };
        while !done() && Instant::now() < end && !running.is_finished() {
            std::thread::sleep(Duration::from_millis(20));
        }
        stop.store(true, Ordering::Relaxed);
        running.join().expect("it does not panic").expect("it stops in order");
    });
    for partition in 0..2 {
        assert_eq!(admitted(log, &out, partition), expected(20));
    }
}

/// What a topic shows that was made anew, or cut, and is longer by now than it was.
fn another_last_record(log: &dyn Log, word: &str) {
    let (input, out) = (topic(log, word, 2), topic(log, &format!("{word}-out"), 2));
    let stage = Sums { out: Arc::from(&*out), remembers: true };
    feed(log, &input, 0, 10);
    work(log, &stage, &group(word, &input, None), 10, SOON).expect("it works");
    let points = log.committed(word, &input).expect("it answers");
    for partition in 0..2_u16 {
        let last = read(log, &input, partition, 10).remove(9);
        assert_eq!(points[&partition].last, last.fingerprint(), "the commit names its last record");
    }
    feed(log, &input, 10, 20);
    work(log, &stage, &group(word, &input, None), 20, SOON).expect("it goes on where it was");
    let mut member = log.join(word, &input, None).expect("a member");
    let mut seen = Vec::new();
    until(&mut *member, &mut seen, |seen| assigned(seen).len() == 2);
    let mut other = log.committed(word, &input).expect("it answers")[&0].clone();
    other.last ^= 1;
    member.commit(&[(0, other)]).expect("it is committed");
    member.leave().expect("it leaves");
    drop(member);
    feed(log, &input, 20, 30);
    let refused = work(log, &stage, &group(word, &input, None), 30, SOON);
    let says = |reason: &str| {
        reason.contains("another one now: the topic was made anew or cut; make it again")
    };
    assert!(matches!(&refused, Err(StreamError::Stop(reason)) if says(reason)), "{refused:?}");
    assert_eq!(admitted(log, &out, 0), expected(20), "nothing is judged of another log");
}

fn beyond_the_end(log: &dyn Log, word: &str) {
    let name = topic(log, word, 2);
    write(log, (0..4).map(|n| new_record(&name, n % 2, b"", b"v")).collect());
    let mut member = log.join(word, &name, None).expect("a member");
    let mut seen = Vec::new();
    until(&mut *member, &mut seen, |seen| assigned(seen).len() == 2);
    member
        .commit(&[(0, Committed { offset: 99, last: 0, note: String::new() })])
        .expect("it is committed");
    member.leave().expect("it leaves");
    drop(member);
    let stage = Sums { out: Arc::from(&*name), remembers: true };
    let refused = work(log, &stage, &group(word, &name, None), 9, SOON);
    assert!(
        matches!(&refused, Err(StreamError::Stop(reason)) if reason.contains("made anew")),
        "{refused:?}"
    );
}
