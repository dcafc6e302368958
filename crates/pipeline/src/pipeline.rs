//! `feed(event)`, out come findings and incidents.
//!
//! Time moves by arrivals, on a grid of 5 s: before an event is routed, its partition's clock is struck
//! at the last grid point that is not after its arrival, and every partition in which something is due
//! before that is struck at the grid point that reaches it. Ticks at which nothing is due are left out.

use crate::engines::ENGINES;
use crate::journal::{JournalEntry, JournalRecord};
use crate::out_record::{OutRecord, RecordBody, Topic};
use crate::output::{Output, OutputKind, Tally};
use crate::partition::PartitionStages;
use crate::stage::{Outcomes, Partitioner, Unusable, is_report};
use crate::stage_configs::BEHAVIOURS;
use facts::fact::log::{Genesis, StateHash};
use facts::{Event, Moment, Origin, Rulebook, ShortText, Span, State, Subject};
use fold::{Admission, InputRecord, Payload, Stats, Stop};
use std::collections::{BTreeMap, VecDeque};

/// The number of partitions of a replay, whatever the number of threads.
pub const PARTITIONS: u16 = 16;
/// How often the clock is struck.
pub const GRID: Span = Span::seconds(5);

/// A record that has not reached its partition of `facts` yet.
struct QueuedFact {
    key: Subject,
    word: Event,
    origin: Origin,
    after: Option<Origin>,
}

/// What a stage holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct StageSize {
    /// Subjects whose value it has.
    pub values: usize,
    /// Subjects that it has put away.
    pub put_away: usize,
    /// Bytes of its whole state, as a snapshot has it.
    pub bytes: usize,
}

impl StageSize {
    fn add(&mut self, bytes: usize, stats: &Stats) {
        self.bytes += bytes;
        self.values += stats.values;
        self.put_away += stats.put_away;
    }
}

/// All services of all partitions, in one process.
pub struct Pipeline {
    parts: Vec<PartitionStages>,
    partitioner: Partitioner,
    /// On its way to a partition of `facts`; it gets its place there when its turn comes.
    queue: VecDeque<(u16, QueuedFact)>,
    /// The grid point that was reached.
    now: Moment,
    tally: Tally,
    outputs: Vec<Output>,
    journal: Option<Vec<JournalRecord>>,
    out_records: Vec<OutRecord>,
}

impl Pipeline {
    /// The beginning of every partition, with its rules.
    pub fn new(book: &Rulebook) -> Result<Self, Stop> {
        let mut all = Self::empty();
        all.begin()?;
        all.publish(book)?;
        Ok(all)
    }

    /// No rules yet: a journal brings its own.
    pub fn empty() -> Self {
        Self {
            parts: (0..PARTITIONS).map(PartitionStages::new).collect(),
            partitioner: Partitioner::default(),
            queue: VecDeque::new(),
            now: Moment::EARLIEST,
            tally: Tally::default(),
            outputs: Vec::new(),
            journal: None,
            out_records: Vec::new(),
        }
    }

    /// The same, and every record of the journal is kept; see [`Pipeline::take_journal`].
    pub fn keeping_journal(book: &Rulebook) -> Result<Self, Stop> {
        let mut all = Self { journal: Some(Vec::new()), ..Self::empty() };
        all.begin()?;
        all.publish(book)?;
        Ok(all)
    }

    /// What was kept of the journal since the last call.
    pub fn take_journal(&mut self) -> Vec<JournalRecord> {
        self.journal.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// The states that the engines have told, with their partitions: those of a service that has folded the same
    /// journal are the same.
    pub fn states(&self) -> impl Iterator<Item = (u16, &StateHash)> {
        (0..).zip(&self.parts).flat_map(|(p, part)| part.states.iter().map(move |state| (p, state)))
    }

    /// The first record of every partition.
    fn begin(&mut self) -> Result<(), Stop> {
        let genesis = |topic: &str| Genesis {
            topic: ShortText::new(topic),
            partitions: PARTITIONS,
            generation: 1,
            behaviour: *BEHAVIOURS.end(),
        };
        for p in 0..PARTITIONS {
            self.dispatch(p, None, None, Payload::Genesis(genesis("facts")))?;
            self.write(p, None, None, Payload::Genesis(genesis("journal")))?;
        }
        Ok(())
    }

    /// From here on these rules are in force.
    pub fn publish(&mut self, book: &Rulebook) -> Result<(), Stop> {
        for p in 0..PARTITIONS {
            let out_records = self.dispatch(p, None, None, Payload::Rulebook(book.clone()))?.1;
            self.write(p, None, None, Payload::Rulebook(book.clone()))?;
            self.deliver_all(p, out_records)?;
        }
        self.drain()
    }

    /// Homes one outside event that arrived then.
    pub fn feed(&mut self, arrived: Moment, event: Event, origin: Origin) -> Result<(), Stop> {
        self.advance(arrived)?;
        self.tally.routed += 1;
        let p = self.partition_of(&event.subject);
        self.tick(p)?;
        if event.fact.is_staff_act() {
            self.part(p).act(event.subject.clone(), event, origin)?;
            self.hear_answers(p)?;
            return self.drain();
        }
        let key = event.subject.clone();
        self.append(p, key, event, origin, None);
        self.drain()
    }

    /// Lets time pass up to the last grid point that is not after this moment.
    pub fn advance(&mut self, to: Moment) -> Result<(), Stop> {
        let to = to.floor(GRID);
        if to <= self.now {
            return Ok(());
        }
        loop {
            let strokes =
                (0..).zip(&mut self.parts).filter_map(|(p, part)| Some((part.next_tick()?, p)));
            let Some((stroke, p)) = strokes.min().filter(|(stroke, _)| *stroke <= to) else {
                break;
            };
            self.reach(stroke);
            self.tick(p)?;
            self.drain()?;
        }
        self.reach(to);
        Ok(())
    }

    /// What came out and is in its final order: all of it up to the grid point before this one.
    pub fn take_outputs(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.outputs)
    }

    /// What came out at the last grid point, too.
    pub fn finish(&mut self) -> Vec<Output> {
        self.gather();
        self.take_outputs()
    }

    /// Plays one record of a journal.
    pub fn play(&mut self, record: JournalRecord) -> Result<(), Stop> {
        if let JournalEntry::Tick(now) = record.entry {
            self.reach(now.max(self.now));
        }
        let fact = matches!(record.entry, JournalEntry::Fact(..));
        let part = self.part(record.partition);
        let admission = part.judge(record.into_record())?;
        // Nobody dispatches here: what alerts says to dispatch has been answered in the journal already.
        part.answers.clear();
        if fact {
            self.tally.routed += 1;
            match admission {
                Admission::New => self.tally.processed += 1,
                Admission::Duplicate | Admission::Gap => self.tally.duplicate += 1,
            }
        }
        Ok(())
    }

    /// What became of the events fed.
    pub fn tally(&self) -> Tally {
        let mut tally = self.tally.clone();
        for part in &self.parts {
            for Outcomes { processed, pending, expired, duplicate } in
                [part.dispatch.outcomes(), part.alerts.outcomes()]
            {
                tally.processed += processed;
                tally.pending += pending;
                tally.expired += expired;
                tally.duplicate += duplicate;
            }
        }
        tally
    }

    /// The grid point that was reached.
    pub fn now(&self) -> Moment {
        self.now
    }

    /// One hash over the state of every fold, in a fixed order.
    pub fn state_hash(&mut self) -> Result<[u8; 32], fold::SnapshotError> {
        use sha2::{Digest, Sha256};
        let mut all = Sha256::new();
        for part in &mut self.parts {
            all.update(part.dispatch.state_mut().hash()?);
            for engine in &mut part.engines {
                all.update(engine.hash()?);
            }
            all.update(part.alerts.state_mut().hash()?);
        }
        Ok(all.finalize().into())
    }

    /// What each stage holds, over all partitions.
    pub fn sizes(&mut self) -> Result<BTreeMap<&'static str, StageSize>, fold::SnapshotError> {
        let mut all = BTreeMap::<&'static str, StageSize>::new();
        for part in &mut self.parts {
            let bytes = part.dispatch.state_mut().snapshot()?.len();
            all.entry("dispatch").or_default().add(bytes, &part.dispatch.state().stats());
            for (engine, stage) in ENGINES.iter().zip(&mut part.engines) {
                all.entry(engine.name).or_default().add(stage.bytes()?, &stage.stats());
            }
            let bytes = part.alerts.state_mut().snapshot()?.len();
            all.entry("alerts").or_default().add(bytes, &part.alerts.state().stats());
        }
        Ok(all)
    }

    /// Partitions of the journal in which records are missing, and of which source: what follows them is not judged.
    pub fn gaps(&self) -> Vec<String> {
        let of = |(n, part): (usize, &PartitionStages)| -> Vec<String> {
            // Whoever reads the journal misses the same.
            let gaps = part.engines.first().map(|engine| engine.gaps()).unwrap_or_default();
            gaps.into_iter().map(|source| format!("partition {n}, of {source}")).collect()
        };
        self.parts.iter().enumerate().flat_map(of).collect()
    }

    /// The image of each stage of each partition.
    pub fn snapshots(&mut self) -> Result<BTreeMap<(u16, &'static str), Vec<u8>>, Unusable> {
        let mut images = BTreeMap::new();
        for (n, part) in (0..).zip(&mut self.parts) {
            images.extend(part.snapshots()?.into_iter().map(|(stage, image)| ((n, stage), image)));
        }
        Ok(images)
    }

    /// A stage of a partition goes on from an image, as after a restart.
    pub fn resume(&mut self, partition: u16, stage: &str, image: &[u8]) -> Result<(), Unusable> {
        self.part(partition).resume(stage, image)
    }

    /// Every stage goes on from its own image, as after a restart.
    pub fn restart(&mut self) -> Result<(), Unusable> {
        for ((partition, stage), image) in self.snapshots()? {
            self.resume(partition, stage, &image)?;
        }
        Ok(())
    }

    fn part(&mut self, p: u16) -> &mut PartitionStages {
        let part = &mut self.parts[usize::from(p % PARTITIONS)];
        part.touched = true;
        part
    }

    fn partition_of(&mut self, subject: &Subject) -> u16 {
        self.partitioner.of(subject, PARTITIONS)
    }

    /// A later grid point: what came out before it is in its final order now.
    fn reach(&mut self, now: Moment) {
        if now > self.now {
            self.gather();
            self.now = now;
        }
    }

    fn gather(&mut self) {
        let from = self.outputs.len();
        for part in &mut self.parts {
            self.outputs.append(&mut part.outputs);
        }
        self.outputs[from..].sort_by_key(Output::order);
        for output in &self.outputs[from..] {
            if let OutputKind::Finding(finding) = &output.what
                && finding.state == State::Raised
            {
                *self.tally.raised.entry(finding.code.to_string()).or_default() += 1;
            }
        }
    }

    fn append(&mut self, p: u16, key: Subject, word: Event, origin: Origin, after: Option<Origin>) {
        self.queue.push_back((p, QueuedFact { key, word, origin, after }));
    }

    /// Strikes the clock of one partition, from `facts` to `exceptions`, unless it stands there already.
    /// What that sends to other subjects waits for its turn: nothing overtakes the entry at work.
    fn tick(&mut self, p: u16) -> Result<(), Stop> {
        let now = self.now;
        if self.part(p).dispatch.state().now() >= now {
            return Ok(());
        }
        let (_, out_records) = self.dispatch(p, None, None, Payload::Tick(now))?;
        self.deliver_all(p, out_records)
    }

    /// Dispatches until nothing is on its way any more.
    fn drain(&mut self) -> Result<(), Stop> {
        while let Some((p, QueuedFact { key, word, origin, after })) = self.queue.pop_front() {
            self.tick(p)?;
            let outside = is_report(&origin);
            let (admission, out_records) =
                self.dispatch(p, Some(origin), after, Payload::Input { key, input: word })?;
            if outside && admission != Admission::New {
                self.tally.duplicate += 1;
            }
            self.deliver_all(p, out_records)?;
        }
        Ok(())
    }

    /// One record of `facts`, and the letters that follow.
    fn dispatch(
        &mut self,
        p: u16,
        origin: Option<Origin>,
        after: Option<Origin>,
        matter: Payload<Event>,
    ) -> Result<(Admission, Vec<OutRecord>), Stop> {
        let mut out_records = std::mem::take(&mut self.out_records);
        let Self { parts, partitioner: homes, .. } = self;
        let part = &mut parts[usize::from(p % PARTITIONS)];
        part.touched = true;
        let record = InputRecord { offset: part.next_fact(), origin, after, payload: matter };
        let admission = part.dispatch.take(&record, homes, &mut out_records)?;
        Ok((admission, out_records))
    }

    fn deliver_all(&mut self, p: u16, mut out_records: Vec<OutRecord>) -> Result<(), Stop> {
        for out_record in out_records.drain(..) {
            self.deliver(p, out_record)?;
        }
        self.out_records = out_records;
        Ok(())
    }

    /// Carries a letter of dispatch's to where it goes.
    fn deliver(&mut self, p: u16, out_record: OutRecord) -> Result<(), Stop> {
        let q = out_record.partition;
        match out_record.topic {
            Topic::Facts => {
                let OutRecord {
                    key,
                    origin: Some(origin),
                    after,
                    body: RecordBody::Event(word),
                    ..
                } = out_record
                else {
                    return Ok(());
                };
                self.queue.push_back((q, QueuedFact { key, word, origin, after }));
                Ok(())
            }
            Topic::Journal => {
                if q != p {
                    self.tick(q)?;
                }
                let OutRecord { key, origin, after, body, .. } = out_record;
                let matter = match body {
                    RecordBody::Event(word) => Payload::Input { key, input: word },
                    RecordBody::Tick(now) => Payload::Tick(now),
                    _ => return Ok(()),
                };
                self.write(q, origin, after, matter)
            }
            Topic::Exceptions => {
                if q != p {
                    self.tick(q)?;
                }
                self.part(q).post(out_record)?;
                self.hear_answers(q)
            }
            Topic::Rejects => {
                if let RecordBody::Unclaimed(event, reason) = out_record.body {
                    self.part(p).put(out_record.now, 0, OutputKind::Expired(event, reason));
                }
                Ok(())
            }
            Topic::Alerts => Ok(()),
        }
    }

    fn write(
        &mut self,
        q: u16,
        origin: Option<Origin>,
        after: Option<Origin>,
        matter: Payload<Event>,
    ) -> Result<(), Stop> {
        let record = InputRecord { offset: self.part(q).journal, origin, after, payload: matter };
        if let Some(journal) = &mut self.journal {
            journal.extend(JournalRecord::of(q, &record));
        }
        self.part(q).judge(record)?;
        self.hear_answers(q)
    }

    /// What alerts said to dispatch, on its way to `facts`, and what it said to other partitions of its own.
    fn hear_answers(&mut self, q: u16) -> Result<(), Stop> {
        let answers = std::mem::take(&mut self.part(q).answers);
        answers.into_iter().try_for_each(|out_record| self.deliver(q, out_record))
    }
}
