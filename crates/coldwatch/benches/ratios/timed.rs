//! A log that notes when the member of a group began to read, and when it had worked all of it off. What a
//! group takes to settle is no speed of a service.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use stream::{
    Ack, Committed, ConsumerEvent, GroupConsumer, Log, NewRecord, Reader, StreamError, TopicSpec,
    WriteId,
};

/// What was noted.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Noted {
    pub(crate) joined: Option<Instant>,
    pub(crate) first: Option<Instant>,
    /// It asked for more when it had been handed all of it.
    pub(crate) taken: Option<Instant>,
    pub(crate) committed: Option<Instant>,
}

pub(crate) struct Timed {
    pub(crate) log: Arc<dyn Log>,
    /// Up to where each partition is to be worked off.
    pub(crate) ends: BTreeMap<u16, u64>,
    noted: Arc<Mutex<Noted>>,
}

struct TimedMember {
    member: Box<dyn GroupConsumer>,
    ends: BTreeMap<u16, u64>,
    /// What is still to be handed on, and to be committed.
    handed: BTreeMap<u16, u64>,
    committed: BTreeMap<u16, u64>,
    noted: Arc<Mutex<Noted>>,
}

impl Timed {
    /// Over the partitions of a topic as they end now.
    pub(crate) fn new(log: Arc<dyn Log>, topic: &str) -> Self {
        let partitions = log.partitions(topic).expect("it answers").unwrap_or(0);
        let end = |p| (p, log.range(topic, p).expect("a range").end);
        let ends = (0..partitions).map(end).collect();
        Self { log, ends, noted: Arc::default() }
    }
    pub(crate) fn noted(&self) -> Noted {
        *self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
    pub(crate) fn records(&self) -> usize {
        usize::try_from(self.ends.values().sum::<u64>()).expect("they fit")
    }
}

impl Log for Timed {
    fn create(&self, topic: &TopicSpec) -> Result<bool, StreamError> {
        self.log.create(topic)
    }
    fn partitions(&self, topic: &str) -> Result<Option<u16>, StreamError> {
        self.log.partitions(topic)
    }
    fn range(&self, topic: &str, partition: u16) -> Result<Range<u64>, StreamError> {
        self.log.range(topic, partition)
    }
    fn committed(&self, group: &str, topic: &str) -> Result<BTreeMap<u16, Committed>, StreamError> {
        self.log.committed(group, topic)
    }
    fn append(&self, new_records: Vec<(WriteId, NewRecord)>, answers: &Sender<Ack>) {
        self.log.append(new_records, answers);
    }
    fn join(
        &self,
        group: &str,
        topic: &str,
        instance: Option<&str>,
    ) -> Result<Box<dyn GroupConsumer>, StreamError> {
        let noted = self.noted.clone();
        note(&noted, |noted| &mut noted.joined);
        let member = self.log.join(group, topic, instance)?;
        let (handed, committed) = (BTreeMap::new(), BTreeMap::new());
        Ok(Box::new(TimedMember { member, ends: self.ends.clone(), handed, committed, noted }))
    }
    fn read(&self, topic: &str, from: &[(u16, u64)]) -> Result<Box<dyn Reader>, StreamError> {
        self.log.read(topic, from)
    }
}

fn note(noted: &Mutex<Noted>, which: impl FnOnce(&mut Noted) -> &mut Option<Instant>) {
    let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
    which(&mut noted).get_or_insert_with(Instant::now);
}

fn reach(ends: &BTreeMap<u16, u64>, come: &BTreeMap<u16, u64>) -> bool {
    ends.iter().all(|(partition, end)| come.get(partition).is_some_and(|at| at >= end))
}

impl GroupConsumer for TimedMember {
    fn poll(&mut self, wait: Duration, to: &mut Vec<ConsumerEvent>) -> Result<(), StreamError> {
        if reach(&self.ends, &self.handed) {
            note(&self.noted, |noted| &mut noted.taken);
        }
        let before = to.len();
        self.member.poll(wait, to)?;
        for happening in &to[before..] {
            if let ConsumerEvent::Record(partition, record) = happening {
                if self.handed.is_empty() {
                    note(&self.noted, |noted| &mut noted.first);
                }
                self.handed.insert(*partition, record.offset + 1);
            }
        }
        Ok(())
    }
    fn seek(&mut self, partition: u16, from: u64) -> Result<(), StreamError> {
        self.member.seek(partition, from)
    }
    fn commit(&mut self, points: &[(u16, Committed)]) -> Result<(), StreamError> {
        self.member.commit(points)?;
        self.committed.extend(points.iter().map(|(partition, point)| (*partition, point.offset)));
        if reach(&self.ends, &self.committed) {
            note(&self.noted, |noted| &mut noted.committed);
        }
        Ok(())
    }
    fn high_watermarks(&mut self) -> BTreeMap<u16, u64> {
        self.member.high_watermarks()
    }
    fn release(&mut self, partitions: &[u16]) -> Result<(), StreamError> {
        self.member.release(partitions)
    }
    fn leave(&mut self) -> Result<(), StreamError> {
        self.member.leave()
    }
}
