//! Every stage that keeps a state, as a service: one adapter between the loop and [`Processor`].

use super::names::TopicNames;
use super::snapshot;
use super::{CommitMetadata, clock_probe, new_record, rejected, tick, unreadable, without_rules};
use crate::snapshot_format;
use facts::Moment;
use fold::Release;
use pipeline::processor::{Processor, RawRecord, RefusedRecord, StageKind};
use pipeline::stage::Outcomes;
use pipeline::{OutRecord, stage_configs};
use stream::{FatalError, Gauge, NewRecord, PartitionProcessor, ProcessorFactory, Record};

/// The service of one stage.
#[derive(Debug, Clone)]
pub struct StatefulService {
    /// What topics are called.
    pub names: TopicNames,
    /// Which stage it is.
    pub kind: StageKind,
    /// As which release has it.
    pub release: Release,
}

impl StatefulService {
    /// The service of a stage, as this release has it.
    pub fn new(names: TopicNames, kind: StageKind) -> Self {
        Self { names, kind, release: stage_configs::RELEASE }
    }

    fn with(
        &self,
        number: u16,
        processor: Box<dyn Processor>,
        unreadable: u64,
    ) -> ServicePartition {
        let (names, kind) = (self.names.clone(), self.kind);
        ServicePartition {
            names,
            number,
            kind,
            processor,
            letters: Vec::new(),
            unreadable,
            tells: false,
        }
    }
}

/// One partition of it.
pub struct ServicePartition {
    names: TopicNames,
    number: u16,
    kind: StageKind,
    processor: Box<dyn Processor>,
    letters: Vec<OutRecord>,
    /// Records that could not be read.
    unreadable: u64,
    /// Whether something followed from the last record for which somebody waits.
    tells: bool,
}

impl ProcessorFactory for StatefulService {
    type Processor = ServicePartition;
    fn format_id(&self) -> u64 {
        snapshot_format::of(self.kind.schema())
    }
    fn begin(&self, partition: u16, _: &str) -> Result<ServicePartition, FatalError> {
        let of = self.names.partitions;
        Ok(self.with(partition, self.kind.begin(self.release.clone(), partition, of), 0))
    }
    fn resume(&self, partition: u16, image: &[u8]) -> Result<ServicePartition, String> {
        let (unreadable, rest) = snapshot::read(image)?;
        let of = self.names.partitions;
        let processor = self.kind.resume(self.release.clone(), partition, of, rest)?;
        Ok(self.with(partition, processor, unreadable))
    }
}

impl PartitionProcessor for ServicePartition {
    fn process(&mut self, record: &Record, out: &mut Vec<NewRecord>) -> Result<(), FatalError> {
        self.tells = false;
        let raw = RawRecord { offset: record.offset, key: &record.key, value: &record.value };
        let rejection = self.processor.take(raw, &mut self.letters).map_err(|why| match why {
            RefusedRecord::WithoutRules => without_rules(self.kind.name(), self.number),
            RefusedRecord::Stop(stop) => FatalError(stop.to_string()),
        })?;
        if let Some(rejection) = rejection {
            let place = (self.kind.reads().name(), self.number, record.offset);
            let rejection = unreadable(place, &mut self.unreadable, rejection);
            // What stands on `facts` came from outside, perhaps, and nothing of that is lost.
            if self.kind == StageKind::Dispatch {
                // By log time, so that a replay says the same; before the first stroke, by the log's own stamp.
                let now = match self.processor.stats().now {
                    Moment::EARLIEST => Moment::from_millis(record.appended),
                    now => now,
                };
                out.push(rejected(&self.names, self.number, self.kind.name(), now, &rejection));
            }
        }
        self.tells = self.letters.iter().any(|letter| self.processor.is_awaited(letter));
        out.extend(self.letters.drain(..).map(|letter| new_record(&self.names, &letter)));
        Ok(())
    }
    fn snapshot(&mut self) -> Option<Vec<u8>> {
        Some(snapshot::write(self.unreadable, &self.processor.snapshot().ok()?))
    }
    fn next_deadline(&self) -> Option<i64> {
        self.processor.next_deadline().map(Moment::millis)
    }
    fn note(&self) -> String {
        self.counts().write()
    }
    fn tick(&self, now: i64) -> Option<NewRecord> {
        let strikes = self.kind.ticks();
        strikes.then(|| tick(&self.names, self.kind.reads(), self.number, now))
    }
    fn clock_probe(&self) -> Option<NewRecord> {
        let strikes = self.kind.ticks();
        strikes.then(|| clock_probe(&self.names, self.kind.reads(), self.number))
    }
    fn tells(&self) -> bool {
        self.tells
    }
    fn gauges(&self) -> Vec<Gauge> {
        let counts = self.counts();
        let CommitMetadata { processed, pending, expired, duplicate, .. } = counts;
        match self.kind {
            StageKind::Dispatch => counts.gauges(&[
                ("processed", processed),
                ("pending", pending),
                ("expired", expired),
                ("duplicate", duplicate),
            ]),
            StageKind::Engine(_) => counts.gauges(&[]),
            StageKind::Alerts => {
                counts.gauges(&[("processed", processed), ("duplicate", duplicate)])
            }
        }
    }
}

impl ServicePartition {
    fn counts(&self) -> CommitMetadata {
        let fates: Outcomes = self.processor.outcomes();
        CommitMetadata::of(&self.processor.stats(), &fates, self.unreadable)
    }
}
