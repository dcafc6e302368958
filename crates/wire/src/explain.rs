//! What is wrong with a record that could not be read: a second, slow look, so that the first can be fast.

use crate::envelope::written_small;
use crate::ids::{Fault, Ids, Node, Part};
use crate::reject::{Code, Rejection};
use facts::id::ID;
use facts::text::{QUANTITY, TIME};
use facts::{ByType, Fact, Moment};
use serde::de::{self, DeserializeSeed, Expected, Unexpected};
use serde_json::Value;
use std::fmt;
use std::marker::PhantomData;

/// Members of an event that are texts.
const TEXTS: &[&str] = &[
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    "arrivedat",
    "countsat",
    "origin",
    "after",
    "shipment",
];

/// Members of an event that are whole numbers.
const NUMBERS: &[&str] = &["partition", "offset"];

/// Names the fault of a text that did not read as an event. Which fault it is says the second look, in what words the first.
pub(crate) fn explain(text: &str, ids: &Ids, error: &serde_json::Error) -> Rejection {
    let reason = error.to_string();
    let reason = reason.rsplit_once(" at line ").map_or(&*reason, |(reason, _)| reason);
    let at = |code: Code| Rejection::new(code, reason).column(error.column());
    if text.trim().is_empty() {
        return at(Code::NotJson);
    }
    if error.is_eof() {
        return at(Code::HalfLine);
    }
    let node: Node = match serde_json::from_str(text) {
        Ok(node) => node,
        Err(e) if e.is_eof() => return at(Code::HalfLine),
        Err(_) => return at(Code::NotJson),
    };
    let Node::Members(members) = node else { return at(Code::NotAnEvent) };
    let member = |name: &str| members.iter().find(|(known, _)| known == name).map(|(_, node)| node);
    for name in TEXTS {
        if !matches!(member(name), None | Some(Node::Text(_) | Node::Other(Value::Null))) {
            let reason = format!("`{name}` must be a text");
            let rejection = Rejection::new(Code::WrongType, reason).column(error.column());
            return rejection.member(format!("/{name}"));
        }
    }
    for name in NUMBERS {
        if !matches!(member(name), None | Some(Node::Other(Value::Number(_) | Value::Null))) {
            return at(Code::WrongType).member(format!("/{name}"));
        }
    }
    if let Some((name, _)) = members.iter().find(|(name, _)| written_small(name).is_some()) {
        return at(Code::NotAnEvent).member(format!("/{name}"));
    }
    let twice = |(n, (name, _)): (usize, &(String, Node))| {
        let once = TEXTS.contains(&name.as_str()) || name == "data";
        once && members[..n].iter().any(|(before, _)| before == name)
    };
    if members.iter().enumerate().any(twice) {
        return at(Code::DoubleMember);
    }
    let kind = match member("type") {
        Some(Node::Text(kind)) => kind.clone(),
        _ => return at(Code::BadValue).member("/data"),
    };
    if !Fact::types().contains(&kind.as_str()) {
        let reason = format!("no fact has the type `{}`{}", kind.escape_debug(), near(&kind));
        let rejection = Rejection::new(Code::UnknownType, reason).column(error.column());
        return rejection.member("/type");
    }
    let data = members.into_iter().find(|(name, _)| name == "data").map(|(_, node)| node);
    at(data.map_or(Code::BadValue, |node| of_data(&kind, node, ids))).member("/data")
}

/// What kind of fault stands in a fact's data.
fn of_data(kind: &str, node: Node, ids: &Ids) -> Code {
    let (here, fault) = ("/data".to_owned(), PhantomData::<Found>);
    let data = Part { node, here, ids, fault };
    ByType(kind).deserialize(data).err().map_or(Code::BadValue, |Found(code)| code)
}

/// The kind of a fault, as a fact's own reader finds it.
#[derive(Debug)]
struct Found(Code);

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Found {}

impl de::Error for Found {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self(Code::BadValue)
    }
    fn invalid_type(_: Unexpected<'_>, _: &dyn Expected) -> Self {
        Self(Code::WrongType)
    }
    fn missing_field(_: &'static str) -> Self {
        Self(Code::MissingMember)
    }
    fn duplicate_field(_: &'static str) -> Self {
        Self(Code::DoubleMember)
    }
}

impl Fault for Found {
    fn in_leaf(self, name: &str, text: &str) -> Self {
        match (self.0, name) {
            (Code::BadValue, ID) => Self(Code::BadId),
            (Code::BadValue, QUANTITY) => Self(Code::BadUnit),
            (Code::BadValue, TIME) => match format!("{text}Z").parse::<Moment>() {
                Ok(_) => Self(Code::NoOffset),
                Err(_) => Self(Code::BadTime),
            },
            _ => self,
        }
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
