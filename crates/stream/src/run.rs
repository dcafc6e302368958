//! The loop that every service runs: one thread, all the partitions that the group gives it.
//!
//! ```text
//!   poll ─► take ─► append ─► acknowledged ─► commit ─► snapshot
//!   └────── may die here: all of it is done again ──────┘ └─ after this: never
//! ```
//!
//! Up to the commit everything may be lost with the process: the next life reads the same records again,
//! and readers drop what they have. After it nothing is done twice. A write that fails ends the life of
//! its partition here: nothing is tried again alone, and nothing behind it is committed.
//!
//! [`Runner`] goes round once when it is told to, and is told what time it is; [`run`] does that with the clock of the
//! machine, and a simulator with one of its own. Neither the loop nor a partition in it looks at a clock or draws a lot.

mod commit;
mod log_identity;
mod startup;
mod tick;

use crate::error::StreamError;
use crate::log::{Ack, Clock, ConsumerEvent, GroupConsumer, Log, NewRecord};
use crate::processor::{Monitor, PartitionProcessor, ProcessorFactory, Waited};
use crate::running::Running;
use crate::snapshots::Snapshots;
use commit::Leaving;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

pub use crate::processor::FatalError;

/// Which partitions a service works on, and how.
pub struct Group {
    /// The service's name, and that of its snapshots.
    pub service: &'static str,
    /// The group's name.
    pub name: String,
    /// The topic.
    pub topic: String,
    /// What keeps a member's partitions over a quick restart.
    pub instance: Option<String>,
    /// Where snapshots are kept.
    pub snapshots: Option<Snapshots>,
    /// What tells this log from every other: a snapshot of another one is not read.
    pub log_identity: u64,
    /// What a person can do when the topic was made anew or cut.
    pub made_anew: String,
    /// How often.
    pub snapshot_every: Duration,
    /// Whose clock strokes are made by.
    pub clock: Clock,
    /// How often the clock is struck, in milliseconds of that clock; `None`: somebody else does.
    pub tick_every: Option<i64>,
    /// Who is told how long records wait.
    pub waited: Option<Waited>,
}

/// More open writes than this, and the loop waits for answers before it takes more.
const OPEN: usize = 20_000;
/// Commits are not more frequent than this while there is work.
const COMMIT_EVERY: Duration = Duration::from_millis(50);
/// What writes may take to be answered before partitions are given up.
const DRAIN: Duration = Duration::from_secs(10);
/// How often what is to be seen is brought up to date.
const SHOW_EVERY: Duration = Duration::from_millis(250);
/// How soon a log is asked again that was not to be reached.
const SILENT: Duration = Duration::from_millis(500);

/// A service at work.
pub struct Runner<'a, S: ProcessorFactory> {
    log: &'a dyn Log,
    factory: &'a S,
    group: &'a Group,
    stop: &'a AtomicBool,
    monitor: &'a Monitor,
    member: Box<dyn GroupConsumer>,
    running: BTreeMap<u16, Running<S::Processor>>,
    /// Partitions that have yet to begin here, and when: at once, or a while after an error has ended their life.
    waiting: BTreeMap<u16, Instant>,
    /// Those of them that are the same log as ever, and only wait for their turn.
    verified: BTreeMap<u16, log_identity::Place>,
    /// Partitions that are asked back.
    leaving: Vec<Leaving>,
    generation: u32,
    send: Sender<Ack>,
    answers: Receiver<Ack>,
    events: Vec<ConsumerEvent>,
    room: Vec<NewRecord>,
    now: Instant,
    committed: Instant,
    shown: Option<Instant>,
    rng: fastrand::Rng,
    /// Since when the shelf of snapshots does not answer.
    silent: Option<Instant>,
}

/// Runs a service until it is asked to stop.
pub fn run<S: ProcessorFactory>(
    log: &dyn Log,
    stage: &S,
    group: &Group,
    stop: &AtomicBool,
    watch: &Monitor,
) -> Result<(), StreamError> {
    let mut all =
        Runner::join(log, stage, group, (stop, watch), fastrand::u64(..), Instant::now())?;
    while !stop.load(Ordering::Relaxed) {
        let rest = all.poll_once(Instant::now())?;
        all.rest(rest);
    }
    let until = Instant::now() + DRAIN;
    while all.waits_for_answers() && Instant::now() < until {
        all.rest(Duration::from_millis(50));
    }
    all.finish(Instant::now())
}

impl<'a, S: ProcessorFactory> Runner<'a, S> {
    /// Becomes a member of the group. `rng` spreads out what would otherwise be tried again by all at once.
    ///
    /// # Errors
    ///
    /// As [`Log::join`].
    pub fn join(
        log: &'a dyn Log,
        stage: &'a S,
        group: &'a Group,
        (stop, watch): (&'a AtomicBool, &'a Monitor),
        rng: u64,
        now: Instant,
    ) -> Result<Self, StreamError> {
        let member = log.join(&group.name, &group.topic, group.instance.as_deref())?;
        let (send, answers) = channel();
        Ok(Self {
            log,
            factory: stage,
            group,
            stop,
            monitor: watch,
            member,
            running: BTreeMap::new(),
            waiting: BTreeMap::new(),
            verified: BTreeMap::new(),
            leaving: Vec::new(),
            generation: 0,
            send,
            answers,
            events: Vec::new(),
            room: Vec::new(),
            now,
            committed: now,
            shown: None,
            rng: fastrand::Rng::with_seed(rng),
            silent: None,
        })
    }

    /// Once round, at that moment. Says for how long there is nothing to do unless an answer comes.
    ///
    /// # Errors
    ///
    /// What this process must end with.
    pub fn poll_once(&mut self, now: Instant) -> Result<Duration, StreamError> {
        self.now = now;
        if self.shown.is_none_or(|shown| now - shown >= SHOW_EVERY) {
            self.show();
        }
        self.begin_due()?;
        let mut new_records = self.ticks();
        let mut rest = Duration::ZERO;
        let open: usize = self.running.values().map(Running::open).sum();
        let mut events = std::mem::take(&mut self.events);
        if open < OPEN {
            // What is worked off is committed as soon as there is nothing else to do.
            let pending = open > 0 || self.running.values().any(Running::uncommitted);
            let wait = Duration::from_millis(if pending { 2 } else { 25 });
            let wait = if new_records.is_empty() { wait } else { Duration::ZERO };
            match self.member.poll(wait, &mut events) {
                Ok(()) => {}
                Err(StreamError::Unavailable(reason)) => {
                    let service = self.group.service;
                    // The outage is told once for the process, by whoever asks whether the log answers.
                    tracing::debug!(service, reason, "the log is not to be reached");
                    rest = SILENT;
                }
                Err(other) => return Err(other),
            }
        } else {
            rest = Duration::from_millis(20);
        }
        let idle = events.is_empty();
        for event in events.drain(..) {
            match event {
                ConsumerEvent::Record(partition, record) => {
                    let Some(running) = self.running.get_mut(&partition) else { continue };
                    let (at, appended) = (running.position, record.appended);
                    let silent = running.catching_up();
                    running.take(record, &mut new_records, &mut self.room).map_err(stop)?;
                    if let Some(waited) = &self.group.waited
                        && running.position > at
                        && !silent
                        && running.processor.tells()
                    {
                        waited(self.group.service, (self.group.clock)() - appended);
                    }
                }
                ConsumerEvent::Assigned(partitions) => {
                    self.monitor.note(|seen| seen.joined = true);
                    self.waiting.extend(partitions.into_iter().map(|partition| (partition, now)));
                    self.begin_due()?;
                }
                ConsumerEvent::Revoked(partitions) => self.is_asked_back(partitions),
                ConsumerEvent::Lost(partitions) => self.lose(&partitions),
            }
        }
        self.events = events;
        self.append(new_records);
        self.receive_answers();
        if idle || !self.leaving.is_empty() || now - self.committed >= COMMIT_EVERY {
            self.commit()?;
        }
        self.give_back()?;
        self.save_snapshots();
        self.end_failed()?;
        Ok(rest)
    }

    /// Whether something that was written here is not answered yet.
    pub fn waits_for_answers(&mut self) -> bool {
        self.receive_answers();
        self.running.values().any(|running| running.open() > 0 && running.failed.is_none())
    }

    /// Asked to stop: what is acknowledged is committed and kept, and others take over at once.
    ///
    /// # Errors
    ///
    /// What the log answers.
    pub fn finish(mut self, now: Instant) -> Result<(), StreamError> {
        self.now = now;
        self.receive_answers();
        self.commit()?;
        for running in self.running.values_mut() {
            running.snapshot_due = now;
            running.snapshot = None;
        }
        self.save_snapshots();
        self.show();
        self.member.leave()
    }
}

fn stop(halt: FatalError) -> StreamError {
    StreamError::Stop(halt.0)
}
