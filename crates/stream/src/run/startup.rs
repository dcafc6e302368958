//! How a partition begins here: at a snapshot, or at the start, or where its group has come to.

use super::log_identity::Place;
use super::{Runner, stop};
use crate::error::StreamError;
use crate::log::Committed;
use crate::processor::ProcessorFactory;
use crate::running::Running;
use crate::snapshots::{Snapshot, Snapshots};
use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Bytes of a snapshot after which others wait for the next turn.
const LARGE: usize = 1 << 20;
/// So many partitions are looked at with one reader.
const TOGETHER: usize = 32;

impl<S: ProcessorFactory> Runner<'_, S> {
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
        let due: Vec<u16> = due.into_iter().map(|(_, partition)| partition).collect();
        for some in due.chunks(TOGETHER) {
            if !self.begin_some(some, &mut points)? {
                break;
            }
        }
        Ok(())
    }

    /// Begins these, in this order; says whether others may begin in the same turn.
    fn begin_some(
        &mut self,
        partitions: &[u16],
        points: &mut BTreeMap<u16, Committed>,
    ) -> Result<bool, StreamError> {
        let (mut places, mut others) = (Vec::new(), true);
        for partition in partitions {
            match self.place(*partition, points.remove(partition)) {
                Ok(place) => places.push(place),
                Err(StreamError::Unavailable(reason)) => {
                    self.cannot_begin(*partition, &reason);
                    others = false;
                    break;
                }
                Err(other) => return Err(other),
            }
        }
        let lasts = self.lasts(&places)?;
        let mut same = Vec::new();
        for place in places {
            match self.is_the_same_log(&place, &lasts) {
                Ok(()) => same.push(place),
                Err(StreamError::Unavailable(reason)) => {
                    self.cannot_begin(place.partition, &reason);
                    others = false;
                }
                Err(other) => return Err(other),
            }
        }
        let mut same = same.into_iter();
        while let Some(place) = same.next().filter(|_| !self.stop.load(Ordering::Relaxed)) {
            match self.begin(&place) {
                Ok(read) if read < LARGE => continue,
                // The next one begins in the next turn, or a group would not hear of us for too long.
                Ok(_) => {}
                Err(StreamError::Unavailable(reason)) => {
                    self.cannot_begin(place.partition, &reason);
                    self.waits(place);
                }
                Err(other) => return Err(other),
            }
            others = false;
            break;
        }
        same.for_each(|place| self.waits(place));
        Ok(others)
    }

    fn cannot_begin(&mut self, partition: u16, reason: &str) {
        let service = self.group.service;
        tracing::warn!(service, partition, reason, "a partition cannot begin yet");
        self.put_off(partition);
    }

    /// Begins one; says how many bytes of a snapshot were read for it.
    fn begin(&mut self, place: &Place) -> Result<usize, StreamError> {
        let (service, topic) = (self.group.service, &self.group.topic);
        let Place { partition, range, point: Committed { offset, note, .. }, .. } = place;
        let (partition, offset) = (*partition, *offset);
        let mut read = 0;
        let (processor, position) = match self.factory.is_stateful() {
            false => (self.factory.begin(partition, note).map_err(stop)?, offset),
            true => match self.last_snapshot(partition, offset).inspect(|_| self.silent = None) {
                Ok(Some((processor, position, bytes))) if position >= range.start => {
                    read = bytes;
                    (processor, position)
                }
                // There may be one: without it nothing can begin there, or all must be folded again.
                Err(reason) if range.start > 0 || (offset > 0 && self.may_wait()) => {
                    return Err(StreamError::Unavailable(reason));
                }
                _ if range.start > 0 => {
                    return Err(StreamError::Stop(format!(
                        "partition {partition} of {topic} begins at {}, and {service} has no snapshot between there \
                         and {offset} that this release can use ({}): its past was trimmed; bring a snapshot back",
                        range.start,
                        self.store_of(partition)
                    )));
                }
                _ => (self.factory.begin(partition, "").map_err(stop)?, 0),
            },
        };
        self.generation += 1;
        self.monitor.note(|seen| seen.starts += 1);
        tracing::info!(service, partition, position, worked_off = offset, "a partition begins");
        let due = self.now + self.group.snapshot_every;
        let strict = self.factory.is_stateful();
        let running =
            Running::new(processor, (partition, self.generation), position, offset, strict, due);
        self.member.seek(partition, position)?;
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

    /// Not all at the same moment: what failed together would fail together again.
    pub(super) fn put_off(&mut self, partition: u16) {
        let wait = Duration::from_millis(self.rng.u64(100..1000));
        self.waiting.insert(partition, self.now + wait);
    }

    /// Where its snapshots would be.
    fn store_of(&self, partition: u16) -> String {
        let snapshots = self.group.snapshots.as_ref();
        snapshots.map_or_else(
            || "it keeps none".to_owned(),
            |shelf| shelf.place(self.group.service, partition),
        )
    }

    /// The newest one that can be used; or why that cannot be told.
    fn last_snapshot(
        &self,
        partition: u16,
        most: u64,
    ) -> Result<Option<(S::Processor, u64, usize)>, String> {
        let Some(snapshots) = &self.group.snapshots else { return Ok(None) };
        let mut most = most;
        loop {
            let mut told = |file: &str, reason: &str| {
                tracing::warn!(file, reason, "a snapshot is passed over");
                self.monitor.note(|seen| seen.snapshots_refused += 1);
            };
            let format_id = self.factory.format_id() ^ self.group.log_identity;
            let newest =
                snapshots.latest(self.group.service, partition, format_id, most, &mut told);
            let newest = newest.map_err(|error| format!("snapshots cannot be read: {error}"))?;
            let Some(Snapshot { offset, state: image }) = newest else { return Ok(None) };
            match self.factory.resume(partition, &image) {
                Ok(processor) => {
                    self.monitor.note(|seen| seen.snapshots_used += 1);
                    return Ok(Some((processor, offset, image.len())));
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
