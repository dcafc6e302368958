//! `exceptions` in, `alerts` out.

use super::image;
use super::names::Names;
use super::{Note, asks_the_time, draft, stroke, unreadable, without_rules};
use crate::form;
use facts::Moment;
use fold::{Matter, Role};
use pipeline::stage::{AlertsStage, Heard};
use pipeline::{Body, Letter, Topic, bytes};
use stream::{Draft, Gauge, Halt, Life, Record, Stage};

/// The service.
pub struct Alerts {
    /// What topics are called.
    pub names: Names,
    /// What it is.
    pub role: fn() -> Role<alerts::Alerts>,
}

/// One partition of it.
pub struct Partition {
    names: Names,
    number: u16,
    stage: AlertsStage,
    letters: Vec<Letter>,
    unreadable: u64,
    tells: bool,
}

impl Alerts {
    fn with(&self, number: u16, stage: AlertsStage) -> Partition {
        let (names, letters) = (self.names.clone(), Vec::new());
        Partition { names, number, stage, letters, unreadable: 0, tells: false }
    }
}

impl Stage for Alerts {
    type Life = Partition;
    fn form(&self) -> u64 {
        form::of(alerts::SCHEMA)
    }
    fn begin(&self, partition: u16, _: &str) -> Result<Partition, Halt> {
        Ok(self.with(partition, AlertsStage::new((self.role)(), partition, self.names.partitions)))
    }
    fn resume(&self, partition: u16, image: &[u8]) -> Result<Partition, String> {
        let (unreadable, rest) = image::read(image)?;
        let stage = AlertsStage::resume((self.role)(), partition, self.names.partitions, rest)?;
        Ok(Partition { unreadable, ..self.with(partition, stage) })
    }
}

impl Life for Partition {
    fn take(&mut self, record: &Record, out: &mut Vec<Draft>) -> Result<(), Halt> {
        self.tells = false;
        let heard = match bytes::exception(record.offset, &record.value) {
            Ok(heard) => heard,
            Err(rejection) => {
                unreadable(
                    ("exceptions", self.number, record.offset),
                    &mut self.unreadable,
                    rejection,
                );
                let Some(record) = bytes::beside_of(record.offset, &record.value) else {
                    return Ok(());
                };
                Heard { record, sign: None }
            }
        };
        if matches!(heard.record.matter, Matter::Word { .. }) && self.stage.fold().rules().is_none()
        {
            return Err(without_rules("alerts", self.number));
        }
        self.stage.take(&heard, &mut self.letters).map_err(|stop| Halt(stop.to_string()))?;
        self.tells = self.letters.iter().any(|letter| matches!(letter.body, Body::Incident(_)));
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
        Some(stroke(&self.names, Topic::Exceptions, self.number, now))
    }
    fn asks_the_time(&self) -> Option<Draft> {
        Some(asks_the_time(&self.names, Topic::Exceptions, self.number))
    }
    fn tells(&self) -> bool {
        self.tells
    }
    fn gauges(&self) -> Vec<Gauge> {
        let Note { judged, duplicate, .. } = self.counts();
        self.counts().gauges(&[("judged", judged), ("duplicate", duplicate)])
    }
}

impl Partition {
    fn counts(&self) -> Note {
        Note::of(&self.stage.fold().stats(), self.stage.fates(), self.unreadable)
    }
}
