//! One process's way to the log: each call may fail, be done and said to have failed, or be the last that it makes.

use crate::network::{KILLED, Network};
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::Sender;
use std::time::Duration;
use stream::{
    Ack, Committed, ConsumerEvent, GroupConsumer, Log, NewRecord, Reader, StreamError, TopicSpec,
    WriteId,
};

/// A process's client.
pub(crate) struct Client {
    pub(crate) network: Arc<Network>,
    /// Which process, counted over all that ever lived.
    pub(crate) id: AtomicU64,
    pub(crate) group: String,
}

impl Log for Client {
    fn create(&self, topic: &TopicSpec) -> Result<bool, StreamError> {
        self.network.memory.create(topic)
    }
    fn partitions(&self, topic: &str) -> Result<Option<u16>, StreamError> {
        self.network.memory.partitions(topic)
    }
    fn range(&self, topic: &str, partition: u16) -> Result<Range<u64>, StreamError> {
        self.network.reach()?;
        self.network.memory.range(topic, partition)
    }
    fn committed(&self, group: &str, topic: &str) -> Result<BTreeMap<u16, Committed>, StreamError> {
        self.network.reach()?;
        self.network.memory.committed(group, topic)
    }
    fn append(&self, new_records: Vec<(WriteId, NewRecord)>, answers: &Sender<Ack>) {
        self.network.take(self.id.load(Relaxed), &self.group, new_records, answers);
    }
    fn join(
        &self,
        group: &str,
        topic: &str,
        instance: Option<&str>,
    ) -> Result<Box<dyn GroupConsumer>, StreamError> {
        self.network.reach()?;
        let inner = self.network.memory.join(group, topic, instance)?;
        let (network, id) = (self.network.clone(), self.id.load(Relaxed));
        let (group, topic) = (group.to_owned(), topic.to_owned());
        Ok(Box::new(Seat {
            inner,
            network,
            id,
            group,
            topic,
            lives: 0,
            begun: BTreeMap::new(),
            over: Vec::new(),
            heard: VecDeque::new(),
        }))
    }
    fn read(&self, topic: &str, from: &[(u16, u64)]) -> Result<Box<dyn Reader>, StreamError> {
        self.network.memory.read(topic, from)
    }
}

/// A member of a group.
struct Seat {
    inner: Box<dyn GroupConsumer>,
    network: Arc<Network>,
    id: u64,
    group: String,
    topic: String,
    /// Lives that its process has begun.
    lives: u32,
    /// The life that is at work on each partition.
    begun: BTreeMap<u16, u32>,
    /// Lives whose partitions were lost or given back: from the next turn on they write nothing.
    over: Vec<u32>,
    /// Fetched, and not handed on yet.
    heard: VecDeque<ConsumerEvent>,
}

impl Seat {
    fn forget(&mut self, partitions: &[u16]) {
        self.heard.retain(|h| !matches!(h, ConsumerEvent::Record(p, _) if partitions.contains(p)));
    }
}

impl GroupConsumer for Seat {
    fn poll(&mut self, _: Duration, to: &mut Vec<ConsumerEvent>) -> Result<(), StreamError> {
        self.network.are_over(self.id, std::mem::take(&mut self.over));
        self.network.reach()?;
        let mut fetched = Vec::new();
        self.inner.poll(Duration::ZERO, &mut fetched)?;
        let mut all = self.network.all();
        if let Some((topic, partition, offset)) = all.hidden.clone().filter(|h| h.0 == self.topic) {
            debug_assert_eq!(topic, self.topic);
            fetched.retain(
                |h| !matches!(h, ConsumerEvent::Record(p, r) if *p == partition && r.offset == offset),
            );
        }
        self.heard.extend(fetched);
        let most = if all.calm { 512 } else { all.rng.usize(1..24) };
        // Only records wait here: what the group says of partitions is known at once.
        let news = self.heard.iter().rposition(|h| !matches!(h, ConsumerEvent::Record(..)));
        let count = most.max(news.map_or(0, |at| at + 1)).min(self.heard.len());
        for event in self.heard.drain(..count) {
            if let ConsumerEvent::Lost(partitions) = &event {
                self.over.extend(partitions.iter().filter_map(|p| self.begun.remove(p)));
            }
            to.push(event);
        }
        Ok(())
    }

    fn seek(&mut self, partition: u16, from: u64) -> Result<(), StreamError> {
        self.lives += 1;
        self.begun.insert(partition, self.lives);
        self.network.reach()?;
        self.forget(&[partition]);
        let points = self.network.memory.committed(&self.group, &self.topic)?;
        let worked_off = points.get(&partition).map_or(0, |point| point.offset);
        self.network.begins(&self.group, partition, (self.id, self.lives), worked_off);
        self.inner.seek(partition, from)
    }

    fn commit(&mut self, points: &[(u16, Committed)]) -> Result<(), StreamError> {
        self.network.reach()?;
        self.inner.commit(points)?;
        let now = self.network.memory.committed(&self.group, &self.topic)?;
        let mut refused = false;
        for (partition, point) in points {
            let there = now.get(partition);
            refused |= there != Some(point);
            self.network.came_to(&self.group, *partition, there.map_or(0, |point| point.offset));
        }
        let mut all = self.network.all();
        all.count.commits_refused += u64::from(refused);
        // One that has lost its partitions may hear of it here, or nowhere.
        if refused && all.rng.bool() {
            return Err(StreamError::Unavailable("they are lost".into()));
        }
        all.may_die()?;
        let rate = all.plan.commit_unsure;
        if all.happens(rate, 1_000) {
            all.count.commits_unsure += 1;
            return Err(StreamError::Unavailable("no answer in time".into()));
        }
        Ok(())
    }

    fn high_watermarks(&mut self) -> BTreeMap<u16, u64> {
        self.inner.high_watermarks()
    }

    fn release(&mut self, partitions: &[u16]) -> Result<(), StreamError> {
        self.forget(partitions);
        self.inner.release(partitions)?;
        self.over.extend(partitions.iter().filter_map(|p| self.begun.remove(p)));
        self.network.all().may_die()
    }

    fn leave(&mut self) -> Result<(), StreamError> {
        self.network.all().may_die()?;
        self.inner.leave()
    }
}

/// Whether an error is no error of ours, but the end of a process.
pub(crate) fn is_killed(error: &StreamError) -> bool {
    matches!(error, StreamError::Stop(reason) if reason == KILLED)
}
