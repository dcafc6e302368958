//! A rule engine as a service: `journal` in, `exceptions` out. One service differs from another by its engine alone.

use super::image;
use super::names::Names;
use super::{Note, draft, unreadable, without_rules};
use crate::form;
use facts::Moment;
use fold::{Matter, Release};
use pipeline::stage::{EnginePartition, Fates};
use pipeline::{Body, EngineSpec, Letter, bytes, roles};
use stream::{Draft, Gauge, Halt, Life, Record, Stage};

/// The service of one engine.
pub struct Judging {
    /// What topics are called.
    pub names: Names,
    /// Which engine it is.
    pub engine: &'static EngineSpec,
    /// As which release has it.
    pub release: Release,
}

impl Judging {
    /// The service of an engine, as this release has it.
    pub fn new(names: Names, engine: &'static EngineSpec) -> Self {
        Self { names, engine, release: roles::RELEASE }
    }

    fn with(&self, number: u16, stage: Box<dyn EnginePartition>, unreadable: u64) -> Partition {
        Partition {
            names: self.names.clone(),
            number,
            service: self.engine.name,
            stage,
            letters: Vec::new(),
            unreadable,
            tells: false,
        }
    }
}

/// One partition of it.
pub struct Partition {
    names: Names,
    number: u16,
    service: &'static str,
    stage: Box<dyn EnginePartition>,
    letters: Vec<Letter>,
    unreadable: u64,
    tells: bool,
}

impl Stage for Judging {
    type Life = Partition;
    fn form(&self) -> u64 {
        form::of(self.engine.schema)
    }
    fn begin(&self, partition: u16, _: &str) -> Result<Partition, Halt> {
        Ok(self.with(partition, self.engine.begin(self.release.clone(), partition), 0))
    }
    fn resume(&self, partition: u16, image: &[u8]) -> Result<Partition, String> {
        let (unreadable, rest) = image::read(image)?;
        let stage = self.engine.resume(self.release.clone(), partition, rest)?;
        Ok(self.with(partition, stage, unreadable))
    }
}

impl Life for Partition {
    fn take(&mut self, record: &Record, out: &mut Vec<Draft>) -> Result<(), Halt> {
        self.tells = false;
        let entry = match bytes::journal(self.number, record.offset, &record.value) {
            Ok(entry) => entry.into_record(),
            Err(rejection) => {
                unreadable(
                    ("journal", self.number, record.offset),
                    &mut self.unreadable,
                    rejection,
                );
                let Some(link) = bytes::beside_of(record.offset, &record.value) else {
                    return Ok(());
                };
                link
            }
        };
        if matches!(entry.matter, Matter::Word { .. }) && !self.stage.has_rules() {
            return Err(without_rules(self.service, self.number));
        }
        self.stage.take(&entry, &mut self.letters).map_err(|stop| Halt(stop.to_string()))?;
        self.tells = self.letters.iter().any(|letter| matches!(letter.body, Body::Finding(_)));
        out.extend(self.letters.drain(..).map(|letter| draft(&self.names, &letter)));
        Ok(())
    }
    fn image(&mut self) -> Option<Vec<u8>> {
        Some(image::write(self.unreadable, &self.stage.image().ok()?))
    }
    fn due(&self) -> Option<i64> {
        self.stage.due().map(Moment::millis)
    }
    fn note(&self) -> String {
        self.counts().write()
    }
    fn tells(&self) -> bool {
        self.tells
    }
    fn gauges(&self) -> Vec<Gauge> {
        self.counts().gauges(&[])
    }
}

impl Partition {
    fn counts(&self) -> Note {
        Note::of(&self.stage.stats(), &Fates::default(), self.unreadable)
    }
}
