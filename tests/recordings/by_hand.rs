//! The schemas of incidents and rejections are written by hand, so that `alerts` and `wire` stay small. They have the
//! members and words of the code, no more and no less.

use alerts::incident::{Incident, IncidentState, StaffAct};
use facts::{Message, Moment, Name, PartyId, Severity, ShipmentId, ShortText};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use wire::{Code, Rejection};

/// A file of config.
pub(crate) fn file(name: &str) -> Value {
    let path = format!("{}/../../config/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{path}: {e}"));
    serde_json::from_str(&text).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// A record with everything in it has, at that place, the members that its schema lists.
pub(crate) fn same_members(record: &Value, at: &str, def: &str) {
    let kind = record["type"].as_str().expect("a type");
    let schema = file(&format!("schemas/{kind}.json"));
    let names = |value: &Value| -> BTreeSet<String> {
        value.as_object().unwrap_or_else(|| panic!("{def}: {value}")).keys().cloned().collect()
    };
    let written = record.pointer(at).unwrap_or_else(|| panic!("nothing at {at}"));
    assert_eq!(names(written), names(&schema["$defs"][def]["properties"]), "{kind}: {def}");
}

/// The words of a choice.
fn words(kind: &str, def: &str) -> BTreeSet<String> {
    let schema = file(&format!("schemas/{kind}.json"));
    let words = schema["$defs"][def]["oneOf"].as_array().expect("a choice").iter();
    words.map(|one| one["const"].as_str().expect("a word").to_owned()).collect()
}

#[test]
fn an_incident_has_the_members_of_its_schema() {
    let by = PartyId::new("ANNA");
    let at = Moment::from_millis(1_772_352_000_000);
    let act = StaffAct { by: by.clone(), at, text: ShortText::new("at work on it") };
    let rule = ShortText::new("thermal/too-warm");
    let full = Incident {
        shipment: ShipmentId::new("SHP-1"),
        number: 2,
        state: IncidentState::Closed,
        latched: true,
        priority: Some(Severity::P1),
        findings: vec![Name { rule, about: ShortText::new("LOG-7"), offset: 120, index: 0 }],
        unseen: vec![Name {
            rule: ShortText::new("thermal/gap"),
            about: ShortText::new(""),
            offset: 7,
            index: 1,
        }],
        missed: Some("9.1 °C for 20 min".into()),
        missed_message: Some(Message::plain("9.1 °C for 20 min")),
        headline: "9.1 °C for 20 min".into(),
        headline_message: Message::plain("9.1 °C for 20 min"),
        holder: Some(by.clone()),
        place: Some(ShortText::new("Luxembourg")),
        since: Some(at),
        eta: Some(at),
        deadline: Some(at),
        action: ShortText::new("Call the holder"),
        acknowledged: Some(act.clone()),
        notes: vec![act.clone()],
        refused: Some("closing a P1 takes two people".into()),
        refused_act: Some(ShortText::new("a-7")),
        closed: Some(act),
        second: Some(by),
        opened: Some(at),
        changed: at,
    };
    let kind = "coldwatch.incident.v1";
    let record = json!({ "specversion": "1.0", "id": "alerts/1:exceptions:3:120:0", "source": "alerts/1",
        "type": kind, "subject": "SHP-1", "time": at, "data": full });
    same_members(&record, "/data", "Incident");
    same_members(&record, "/data/findings/0", "Name");
    same_members(&record, "/data/notes/0", "Act");
    let validator = jsonschema::options().should_validate_formats(true);
    let validator = validator.build(&file(&format!("schemas/{kind}.json"))).expect("a schema");
    assert!(validator.is_valid(&record), "{record}");
    for (at, wrong) in [("/data/state", "open"), ("/data/priority", "P5"), ("/data/since", "noon")]
    {
        let mut broken = record.clone();
        *broken.pointer_mut(at).expect("it is there") = wrong.into();
        assert!(!validator.is_valid(&broken), "{at} may be {wrong}");
    }
    let states = [
        IncidentState::ActiveUnacked,
        IncidentState::ActiveAcked,
        IncidentState::ReturnedUnacked,
        IncidentState::ReturnedAcked,
        IncidentState::Closed,
        IncidentState::Withdrawn,
    ];
    assert_eq!(words(kind, "IncidentState"), states.map(|state| state.to_string()).into());
    let severities = [Severity::P1, Severity::P2, Severity::P3, Severity::P4];
    assert_eq!(words(kind, "Severity"), severities.map(|one| one.to_string()).into());
}

#[test]
fn a_rejection_has_the_members_of_its_schema_and_the_schema_knows_every_code() {
    let rejection = Rejection::new(Code::MissingMember, "`id` is missing")
        .column(1)
        .member("/id")
        .keeping(b"{}")
        .at("inbound.events:3", 7);
    let kind = "coldwatch.rejection.v1";
    let record = json!({ "type": kind, "data": rejection });
    same_members(&record, "/data", "Rejection");
    same_members(&record, "/data/place", "Place");
    let schema = file(&format!("schemas/{kind}.json"));
    let listed = &schema["$defs"]["Rejection"]["properties"]["code"]["examples"];
    let codes: Vec<&str> = Code::ALL.iter().map(|(_, code, _)| *code).collect();
    assert_eq!(*listed, json!(codes), "the table of codes is wire's");
}
