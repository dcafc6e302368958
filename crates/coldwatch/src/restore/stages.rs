//! All services of all partitions, in one process: the ones that will read the new log, each handed what stands in it, in
//! its order. As in a replay, nothing overtakes the entry at work, and a partition is struck before it hears from another.

use super::past::{Told, What};
use super::standing::Standing;
use super::target::Target;
use crate::exit::Failure;
use crate::exported::Taken;
use crate::log::failure;
use crate::services::names::TopicNames;
use crate::services::stateful::StatefulService;
use crate::services::{self, CommitMetadata, Service};
use facts::fact::log::BehaviourSwitched;
use facts::{Fact, Moment, Subject, SystemFact};
use fold::SequenceLinks;
use pipeline::processor::StageKind;
use pipeline::stage::Partitioner;
use pipeline::{ENGINES, EngineSpec, OutRecord, RecordBody, Topic, bytes};
use std::collections::{BTreeMap, VecDeque};
use stream::{FatalError, NewRecord, PartitionProcessor, ProcessorFactory, Record, StreamError};

/// One partition number of every service that keeps state.
struct Part {
    dispatch: Box<dyn PartitionProcessor>,
    engines: Vec<(Service, Box<dyn PartitionProcessor>)>,
    alerts: Box<dyn PartitionProcessor>,
    /// Up to where its clock was struck.
    now: Moment,
    due: Option<i64>,
    /// Whether anything has happened here since `next_deadline` was looked for.
    touched: bool,
}

impl Part {
    fn begin(names: &TopicNames, number: u16) -> Result<Self, FatalError> {
        let begin = |kind: StageKind| -> Result<Box<dyn PartitionProcessor>, FatalError> {
            Ok(Box::new(StatefulService::new(names.clone(), kind).begin(number, "")?))
        };
        let engine = |engine: &'static EngineSpec| -> Result<(Service, Box<dyn PartitionProcessor>), FatalError> {
            Ok((Service::Engine(engine), begin(StageKind::Engine(engine))?))
        };
        Ok(Self {
            dispatch: begin(StageKind::Dispatch)?,
            engines: ENGINES.iter().map(engine).collect::<Result<_, _>>()?,
            alerts: begin(StageKind::Alerts)?,
            now: Moment::EARLIEST,
            due: None,
            touched: true,
        })
    }

    /// When silence alone changes something here.
    fn due(&mut self) -> Option<i64> {
        if std::mem::take(&mut self.touched) {
            let engines = self.engines.iter().map(|(_, life)| life.next_deadline());
            self.due = engines
                .chain([self.dispatch.next_deadline(), self.alerts.next_deadline()])
                .flatten()
                .min();
        }
        self.due
    }

    fn notes(&self) -> impl Iterator<Item = (Service, String)> {
        let engines = self.engines.iter().map(|(service, life)| (*service, life.note()));
        let others = [(Service::Dispatch, &self.dispatch), (Service::Alerts, &self.alerts)];
        engines.chain(others.map(|(service, life)| (service, life.note())))
    }
}

/// All partitions, and what is on its way between them.
pub(super) struct Stages<'a> {
    target: Target<'a>,
    stands: &'a mut Standing,
    parts: Vec<Part>,
    homes: Partitioner,
    /// On its way to a partition of `facts`; it gets its place there when its turn comes.
    queue: VecDeque<NewRecord>,
    now: Moment,
    /// What was fed of each partition of the export.
    fed: BTreeMap<(String, u16), SequenceLinks>,
    routed: u64,
}

impl<'a> Stages<'a> {
    /// At the first records of a log, which is struck for the first time then.
    pub(super) fn begin(
        target: Target<'a>,
        stands: &'a mut Standing,
        now: Moment,
    ) -> Result<Self, Failure> {
        let begin = |number| Part::begin(target.names, number).map_err(halted);
        let mut parts = (0..target.names.partitions).map(begin).collect::<Result<Vec<_>, _>>()?;
        parts.iter_mut().for_each(|part| part.now = now);
        let (homes, queue, fed, routed) = Default::default();
        let mut all = Self { target, stands, parts, homes, queue, now, fed, routed };
        let exceptions = all.target.first(Topic::Exceptions)?;
        let (journal, facts) = (all.target.first(Topic::Journal)?, all.target.first(Topic::Facts)?);
        all.target.first(Topic::Alerts)?;
        for (partition, record) in &exceptions {
            all.hear(*partition, record)?;
        }
        for (partition, record) in &journal {
            all.judge(*partition, record)?;
        }
        for (partition, record) in &facts {
            let new_records = all.dispatch(*partition, record)?;
            all.deliver_all(*partition, new_records)?;
        }
        all.drain()?;
        Ok(all)
    }

    /// Time goes on to there: every partition is struck in which something was due.
    pub(super) fn reach(&mut self, at: Moment) -> Result<(), Failure> {
        if at <= self.now {
            return Ok(());
        }
        self.now = at;
        for number in 0..self.target.names.partitions {
            if self.part(number).due().is_some_and(|due| due <= at.millis()) {
                self.strike(number)?;
                self.drain()?;
            }
        }
        Ok(())
    }

    /// Every partition is struck at the time that was reached.
    pub(super) fn strike_all(&mut self) -> Result<(), Failure> {
        for number in 0..self.target.names.partitions {
            self.strike(number)?;
            self.drain()?;
        }
        Ok(())
    }

    /// Something came from outside.
    pub(super) fn feed(&mut self, what: What) -> Result<(), Failure> {
        let (names, now) = (self.target.names, self.now.millis());
        let published = |fact| services::of_log(names, Topic::Facts, 0, now, fact);
        match what {
            What::Stroke | What::Unreadable => return Ok(()),
            What::Fact(told) => {
                let new_record = self.new_record(Topic::Facts, told);
                self.queue.push_back(new_record);
            }
            What::Act(told) => {
                let new_record = self.new_record(Topic::Exceptions, told);
                self.strike(new_record.partition)?;
                self.deliver(new_record.partition, new_record)?;
            }
            What::Rulebook(book) => self.queue.push_back(published(bytes::published(&book))),
            What::Behaviour(number) => {
                let switched =
                    Fact::System(SystemFact::BehaviourSwitched(BehaviourSwitched { number }));
                self.queue.push_back(published(switched));
            }
        }
        self.drain()
    }

    /// A record of the old rejects; what nobody claimed is said again by dispatch.
    pub(super) fn keep_reject(&mut self, partition: u16, record: Record) -> Result<(), Failure> {
        let read: Result<serde_json::Value, _> = serde_json::from_slice(&record.value);
        if read.is_ok_and(|event| event["data"]["code"] == "unclaimed") {
            return Ok(());
        }
        let names = self.target.names;
        let partition = partition % names.partitions;
        let (topic, Record { key, value, .. }) = (names.topic(Topic::Rejects), record);
        self.target.write(Topic::Rejects, NewRecord { topic, partition, key, value }).map(drop)
    }

    /// Waits until all of it stands, and notes for each group that it has worked all of it off, with its counts.
    pub(super) fn end(&mut self, taken: Taken, inbound: &[String]) -> Result<(), Failure> {
        self.target.wait()?;
        let mut notes: BTreeMap<Service, Vec<String>> = BTreeMap::new();
        for (service, note) in self.parts.iter().flat_map(Part::notes) {
            notes.entry(service).or_default().push(note);
        }
        for (service, notes) in notes {
            self.target.worked_off(service, notes)?;
        }
        let (routed, rejected) = (self.routed, taken.rejected);
        let note = CommitMetadata {
            read: routed + rejected,
            routed,
            rejected,
            ..CommitMetadata::default()
        };
        self.target.taken_in(inbound, &note)
    }

    fn new_record(&mut self, topic: Topic, Told { event, place }: Told) -> NewRecord {
        let key: Subject = event.subject.clone();
        let partition = self.homes.of(&key, self.target.names.partitions);
        self.routed += u64::from(place.is_some());
        let after = place.as_ref().and_then(|origin| {
            let links = self.fed.entry((origin.topic.to_string(), origin.partition)).or_default();
            links.stamp(topic.name(), partition, origin)
        });
        let (now, body) = (self.now, RecordBody::Event(event));
        let letter = OutRecord { topic, partition, key, origin: place, after, now, body };
        services::new_record(self.target.names, &letter)
    }

    fn part(&mut self, number: u16) -> &mut Part {
        let at = usize::from(number) % self.parts.len();
        &mut self.parts[at]
    }

    /// Strikes the clock of one partition, from `facts` to `exceptions`, unless it stands there already.
    fn strike(&mut self, number: u16) -> Result<(), Failure> {
        let now = self.now;
        let part = self.part(number);
        if part.now >= now {
            return Ok(());
        }
        part.now = now;
        let stroke = |topic| services::tick(self.target.names, topic, number, now.millis());
        let (facts, exceptions) = (stroke(Topic::Facts), stroke(Topic::Exceptions));
        let record = self.target.write(Topic::Facts, facts)?;
        let mut new_records = self.dispatch(number, &record)?.into_iter();
        // The stroke itself goes first; the owner of `exceptions` strikes there, too.
        self.deliver_all(number, new_records.next().into_iter().collect())?;
        self.deliver(number, exceptions)?;
        self.deliver_all(number, new_records.collect())
    }

    /// Dispatches until nothing is on its way any more.
    fn drain(&mut self) -> Result<(), Failure> {
        while let Some(new_record) = self.queue.pop_front() {
            let number = new_record.partition;
            self.strike(number)?;
            let record = self.target.write(Topic::Facts, new_record)?;
            let new_records = self.dispatch(number, &record)?;
            self.deliver_all(number, new_records)?;
        }
        Ok(())
    }

    fn deliver_all(&mut self, from: u16, new_records: Vec<NewRecord>) -> Result<(), Failure> {
        new_records.into_iter().try_for_each(|new_record| self.deliver(from, new_record))
    }

    /// Carries what a service of a partition says to where it goes.
    fn deliver(&mut self, from: u16, new_record: NewRecord) -> Result<(), Failure> {
        let (topic, to) = (self.target.topic(&new_record)?, new_record.partition);
        if to != from && matches!(topic, Topic::Journal | Topic::Exceptions) {
            self.strike(to)?;
        }
        if topic == Topic::Facts {
            self.queue.push_back(new_record);
            return Ok(());
        }
        let record = self.target.write(topic, new_record)?;
        match topic {
            Topic::Journal => self.judge(to, &record),
            Topic::Exceptions => self.hear(to, &record),
            _ => {
                self.stands.hear(topic, record.offset, &record.value);
                Ok(())
            }
        }
    }

    fn dispatch(&mut self, number: u16, record: &Record) -> Result<Vec<NewRecord>, Failure> {
        let part = self.part(number);
        part.touched = true;
        take(&mut *part.dispatch, record)
    }

    /// A record of the journal, to every engine.
    fn judge(&mut self, number: u16, record: &Record) -> Result<(), Failure> {
        let part = self.part(number);
        part.touched = true;
        let mut said = Vec::new();
        for (_, engine) in &mut part.engines {
            said.extend(take(&mut **engine, record)?);
        }
        self.deliver_all(number, said)
    }

    /// A record of `exceptions`, to alerts.
    fn hear(&mut self, number: u16, record: &Record) -> Result<(), Failure> {
        self.stands.hear(Topic::Exceptions, record.offset, &record.value);
        let part = self.part(number);
        part.touched = true;
        let said = take(&mut *part.alerts, record)?;
        self.deliver_all(number, said)
    }
}

fn take(life: &mut dyn PartitionProcessor, record: &Record) -> Result<Vec<NewRecord>, Failure> {
    let mut new_records = Vec::new();
    life.process(record, &mut new_records).map_err(halted)?;
    Ok(new_records)
}

fn halted(halt: FatalError) -> Failure {
    failure(StreamError::Stop(halt.0))
}
