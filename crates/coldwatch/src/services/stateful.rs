//! Every stage that keeps a state, as a service: one adapter between the loop and [`Processor`].

use super::image;
use super::names::Names;
use super::{Note, asks_the_time, new_record, rejected, stroke, unreadable, without_rules};
use crate::form;
use facts::Moment;
use fold::Release;
use pipeline::processor::{Processor, RawRecord, RefusedRecord, StageKind};
use pipeline::stage::Outcomes;
use pipeline::{OutRecord, stage_configs};
use stream::{FatalError, Gauge, NewRecord, PartitionProcessor, ProcessorFactory, Record};

/// The service of one stage.
#[derive(Debug, Clone)]
pub struct Stateful {
    /// What topics are called.
    pub names: Names,
    /// Which stage it is.
    pub kind: StageKind,
    /// As which release has it.
    pub release: Release,
}

impl Stateful {
    /// The service of a stage, as this release has it.
    pub fn new(names: Names, kind: StageKind) -> Self {
        Self { names, kind, release: stage_configs::RELEASE }
    }

    fn with(&self, number: u16, processor: Box<dyn Processor>, unreadable: u64) -> Partition {
        let (names, kind) = (self.names.clone(), self.kind);
        Partition { names, number, kind, processor, letters: Vec::new(), unreadable, tells: false }
    }
}

/// One partition of it.
pub struct Partition {
    names: Names,
    number: u16,
    kind: StageKind,
    processor: Box<dyn Processor>,
    letters: Vec<OutRecord>,
    /// Records that could not be read.
    unreadable: u64,
    /// Whether something followed from the last record for which somebody waits.
    tells: bool,
}

impl ProcessorFactory for Stateful {
    type Processor = Partition;
    fn format_id(&self) -> u64 {
        form::of(self.kind.schema())
    }
    fn begin(&self, partition: u16, _: &str) -> Result<Partition, FatalError> {
        let of = self.names.partitions;
        Ok(self.with(partition, self.kind.begin(self.release.clone(), partition, of), 0))
    }
    fn resume(&self, partition: u16, image: &[u8]) -> Result<Partition, String> {
        let (unreadable, rest) = image::read(image)?;
        let of = self.names.partitions;
        let processor = self.kind.resume(self.release.clone(), partition, of, rest)?;
        Ok(self.with(partition, processor, unreadable))
    }
}

impl PartitionProcessor for Partition {
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
        Some(image::write(self.unreadable, &self.processor.snapshot().ok()?))
    }
    fn next_deadline(&self) -> Option<i64> {
        self.processor.next_deadline().map(Moment::millis)
    }
    fn note(&self) -> String {
        self.counts().write()
    }
    fn tick(&self, now: i64) -> Option<NewRecord> {
        let strikes = self.kind.ticks();
        strikes.then(|| stroke(&self.names, self.kind.reads(), self.number, now))
    }
    fn clock_probe(&self) -> Option<NewRecord> {
        let strikes = self.kind.ticks();
        strikes.then(|| asks_the_time(&self.names, self.kind.reads(), self.number))
    }
    fn tells(&self) -> bool {
        self.tells
    }
    fn gauges(&self) -> Vec<Gauge> {
        let counts = self.counts();
        let Note { judged, held, expired, duplicate, .. } = counts;
        match self.kind {
            StageKind::Dispatch => counts.gauges(&[
                ("judged", judged),
                ("held", held),
                ("expired", expired),
                ("duplicate", duplicate),
            ]),
            StageKind::Engine(_) => counts.gauges(&[]),
            StageKind::Alerts => counts.gauges(&[("judged", judged), ("duplicate", duplicate)]),
        }
    }
}

impl Partition {
    fn counts(&self) -> Note {
        let fates: Outcomes = self.processor.outcomes();
        Note::of(&self.processor.stats(), &fates, self.unreadable)
    }
}
