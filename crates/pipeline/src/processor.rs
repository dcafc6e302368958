//! A stage of the log that keeps a state, as a service runs it: a record of its topic in, letters out. Pure: who reads the log, and who
//! writes it, is not its business.

use crate::bytes;
use crate::engines::EngineSpec;
use crate::out_record::{OutRecord, RecordBody, Topic};
use crate::stage::{
    AlertsInput, AlertsStage, DispatchStage, EnginePartition, Outcomes, Partitioner, Unusable,
};
use crate::stage_configs;
use facts::Moment;
use fold::{InputRecord, PartitionConfig, Payload, Release, Stats, Stop};
use wire::Rejection;

/// Which of the stages that keep a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StageKind {
    /// Passes facts on to whom they concern.
    Dispatch,
    /// Judges by the rules of one engine.
    Engine(&'static EngineSpec),
    /// Makes incidents of findings.
    Alerts,
}

impl StageKind {
    /// Its name, by which its service and its group go.
    pub fn name(self) -> &'static str {
        match self {
            Self::Dispatch => "dispatch",
            Self::Engine(engine) => engine.name,
            Self::Alerts => "alerts",
        }
    }
    /// What it reads.
    pub fn reads(self) -> Topic {
        match self {
            Self::Dispatch => Topic::Facts,
            Self::Engine(_) => Topic::Journal,
            Self::Alerts => Topic::Exceptions,
        }
    }
    /// Whether it owns the clock of what it reads, and strikes it there.
    pub fn ticks(self) -> bool {
        match self {
            Self::Dispatch | Self::Alerts => true,
            Self::Engine(_) => false,
        }
    }
    /// The version of what it keeps of a subject.
    pub fn schema(self) -> u32 {
        match self {
            Self::Dispatch => dispatch::SCHEMA,
            Self::Engine(engine) => engine.schema,
            Self::Alerts => alerts::SCHEMA,
        }
    }
    /// The beginning of a partition out of so many, as a release has it.
    pub fn begin(self, release: Release, number: u16, of: u16) -> Box<dyn Processor> {
        match self {
            Self::Dispatch => {
                let role = PartitionConfig { release, ..stage_configs::dispatch() };
                Box::new(DispatchProcessor::new(number, DispatchStage::new(role, number, of)))
            }
            Self::Engine(engine) => {
                Box::new(EngineProcessor { number, stage: engine.begin(release, number) })
            }
            Self::Alerts => {
                let role = PartitionConfig { release, ..stage_configs::alerts() };
                Box::new(AlertsProcessor(AlertsStage::new(role, number, of)))
            }
        }
    }
    /// A partition that goes on from a snapshot, as a release has it.
    ///
    /// # Errors
    ///
    /// What is wrong with the snapshot.
    pub fn resume(
        self,
        release: Release,
        number: u16,
        of: u16,
        snapshot: &[u8],
    ) -> Result<Box<dyn Processor>, Unusable> {
        Ok(match self {
            Self::Dispatch => {
                let role = PartitionConfig { release, ..stage_configs::dispatch() };
                let stage = DispatchStage::resume(role, number, of, snapshot)?;
                Box::new(DispatchProcessor::new(number, stage))
            }
            Self::Engine(engine) => Box::new(EngineProcessor {
                number,
                stage: engine.resume(release, number, snapshot)?,
            }),
            Self::Alerts => {
                let role = PartitionConfig { release, ..stage_configs::alerts() };
                Box::new(AlertsProcessor(AlertsStage::resume(role, number, of, snapshot)?))
            }
        })
    }
}

/// A record as it stands in a partition.
#[derive(Debug, Clone, Copy)]
pub struct RawRecord<'a> {
    /// Its place in the partition, counted from 0.
    pub offset: u64,
    /// Its key, which names the subject that it is about.
    pub key: &'a [u8],
    /// What it says.
    pub value: &'a [u8],
}

/// Why a stage does not go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefusedRecord {
    /// The log has not named its rules yet: what came would be lost.
    #[error("the log has named no rules yet")]
    WithoutRules,
    /// The log asks for what this release does not have.
    #[error(transparent)]
    Stop(#[from] Stop),
}

/// One partition of a stage.
pub trait Processor {
    /// Takes one record; what it causes is put behind `out`, in order. A record that cannot be read keeps its place in the chain of its
    /// source, and why it cannot is given back.
    ///
    /// # Errors
    ///
    /// The stage does not go on.
    fn take(
        &mut self,
        record: RawRecord<'_>,
        out: &mut Vec<OutRecord>,
    ) -> Result<Option<Rejection>, RefusedRecord>;
    /// The whole state, from which a partition goes on.
    ///
    /// # Errors
    ///
    /// The state cannot be written.
    fn snapshot(&mut self) -> Result<Vec<u8>, Unusable>;
    /// The first moment at which silence alone may change something.
    fn next_deadline(&self) -> Option<Moment>;
    /// What is counted of it.
    fn stats(&self) -> Stats;
    /// What became of events that came in from outside, where that is decided here.
    fn outcomes(&self) -> Outcomes {
        Outcomes::default()
    }
    /// Whether somebody waits for what a letter says.
    fn is_awaited(&self, out_record: &OutRecord) -> bool;
}

/// What can be read of a record, and why the rest cannot.
fn read<R>(
    decoded: Result<R, Rejection>,
    linked: impl FnOnce() -> Option<R>,
) -> (Option<R>, Option<Rejection>) {
    match decoded {
        Ok(record) => (Some(record), None),
        Err(rejection) => (linked(), Some(rejection)),
    }
}

fn needs_rules<W>(record: &InputRecord<W>) -> bool {
    matches!(record.payload, Payload::Input { .. })
}

struct DispatchProcessor {
    number: u16,
    stage: DispatchStage,
    partitioner: Partitioner,
}

impl DispatchProcessor {
    fn new(number: u16, stage: DispatchStage) -> Self {
        Self { number, stage, partitioner: Partitioner::default() }
    }
}

impl Processor for DispatchProcessor {
    fn take(
        &mut self,
        record: RawRecord<'_>,
        out: &mut Vec<OutRecord>,
    ) -> Result<Option<Rejection>, RefusedRecord> {
        let RawRecord { offset, key, value } = record;
        let decoded = bytes::fact(offset, key, value);
        let (record, rejection) = read(decoded, || bytes::ignored(offset, value));
        let Some(record) = record else { return Ok(rejection) };
        if needs_rules(&record) && self.stage.state().rules().is_none() {
            return Err(RefusedRecord::WithoutRules);
        }
        self.stage.take(&record, &mut self.partitioner, out)?;
        // What is published is published to the first partition; its owner passes it on to all others.
        if self.number == 0 && record.origin.is_none() {
            self.stage.relay(&record, out);
        }
        Ok(rejection)
    }
    fn snapshot(&mut self) -> Result<Vec<u8>, Unusable> {
        self.stage.snapshot()
    }
    fn next_deadline(&self) -> Option<Moment> {
        self.stage.state().next_deadline()
    }
    fn stats(&self) -> Stats {
        self.stage.state().stats()
    }
    fn outcomes(&self) -> Outcomes {
        *self.stage.outcomes()
    }
    /// Strokes are passed on, too, and nobody waits for these.
    fn is_awaited(&self, out_record: &OutRecord) -> bool {
        matches!(out_record.body, RecordBody::Event(_) | RecordBody::Finding(_))
    }
}

struct EngineProcessor {
    number: u16,
    stage: Box<dyn EnginePartition>,
}

impl Processor for EngineProcessor {
    fn take(
        &mut self,
        record: RawRecord<'_>,
        out: &mut Vec<OutRecord>,
    ) -> Result<Option<Rejection>, RefusedRecord> {
        let RawRecord { offset, value, .. } = record;
        let decoded = bytes::journal(self.number, offset, value).map(|entry| entry.into_record());
        let (record, rejection) = read(decoded, || bytes::ignored(offset, value));
        let Some(record) = record else { return Ok(rejection) };
        if needs_rules(&record) && !self.stage.has_rules() {
            return Err(RefusedRecord::WithoutRules);
        }
        self.stage.take(&record, out)?;
        Ok(rejection)
    }
    fn snapshot(&mut self) -> Result<Vec<u8>, Unusable> {
        self.stage.snapshot()
    }
    fn next_deadline(&self) -> Option<Moment> {
        self.stage.next_deadline()
    }
    fn stats(&self) -> Stats {
        self.stage.stats()
    }
    fn is_awaited(&self, out_record: &OutRecord) -> bool {
        matches!(out_record.body, RecordBody::Finding(_))
    }
}

struct AlertsProcessor(AlertsStage);

impl Processor for AlertsProcessor {
    fn take(
        &mut self,
        record: RawRecord<'_>,
        out: &mut Vec<OutRecord>,
    ) -> Result<Option<Rejection>, RefusedRecord> {
        let RawRecord { offset, value, .. } = record;
        let linked =
            || Some(AlertsInput { record: bytes::ignored(offset, value)?, liveness: None });
        let (heard, rejection) = read(bytes::exception(offset, value), linked);
        let Some(heard) = heard else { return Ok(rejection) };
        if needs_rules(&heard.record) && self.0.state().rules().is_none() {
            return Err(RefusedRecord::WithoutRules);
        }
        self.0.take(&heard, out)?;
        Ok(rejection)
    }
    fn snapshot(&mut self) -> Result<Vec<u8>, Unusable> {
        self.0.snapshot()
    }
    fn next_deadline(&self) -> Option<Moment> {
        self.0.state().next_deadline()
    }
    fn stats(&self) -> Stats {
        self.0.state().stats()
    }
    fn outcomes(&self) -> Outcomes {
        *self.0.outcomes()
    }
    fn is_awaited(&self, out_record: &OutRecord) -> bool {
        matches!(out_record.body, RecordBody::Incident(_))
    }
}
