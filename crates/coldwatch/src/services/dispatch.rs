//! `facts` in, `journal` and all else out.

use super::image;
use super::names::Names;
use super::{Note, asks_the_time, draft, rejected, stroke, unreadable, without_rules};
use crate::form;
use facts::Moment;
use fold::{Matter, Role};
use pipeline::stage::{DispatchStage, Homes};
use pipeline::{Body, Letter, Topic, bytes};
use stream::{Draft, Gauge, Halt, Life, Record, Stage};

/// The service.
pub struct Dispatch {
    /// What topics are called.
    pub names: Names,
    /// What it is.
    pub role: fn() -> Role<dispatch::Dispatch>,
}

/// One partition of it.
pub struct Partition {
    names: Names,
    number: u16,
    stage: DispatchStage,
    homes: Homes,
    letters: Vec<Letter>,
    unreadable: u64,
    tells: bool,
}

impl Dispatch {
    fn with(&self, number: u16, stage: DispatchStage) -> Partition {
        let (homes, letters) = (Homes::default(), Vec::new());
        let names = self.names.clone();
        Partition { names, number, stage, homes, letters, unreadable: 0, tells: false }
    }
}

impl Stage for Dispatch {
    type Life = Partition;
    fn form(&self) -> u64 {
        form::of(dispatch::SCHEMA)
    }
    fn begin(&self, partition: u16, _: &str) -> Result<Partition, Halt> {
        Ok(self
            .with(partition, DispatchStage::new((self.role)(), partition, self.names.partitions)))
    }
    fn resume(&self, partition: u16, image: &[u8]) -> Result<Partition, String> {
        let (unreadable, rest) = image::read(image)?;
        let stage = DispatchStage::resume((self.role)(), partition, self.names.partitions, rest)?;
        Ok(Partition { unreadable, ..self.with(partition, stage) })
    }
}

impl Life for Partition {
    fn take(&mut self, record: &Record, out: &mut Vec<Draft>) -> Result<(), Halt> {
        self.tells = false;
        let fact = match bytes::fact(record.offset, &record.key, &record.value) {
            Ok(fact) => fact,
            Err(rejection) => {
                let rejection = unreadable(
                    ("facts", self.number, record.offset),
                    &mut self.unreadable,
                    rejection,
                );
                // By log time, so that a replay says the same; before the first stroke, by the log's own stamp.
                let now = match self.stage.fold().now() {
                    Moment::EARLIEST => Moment::from_millis(record.appended),
                    now => now,
                };
                out.push(rejected(&self.names, self.number, "dispatch", now, &rejection));
                let Some(link) = bytes::beside_of(record.offset, &record.value) else {
                    return Ok(());
                };
                link
            }
        };
        if matches!(fact.matter, Matter::Word { .. }) && self.stage.fold().rules().is_none() {
            return Err(without_rules("dispatch", self.number));
        }
        self.stage
            .take(&fact, &mut self.homes, &mut self.letters)
            .map_err(|stop| Halt(stop.to_string()))?;
        // What is published is published to the first partition; its owner passes it on to all others.
        if self.number == 0 && fact.origin.is_none() {
            self.stage.relay(&fact, &mut self.letters);
        }
        // Strokes are passed on, too, and nobody waits for these.
        let told = |letter: &Letter| matches!(letter.body, Body::Event(_) | Body::Finding(_));
        self.tells = self.letters.iter().any(told);
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
    fn stroke(&self, now: i64) -> Option<Draft> {
        Some(stroke(&self.names, Topic::Facts, self.number, now))
    }
    fn asks_the_time(&self) -> Option<Draft> {
        Some(asks_the_time(&self.names, Topic::Facts, self.number))
    }
    fn tells(&self) -> bool {
        self.tells
    }
    fn gauges(&self) -> Vec<Gauge> {
        let Note { judged, held, expired, duplicate, .. } = self.counts();
        let events =
            [("judged", judged), ("held", held), ("expired", expired), ("duplicate", duplicate)];
        self.counts().gauges(&events)
    }
}

impl Partition {
    fn counts(&self) -> Note {
        Note::of(&self.stage.fold().stats(), self.stage.fates(), self.unreadable)
    }
}
