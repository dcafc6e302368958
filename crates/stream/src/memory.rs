//! A log in memory: real bytes, real groups, and faults on request, from a seed.
//!
//! It forgets everything when it is dropped. It does not thin out, delay reads or lie about what stands in it.

use crate::error::StreamError;
use crate::groups::Group;
use crate::local::{Groups, LocalConsumer, LocalReader, Notifier, Source, lock};
use crate::log::{
    Ack, Clock, Committed, GroupConsumer, Log, NewRecord, Placed, Reader, Record, TopicSpec,
    Unwritten, WriteId, wall_clock,
};
use std::collections::{BTreeMap, VecDeque};
use std::ops::Range;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};

/// How often what goes wrong, in a thousand writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Faults {
    /// The order of misfortunes.
    pub seed: u64,
    /// Not written and said to have failed, while later ones are written.
    pub lost: u32,
    /// Written, and said to have failed.
    pub ambiguous: u32,
    /// Said to have failed, and written some writes later.
    pub late: u32,
    /// Written twice, one right behind the other.
    pub doubled: u32,
    /// Every member loses all it has, at once.
    pub scattered: u32,
}

/// How often it went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Happened {
    /// Writes that failed, while later ones landed.
    pub lost: u64,
    /// Writes that landed, and were said to have failed.
    pub ambiguous: u64,
    /// Writes that were said to have failed, and landed later.
    pub late: u64,
    /// Writes that landed twice.
    pub doubled: u64,
    /// Times at which every member lost all it had.
    pub scattered: u64,
    /// Members that were given up, and heard of it later.
    pub given_up: u64,
}

/// A log in memory; clones are the same log.
#[derive(Clone)]
pub struct MemoryLog {
    all: Arc<Mutex<All>>,
    groups: Arc<Groups>,
    notifier: Arc<Notifier>,
    clock: Clock,
}

#[derive(Default)]
struct All {
    topics: BTreeMap<String, Vec<Part>>,
    commits: BTreeMap<(String, String, u16), Committed>,
    faults: Faults,
    rng: fastrand::Rng,
    late: VecDeque<(u32, NewRecord)>,
    happened: Happened,
    /// A record of more bytes is never taken; 0: any is.
    largest: usize,
}

/// One partition.
#[derive(Clone, Default)]
struct Part {
    /// Where it begins: what stood before has been trimmed away.
    begin: u64,
    records: VecDeque<Record>,
}

impl Part {
    fn end(&self) -> u64 {
        self.begin + self.records.len() as u64
    }
    /// How many of its records stand before an offset.
    fn before(&self, offset: u64) -> usize {
        usize::try_from(offset.saturating_sub(self.begin)).unwrap_or(usize::MAX)
    }
}

impl Default for MemoryLog {
    fn default() -> Self {
        Self::new(wall_clock())
    }
}

impl MemoryLog {
    /// An empty log.
    pub fn new(clock: Clock) -> Self {
        Self { all: Arc::default(), groups: Arc::default(), notifier: Arc::default(), clock }
    }

    /// From here on things go wrong this often.
    pub fn misbehave(&self, faults: Faults) {
        let mut all = lock(&self.all);
        (all.faults, all.rng) = (faults, fastrand::Rng::with_seed(faults.seed));
    }

    /// From here on nothing goes wrong; what is late lands now.
    pub fn behave(&self) {
        let mut all = lock(&self.all);
        all.faults = Faults::default();
        let now = (self.clock)();
        while let Some((_, new_record)) = all.late.pop_front() {
            // A partition that is not there has nobody who waits for this.
            let _ = all.put(new_record, now);
        }
        drop(all);
        self.notifier.notify();
    }

    /// How often it went wrong so far.
    pub fn happened(&self) -> Happened {
        lock(&self.all).happened
    }

    /// From here on a record of more bytes is never taken.
    pub fn take_at_most(&self, bytes: usize) {
        lock(&self.all).largest = bytes;
    }

    fn count(&self, topic: &str) -> u16 {
        let count = lock(&self.all).topics.get(topic).map_or(0, Vec::len);
        u16::try_from(count).unwrap_or(u16::MAX)
    }

    /// Takes every partition from every member of every group, as a broker does that has given them up.
    pub fn scatter(&self) {
        for ((_, topic), group) in lock(&self.groups).iter_mut() {
            Group::scatter(group, self.count(topic));
        }
        lock(&self.all).happened.scattered += 1;
        self.notifier.notify();
    }

    /// Gives one member of a group up, as a broker does that has not heard of it in time: others take over, and it
    /// goes on as if nothing had been until it has asked so often.
    pub fn give_up(&self, group: &str, topic: &str, nth: usize, deaf: u32) {
        let name = (group.to_owned(), topic.to_owned());
        let partitions = self.count(topic);
        if let Some(group) = lock(&self.groups).get_mut(&name)
            && group.give_up(nth, partitions, deaf)
        {
            lock(&self.all).happened.given_up += 1;
        }
        self.notifier.notify();
    }

    /// Cuts a partition short, as a disk does that has lost its last blocks.
    pub fn cut(&self, topic: &str, partition: u16, to: u64) {
        if let Some(part) = lock(&self.all).part_mut(topic, partition) {
            part.records.truncate(part.before(to));
        }
    }

    /// Trims away what stands before this offset, as a broker does when it is told to.
    pub fn trim(&self, topic: &str, partition: u16, to: u64) {
        if let Some(part) = lock(&self.all).part_mut(topic, partition) {
            let gone = part.before(to).min(part.records.len());
            part.records.drain(..gone);
            part.begin += gone as u64;
        }
    }

    /// Forgets a topic, and with it, as a broker does, how far its groups had come.
    pub fn delete(&self, topic: &str) {
        let mut all = lock(&self.all);
        all.topics.remove(topic);
        all.commits.retain(|(_, of, _), _| of != topic);
    }
}

impl All {
    fn part(&self, topic: &str, partition: u16) -> Result<&Part, StreamError> {
        let part = self.topics.get(topic).and_then(|parts| parts.get(usize::from(partition)));
        part.ok_or_else(|| StreamError::no_topic(topic))
    }

    fn part_mut(&mut self, topic: &str, partition: u16) -> Option<&mut Part> {
        self.topics.get_mut(topic).and_then(|parts| parts.get_mut(usize::from(partition)))
    }

    fn put(&mut self, new_record: NewRecord, appended: i64) -> Result<Placed, Unwritten> {
        let size = new_record.key.len() + new_record.value.len();
        if self.largest > 0 && size > self.largest {
            let reason = format!("{size} bytes are more than {}, which is too large", self.largest);
            return Err(Unwritten::Never(reason));
        }
        let NewRecord { topic, partition, key, value } = new_record;
        let Some(to) = self.part_mut(&topic, partition) else {
            return Err(format!("there is no partition {partition} of `{topic}`").into());
        };
        let offset = to.end();
        to.records.push_back(Record { offset, appended, key, value });
        Ok(Placed { offset, appended })
    }

    /// Writes, or does what goes wrong instead.
    fn write(&mut self, new_record: NewRecord, now: i64) -> Result<Placed, Unwritten> {
        let faults = self.faults;
        let mut happens = |rate: u32| rate > 0 && self.rng.u32(0..1000) < rate;
        let fate = (
            happens(faults.lost),
            happens(faults.ambiguous),
            happens(faults.late),
            happens(faults.doubled),
        );
        let wait = self.rng.u32(1..40);
        self.late.iter_mut().for_each(|(left, _)| *left = left.saturating_sub(1));
        let failed = |says: &str| Err(Unwritten::Unknown(says.to_owned()));
        let placed = match fate {
            (true, ..) => {
                self.happened.lost += 1;
                failed("it was lost on the way")
            }
            (_, true, ..) => {
                self.happened.ambiguous += 1;
                self.put(new_record, now)?;
                failed("the answer was lost")
            }
            (_, _, true, _) => {
                self.happened.late += 1;
                self.late.push_back((wait, new_record));
                failed("no answer in time")
            }
            (.., true) => {
                self.happened.doubled += 1;
                self.put(new_record.clone(), now).and_then(|_| self.put(new_record, now))
            }
            _ => self.put(new_record, now),
        };
        while self.late.front().is_some_and(|(left, _)| *left == 0) {
            if let Some((_, late)) = self.late.pop_front() {
                self.put(late, now)?;
            }
        }
        placed
    }
}

impl Source for MemoryLog {
    fn read(
        &mut self,
        topic: &str,
        partition: u16,
        from: u64,
        most: usize,
        to: &mut dyn FnMut(Record),
    ) -> Result<(), StreamError> {
        let all = lock(&self.all);
        let part = all.part(topic, partition)?;
        let wrong = |says: String| {
            let what = format!("partition {partition} of {topic} is read from {from} on, and it ");
            Err(StreamError::Stop(what + &says))
        };
        if from > part.end() {
            return wrong(format!("ends at {}: the topic was made anew or cut", part.end()));
        }
        if from < part.begin {
            return wrong(format!("begins at {}: it was trimmed", part.begin));
        }
        part.records.iter().skip(part.before(from)).take(most).cloned().for_each(to);
        Ok(())
    }

    fn commit(
        &mut self,
        group: &str,
        topic: &str,
        points: &[(u16, Committed)],
    ) -> Result<(), StreamError> {
        let mut all = lock(&self.all);
        for (partition, point) in points {
            all.commits.insert((group.to_owned(), topic.to_owned(), *partition), point.clone());
        }
        drop(all);
        self.notifier.notify();
        Ok(())
    }

    fn end(&self, topic: &str, partition: u16) -> Option<u64> {
        self.range(topic, partition).ok().map(|range| range.end)
    }
}

impl Log for MemoryLog {
    fn create(&self, topic: &TopicSpec) -> Result<bool, StreamError> {
        let mut all = lock(&self.all);
        if let Some(there) = all.topics.get(&topic.name) {
            return topic.fits(there.len());
        }
        let partitions = vec![Part::default(); usize::from(topic.partitions)];
        all.topics.insert(topic.name.clone(), partitions);
        Ok(true)
    }

    fn partitions(&self, topic: &str) -> Result<Option<u16>, StreamError> {
        let count = lock(&self.all).topics.get(topic).map(Vec::len);
        Ok(count.map(|count| u16::try_from(count).unwrap_or(u16::MAX)))
    }

    fn range(&self, topic: &str, partition: u16) -> Result<Range<u64>, StreamError> {
        let all = lock(&self.all);
        let part = all.part(topic, partition)?;
        Ok(part.begin..part.end())
    }

    fn committed(&self, group: &str, topic: &str) -> Result<BTreeMap<u16, Committed>, StreamError> {
        let all = lock(&self.all);
        let mine = all.commits.iter().filter(|((g, t, _), _)| g == group && t == topic);
        Ok(mine.map(|((_, _, partition), point)| (*partition, point.clone())).collect())
    }

    fn append(&self, new_records: Vec<(WriteId, NewRecord)>, answers: &Sender<Ack>) {
        let mut all = lock(&self.all);
        let now = (self.clock)();
        let mut scatter = false;
        for (write_id, new_record) in new_records {
            let rate = all.faults.scattered;
            scatter |= rate > 0 && all.rng.u32(0..1000) < rate;
            let placed = all.write(new_record, now);
            // Nobody waits for the answer any more: its life has ended.
            let _ = answers.send(Ack { write_id, placed });
        }
        drop(all);
        self.notifier.notify();
        if scatter {
            self.scatter();
        }
    }

    fn join(
        &self,
        group: &str,
        topic: &str,
        _: Option<&str>,
    ) -> Result<Box<dyn GroupConsumer>, StreamError> {
        let partitions = self.partitions(topic)?.ok_or_else(|| StreamError::no_topic(topic))?;
        let (notifier, groups) = (self.notifier.clone(), self.groups.clone());
        Ok(Box::new(LocalConsumer::join(
            self.clone(),
            notifier,
            groups,
            (group, topic, partitions),
        )))
    }

    fn read(&self, topic: &str, from: &[(u16, u64)]) -> Result<Box<dyn Reader>, StreamError> {
        self.partitions(topic)?.ok_or_else(|| StreamError::no_topic(topic))?;
        let positions = from.iter().copied().collect();
        let (source, notifier, topic) = (self.clone(), self.notifier.clone(), topic.to_owned());
        Ok(Box::new(LocalReader { source, notifier, topic, positions }))
    }
}
