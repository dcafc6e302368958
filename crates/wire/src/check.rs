//! What must hold of an event beyond its shape: no patient's name, check digits, time zones.

use crate::day::{self, End};
use crate::reject::{Code, Rejection};
use facts::fact::permit::{Bound, Granted};
use facts::{DeviceFact, Fact, Moment, PermitFact, Span, alike, ident};
use serde_json::Value;

/// Members that name a patient. Chain of identity is what coldwatch works with, never a person's data.
const PATIENT: [&str; 10] = [
    "patient",
    "patientname",
    "patientid",
    "birthdate",
    "dateofbirth",
    "dob",
    "mrn",
    "medicalrecordnumber",
    "firstname",
    "lastname",
];
/// Whether letters begin, up to the next quote, with the name of such a member: without regard to case and
/// to what stands between the letters.
fn begins(bytes: &[u8]) -> bool {
    let letters = bytes.iter().take_while(|byte| **byte != b'"');
    let mut letters = letters.filter(|byte| byte.is_ascii_alphanumeric()).peekable();
    // Most members are told by their first letter.
    let first = letters.peek().map(|first| first.to_ascii_lowercase());
    first.is_some_and(|first| b"pbdmfl".contains(&first))
        && PATIENT.iter().any(|word| {
            let mut letters = letters.clone();
            word.bytes().all(|w| letters.next().is_some_and(|l| l.to_ascii_lowercase() == w))
        })
}

/// A letter that is written as an escape is written so to be overlooked, as is a hidden character; one with an accent is not.
fn hides_letters(bytes: &[u8]) -> bool {
    let digits = |at: usize| bytes.get(at + 2..at + 6).unwrap_or_default().to_ascii_lowercase();
    let harmless = |at: usize| match &digits(at)[..] {
        b"00ad" => false,
        [b'0', b'0', digit, _] => !(b'4'..=b'7').contains(digit),
        // Half of a pair is no character.
        [b'd', b'8'..=b'f', ..] => {
            !bytes.get(at + 6..).is_some_and(|rest| rest.starts_with(b"\\u"))
        }
        _ => false,
    };
    memchr::memmem::find_iter(bytes, b"\\u").any(|at| !harmless(at))
}

/// Refuses a record that names a patient; its value is in no message. In one that holds more than plain letters every name of a member
/// is looked at as people see it.
pub(crate) fn patient(text: &str, unclean: bool) -> Result<(), Rejection> {
    let bytes = text.as_bytes();
    let mut quotes = memchr::memchr_iter(b'"', bytes);
    if !unclean && !quotes.any(|quote| begins(&bytes[quote + 1..])) && !hides_letters(bytes) {
        return Ok(());
    }
    let Ok(value) = serde_json::from_str::<Value>(text) else { return Ok(()) };
    match find(&value, String::new(), 0) {
        Some(pointer) => {
            let reason =
                "coldwatch holds no patient's data; use the order's id or the chain of identity";
            Err(Rejection::new(Code::PatientData, reason).member(pointer))
        }
        None => Ok(()),
    }
}

fn find(value: &Value, pointer: String, depth: usize) -> Option<String> {
    if depth > 64 {
        return None;
    }
    match value {
        Value::Object(members) => members.iter().find_map(|(name, value)| {
            let pointer = format!("{pointer}/{name}");
            if names_a_patient(name) { Some(pointer) } else { find(value, pointer, depth + 1) }
        }),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .find_map(|(n, value)| find(value, format!("{pointer}/{n}"), depth + 1)),
        _ => None,
    }
}

/// Whether the name of a member is one of those, without regard to case, to what stands between the letters, and to letters that look
/// like others.
fn names_a_patient(name: &str) -> bool {
    let letters = |text: &str| -> String {
        text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase()
    };
    if PATIENT.contains(&&*letters(name)) {
        return true;
    }
    let looks_so = |look: fn(&str) -> String| {
        let seen = letters(&look(name));
        PATIENT.iter().any(|word| look(word) == seen)
    };
    !name.is_ascii() && (looks_so(alike::bare) || looks_so(alike::bare_capitals))
}

/// Units are named after their shipment, `SHP-1#10000`, and no id is longer than 128 bytes.
const LONGEST_SUBJECT: usize = 120;

/// A subject's id: one word; with a prefix that promises a check digit, one that holds.
pub(crate) fn subject(id: &str) -> Result<&str, Rejection> {
    let wrong = |code, reason: String| Rejection::new(code, reason).member("/subject");
    id.parse::<facts::ShipmentId>().map_err(|reason| wrong(Code::BadSubject, reason))?;
    if id.len() > LONGEST_SUBJECT {
        let reason =
            format!("{} bytes, and a subject's id has at most {LONGEST_SUBJECT}", id.len());
        return Err(wrong(Code::BadSubject, reason));
    }
    let Some((scheme, value)) = id.split_once(':') else { return Ok(id) };
    match ident::check(scheme, value) {
        Some(Err(e)) => Err(wrong(Code::CheckDigit, e.to_string())),
        _ => Ok(id),
    }
}

/// What happened and what arrived lies between the first of these treatments and the end of the century, and
/// nothing is on its way for more than a year.
pub(crate) fn times(at: Moment, arrived: Option<Moment>) -> Result<(), Rejection> {
    const FIRST: Moment = Moment::from_millis(946_684_800_000); // 2000-01-01
    const LAST: Moment = Moment::from_millis(4_102_444_800_000); // 2100-01-01
    const LONGEST: Span = Span::days(366);
    let wrong =
        |member: &str, reason: String| Err(Rejection::new(Code::BadTime, reason).member(member));
    for (moment, member) in [(Some(at), "/time"), (arrived, "/arrivedat")] {
        if let Some(moment) = moment.filter(|moment| *moment < FIRST || *moment >= LAST) {
            return wrong(member, format!("{moment} is not between 2000 and 2100"));
        }
    }
    match arrived.filter(|arrived| *arrived > at + LONGEST) {
        Some(arrived) => wrong(
            "/arrivedat",
            format!("it arrives at {arrived}, more than a year after it happened"),
        ),
        None => Ok(()),
    }
}

/// Whether bytes may name a patient: what is refused for another reason must not keep the name either.
pub(crate) fn may_name_a_patient(bytes: &[u8]) -> bool {
    let mut before = b' ';
    let mut words = (0..).zip(bytes).filter(|(_, byte)| {
        let beginning = byte.is_ascii_alphanumeric() && !before.is_ascii_alphanumeric();
        before = **byte;
        beginning
    });
    words.any(|(at, _)| begins(&bytes[at..])) || hides_letters(bytes) || disguises(bytes)
}

/// Whether one of its words is the name of such a member in letters that look like others.
fn disguises(bytes: &[u8]) -> bool {
    if bytes.is_ascii() {
        return false;
    }
    let text = String::from_utf8_lossy(bytes);
    let mut words = text.split(|c: char| c.is_ascii_punctuation() || c.is_whitespace());
    words.any(|word| !word.is_ascii() && names_a_patient(word))
}

/// What must hold of a fact's members; a permit's bare days become moments in its issuer's zone.
pub(crate) fn fact(fact: Fact) -> Result<Fact, Rejection> {
    Ok(match fact {
        Fact::Permit(PermitFact::Granted(granted)) => {
            Fact::Permit(PermitFact::Granted(Box::new(in_zone(*granted)?)))
        }
        Fact::Permit(PermitFact::Amended(granted)) => {
            Fact::Permit(PermitFact::Amended(Box::new(in_zone(*granted)?)))
        }
        Fact::Device(DeviceFact::Attached(a)) if a.shipment.is_some() == a.store.is_some() => {
            let reason =
                "a probe is attached to a shipment or to a store: exactly one of them is named";
            return Err(Rejection::new(Code::BadValue, reason).member("/data"));
        }
        Fact::Device(DeviceFact::Attached(a)) => {
            let forward = |span: Span, member: &str| match span > Span::ZERO {
                true => Ok(()),
                false => Err(Rejection::new(Code::BadValue, format!("`{span}` is no interval"))
                    .member(member)),
            };
            forward(a.log_every, "/data/log_every")?;
            a.send_every.map_or(Ok(()), |every| forward(every, "/data/send_every"))?;
            Fact::Device(DeviceFact::Attached(a))
        }
        fact => fact,
    })
}

fn in_zone(mut granted: Granted) -> Result<Granted, Rejection> {
    let zone: chrono_tz::Tz = granted.zone.parse().map_err(|_| {
        let reason = format!("`{}` is no IANA time zone like `America/New_York`", granted.zone);
        Rejection::new(Code::UnknownZone, reason).member("/data/zone")
    })?;
    granted.from = bound(granted.from, zone, End::First, "/data/from")?;
    granted.until = bound(granted.until, zone, End::Last, "/data/until")?;
    Ok(granted)
}

/// A bare day becomes a moment by the clocks of the zone.
fn bound(bare: Bound, zone: chrono_tz::Tz, end: End, member: &str) -> Result<Bound, Rejection> {
    day::bound(bare, zone, end).ok_or_else(|| {
        Rejection::new(Code::BadTime, format!("{bare} is no day in {zone}")).member(member)
    })
}
