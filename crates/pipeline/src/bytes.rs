//! Letters as the bytes of a log's records, and back. Every value is one CloudEvents 1.0 event as structured
//! JSON, so that anybody can read any topic.
//!
//! **Invariant:** reading is total. What cannot be read is a [`Rejection`]; it never stops a partition.

use crate::out_record::{OutRecord, RecordBody, Topic};
use crate::partition::stage_of;
use crate::stage::{AlertsInput, Liveness};
use alerts::{ExceptionInput, Incident};
use facts::fact::log::{BehaviourSwitched, RulebookPublished, Tick};
use facts::{
    Context, Event, Fact, Finding, Message, Moment, Origin, Rulebook, ShipmentId, ShortText,
    Subject, SubjectKind, SystemFact,
};
use fold::{InputRecord, Payload};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::borrow::Cow;
use wire::native::{self, DecodedEvent, Extensions};
use wire::{Code, Limits, Rejection};

/// The type of a finding's event.
pub const FINDING: &str = "coldwatch.finding.v1";
/// The type of a context's event.
pub const CONTEXT: &str = "coldwatch.context.v1";
/// The type of an incident's event.
pub const INCIDENT: &str = "coldwatch.incident.v1";
/// The type of a rejection's event.
pub const REJECTION: &str = "coldwatch.rejection.v1";

/// Key and value of a letter.
pub fn write(out_record: &OutRecord) -> (Vec<u8>, Vec<u8>) {
    let key = match out_record.topic {
        Topic::Facts => out_record.key.to_string().into_bytes(),
        _ => out_record.key.id.as_bytes().to_vec(),
    };
    let value = match &out_record.body {
        RecordBody::Event(event) => native::write(event, &extensions(out_record)),
        RecordBody::Tick(now) => of_log(out_record, *now, Fact::System(SystemFact::Tick(Tick {}))),
        RecordBody::Rulebook(book) => of_log(out_record, out_record.now, published(book)),
        RecordBody::Behaviour(number) => {
            let fact =
                Fact::System(SystemFact::BehaviourSwitched(BehaviourSwitched { number: *number }));
            of_log(out_record, out_record.now, fact)
        }
        RecordBody::StateHash(state) => {
            of_log(out_record, out_record.now, Fact::System(SystemFact::StateHash(state.clone())))
        }
        RecordBody::Finding(finding) => ours(out_record, FINDING, finding.learnt, finding),
        RecordBody::Context(context) => ours(out_record, CONTEXT, out_record.now, context),
        RecordBody::Incident(incident) => ours(out_record, INCIDENT, incident.changed, incident),
        RecordBody::Unclaimed(event, reason) => {
            let rejection = unclaimed(event, reason);
            ours(out_record, REJECTION, out_record.now, &rejection)
        }
    };
    (key, value.into_bytes())
}

/// The fact that a rulebook was published.
pub fn published(book: &Rulebook) -> Fact {
    let (hash, book) = (book.hash.clone(), ShortText::new(book.json()));
    Fact::System(SystemFact::RulebookPublished(RulebookPublished { hash, book }))
}

/// The rulebook of the log, which must be the one that its hash names.
pub(crate) fn book(published: &RulebookPublished) -> Result<Rulebook, Rejection> {
    let wrong = |reason: String| Rejection::new(Code::BadValue, reason).member("/data/book");
    let book = Rulebook::read(&published.book).map_err(|e| wrong(e.to_string()))?;
    match book.hash == published.hash {
        true => Ok(book),
        false => Err(wrong(format!(
            "its hash is {}, and it is said to be {}",
            book.hash, published.hash
        ))),
    }
}

/// What nobody claimed, as it stands on the rejects.
pub fn unclaimed(event: &Event, reason: &str) -> serde_json::Value {
    serde_json::json!({
        "code": "unclaimed",
        "reason": reason,
        "place": { "source": event.source, "id": event.id },
        "record": native::write(event, &Extensions::default()),
    })
}

fn extensions(out_record: &OutRecord) -> Extensions {
    let shipment = || out_record.key.shipment();
    Extensions {
        origin: out_record.origin.clone(),
        after: out_record.after.clone(),
        shipment: if out_record.topic == Topic::Journal { shipment() } else { None },
        ..Extensions::default()
    }
}

/// What a log says of itself; its name is what caused it, or the moment where nothing did.
fn of_log(out_record: &OutRecord, at: Moment, fact: Fact) -> String {
    let id = match &out_record.origin {
        Some(origin) => origin.to_string(),
        None => format!("{}:{}:{}", out_record.topic.name(), out_record.partition, at.millis()),
    };
    let subject = Subject::new(SubjectKind::Log, out_record.topic.name());
    let event = Event {
        source: source(out_record),
        id: ShortText::new(id),
        subject,
        at,
        counts: None,
        hidden: None,
        fact,
    };
    native::write(&event, &extensions(out_record))
}

fn source(out_record: &OutRecord) -> ShortText {
    out_record.origin.as_ref().map_or_else(|| ShortText::new("coldwatch"), stage_of)
}

/// An event of a stage's own.
#[derive(Serialize)]
struct Ours<'a, T> {
    specversion: &'static str,
    id: String,
    source: ShortText,
    #[serde(rename = "type")]
    kind: &'static str,
    subject: &'a str,
    time: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<String>,
    datacontenttype: &'static str,
    data: &'a T,
}

fn ours<T: Serialize>(
    out_record: &OutRecord,
    kind: &'static str,
    time: Moment,
    data: &T,
) -> String {
    let text = |origin: &Option<Origin>| origin.as_ref().map(ToString::to_string);
    let id = text(&out_record.origin).unwrap_or_else(|| format!("{kind}:{}", time.millis()));
    let event = Ours {
        specversion: "1.0",
        id,
        source: source(out_record),
        kind,
        subject: &out_record.key.id,
        time,
        origin: text(&out_record.origin),
        after: text(&out_record.after),
        datacontenttype: "application/json",
        data,
    };
    // Nothing in a letter fails to be written: maps have text keys and there are no floats.
    serde_json::to_string(&event).unwrap_or_default()
}

/// The head of any event, and its data unread.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    subject: Cow<'a, str>,
    time: Moment,
    #[serde(borrow, default)]
    origin: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    after: Option<Cow<'a, str>>,
    #[serde(borrow)]
    data: &'a RawValue,
}

fn wrong(reason: impl ToString) -> Rejection {
    Rejection::new(Code::BadValue, reason.to_string())
}

/// A record of `facts`.
pub fn fact(offset: u64, key: &[u8], value: &[u8]) -> Result<InputRecord<Event>, Rejection> {
    let DecodedEvent { event, extensions: beside } = native::read(value, &Limits::of_ours())?;
    let matter = match &event.fact {
        Fact::System(SystemFact::Tick(_)) => Payload::Tick(event.at),
        Fact::System(SystemFact::RulebookPublished(published)) => {
            Payload::Rulebook(book(published)?)
        }
        Fact::System(SystemFact::BehaviourSwitched(switched)) => {
            Payload::Behaviour(switched.number)
        }
        Fact::System(SystemFact::Genesis(genesis)) => Payload::Genesis(genesis.clone()),
        Fact::System(
            SystemFact::ClockProbe(_) | SystemFact::Heartbeat(_) | SystemFact::StateHash(_),
        ) => Payload::Ignored,
        _ => {
            let key =
                std::str::from_utf8(key).map_err(wrong)?.parse().map_err(|e: String| wrong(e))?;
            Payload::Input { key, input: event }
        }
    };
    Ok(InputRecord { offset, origin: beside.origin, after: beside.after, payload: matter })
}

/// A record of `journal`.
pub fn journal(
    partition: u16,
    offset: u64,
    value: &[u8],
) -> Result<crate::JournalRecord, Rejection> {
    crate::JournalRecord::read(partition, offset, native::read(value, &Limits::of_ours())?)
}

/// A record of `exceptions`.
pub fn exception(offset: u64, value: &[u8]) -> Result<AlertsInput, Rejection> {
    let text = std::str::from_utf8(value).map_err(wrong)?;
    let head: Head<'_> = serde_json::from_str(text).map_err(wrong)?;
    let word = match &*head.kind {
        FINDING => ExceptionInput::Finding(finding(head.data)?),
        CONTEXT => ExceptionInput::Context(head.time, data(head.data)?),
        _ => return other(offset, value),
    };
    let key = Subject::from(&head.subject.parse::<ShipmentId>().map_err(wrong)?);
    let origin = |text: &Option<Cow<'_, str>>| {
        text.as_ref().map(|text| text.parse::<Origin>().map_err(wrong)).transpose()
    };
    let (origin, after) = (origin(&head.origin)?, origin(&head.after)?);
    let matter = Payload::Input { key, input: word };
    Ok(AlertsInput {
        record: InputRecord { offset, origin, after, payload: matter },
        liveness: None,
    })
}

fn data<T: DeserializeOwned>(data: &RawValue) -> Result<T, Rejection> {
    serde_json::from_str(data.get()).map_err(|e| wrong(e).member("/data"))
}

/// A finding. One that was written before messages were data says nothing but its sentence.
fn finding(unread: &RawValue) -> Result<Box<Finding>, Rejection> {
    let mut finding: Box<Finding> = data(unread)?;
    if finding.message.is_empty() {
        finding.message = Message::plain(&finding.sentence);
    }
    Ok(finding)
}

/// A staff act, or what the log says of itself.
fn other(offset: u64, value: &[u8]) -> Result<AlertsInput, Rejection> {
    let DecodedEvent { event, extensions: beside } = native::read(value, &Limits::of_ours())?;
    let mut sign = None;
    let matter = match &event.fact {
        Fact::System(SystemFact::Tick(_)) => match &beside.origin {
            None => Payload::Tick(event.at),
            Some(origin) => {
                sign = Some(Liveness::Passed(stage_of(origin), event.at));
                Payload::Ignored
            }
        },
        Fact::System(SystemFact::RulebookPublished(published)) => {
            Payload::Rulebook(book(published)?)
        }
        Fact::System(SystemFact::BehaviourSwitched(switched)) => {
            Payload::Behaviour(switched.number)
        }
        Fact::System(SystemFact::Heartbeat(alive)) => {
            sign = Some(Liveness::Alive(ShortText::new(format!(
                "{}:{}",
                alive.topic, alive.partition
            ))));
            Payload::Ignored
        }
        Fact::System(SystemFact::Genesis(genesis)) => Payload::Genesis(genesis.clone()),
        Fact::System(SystemFact::ClockProbe(_) | SystemFact::StateHash(_)) => Payload::Ignored,
        _ => Payload::Input { key: event.subject.clone(), input: ExceptionInput::Act(event) },
    };
    let record =
        InputRecord { offset, origin: beside.origin, after: beside.after, payload: matter };
    Ok(AlertsInput { record, liveness: sign })
}

/// Origin and link alone.
#[derive(Deserialize)]
struct Chain<'a> {
    #[serde(borrow, default)]
    origin: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    after: Option<Cow<'a, str>>,
}

/// A record that cannot be read, by what can be: its place in its source's chain, so that what follows it is not
/// taken for the other side of a hole. `None`: it has none, and nothing is linked to it.
pub fn ignored<W>(offset: u64, value: &[u8]) -> Option<InputRecord<W>> {
    let chain: Chain<'_> = serde_json::from_slice(value).ok()?;
    let read = |text: Option<Cow<'_, str>>| text?.parse::<Origin>().ok();
    let origin = read(chain.origin)?;
    Some(InputRecord {
        offset,
        origin: Some(origin),
        after: read(chain.after),
        payload: Payload::Ignored,
    })
}

/// What stands on `alerts`.
#[derive(Debug, Clone, PartialEq)]
pub enum Alert {
    /// An incident as it was then.
    Incident(Box<Incident>),
    /// What only all findings together tell, or a stage that fell silent.
    Finding(Box<Finding>),
    /// Alerts was at work at that time.
    Beat(Moment),
    /// Something else.
    Beside,
}

/// A record of `alerts`.
pub fn alert(value: &[u8]) -> Result<Alert, Rejection> {
    let text = std::str::from_utf8(value).map_err(wrong)?;
    let head: Head<'_> = serde_json::from_str(text).map_err(wrong)?;
    Ok(match &*head.kind {
        INCIDENT => Alert::Incident(data(head.data)?),
        FINDING => Alert::Finding(finding(head.data)?),
        _ => match native::read(value, &Limits::of_ours())?.event {
            Event { fact: Fact::System(SystemFact::Tick(_)), at, .. } => Alert::Beat(at),
            _ => Alert::Beside,
        },
    })
}

/// A context, for those who look on.
pub fn context(heard: &AlertsInput) -> Option<(&Subject, &Context)> {
    match &heard.record.payload {
        Payload::Input { key, input: ExceptionInput::Context(_, context) } => Some((key, context)),
        _ => None,
    }
}
