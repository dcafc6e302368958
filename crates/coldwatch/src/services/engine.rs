//! A rule engine as a service: `journal` in, `exceptions` out. Custody, thermal, permits and schedule differ by
//! their role alone.

use super::image;
use super::names::Names;
use super::{Note, draft, unreadable, without_rules};
use crate::form;
use facts::{Engine, Event, Moment, Said};
use fold::{Matter, Role};
use pipeline::stage::{EngineStage, Fates};
use pipeline::{Body, Letter, bytes};
use stream::{Draft, Gauge, Halt, Life, Record, Stage};

/// The service of one engine.
pub struct Judging<E: Engine> {
    /// What topics are called.
    pub names: Names,
    /// What the engine is.
    pub role: fn() -> Role<E>,
}

/// One partition of it.
pub struct Partition<E: Engine> {
    names: Names,
    number: u16,
    service: &'static str,
    stage: EngineStage<E>,
    letters: Vec<Letter>,
    unreadable: u64,
    tells: bool,
}

impl<E: Engine<Word = Event, Said = Said>> Judging<E> {
    fn with(&self, number: u16, stage: EngineStage<E>) -> Partition<E> {
        let (names, service) = (self.names.clone(), (self.role)().name);
        Partition {
            names,
            number,
            service,
            stage,
            letters: Vec::new(),
            unreadable: 0,
            tells: false,
        }
    }
}

impl<E: Engine<Word = Event, Said = Said>> Stage for Judging<E> {
    type Life = Partition<E>;
    fn form(&self) -> u64 {
        form::of_this_program()
    }
    fn begin(&self, partition: u16, _: &str) -> Result<Partition<E>, Halt> {
        Ok(self.with(partition, EngineStage::new((self.role)(), partition)))
    }
    fn resume(&self, partition: u16, image: &[u8]) -> Result<Partition<E>, String> {
        let (unreadable, rest) = image::read(image)?;
        let stage = EngineStage::resume((self.role)(), partition, rest)?;
        Ok(Partition { unreadable, ..self.with(partition, stage) })
    }
}

impl<E: Engine<Word = Event, Said = Said>> Life for Partition<E> {
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
        if matches!(entry.matter, Matter::Word { .. }) && self.stage.fold().rules().is_none() {
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
        self.stage.fold().due().map(Moment::millis)
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

impl<E: Engine<Word = Event, Said = Said>> Partition<E> {
    fn counts(&self) -> Note {
        Note::of(self.stage.fold(), &Fates::default(), self.unreadable)
    }
}
