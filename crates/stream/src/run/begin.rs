//! How a partition begins here: at a snapshot, or at the start, or where its group has come to.

use super::{Loop, stop};
use crate::error::StreamError;
use crate::life::Running;
use crate::log::{Committed, Record};
use crate::snapshots::{Snapshot, Snapshots};
use crate::stage::Stage;
use std::ops::Range;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Bytes of a snapshot after which others wait for the next turn.
const LARGE: usize = 1 << 20;
/// How long one look for a record may take, and how often it is looked for.
const LOOK: Duration = Duration::from_millis(500);
const SHOWN: u32 = 10;

impl<S: Stage> Loop<'_, S> {
    /// Begins every partition whose time has come, those first that have waited longest. How far the group has come is
    /// asked once for all of them; where the log does not answer now, they are put off, since a log that is away may
    /// take long to say nothing. One partition that cannot be asked for alone waits behind all others.
    pub(super) fn begin_due(&mut self) -> Result<(), StreamError> {
        let due = self.waiting.iter().filter(|(_, at)| **at <= self.now);
        let mut due: Vec<(Instant, u16)> = due.map(|(partition, at)| (*at, *partition)).collect();
        if due.is_empty() || self.stop.load(Ordering::Relaxed) {
            return Ok(());
        }
        due.sort_unstable();
        let mut points = match self.log.committed(&self.group.name, &self.group.topic) {
            Ok(points) => points,
            Err(StreamError::Unavailable(reason)) => {
                due.iter().for_each(|(_, partition)| self.cannot_begin(*partition, &reason));
                return Ok(());
            }
            Err(other) => return Err(other),
        };
        for (_, partition) in due {
            if self.stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            match self.begin(partition, points.remove(&partition)) {
                Ok(read) if read < LARGE => {}
                // The next one begins in the next turn, or a group would not hear of us for too long.
                Ok(_) => return Ok(()),
                Err(StreamError::Unavailable(reason)) => {
                    self.cannot_begin(partition, &reason);
                    return Ok(());
                }
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    fn cannot_begin(&mut self, partition: u16, reason: &str) {
        let service = self.group.service;
        tracing::warn!(service, partition, reason, "a partition cannot begin yet");
        self.put_off(partition);
    }

    /// Begins one; says how many bytes of a snapshot were read for it.
    fn begin(&mut self, partition: u16, point: Option<Committed>) -> Result<usize, StreamError> {
        let (service, topic) = (self.group.service, &self.group.topic);
        let range = self.log.range(topic, partition)?;
        let nothing = Committed { offset: range.start, ..Committed::default() };
        let Committed { offset, last, note } = point.unwrap_or(nothing);
        if let Some(how) = self.is_another_log(partition, &range, offset, last)? {
            return Err(StreamError::Stop(format!(
                "{service} has worked partition {partition} of {topic} off up to {offset}, and {how}: the topic was \
                 made anew or cut; {}",
                self.group.made_anew
            )));
        }
        let mut read = 0;
        let (life, position) = match self.stage.remembers() {
            false => (self.stage.begin(partition, &note).map_err(stop)?, offset),
            true => match self.last_snapshot(partition, offset) {
                Ok(Some((life, position, bytes))) if position >= range.start => {
                    (read, self.silent) = (bytes, None);
                    (life, position)
                }
                // There may be one: without it nothing can begin there, or all must be folded again.
                Err(reason) if range.start > 0 || (offset > 0 && self.may_wait()) => {
                    return Err(StreamError::Unavailable(reason));
                }
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
        let due = self.now + self.group.snapshot_every;
        let strict = self.stage.remembers();
        let running = Running::new(life, (partition, self.lives), position, offset, strict, due);
        self.member.start(partition, position)?;
        self.running.insert(partition, running);
        self.waiting.remove(&partition);
        Ok(read)
    }

    /// Whether a shelf that does not answer may yet do so.
    fn may_wait(&mut self) -> bool {
        let patience = self.group.snapshots.as_ref().map(Snapshots::patience).unwrap_or_default();
        let since = *self.silent.get_or_insert(self.now);
        self.now - since < patience
    }

    /// Whether this is not the log that was worked off up to there: it ends before, or its last record is another one.
    /// What was trimmed away since cannot be looked at.
    fn is_another_log(
        &self,
        partition: u16,
        range: &Range<u64>,
        offset: u64,
        last: u64,
    ) -> Result<Option<String>, StreamError> {
        if offset > range.end {
            return Ok(Some(format!("it ends at {}", range.end)));
        }
        if last == 0 || offset <= range.start {
            return Ok(None);
        }
        let Some(record) = self.record(partition, offset - 1)? else {
            let (service, topic) = (self.group.service, &self.group.topic);
            tracing::warn!(
                service,
                topic,
                partition,
                offset,
                "the last record that was worked off is not to be read: whether this is the same log is not known"
            );
            return Ok(None);
        };
        let other = record.offset + 1 == offset && record.called() != last;
        Ok(other.then(|| "the last record before is another one now".to_owned()))
    }

    /// The record at a place, or where none is, the next one; none that shows within a few seconds: where records are
    /// thinned out there may be nothing behind it, and a partition must not stand still for that.
    fn record(&self, partition: u16, at: u64) -> Result<Option<Record>, StreamError> {
        let mut reader = self.log.read(&self.group.topic, &[(partition, at)])?;
        let mut records = Vec::new();
        for _ in 0..SHOWN {
            reader.poll(LOOK, &mut records)?;
            if let Some((_, record)) = records.drain(..).next() {
                return Ok(Some(record));
            }
        }
        Ok(None)
    }

    /// Not all at the same moment: what failed together would fail together again.
    pub(super) fn put_off(&mut self, partition: u16) {
        let wait = Duration::from_millis(self.luck.u64(100..1000));
        self.waiting.insert(partition, self.now + wait);
    }

    /// The newest one that can be used; or why that cannot be told.
    fn last_snapshot(
        &self,
        partition: u16,
        most: u64,
    ) -> Result<Option<(S::Life, u64, usize)>, String> {
        let Some(snapshots) = &self.group.snapshots else { return Ok(None) };
        let mut most = most;
        loop {
            let mut told = |file: &str, reason: &str| {
                tracing::warn!(file, reason, "a snapshot is passed over");
                self.watch.note(|seen| seen.snapshots_refused += 1);
            };
            let form = self.stage.form() ^ self.group.log_identity;
            let newest = snapshots.newest(self.group.service, partition, form, most, &mut told);
            let newest = newest.map_err(|error| format!("snapshots cannot be read: {error}"))?;
            let Some(Snapshot { offset, image }) = newest else { return Ok(None) };
            match self.stage.resume(partition, &image) {
                Ok(life) => {
                    self.watch.note(|seen| seen.snapshots_used += 1);
                    return Ok(Some((life, offset, image.len())));
                }
                Err(reason) => {
                    tracing::warn!(partition, offset, reason, "a snapshot cannot be used");
                    let Some(before) = offset.checked_sub(1) else { return Ok(None) };
                    most = before;
                }
            }
        }
    }
}
