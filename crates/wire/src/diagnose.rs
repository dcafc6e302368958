//! What is wrong with a record that could not be read: a second, slow look, so that the first can be fast.

use crate::envelope::IN_CAPITALS;
use crate::reject::{Code, Rejection};
use facts::Fact;
use serde_json::Value;

/// Members of an event that are texts.
const TEXTS: &[&str] = &[
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    "arrivedat",
    "origin",
    "after",
    "shipment",
];

/// Names the fault of a text that did not read as an event.
pub(crate) fn diagnose(text: &str, error: &serde_json::Error) -> Rejection {
    let reason = error.to_string();
    let reason = reason.rsplit_once(" at line ").map_or(&*reason, |(reason, _)| reason);
    let at = |code: Code| Rejection::new(code, reason).column(error.column());
    if text.trim().is_empty() {
        return at(Code::NotJson);
    }
    if error.is_eof() {
        return at(Code::HalfLine);
    }
    let value: Value = match serde_json::from_str(text) {
        Ok(value) => value,
        Err(e) if e.is_eof() => return at(Code::HalfLine),
        Err(_) if reason.contains("recursion limit") => return at(Code::TooDeep),
        Err(_) => return at(Code::NotJson),
    };
    let Value::Object(members) = &value else { return at(Code::NotAnEvent) };
    for name in TEXTS {
        match members.get(*name) {
            Some(Value::String(_) | Value::Null) | None => {}
            Some(_) => {
                let reason = format!("`{name}` must be a text");
                return Rejection::new(Code::WrongType, reason)
                    .column(error.column())
                    .member(format!("/{name}"));
            }
        }
    }
    if reason.contains(IN_CAPITALS) {
        let name = reason.split('`').nth(1).unwrap_or_default();
        return at(Code::NotAnEvent).member(format!("/{name}"));
    }
    if let Some(name) = reason.strip_prefix("duplicate field ") {
        let whole = TEXTS.iter().chain(&["data"]).any(|known| name.trim_matches('`') == *known);
        return at(Code::DoubleMember).member(if whole { "" } else { "/data" });
    }
    match members.get("type") {
        Some(Value::String(kind)) if !Fact::types().contains(&kind.as_str()) => {
            let reason = format!("no fact has the type `{}`{}", kind.escape_debug(), near(kind));
            Rejection::new(Code::UnknownType, reason).column(error.column()).member("/type")
        }
        _ => at(of_data(reason)).member("/data"),
    }
}

/// The code of a fault in a fact's data, by what its reader said.
fn of_data(reason: &str) -> Code {
    let says = |word: &str| reason.contains(word);
    if says("invalid type") {
        Code::WrongType
    } else if says("missing field") {
        Code::MissingMember
    } else if says("duplicate field") {
        Code::DoubleMember
    } else if says("RFC 3339") {
        let time = reason.split('`').nth(1).unwrap_or_default();
        match format!("{time}Z").parse::<facts::Moment>() {
            Ok(_) => Code::NoOffset,
            Err(_) => Code::BadTime,
        }
    } else if says("not a date") {
        Code::BadTime
    } else if says("an id is") || says("an id has") {
        Code::BadId
    } else if says("temperature") || says("duration") || says("span") || says("unit") {
        Code::BadUnit
    } else {
        Code::BadValue
    }
}

/// The type that was perhaps meant.
fn near(kind: &str) -> String {
    let same = |a: &str, b: &str| a.bytes().zip(b.bytes()).take_while(|(a, b)| a == b).count();
    let common = |known: &&str| same(known, kind);
    // Behind the dot stands what happened: another thing that happens to the same subject was not meant.
    let happened = kind.match_indices('.').nth(1).map_or(0, |(dot, _)| dot + 1);
    let best = Fact::reported_types().max_by_key(common);
    best.filter(|best| common(best) > 12.max(happened))
        .map(|best| format!("; did you mean `{best}`?"))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::near;

    #[test]
    fn only_what_somebody_may_report_is_proposed() {
        let meant = "; did you mean `coldwatch.shipment.received.v1`?";
        assert_eq!(near("coldwatch.shipment.receivd.v1"), meant);
        assert_eq!(near("coldwatch.permit.corrected.v1"), "");
        assert_eq!(near("coldwatch.order.doses.v1"), "");
        assert_eq!(near("coldwatch.log.ticks.v1"), "");
    }
}
