//! Members and readers of a log that lives in this process: they ask its store, and wait for its bell.

use crate::error::StreamError;
use crate::groups::Group;
use crate::log::{Committed, ConsumerEvent, GroupConsumer, Reader, Record};
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// So many records are handed on at a time.
const BATCH: usize = 512;

/// Rings when something was written or a group changed.
#[derive(Debug, Default)]
pub(crate) struct Notifier {
    notified: Mutex<u64>,
    wake: Condvar,
}

impl Notifier {
    pub(crate) fn notify(&self) {
        *lock(&self.notified) += 1;
        self.wake.notify_all();
    }
    pub(crate) fn count(&self) -> u64 {
        *lock(&self.notified)
    }
    /// Waits until it has been rung since `seen`, or until then.
    pub(crate) fn wait(&self, seen: u64, until: Instant) {
        let mut rung = lock(&self.notified);
        while *rung == seen {
            let Some(left) = until.checked_duration_since(Instant::now()) else { return };
            let waited = self.wake.wait_timeout(rung, left);
            rung = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

/// A lock whose holder panicked still guards whole values here: each is written in one step.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The groups of a log, by group and topic.
pub(crate) type Groups = Mutex<BTreeMap<(String, String), Group>>;

/// Reads records of a store.
pub(crate) trait Source: Send {
    /// At most so many records of a partition, from there on.
    fn read(
        &mut self,
        topic: &str,
        partition: u16,
        from: u64,
        most: usize,
        to: &mut dyn FnMut(Record),
    ) -> Result<(), StreamError>;
    /// Notes how far a group has come.
    fn commit(
        &mut self,
        group: &str,
        topic: &str,
        points: &[(u16, Committed)],
    ) -> Result<(), StreamError>;
    /// Where a partition ends.
    fn end(&self, topic: &str, partition: u16) -> Option<u64>;
}

/// A member of a group.
pub(crate) struct LocalConsumer<S> {
    pub(crate) source: S,
    pub(crate) notifier: Arc<Notifier>,
    pub(crate) groups: Arc<Groups>,
    pub(crate) name: (String, String),
    pub(crate) id: u64,
    pub(crate) partitions: u16,
    pub(crate) positions: BTreeMap<u16, u64>,
    pub(crate) last: u16,
}

impl<S: Source> LocalConsumer<S> {
    pub(crate) fn join(
        source: S,
        notifier: Arc<Notifier>,
        groups: Arc<Groups>,
        (group, topic, partitions): (&str, &str, u16),
    ) -> Self {
        let name = (group.to_owned(), topic.to_owned());
        let id = lock(&groups).entry(name.clone()).or_default().join(partitions);
        notifier.notify();
        let positions = BTreeMap::new();
        Self { source, notifier, groups, name, id, partitions, positions, last: 0 }
    }

    fn group<T>(&self, ask: impl FnOnce(&mut Group) -> T) -> T {
        ask(lock(&self.groups).entry(self.name.clone()).or_default())
    }

    /// Partitions take turns, so that a full one does not starve the others.
    fn records(&mut self, to: &mut Vec<ConsumerEvent>) -> Result<bool, StreamError> {
        let turns: Vec<u16> = self
            .positions
            .range(self.last + 1..)
            .chain(self.positions.range(..=self.last))
            .map(|(partition, _)| *partition)
            .collect();
        let before = to.len();
        for partition in turns {
            let room = BATCH.saturating_sub(to.len() - before);
            if room == 0 {
                break;
            }
            let Some(position) = self.positions.get_mut(&partition) else { continue };
            let from = *position;
            self.source.read(&self.name.1, partition, from, room, &mut |record| {
                *position = record.offset + 1;
                to.push(ConsumerEvent::Record(partition, record));
            })?;
            if *position > from {
                self.last = partition;
            }
        }
        Ok(to.len() > before)
    }
}

impl<S: Source> GroupConsumer for LocalConsumer<S> {
    fn poll(&mut self, wait: Duration, to: &mut Vec<ConsumerEvent>) -> Result<(), StreamError> {
        let until = Instant::now() + wait;
        loop {
            let seen = self.notifier.count();
            let news = self.group(|group| group.news(self.id, self.partitions));
            for news in &news {
                if let ConsumerEvent::Lost(partitions) = news {
                    self.positions.retain(|p, _| !partitions.contains(p));
                }
            }
            let some = !news.is_empty();
            to.extend(news);
            // Where it was revoked, nothing more is handed on until it is given back.
            if some || self.records(to)? || Instant::now() >= until {
                return Ok(());
            }
            self.notifier.wait(seen, until);
        }
    }

    fn seek(&mut self, partition: u16, from: u64) -> Result<(), StreamError> {
        // One that was taken away in the meantime is not read on from where an earlier life was, either.
        match self.group(|group| group.owns(self.id, partition)) {
            true => self.positions.insert(partition, from),
            false => self.positions.remove(&partition),
        };
        Ok(())
    }

    fn commit(&mut self, points: &[(u16, Committed)]) -> Result<(), StreamError> {
        let mine: Vec<(u16, Committed)> = {
            let mut groups = lock(&self.groups);
            let group = groups.entry(self.name.clone()).or_default();
            points.iter().filter(|(p, _)| group.owns(self.id, *p)).cloned().collect()
        };
        self.source.commit(&self.name.0, &self.name.1, &mine)
    }

    fn high_watermarks(&mut self) -> BTreeMap<u16, u64> {
        let end = |partition: &u16| Some((*partition, self.source.end(&self.name.1, *partition)?));
        self.positions.keys().filter_map(end).collect()
    }

    fn release(&mut self, partitions: &[u16]) -> Result<(), StreamError> {
        self.positions.retain(|p, _| !partitions.contains(p));
        self.group(|group| group.release(self.id, partitions));
        self.notifier.notify();
        Ok(())
    }

    fn leave(&mut self) -> Result<(), StreamError> {
        self.positions.clear();
        self.group(|group| group.leave(self.id, self.partitions));
        self.notifier.notify();
        Ok(())
    }
}

impl<S> Drop for LocalConsumer<S> {
    fn drop(&mut self) {
        if let Some(group) = lock(&self.groups).get_mut(&self.name) {
            group.leave(self.id, self.partitions);
        }
        self.notifier.notify();
    }
}

/// A reader in no group.
pub(crate) struct LocalReader<S> {
    pub(crate) source: S,
    pub(crate) notifier: Arc<Notifier>,
    pub(crate) topic: String,
    pub(crate) positions: BTreeMap<u16, u64>,
}

impl<S: Source> Reader for LocalReader<S> {
    fn poll(&mut self, wait: Duration, to: &mut Vec<(u16, Record)>) -> Result<(), StreamError> {
        let until = Instant::now() + wait;
        let before = to.len();
        loop {
            let seen = self.notifier.count();
            for (partition, position) in &mut self.positions {
                self.source.read(&self.topic, *partition, *position, BATCH, &mut |record| {
                    *position = record.offset + 1;
                    to.push((*partition, record));
                })?;
            }
            if to.len() > before || Instant::now() >= until {
                return Ok(());
            }
            self.notifier.wait(seen, until);
        }
    }
}
