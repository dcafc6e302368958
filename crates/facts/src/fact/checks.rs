//! Every fact has a sentence that reads back, a sample, and a schema that the sample passes.
//!
//! `COLDWATCH_WRITE_SCHEMAS=1 cargo test -p facts schemas` writes the schemas after a struct was changed.

use super::Fact;
use crate::{ByType, SubjectKind};
use serde::de::DeserializeSeed;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::format;
use std::path::PathBuf;
use std::string::{String, ToString};
use std::vec::Vec;

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/schemas"))
}

#[allow(clippy::disallowed_methods)]
fn text(name: &str) -> String {
    std::fs::read_to_string(folder().join(name))
        .unwrap_or_else(|e| panic!("config/schemas/{name}: {e}"))
}

/// Samples by type.
fn samples() -> BTreeMap<String, Value> {
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

#[test]
fn schemas_are_those_of_the_structs_and_every_sample_passes_its_own() {
    let samples = samples();
    let write = std::env::var_os("COLDWATCH_WRITE_SCHEMAS").is_some();
    let mut known: BTreeSet<String> = ["samples.ndjson".to_string()].into();
    for (kind, schema) in schemas() {
        let name = format!("{kind}.json");
        let made = format!("{:#}\n", schema);
        if write {
            std::fs::write(folder().join(&name), &made).expect("config/schemas can be written");
        }
        assert_eq!(text(&name), made, "config/schemas/{name} is not the struct's: write it anew");
        known.insert(name);
        let options = jsonschema::options().should_validate_formats(true);
        let validator = options.build(&schema).unwrap_or_else(|e| panic!("{kind}: {e}"));
        let wrong: Vec<String> =
            validator.iter_errors(&samples[&kind]).map(|e| e.to_string()).collect();
        assert!(wrong.is_empty(), "{kind}: {wrong:?}");
        let mut other = samples[&kind].clone();
        other["type"] = "coldwatch.other.v1".into();
        assert!(!validator.is_valid(&other), "{kind} takes another type, too");
    }
    for entry in std::fs::read_dir(folder()).expect("config/schemas is there").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(known.contains(&name), "config/schemas/{name} is of no fact");
    }
}

/// The schema of an event, by type.
fn schemas() -> BTreeMap<String, Value> {
    let all = schemars::schema_for!(Fact).to_value();
    let defs = all["$defs"].as_object().expect("structs have names");
    let mut schemas = BTreeMap::new();
    for variant in all["oneOf"].as_array().expect("a fact is one of many") {
        for (kind, data) in variant["properties"].as_object().expect("each has its type") {
            let mut used = Map::new();
            gather(data, defs, &mut used);
            let about = data["$ref"].as_str().and_then(|name| defs.get(name.rsplit('/').next()?));
            schemas.insert(
                kind.clone(),
                json!({
                    "$schema": "https://json-schema.org/draft/2020-12/schema",
                    "$id": format!("{kind}.json"),
                    "title": kind,
                    "description": about.map_or(Value::Null, |def| def["description"].clone()),
                    "type": "object",
                    "properties": {
                        "specversion": { "const": "1.0" },
                        "id": { "type": "string", "minLength": 1, "maxLength": 512 },
                        "source": { "type": "string", "minLength": 1, "maxLength": 512 },
                        "type": { "const": kind },
                        "subject": { "type": "string", "minLength": 1, "maxLength": crate::id::LONGEST },
                        "time": { "type": "string", "format": "date-time" },
                        "arrivedat": { "type": "string", "format": "date-time" },
                        "data": data,
                    },
                    "required": ["specversion", "id", "source", "type", "subject", "time", "data"],
                    "$defs": used,
                }),
            );
        }
    }
    schemas
}

/// The definitions that a schema refers to, and those that they refer to.
fn gather(schema: &Value, all: &Map<String, Value>, used: &mut Map<String, Value>) {
    match schema {
        Value::Object(members) => {
            let name = members
                .get("$ref")
                .and_then(Value::as_str)
                .and_then(|name| name.rsplit('/').next());
            if let Some((name, def)) = name.and_then(|name| Some((name, all.get(name)?)))
                && !used.contains_key(name)
            {
                used.insert(name.to_string(), def.clone());
                gather(def, all, used);
            }
            members.values().for_each(|member| gather(member, all, used));
        }
        Value::Array(items) => items.iter().for_each(|item| gather(item, all, used)),
        _ => {}
    }
}
