//! The outside world in, `facts` out: decodes, checks, finds the subject. It keeps no state; its stamp says when
//! it saw an event and decides nothing.

use super::names::TopicNames;
use super::{CommitMetadata, new_record, of_log, rejected};
use facts::fact::log::Heartbeat;
use facts::{Event, Fact, Moment, Origin, ShortText, Subject, SystemFact};
use fold::SequenceLinks;
use pipeline::stage::Partitioner;
use pipeline::{OutRecord, RecordBody, Topic};
use std::borrow::Cow;
use stream::{Clock, FatalError, Gauge, NewRecord, PartitionProcessor, ProcessorFactory, Record};
use wire::native;
use wire::{Limits, Rejection};

/// How much of a file's name is kept, in bytes.
const LONGEST_NAME: usize = 120;

/// The service, for one topic.
pub struct Intake {
    /// What topics are called.
    pub names: TopicNames,
    /// The topic without prefix.
    pub topic: String,
    /// Whose time its stamp tells.
    pub clock: Clock,
}

/// One partition of it.
pub struct IntakePartition {
    names: TopicNames,
    source: ShortText,
    topic: ShortText,
    number: u16,
    clock: Clock,
    counts: CommitMetadata,
    /// Each life begins without links: what stands before them is committed.
    links: SequenceLinks,
    homes: Partitioner,
}

/// Who writes what intake takes in. Offsets begin again in a topic that was made anew, and what came from there must not
/// be taken for repeats: so the source is named after the first record of its partition, by which both differ. What
/// was begun behind it is `intake/1`.
fn source(made: u64) -> ShortText {
    match made {
        0 => ShortText::new("intake/1"),
        made => ShortText::new(format!("intake/{:08x}", made >> 32)),
    }
}

impl ProcessorFactory for Intake {
    type Processor = IntakePartition;
    fn is_stateful(&self) -> bool {
        false
    }
    fn begin(&self, number: u16, note: &str) -> Result<IntakePartition, FatalError> {
        let counts = CommitMetadata::read(note);
        Ok(IntakePartition {
            names: self.names.clone(),
            source: source(counts.made),
            topic: ShortText::new(&self.topic),
            number,
            clock: self.clock.clone(),
            counts,
            links: SequenceLinks::default(),
            homes: Partitioner::default(),
        })
    }
    fn resume(&self, _: u16, _: &[u8]) -> Result<IntakePartition, String> {
        Err("intake keeps no state".into())
    }
}

impl PartitionProcessor for IntakePartition {
    fn process(&mut self, record: &Record, out: &mut Vec<NewRecord>) -> Result<(), FatalError> {
        if record.offset == 0 {
            self.counts.made = record.fingerprint();
            self.source = source(self.counts.made);
        }
        let place = format!("{}:{}", self.topic, self.number);
        for (index, read) in (0..).zip(decode(&place, record)) {
            self.counts.read += 1;
            match read {
                Ok(event) => {
                    self.counts.routed += 1;
                    out.push(self.home(record.offset, index, event));
                }
                Err(rejection) => {
                    self.counts.rejected += 1;
                    let now = Moment::from_millis((self.clock)());
                    out.push(rejected(&self.names, self.number, "intake", now, &rejection));
                }
            }
        }
        Ok(())
    }
    fn note(&self) -> String {
        self.counts.write()
    }
    fn heartbeat(&mut self, now: i64, position: u64, end: u64) -> Option<NewRecord> {
        let (topic, partition) = (self.topic.clone(), self.number);
        let alive =
            Fact::System(SystemFact::Heartbeat(Heartbeat { topic, partition, position, end }));
        let to = self.number % self.names.partitions;
        Some(of_log(&self.names, Topic::Exceptions, to, now, alive))
    }
    fn tells(&self) -> bool {
        true
    }
    fn gauges(&self) -> Vec<Gauge> {
        let CommitMetadata { read, routed, rejected, .. } = self.counts;
        let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        vec![
            ("events", "read", signed(read)),
            ("events", "routed", signed(routed)),
            ("events", "rejected", signed(rejected)),
        ]
    }
}

/// The events of a record: one, or all readings of a logger's export.
fn decode(place: &str, record: &Record) -> Vec<Result<Event, Rejection>> {
    let bytes = &record.value;
    let number = record.offset;
    if wire::logger::is_logger_file(bytes) {
        // Every event and every rejection of the file repeats its name; where it has none, its place is its name.
        let name = match record.key.get(..LONGEST_NAME).unwrap_or(&record.key) {
            [] => Cow::from(place),
            name => String::from_utf8_lossy(name),
        };
        return match wire::logger::read(&name, bytes) {
            Ok(read) => {
                let good = read.events().into_iter().map(Ok).collect::<Vec<_>>();
                good.into_iter().chain(read.rejections.into_iter().map(Err)).collect()
            }
            Err(rejection) => vec![Err(rejection.at(place, number))],
        };
    }
    let read = native::read(bytes, &Limits::default()).and_then(|read| {
        match read.event.fact.may_come_from_outside() {
            true => Ok(read.event),
            false => Err(Rejection::not_from_outside(&read.event).keeping(bytes)),
        }
    });
    vec![read.map_err(|rejection| rejection.at(place, number))]
}

impl IntakePartition {
    /// Staff acts go to `exceptions`, all else to the subject's partition of `facts`.
    fn home(&mut self, offset: u64, index: u32, event: Event) -> NewRecord {
        let topic = if event.fact.is_staff_act() { Topic::Exceptions } else { Topic::Facts };
        let key: Subject = event.subject.clone();
        let partition = self.homes.of(&key, self.names.partitions);
        let (service, input) = (self.source.clone(), self.topic.clone());
        let origin = Origin { service, topic: input, partition: self.number, offset, index };
        let after = self.links.stamp(topic.name(), partition, &origin);
        let now = Moment::from_millis((self.clock)());
        let body = RecordBody::Event(event);
        let letter = OutRecord { topic, partition, key, origin: Some(origin), after, now, body };
        new_record(&self.names, &letter)
    }
}

/// The partition of an inbound topic in which a subject's events keep their order.
pub(crate) fn inbound_partition(subject: &Subject, partitions: u16) -> u16 {
    subject.partition(partitions.max(1))
}

/// Bytes of one event as they go to an inbound topic.
pub(crate) fn inbound(topic: &str, partition: u16, subject: &Subject, bytes: Vec<u8>) -> NewRecord {
    let key = subject.to_string().into_bytes();
    NewRecord { topic: topic.into(), partition, key, value: bytes }
}
