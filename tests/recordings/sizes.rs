//! What follows from the largest inputs that are taken in fits into a record of a log, and every letter reads back.

use crate::common::{book_with, intake};
use crate::week::{letters, letters_of};
use facts::{Event, Moment, Span, Subject};
use fold::Payload;
use pipeline::bytes::{self, Alert};
use pipeline::stage::Liveness;
use pipeline::{OutRecord, Output, OutputKind, Pipeline, RecordBody, Topic};
use proptest::prelude::*;
use serde_json::{Value, json};
use wire::{Limits, native};

/// What a log takes, less room for key, headers and what wraps a record.
const RECORD: usize = (4 << 20) - (64 << 10);

const MARCH: &str = "2026-03-01T08:00:00.000Z";

fn long(word: &str, n: usize, bytes: usize) -> String {
    format!("{word}{n}-{}", "x".repeat(bytes.saturating_sub(word.len() + n.to_string().len() + 1)))
}

fn units(word: &str, n: usize) -> Vec<String> {
    (0..n).map(|at| long(word, at, 128)).collect()
}

fn event(n: usize, kind: &str, subject: &str, data: &Value) -> Vec<u8> {
    json!({
        "specversion": "1.0", "id": long("e", n, 512), "source": long("s", n, 512),
        "type": format!("coldwatch.{kind}.v1"), "subject": subject, "time": MARCH, "data": data,
    })
    .to_string()
    .into_bytes()
}

/// As much as can be said of one shipment, its order and its permits, in every way in which units are named.
fn largest(most: usize) -> Vec<Vec<u8>> {
    let (shipment, order) = (long("SHP", 0, 120), long("ORD", 0, 120));
    let text = "\"\\".repeat(1_000);
    let permits: Vec<Value> = (0..200)
        .map(|n| {
            let quantity = json!({ "amount": 1, "unit": "v".repeat(64) });
            json!({ "permit": long("PER", n, 120), "act": "receipt", "waypoint": "end", "quantity": quantity })
        })
        .collect();
    let waypoints: Vec<Value> =
        (0..200).map(|n| json!({ "name": long("way", n, 2_000), "eta": MARCH })).collect();
    let leg = json!({ "id": "L1", "mode": "road", "carrier": "KLM", "from": "LAB", "to": "SITE",
        "departs": MARCH, "arrives": MARCH });
    let plan = json!({ "version": 1, "kind": "drug-product", "profile": "cryo", "order": order,
        "units": units("p", most), "consignor": "LAB", "consignee": "SITE", "legs": [leg],
        "waypoints": waypoints, "permits": permits });
    let by = |units: Vec<String>| json!({ "by": "LAB", "units": units });
    let mut received = by(units("k", most));
    received["verdict"] = "accept-under-deviation".into();
    let mut decided = by(units("k", most));
    decided["outcome"] = "use".into();
    let note = json!({ "by": "ANNA", "text": text });
    let mut all = vec![
        event(
            0,
            "order.opened",
            &order,
            &json!({ "product": "product", "units": units("o", most) }),
        ),
        event(1, "shipment.planned", &shipment, &plan),
        event(
            2,
            "shipment.packed",
            &shipment,
            &json!({ "units": units("k", most), "order": order }),
        ),
        event(3, "shipment.stowed", &shipment, &json!({ "by": "LAB", "place": "y".repeat(4_096) })),
        event(4, "shipment.received", &shipment, &received),
        event(5, "shipment.quality-released", &shipment, &by(units("k", most))),
        event(6, "shipment.dispositioned", &shipment, &decided),
        event(7, "shipment.destroyed", &shipment, &by(units("k", most))),
        event(8, "shipment.infused", &shipment, &by(units("k", most))),
        event(9, "shipment.quality-released", &shipment, &by(units("o", most))),
        event(10, "shipment.destroyed", &shipment, &by(units("o", most))),
        event(11, "shipment.infused", &shipment, &by(units("o", most))),
        event(12, "shipment.packed", &shipment, &json!({ "count": most, "order": order })),
    ];
    all.extend((0..300).map(|n| event(20 + n, "shipment.incident-noted", &shipment, &note)));
    all
}

fn read(line: &[u8]) -> Result<Event, String> {
    let limits = Limits::default();
    native::read(line, &limits).map(|read| read.event).map_err(|r| r.to_string())
}

#[test]
fn what_follows_from_the_largest_inputs_fits_into_a_record() {
    assert!(read(&largest(2_001)[2]).is_err(), "these are the largest that are taken");
    let begin: Moment = MARCH.parse().expect("a moment");
    let lines = largest(2_000);
    let events: Vec<Event> =
        lines.iter().map(|line| read(line).unwrap_or_else(|e| panic!("{e}"))).collect();
    let at = |n: usize| begin + Span::seconds(10 * i64::try_from(n).expect("few"));
    let arrivals = events.iter().cloned().enumerate().map(|(n, event)| (at(n), event));
    let (mut most, mut doses, mut full) = ((0, String::new()), 0, 0);
    let (topic, now) = (Topic::Rejects, begin);
    let refused = events.clone().into_iter().map(|event| {
        let (key, body) = (event.subject.clone(), RecordBody::Unclaimed(Box::new(event), "nobody"));
        OutRecord { topic, partition: 0, key, origin: None, after: None, now, body }
    });
    let cards = cards(arrivals.clone());
    for letter in letters_of(arrivals).into_iter().chain(refused).chain(cards) {
        let (key, value) = bytes::write(&letter);
        let size = key.len() + value.len();
        let what = String::from_utf8_lossy(&value[..value.len().min(3_000)]).into_owned();
        doses += usize::from(
            matches!(&letter.body, RecordBody::Event(e) if matches!(e.fact, facts::Fact::System(facts::SystemFact::Dose(_)))),
        );
        full += usize::from(
            matches!(&letter.body, RecordBody::Incident(card) if card.notes.len() == 200),
        );
        if size > most.0 {
            most = (size, what);
        }
    }
    println!("the largest record has {} bytes; {doses} doses, {full} full cards", most.0);
    assert!(doses > 3 && full > 0, "{doses} doses, {full} full cards");
    assert!(most.0 > 1 << 20, "the largest is large: {} bytes", most.0);
    assert!(most.0 < RECORD, "{} bytes: {}", most.0, most.1);
}

/// What `alerts` says at the end of all that.
fn cards(arrivals: impl Iterator<Item = (Moment, Event)>) -> Vec<OutRecord> {
    let mut pipeline = Pipeline::new(&book_with(Value::Null)).expect("fit rules");
    let mut last = Moment::EARLIEST;
    for (n, (at, event)) in (1..).zip(arrivals) {
        last = at;
        pipeline.feed(at, event, intake(n)).expect("nothing stops");
    }
    pipeline.advance(last + Span::days(2)).expect("nothing stops");
    let letter = |output: Output| {
        let (now, topic) = (output.learnt, Topic::Alerts);
        let body = match output.what {
            OutputKind::Incident(incident) => RecordBody::Incident(incident),
            OutputKind::Finding(finding) => RecordBody::Finding(finding),
            OutputKind::Expired(event, reason) => RecordBody::Unclaimed(event, reason),
        };
        let key = Subject::new(facts::SubjectKind::Shipment, "SHP");
        OutRecord { topic, partition: 0, key, origin: None, after: None, now, body }
    };
    pipeline.finish().into_iter().map(letter).collect()
}

/// What is read from a letter's bytes is what was written.
fn reads_back(letter: &OutRecord) {
    let (key, value) = bytes::write(letter);
    let said = || format!("{letter:?}: {}", String::from_utf8_lossy(&value));
    let links = |origin, after| assert_eq!((origin, after), (&letter.origin, &letter.after));
    match (&letter.topic, &letter.body) {
        (Topic::Facts, RecordBody::Event(event)) => {
            let record = bytes::fact(7, &key, &value).unwrap_or_else(|e| panic!("{e}: {}", said()));
            links(&record.origin, &record.after);
            let Payload::Input { key, input: word } = record.payload else { panic!("{}", said()) };
            assert_eq!((&key, &word), (&letter.key, event));
        }
        (Topic::Journal, RecordBody::Event(event)) => {
            let record = bytes::journal(0, 7, &value);
            let record = record.unwrap_or_else(|e| panic!("{e}: {}", said())).into_record();
            links(&record.origin, &record.after);
            let Payload::Input { key, input: word } = record.payload else { panic!("{}", said()) };
            assert_eq!((&key, &word), (&letter.key, event));
        }
        (Topic::Exceptions, body) => {
            let heard = bytes::exception(7, &value).unwrap_or_else(|e| panic!("{e}: {}", said()));
            links(&heard.record.origin, &heard.record.after);
            match (body, heard.record.payload) {
                (
                    RecordBody::Finding(f),
                    Payload::Input { input: alerts::ExceptionInput::Finding(read), .. },
                ) => {
                    assert_eq!(*f, read);
                }
                (
                    RecordBody::Context(c),
                    Payload::Input { input: alerts::ExceptionInput::Context(learnt, read), .. },
                ) => {
                    assert_eq!((letter.now, c), (learnt, &read));
                }
                (
                    RecordBody::Event(e),
                    Payload::Input { input: alerts::ExceptionInput::Act(read), .. },
                ) => {
                    assert_eq!(*e, read);
                }
                (RecordBody::Tick(now), Payload::Tick(read)) => assert_eq!(*now, read),
                (RecordBody::Tick(now), Payload::Ignored) => {
                    assert!(
                        matches!(heard.liveness, Some(Liveness::Passed(_, read)) if read == *now),
                        "{}",
                        said()
                    );
                }
                (RecordBody::Rulebook(book), Payload::Rulebook(read)) => assert_eq!(*book, read),
                (RecordBody::Behaviour(number), Payload::Behaviour(read)) => {
                    assert_eq!(*number, read)
                }
                _ => panic!("{}", said()),
            }
        }
        (Topic::Alerts, body) => {
            let read = bytes::alert(&value).unwrap_or_else(|e| panic!("{e}: {}", said()));
            match body {
                RecordBody::Incident(incident) => {
                    assert_eq!(read, Alert::Incident(incident.clone()))
                }
                RecordBody::Finding(finding) => assert_eq!(read, Alert::Finding(finding.clone())),
                RecordBody::Tick(now) => assert_eq!(read, Alert::Beat(*now)),
                _ => panic!("{}", said()),
            }
        }
        _ => panic!("{}", said()),
    }
}

#[test]
fn every_letter_of_a_week_reads_back() {
    for letter in letters(11, 40) {
        reads_back(&letter);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn letters_about_subjects_of_any_length_read_back(length in 1_usize..=120, count in 0_u32..=2_000) {
        let shipment = "S".repeat(length);
        let order = "O".repeat(length);
        let plan = json!({ "version": 1, "kind": "drug-product", "profile": "cryo", "order": order,
            "consignor": "LAB", "consignee": "SITE", "legs": [] });
        let lines = [
            event(0, "order.opened", &order, &json!({ "product": "product", "count": count })),
            event(1, "shipment.planned", &shipment, &plan),
            event(2, "shipment.packed", &shipment, &json!({ "count": count, "order": order })),
            event(3, "shipment.stowed", &shipment, &json!({ "by": "LAB", "place": "tank 7" })),
        ];
        let begin: Moment = MARCH.parse().expect("a moment");
        let events: Vec<Event> =
            lines.iter().map(|line| read(line).unwrap_or_else(|e| panic!("{e}"))).collect();
        let all = letters_of(events.iter().cloned().map(|event| (begin, event)));
        prop_assert!(all.iter().filter(|letter| letter.topic == Topic::Journal).count() >= 4);
        for letter in &all {
            reads_back(letter);
        }
        for event in events {
            let (topic, key, origin) = (Topic::Facts, Subject::clone(&event.subject), None);
            let (partition, after, now, body) = (0, None, begin, RecordBody::Event(event));
            reads_back(&OutRecord { topic, partition, key, origin, after, now, body });
        }
    }

    #[test]
    fn an_id_of_more_than_120_bytes_is_no_subject(length in 121_usize..300) {
        let line = event(0, "shipment.packed", &"S".repeat(length), &json!({}));
        let refused = read(&line).expect_err("too long");
        prop_assert!(refused.contains("bad-subject"), "{refused}");
    }
}
