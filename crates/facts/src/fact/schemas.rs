//! The schemas of config/schemas are those of the structs: of every fact, of a finding and of a context.
//!
//! `COLDWATCH_WRITE_SCHEMAS=1 cargo test -p facts schemas` writes them after a struct was changed. Incidents and
//! rejections are no words of this crate: their schemas are written by hand and held to real records by
//! `tests/recordings/schemas.rs`.

use super::checks::{folder, samples, text};
use crate::{Context, Finding};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

const BY_HAND: [&str; 2] = ["coldwatch.incident.v1.json", "coldwatch.rejection.v1.json"];

#[test]
fn schemas_are_those_of_the_structs() {
    let write = std::env::var_os("COLDWATCH_WRITE_SCHEMAS").is_some();
    let mut known: BTreeSet<String> = BY_HAND.map(str::to_string).into();
    known.insert("samples.ndjson".to_string());
    for (kind, schema) in of_facts().into_iter().chain(of_ours()) {
        let name = format!("{kind}.json");
        let made = format!("{:#}\n", schema);
        if write {
            std::fs::write(folder().join(&name), &made).expect("config/schemas can be written");
        }
        assert_eq!(text(&name), made, "config/schemas/{name} is not the struct's: write it anew");
        known.insert(name);
    }
    for entry in std::fs::read_dir(folder()).expect("config/schemas is there").flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(known.contains(&name), "config/schemas/{name} is of nothing that is written");
    }
}

#[test]
fn schemas_of_facts_pass_their_sample_and_nothing_of_another_type() {
    let samples = samples();
    for (kind, schema) in of_facts() {
        let options = jsonschema::options().should_validate_formats(true);
        let validator = options.build(&schema).unwrap_or_else(|e| panic!("{kind}: {e}"));
        let wrong: Vec<String> =
            validator.iter_errors(&samples[&kind]).map(|e| e.to_string()).collect();
        assert!(wrong.is_empty(), "{kind}: {wrong:?}");
        let mut other = samples[&kind].clone();
        other["type"] = "coldwatch.other.v1".into();
        assert!(!validator.is_valid(&other), "{kind} takes another type, too");
    }
}

/// The schema of a fact's event, by type.
fn of_facts() -> BTreeMap<String, Value> {
    let all = schemars::schema_for!(super::written::Fact).to_value();
    let defs = all["$defs"].as_object().expect("structs have names");
    let mut schemas = BTreeMap::new();
    for variant in all["oneOf"].as_array().expect("a fact is one of many") {
        for (kind, data) in variant["properties"].as_object().expect("each has its type") {
            let mut schema = event(kind, data, defs);
            // What a recording says of a fact; what coldwatch writes itself never carries it.
            schema["properties"]["arrivedat"] = json!({ "type": "string", "format": "date-time" });
            // What dispatch says of it in a journal; what an outsider writes there counts for nothing.
            schema["properties"]["countsat"] = json!({
                "type": "string",
                "format": "date-time",
                "description": "The moment that counts instead of `time`, which was later than the report came.",
            });
            // What intake says of it; the same holds for an outsider's.
            schema["properties"]["hiddencharacters"] = json!({
                "type": "string",
                "description": "What was taken off its ids when it was let in, because nobody sees it, and where.",
            });
            schemas.insert(kind.clone(), schema);
        }
    }
    schemas
}

/// The same of what the engines say.
fn of_ours() -> BTreeMap<String, Value> {
    let made = [
        ("coldwatch.finding.v1", "Finding", schemars::schema_for!(Finding)),
        ("coldwatch.context.v1", "Context", schemars::schema_for!(Context)),
    ];
    made.into_iter()
        .map(|(kind, name, schema)| {
            let mut root = schema.to_value();
            let members = root.as_object_mut().expect("a schema of a struct");
            let defs = members.remove("$defs").unwrap_or_default();
            let mut defs = defs.as_object().cloned().unwrap_or_default();
            members.retain(|name, _| name != "$schema" && name != "title");
            // v1 gains optional members: whoever reads it lets pass what is not known yet.
            for variant in root.get_mut("oneOf").and_then(Value::as_array_mut).into_iter().flatten()
            {
                variant.as_object_mut().expect("a variant").remove("additionalProperties");
            }
            defs.insert(name.to_string(), root);
            let data = json!({ "$ref": format!("#/$defs/{name}") });
            (kind.to_string(), event(kind, &data, &defs))
        })
        .collect()
}

/// The whole event.
fn event(kind: &str, data: &Value, defs: &Map<String, Value>) -> Value {
    let mut used = Map::new();
    gather(data, defs, &mut used);
    let about = data["$ref"].as_str().and_then(|name| defs.get(name.rsplit('/').next()?));
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
            "data": data,
        },
        "required": ["specversion", "id", "source", "type", "subject", "time", "data"],
        "$defs": used,
    })
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
