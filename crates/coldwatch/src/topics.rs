//! The topics: made with their first records, and checked.
//!
//! The first record of every partition is its genesis, which fixes the number of partitions for ever. In `facts`,
//! `journal` and `exceptions` the rulebook follows, so that nothing is judged without rules, and a stroke of the
//! clock, so that nothing is learnt before time began. A log that is being restored is known by a topic of its own.

mod begin;
pub(crate) mod number;
pub(crate) mod restored;

use crate::services::names::TopicNames;
use crate::services::{self, of_log};
use crate::supervisor::TICK_EVERY;
use begin::Begin;
use facts::fact::log::Genesis;
use facts::{Fact, Rulebook, ShortText, SystemFact};
use pipeline::{Topic, bytes, stage_configs};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};
use stream::{Clock, Log, NewRecord, Placed, Record, StreamError, WriteId};
use wire::Limits;
use wire::native;

/// What the topics are to be.
pub struct TopicPlan<'a> {
    /// What they are called, and how many partitions they have.
    pub names: &'a TopicNames,
    /// Which generation.
    pub generation: u32,
    /// What intake reads.
    pub inbound: &'a [String],
}

/// What was made.
#[derive(Debug, Default)]
pub struct Made {
    /// Topics that were not there.
    pub topics: Vec<String>,
    /// First records that were written.
    pub records: usize,
}

/// Topics that begin with a genesis.
const OURS: [Topic; 4] = [Topic::Facts, Topic::Journal, Topic::Exceptions, Topic::Alerts];

/// So many records a partition begins with at the most.
const FIRST: u64 = 3;

/// How long a log may take to show a record that is there.
const SHOWN: Duration = Duration::from_secs(10);

impl TopicPlan<'_> {
    /// Makes what is missing. Done twice it does nothing; left half-way it goes on. Time begins by the log's clock,
    /// with which ours must agree.
    pub fn create(
        &self,
        log: &dyn Log,
        book: &Rulebook,
        clock: Clock,
    ) -> Result<Made, StreamError> {
        if let Some(half) = restored::unfinished(log, self.names)? {
            return Err(StreamError::Configuration(half));
        }
        self.make(log, book, Begin::Log { clock, told: None })
    }

    /// The same, and time begins at that moment, whatever the log's clock says.
    pub fn create_at(&self, log: &dyn Log, book: &Rulebook, now: i64) -> Result<Made, StreamError> {
        self.make(log, book, Begin::At(now))
    }

    /// The same, and it begins at that behaviour, as the log did whose past it is to hold.
    pub fn create_as(
        &self,
        log: &dyn Log,
        book: &Rulebook,
        (now, behaviour): (i64, u32),
    ) -> Result<Made, StreamError> {
        self.make(log, book, Begin::As { now, behaviour })
    }

    fn make(&self, log: &dyn Log, book: &Rulebook, mut begin: Begin) -> Result<Made, StreamError> {
        let mut made = Made::default();
        self.none_is_gone(log)?;
        if let Some(raised) = self.raised(log)?.into_iter().next() {
            return Err(StreamError::Configuration(raised));
        }
        if let Some(trimmed) = self.trimmed(log)?.into_iter().next() {
            return Err(StreamError::Configuration(trimmed));
        }
        self.create_topics(log, &mut made)?;
        // Each step stands in every partition before the next is made: whatever ends this, it can be gone on with.
        for step in 0..3 {
            made.records += self.step(log, step, book, &mut begin)?;
        }
        Ok(made)
    }

    /// One of our topics that is gone, while others are at work, is not made again: its offsets would begin anew, and what
    /// comes from it would be taken for repeats of what came before. No group can tell: a broker forgets with a topic how
    /// far its groups had come.
    fn none_is_gone(&self, log: &dyn Log) -> Result<(), StreamError> {
        let (mut gone, mut at_work) = (None, None);
        for topic in OURS {
            let name = self.names.topic(topic);
            let mut most = 0;
            for partition in 0..log.partitions(&name)?.unwrap_or(0) {
                most = most.max(log.range(&name, partition)?.end);
            }
            gone = gone.or((most == 0).then(|| name.clone()));
            at_work = at_work.or((most > FIRST).then_some(name));
        }
        match (gone, at_work) {
            (Some(gone), Some(other)) => Err(StreamError::Configuration(format!(
                "topic {gone} is gone or empty, while {other} holds more than its first records: what would come of it \
                 now would be taken for repeats; bring it back from its copy, or restore an export of the log \
                 under another log.prefix (`coldwatch restore`)"
            ))),
            _ => Ok(()),
        }
    }

    fn create_topics(&self, log: &dyn Log, made: &mut Made) -> Result<(), StreamError> {
        for (name, stamped_by_log) in self.topics() {
            let partitions = self.names.partitions;
            if log.create(&stream::TopicSpec { name: name.clone(), partitions, stamped_by_log })? {
                made.topics.push(name);
            }
        }
        Ok(())
    }

    /// One of the first records, in every partition that lacks it.
    fn step(
        &self,
        log: &dyn Log,
        step: u64,
        book: &Rulebook,
        begin: &mut Begin,
    ) -> Result<usize, StreamError> {
        let (mut stamped, mut new_records) = (Vec::new(), Vec::new());
        for topic in OURS {
            for partition in 0..self.names.partitions {
                let new_record =
                    self.first_record_of(log, (topic, partition, step), book, begin)?;
                stamped.extend(new_record.iter().map(|_| topic.stamped_by_log()));
                new_records.extend(new_record);
            }
        }
        let sent = begin.here();
        let placed = write(log, new_records)?;
        let stamped = |(write_id, placed): &(WriteId, Placed)| {
            let at = usize::try_from(write_id.mark).ok()?;
            stamped.get(at).is_some_and(|by_log| *by_log).then_some(*placed)
        };
        begin.hears(sent, &placed.iter().filter_map(stamped).collect::<Vec<_>>())?;
        Ok(placed.len())
    }

    /// Everything that is not as it must be, and what to do about it.
    pub fn check(&self, log: &dyn Log) -> Result<Vec<String>, StreamError> {
        if let Some(half) = restored::unfinished(log, self.names)? {
            return Ok(vec![half]);
        }
        let mut wrong = self.raised(log)?;
        if !wrong.is_empty() {
            return Ok(wrong);
        }
        for (name, _) in self.topics() {
            match log.partitions(&name)? {
                None => wrong.push(format!("topic {name} is missing: run `coldwatch topics create`")),
                Some(n) if n != self.names.partitions && !self.is_inbound(&name) => wrong.push(format!(
                    "topic {name} has {n} partitions, and log.partitions says {}: the number is fixed for ever, \
                     so put the configuration right",
                    self.names.partitions
                )),
                Some(_) => {}
            }
        }
        if !wrong.is_empty() {
            return Ok(wrong);
        }
        for topic in OURS {
            let name = self.names.topic(topic);
            let begun = if topic == Topic::Alerts { 1 } else { 3 };
            for partition in 0..self.names.partitions {
                if log.range(&name, partition)?.end < begun {
                    wrong.push(format!(
                        "partition {partition} of {name} lacks its first records: run `coldwatch topics create`"
                    ));
                }
            }
            if log.range(&name, 0)?.start > 0 {
                continue; // told below, where it is wrong
            }
            match self.genesis(log, &name)? {
                None => wrong
                    .push(format!("topic {name} has no genesis: run `coldwatch topics create`")),
                Some(genesis) => wrong.extend(self.differs(&name, &genesis)),
            }
        }
        wrong.extend(self.trimmed(log)?);
        Ok(wrong)
    }

    /// What was trimmed and must be whole. `facts` may be, behind the oldest snapshot: what was judged of them stands in the
    /// journal.
    fn trimmed(&self, log: &dyn Log) -> Result<Vec<String>, StreamError> {
        let mut trimmed = Vec::new();
        for topic in OURS.into_iter().filter(|topic| *topic != Topic::Facts) {
            let name = self.names.topic(topic);
            for partition in 0..log.partitions(&name)?.unwrap_or(0) {
                let start = log.range(&name, partition)?.start;
                if start > 0 {
                    trimmed.push(format!(
                        "partition {partition} of {name} begins at {start}: it was trimmed, and is needed whole: bring \
                         the topic back from its copy, and let the brokers keep it without limit"
                    ));
                }
            }
        }
        Ok(trimmed)
    }

    fn topics(&self) -> Vec<(String, bool)> {
        let ours = Topic::ALL.map(|t| (self.names.topic(t).to_string(), t.stamped_by_log()));
        let inbound = self.inbound.iter().map(|name| (self.names.other(name), false));
        inbound.chain(ours).collect()
    }

    fn is_inbound(&self, name: &str) -> bool {
        self.inbound.iter().any(|inbound| self.names.other(inbound) == name)
    }

    /// Genesis, rulebook, stroke: the one at this place, where it is missing.
    fn first_record_of(
        &self,
        log: &dyn Log,
        (topic, partition, step): (Topic, u16, u64),
        book: &Rulebook,
        begin: &mut Begin,
    ) -> Result<Option<NewRecord>, StreamError> {
        let name = self.names.topic(topic);
        let range = log.range(&name, partition)?;
        if step == 0 && range.end > 0 && range.start == 0 && partition == 0 {
            let wrong = match self.genesis(log, &name)? {
                None => Some(format!(
                    "topic {name} is in use by something else: its first record is no genesis"
                )),
                Some(genesis) => self.differs(&name, &genesis),
            };
            if let Some(wrong) = wrong {
                return Err(StreamError::Configuration(wrong));
            }
        }
        if range.end != step || (step > 0 && topic == Topic::Alerts) {
            return Ok(None);
        }
        let now = if step < 2 { begin.here() } else { begin.stroke(log, self.names)? };
        Ok(Some(match step {
            0 => {
                let (topic_name, partitions) =
                    (ShortText::new(topic.name()), self.names.partitions);
                let generation = self.generation;
                let behaviour = begin.behaviour();
                let genesis = Genesis { topic: topic_name, partitions, generation, behaviour };
                of_log(
                    self.names,
                    topic,
                    partition,
                    now,
                    Fact::System(SystemFact::Genesis(genesis)),
                )
            }
            1 => of_log(self.names, topic, partition, now, bytes::published(book)),
            _ => services::tick(self.names, topic, partition, now - now.rem_euclid(TICK_EVERY)),
        }))
    }

    fn differs(&self, name: &str, genesis: &Genesis) -> Option<String> {
        let Genesis { partitions, generation, .. } = genesis;
        if !stage_configs::BEHAVIOURS.contains(&genesis.behaviour) {
            let (from, to) = (stage_configs::BEHAVIOURS.start(), stage_configs::BEHAVIOURS.end());
            return Some(format!(
                "topic {name} began at behaviour {}, and this release knows {from} to {to}: use a release that knows it, or \
                 make the topics anew under another prefix",
                genesis.behaviour
            ));
        }
        let same = (*partitions, *generation) == (self.names.partitions, self.generation);
        (!same).then(|| {
            format!(
                "topic {name} began with {partitions} partitions in generation {generation}, and the configuration says {} \
                 and {}: put log.partitions and log.generation right",
                self.names.partitions, self.generation
            )
        })
    }

    fn genesis(&self, log: &dyn Log, name: &str) -> Result<Option<Genesis>, StreamError> {
        Ok(first_record(log, name)?.and_then(|first| genesis_in(&first)))
    }
}

fn genesis_in(first: &Record) -> Option<Genesis> {
    match native::read(&first.value, &Limits::default()).ok()?.event.fact {
        Fact::System(SystemFact::Genesis(genesis)) => Some(genesis),
        _ => None,
    }
}

/// The first record of a topic, which tells it from every other; none while it is empty.
fn first_record(log: &dyn Log, topic: &str) -> Result<Option<Record>, StreamError> {
    let range = log.range(topic, 0)?;
    match range.start {
        0 if range.is_empty() => Ok(None),
        0 => record(log, topic, 0, 0).map(Some),
        start => Err(StreamError::Stop(format!(
            "partition 0 of {topic} begins at {start}: it was trimmed, and the record is gone that tells this log \
             from every other; bring the topic back whole from its copy"
        ))),
    }
}

/// The record at a place where there is one.
pub(crate) fn record(
    log: &dyn Log,
    topic: &str,
    partition: u16,
    at: u64,
) -> Result<Record, StreamError> {
    let mut reader = log.read(topic, &[(partition, at)])?;
    let (mut records, until) = (Vec::new(), Instant::now() + SHOWN);
    while records.is_empty() && Instant::now() < until {
        reader.poll(Duration::from_millis(100), &mut records)?;
    }
    let (_, first) = records.into_iter().next().ok_or_else(|| {
        StreamError::Unavailable(format!("partition {partition} of {topic} shows no record"))
    })?;
    Ok(first)
}

/// What tells this log, as who reads a topic of it sees it, from every other: the topic, and the first record of one that
/// is never trimmed, with when it was taken. Of `facts`, which may be, that is the journal, where what they say comes to.
///
/// # Errors
///
/// It was trimmed away all the same; or as [`Log::range`] and [`Log::read`].
pub fn identity(log: &dyn Log, names: &TopicNames, topic: &str) -> Result<u64, StreamError> {
    let known_by = match names.topic(Topic::Facts) {
        facts if *facts == *topic => names.topic(Topic::Journal),
        _ => topic.into(),
    };
    let mut hash = Sha256::new().chain_update(topic);
    if let Some(record) = first_record(log, &known_by)? {
        hash.update(record.appended.to_le_bytes());
        hash.update(record.value);
    }
    Ok(hash.finalize().iter().take(8).fold(0, |n, byte| n << 8 | u64::from(*byte)))
}

/// Writes, and waits until the log has all of it.
pub fn append(
    log: &dyn Log,
    new_records: Vec<NewRecord>,
) -> Result<BTreeMap<u16, u64>, StreamError> {
    let placed = write(log, new_records)?.into_iter();
    Ok(placed.map(|(write_id, placed)| (write_id.partition, placed.offset)).collect())
}

/// The same; each answer's mark is the place of its draft.
fn write(
    log: &dyn Log,
    new_records: Vec<NewRecord>,
) -> Result<Vec<(WriteId, Placed)>, StreamError> {
    let (send, answers) = channel();
    let count = new_records.len();
    let write_id = |mark, partition| WriteId { partition, mark, ..WriteId::default() };
    log.append((0..).zip(new_records).map(|(n, d)| (write_id(n, d.partition), d)).collect(), &send);
    let mut all = Vec::with_capacity(count);
    for _ in 0..count {
        let ack = answers
            .recv_timeout(Duration::from_secs(60))
            .map_err(|_| StreamError::Unavailable("the log does not answer".into()))?;
        let placed = ack.placed.map_err(|reason| StreamError::Unavailable(reason.to_string()))?;
        all.push((ack.write_id, placed));
    }
    Ok(all)
}

#[cfg(test)]
mod tests;
