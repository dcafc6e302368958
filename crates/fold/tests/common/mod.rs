//! A toy engine: it adds up what it hears and rings an hour after the last word.

#![allow(dead_code, missing_docs, unreachable_pub, clippy::unwrap_used)]

use facts::{
    Engine, Moment, Origin, Rulebook, RulebookError, ShortText, Span, Step, Subject, SubjectKind,
    Trigger,
};
use fold::{InputRecord, PartitionConfig, PartitionState, Payload, Release};
use serde::{Deserialize, Serialize};
use std::panic::{AssertUnwindSafe, catch_unwind};

#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]
pub struct Adder {
    pub sum: i64,
    rings_at: Option<Moment>,
    pub heard: Vec<i64>,
}

pub struct Factor {
    pub times: i64,
}

impl Engine for Adder {
    type Rules = Factor;
    type Input = i64;
    type Output = String;
    fn accepts(word: &i64) -> bool {
        *word != 0
    }
    fn step(&mut self, rules: &Factor, entry: &Step<'_, i64>, said: &mut Vec<String>) {
        match entry.cause {
            Trigger::Input(13) => panic!("thirteen"),
            // Wants to be asked at a moment that is past.
            Trigger::Input(14) => self.rings_at = Some(entry.now),
            Trigger::Input(n) => {
                self.sum += n * rules.times;
                self.heard.push(*n);
                self.rings_at = Some(entry.now + Span::hours(1));
            }
            Trigger::Timer => {
                self.rings_at = None;
                said.push(format!("{} rings at {} with {}", entry.subject.id, entry.now, self.sum));
            }
            Trigger::RulesChanged => said.push(format!("{} judged anew", entry.subject.id)),
        }
    }
    fn next_deadline(&self, _: &Factor) -> Option<Moment> {
        self.rings_at
    }
    // Who has heard a seven is read by others.
    fn affected_subjects(&self, subject: &Subject) -> Vec<Subject> {
        if self.heard.contains(&7) { vec![key("A"), key("B")] } else { vec![subject.clone()] }
    }
}

pub fn config() -> PartitionConfig<Adder> {
    fn rules(book: &Rulebook, behaviour: u32) -> Result<Factor, RulebookError> {
        let times = book.tables.get("times").and_then(serde_json::Value::as_i64);
        let times =
            times.ok_or(RulebookError { table: "times".into(), reason: "missing".into() })?;
        Ok(Factor { times: times * i64::from(behaviour) })
    }
    let contain = |work: &mut dyn FnMut()| catch_unwind(AssertUnwindSafe(work)).is_ok();
    PartitionConfig { name: "adder", rules, release: Release::knowing(1..=2), guard: contain }
}

pub fn book(times: i64) -> Rulebook {
    Rulebook::new([("times".to_owned(), times.into())].into())
}

pub fn key(name: &str) -> Subject {
    Subject::new(SubjectKind::Shipment, name)
}

/// A partition that counts its own offsets.
pub struct Log {
    pub fold: PartitionState<Adder>,
    pub offset: u64,
    pub out: Vec<fold::Emitted<String>>,
}

impl Log {
    pub fn new() -> Self {
        let mut log = Self { fold: PartitionState::new(config()), offset: 0, out: Vec::new() };
        log.take(Payload::Rulebook(book(1)), None, None);
        log
    }
    pub fn take(
        &mut self,
        matter: Payload<i64>,
        origin: Option<Origin>,
        after: Option<Origin>,
    ) -> fold::Admission {
        let record = InputRecord { offset: self.offset, origin, after, payload: matter };
        self.offset += 1;
        self.fold.take(&record, &mut self.out).unwrap()
    }
    pub fn word(&mut self, name: &str, word: i64) {
        self.take(Payload::Input { key: key(name), input: word }, None, None);
    }
    pub fn tick(&mut self, minutes: i64) {
        self.take(Payload::Tick(Moment::from_millis(0) + Span::minutes(minutes)), None, None);
    }
    pub fn said(&self) -> Vec<String> {
        self.out
            .iter()
            .map(|o| o.output.clone().unwrap_or_else(|| format!("{} faulted", o.key.id)))
            .collect()
    }
}

pub fn origin(offset: u64) -> Origin {
    Origin {
        service: ShortText::new("writer"),
        topic: ShortText::new("in"),
        partition: 0,
        offset,
        index: 0,
    }
}
