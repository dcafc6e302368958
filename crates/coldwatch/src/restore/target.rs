//! What is written, in the order in which it is to stand: every answer of the log must name the place that was reckoned,
//! since what follows names places. Somebody else who writes there is found out.

use crate::exit::Failure;
use crate::log::failure;
use crate::services::names::TopicNames;
use crate::services::{CommitMetadata, Service, Work};
use pipeline::Topic;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};
use stream::{Ack, Committed, ConsumerEvent, Log, NewRecord, Record, StreamError, WriteId};

/// So many records go at a time.
const BATCH: usize = 1_000;
/// So many may be on their way.
const OPEN: usize = 20_000;
/// How long the log may take for one answer.
const ANSWER: Duration = Duration::from_secs(60);

/// The log that is built.
pub(super) struct Target<'a> {
    log: &'a dyn Log,
    pub(super) names: &'a TopicNames,
    ends: BTreeMap<(Topic, u16), u64>,
    new_records: Vec<(WriteId, NewRecord)>,
    open: usize,
    send: Sender<Ack>,
    answers: Receiver<Ack>,
}

impl<'a> Target<'a> {
    /// Over a log that has its first records.
    pub(super) fn new(log: &'a dyn Log, names: &'a TopicNames) -> Self {
        let (send, answers) = channel();
        Self { log, names, ends: BTreeMap::new(), new_records: Vec::new(), open: 0, send, answers }
    }

    /// The first records of a topic, by partition: what stands there before anything is written.
    pub(super) fn first(&mut self, topic: Topic) -> Result<Vec<(u16, Record)>, Failure> {
        let name = self.names.topic(topic);
        let mut stretches = BTreeMap::new();
        for partition in 0..self.names.partitions {
            let end = self.log.range(&name, partition).map_err(failure)?.end;
            self.ends.insert((topic, partition), end);
            stretches.insert(partition, (0, end));
        }
        read(self.log, &name, stretches)
    }

    /// Of which topic a draft is.
    pub(super) fn topic(&self, new_record: &NewRecord) -> Result<Topic, Failure> {
        let known =
            Topic::ALL.into_iter().find(|topic| self.names.topic(*topic) == new_record.topic);
        known.ok_or_else(|| Failure::internal(format!("no service writes to {}", new_record.topic)))
    }

    /// Writes, and says how it will stand there.
    pub(super) fn write(&mut self, topic: Topic, new_record: NewRecord) -> Result<Record, Failure> {
        let end = self.ends.entry((topic, new_record.partition)).or_default();
        let (partition, offset) = (new_record.partition, *end);
        *end += 1;
        let record = Record {
            offset,
            appended: 0,
            key: new_record.key.clone(),
            value: new_record.value.clone(),
        };
        let life = Topic::ALL.into_iter().position(|one| one == topic).unwrap_or_default();
        let write_id = WriteId { partition, generation: life as u32, mark: offset };
        self.new_records.push((write_id, new_record));
        if self.new_records.len() >= BATCH {
            self.send(OPEN)?;
        }
        Ok(record)
    }

    /// Waits until the log has all of it.
    pub(super) fn wait(&mut self) -> Result<(), Failure> {
        self.send(0)
    }

    /// Sends what is there; no more than so many answers may be missing then.
    fn send(&mut self, most: usize) -> Result<(), Failure> {
        self.open += self.new_records.len();
        self.log.append(std::mem::take(&mut self.new_records), &self.send);
        while self.open > most {
            let silent = |_| Failure::unavailable("the log does not answer");
            let Ack { write_id, placed } = self.answers.recv_timeout(ANSWER).map_err(silent)?;
            self.open -= 1;
            let name =
                Topic::ALL.get(write_id.generation as usize).map(|topic| self.names.topic(*topic));
            let at = format!("partition {} of {}", write_id.partition, name.unwrap_or_default());
            match placed {
                Ok(placed) if placed.offset == write_id.mark => {}
                Ok(placed) => {
                    return Err(Failure::configuration(format!(
                        "{at}: a record stands at {} and not at {}: somebody else writes there",
                        placed.offset, write_id.mark
                    )));
                }
                Err(reason) => return Err(Failure::unavailable(format!("{at}: {reason}"))),
            }
        }
        Ok(())
    }

    /// Notes that a service has worked off all that stands there, with a note for each partition.
    pub(super) fn worked_off(&self, service: Service, notes: Vec<String>) -> Result<(), Failure> {
        let Some(topic) = service.reads() else { return Ok(()) };
        let name = self.names.topic(topic);
        let end = |partition| self.ends.get(&(topic, partition)).copied().unwrap_or_default();
        let last = (0..self.names.partitions).map(|p| (p, (end(p).saturating_sub(1), end(p))));
        let mut points = BTreeMap::new();
        for (partition, record) in read(self.log, &name, last.collect())? {
            let note = notes.get(usize::from(partition)).cloned().unwrap_or_default();
            let point = Committed { offset: record.offset + 1, last: record.fingerprint(), note };
            points.insert(partition, point);
        }
        self.note(service, &name, points)
    }

    /// Notes what intake counts from: it has read nothing of what comes in here, and its counts go on.
    pub(super) fn taken_in(
        &self,
        inbound: &[String],
        note: &CommitMetadata,
    ) -> Result<(), Failure> {
        let Some(Work { topic, .. }) = Service::Intake.work(self.names, inbound).into_iter().next()
        else {
            return Ok(());
        };
        let offset = self.log.range(&topic, 0).map_err(failure)?.start;
        let point = Committed { offset, last: 0, note: note.write() };
        self.note(Service::Intake, &topic, BTreeMap::from([(0, point)]))
    }

    /// As a member of its group, which nobody else is in.
    fn note(
        &self,
        service: Service,
        topic: &str,
        points: BTreeMap<u16, Committed>,
    ) -> Result<(), Failure> {
        let group = self.names.other(service.name());
        let mut member = self.log.join(&group, topic, None).map_err(failure)?;
        let (mut given, mut happenings) = (BTreeSet::new(), Vec::new());
        let until = Instant::now() + ANSWER;
        while !points.keys().all(|partition| given.contains(partition)) {
            if Instant::now() >= until {
                return Err(Failure::unavailable(format!(
                    "group {group} does not give all partitions of {topic}: is somebody at work there?"
                )));
            }
            member.poll(Duration::from_millis(100), &mut happenings).map_err(failure)?;
            for happening in happenings.drain(..) {
                match happening {
                    ConsumerEvent::Assigned(partitions) => given.extend(partitions),
                    ConsumerEvent::Revoked(partitions) | ConsumerEvent::Lost(partitions) => {
                        given.retain(|partition| !partitions.contains(partition));
                    }
                    ConsumerEvent::Record(..) => {}
                }
            }
        }
        let points: Vec<(u16, Committed)> = points.into_iter().collect();
        member.commit(&points).map_err(failure)?;
        member.leave().map_err(failure)
    }
}

/// The records of a stretch of each partition, read together.
fn read(
    log: &dyn Log,
    topic: &str,
    mut stretches: BTreeMap<u16, (u64, u64)>,
) -> Result<Vec<(u16, Record)>, Failure> {
    stretches.retain(|_, (from, to)| from < to);
    let from: Vec<(u16, u64)> = stretches.iter().map(|(p, (from, _))| (*p, *from)).collect();
    let mut reader = log.read(topic, &from).map_err(failure)?;
    let (mut all, mut records) = (Vec::new(), Vec::new());
    let until = Instant::now() + ANSWER;
    while !stretches.is_empty() {
        if Instant::now() >= until {
            let waits = format!("{topic} does not show what was written to it");
            return Err(failure(StreamError::Unavailable(waits)));
        }
        reader.poll(Duration::from_millis(100), &mut records).map_err(failure)?;
        for (partition, record) in records.drain(..) {
            let Some((next, end)) = stretches.get_mut(&partition) else { continue };
            if record.offset >= *end {
                continue;
            }
            *next = record.offset + 1;
            if next == end {
                stretches.remove(&partition);
            }
            all.push((partition, record));
        }
    }
    Ok(all)
}
