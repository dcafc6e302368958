//! The outside world in, `facts` out: decodes, checks, finds the subject. It keeps no state; its stamp says when
//! it saw an event and decides nothing.

use super::names::Names;
use super::{Note, Work, draft, of_log, rejected};
use crate::config::InboundTopic;
use facts::fact::log::Alive;
use facts::{Event, Fact, Moment, Origin, Subject, Text};
use fold::Links;
use pipeline::pipeline::{is_act, may_come_from_outside};
use pipeline::stage::Homes;
use pipeline::{Body, Letter, Topic};
use std::borrow::Cow;
use std::collections::BTreeMap;
use stream::{Clock, Draft, Gauge, Halt, Life, Log, Record, Stage, StreamError};
use wire::native;
use wire::{Limits, Rejection};

/// How much of a file's name is kept, in bytes.
const LONGEST_NAME: usize = 120;

/// The service, for one topic.
pub struct Intake {
    /// What topics are called.
    pub names: Names,
    /// The topic.
    pub inbound: InboundTopic,
    /// What was counted in it before it was made anew, by partition.
    pub before: BTreeMap<u16, Note>,
    /// Whose time its stamp tells.
    pub clock: Clock,
}

/// One partition of it.
pub struct Partition {
    names: Names,
    /// Who writes what intake takes in, with the generation of its input: `intake/1`.
    source: Text,
    topic: Text,
    /// Topic and partition, as rejections name them.
    place: String,
    number: u16,
    clock: Clock,
    counts: Note,
    /// Each life begins without links: what stands before them is committed.
    links: Links,
    homes: Homes,
}

impl Intake {
    /// The service for a topic, with what was counted in it before it was made anew: the counts go on.
    ///
    /// # Errors
    ///
    /// What the log answers.
    pub fn of(
        names: &Names,
        inbound: &InboundTopic,
        log: &dyn Log,
        clock: Clock,
    ) -> Result<Self, StreamError> {
        let before = work(names, inbound).counted_before(log)?;
        Ok(Self { names: names.clone(), inbound: inbound.clone(), before, clock })
    }

    fn counted_before(&self, partition: u16) -> Note {
        self.before.get(&partition).copied().unwrap_or_default()
    }
}

impl Stage for Intake {
    type Life = Partition;
    fn remembers(&self) -> bool {
        false
    }
    fn begin(&self, number: u16, note: &str) -> Result<Partition, Halt> {
        Ok(Partition {
            names: self.names.clone(),
            source: Text::new(format!("intake/{}", self.inbound.generation)),
            topic: Text::new(&self.inbound.topic),
            place: format!("{}:{number}", self.inbound),
            number,
            clock: self.clock.clone(),
            counts: if note.is_empty() { self.counted_before(number) } else { Note::read(note) },
            links: Links::default(),
            homes: Homes::default(),
        })
    }
    fn resume(&self, _: u16, _: &[u8]) -> Result<Partition, String> {
        Err("intake keeps no state".into())
    }
}

impl Life for Partition {
    fn take(&mut self, record: &Record, out: &mut Vec<Draft>) -> Result<(), Halt> {
        for (index, read) in (0..).zip(decode(&self.place, record)) {
            self.counts.read += 1;
            match read {
                Ok(event) => {
                    self.counts.homed += 1;
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
    fn sign_of_life(&mut self, now: i64, position: u64, end: u64) -> Option<Draft> {
        let (topic, partition) = (self.topic.clone(), self.number);
        let alive = Fact::Alive(Alive { topic, partition, position, end });
        let to = self.number % self.names.partitions;
        Some(of_log(&self.names, Topic::Exceptions, to, now, alive))
    }
    fn gauges(&self) -> Vec<Gauge> {
        let Note { read, homed, rejected, .. } = self.counts;
        let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        vec![
            ("events", "read", signed(read)),
            ("events", "homed", signed(homed)),
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
                let good = read.events(&name).into_iter().map(Ok).collect::<Vec<_>>();
                good.into_iter().chain(read.rejections.into_iter().map(Err)).collect()
            }
            Err(rejection) => vec![Err(rejection.at(place, number))],
        };
    }
    let read =
        native::read(bytes, &Limits::default()).and_then(|read| {
            match may_come_from_outside(&read.event) {
                true => Ok(read.event),
                false => Err(Rejection::not_from_outside(&read.event).keeping(bytes)),
            }
        });
    vec![read.map_err(|rejection| rejection.at(place, number))]
}

impl Partition {
    /// Staff acts go to `exceptions`, all else to the subject's partition of `facts`.
    fn home(&mut self, offset: u64, index: u32, event: Event) -> Draft {
        let topic = if is_act(&event.fact) { Topic::Exceptions } else { Topic::Facts };
        let key: Subject = event.subject.clone();
        let partition = self.homes.of(&key, self.names.partitions);
        let (service, input) = (self.source.clone(), self.topic.clone());
        let origin = Origin { service, topic: input, partition: self.number, offset, index };
        let after = self.links.stamp(topic.name(), partition, &origin);
        let now = Moment::from_millis((self.clock)());
        let body = Body::Event(event);
        let letter = Letter { topic, partition, key, origin: Some(origin), after, now, body };
        draft(&self.names, &letter)
    }
}

/// What intake works off of one topic. Offsets of a topic that was made anew are others than those noted before, so
/// each generation after the first has a group of its own, `intake/2`.
pub(crate) fn work(names: &Names, inbound: &InboundTopic) -> Work {
    let group = |generation| match generation {
        1 => names.other("intake"),
        n => names.other(&format!("intake/{n}")),
    };
    Work {
        group: group(inbound.generation),
        topic: names.other(&inbound.topic),
        earlier: (1..inbound.generation).map(group).collect(),
    }
}

/// The partition of an inbound topic in which a subject's events keep their order.
pub(crate) fn inbound_partition(subject: &Subject, partitions: u16) -> u16 {
    subject.partition(partitions.max(1))
}

/// Bytes of one event as they go to an inbound topic.
pub(crate) fn inbound(topic: &str, partition: u16, subject: &Subject, bytes: Vec<u8>) -> Draft {
    let key = subject.to_string().into_bytes();
    Draft { topic: topic.into(), partition, key, value: bytes }
}
