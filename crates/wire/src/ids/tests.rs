//! Ids from outside, in every place where one can stand.

use crate::native::{self, DecodedEvent};
use crate::{Limits, Rejection};
use facts::{Fact, ShipmentFact};

fn line(kind: &str, subject: &str, data: &str) -> String {
    format!(
        r#"{{"specversion":"1.0","id":"e-1","source":"t","type":"coldwatch.{kind}.v1","subject":"{subject}","time":"2026-03-01T08:00:00Z","data":{data}}}"#
    )
}

fn read(line: &str) -> Result<DecodedEvent, Rejection> {
    native::read(line.as_bytes(), &Limits::default())
}

/// Subject, what was taken off, and the data.
fn read_in(line: &str) -> (String, String, serde_json::Value) {
    let event = read(line).unwrap_or_else(|e| panic!("{e}")).event;
    let (_, data) = event.fact.parts().unwrap();
    (event.subject.to_string(), event.hidden.map(|h| h.to_string()).unwrap_or_default(), data)
}

#[test]
fn three_cards_with_one_name_are_two() {
    let noted =
        |id: &str| read_in(&line("shipment.noted", id, r#"{"by":"ANNA","text":"a\u200bb"}"#));
    assert_eq!(noted("SHP-0001").0, "shipment:SHP-0001");
    let (subject, taken, data) = noted("SHP-\u{200b}0001");
    assert_eq!(subject, "shipment:SHP-0001");
    assert_eq!(taken, "U+200B in /subject");
    assert_eq!(data["text"], "a\u{200b}b", "what people write stays as they wrote it");
    assert_eq!(noted("SHP-\\u202e1000").0, "shipment:SHP-1000");
    assert_eq!(noted("Ba\u{308}r").1, "", "two codes of one letter hide nothing");
}

/// Every text of every sample, one at a time: one that is an id comes out clean, and it is told; any other is refused, or stays
/// as it was written.
#[test]
fn every_id_of_every_fact_is_cleaned_and_nothing_else() {
    let samples = include_str!("../../../../config/schemas/samples.ndjson");
    let mut cleaned = std::collections::BTreeSet::new();
    for sample in samples.lines() {
        let whole: serde_json::Value = serde_json::from_str(sample).unwrap();
        let Ok(before) = read(sample) else { panic!("{sample}") };
        for place in places(&whole, String::new()) {
            let mut soiled = whole.clone();
            let text = soiled.pointer_mut(&place).unwrap();
            *text = format!("{}\u{200b}", text.as_str().unwrap()).into();
            let Ok(after) = read(&soiled.to_string()) else { continue };
            if let Some(taken) = &after.event.hidden {
                assert_eq!(taken.as_str(), format!("U+200B in {place}"), "{sample}");
                let clean = facts::Event { hidden: None, ..after.event };
                assert_eq!(clean, before.event, "{place} of {sample}");
                let member = place.rsplit('/').find(|part| part.parse::<u32>().is_err());
                cleaned.insert(member.unwrap_or_default().to_owned());
            }
        }
    }
    let ids = "air_waybill by carrier channel consignee consignor from holder id issuer leg leg order permit person product \
        profile replaced_by second shipment shipper source subject to unit units value verified_by waypoint";
    let missing: Vec<&str> = ids.split(' ').filter(|id| !cleaned.contains(*id)).collect();
    assert_eq!(missing, [""; 0], "cleaned: {cleaned:?}");
    for text in ["text", "reason", "place"] {
        assert!(!cleaned.contains(text), "{text} is for people");
    }
}

/// Where a text stands.
fn places(value: &serde_json::Value, here: String) -> Vec<String> {
    match value {
        serde_json::Value::String(_) => vec![here],
        serde_json::Value::Array(items) => {
            let each = |(n, item)| places(item, format!("{here}/{n}"));
            (0..).zip(items).flat_map(each).collect()
        }
        serde_json::Value::Object(members) => members
            .iter()
            .flat_map(|(name, value)| places(value, format!("{here}/{name}")))
            .collect(),
        _ => Vec::new(),
    }
}

#[test]
fn what_is_left_must_be_an_id() {
    let told = |subject: &str, data: &str| {
        let read = read(&line("shipment.received", subject, data));
        let wrong = read.err().map(|e| (e.code.to_string(), e.place.member, e.reason));
        wrong.unwrap_or_default()
    };
    let received = r#"{"by":"KLM","verdict":"accept"}"#;
    assert_eq!(told("\u{200b}\u{200b}", received).0, "bad-subject");
    assert_eq!(told("a\u{a0}b", received).0, "bad-subject");
    let (code, member, reason) = told("SHP-1", r#"{"by":"\u200b","verdict":"accept"}"#);
    assert_eq!((&*code, &*member), ("bad-id", "/data"), "{reason}");
    // The careful way finds the same faults as the fast one.
    for (data, code) in [
        (r#"{"by":"KLM\u200b","by":"KLM","verdict":"accept"}"#, "double-member"),
        (r#"{"by":"KLM\u200b"}"#, "missing-member"),
        (r#"{"by":5,"verdict":"accept","units":["\u200b1"]}"#, "wrong-type"),
        (r#"{"by":"KLM\u200b","verdict":"great"}"#, "bad-value"),
        (r#"{"by":"KLM\u200b","verdict":["accept"]}"#, "wrong-type"),
        (r#"{"by":"K\u0007LM","verdict":"accept"}"#, "bad-id"),
    ] {
        assert_eq!(told("SHP-1", data).0, code, "{data}");
    }
}

#[test]
fn many_places_are_told_in_a_few_words() {
    let units: Vec<String> = (0..40).map(|n| format!("\"U{n}\u{feff}\"")).collect();
    let data = format!(r#"{{"by":"LAB","units":[{}]}}"#, units.join(","));
    let (_, taken, _) = read_in(&line("shipment.thawed", "SHP-1", &data));
    assert!(
        taken.starts_with("U+FEFF in /data/units/0, ") && taken.ends_with(" and 35 more"),
        "{taken}"
    );
}

#[test]
fn what_was_let_in_keeps_its_bytes_and_its_mark() {
    let old = line("shipment.noted", "SHP-\u{200b}1", r#"{"by":"ANNA","text":"b"}"#);
    let ours = native::read(old.as_bytes(), &Limits::of_ours()).unwrap();
    assert_eq!((&*ours.event.subject.id, &ours.event.hidden), ("SHP-\u{200b}1", &None));
    let new = read(&old).unwrap();
    let written = native::write(&new.event, &new.extensions);
    let again = native::read(written.as_bytes(), &Limits::of_ours()).unwrap();
    assert_eq!(again, new);
    // An outsider who writes the mark says nothing with it, whatever it is.
    let claimed = old.replace("\"data\"", "\"hiddencharacters\":[7],\"data\"");
    assert_eq!(read(&claimed), Ok(new));
}

#[test]
fn a_patient_is_found_behind_hidden_characters_and_letters_that_look_alike() {
    for member in [
        "pati\\u200bent",
        "pati\u{200b}ent",
        "\u{440}\u{430}tient",
        "ｐａｔｉｅｎｔ",
        "pátient_náme",
        "\u{43c}rn",
        "\\u0440atient",
    ] {
        let data = format!(r#"{{"by":"ANNA","text":"b","{member}":"Doe"}}"#);
        let read_in = read(&line("shipment.noted", "SHP-1", &data));
        let Err(wrong) = read_in else { panic!("{member} was let in") };
        assert_eq!(wrong.code.to_string(), "patient-data", "{member}");
        assert!(wrong.record.is_empty() && !wrong.reason.contains("Doe"), "{member}");
        // What is refused for another reason does not keep the name either.
        let half = line("shipment.noted", "SHP-1", &data).replace("}}", "");
        let wrong = read(&half).unwrap_err();
        assert!(wrong.record.is_empty(), "{member}: {}", wrong.record);
    }
    let kept = read(r#"{"id":"m\u00fcll"#).unwrap_err();
    assert!(!kept.record.is_empty(), "an accent hides nobody");
    let noted = line("shipment.noted", "SHP-1", r#"{"by":"JÜRGEN","text":"für den Zoll"}"#);
    assert!(matches!(read(&noted).unwrap().event.fact, Fact::Shipment(ShipmentFact::Noted(_))));
}
