//! One topic, from its start onto the board, for as long as the process lives.
//!
//! Two threads: one reads, the other asks the log where the topic ends. A log that is away lets such a question hang for
//! as long as its client may wait, so it is asked by a thread that nobody waits for, and never while the board is held:
//! what was known stays to be seen, with the time since when it is not current.
//!
//! The topics are read side by side, and none runs ahead of the others: a shipment leaves the board once all three have said
//! that it is over. `journal` is the shortest; read on its own it would put a year of shipments onto the board before
//! `exceptions` tells of the first that it is gone.

use crate::exit::Failure;
use crate::services::names::TopicNames;
use crate::supervisor::Supervisor;
use ::desk::ReadModel;
use alerts::ExceptionInput;
use facts::Moment;
use fold::Payload;
use pipeline::Topic;
use pipeline::bytes::{self, Alert};
use pipeline::journal::JournalEntry;
use pipeline::stage::Liveness;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock, RwLockWriteGuard};
use std::time::{Duration, Instant};
use stream::{Clock, Log, Record, StreamError};

/// How often the board learns where topics end.
const ENDS_EVERY: Duration = Duration::from_secs(1);
/// Without an answer for so long, what is shown is not current: brokers that change places take some seconds.
const AWAY: Duration = Duration::from_secs(10);
/// How soon the first question follows the first answer.
const BEGINS: Duration = Duration::from_millis(10);
/// How often a thread that waits looks whether it is asked to stop.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// So many records go onto the board at a time, and then it is left alone for so long: whoever waits for it has their turn.
const AT_A_TIME: usize = 100;
const LEFT_ALONE: Duration = Duration::from_micros(200);

/// Who has fewer records than this left of a topic is at its end, and holds nobody up: so nobody waits while a log is at work.
const NEAR: u64 = 1_000;
/// How often a reader that is ahead looks whether the others have come.
const WAIT_FOR_OTHERS: Duration = Duration::from_millis(1);

/// The topics that are read, each by a reader of its own.
pub(super) const TOPICS: [Topic; 3] = [Topic::Journal, Topic::Exceptions, Topic::Alerts];

/// How far the readers have come: when the log took what each has before it.
pub(super) struct Together([AtomicI64; TOPICS.len()]);

impl Default for Together {
    /// Nobody has begun, and nobody waits for one who has not: part of the log may be away when a desk starts, and what can be
    /// read of the rest is what people have.
    fn default() -> Self {
        Self([const { AtomicI64::new(i64::MAX) }; TOPICS.len()])
    }
}

impl Together {
    fn place(topic: Topic) -> usize {
        TOPICS.iter().position(|one| *one == topic).unwrap_or_default()
    }

    /// A reader has something before it; `None`: nothing more that it could read now, and nobody waits for it.
    fn reaches(&self, topic: Topic, appended: Option<i64>) {
        self.0[Self::place(topic)].store(appended.unwrap_or(i64::MAX), Ordering::Relaxed);
    }

    /// Whether a reader is ahead of another one. The one that is furthest behind never is, so that somebody always goes on.
    fn is_ahead(&self, topic: Topic) -> bool {
        let mine = self.0[Self::place(topic)].load(Ordering::Relaxed);
        self.0.iter().any(|other| other.load(Ordering::Relaxed) < mine)
    }
}

/// What both threads know.
struct Reading {
    log: Arc<dyn Log>,
    names: TopicNames,
    topic: Topic,
    together: Arc<Together>,
    board: Arc<RwLock<ReadModel>>,
    clock: Clock,
    stop: Arc<AtomicBool>,
    /// Up to where each partition is on the board; `None` until its start is known.
    positions: OnceLock<Vec<AtomicU64>>,
    /// Where each partition ended when the log said so last.
    ends: OnceLock<Vec<AtomicU64>>,
    /// When the log last said where all of the topic ends, by the machine's clock and by the log's.
    answered: Mutex<(Instant, Moment)>,
}

/// Starts to read a topic.
pub(super) fn start(
    supervisor: &Supervisor,
    topic: Topic,
    board: &Arc<RwLock<ReadModel>>,
    together: &Arc<Together>,
) -> Result<(), Failure> {
    let reading = Arc::new(Reading {
        log: supervisor.log.clone(),
        names: supervisor.names.clone(),
        topic,
        together: together.clone(),
        board: board.clone(),
        clock: supervisor.clock.clone(),
        stop: supervisor.stop.clone(),
        positions: OnceLock::new(),
        ends: OnceLock::new(),
        answered: Mutex::new((Instant::now(), Moment::from_millis((supervisor.clock)()))),
    });
    let (words, reads) = (supervisor.first_error(), reading.clone());
    let read = move || {
        if let Err(error) = reads.follow() {
            tracing::error!(topic = reads.topic.name(), %error, "the desk reads no more");
            *words.lock().unwrap_or_else(PoisonError::into_inner) = Some(("desk", error));
            reads.stop.store(true, Ordering::Relaxed);
        }
    };
    let thread =
        |what: &str| std::thread::Builder::new().name(format!("desk-{what}{}", topic.name()));
    thread("").spawn(read).map_err(Failure::unavailable)?;
    thread("end-").spawn(move || reading.ask_for_ends()).map_err(Failure::unavailable)?;
    Ok(())
}

impl Reading {
    fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn board(&self) -> RwLockWriteGuard<'_, ReadModel> {
        self.board.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn follow(&self) -> Result<(), StreamError> {
        let name = self.names.topic(self.topic);
        let begin =
            |partition| Ok((partition, self.patiently(|| self.log.range(&name, partition))?.start));
        let from: Vec<(u16, u64)> =
            (0..self.names.partitions).map(begin).collect::<Result<_, StreamError>>()?;
        let at = from.iter().map(|(_, position)| AtomicU64::new(*position)).collect();
        let positions = self.positions.get_or_init(|| at);
        let mut reader = self.patiently(|| self.log.read(&name, &from))?;
        let (mut records, mut told) = (Vec::new(), None);
        while !self.is_over() {
            let away = self.away();
            if away != told {
                self.board().unanswered(self.topic.name(), away);
                told = away;
            }
            match reader.poll(Duration::from_millis(200), &mut records) {
                Ok(()) => {}
                Err(StreamError::Unavailable(reason)) => {
                    // The outage is told by whoever asks whether the log answers.
                    tracing::debug!(reason, "the desk cannot reach the log");
                    std::thread::sleep(Duration::from_secs(1));
                }
                Err(other) => return Err(other),
            }
            // The oldest of it: partitions do not come equally far in one look.
            let oldest = records.iter().map(|(_, record)| record.appended).min();
            self.together.reaches(self.topic, oldest);
            while self.together.is_ahead(self.topic) && oldest.is_some() && !self.is_over() {
                std::thread::sleep(WAIT_FOR_OTHERS);
            }
            for some in records.chunks(AT_A_TIME) {
                std::thread::sleep(LEFT_ALONE);
                let mut board = self.board();
                for (partition, record) in some {
                    take(&mut board, self.topic, *partition, record);
                    if let Some(at) = positions.get(usize::from(*partition)) {
                        at.store(record.offset + 1, Ordering::Relaxed);
                    }
                }
            }
            records.clear();
            if self.is_near() {
                self.together.reaches(self.topic, None);
            }
        }
        Ok(())
    }

    /// Asks until the log answers: while it is away nothing is ended.
    fn patiently<T>(&self, ask: impl Fn() -> Result<T, StreamError>) -> Result<T, StreamError> {
        loop {
            match ask() {
                Err(StreamError::Unavailable(reason)) if !self.is_over() => {
                    tracing::debug!(reason, "the desk cannot reach the log");
                    self.board().unanswered(self.topic.name(), self.away());
                    std::thread::sleep(ENDS_EVERY);
                }
                done => return done,
            }
        }
    }

    /// Tells the board where the topic ends, again and again, for as long as the log says so.
    fn ask_for_ends(&self) {
        while self.positions.get().is_none() && !self.is_over() {
            std::thread::sleep(BEGINS);
        }
        while !self.is_over() {
            let begun = Instant::now();
            if let (Some(positions), Some(ends)) = (self.positions.get(), self.ask()) {
                let known = self.ends.get_or_init(|| ends.iter().map(|_| 0.into()).collect());
                known.iter().zip(&ends).for_each(|(at, end)| at.store(*end, Ordering::Relaxed));
                let mut board = self.board();
                for ((partition, end), at) in (0..).zip(ends).zip(positions) {
                    let position = at.load(Ordering::Relaxed);
                    board.progress(self.topic.name(), partition, position, end.max(position));
                }
                let now = (Instant::now(), Moment::from_millis((self.clock)()));
                *self.answered.lock().unwrap_or_else(PoisonError::into_inner) = now;
            }
            while begun.elapsed() < ENDS_EVERY && !self.is_over() {
                std::thread::sleep(LOOK_EVERY);
            }
        }
    }

    /// Whether little is left to read, as far as it is known where the topic ends.
    fn is_near(&self) -> bool {
        let (Some(positions), Some(ends)) = (self.positions.get(), self.ends.get()) else {
            return false;
        };
        let left = |(at, end): (&AtomicU64, &AtomicU64)| {
            end.load(Ordering::Relaxed).saturating_sub(at.load(Ordering::Relaxed))
        };
        positions.iter().zip(ends).map(left).sum::<u64>() < NEAR
    }

    /// Since when the log has not answered, where that is too long ago.
    fn away(&self) -> Option<Moment> {
        let (at, since) = *self.answered.lock().unwrap_or_else(PoisonError::into_inner);
        (at.elapsed() >= AWAY).then_some(since)
    }

    /// Where each partition ends. Who does not answer for one is not asked for the others.
    fn ask(&self) -> Option<Vec<u64>> {
        let name = self.names.topic(self.topic);
        let end = |partition| match self.log.range(&name, partition) {
            Ok(range) => Some(range.end),
            Err(error) => {
                tracing::debug!(topic = self.topic.name(), %error, "where it ends is not known");
                None
            }
        };
        (0..self.names.partitions).map(end).collect()
    }
}

/// One record, onto the board. One that cannot be read was told by the service that reads it.
fn take(board: &mut ReadModel, topic: Topic, partition: u16, record: &Record) {
    match topic {
        Topic::Journal => {
            let Ok(entry) = bytes::journal(partition, record.offset, &record.value) else { return };
            match &entry.entry {
                JournalEntry::Fact(shipment, event) => {
                    board.fact(shipment, partition, record.offset, event);
                }
                JournalEntry::Tick(now) => board.beat("dispatch", partition, *now),
                JournalEntry::Rulebook(book) => {
                    if let facts::Fact::System(facts::SystemFact::RulebookPublished(published)) =
                        bytes::published(book)
                    {
                        board.rulebook(&published);
                    }
                }
                JournalEntry::Behaviour(_) | JournalEntry::Genesis(_) | JournalEntry::Beside(_) => {
                }
            }
        }
        Topic::Exceptions => {
            let Ok(heard) = bytes::exception(record.offset, &record.value) else { return };
            if let Some(Liveness::Passed(stage, now)) = &heard.liveness {
                board.beat(stage, partition, *now);
            }
            match &heard.record.payload {
                Payload::Input { input: ExceptionInput::Finding(finding), .. } => {
                    board.finding(finding)
                }
                Payload::Input { key, input: ExceptionInput::Context(_, context) } => {
                    if let Some(shipment) = key.shipment() {
                        board.context(&shipment, context);
                    }
                }
                Payload::Ignored => alive(board, partition, record),
                _ => {}
            }
        }
        Topic::Alerts => match bytes::alert(&record.value) {
            Ok(Alert::Incident(incident)) => {
                board.told(&incident, &String::from_utf8_lossy(&record.value));
            }
            Ok(Alert::Finding(finding)) => board.finding(&finding),
            Ok(Alert::Beat(now)) => board.beat("alerts", partition, now),
            Ok(Alert::Beside) | Err(_) => {}
        },
        Topic::Facts | Topic::Rejects => {}
    }
}

/// Intake's sign of life.
fn alive(board: &mut ReadModel, partition: u16, record: &Record) {
    let read = wire::native::read(&record.value, &wire::Limits::default());
    if let Ok(facts::Fact::System(facts::SystemFact::Heartbeat(_))) =
        read.as_ref().map(|read| &read.event.fact)
        && let Ok(read) = &read
    {
        board.beat("intake", partition, read.event.at);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::Config;
    use pipeline::registry::registry;
    use std::collections::BTreeMap;
    use std::ops::Range;
    use stream::{Ack, Committed, GroupConsumer, MemoryLog, NewRecord, Reader, WriteId};

    /// A log that can go away: then it says where nothing ends, and keeps whoever asks waiting.
    #[derive(Default)]
    struct Away {
        log: MemoryLog,
        is_away: AtomicBool,
        waiting: AtomicU64,
    }

    impl Log for Away {
        fn range(&self, topic: &str, partition: u16) -> Result<Range<u64>, StreamError> {
            if self.is_away.load(Ordering::Relaxed) {
                self.waiting.fetch_add(1, Ordering::Relaxed);
            }
            while self.is_away.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(10));
            }
            self.log.range(topic, partition)
        }
        fn partitions(&self, topic: &str) -> Result<Option<u16>, StreamError> {
            self.log.partitions(topic)
        }
        fn create(&self, topic: &stream::TopicSpec) -> Result<bool, StreamError> {
            self.log.create(topic)
        }
        fn committed(&self, g: &str, t: &str) -> Result<BTreeMap<u16, Committed>, StreamError> {
            self.log.committed(g, t)
        }
        fn append(
            &self,
            new_records: Vec<(WriteId, NewRecord)>,
            answers: &std::sync::mpsc::Sender<Ack>,
        ) {
            self.log.append(new_records, answers);
        }
        fn join(
            &self,
            g: &str,
            t: &str,
            i: Option<&str>,
        ) -> Result<Box<dyn GroupConsumer>, StreamError> {
            self.log.join(g, t, i)
        }
        fn read(&self, topic: &str, from: &[(u16, u64)]) -> Result<Box<dyn Reader>, StreamError> {
            self.log.read(topic, from)
        }
    }

    fn until(what: &str, holds: impl Fn() -> bool) {
        let last = Instant::now() + Duration::from_secs(20);
        while !holds() {
            assert!(Instant::now() < last, "{what}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    #[test]
    fn while_the_log_is_away_the_board_is_free_and_says_that_it_is_not_current() {
        let log = Arc::new(Away::default());
        let mut config = Config::default();
        config.log.partitions = 3;
        let clock: Clock = Arc::new(|| 1_000_000);
        let supervisor = Supervisor::new(log.clone(), config, clock, None);
        let board = Arc::new(RwLock::new(ReadModel::new(3, registry())));
        let together = Arc::default();
        for topic in TOPICS {
            let name = supervisor.names.topic(topic).to_string();
            log.create(&stream::TopicSpec { name, partitions: 3, stamped_by_log: false }).unwrap();
            start(&supervisor, topic, &board, &together).unwrap();
        }
        let readers = || {
            let now = Moment::from_millis(1_000_000);
            board.read().unwrap().trust(now, &::desk::Freshness::default()).readers
        };
        until("all is read", || readers().iter().all(|reader| reader.current));
        log.is_away.store(true, Ordering::Relaxed);
        until("all three ask", || log.waiting.load(Ordering::Relaxed) == 3);
        // Nobody holds the board, for reading or for writing.
        assert!(board.try_write().is_ok());
        let since = Moment::from_millis(1_000_000);
        until("it says so", || readers().iter().all(|r| r.unanswered == Some(since) && !r.current));
        log.is_away.store(false, Ordering::Relaxed);
        until("it answers again", || readers().iter().all(|reader| reader.current));
        supervisor.finish().unwrap();
    }

    #[test]
    fn no_reader_runs_ahead_of_the_others_and_somebody_always_goes_on() {
        let together = Together::default();
        let ahead = || TOPICS.map(|topic| together.is_ahead(topic));
        assert_eq!(ahead(), [false; 3], "nobody has begun");
        together.reaches(Topic::Journal, Some(20));
        assert!(!together.is_ahead(Topic::Journal), "it waits for nobody who has not begun");
        together.reaches(Topic::Exceptions, Some(10));
        together.reaches(Topic::Alerts, Some(15));
        assert_eq!(ahead(), [true, false, true], "the one furthest behind goes on");
        together.reaches(Topic::Exceptions, Some(20));
        assert_eq!(ahead(), [true, true, false]);
        // Who has read all that there is holds nobody up.
        together.reaches(Topic::Alerts, None);
        assert_eq!(ahead(), [false, false, true]);
    }
}
