//! What coldwatch writes is what config/schemas says: a simulated week, letter by letter.

use crate::by_hand::{file, same_members};
use crate::week::letters;
use coldwatch::services::{self, names::TopicNames};
use facts::fact::log::{ClockProbe, Genesis, Heartbeat, StateHash};
use facts::{Fact, Moment, ShortText, SystemFact};
use pipeline::{OutRecord, RecordBody, Topic, bytes};
use serde_json::Value;
use std::collections::BTreeMap;
use wire::Limits;

fn validator(schema: &Value) -> jsonschema::Validator {
    jsonschema::options().should_validate_formats(true).build(schema).expect("a schema")
}

/// Every type's schema, read once; `envelope.json` beside it.
struct Schemas {
    envelope: jsonschema::Validator,
    known: BTreeMap<String, (Value, jsonschema::Validator)>,
}

impl Schemas {
    fn new() -> Self {
        Self { envelope: validator(&file("api/envelope.json")), known: BTreeMap::new() }
    }
    /// The record passes the schema of its type; what that requires is really required.
    fn holds(&mut self, record: &Value) {
        let kind = record["type"].as_str().expect("a type").to_owned();
        let (_, schema) = self.known.entry(kind.clone()).or_insert_with(|| {
            let schema = file(&format!("schemas/{kind}.json"));
            let validator = validator(&schema);
            (schema, validator)
        });
        let wrong: Vec<String> = schema.iter_errors(record).map(|e| e.to_string()).collect();
        assert!(wrong.is_empty(), "{kind}: {wrong:?}: {record}");
        let wrong: Vec<String> = self.envelope.iter_errors(record).map(|e| e.to_string()).collect();
        assert!(wrong.is_empty(), "{kind}, envelope: {wrong:?}: {record}");
    }
    /// Without any one of what `def` requires, at that place of the record, it fails.
    fn requires(&self, record: &Value, at: &str, def: &str) {
        let (schema, validator) = &self.known[record["type"].as_str().expect("a type")];
        let def = if def.is_empty() { schema } else { &schema["$defs"][def] };
        let required = def["required"].as_array().expect("something is required");
        for member in required.iter().filter_map(Value::as_str) {
            let mut less = record.clone();
            let object = less.pointer_mut(at).and_then(Value::as_object_mut).expect("an object");
            assert!(
                object.remove(member).is_some(),
                "{member} is required at {at} and not written"
            );
            assert!(!validator.is_valid(&less), "without {member} at {at} it passes, too: {less}");
        }
    }
}

fn written(letter: &OutRecord) -> Value {
    serde_json::from_slice(&bytes::write(letter).1).expect("a letter is JSON")
}

#[test]
fn a_week_of_letters_passes_the_schemas() {
    let (mut schemas, mut counts) = (Schemas::new(), BTreeMap::<String, usize>::new());
    let mut last: BTreeMap<String, Value> = BTreeMap::new();
    for letter in letters(7, 200) {
        let what = match &letter.body {
            RecordBody::Incident(incident) => format!("incident {}", incident.state),
            RecordBody::Context(context) => {
                let value = serde_json::to_value(context).expect("JSON");
                value.as_object().and_then(|o| o.keys().next().cloned()).expect("whose it is")
            }
            RecordBody::Finding(_) => "finding".to_owned(),
            RecordBody::Event(event) => event.fact.parts().map(|(kind, _)| kind).expect("a type"),
            RecordBody::Tick(_) => "tick".to_owned(),
            _ => "of the log".to_owned(),
        };
        let count = counts.entry(what.clone()).or_default();
        *count += 1;
        // Ten thousand readings are like the first ones.
        if *count > 300 && matches!(letter.body, RecordBody::Event(_) | RecordBody::Tick(_)) {
            continue;
        }
        let record = written(&letter);
        schemas.holds(&record);
        let journalled = letter.topic == Topic::Journal;
        for member in ["origin", "shipment", "identity"] {
            assert!(!journalled || record.get(member).is_some(), "no {member}: {record}");
        }
        assert!(record.get("arrivedat").is_none(), "a time of arrival: {record}");
        last.insert(what, record);
    }
    println!("{counts:?}");
    assert!(counts["finding"] >= 100, "{counts:?}");
    let states = counts.keys().filter(|what| what.starts_with("incident ")).count();
    assert!(states >= 4, "incidents in {states} states only: {counts:?}");
    schemas.requires(&last["finding"], "", "");
    schemas.requires(&last["finding"], "/data", "Finding");
    schemas.requires(&last["finding"], "/data/name", "Name");
    for (context, def) in [("custody", "Custody"), ("thermal", "Thermal"), ("schedule", "Schedule")]
    {
        schemas.requires(&last[context], "", "");
        schemas.requires(&last[context], &format!("/data/{context}"), def);
    }
    schemas.requires(&last["incident active_unacked"], "", "");
    schemas.requires(&last["incident active_unacked"], "/data", "Incident");
}

#[test]
fn rejections_and_what_the_log_says_of_itself_pass_their_schemas() {
    let (mut schemas, names) = (Schemas::new(), TopicNames::with("", 16));
    let json = |new_record: stream::NewRecord| {
        serde_json::from_slice::<Value>(&new_record.value).expect("JSON")
    };
    let facts = [
        Fact::System(SystemFact::Genesis(Genesis {
            topic: ShortText::new("facts"),
            partitions: 16,
            generation: 1,
            behaviour: 2,
        })),
        Fact::System(SystemFact::Heartbeat(Heartbeat {
            topic: ShortText::new("inbound.events"),
            partition: 3,
            position: 7,
            end: 9,
        })),
        Fact::System(SystemFact::ClockProbe(ClockProbe {})),
        Fact::System(SystemFact::StateHash(StateHash {
            service: ShortText::new("thermal"),
            offset: 10_000,
            hash: ShortText::new("00".repeat(32)),
            bytes: 9,
        })),
    ];
    for fact in facts {
        schemas.holds(&json(services::of_log(&names, Topic::Facts, 3, 1_772_352_000_000, fact)));
    }
    let refused = wire::native::read(b"{\"specversion\":\"1.0\"}", &Limits::default());
    let refused = refused.expect_err("not an event").at("inbound.events:3", 7);
    let now = Moment::from_millis(1_772_352_000_000);
    for service in ["intake", "dispatch"] {
        let record = json(services::rejected(&names, 3, service, now, &refused));
        schemas.holds(&record);
        assert_eq!((&record["source"], &record["time"]), (&service.into(), &json_text(now)));
    }
    let record = json(services::rejected(&names, 3, "intake", now, &refused));
    schemas.requires(&record, "", "");
    schemas.requires(&record, "/data", "Rejection");
    schemas.requires(&record, "/data/place", "Place");
    let mut unclaimed = refused_by_all();
    schemas.holds(&unclaimed);
    schemas.requires(&unclaimed, "/data", "Unclaimed");
    same_members(&unclaimed, "/data", "Unclaimed");
    same_members(&unclaimed, "/data/place", "UnclaimedPlace");
    unclaimed["data"]["code"] = "bad-value".into();
    let (_, validator) = &schemas.known["coldwatch.rejection.v1"];
    assert!(!validator.is_valid(&unclaimed), "the two forms are told apart by their code");
}

fn json_text(now: Moment) -> Value {
    Value::String(now.to_string())
}

/// A letter of an event that nobody claimed.
fn refused_by_all() -> Value {
    let week = letters(7, 1);
    let letter = week.iter().find(|l| matches!(l.body, RecordBody::Event(_))).expect("a fact");
    let OutRecord { key, body: RecordBody::Event(event), origin, .. } = letter.clone() else {
        unreachable!("a fact was looked for")
    };
    let body = RecordBody::Unclaimed(Box::new(event), "no shipment had this logger");
    let (topic, now) = (Topic::Rejects, Moment::from_millis(1_772_352_000_000));
    written(&OutRecord { topic, partition: 3, key, origin, after: None, now, body })
}
