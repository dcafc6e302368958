//! What follows when a turn has taken its records: writes, answers, commits, snapshots, and the end of lives.

use super::{DRAIN, Runner};
use crate::error::StreamError;
use crate::log::{Ack, NewRecord, WriteId};
use crate::processor::{PartitionProcessor, PartitionStatus, ProcessorFactory};
use crate::running::OWN;
use crate::snapshots::Snapshot;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Partitions that are asked back together, and until when their writes are waited for.
pub(super) struct Leaving {
    partitions: Vec<u16>,
    until: Instant,
}

impl<S: ProcessorFactory> Runner<'_, S> {
    pub(super) fn append(&mut self, new_records: Vec<(WriteId, NewRecord)>) {
        let mut open: BTreeMap<u16, usize> = BTreeMap::new();
        for (write_id, _) in new_records.iter().filter(|(write_id, _)| write_id.mark != OWN) {
            *open.entry(write_id.partition).or_default() += 1;
        }
        for (partition, running) in &mut self.running {
            running.mark(open.get(partition).copied().unwrap_or(0));
        }
        if !new_records.is_empty() {
            self.log.append(new_records, &self.send);
        }
    }

    pub(super) fn receive_answers(&mut self) {
        while let Ok(ack) = self.answers.try_recv() {
            self.receive(&ack);
        }
    }

    fn receive(&mut self, ack: &Ack) {
        // The time of hearing is taken after the answer is there, or the log would seem to be ahead.
        let now = (self.group.clock)();
        if let Some(running) = self.running.get_mut(&ack.write_id.partition) {
            running.answer(ack, now, self.now);
        }
    }

    /// Waits for an answer, at most that long.
    pub(super) fn rest(&mut self, longest: Duration) {
        if longest.is_zero() {
            return;
        }
        // Nothing but time can end this otherwise: the loop holds a sender of its own.
        if let Ok(ack) = self.answers.recv_timeout(longest) {
            self.receive(&ack);
            self.receive_answers();
        }
    }

    pub(super) fn commit(&mut self) -> Result<(), StreamError> {
        self.committed = self.now;
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

    pub(super) fn save_snapshots(&mut self) {
        let Some(snapshots) = &self.group.snapshots else { return };
        let (format_id, now) = (self.factory.format_id() ^ self.group.log_identity, self.now);
        for (partition, running) in self.running.iter_mut().filter(|(_, r)| !r.leaving) {
            let due =
                now >= running.snapshot_due && !running.catching_up() && running.snapshot.is_none();
            if due && running.position > running.saved {
                running.snapshot_due = now + self.group.snapshot_every;
                let image = running.processor.snapshot();
                running.snapshot =
                    image.map(|image| Snapshot { offset: running.position, state: image });
            }
            let Some(ripe) = running.ripe() else { continue };
            let offset = ripe.offset;
            match snapshots.save(self.group.service, *partition, format_id, ripe) {
                Ok(()) => {
                    running.saved = offset;
                    running.saved_at = Some((self.group.clock)());
                }
                Err(error) => {
                    tracing::error!(partition, %error, "a snapshot could not be kept");
                    self.monitor.note(|seen| seen.snapshots_failed += 1);
                }
            }
        }
    }

    /// Lives that ended by an error begin again after a while: from a snapshot, or from the start. One that says what
    /// can never be written would say it again: that is for a person.
    pub(super) fn end_failed(&mut self) -> Result<(), StreamError> {
        let service = self.group.service;
        if let Some(reason) = self.running.values().find_map(|r| r.unwritable.as_ref()) {
            return Err(StreamError::Stop(format!("{service}: {reason}")));
        }
        let failed: Vec<(u16, String)> =
            self.running.iter().filter_map(|(p, r)| Some((*p, r.failed.clone()?))).collect();
        for (partition, reason) in failed {
            tracing::warn!(service, partition, reason, "a partition's life ends");
            self.running.remove(&partition);
            // What is asked back does not begin again here.
            if !self.leaving.iter().any(|leaving| leaving.partitions.contains(&partition)) {
                self.put_off(partition);
            }
            self.monitor.note(|seen| {
                seen.failed += 1;
                seen.reason = Some(reason);
            });
        }
        Ok(())
    }

    /// Partitions are asked back: they take nothing more, and no snapshot is kept of them.
    pub(super) fn is_asked_back(&mut self, partitions: Vec<u16>) {
        for partition in &partitions {
            self.waiting.remove(partition);
            self.verified.remove(partition);
            if let Some(running) = self.running.get_mut(partition) {
                running.leaving = true;
            }
        }
        self.leaving.push(Leaving { partitions, until: self.now + DRAIN });
    }

    /// What is asked back is given back once all that it has written is committed, or has failed, or takes too long.
    pub(super) fn give_back(&mut self) -> Result<(), StreamError> {
        let mut waits = Vec::new();
        for leaving in std::mem::take(&mut self.leaving) {
            let open = |p: &u16| {
                self.running.get(p).is_some_and(|r| r.uncommitted() && r.failed.is_none())
            };
            if self.now < leaving.until && leaving.partitions.iter().any(open) {
                waits.push(leaving);
                continue;
            }
            self.forget(&leaving.partitions);
            self.member.release(&leaving.partitions)?;
        }
        self.leaving = waits;
        Ok(())
    }

    /// Partitions are gone already: others may be at work on them.
    pub(super) fn lose(&mut self, partitions: &[u16]) {
        self.forget(partitions);
        for leaving in &mut self.leaving {
            leaving.partitions.retain(|partition| !partitions.contains(partition));
        }
        self.leaving.retain(|leaving| !leaving.partitions.is_empty());
    }

    fn forget(&mut self, partitions: &[u16]) {
        for partition in partitions {
            self.running.remove(partition);
            self.waiting.remove(partition);
            self.verified.remove(partition);
            self.monitor.note(|seen| seen.partitions.remove(partition));
        }
    }

    pub(super) fn show(&mut self) {
        self.shown = Some(self.now);
        let (now, ends) = (self.now, self.member.high_watermarks());
        let (running, waiting) = (&mut self.running, &self.waiting);
        self.monitor.note(|seen| {
            seen.polled_at = Some(now);
            seen.waiting = waiting.keys().copied().collect();
            for (partition, running) in running {
                running.end = ends.get(partition).copied().unwrap_or(0).max(running.position);
                let sight = PartitionStatus {
                    position: running.position,
                    end: running.end,
                    committed: running.committed,
                    catching_up: running.catching_up(),
                    snapshot: running.saved_at,
                    gauges: running.processor.gauges(),
                };
                seen.partitions.insert(*partition, sight);
            }
        });
    }
}
