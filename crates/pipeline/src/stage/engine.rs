//! A rule engine: `journal` in, `exceptions` out.

use super::dispatch::log_subject;
use super::states::States;
use super::{LAST, Unusable, origin, quarantined};
use crate::out_record::{OutRecord, RecordBody, Topic};
use facts::{Context, EngineOutput, Event, Moment, Origin, RuleEngine, ShortText, Subject};
use fold::{
    Admission, Emitted, InputRecord, PartitionConfig, PartitionState, Payload, SnapshotError,
    Stats, Stop,
};

/// One partition of a rule engine, whichever it is.
pub trait EnginePartition {
    /// Takes one record; what it causes is put behind `out`, in order.
    ///
    /// # Errors
    ///
    /// The engine must not go on: the log asks for what this release does not have.
    fn take(
        &mut self,
        record: &InputRecord<Event>,
        out: &mut Vec<OutRecord>,
    ) -> Result<Admission, Stop>;
    /// The whole state, from which a partition goes on.
    ///
    /// # Errors
    ///
    /// The state cannot be written.
    fn snapshot(&mut self) -> Result<Vec<u8>, Unusable>;
    /// SHA-256 of the engine's state.
    ///
    /// # Errors
    ///
    /// The state cannot be written.
    fn hash(&mut self) -> Result<[u8; 32], SnapshotError>;
    /// How many bytes the engine's state has.
    ///
    /// # Errors
    ///
    /// The state cannot be written.
    fn bytes(&mut self) -> Result<usize, SnapshotError>;
    /// The first moment at which silence alone may change something.
    fn next_deadline(&self) -> Option<Moment>;
    /// Whether the log has named its rules.
    fn has_rules(&self) -> bool;
    /// What is counted of it.
    fn stats(&self) -> Stats;
    /// Sources with a hole that stands.
    fn gaps(&self) -> Vec<String>;
}

/// One partition of an engine.
pub struct EngineStage<E: RuleEngine> {
    service: &'static str,
    source: String,
    number: u16,
    state: PartitionState<E>,
    states: States,
    said: Vec<Emitted<EngineOutput>>,
}

impl<E: RuleEngine> EngineStage<E> {
    /// The beginning of a partition.
    pub fn new(role: PartitionConfig<E>, number: u16) -> Self {
        let service = role.name;
        Self {
            service,
            source: format!("{service}/1"),
            number,
            state: PartitionState::new(role),
            states: States::default(),
            said: Vec::new(),
        }
    }

    /// Goes on where an image was taken.
    pub fn resume(role: PartitionConfig<E>, number: u16, image: &[u8]) -> Result<Self, Unusable> {
        let (states, fold) =
            postcard::take_from_bytes::<States>(image).map_err(|e| e.to_string())?;
        let fold = PartitionState::from_snapshot(role.clone(), fold).map_err(|e| e.to_string())?;
        Ok(Self { state: fold, states, ..Self::new(role, number) })
    }

    fn send(
        &mut self,
        key: Subject,
        origin: Origin,
        now: Moment,
        body: RecordBody,
        out: &mut Vec<OutRecord>,
    ) {
        let (topic, partition) = (Topic::Exceptions, self.number);
        let after = self.state.links().stamp(topic.name(), partition, &origin);
        out.push(OutRecord { topic, partition, key, origin: Some(origin), after, now, body });
    }
}

impl<E: RuleEngine> EnginePartition for EngineStage<E> {
    fn snapshot(&mut self) -> Result<Vec<u8>, Unusable> {
        let mut image = postcard::to_allocvec(&self.states).map_err(|e| e.to_string())?;
        image.extend(self.state.snapshot().map_err(|e| e.to_string())?);
        Ok(image)
    }

    fn hash(&mut self) -> Result<[u8; 32], SnapshotError> {
        self.state.hash()
    }
    fn bytes(&mut self) -> Result<usize, SnapshotError> {
        Ok(self.state.snapshot()?.len())
    }
    fn next_deadline(&self) -> Option<Moment> {
        self.state.next_deadline()
    }
    fn has_rules(&self) -> bool {
        self.state.rules().is_some()
    }
    fn stats(&self) -> Stats {
        self.state.stats()
    }
    fn gaps(&self) -> Vec<String> {
        self.state.gaps().collect()
    }

    fn take(
        &mut self,
        record: &InputRecord<Event>,
        out: &mut Vec<OutRecord>,
    ) -> Result<Admission, Stop> {
        let before = self.state.now();
        let mut said = std::mem::take(&mut self.said);
        let admission = match several(record) {
            Some(record) => self.state.take(&record, &mut said)?,
            None => self.state.take(record, &mut said)?,
        };
        for one in said.drain(..) {
            let origin = origin(&self.source, "journal", self.number, one.offset, one.index);
            let Some(shipment) = one.key.shipment() else { continue };
            let body = match one.output {
                Some(EngineOutput::Finding(finding)) => RecordBody::Finding(finding),
                Some(EngineOutput::Context(context)) => RecordBody::Context(*context),
                Some(EngineOutput::PutAway) => {
                    RecordBody::Context(Context::PutAway(ShortText::new(self.service)))
                }
                None => RecordBody::Finding(quarantined(
                    self.service,
                    shipment,
                    (one.offset, one.index),
                    one.now,
                    self.state.behaviour(),
                )),
            };
            self.send(one.key, origin, one.now, body, out);
        }
        self.said = said;
        if let Some(state) = self.states.at(self.service, record.offset, &mut self.state) {
            let origin = origin(&self.source, "journal", self.number, record.offset, LAST - 1);
            let now = self.state.now();
            self.send(log_subject(), origin, now, RecordBody::StateHash(state), out);
        }
        // Behind all that was said at it: whoever hears the stroke has heard everything up to it. Who has no rules
        // has judged nothing, and must not look as if it had.
        if let Payload::Tick(now) = record.payload
            && admission == Admission::New
            && now > before
            && self.state.rules().is_some()
        {
            let origin = origin(&self.source, "journal", self.number, record.offset, LAST);
            self.send(log_subject(), origin, now, RecordBody::Tick(now), out);
        }
        Ok(admission)
    }
}

/// A record that holds several words, as each of them.
fn several(record: &InputRecord<Event>) -> Option<InputRecord<Event>> {
    let Payload::Input { key, input: word } = &record.payload else { return None };
    let matter = Payload::Inputs { key: key.clone(), inputs: word.several()? };
    let InputRecord { offset, origin, after, .. } = record.clone();
    Some(InputRecord { offset, origin, after, payload: matter })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ENGINES, bytes, rulebook, stage_configs};
    use facts::Moment;

    /// The stroke that dispatch made of its n-th entry, linked to the one before it.
    fn stroke(n: u64) -> OutRecord {
        let from = |n: u64| super::origin("dispatch/1", "facts", 0, n, 0);
        OutRecord {
            topic: Topic::Journal,
            partition: 0,
            key: log_subject(),
            origin: Some(from(n)),
            after: n.checked_sub(1).map(from),
            now: Moment::EARLIEST,
            body: RecordBody::Tick(at(n)),
        }
    }

    fn at(n: u64) -> Moment {
        Moment::from_millis(1_772_352_000_000 + 5_000 * i64::try_from(n).unwrap_or(0))
    }

    fn read(offset: u64, value: &[u8]) -> InputRecord<Event> {
        match bytes::journal(0, offset, value) {
            Ok(record) => record.into_record(),
            Err(_) => bytes::ignored(offset, value).expect("its place can be read"),
        }
    }

    /// An engine that knows at which behaviour the log is, and has no rules yet.
    fn begun() -> Box<dyn EnginePartition> {
        let mut stage = ENGINES[0].begin(stage_configs::RELEASE, 0);
        let matter = Payload::Behaviour(*stage_configs::BEHAVIOURS.end());
        let record = InputRecord { offset: 0, origin: None, after: None, payload: matter };
        stage.take(&record, &mut Vec::new()).expect("it goes on");
        stage
    }

    #[test]
    fn a_log_that_says_no_behaviour_is_refused_with_its_number() {
        let mut stage = ENGINES[0].begin(stage_configs::RELEASE, 0);
        let book = rulebook::shipped().expect("rules").book;
        let rules =
            InputRecord { offset: 0, origin: None, after: None, payload: Payload::Rulebook(book) };
        let stop = stage.take(&rules, &mut Vec::new()).expect_err("it stops");
        let said = stop.to_string();
        assert!(
            said.starts_with(&format!(
                "the log is at behaviour 1, this release of {} knows",
                ENGINES[0].name
            )),
            "{said}"
        );
    }

    #[test]
    fn who_has_no_rules_passes_no_stroke_on() {
        let mut stage = begun();
        let mut out = Vec::new();
        let tick = |offset| read(offset, &bytes::write(&stroke(offset)).1);
        stage.take(&tick(0), &mut out).expect("it goes on");
        assert_eq!(out, []);
        let book = rulebook::shipped().expect("rules").book;
        let rules =
            InputRecord { offset: 1, origin: None, after: None, payload: Payload::Rulebook(book) };
        stage.take(&rules, &mut out).expect("it goes on");
        stage.take(&tick(1), &mut out).expect("it goes on");
        let passed: Vec<&RecordBody> = out.iter().map(|out_record| &out_record.body).collect();
        assert_eq!(passed, [&RecordBody::Tick(at(1))]);
        out.clear();
        assert_eq!(stage.take(&tick(1), &mut out), Ok(Admission::Duplicate));
        assert_eq!(out, [], "a repeat passes nothing on");
    }

    #[test]
    fn a_record_that_cannot_be_read_keeps_its_place_in_the_chain_of_its_source() {
        let mut stage = ENGINES[0].begin(stage_configs::RELEASE, 0);
        let mut out = Vec::new();
        let mut admitted = |n: u64, value: &[u8]| stage.take(&read(n, value), &mut out);
        let written = |n| String::from_utf8(bytes::write(&stroke(n)).1).expect("text");
        assert_eq!(admitted(0, written(0).as_bytes()), Ok(Admission::New));
        let damaged = written(1).replace("log.tick", "log.tock");
        assert!(bytes::journal(0, 1, damaged.as_bytes()).is_err(), "nobody can read it");
        assert_eq!(admitted(1, damaged.as_bytes()), Ok(Admission::New));
        assert_eq!(admitted(2, written(2).as_bytes()), Ok(Admission::New), "no hole");
        // One that is not there at all is a hole.
        assert_eq!(admitted(3, written(4).as_bytes()), Ok(Admission::Gap));
        // Of what holds no place nothing can be linked.
        for value in [&b"nonsense"[..], b"{}", b"{\"origin\":7}", b"{\"origin\":\"x\"}"] {
            assert!(bytes::ignored::<Event>(9, value).is_none());
        }
    }

    /// The states that an engine tells over so many strokes; it begins anew from its image behind each of these.
    fn told(strokes: u64, restarts: &[u64], skip: Option<u64>) -> Vec<OutRecord> {
        let mut stage = begun();
        let book = rulebook::shipped().expect("rules").book;
        let (mut out, mut told) = (Vec::new(), Vec::new());
        let rules =
            InputRecord { offset: 0, origin: None, after: None, payload: Payload::Rulebook(book) };
        stage.take(&rules, &mut out).expect("it goes on");
        for offset in 1..=strokes {
            let of = if Some(offset) == skip { offset - 1 } else { offset };
            let matter = Payload::Tick(at(of));
            let tick = InputRecord { offset, origin: None, after: None, payload: matter };
            stage.take(&tick, &mut out).expect("it goes on");
            told.extend(
                out.drain(..)
                    .filter(|out_record| matches!(out_record.body, RecordBody::StateHash(_))),
            );
            if restarts.contains(&offset) {
                let image = stage.snapshot().expect("an image");
                stage = ENGINES[0].resume(stage_configs::RELEASE, 0, &image).expect("it goes on");
            }
        }
        told
    }

    fn hashes(told: &[OutRecord]) -> Vec<(u64, String)> {
        let state = |out_record: &OutRecord| match &out_record.body {
            RecordBody::StateHash(state) => Some((state.offset, state.hash.to_string())),
            _ => None,
        };
        told.iter().filter_map(state).collect()
    }

    #[test]
    fn a_state_is_told_every_ten_thousand_entries_and_a_restart_changes_nothing() {
        let straight = told(25_000, &[], None);
        let offsets: Vec<u64> = hashes(&straight).into_iter().map(|(offset, _)| offset).collect();
        assert_eq!(offsets, [10_000, 20_000]);
        assert_eq!(told(25_000, &[1, 9_999, 10_000, 15_000], None), straight);
    }

    #[test]
    fn who_has_folded_something_else_tells_another_state() {
        let (one, other) = (told(20_000, &[], None), told(20_000, &[], Some(5_000)));
        assert_ne!(hashes(&one), hashes(&other), "a stroke that one of them did not hear");
    }
}
