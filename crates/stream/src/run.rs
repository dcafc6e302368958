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

use crate::error::StreamError;
use crate::life::{MOST_SKEW as SKEW, OWN, Running, Stroke};
use crate::log::{Ack, Clock, Committed, Draft, Happening, Log, Member, Ticket};
use crate::snapshots::{Snapshot, Snapshots};
use crate::stage::{Life, Sight, Stage, Watch};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

pub use crate::stage::Halt;

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
    /// How often.
    pub snapshot_every: Duration,
    /// Whose clock strokes are made by.
    pub clock: Clock,
    /// How often the clock is struck, in milliseconds of that clock; `None`: somebody else does.
    pub strike_every: Option<i64>,
}

/// How often a refused striker asks again.
const ASK_AGAIN: Duration = Duration::from_secs(10);
/// More open writes than this, and the loop waits for answers before it takes more.
const OPEN: usize = 20_000;
/// Commits are not more frequent than this while there is work.
const COMMIT_EVERY: Duration = Duration::from_millis(50);
/// What a drain may take before partitions are given up.
const DRAIN: Duration = Duration::from_secs(10);
/// How often what is to be seen is brought up to date.
const SHOW_EVERY: Duration = Duration::from_millis(250);

struct Loop<'a, S: Stage> {
    log: &'a dyn Log,
    stage: &'a S,
    group: &'a Group,
    watch: &'a Watch,
    member: Box<dyn Member>,
    running: BTreeMap<u16, Running<S::Life>>,
    /// Partitions whose life has ended by an error: when they begin again.
    waiting: BTreeMap<u16, Instant>,
    lives: u32,
    send: Sender<Ack>,
    answers: Receiver<Ack>,
    room: Vec<Draft>,
    committed: Instant,
    shown: Instant,
}

/// Runs a service until it is asked to stop.
pub fn run<S: Stage>(
    log: &dyn Log,
    stage: &S,
    group: &Group,
    stop: &AtomicBool,
    watch: &Watch,
) -> Result<(), StreamError> {
    let member = log.join(&group.name, &group.topic, group.instance.as_deref())?;
    let (send, answers) = channel();
    let now = Instant::now();
    let (running, waiting, room) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
    let mut all = Loop {
        log,
        stage,
        group,
        watch,
        member,
        running,
        waiting,
        lives: 0,
        send,
        answers,
        room,
        committed: now,
        shown: now,
    };
    let mut happenings = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        all.turn(&mut happenings)?;
    }
    all.finish()
}

impl<S: Stage> Loop<'_, S> {
    /// Once round.
    fn turn(&mut self, happenings: &mut Vec<Happening>) -> Result<(), StreamError> {
        self.begin_again()?;
        let mut drafts = self.strokes();
        let open: usize = self.running.values().map(Running::open).sum();
        if open < OPEN {
            // What is worked off is committed as soon as there is nothing else to do.
            let pending = open > 0 || self.running.values().any(Running::uncommitted);
            let wait = Duration::from_millis(if pending { 2 } else { 25 });
            let wait = if drafts.is_empty() { wait } else { Duration::ZERO };
            match self.member.poll(wait, happenings) {
                Ok(()) => {}
                Err(StreamError::Unavailable(reason)) => {
                    tracing::warn!(
                        service = self.group.service,
                        reason,
                        "the log is not to be reached"
                    );
                    std::thread::sleep(Duration::from_millis(500));
                }
                Err(other) => return Err(other),
            }
        } else {
            self.wait_for_an_answer(Duration::from_millis(20));
        }
        let idle = happenings.is_empty();
        for happening in happenings.drain(..) {
            match happening {
                Happening::Record(partition, record) => {
                    let Some(running) = self.running.get_mut(&partition) else { continue };
                    running.take(&record, &mut drafts, &mut self.room).map_err(stop)?;
                }
                Happening::Assigned(partitions) => {
                    self.watch.note(|seen| seen.joined = true);
                    for partition in partitions {
                        self.begin(partition)?;
                    }
                }
                Happening::Revoked(partitions) => {
                    self.append(std::mem::take(&mut drafts));
                    self.give_back(&partitions)?;
                }
                Happening::Lost(partitions) => self.forget(&partitions),
            }
        }
        self.append(drafts);
        self.hear_answers();
        if idle || self.committed.elapsed() >= COMMIT_EVERY {
            self.commit()?;
        }
        self.keep_snapshots();
        self.end_failed();
        if self.shown.elapsed() >= SHOW_EVERY {
            self.show();
        }
        Ok(())
    }

    /// A partition begins here; where the log does not answer now, a little later.
    fn begin(&mut self, partition: u16) -> Result<(), StreamError> {
        match self.try_to_begin(partition) {
            Err(StreamError::Unavailable(reason)) => {
                let service = self.group.service;
                tracing::warn!(service, partition, reason, "a partition cannot begin yet");
                self.put_off(partition);
                Ok(())
            }
            done => done,
        }
    }

    fn try_to_begin(&mut self, partition: u16) -> Result<(), StreamError> {
        let Group { service, name, topic, .. } = self.group;
        let mut points = self.log.committed(name, topic)?;
        let range = self.log.range(topic, partition)?;
        let point = points.remove(&partition);
        let Committed { offset, note } =
            point.unwrap_or(Committed { offset: range.start, note: String::new() });
        if offset > range.end {
            return Err(StreamError::Stop(format!(
                "{service} has worked partition {partition} of {topic} off up to {offset}, and it ends at {}: \
                 the topic was made anew or cut; name another log.prefix and make its topics",
                range.end
            )));
        }
        let (life, position) = match self.stage.remembers() {
            false => (self.stage.begin(partition, &note).map_err(stop)?, offset),
            true => match self.last_snapshot(partition, offset) {
                Some((life, position)) if position >= range.start => (life, position),
                _ if range.start > 0 => {
                    return Err(StreamError::Stop(format!(
                        "partition {partition} of {topic} begins at {}, and {service} has no snapshot there: \
                         its past was trimmed; bring a snapshot back",
                        range.start
                    )));
                }
                _ => (self.stage.begin(partition, "").map_err(stop)?, 0),
            },
        };
        self.lives += 1;
        self.watch.note(|seen| seen.lives += 1);
        tracing::info!(service, partition, position, worked_off = offset, "a partition begins");
        let due = Instant::now() + self.group.snapshot_every;
        let strict = self.stage.remembers();
        let running = Running::new(life, (partition, self.lives), position, offset, strict, due);
        self.member.start(partition, position)?;
        self.running.insert(partition, running);
        self.waiting.remove(&partition);
        Ok(())
    }

    /// Not all at the same moment: what failed together would fail together again.
    fn put_off(&mut self, partition: u16) {
        let wait = Duration::from_millis(fastrand::u64(100..1000));
        self.waiting.insert(partition, Instant::now() + wait);
    }

    fn last_snapshot(&self, partition: u16, most: u64) -> Option<(S::Life, u64)> {
        let snapshots = self.group.snapshots.as_ref()?;
        let mut most = most;
        loop {
            let mut told = |file: &std::path::Path, reason: &str| {
                tracing::warn!(file = %file.display(), reason, "a snapshot is passed over");
            };
            let form = self.stage.form() ^ self.group.log_identity;
            let Snapshot { offset, image } =
                snapshots.newest(self.group.service, partition, form, most, &mut told)?;
            match self.stage.resume(partition, &image) {
                Ok(life) => return Some((life, offset)),
                Err(reason) => {
                    tracing::warn!(partition, offset, reason, "a snapshot cannot be used");
                    most = offset.checked_sub(1)?;
                }
            }
        }
    }

    /// Strokes of the clock, and signs of life.
    fn strokes(&mut self) -> Vec<(Ticket, Draft)> {
        let Some(every) = self.group.strike_every else { return Vec::new() };
        let now = (self.group.clock)();
        let mut drafts = Vec::new();
        for running in self.running.values_mut().filter(|r| r.failed.is_none() && !r.refolding()) {
            let (ticket, stroke) = (running.ticket(OWN), now - now.rem_euclid(every));
            let mut send = |stroke: &mut Stroke, draft: Option<Draft>| {
                draft.into_iter().for_each(|draft| {
                    stroke.sends(now);
                    drafts.push((ticket, draft));
                });
            };
            let Running { life, stroke: known, position, end, .. } = running;
            if stroke > known.sign {
                known.sign = stroke;
                send(known, life.sign_of_life(now, *position, (*end).max(*position)));
            }
            if stroke <= known.last {
                continue;
            }
            match known.skew {
                Some(skew) if skew.abs() <= SKEW && known.knows_the_time(now, every + SKEW) => {
                    known.last = stroke;
                    send(known, life.stroke(stroke));
                }
                skew if known.asked.is_none_or(|asked| asked.elapsed() >= ASK_AGAIN) => {
                    known.asked = Some(Instant::now());
                    if let Some(skew_ms) = skew.filter(|skew| skew.abs() > SKEW) {
                        self.watch.note(|seen| seen.strokes_refused += 1);
                        tracing::error!(
                            skew_ms,
                            "this clock differs from the log's: it strikes nothing"
                        );
                    }
                    send(known, life.asks_the_time());
                }
                _ => {}
            }
        }
        let struck = self.running.values().map(|running| running.stroke.last).min();
        self.watch.note(|seen| seen.struck = struck);
        drafts
    }

    fn append(&mut self, drafts: Vec<(Ticket, Draft)>) {
        let mut open: BTreeMap<u16, usize> = BTreeMap::new();
        for (ticket, _) in drafts.iter().filter(|(ticket, _)| ticket.mark != OWN) {
            *open.entry(ticket.partition).or_default() += 1;
        }
        for (partition, running) in &mut self.running {
            running.mark(open.get(partition).copied().unwrap_or(0));
        }
        if !drafts.is_empty() {
            self.log.append(drafts, &self.send);
        }
    }

    fn hear_answers(&mut self) {
        while let Ok(ack) = self.answers.try_recv() {
            self.hear(&ack);
        }
    }

    fn hear(&mut self, ack: &Ack) {
        // The time of hearing is taken after the answer is there, or the log would seem to be ahead.
        let now = (self.group.clock)();
        if let Some(running) = self.running.get_mut(&ack.ticket.partition) {
            running.answer(ack, now);
        }
    }

    fn wait_for_an_answer(&mut self, wait: Duration) {
        match self.answers.recv_timeout(wait) {
            Ok(ack) => {
                self.hear(&ack);
                self.hear_answers();
            }
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {}
        }
    }

    fn commit(&mut self) -> Result<(), StreamError> {
        self.committed = Instant::now();
        let mut points = Vec::new();
        for (partition, running) in &mut self.running {
            points.extend(running.commit_point().map(|point| (*partition, point)));
        }
        if points.is_empty() {
            return Ok(());
        }
        match self.member.commit(&points) {
            Ok(()) => {
                for (partition, point) in points {
                    if let Some(running) = self.running.get_mut(&partition) {
                        running.committed = point.offset;
                    }
                }
                Ok(())
            }
            // What could not be committed is read again by the next life: begin it at once.
            Err(StreamError::Unavailable(reason)) => {
                for (partition, _) in points {
                    if let Some(running) = self.running.get_mut(&partition) {
                        running.failed = Some(reason.clone());
                    }
                }
                Ok(())
            }
            Err(other) => Err(other),
        }
    }

    fn keep_snapshots(&mut self) {
        let Some(snapshots) = &self.group.snapshots else { return };
        let form = self.stage.form() ^ self.group.log_identity;
        for (partition, running) in &mut self.running {
            let now = Instant::now();
            let due =
                now >= running.snapshot_due && !running.refolding() && running.image.is_none();
            if due && running.position > running.kept {
                running.snapshot_due = now + self.group.snapshot_every;
                let image = running.life.image();
                running.image = image.map(|image| Snapshot { offset: running.position, image });
            }
            let Some(ripe) = running.ripe() else { continue };
            match snapshots.keep(self.group.service, *partition, form, &ripe) {
                Ok(()) => {
                    running.kept = ripe.offset;
                    running.kept_at = Some((self.group.clock)());
                }
                Err(error) => {
                    tracing::error!(partition, %error, "a snapshot could not be kept");
                    self.watch.note(|seen| seen.snapshots_failed += 1);
                }
            }
        }
    }

    /// Lives that ended by an error begin again after a while: from a snapshot, or from the start.
    fn end_failed(&mut self) {
        let failed: Vec<(u16, String)> =
            self.running.iter().filter_map(|(p, r)| Some((*p, r.failed.clone()?))).collect();
        for (partition, reason) in failed {
            tracing::warn!(
                service = self.group.service,
                partition,
                reason,
                "a partition's life ends"
            );
            self.running.remove(&partition);
            self.put_off(partition);
            self.watch.note(|seen| {
                seen.failed += 1;
                seen.reason = Some(reason);
            });
        }
    }

    fn begin_again(&mut self) -> Result<(), StreamError> {
        let now = Instant::now();
        let due: Vec<u16> =
            self.waiting.iter().filter(|(_, at)| **at <= now).map(|(p, _)| *p).collect();
        for partition in due {
            self.begin(partition)?;
        }
        Ok(())
    }

    /// Partitions are asked back: what they have written is waited for and committed; no snapshot after that.
    fn give_back(&mut self, partitions: &[u16]) -> Result<(), StreamError> {
        self.drain(partitions);
        self.commit()?;
        self.forget(partitions);
        self.member.release(partitions)
    }

    fn drain(&mut self, partitions: &[u16]) {
        let until = Instant::now() + DRAIN;
        self.hear_answers();
        while Instant::now() < until
            && partitions
                .iter()
                .any(|p| self.running.get(p).is_some_and(|r| r.open() > 0 && r.failed.is_none()))
        {
            self.wait_for_an_answer(Duration::from_millis(50));
        }
    }

    fn forget(&mut self, partitions: &[u16]) {
        for partition in partitions {
            self.running.remove(partition);
            self.waiting.remove(partition);
            self.watch.note(|seen| seen.partitions.remove(partition));
        }
    }

    /// Asked to stop: everything is waited for, committed and kept, and others take over at once.
    fn finish(mut self) -> Result<(), StreamError> {
        let all: Vec<u16> = self.running.keys().copied().collect();
        self.drain(&all);
        self.commit()?;
        for running in self.running.values_mut() {
            running.snapshot_due = Instant::now();
            running.image = None;
        }
        self.keep_snapshots();
        self.show();
        self.member.leave()
    }

    fn show(&mut self) {
        self.shown = Instant::now();
        let ends = self.member.ends();
        let running = &mut self.running;
        self.watch.note(|seen| {
            seen.turned = Some(Instant::now());
            for (partition, running) in running {
                running.end = ends.get(partition).copied().unwrap_or(0).max(running.position);
                let sight = Sight {
                    position: running.position,
                    end: running.end,
                    committed: running.committed,
                    refolding: running.refolding(),
                    snapshot: running.kept_at,
                    gauges: running.life.gauges(),
                };
                seen.partitions.insert(*partition, sight);
            }
        });
    }
}

fn stop(halt: Halt) -> StreamError {
    StreamError::Stop(halt.0)
}
