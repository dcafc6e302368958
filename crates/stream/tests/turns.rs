//! The loop goes round when it is told to: what one turn does, and what it does not.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use stream::log::{Placed, wall_clock};
use stream::snapshots::Snapshot;
use stream::{
    Ack, Committed, FatalError, Folder, Group, GroupConsumer, Log, MemoryLog, Monitor, NewRecord,
    PartitionProcessor, ProcessorFactory, Reader, Record, Runner, SnapshotStore, Snapshots,
    StreamError, TopicSpec, WriteId,
};

/// Says of each record that it was there.
struct Echo;

impl ProcessorFactory for Echo {
    type Processor = Echo;
    fn begin(&self, _: u16, _: &str) -> Result<Echo, FatalError> {
        Ok(Echo)
    }
    fn resume(&self, _: u16, _: &[u8]) -> Result<Echo, String> {
        Ok(Echo)
    }
}

impl PartitionProcessor for Echo {
    fn process(&mut self, record: &Record, out: &mut Vec<NewRecord>) -> Result<(), FatalError> {
        let (topic, key) = (Arc::from("out"), Vec::new());
        out.push(NewRecord { topic, partition: 0, key, value: record.value.clone() });
        Ok(())
    }
}

/// A log that counts what it is asked when a partition begins, and does not answer while it is away.
struct Counting {
    memory: MemoryLog,
    away: AtomicBool,
    /// The partition that cannot be asked for.
    leaderless: AtomicU32,
    committed: AtomicU32,
    ranges: AtomicU32,
    readers: AtomicU32,
    /// The partition of which a reader in no group shows nothing, and whether it says that there may be more.
    mute: AtomicU32,
    unsure: Arc<AtomicBool>,
    /// Whether such a reader shows the first of its partitions alone, as long as that has any.
    busy: AtomicBool,
    /// Whether writes wait here to be answered by the test.
    holds: AtomicBool,
    held: Mutex<Vec<(WriteId, Sender<Ack>)>>,
}

impl Counting {
    fn new(partitions: u16) -> Self {
        let memory = MemoryLog::default();
        for (name, partitions) in [("in", partitions), ("out", 1)] {
            let topic = TopicSpec { name: name.into(), partitions, stamped_by_log: true };
            assert_eq!(memory.create(&topic), Ok(true));
        }
        let (committed, ranges) = (AtomicU32::new(0), AtomicU32::new(0));
        let (away, leaderless) = (AtomicBool::new(false), AtomicU32::new(u32::MAX));
        let readers = AtomicU32::new(0);
        let (mute, unsure) = (AtomicU32::new(u32::MAX), Arc::default());
        let (holds, held) = (AtomicBool::new(false), Mutex::default());
        Self {
            memory,
            away,
            leaderless,
            committed,
            ranges,
            readers,
            mute,
            unsure,
            busy: AtomicBool::new(false),
            holds,
            held,
        }
    }
    fn answers(&self) -> Result<(), StreamError> {
        match self.away.load(Relaxed) {
            true => Err(StreamError::Unavailable("it is away".into())),
            false => Ok(()),
        }
    }
    fn asked(&self) -> (u32, u32) {
        (self.committed.load(Relaxed), self.ranges.load(Relaxed))
    }
}

impl Log for Counting {
    fn create(&self, topic: &TopicSpec) -> Result<bool, StreamError> {
        self.memory.create(topic)
    }
    fn partitions(&self, topic: &str) -> Result<Option<u16>, StreamError> {
        self.memory.partitions(topic)
    }
    fn range(&self, topic: &str, partition: u16) -> Result<Range<u64>, StreamError> {
        self.ranges.fetch_add(1, Relaxed);
        self.answers()?;
        if self.leaderless.load(Relaxed) == u32::from(partition) {
            return Err(StreamError::Unavailable(format!("partition {partition} has no leader")));
        }
        self.memory.range(topic, partition)
    }
    fn committed(&self, group: &str, topic: &str) -> Result<BTreeMap<u16, Committed>, StreamError> {
        self.committed.fetch_add(1, Relaxed);
        self.answers()?;
        self.memory.committed(group, topic)
    }
    fn append(&self, new_records: Vec<(WriteId, NewRecord)>, answers: &Sender<Ack>) {
        if self.holds.load(Relaxed) {
            let held = new_records.into_iter().map(|(write_id, _)| (write_id, answers.clone()));
            return self.held.lock().unwrap().extend(held);
        }
        self.memory.append(new_records, answers);
    }
    fn join(
        &self,
        group: &str,
        topic: &str,
        as_: Option<&str>,
    ) -> Result<Box<dyn GroupConsumer>, StreamError> {
        self.memory.join(group, topic, as_)
    }
    fn read(&self, topic: &str, from: &[(u16, u64)]) -> Result<Box<dyn Reader>, StreamError> {
        self.readers.fetch_add(1, Relaxed);
        let (inner, unsure) = (self.memory.read(topic, from)?, self.unsure.clone());
        let (mute, busy) = (self.mute.load(Relaxed), self.busy.load(Relaxed));
        Ok(Box::new(Muted { inner, mute, unsure, busy }))
    }
}

/// Reads all but one partition.
struct Muted {
    inner: Box<dyn Reader>,
    mute: u32,
    unsure: Arc<AtomicBool>,
    busy: bool,
}

impl Reader for Muted {
    fn poll(&mut self, _: Duration, to: &mut Vec<(u16, Record)>) -> Result<(), StreamError> {
        self.inner.poll(Duration::ZERO, to)?;
        to.retain(|(partition, _)| u32::from(*partition) != self.mute);
        if let (true, Some(first)) = (self.busy, to.iter().map(|(partition, _)| *partition).min()) {
            to.retain(|(partition, _)| *partition == first);
        }
        match to.is_empty() && self.unsure.load(Relaxed) {
            true => Err(StreamError::Unavailable("a broker is silent".into())),
            false => Ok(()),
        }
    }
}

fn group() -> Group {
    Group {
        service: "echo",
        name: "echo".into(),
        topic: "in".into(),
        instance: None,
        snapshots: None,
        log_identity: 0,
        made_anew: "make it again".into(),
        snapshot_every: Duration::from_secs(60),
        clock: wall_clock(),
        tick_every: None,
        waited: None,
    }
}

#[test]
fn a_log_that_is_away_is_asked_once_for_all_partitions() {
    let (log, group, stop, watch) =
        (Counting::new(16), group(), AtomicBool::new(false), Monitor::default());
    let now = Instant::now();
    let mut all = Runner::join(&log, &Echo, &group, (&stop, &watch), 7, now).unwrap();
    log.away.store(true, Relaxed);
    all.poll_once(now).unwrap();
    assert_eq!(log.asked(), (1, 0), "each further question could take as long as the first");
    all.poll_once(now).unwrap();
    assert_eq!(log.asked(), (1, 0), "nothing is due yet");
    log.away.store(false, Relaxed);
    let later = now + Duration::from_secs(1);
    all.poll_once(later).unwrap();
    assert_eq!((log.asked(), watch.status().starts), ((2, 16), 16), "all begin");
}

#[test]
fn a_partition_that_cannot_be_asked_for_keeps_no_other_from_beginning() {
    let (log, group, stop, watch) =
        (Counting::new(16), group(), AtomicBool::new(false), Monitor::default());
    let mut now = Instant::now();
    let mut all = Runner::join(&log, &Echo, &group, (&stop, &watch), 7, now).unwrap();
    log.leaderless.store(7, Relaxed);
    for _ in 0..3 {
        all.poll_once(now).unwrap();
        // As long as a client waits for a leader.
        now += Duration::from_secs(10);
    }
    assert_eq!(watch.status().starts, 15, "all but the one");
    log.leaderless.store(u32::MAX, Relaxed);
    all.poll_once(now).unwrap();
    assert_eq!(watch.status().starts, 16);
}

/// A log of four partitions that a group has worked off in part, the first of them with more to come.
fn worked_off() -> Counting {
    let log = Counting::new(4);
    let new_record = |partition| {
        let (topic, key) = (Arc::from("in"), Vec::new());
        (WriteId::default(), NewRecord { topic, partition, key, value: vec![1] })
    };
    let (answers, _heard) = std::sync::mpsc::channel();
    log.memory.append((0..4).chain([0; 2_000]).map(new_record).collect(), &answers);
    let mut records = Vec::new();
    let from: Vec<(u16, u64)> = (0..4).map(|partition| (partition, 0)).collect();
    log.memory.read("in", &from).unwrap().poll(Duration::ZERO, &mut records).unwrap();
    let points = |record: &(u16, Record)| {
        let last = record.1.fingerprint();
        (record.1.offset == 0)
            .then(|| (record.0, Committed { offset: 1, last, ..Committed::default() }))
    };
    let points: Vec<_> = records.iter().filter_map(points).collect();
    let mut member = log.memory.join("echo", "in", None).unwrap();
    member.poll(Duration::ZERO, &mut Vec::new()).unwrap();
    member.commit(&points).unwrap();
    member.leave().unwrap();
    log
}

#[test]
fn the_last_records_of_all_partitions_are_looked_at_with_one_reader() {
    let (log, group, stop, watch) =
        (worked_off(), group(), AtomicBool::new(false), Monitor::default());
    let now = Instant::now();
    let mut all = Runner::join(&log, &Echo, &group, (&stop, &watch), 7, now).unwrap();
    all.poll_once(now).unwrap();
    assert_eq!((log.readers.load(Relaxed), watch.status().starts), (1, 4));
}

#[test]
fn a_partition_behind_a_busy_one_is_looked_at_all_the_same() {
    let (log, group, stop, watch) =
        (worked_off(), group(), AtomicBool::new(false), Monitor::default());
    let mut another = log.memory.committed("echo", "in").unwrap()[&3].clone();
    another.last ^= 1;
    let mut member = log.memory.join("echo", "in", None).unwrap();
    member.poll(Duration::ZERO, &mut Vec::new()).unwrap();
    member.commit(&[(3, another)]).unwrap();
    member.leave().unwrap();
    log.busy.store(true, Relaxed);
    let now = Instant::now();
    let mut all = Runner::join(&log, &Echo, &group, (&stop, &watch), 7, now).unwrap();
    let Err(StreamError::Stop(says)) = all.poll_once(now) else {
        panic!("another log is worked on")
    };
    assert!(says.contains("partition 3 of in") && says.contains("another one now"), "{says}");
}

#[test]
fn partitions_that_wait_for_their_turn_are_not_asked_for_again() {
    let folder = std::env::temp_dir().join(format!("coldwatch-turn-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let (log, stop, watch) = (worked_off(), AtomicBool::new(false), Monitor::default());
    let snapshots = Snapshots::on(Arc::new(Folder::new(&folder)));
    for partition in 0..4 {
        let large = Snapshot { offset: 1, state: vec![1; 1 << 20] };
        snapshots.save("echo", partition, Echo.format_id(), large).unwrap();
    }
    let group = Group { snapshots: Some(snapshots), ..group() };
    let now = Instant::now();
    let mut all = Runner::join(&log, &Echo, &group, (&stop, &watch), 7, now).unwrap();
    let mut lives = Vec::new();
    for _ in 0..4 {
        all.poll_once(now).unwrap();
        lives.push(watch.status().starts);
    }
    assert_eq!(lives.last(), Some(&4), "{lives:?}");
    assert!(lives[0] < 4, "large ones begin in turns of their own: {lives:?}");
    assert_eq!((log.asked().1, log.readers.load(Relaxed)), (4, 1));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_last_record_that_does_not_show_is_waited_for_where_there_may_be_one_and_keeps_no_other_back() {
    for unsure in [false, true] {
        let (log, group, stop, watch) =
            (worked_off(), group(), AtomicBool::new(false), Monitor::default());
        log.mute.store(2, Relaxed);
        log.unsure.store(unsure, Relaxed);
        let mut now = Instant::now();
        let mut all = Runner::join(&log, &Echo, &group, (&stop, &watch), 7, now).unwrap();
        for _ in 0..3 {
            all.poll_once(now).unwrap();
            now += Duration::from_secs(10);
        }
        assert_eq!(watch.status().starts, if unsure { 3 } else { 4 });
        log.mute.store(u32::MAX, Relaxed);
        all.poll_once(now).unwrap();
        assert_eq!(watch.status().starts, 4);
    }
}

/// A shelf that does not answer while it is away.
struct Away {
    folder: Folder,
    away: AtomicBool,
}

impl SnapshotStore for Away {
    fn list(&self, place: &str) -> io::Result<Vec<String>> {
        match self.away.load(Relaxed) {
            true => Err(io::ErrorKind::TimedOut.into()),
            false => self.folder.list(place),
        }
    }
    fn read(&self, place: &str, name: &str) -> io::Result<Vec<u8>> {
        self.folder.read(place, name)
    }
    fn write(&self, place: &str, name: &str, bytes: Vec<u8>) -> io::Result<()> {
        self.folder.write(place, name, bytes)
    }
    fn remove(&self, place: &str, name: &str) -> io::Result<()> {
        self.folder.remove(place, name)
    }
    fn describe(&self, file: &str) -> String {
        self.folder.describe(file)
    }
}

#[test]
fn where_the_past_was_trimmed_a_shelf_that_is_away_is_waited_for_and_an_empty_one_stops_the_service()
 {
    let folder = std::env::temp_dir().join(format!("coldwatch-turns-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let shelf = Arc::new(Away { folder: Folder::new(&folder), away: AtomicBool::new(true) });
    let (log, stop, watch) = (Counting::new(1), AtomicBool::new(false), Monitor::default());
    let group = Group { snapshots: Some(Snapshots::on(shelf.clone())), ..group() };
    let record = || NewRecord { topic: "in".into(), partition: 0, key: vec![], value: vec![1] };
    let (answers, _hears) = std::sync::mpsc::channel();
    log.memory.append((0..5).map(|_| (WriteId::default(), record())).collect(), &answers);
    log.memory.trim("in", 0, 3);
    let mut now = Instant::now();
    let mut all = Runner::join(&log, &Echo, &group, (&stop, &watch), 7, now).unwrap();
    for _ in 0..3 {
        all.poll_once(now).unwrap();
        now += Duration::from_secs(1);
    }
    assert_eq!((watch.status().starts, watch.status().snapshots_refused), (0, 3), "it is told why");
    shelf.away.store(false, Relaxed);
    let stopped = all.poll_once(now).unwrap_err().to_string();
    assert!(stopped.contains("its past was trimmed; bring a snapshot back"), "{stopped}");
    assert!(stopped.contains(&*folder.to_string_lossy()), "the place is named: {stopped}");
    drop(all);

    let snapshot = Snapshot { offset: 3, state: vec![1] };
    group.snapshots.as_ref().unwrap().save("echo", 0, Echo.format_id(), snapshot).unwrap();
    let (watch, now) = (Monitor::default(), Instant::now());
    let mut all = Runner::join(&log, &Echo, &group, (&stop, &watch), 7, now).unwrap();
    for n in 0..3 {
        all.poll_once(now + Duration::from_secs(n)).unwrap();
    }
    assert_eq!((watch.status().starts, watch.status().snapshots_used), (1, 1));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_store_that_is_away_for_a_moment_is_waited_for_before_everything_is_folded_again() {
    let folder = std::env::temp_dir().join(format!("coldwatch-moment-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let record = || NewRecord { topic: "in".into(), partition: 0, key: vec![], value: vec![1] };
    // It comes back after a while, or does not.
    for back in [20, 1_000] {
        let shelf = Arc::new(Away { folder: Folder::new(&folder), away: AtomicBool::new(false) });
        let (log, stop) = (Counting::new(1), AtomicBool::new(false));
        let (answers, _hears) = std::sync::mpsc::channel();
        log.memory.append((0..5).map(|_| (WriteId::default(), record())).collect(), &answers);
        let mut member = log.join("echo", "in", None).unwrap();
        member.poll(Duration::ZERO, &mut Vec::new()).unwrap();
        member.commit(&[(0, Committed { offset: 5, ..Committed::default() })]).unwrap();
        member.leave().unwrap();
        drop(member);
        Snapshots::on(shelf.clone())
            .save("echo", 0, Echo.format_id(), Snapshot { offset: 3, state: vec![1] })
            .unwrap();
        shelf.away.store(true, Relaxed);
        let group =
            Group { snapshots: Some(Snapshots::in_background(shelf.clone()).unwrap()), ..group() };
        let (watch, began) = (Monitor::default(), Instant::now());
        let mut all = Runner::join(&log, &Echo, &group, (&stop, &watch), 7, began).unwrap();
        for second in 0..40 {
            shelf.away.store(second < back, Relaxed);
            all.poll_once(began + Duration::from_secs(second)).unwrap();
            let lives = watch.status().starts;
            assert_eq!(lives, u64::from(second >= back.min(30)), "at {second} s, back at {back}");
            if lives > 0 {
                break;
            }
        }
        assert_eq!(watch.status().snapshots_used, u64::from(back == 20));
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_loop_that_is_asked_to_stop_begins_nothing_more() {
    let (log, group, stop, watch) =
        (Counting::new(16), group(), AtomicBool::new(false), Monitor::default());
    let now = Instant::now();
    let mut all = Runner::join(&log, &Echo, &group, (&stop, &watch), 7, now).unwrap();
    stop.store(true, Relaxed);
    all.poll_once(now).unwrap();
    assert_eq!((log.asked().1, watch.status().starts), (0, 0));
    all.finish(now).unwrap();
}

#[test]
fn what_the_log_can_never_take_stops_the_service_by_name() {
    let (log, group, stop, watch) =
        (Counting::new(1), group(), AtomicBool::new(false), Monitor::default());
    let write = |bytes: usize| {
        let new_record = NewRecord {
            topic: Arc::from("in"),
            partition: 0,
            key: Vec::new(),
            value: vec![b'x'; bytes],
        };
        let (send, answers) = std::sync::mpsc::channel();
        log.append(vec![(WriteId::default(), new_record)], &send);
        answers.recv().unwrap().placed.expect("it is written");
    };
    for bytes in [10, 200] {
        write(bytes);
    }
    log.memory.take_at_most(100);
    let now = Instant::now();
    let mut all = Runner::join(&log, &Echo, &group, (&stop, &watch), 7, now).unwrap();
    let ended = (0..9).find_map(|_| all.poll_once(now).err());
    let Some(StreamError::Stop(says)) = ended else { panic!("{ended:?}") };
    assert_eq!(
        says,
        "echo: what follows from partition 0 before offset 2 can never be written: 200 bytes are more than 100, which is too large"
    );
}

#[test]
fn an_answer_to_an_earlier_life_counts_for_nothing() {
    let (log, group, stop, watch) =
        (Counting::new(1), group(), AtomicBool::new(false), Monitor::default());
    let new_record =
        || NewRecord { topic: "in".into(), partition: 0, key: Vec::new(), value: vec![1] };
    let (send, _heard) = std::sync::mpsc::channel();
    log.memory.append(
        vec![(WriteId::default(), new_record()), (WriteId::default(), new_record())],
        &send,
    );
    log.holds.store(true, Relaxed);
    let now = Instant::now();
    let mut all = Runner::join(&log, &Echo, &group, (&stop, &watch), 7, now).unwrap();
    let answer = |nth: usize, lands: bool| {
        let (write_id, to) = log.held.lock().unwrap()[nth].clone();
        let placed = Placed { offset: 0, appended: 0 };
        let placed = if lands { Ok(placed) } else { Err("it was lost".to_owned().into()) };
        to.send(Ack { write_id, placed }).unwrap();
    };
    let mut turns = |from: u64| {
        for n in 0..5 {
            all.poll_once(now + Duration::from_secs(from + n)).unwrap();
        }
        (log.held.lock().unwrap().len(), log.memory.committed("echo", "in").unwrap().len())
    };
    assert_eq!(turns(0), (2, 0));
    answer(0, false);
    assert_eq!(turns(10), (4, 0), "another life writes both again");
    answer(1, true);
    answer(2, true);
    assert_eq!(turns(20), (4, 0), "the second write of this life is not answered");
    answer(3, true);
    assert_eq!(turns(30), (4, 1));
}
