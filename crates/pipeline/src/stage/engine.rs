//! A rule engine: `journal` in, `exceptions` out.

use super::dispatch::log_subject;
use super::{LAST, Unusable, faulted, origin};
use crate::letter::{Body, Letter, Topic};
use facts::{Engine, Event, Origin, Said, Subject};
use fold::{Admission, Fold, Matter, Out, Record, Role, Stop};

/// One partition of an engine.
pub struct EngineStage<E: Engine> {
    service: &'static str,
    source: String,
    number: u16,
    fold: Fold<E>,
    said: Vec<Out<Said>>,
}

impl<E: Engine<Word = Event, Said = Said>> EngineStage<E> {
    /// The beginning of a partition.
    pub fn new(role: Role<E>, number: u16) -> Self {
        let service = role.name;
        Self {
            service,
            source: format!("{service}/1"),
            number,
            fold: Fold::new(role),
            said: Vec::new(),
        }
    }

    /// Goes on where an image was taken.
    pub fn resume(role: Role<E>, number: u16, image: &[u8]) -> Result<Self, Unusable> {
        let fold = Fold::from_image(role.clone(), image).map_err(|e| e.to_string())?;
        Ok(Self { fold, ..Self::new(role, number) })
    }

    /// The whole state.
    pub fn image(&mut self) -> Result<Vec<u8>, Unusable> {
        self.fold.image().map_err(|e| e.to_string())
    }

    /// The fold behind it.
    pub fn fold(&self) -> &Fold<E> {
        &self.fold
    }
    /// The same, for its hash.
    pub fn fold_mut(&mut self) -> &mut Fold<E> {
        &mut self.fold
    }

    /// Takes one record; what it causes is put behind `out`, in order.
    pub fn take(
        &mut self,
        record: &Record<Event>,
        out: &mut Vec<Letter>,
    ) -> Result<Admission, Stop> {
        let before = self.fold.now();
        let mut said = std::mem::take(&mut self.said);
        let admission = self.fold.take(record, &mut said)?;
        for one in said.drain(..) {
            let origin = origin(&self.source, "journal", self.number, one.offset, one.index);
            let Some(shipment) = one.key.shipment() else { continue };
            let body = match one.said {
                Some(Said::Finding(finding)) => Body::Finding(finding),
                Some(Said::Context(context)) => Body::Context(context),
                None => {
                    Body::Finding(faulted(self.service, shipment, one.offset, one.index, one.now))
                }
            };
            self.send(one.key, origin, one.now, body, out);
        }
        self.said = said;
        // Behind all that was said at it: whoever hears the stroke has heard everything up to it.
        if let Matter::Tick(now) = record.matter
            && admission == Admission::Admitted
            && now > before
        {
            let origin = origin(&self.source, "journal", self.number, record.offset, LAST);
            self.send(log_subject(), origin, now, Body::Tick(now), out);
        }
        Ok(admission)
    }

    fn send(
        &mut self,
        key: Subject,
        origin: Origin,
        now: facts::Moment,
        body: Body,
        out: &mut Vec<Letter>,
    ) {
        let (topic, partition) = (Topic::Exceptions, self.number);
        let after = self.fold.links().stamp(topic.name(), partition, &origin);
        out.push(Letter { topic, partition, key, origin: Some(origin), after, now, body });
    }
}
