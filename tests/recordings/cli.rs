//! The command as people call it: help with examples, exit codes, what goes to which stream.

use crate::command::{coldwatch, folder, unread};
use std::path::PathBuf;
use std::process::Output;

fn run(arguments: &[&str]) -> Output {
    coldwatch(arguments).output().expect("it runs")
}

fn said(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

fn data(out: &Output) -> String {
    String::from_utf8_lossy(&out.stdout).into_owned()
}

/// A folder with a simulated recording, and the recording.
fn simulated(name: &str, seed: &str, shipments: &str) -> (PathBuf, String) {
    let folder = folder(name);
    let place = folder.to_string_lossy().into_owned();
    let out = run(&["simulate", "--seed", seed, "--shipments", shipments, "--out", &place]);
    assert!(out.status.success(), "{}", said(&out));
    let file = folder.join("inbound.ndjson").to_string_lossy().into_owned();
    (folder, file)
}

#[test]
fn every_command_has_help_with_examples_and_exit_codes() {
    for command in [
        vec!["replay"],
        vec!["simulate"],
        vec!["rulebook", "check"],
        vec!["feed"],
        vec!["config", "show"],
    ] {
        let out = run(&[&command[..], &["--help"]].concat());
        let help = data(&out);
        assert_eq!(out.status.code(), Some(0), "{command:?}");
        assert!(help.contains("Examples:") && help.contains("Exit codes:"), "{command:?}:\n{help}");
        assert!(help.contains(&format!("coldwatch {}", command.join(" "))), "{command:?}:\n{help}");
    }
}

#[test]
fn what_is_asked_wrongly_is_usage() {
    for arguments in [
        vec![],
        vec!["replay"],
        vec!["fly"],
        vec!["replay", "x", "--output", "pdf"],
        vec!["replay", "x", "--threads", "0"],
    ] {
        let out = run(&arguments);
        assert_eq!(out.status.code(), Some(2), "{arguments:?}: {}", said(&out));
        assert!(data(&out).is_empty(), "{arguments:?}: nothing on standard output");
    }
}

#[test]
fn a_file_that_is_not_there_is_unavailable_and_named() {
    let out = run(&["replay", "no-such-file.ndjson"]);
    assert_eq!(out.status.code(), Some(69));
    assert!(said(&out).contains("no-such-file.ndjson"), "{}", said(&out));
}

#[test]
fn an_empty_recording_is_bad_data() {
    let file = folder("empty").join("empty.ndjson");
    std::fs::write(&file, "").expect("written");
    let out = run(&["replay", &file.to_string_lossy()]);
    assert_eq!(out.status.code(), Some(65));
    assert!(said(&out).contains("nothing was read"), "{}", said(&out));
}

#[test]
fn findings_are_an_error_only_where_that_is_asked_for() {
    let (folder, file) = simulated("fail-on", "3", "30");
    assert_eq!(run(&["replay", &file]).status.code(), Some(0));
    assert_eq!(run(&["replay", &file, "--fail-on", "P4"]).status.code(), Some(1));
    let clean = std::fs::read_to_string(&file).expect("read");
    let one = folder.join("one.ndjson");
    std::fs::write(&one, clean.lines().next().expect("a line")).expect("written");
    assert_eq!(run(&["replay", &one.to_string_lossy(), "--fail-on", "P4"]).status.code(), Some(0));
}

#[test]
fn one_shipment_is_counted_alone_and_one_that_is_not_there_is_told() {
    let (_, file) = simulated("one-shipment", "3", "30");
    let all = data(&run(&["replay", &file, "--output", "ndjson"]));
    let clean = (1..=30)
        .map(|n| format!("SHP-{n:04}"))
        .find(|id| {
            !all.lines()
                .any(|line| line.contains("\"kind\":\"finding\"") && line.contains(id.as_str()))
        })
        .expect("a clean shipment");
    let out = run(&["replay", &file, "--shipment", &clean, "--fail-on", "P4"]);
    assert_eq!(out.status.code(), Some(0), "{}", data(&out));
    assert!(
        data(&out).contains("(nothing wrong)") && data(&out).contains("raised: nothing"),
        "{}",
        data(&out)
    );
    let out = run(&["replay", &file, "--shipment", "SHP-9999"]);
    assert_eq!(out.status.code(), Some(65));
    assert!(said(&out).contains("SHP-9999"), "{}", said(&out));
}

#[test]
fn a_journal_never_overwrites_what_is_read_and_is_put_in_place_when_it_is_whole() {
    let (folder, file) = simulated("journal-safe", "3", "5");
    let journal = folder.join("journal.ndjson");
    let to = journal.to_string_lossy().into_owned();
    let before = std::fs::read(&file).expect("read");
    assert_eq!(run(&["replay", &file, "--journal", &file]).status.code(), Some(2));
    assert!(before == std::fs::read(&file).expect("read"), "the recording is what it was");
    assert!(run(&["replay", &file, "--journal", &to]).status.success());
    let whole = std::fs::read(&journal).expect("read");
    assert_eq!(run(&["replay", "no-such-file", "--journal", &to]).status.code(), Some(69));
    assert_eq!(run(&["replay", &to, "--journal", &to]).status.code(), Some(2));
    assert!(whole == std::fs::read(&journal).expect("read"), "the journal is what it was");
    assert!(!folder.join("journal.ndjson.partial").exists());
}

#[test]
fn a_simulation_is_the_same_bytes_for_the_same_seed_and_other_bytes_for_another() {
    let made = |name: &str, seed: &str| {
        let (folder, _) = simulated(name, seed, "20");
        (
            std::fs::read(folder.join("inbound.ndjson")).expect("read"),
            std::fs::read(folder.join("truth.ndjson")).expect("read"),
        )
    };
    let first = made("seed-a", "5");
    assert!(first == made("seed-b", "5"));
    assert!(first != made("seed-c", "6"));
}

#[test]
fn a_reader_that_goes_away_ends_it_quietly() {
    let (folder, file) = simulated("pipe", "3", "60");
    let out = unread(&["replay", &file, "--output", "ndjson"]);
    assert!(!said(&out).contains("panicked"), "{}", said(&out));
    // What was asked beside the report has no answer then, and that is no success.
    let journal = folder.join("journal.ndjson");
    let path = journal.to_string_lossy().into_owned();
    for more in [["--fail-on", "P1"], ["--journal", &path]] {
        let arguments = [&["replay", &file, "--output", "ndjson"], &more[..]].concat();
        let out = unread(&arguments);
        assert_eq!(out.status.code(), Some(69), "{}", said(&out));
        assert!(said(&out).contains("not read to its end"), "{}", said(&out));
    }
    assert!(!journal.exists() && !folder.join("journal.ndjson.partial").exists());
}

#[test]
fn a_source_that_counts_for_each_shipment_anew_is_told_for_each() {
    let event = |shipment: &str, n: u32, kind: &str, subject: &str, data: &str| {
        let data = data.replace("SHP", shipment);
        format!(
            r#"{{"specversion":"1.0","id":"{n}","source":"t","type":"coldwatch.{kind}.v1","subject":"{subject}","time":"2026-03-01T08:0{n}:00Z","arrivedat":"2026-03-01T08:0{n}:00Z","data":{data}}}"#
        )
    };
    let mut lines = Vec::new();
    for (shipment, logger) in [("SHP-1", "LOG-1"), ("SHP-2", "LOG-2")] {
        let plan = r#"{"version":1,"kind":"drug-product","profile":"CELL_2_8","consignor":"A","consignee":"B","legs":[],"permits":[],"units":[]}"#;
        let bound = r#"{"shipment":"SHP","channel":"1","position":"payload","log_every":"5 min"}"#;
        lines.push(event(shipment, 1, "shipment.planned", shipment, plan));
        lines.push(event(shipment, 2, "device.attached", logger, bound));
        lines.push(event(shipment, 3, "shipment.packed", shipment, r#"{"units":["U1"]}"#));
    }
    let file = folder("own-ids").join("in.ndjson");
    std::fs::write(&file, lines.join("\n") + "\n").expect("written");
    let out = run(&["replay", &file.to_string_lossy()]);
    assert!(!data(&out).contains("no logger"), "{}", data(&out));
    let told = |shipment: &str| {
        let out = run(&["replay", &file.to_string_lossy(), "--shipment", shipment]);
        data(&out).matches("2026-03-01").count() + data(&out).matches("packed").count()
    };
    assert_eq!(told("SHP-1"), told("SHP-2"));
}

#[test]
fn a_rulebook_is_checked_with_place_and_advice() {
    let out = run(&["rulebook", "check"]);
    assert_eq!(out.status.code(), Some(0), "{}", said(&out));
    let all = pipeline::registry::rules().len();
    assert!(data(&out).contains(&format!("{all} rules on, 0 off")), "{}", data(&out));

    let folder = folder("rulebook");
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/rulebook");
    let copy = |change: &dyn Fn(&str, String) -> String| {
        for entry in std::fs::read_dir(shipped).expect("listed").flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(entry.path()).expect("read");
            std::fs::write(folder.join(&name), change(&name, text)).expect("written");
        }
    };
    let check = || run(&["rulebook", "check", &folder.to_string_lossy()]);

    copy(&|_, text| text.replace("airside = ", "airsid = "));
    let out = check();
    assert_eq!(out.status.code(), Some(78));
    let wrong = said(&out);
    assert!(
        wrong.contains("custody.toml:") && wrong.contains("airsid") && wrong.contains("airside"),
        "{wrong}"
    );

    copy(&|_, text| text.replace("[\"thermal/gap\"]", "[\"thermal/gaps\"]"));
    let wrong = said(&check());
    assert!(
        wrong.contains("thermal.toml:") && wrong.contains("did you mean `thermal/gap`?"),
        "{wrong}"
    );

    copy(&|_, text| text.replace("ground = \"30 min\"", "ground = \"30 minutes\""));
    let wrong = said(&check());
    assert!(wrong.contains("custody.toml:") && wrong.contains("30 minutes"), "{wrong}");

    copy(&|_, text| text.replace("ground = \"30 min\"", "ground = \"-30 min\""));
    let wrong = said(&check());
    assert!(wrong.contains("custody.toml:8") && wrong.contains("runs backwards"), "{wrong}");

    copy(&|_, text| text.replace("settle = \"30 s\"", "settle = \"0 s\""));
    let wrong = said(&check());
    assert!(wrong.contains("log.toml:") && wrong.contains("more than nothing"), "{wrong}");

    copy(&|_, text| text.replace("lower = \"2.0 °C\"", "lower = \"12.0 °C\""));
    let wrong = said(&check());
    assert!(
        wrong.contains("profiles.toml:") && wrong.contains("`lower` must be below `upper`"),
        "{wrong}"
    );

    copy(&|name, text| if name == "profiles.toml" { String::new() } else { text });
    let wrong = said(&check());
    assert!(wrong.contains("there is no profile"), "{wrong}");

    // A rule without a table is off, and that is said.
    copy(&|name, text| match name {
        "permits.toml" => {
            text.split("[\"permits/over-used\"]").next().unwrap_or_default().to_owned()
        }
        _ => text,
    });
    let out = check();
    assert_eq!(out.status.code(), Some(0), "{}", said(&out));
    assert!(
        data(&out).contains("OFF") && data(&out).contains(&format!("{} rules on, 1 off", all - 1)),
        "{}",
        data(&out)
    );
}

#[test]
fn a_rulebook_that_cannot_be_used_stops_a_replay_before_it_reads() {
    let folder = folder("bad-rulebook");
    std::fs::write(folder.join("log.toml"), "[log]\nsettle = \"thirty\"\n").expect("written");
    let file = folder.join("in.ndjson");
    std::fs::write(&file, "{}\n").expect("written");
    let out = run(&["replay", &file.to_string_lossy(), "--config", &folder.to_string_lossy()]);
    assert_eq!(out.status.code(), Some(78));
    assert!(
        said(&out).contains("log.toml:2") || said(&out).contains("log.toml:1"),
        "{}",
        said(&out)
    );
}

#[test]
fn a_journal_in_which_a_record_is_missing_is_told_and_not_taken_for_whole() {
    let folder = folder("missing");
    let (week, journal) = (folder.join("week"), folder.join("journal.ndjson"));
    let text = |path: &std::path::Path| path.display().to_string();
    let made =
        coldwatch(&["simulate", "--shipments", "4", "--out", &text(&week)]).output().unwrap();
    assert!(made.status.success());
    let inbound = text(&week.join("inbound.ndjson"));
    let written = coldwatch(&["replay", &inbound, "--journal", &text(&journal)]).output().unwrap();
    assert!(written.status.success());
    let whole = coldwatch(&["replay", &text(&journal)]).output().unwrap();
    assert_eq!(whole.status.code(), Some(0));
    let lines = std::fs::read_to_string(&journal).unwrap();
    let reading =
        lines.lines().skip(200).position(|line| line.contains("device.reading")).unwrap() + 200;
    let cut: Vec<&str> =
        lines.lines().enumerate().filter(|(n, _)| *n != reading).map(|(_, line)| line).collect();
    std::fs::write(&journal, cut.join("\n")).unwrap();
    let missing = coldwatch(&["replay", &text(&journal)]).output().unwrap();
    let said = String::from_utf8_lossy(&missing.stderr).into_owned();
    assert_eq!(missing.status.code(), Some(65), "{said}");
    assert!(said.contains("records are missing from the journal"), "{said}");
}

#[test]
fn a_line_that_is_too_long_is_counted_told_with_its_place_and_keeps_nothing_else_back() {
    let folder = folder("too-long");
    let config = folder.join("coldwatch.toml").to_string_lossy().into_owned();
    let text = format!("[log]\nfolder = \"{}/log\"\npartitions = 1\n", folder.display());
    std::fs::write(&config, text).expect("a file");
    let made = run(&["topics", "create", "--config", &config]);
    assert_eq!(made.status.code(), Some(0), "{}", said(&made));
    let reading = |id: &str| {
        format!(
            r#"{{"specversion":"1.0","id":"{id}","source":"g","type":"coldwatch.device.reading.v1","subject":"LOG-7","time":"2026-03-01T08:00:00Z","data":{{"temperature":"5 °C","channel":"1"}}}}"#
        )
    };
    let long = "x".repeat((1 << 20) + 1);
    let lines = [reading("r-1"), long, reading("r-2")].join("\n");
    let file = folder.join("lines.ndjson").to_string_lossy().into_owned();
    std::fs::write(&file, lines).expect("a file");
    let out = run(&["ingest", &file, "--config", &config]);
    assert_eq!(data(&out), "3 read, 2 accepted, 1 rejected\n", "{}", said(&out));
    assert_eq!(out.status.code(), Some(1));
    let told = said(&out);
    assert!(told.contains("lines.ndjson:2") && told.contains("too-long"), "{told}");
}
