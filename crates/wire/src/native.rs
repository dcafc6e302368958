//! Native events: CloudEvents 1.0, structured JSON, one a line.
//!
//! ```text
//! {"specversion":"1.0","id":"r-1","source":"gateway","type":"coldwatch.device.reading.v1",
//!  "subject":"LOG-7","time":"2026-03-01T08:00:00Z","arrivedat":"2026-03-01T08:00:02Z",
//!  "data":{"temperature":"5.3 °C","channel":"1"}}
//! ```
//!
//! `subject` is the bare id; what kind of thing it names is said by the type. Members that are not
//! known are left alone. `arrivedat` is when a log took the record; a journal's lines carry `origin`,
//! `after`, `shipment`, `identity`, `partition` and `offset`, too, and `countsat` where dispatch has stamped
//! another moment than the reported one; what an outsider writes there, dispatch takes off. `hiddencharacters` says
//! what was taken off the ids of a record from outside, and is written by whoever lets that in.

use crate::check;
use crate::envelope::{Envelope, Members, Str};
use crate::explain::explain;
use crate::ids::Ids;
use crate::limits::{Limits, without_mark};
use crate::reject::{Code, Rejection};
use crate::size;
use facts::{Event, Moment, Origin, ShipmentId, ShortText, Subject, SubjectKind};
use serde::de::DeserializeSeed;
use serde_json::{Map, Value};

/// One event as it came in.
#[derive(Debug, Clone, PartialEq)]
pub struct DecodedEvent {
    /// What happened.
    pub event: Event,
    /// What stands beside it.
    pub extensions: Extensions,
}

/// What a log says of a record.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extensions {
    /// When a log took it.
    pub arrived_at: Option<Moment>,
    /// What caused it.
    pub origin: Option<Origin>,
    /// What its writer attempted just before it.
    pub after: Option<Origin>,
    /// Whose journal it stands in.
    pub shipment: Option<ShipmentId>,
    /// In which partition.
    pub partition: Option<u16>,
    /// At which place there.
    pub offset: Option<u64>,
}

/// Reads one line, without its end.
pub fn read(line: &[u8], limits: &Limits) -> Result<DecodedEvent, Rejection> {
    let line = without_mark(line);
    let text = limits.check(line).map_err(|rejection| rejection.keeping(line))?;
    let sized = |read: DecodedEvent| {
        if limits.outside {
            size::check(&read.event.fact)?;
        }
        Ok(read)
    };
    decode(text, limits.outside).and_then(sized).map_err(|rejection| rejection.keeping(line))
}

fn decode(text: &str, outside: bool) -> Result<DecodedEvent, Rejection> {
    let ids = Ids::of(text, outside);
    check::patient(text, ids.unclean)?;
    let all = envelope(text, &ids).map_err(|e| explain(text, &ids, &e))?;
    let need = |member: &'static str, value: &Option<Str<'_>>| match value {
        Some(value) if !value.0.is_empty() => Ok(()),
        Some(_) => Err(Rejection::new(Code::BadValue, format!("`{member}` is empty"))
            .member(format!("/{member}"))),
        None => Err(Rejection::new(Code::MissingMember, format!("`{member}` is missing"))
            .member(format!("/{member}"))),
    };
    if all.base64 {
        return Err(base64(&all));
    }
    need("specversion", &all.specversion)?;
    need("id", &all.id)?;
    need("source", &all.source)?;
    need("type", &all.kind)?;
    need("subject", &all.subject)?;
    need("time", &all.time)?;
    let Envelope { specversion, id, source, subject, time, kind, fact, .. } = &all;
    if specversion.as_ref().is_some_and(|version| version.0 != "1.0") {
        return Err(
            Rejection::new(Code::NotAnEvent, "only CloudEvents 1.0 is read").member("/specversion")
        );
    }
    let Some(fact) = fact.clone() else {
        return Err(Rejection::new(Code::MissingMember, "`data` is missing").member("/data"));
    };
    let kind = SubjectKind::of_type(str_of(kind)).unwrap_or(SubjectKind::Log);
    let subject = ids.clean(str_of(subject), "/subject");
    let subject = Subject::new(kind, check::subject(&subject)?);
    let source = name(&ids.clean(str_of(source), "/source"), "/source")?;
    let id = name(&ids.clean(str_of(id), "/id"), "/id")?;
    let at = moment(str_of(time), "/time")?;
    let counts = all.countsat.as_ref().map(|text| moment(&text.0, "/countsat")).transpose()?;
    let hidden = match outside {
        true => ids.taken(),
        false => all.hidden.as_ref().map(|taken| ShortText::new(&taken.0)),
    };
    let event = Event { source, id, subject, at, counts, hidden, fact: check::fact(fact)? };
    let beside = extensions(&all)?;
    if event.subject.kind != SubjectKind::Log {
        check::times(at, beside.arrived_at)?;
    }
    Ok(DecodedEvent { event, extensions: beside })
}

fn envelope<'t>(text: &'t str, ids: &Ids) -> serde_json::Result<Envelope<'t>> {
    let mut json = serde_json::Deserializer::from_str(text);
    let all = Members(ids).deserialize(&mut json)?;
    json.end().map(|()| all)
}

/// `data_base64` stands for `data` where that is no JSON, and every fact's data is. Where both stand, nobody can
/// say which of the two is meant.
fn base64(all: &Envelope<'_>) -> Rejection {
    let rejection = match &all.fact {
        Some(_) => Rejection::new(
            Code::DoubleMember,
            "`data` and `data_base64` both stand in it, and an event has one of them",
        ),
        None => Rejection::new(
            Code::MissingMember,
            "`data` is missing: a fact is read from `data`, not from `data_base64`",
        ),
    };
    rejection.member("/data_base64")
}

fn str_of<'a>(text: &'a Option<Str<'_>>) -> &'a str {
    text.as_ref().map_or("", |text| &text.0)
}

/// Source and id are texts without control characters and not endless.
fn name(text: &str, member: &str) -> Result<ShortText, Rejection> {
    let wrong = |reason: &str| Rejection::new(Code::BadId, reason.to_owned()).member(member);
    if text.is_empty() {
        return Err(wrong("it holds hidden characters and nothing else"));
    }
    match text.chars().any(char::is_control) {
        true => Err(wrong("it holds a control character")),
        false if text.len() > 512 => Err(wrong("it is longer than 512 bytes")),
        false => Ok(ShortText::new(text)),
    }
}

pub(crate) fn moment(text: &str, member: &str) -> Result<Moment, Rejection> {
    text.parse().map_err(|reason: String| {
        // A date-time that only lacks its offset reads once a `Z` is put behind it.
        let offset = format!("{text}Z").parse::<Moment>().is_ok();
        Rejection::new(if offset { Code::NoOffset } else { Code::BadTime }, reason).member(member)
    })
}

fn extensions(all: &Envelope<'_>) -> Result<Extensions, Rejection> {
    let origin = |text: &Option<Str<'_>>, member: &str| {
        let read = |text: &Str<'_>| {
            text.0.parse::<Origin>().map_err(|e| Rejection::new(Code::BadValue, e).member(member))
        };
        text.as_ref().map(read).transpose()
    };
    let id = |text: &Str<'_>| {
        text.0.parse().map_err(|e: String| Rejection::new(Code::BadId, e).member("/shipment"))
    };
    Ok(Extensions {
        arrived_at: all.arrivedat.as_ref().map(|text| moment(&text.0, "/arrivedat")).transpose()?,
        origin: origin(&all.origin, "/origin")?,
        after: origin(&all.after, "/after")?,
        shipment: all.shipment.as_ref().map(id).transpose()?,
        partition: all.partition,
        offset: all.offset,
    })
}

/// Writes one line, without its end; reading it gives the same again.
pub fn write(event: &Event, beside: &Extensions) -> String {
    let (kind, data) = event.fact.parts().unwrap_or((String::new(), Value::Null));
    let mut line = String::with_capacity(320);
    let mut put = |name: &str, value: Value| {
        line.push(if line.is_empty() { '{' } else { ',' });
        line.push_str(&format!("\"{name}\":{value}"));
    };
    put("specversion", "1.0".into());
    put("id", event.id.as_str().into());
    put("source", event.source.as_str().into());
    put("type", kind.into());
    put("subject", event.subject.id.as_str().into());
    put("time", event.at.to_string().into());
    if let Some(counts) = event.counts {
        put("countsat", counts.to_string().into());
    }
    if let Some(hidden) = &event.hidden {
        put("hiddencharacters", hidden.as_str().into());
    }
    if let Some(arrived) = beside.arrived_at {
        put("arrivedat", arrived.to_string().into());
    }
    let texts = [
        ("origin", beside.origin.as_ref().map(ToString::to_string)),
        ("after", beside.after.as_ref().map(ToString::to_string)),
        ("shipment", beside.shipment.as_ref().map(ToString::to_string)),
    ];
    for (name, text) in texts {
        text.into_iter().for_each(|text| put(name, text.into()));
    }
    if beside.shipment.is_some() || beside.partition.is_some() {
        put("identity", event.identity().to_string().into());
    }
    beside.partition.into_iter().for_each(|n| put("partition", n.into()));
    beside.offset.into_iter().for_each(|n| put("offset", n.into()));
    put("datacontenttype", "application/json".into());
    put("data", if data.is_null() { Value::Object(Map::new()) } else { data });
    line.push('}');
    line
}
