//! Every fact has a sentence that reads back, and a sample. Its schema is the business of `schemas`.

use super::Fact;
use crate::{ByType, SubjectKind};
use serde::de::DeserializeSeed;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::string::{String, ToString};

pub(super) fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/schemas"))
}

#[allow(clippy::disallowed_methods)]
pub(super) fn text(name: &str) -> String {
    std::fs::read_to_string(folder().join(name))
        .unwrap_or_else(|e| panic!("config/schemas/{name}: {e}"))
}

/// Samples by type.
pub(super) fn samples() -> BTreeMap<String, Value> {
    let read = |line: &str| serde_json::from_str::<Value>(line).expect("a sample is JSON");
    let all = text("samples.ndjson");
    let mut samples = BTreeMap::new();
    for sample in all.lines().map(read) {
        let kind = sample["type"].as_str().expect("a sample has a type").to_string();
        assert!(samples.insert(kind.clone(), sample).is_none(), "{kind} has two samples");
    }
    samples
}

#[test]
fn every_fact_has_a_sentence_that_reads_back_and_a_sample() {
    let samples = samples();
    let types: BTreeSet<&str> = Fact::types().iter().copied().collect();
    let forms: BTreeSet<&str> = crate::sentence::FORMS.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(types, forms, "every fact has its line in `sentence::FORMS`");
    assert_eq!(types, samples.keys().map(String::as_str).collect(), "every fact has its sample");
    for (kind, sample) in &samples {
        let fact = ByType(kind)
            .deserialize(sample["data"].clone())
            .unwrap_or_else(|e| panic!("{kind}: {e}"));
        let (named, data) = fact.parts().expect("a fact has a type and data");
        assert_eq!((&named, &data), (kind, &sample["data"]), "a sample is written as it is read");
        let sentence = fact.to_string();
        assert_eq!(sentence.parse(), Ok(fact), "{sentence}");
        assert!(SubjectKind::of_type(kind).is_some(), "{kind} names its subject");
    }
}

#[test]
fn facts_are_stored_as_the_samples_are_written() {
    // A state and a content hash hold these bytes: however facts are nested in memory, they stay.
    let lines = text("samples.ndjson");
    for (kind, sample) in &samples() {
        let fact = ByType(kind).deserialize(sample["data"].clone()).expect("read before");
        let stored = serde_json::to_string(&fact).expect("a fact is written");
        let data = stored
            .strip_prefix(&std::format!("{{\"{kind}\":"))
            .and_then(|rest| rest.strip_suffix('}'))
            .unwrap_or_else(|| panic!("{kind} is stored as {stored}"));
        let sample = lines.lines().find(|line| line.contains(&std::format!("\"type\":\"{kind}\"")));
        let sample = sample.expect("every fact has its sample");
        assert!(sample.contains(&std::format!("\"data\":{data}")), "{kind} is stored as {data}");
        assert_eq!(serde_json::from_str::<Fact>(&stored).ok(), Some(fact), "{stored}");
    }
}

#[test]
fn what_coldwatch_writes_itself_may_not_come_from_outside() {
    for (kind, sample) in &samples() {
        let fact = ByType(kind).deserialize(sample["data"].clone()).expect("read before");
        let reported = Fact::reported_types().any(|name| name == kind);
        assert_eq!(fact.may_come_from_outside(), reported, "{kind}");
        let of_log = kind.starts_with("coldwatch.log.");
        assert!(!(of_log && reported), "{kind} is the log's own");
    }
}

#[test]
fn sentences_are_told_apart() {
    // A sentence must not read as another fact than the one that it was made of.
    for (kind, sample) in samples() {
        let fact = ByType(&kind).deserialize(sample["data"].clone()).expect("read before");
        let bare = fact.to_string().split(" with {").next().unwrap_or_default().to_string();
        if let Ok(again) = bare.parse::<Fact>() {
            assert_eq!(again.parts().map(|(kind, _)| kind), Some(kind), "{bare}");
        }
    }
}
