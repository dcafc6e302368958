//! A simulated week as the letters that every stage writes: the journal's facts, what the engines say of them,
//! what staff do, and the incidents. The stages are the services' own; who carries a letter is played here.

use crate::common::{book_with, intake};
use facts::fact::incident::{Acknowledged, IncidentClosed};
use facts::{Event, Fact, Moment, Origin, PartyId, ShortText, Span, StaffFact, Subject};
use fold::{InputRecord, Payload};
use pipeline::stage::{AlertsInput, AlertsStage};
use pipeline::{
    ENGINES, EngineSpec, JournalRecord, OutRecord, PARTITIONS, Pipeline, RecordBody, Topic, bytes,
    stage_configs,
};
use serde_json::Value;

/// Everything that is written about so many shipments.
pub(crate) fn letters(seed: u64, shipments: u32) -> Vec<OutRecord> {
    let week = simulate::make(seed, shipments).inbound.into_iter();
    letters_of(week.map(|arrival| (arrival.at, arrival.event)))
}

/// Everything that is written about these events.
pub(crate) fn letters_of(arrivals: impl Iterator<Item = (Moment, Event)>) -> Vec<OutRecord> {
    let mut partitions: Vec<Vec<JournalRecord>> = vec![Vec::new(); usize::from(PARTITIONS)];
    for record in journal(arrivals) {
        partitions[usize::from(record.partition)].push(record);
    }
    (0..).zip(partitions).flat_map(|(number, journal)| judged(number, journal)).collect()
}

pub(crate) fn journal(arrivals: impl Iterator<Item = (Moment, Event)>) -> Vec<JournalRecord> {
    let mut pipeline = Pipeline::keeping_journal(&book_with(Value::Null)).expect("fit rules");
    let mut last = Moment::EARLIEST;
    for (n, (at, event)) in (1..).zip(arrivals) {
        last = at;
        pipeline.feed(at, event, intake(n)).expect("nothing stops");
    }
    pipeline.advance(last + Span::days(2)).expect("nothing stops");
    pipeline.take_journal()
}

/// One partition, from its journal on.
fn judged(number: u16, journal: Vec<JournalRecord>) -> Vec<OutRecord> {
    let (mut all, mut said) = (Vec::new(), Vec::new());
    let begin = |engine: &EngineSpec| engine.begin(stage_configs::RELEASE, number);
    let mut engines: Vec<_> = ENGINES.iter().map(begin).collect();
    let mut alerts = Exceptions {
        stage: AlertsStage::new(stage_configs::alerts(), number, PARTITIONS),
        end: 0,
        acts: 0,
    };
    for record in journal {
        let record = record.into_record();
        all.extend(of_dispatch(number, &record));
        for engine in &mut engines {
            engine.take(&record, &mut said).expect("it goes on");
        }
        for letter in said.drain(..) {
            all.extend(alerts.hear(&letter));
            all.push(letter);
        }
        // What the log says of itself stands on `exceptions`, too.
        if !matches!(record.payload, Payload::Input { .. }) {
            let (key, now) = (Subject::new(facts::SubjectKind::Log, "log"), Moment::EARLIEST);
            let body = match record.payload {
                Payload::Tick(now) => RecordBody::Tick(now),
                Payload::Rulebook(book) => RecordBody::Rulebook(book),
                Payload::Behaviour(number) => RecordBody::Behaviour(number),
                Payload::Genesis(genesis) => RecordBody::Behaviour(genesis.behaviour),
                Payload::Input { .. } | Payload::Inputs { .. } | Payload::Ignored => continue,
            };
            let topic = Topic::Exceptions;
            let letter =
                OutRecord { topic, partition: number, key, origin: None, after: None, now, body };
            all.extend(alerts.hear(&letter));
            all.push(letter);
        }
    }
    all
}

/// The fact of a journal as dispatch wrote it.
fn of_dispatch(partition: u16, record: &InputRecord<Event>) -> Option<OutRecord> {
    let Payload::Input { key, input: word } = &record.payload else { return None };
    let (topic, key, now) = (Topic::Journal, key.clone(), word.at);
    let (origin, after) = (record.origin.clone(), record.after.clone());
    Some(OutRecord {
        topic,
        partition,
        key,
        origin,
        after,
        now,
        body: RecordBody::Event(word.clone()),
    })
}

/// A partition of `exceptions`, its reader, and staff who take every other incident and close every third.
struct Exceptions {
    stage: AlertsStage,
    end: u64,
    acts: u32,
}

impl Exceptions {
    fn hear(&mut self, letter: &OutRecord) -> Vec<OutRecord> {
        let (_, value) = bytes::write(letter);
        let heard: AlertsInput = bytes::exception(self.end, &value).expect("it reads back");
        self.end += 1;
        let mut said = Vec::new();
        self.stage.take(&heard, &mut said).expect("alerts goes on");
        let opened: Vec<OutRecord> = said.iter().filter(|letter| is_new(letter)).cloned().collect();
        for letter in opened {
            self.acts += 1;
            let facts =
                [self.acts.is_multiple_of(2).then(taken), self.acts.is_multiple_of(3).then(closed)];
            for (n, fact) in (0..).zip(facts.into_iter().flatten()) {
                let act = act(&letter, n, fact);
                said.extend(self.hear(&act));
                said.push(act);
            }
        }
        said
    }
}

fn is_new(letter: &OutRecord) -> bool {
    matches!(&letter.body, RecordBody::Incident(incident) if incident.opened == Some(incident.changed))
}

fn taken() -> Fact {
    Fact::Staff(StaffFact::Acknowledged(Acknowledged {
        by: PartyId::new("ANNA"),
        reason: ShortText::new("at work on it"),
    }))
}

fn closed() -> Fact {
    let (by, second) = (PartyId::new("ANNA"), Some(PartyId::new("BEN")));
    Fact::Staff(StaffFact::IncidentClosed(IncidentClosed {
        by,
        reason: ShortText::new("false alarm"),
        second,
    }))
}

fn act(about: &OutRecord, n: u32, fact: Fact) -> OutRecord {
    let OutRecord { partition, key, now, .. } = about.clone();
    let id = ShortText::new(format!("{}:{n}:{}", key.id, now.millis()));
    let (source, subject) = (ShortText::new("desk"), key.clone());
    let event = Event { source, id, subject, at: now, counts: None, hidden: None, fact };
    let origin: Option<Origin> = None;
    let body = RecordBody::Event(event);
    OutRecord { topic: Topic::Exceptions, partition, key, origin, after: None, now, body }
}
