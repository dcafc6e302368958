//! Broken records between good ones: each is rejected with its code and place, every good one is judged as
//! before, and memory stays flat.

use crate::command::{coldwatch, folder};
use serde_json::Value;
use std::io::Write;
use std::process::Stdio;

/// A good reading, as text to be broken.
fn good() -> String {
    r#"{"specversion":"1.0","id":"r-1","source":"gateway","type":"coldwatch.device.reading.v1","subject":"LOG-7","time":"2026-03-01T08:00:00Z","arrivedat":"2026-03-01T08:00:02Z","data":{"temperature":"5.3 °C","channel":"1"}}"#.to_owned()
}

fn reading(from: &str, to: &str) -> Vec<u8> {
    let good = good();
    assert!(good.contains(from), "{from} stands in a good reading");
    good.replacen(from, to, 1).into_bytes()
}

/// A good reading in another encoding.
fn utf16(bytes: fn(u16) -> [u8; 2], mark: &str) -> Vec<u8> {
    format!("{mark}{}", good()).encode_utf16().flat_map(bytes).collect()
}

fn event(kind: &str, data: &str) -> Vec<u8> {
    format!(
        r#"{{"specversion":"1.0","id":"e-1","source":"site","type":"coldwatch.{kind}.v1","subject":"X-1","time":"2026-03-01T08:00:00Z","arrivedat":"2026-03-01T08:00:02Z","data":{data}}}"#
    )
    .into_bytes()
}

/// What is broken, the bytes, the code, and the member where one is meant.
#[allow(clippy::too_many_lines)] // it is a table
fn broken() -> Vec<(&'static str, Vec<u8>, &'static str, &'static str)> {
    let mib = 1 << 20;
    vec![
        ("not JSON", b"hello".to_vec(), "not-json", ""),
        ("half a line", good().as_bytes()[..90].to_vec(), "half-line", ""),
        ("half a text", br#"{"specversion":"1.0","id":"r"#.to_vec(), "half-line", ""),
        ("two values on a line", [good(), good()].concat().into_bytes(), "not-json", ""),
        ("a comma too many", reading(r#""1"}}"#, r#""1",}}"#), "not-json", ""),
        ("single quotes", good().replace('"', "'").into_bytes(), "not-json", ""),
        ("NaN", reading(r#""5.3 °C""#, "NaN"), "not-json", ""),
        ("a bare control character", reading("r-1", "r\u{1}1"), "not-json", ""),
        ("a broken escape", reading("r-1", r"r\x1"), "not-json", ""),
        ("half a surrogate", reading("r-1", r"\ud800"), "not-json", ""),
        (
            "a byte order mark inside",
            [b"{\xef\xbb\xbf".to_vec(), good().into_bytes()].concat(),
            "not-json",
            "",
        ),
        ("UTF-16, small end first", utf16(u16::to_le_bytes, "\u{feff}"), "utf-16", ""),
        ("UTF-16, big end first", utf16(u16::to_be_bytes, "\u{feff}"), "utf-16", ""),
        ("UTF-16 without a mark", utf16(u16::to_le_bytes, ""), "utf-16", ""),
        (
            "data, and data in base64",
            reading(r#""data""#, r#""data_base64":"eyJ0ZW1wZXJhdHVyZSI6IjUuMCJ9","data""#),
            "double-member",
            "/data_base64",
        ),
        (
            "data in base64 alone",
            reading(r#""data":{"temperature":"5.3 °C","channel":"1"}"#, r#""data_base64":"e30=""#),
            "missing-member",
            "/data_base64",
        ),
        ("NUL", reading("r-1", "r\0"), "nul", ""),
        (
            "not UTF-8",
            [b"{\"id\":\"\xff\xfe".to_vec(), good().into_bytes()].concat(),
            "not-utf8",
            "",
        ),
        ("Latin-1", good().bytes().filter(|b| *b != 0xc2).collect(), "not-utf8", ""),
        ("a field of 10 MiB", reading("r-1", &"x".repeat(10 * mib)), "too-long", ""),
        ("a line of 10 MiB of nothing", vec![b'a'; 10 * mib], "too-long", ""),
        ("depth 10,000, lists", "[".repeat(10_000).into_bytes(), "too-deep", ""),
        ("depth 10,000, objects", r#"{"a":"#.repeat(10_000).into_bytes(), "too-deep", ""),
        (
            "depth 40 in an extension",
            reading(r#""id""#, &format!(r#""x":{}1{},"id""#, "[".repeat(40), "]".repeat(40))),
            "too-deep",
            "",
        ),
        ("a number", b"42".to_vec(), "not-an-event", ""),
        ("null", b"null".to_vec(), "not-an-event", ""),
        (
            "a list",
            [b"[".to_vec(), good().into_bytes(), b"]".to_vec()].concat(),
            "not-an-event",
            "",
        ),
        ("an empty object", b"{}".to_vec(), "missing-member", "/specversion"),
        (
            "another CloudEvents version",
            reading(r#""1.0""#, r#""0.3""#),
            "not-an-event",
            "/specversion",
        ),
        ("no id", reading(r#""id":"r-1","#, ""), "missing-member", "/id"),
        ("an empty id", reading("r-1", ""), "bad-value", "/id"),
        ("an id that is null", reading(r#""r-1""#, "null"), "missing-member", "/id"),
        ("no source", reading(r#""source":"gateway","#, ""), "missing-member", "/source"),
        (
            "no type",
            reading(r#""type":"coldwatch.device.reading.v1","#, ""),
            "missing-member",
            "/type",
        ),
        ("no subject", reading(r#""subject":"LOG-7","#, ""), "missing-member", "/subject"),
        ("no time", reading(r#""time":"2026-03-01T08:00:00Z","#, ""), "missing-member", "/time"),
        (
            "no data",
            reading(r#","data":{"temperature":"5.3 °C","channel":"1"}"#, ""),
            "missing-member",
            "/data",
        ),
        ("the id twice", reading(r#""id":"r-1""#, r#""id":"r-1","id":"r-2""#), "double-member", ""),
        (
            "the data twice",
            reading(r#""data""#, r#""data":{"temperature":"5.3 °C","channel":"1"},"data""#),
            "double-member",
            "",
        ),
        (
            "a temperature twice",
            reading(r#""channel""#, r#""temperature":"9.0 °C","channel""#),
            "double-member",
            "/data",
        ),
        (
            "an attribute in capitals",
            reading(r#""id":"r-1""#, r#""id":"r-1","arrivedAt":"2026-03-01T08:00:02Z""#),
            "not-an-event",
            "/arrivedAt",
        ),
        ("an id that is a number", reading(r#""r-1""#, "1"), "wrong-type", "/id"),
        (
            "a time that is a number",
            reading(r#""time":"2026-03-01T08:00:00Z""#, r#""time":1772352000"#),
            "wrong-type",
            "/time",
        ),
        (
            "data that is a text",
            reading(r#"{"temperature":"5.3 °C","channel":"1"}"#, r#""5.3""#),
            "wrong-type",
            "/data",
        ),
        ("a temperature that is a number", reading(r#""5.3 °C""#, "5.3"), "wrong-type", "/data"),
        (
            "a channel that is a list",
            reading(r#""channel":"1""#, r#""channel":["1"]"#),
            "wrong-type",
            "/data",
        ),
        ("an unknown type", reading("device.reading", "device.weight"), "unknown-type", "/type"),
        (
            "a correction of what knows none",
            reading("coldwatch.device.reading.v1", "coldwatch.permit.corrected.v1"),
            "unknown-type",
            "/type",
        ),
        ("a later version of a type", reading("reading.v1", "reading.v2"), "unknown-type", "/type"),
        (
            "somebody else's type",
            reading("coldwatch.device.reading.v1", "io.example.thing"),
            "unknown-type",
            "/type",
        ),
        ("a subject of two words", reading("LOG-7", "LOG 7"), "bad-subject", "/subject"),
        ("an endless subject", reading("LOG-7", &"L".repeat(200)), "bad-subject", "/subject"),
        (
            "a subject with a wrong check digit",
            reading("LOG-7", "sscc:106141411928374658"),
            "check-digit",
            "/subject",
        ),
        ("an endless id", reading("r-1", &"x".repeat(600)), "bad-id", "/id"),
        ("a control character in an id", reading("r-1", r"a\u0007b"), "bad-id", "/id"),
        ("no offset in a time", reading("08:00:00Z", "08:00:00"), "no-offset", "/time"),
        (
            "a day without a time",
            reading("2026-03-01T08:00:00Z", "2026-03-01"),
            "bad-time",
            "/time",
        ),
        (
            "the thirtieth of February",
            reading("2026-03-01T08", "2026-02-30T08"),
            "bad-time",
            "/time",
        ),
        ("a time in words", reading("2026-03-01T08:00:00Z", "yesterday"), "bad-time", "/time"),
        (
            "an arrival without an offset",
            reading("08:00:02Z", "08:00:02"),
            "no-offset",
            "/arrivedat",
        ),
        ("a unit that is not known", reading("5.3 °C", "5.3 °R"), "bad-unit", "/data"),
        ("no unit", reading("5.3 °C", "5.3"), "bad-unit", "/data"),
        ("a decimal comma", reading("5.3 °C", "5,3 °C"), "bad-unit", "/data"),
        ("colder than anything", reading("5.3 °C", "-300.0 °C"), "bad-unit", "/data"),
        ("an exponent", reading("5.3 °C", "5e1 °C"), "bad-unit", "/data"),
        ("no temperature", reading(r#""temperature":"5.3 °C","#, ""), "missing-member", "/data"),
        (
            "a position that there is not",
            event(
                "device.attached",
                r#"{"shipment":"S","channel":"1","position":"roof","log_every":"5 min"}"#,
            ),
            "bad-value",
            "/data",
        ),
        (
            "attached to nothing",
            event("device.attached", r#"{"channel":"1","position":"payload","log_every":"5 min"}"#),
            "bad-value",
            "/data",
        ),
        (
            "attached to two things",
            event(
                "device.attached",
                r#"{"shipment":"S","store":"T","channel":"1","position":"payload","log_every":"5 min"}"#,
            ),
            "bad-value",
            "/data",
        ),
        (
            "an interval without a unit",
            event(
                "device.attached",
                r#"{"shipment":"S","channel":"1","position":"payload","log_every":"5"}"#,
            ),
            "bad-unit",
            "/data",
        ),
        (
            "an interval of no time",
            event(
                "device.attached",
                r#"{"shipment":"S","channel":"1","position":"payload","log_every":"0 min"}"#,
            ),
            "bad-value",
            "/data/log_every",
        ),
        (
            "an interval that runs backwards",
            event(
                "device.attached",
                r#"{"shipment":"S","channel":"1","position":"payload","log_every":"5 min","send_every":"-1 min"}"#,
            ),
            "bad-value",
            "/data/send_every",
        ),
        (
            "a unit id of two words",
            event("shipment.packed", r#"{"units":["BAG 1"]}"#),
            "bad-id",
            "/data",
        ),
        ("a negative count", event("shipment.packed", r#"{"count":-1}"#), "bad-value", "/data"),
        (
            "a count beyond 32 bits",
            event("shipment.packed", r#"{"count":99999999999}"#),
            "bad-value",
            "/data",
        ),
        (
            "an expected time without an offset",
            event("shipment.eta-changed", r#"{"waypoint":"border","eta":"2026-03-01T08:00:00"}"#),
            "no-offset",
            "/data",
        ),
        (
            "a permit in a zone that there is not",
            event(
                "permit.granted",
                r#"{"kind":"import","issuer":"CDC","zone":"Mars/Olympus","holder":"A","from":"2026-01-01","until":"2026-02-01"}"#,
            ),
            "unknown-zone",
            "/data/zone",
        ),
        (
            "a permit until the thirtieth of February",
            event(
                "permit.granted",
                r#"{"kind":"import","issuer":"CDC","zone":"UTC","holder":"A","from":"2026-01-01","until":"2026-02-30"}"#,
            ),
            "bad-time",
            "/data",
        ),
        (
            "a patient's name",
            reading(r#""channel""#, r#""patient_name":"Maria Musterfrau","channel""#),
            "patient-data",
            "/data/patient_name",
        ),
        (
            "a birth date in an extension",
            reading(r#""id""#, r#""birthDate":"1980-02-03","id""#),
            "patient-data",
            "/birthDate",
        ),
        (
            "a birth date in camel case",
            reading(r#""channel""#, r#""dateOfBirth":"1980-02-03","channel""#),
            "patient-data",
            "/data/dateOfBirth",
        ),
        (
            "a birth date in three letters",
            reading(r#""channel""#, r#""DoB":"1980-02-03","channel""#),
            "patient-data",
            "/data/DoB",
        ),
        (
            "a birth date in words",
            reading(r#""channel""#, r#""Date of Birth":"1980-02-03","channel""#),
            "patient-data",
            "/data/Date of Birth",
        ),
        (
            "a record number with dots",
            reading(r#""channel""#, r#""m.R.n.":"815","channel""#),
            "patient-data",
            "/data/m.R.n.",
        ),
        (
            "a patient's name with a hidden letter",
            reading(r#""channel""#, r#""\u0070atientName":"Maria Musterfrau","channel""#),
            "patient-data",
            "/data/patientName",
        ),
        (
            "a statement that only we make",
            event(
                "device.quiet",
                r#"{"since":"2026-03-01T07:00:00Z","as_of":"2026-03-01T08:00:00Z","channel":"1"}"#,
            ),
            "not-from-outside",
            "/type",
        ),
        ("a clock stroke from outside", event("log.tick", "{}"), "not-from-outside", "/type"),
    ]
}

/// The lines of a replay's output, without the summary, and the summary.
fn replay(file: &std::path::Path) -> (Vec<Value>, Value) {
    let out = coldwatch(&["replay", &file.to_string_lossy(), "--output", "ndjson"])
        .output()
        .expect("it runs");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout).expect("UTF-8");
    let mut lines: Vec<Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let summary = lines.pop().expect("a summary");
    (lines, summary)
}

#[test]
fn each_is_rejected_with_its_place_and_every_good_one_is_judged_as_before() {
    let folder = folder("broken");
    let good: Vec<String> =
        simulate::make(11, 12).inbound.iter().map(simulate::Arrival::line).collect();
    let broken = broken();
    assert!(broken.len() >= 40, "at least forty kinds");
    let (alone, mixed) = (folder.join("alone.ndjson"), folder.join("mixed.ndjson"));
    std::fs::write(&alone, good.join("\n") + "\n").expect("written");
    let mut file = std::fs::File::create(&mixed).expect("created");
    let (mut record, mut expected, mut rest) = (0, Vec::new(), broken.iter());
    for (n, line) in good.iter().enumerate() {
        record += 1;
        writeln!(file, "{line}").expect("written");
        if n % 20 == 0
            && let Some(one) = rest.next()
        {
            record += 1;
            file.write_all(&one.1).expect("written");
            file.write_all(b"\r\n").expect("written");
            expected.push((record, one));
        }
    }
    assert!(rest.next().is_none(), "every broken record stands between good ones");
    let (judged, summary) = replay(&alone);
    let (lines, with_broken) = replay(&mixed);
    let (rejections, others): (Vec<Value>, Vec<Value>) =
        lines.into_iter().partition(|line| line["kind"] == "rejection");
    let wrong: Vec<String> = expected
        .iter()
        .filter_map(|(record, (name, _, code, member))| {
            let there = rejections.iter().find(|rejection| rejection["place"]["record"] == *record);
            let Some(rejection) = there else {
                return Some(format!("{name}, record {record}: not rejected"));
            };
            let place = &rejection["place"];
            let at = place["member"].as_str().unwrap_or_default();
            let right = rejection["code"] == *code && (member.is_empty() || at == *member);
            (!right).then(|| {
                format!(
                    "{name}, record {record}: {} at {place}: {}",
                    rejection["code"], rejection["reason"]
                )
            })
        })
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), expected.len(), wrong.join("\n"));
    assert_eq!(rejections.len(), expected.len());
    assert!(others == judged, "good records are judged as before");
    assert_eq!(with_broken["rejected"], expected.len());
    assert_eq!(with_broken["processed"], summary["processed"]);
    for (rejection, (_, (name, bytes, code, _))) in rejections.iter().zip(&expected) {
        let kept = rejection["record"].as_str().unwrap_or_default();
        assert_eq!(
            kept.is_empty(),
            *code == "patient-data",
            "{name}: a record is kept, a patient's is not"
        );
        assert_eq!(rejection["bytes"], bytes.len(), "{name}: it says how long the record is");
    }
}

/// A replay of these lines: how it ended, and its summary.
fn ends(name: &str, lines: &[String]) -> (Option<i32>, Value) {
    let file = folder(name).join("in.ndjson");
    std::fs::write(&file, lines.join("\n") + "\n").expect("written");
    let out = coldwatch(&["replay", &file.to_string_lossy(), "--output", "ndjson"])
        .output()
        .expect("it runs");
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let last = text.lines().last().unwrap_or("{}");
    (out.status.code(), serde_json::from_str(last).unwrap_or_default())
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn absurd_figures_are_rejected_and_hang_nothing() {
    let all = [
        text(event("shipment.packed", r#"{"count":4294967295}"#)),
        text(reading("2026-03-01T08:00:02Z", "9999-12-31T08:00:02Z")),
        text(reading("2026-03-01T08:00:00Z", "0002-03-01T08:00:00Z")),
        good(),
    ];
    let (code, summary) = ends("absurd", &all);
    assert_eq!(
        (code, &summary["rejected"], &summary["routed"]),
        (Some(0), &Value::from(3), &Value::from(1))
    );
}

#[test]
fn records_that_do_not_say_when_they_arrived_are_events_of_their_own() {
    let stamped = good();
    let unstamped = good()
        .replace(r#""arrivedat":"2026-03-01T08:00:02Z","#, "")
        .replace("r-1", "r-0")
        .replace("5.3", "5.4");
    let (code, summary) = ends("waited", &[unstamped, stamped]);
    assert_eq!(
        (code, &summary["pending"], &summary["duplicate"]),
        (Some(0), &Value::from(2), &Value::from(0))
    );
}

#[test]
fn what_is_missing_is_told_also_where_nothing_says_when_it_arrived() {
    let line = |kind: &str, subject: &str, at: &str, data: &str| {
        let event = text(event(kind, data)).replace("e-1", &format!("{subject}-{at}"));
        let event = event.replace(r#""arrivedat":"2026-03-01T08:00:02Z","#, "");
        event.replace("X-1", subject).replace("2026-03-01T08:00:00Z", at)
    };
    let released = [
        line("shipment.released", "SHP-1", "2026-03-01T08:00:00Z", r#"{"by":"VAN","to":"WARD"}"#),
        line("shipment.noted", "SHP-2", "2026-03-01T12:00:00Z", r#"{"by":"WARD","text":"quiet"}"#),
    ];
    let file = folder("unstamped").join("in.ndjson");
    std::fs::write(&file, released.join("\n") + "\n").expect("written");
    let (lines, summary) = replay(&file);
    let codes: Vec<&Value> = lines.iter().filter_map(|line| line.get("code")).collect();
    assert!(codes.contains(&&Value::from("CUS-02")), "{codes:?}");
    assert_eq!(summary["unstamped"], 2);
    let out = coldwatch(&["replay", &file.to_string_lossy()]).output().expect("it runs");
    let told = String::from_utf8_lossy(&out.stdout);
    assert!(told.contains("2 did not say when they arrived"), "{told}");
}

#[test]
fn a_byte_order_mark_before_a_record_costs_nothing() {
    let marked = format!("\u{feff}{}", good());
    let (code, summary) = ends("marked", &[marked.clone(), marked.replace("r-1", "r-2")]);
    assert_eq!((code, &summary["rejected"], &summary["read"]), (Some(0), &0.into(), &2.into()));
    let (code, summary) = ends("mark-alone", &["\u{feff}".to_owned(), good()]);
    assert_eq!((code, &summary["rejected"], &summary["read"]), (Some(0), &0.into(), &1.into()));
    let null = r#""data_base64":null,"data""#;
    let (code, summary) = ends("no-base64", &[good().replace(r#""data""#, null)]);
    assert_eq!((code, &summary["rejected"]), (Some(0), &0.into()), "what is null is not there");
}

#[test]
fn a_wrong_air_waybill_rejects_no_plan_and_is_told() {
    let plan = |version: u32, number: &str| {
        let data = format!(
            r#"{{"version":{version},"kind":"cells","profile":"CELL_2_8","consignor":"A","consignee":"B","legs":[],"air_waybill":"{number}"}}"#
        );
        text(event("shipment.planned", &data)).replace("e-1", &format!("e-{version}"))
    };
    let told = |name: &str, plans: &[String]| {
        let file = folder(name).join("in.ndjson");
        std::fs::write(&file, plans.join("\n") + "\n").expect("written");
        let (lines, summary) = replay(&file);
        assert_eq!(summary["rejected"], 0, "{name}");
        let states = lines.iter().filter(|line| line["code"] == "SYS-AWB");
        states.map(|line| line["state"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let states: Vec<String> = told("waybill", &[plan(1, "074-12345675")]);
    assert_eq!(states, [""; 0]);
    let states: Vec<String> = told("wrong-waybill", &[plan(1, "074-12345676")]);
    assert_eq!(states, ["raised"]);
    let shape: Vec<String> = told("no-waybill", &[plan(1, "tomorrow")]);
    assert_eq!(shape, ["raised"]);
    let mended = [plan(1, "074-12345676"), plan(2, "074-12345675")];
    let states: Vec<String> = told("mended-waybill", &mended);
    assert_eq!(states, ["raised", "cleared"]);
}

/// A note about another shipment that says it arrived then, or, unstamped, that it happened then.
fn note(id: &str, at: &str, stamped: bool) -> String {
    let line = text(event("shipment.noted", r#"{"by":"X","text":"t"}"#)).replace("e-1", id);
    let arrived = format!(r#""arrivedat":"{at}","#);
    let line = line.replace("2026-03-01T08:00:00Z", at);
    line.replace(r#""arrivedat":"2026-03-01T08:00:02Z","#, if stamped { &arrived } else { "" })
}

#[test]
fn one_stamp_that_is_far_ahead_does_not_drive_the_clock() {
    let at = |minute: u32| format!("2026-03-01T08:{minute:02}:00Z");
    let far = "2026-04-01T08:00:00Z";
    for stamped in [true, false] {
        let line = |id: &str, at: &str| note(id, at, stamped);
        let (a, b, c) = (line("a", &at(1)), line("b", &at(2)), line("c", &at(3)));
        let ahead = line("far", far);
        for (name, lines, told) in [
            ("first", [&ahead, &a, &b, &c], true),
            ("inside", [&a, &ahead, &b, &c], true),
            ("last-but-one", [&a, &b, &ahead, &c], true),
            ("last", [&a, &b, &c, &ahead], false),
        ] {
            let file = folder(&format!("ahead-{name}-{stamped}")).join("in.ndjson");
            let lines: Vec<&str> = lines.iter().map(|line| line.as_str()).collect();
            std::fs::write(&file, lines.join("\n") + "\n").expect("written");
            let journal = file.with_file_name("journal.ndjson");
            let (file, journal) = (file.to_string_lossy(), journal.to_string_lossy());
            let replayed = ["replay", &file, "--output", "ndjson", "--journal", &journal];
            let out = coldwatch(&replayed).output().expect("it runs");
            let said = String::from_utf8_lossy(&out.stdout).into_owned();
            let ahead: Vec<Value> = said
                .lines()
                .map(|line| serde_json::from_str(line).expect("JSON"))
                .filter(|line: &Value| line["kind"] == "ahead")
                .collect();
            assert_eq!(ahead.len(), 1, "{name} {stamped}: {said}");
            assert_eq!(ahead[0]["clamped"].is_string(), told, "{name} {stamped}: {said}");
            let journal = std::fs::read_to_string(&*journal).expect("a journal");
            let reached = journal
                .lines()
                .any(|line| line.contains("log.tick") && line.contains(r#""time":"2026-04-01"#));
            assert_eq!(reached, !told, "{name} {stamped}: the clock reaches it only as the last");
        }
        let lines = [a.as_str(), &b, &c].join("\n");
        let file = folder(&format!("not-ahead-{stamped}")).join("in.ndjson");
        std::fs::write(&file, lines).expect("written");
        let (lines, _) = replay(&file);
        assert!(lines.iter().all(|line| line["kind"] != "ahead"), "{lines:?}");
    }
}

#[test]
fn an_attachment_that_claims_tens_of_thousands_of_readings_loses_none() {
    let at = |n: i64| facts::Moment::from_millis(1_772_236_800_000) + facts::Span::seconds(n);
    let line = |n: i64| {
        good()
            .replace("r-1", &format!("r-{n}"))
            .replace("2026-03-01T08:00:00Z", &at(n).to_string())
            .replace("2026-03-01T08:00:02Z", &at(n + 2).to_string())
    };
    let mut all: Vec<String> = (0..30_000).map(line).collect();
    let attached = r#"{"shipment":"SHP-1","channel":"1","position":"payload","log_every":"5 min"}"#;
    let late = text(event("device.attached", attached))
        .replace("X-1", "LOG-7")
        .replace("2026-03-01T08:00:00Z", "2026-02-28T00:00:00Z");
    all.push(late.replace("2026-03-01T08:00:02Z", &at(40_000).to_string()));
    let file = folder("claimed").join("in.ndjson");
    let journal = file.with_file_name("journal.ndjson");
    std::fs::write(&file, all.join("\n") + "\n").expect("written");
    let out =
        coldwatch(&["replay", &file.to_string_lossy(), "--journal", &journal.to_string_lossy()]);
    assert!({ out }.output().expect("it runs").status.success());
    let journal = std::fs::read_to_string(&journal).expect("read");
    let mut origins: Vec<&str> = journal
        .lines()
        .filter(|line| line.contains("device.reading"))
        .filter_map(|line| line.split(r#""origin":""#).nth(1)?.split('"').next())
        .collect();
    assert_eq!(origins.len(), 30_000);
    origins.sort_unstable();
    origins.dedup();
    assert_eq!(origins.len(), 30_000, "each has an origin of its own");
}

#[test]
fn a_patient_s_name_is_kept_by_no_rejection() {
    let name = r#""patient_name":"Maria Musterfrau","#;
    let with = |text: String| text.replacen("\"id\"", &format!("{name}\"id\""), 1);
    let all = [
        with(good()),
        with(good())[..150].to_owned(),
        with(good()).replace("08:00:00Z", "08:00:00"),
        with(good()).replace("patient_name", r"\u0070atient_name").replace("5.3", "5,3"),
        with(good()).replace(r#""patient_name""#, r#""_patient_name""#).replace("5.3", "5,3"),
        with(good()).replacen("r-1", "r\0", 1),
        with(good()).replace("patient_name", "dateOfBirth").replace("5.3", "5,3"),
        with(good()).replace("patient_name", "Date Of Birth").replace("5.3", "5,3"),
        with(good()).replace(r#""patient_name""#, "mRn"),
    ];
    let file = folder("patient").join("in.ndjson");
    std::fs::write(&file, all.join("\n") + "\n").expect("written");
    let out = coldwatch(&["replay", &file.to_string_lossy(), "--output", "ndjson"])
        .output()
        .expect("it runs");
    let said =
        String::from_utf8_lossy(&out.stdout).into_owned() + &String::from_utf8_lossy(&out.stderr);
    assert!(said.matches("\"kind\":\"rejection\"").count() == all.len(), "{said}");
    assert!(!said.contains("Musterfrau"), "{said}");
}

#[test]
fn a_logger_file_s_absurd_head_is_rejected() {
    let head = "Device: Q-tag CLm doc\nConf:\n Serial: X1\n Zone: 0.00\n Logging Interval: 10\n Alarm:\n  1:\n   T AL: 8.0, t AL: 30\nRes:\n TS Start: 2026-03-01 08:00\nData:\n\tyyyy-MM-dd hh:mm\tT\n\t2026-03-01 08:00\t5.0\n";
    assert!(wire::logger::read("x", head.as_bytes()).is_ok());
    for (from, to) in [
        ("Interval: 10", "Interval: 9223372036854775807"),
        ("Interval: 10", "Interval: 0"),
        ("Interval: 10", "Interval: -5"),
        ("Serial: X1", "Serial:"),
        ("2026-03-01", "1960-03-01"),
    ] {
        let read = wire::logger::read("x", head.replace(from, to).as_bytes());
        assert!(read.is_err(), "{to}");
    }
    // A device whose clock was never set does not move ours.
    let row = head.to_owned() + "\t1960-01-01 00:00\t5.0\n\t2150-01-01 00:00\t5.0\n";
    let read = wire::logger::read("x", row.as_bytes()).expect("the others are read");
    assert_eq!((read.readings.len(), read.rejections.len()), (1, 2));
    let many: String =
        (0..100_000).map(|_| "   T AL: 999.0, t AL: 9223372036854775807\n").collect();
    assert!(
        wire::logger::read("x", head.replace("   T AL: 8.0, t AL: 30\n", &many).as_bytes()).is_ok()
    );
}

#[test]
fn a_journal_line_that_no_journal_can_have_is_rejected() {
    let place = |partition: &str, offset: &str| {
        good().replace(
            r#""data""#,
            &format!(r#""shipment":"SHP-1","partition":{partition},"offset":{offset},"data""#),
        )
    };
    let all = [place("3", "18446744073709551615"), place("16", "1"), place("3", "1")];
    let (code, summary) = ends("journal-line", &all);
    assert_eq!(
        (code, &summary["rejected"], &summary["routed"]),
        (Some(0), &Value::from(2), &Value::from(1))
    );
}

#[test]
fn nothing_that_can_be_decoded_is_bad_data() {
    let file = folder("nothing").join("nothing.ndjson");
    std::fs::write(&file, "hello\n{}\n").expect("written");
    let out = coldwatch(&["replay", &file.to_string_lossy()]).output().expect("it runs");
    assert_eq!(out.status.code(), Some(65));
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(said.contains("nothing could be decoded: 2 records"), "{said}");
}

#[test]
fn memory_stays_flat_over_half_a_gibibyte_of_endless_lines() {
    let limited = format!(
        "ulimit -v 600000; exec {} replay - --output ndjson",
        env!("CARGO_BIN_EXE_coldwatch")
    );
    let mut child = std::process::Command::new("sh")
        .args(["-c", &limited])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    let writer = std::thread::spawn(move || {
        writeln!(stdin, "{}", good()).expect("read");
        let endless = [vec![b'x'; 16 << 20], vec![b'\n']].concat();
        (0..32).for_each(|_| stdin.write_all(&endless).expect("read"));
        writeln!(stdin, "{}", good()).expect("read");
    });
    let out = child.wait_with_output().expect("it ends");
    writer.join().expect("all was read");
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let summary: Value =
        serde_json::from_str(text.lines().last().expect("a summary")).expect("JSON");
    assert!(out.status.success());
    assert_eq!((&summary["read"], &summary["rejected"]), (&Value::from(34), &Value::from(32)));
}
