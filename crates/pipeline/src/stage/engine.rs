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
        // Behind all that was said at it: whoever hears the stroke has heard everything up to it. Who has no rules
        // has judged nothing, and must not look as if it had.
        if let Matter::Tick(now) = record.matter
            && admission == Admission::Admitted
            && now > before
            && self.fold.rules().is_some()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{bytes, roles, rulebook};
    use facts::Moment;

    /// The stroke that dispatch made of its n-th entry, linked to the one before it.
    fn stroke(n: u64) -> Letter {
        let from = |n: u64| super::origin("dispatch/1", "facts", 0, n, 0);
        Letter {
            topic: Topic::Journal,
            partition: 0,
            key: log_subject(),
            origin: Some(from(n)),
            after: n.checked_sub(1).map(from),
            now: Moment::EARLIEST,
            body: Body::Tick(at(n)),
        }
    }

    fn at(n: u64) -> Moment {
        Moment::from_millis(1_772_352_000_000 + 5_000 * i64::try_from(n).unwrap_or(0))
    }

    fn read(offset: u64, value: &[u8]) -> Record<Event> {
        match bytes::journal(0, offset, value) {
            Ok(record) => record.into_record(),
            Err(_) => bytes::beside_of(offset, value).expect("its place can be read"),
        }
    }

    #[test]
    fn who_has_no_rules_passes_no_stroke_on() {
        let mut stage = EngineStage::new(roles::custody(), 0);
        let mut out = Vec::new();
        let tick = |offset| read(offset, &bytes::write(&stroke(offset)).1);
        stage.take(&tick(0), &mut out).expect("it goes on");
        assert_eq!(out, []);
        let book = rulebook::shipped().expect("rules").book;
        let rules = Record { offset: 1, origin: None, after: None, matter: Matter::Rulebook(book) };
        stage.take(&rules, &mut out).expect("it goes on");
        stage.take(&tick(1), &mut out).expect("it goes on");
        let passed: Vec<&Body> = out.iter().map(|letter| &letter.body).collect();
        assert_eq!(passed, [&Body::Tick(at(1))]);
        out.clear();
        assert_eq!(stage.take(&tick(1), &mut out), Ok(Admission::Repeated));
        assert_eq!(out, [], "a repeat passes nothing on");
    }

    #[test]
    fn a_record_that_cannot_be_read_keeps_its_place_in_the_chain_of_its_source() {
        let mut stage = EngineStage::new(roles::custody(), 0);
        let mut out = Vec::new();
        let mut admitted = |n: u64, value: &[u8]| stage.take(&read(n, value), &mut out);
        let written = |n| String::from_utf8(bytes::write(&stroke(n)).1).expect("text");
        assert_eq!(admitted(0, written(0).as_bytes()), Ok(Admission::Admitted));
        let damaged = written(1).replace("log.tick", "log.tock");
        assert!(bytes::journal(0, 1, damaged.as_bytes()).is_err(), "nobody can read it");
        assert_eq!(admitted(1, damaged.as_bytes()), Ok(Admission::Admitted));
        assert_eq!(admitted(2, written(2).as_bytes()), Ok(Admission::Admitted), "no hole");
        // One that is not there at all is a hole.
        assert_eq!(admitted(3, written(4).as_bytes()), Ok(Admission::Unlinked));
        // Of what holds no place nothing can be linked.
        for value in [&b"nonsense"[..], b"{}", b"{\"origin\":7}", b"{\"origin\":\"x\"}"] {
            assert!(bytes::beside_of::<Event>(9, value).is_none());
        }
    }
}
