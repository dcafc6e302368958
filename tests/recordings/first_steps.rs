//! What somebody meets who uses the command for the first time: a folder that is not empty, a misspelt setting, a process
//! that goes away midway, a reader that has seen enough.

use crate::command::{coldwatch, folder, unread};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::{Duration, Instant};

fn run(arguments: &[&str]) -> Output {
    coldwatch(arguments).output().expect("it runs")
}

fn said(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

fn data(out: &Output) -> String {
    String::from_utf8_lossy(&out.stdout).into_owned()
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// A configuration of an embedded log in this folder.
fn configuration(folder: &Path, more: &str) -> String {
    let file = folder.join("coldwatch.toml");
    let text = format!("[log]\nfolder = \"{}/log\"\npartitions = 2\n{more}\n", folder.display());
    std::fs::write(&file, text).expect("written");
    file.to_string_lossy().into_owned()
}

#[test]
fn a_folder_that_holds_something_is_no_demonstrations() {
    let folder = folder("demo-not-empty");
    std::fs::write(folder.join("thesis.txt"), "mine").expect("written");
    let out = run(&["demo", "--folder", &text(&folder), "--for", "1s", "--listen", "127.0.0.1:0"]);
    assert_eq!(out.status.code(), Some(2), "{}", said(&out));
    assert!(said(&out).contains("demo-not-empty is not empty"), "{}", said(&out));
    assert_eq!(std::fs::read_dir(&folder).expect("listed").count(), 1, "nothing was put there");
}

#[test]
fn a_demonstration_tells_its_address_before_it_makes_up_for_anything() {
    let out = run(&["demo", "--shipments", "5", "--for", "1s", "--listen", "127.0.0.1:0"]);
    assert_eq!(out.status.code(), Some(0), "{}", said(&out));
    let said = said(&out);
    let at = |what: &str| said.find(what).unwrap_or_else(|| panic!("{what}: {said}"));
    assert!(at("coldwatch demo: http://127.0.0.1:") < at("making up for the first"), "{said}");
}

#[test]
fn a_recording_that_is_there_is_not_written_over_unless_that_is_asked_for() {
    let folder = folder("simulate-twice");
    let make = |more: &[&str]| {
        let place = text(&folder);
        run(&[&["simulate", "--shipments", "3", "--out", &place], more].concat())
    };
    std::fs::write(folder.join("truth.ndjson"), "mine").expect("written");
    let out = make(&[]);
    assert_eq!(out.status.code(), Some(2), "{}", said(&out));
    assert!(said(&out).contains("truth.ndjson is there already"), "{}", said(&out));
    assert!(!folder.join("inbound.ndjson").exists(), "nothing was written");
    assert!(make(&["--force"]).status.success());
    assert_ne!(std::fs::read_to_string(folder.join("truth.ndjson")).expect("read"), "mine");
}

#[test]
fn a_position_that_is_none_is_refused_at_once_with_the_form_of_one() {
    let began = Instant::now();
    let out = run(&["feed", "--from", "bogus", "--to", "http://127.0.0.1:9"]);
    assert_eq!(out.status.code(), Some(2), "{}", said(&out));
    assert!(said(&out).contains("joined by dots, like 12.0.7"), "{}", said(&out));
    assert!(began.elapsed() < Duration::from_secs(3));
}

#[test]
fn settings_that_are_wrong_are_told_by_name_with_value_and_reason() {
    let folder = folder("settings");
    let short = folder.join("short");
    std::fs::write(&short, "abc").expect("written");
    let short_token = format!("token_file = \"{}\"", short.display());
    for (http, says) in [
        ("listen = \"localhost:8080\"", "http.listen: `localhost:8080` is no address with a port"),
        ("token_file = \"/no/such\"", "http.token_file: /no/such: No such file"),
        (short_token.as_str(), "http.token_file: "),
    ] {
        let file = configuration(&folder, &format!("[http]\n{http}"));
        let out = run(&["up", "--config", &file]);
        assert_eq!(out.status.code(), Some(78), "{http}: {}", said(&out));
        assert!(said(&out).contains(says), "{http}: {}", said(&out));
    }
    let mut listens = coldwatch(&["config", "show"]);
    let out = listens.env("COLDWATCH_HTTP_LISTEN", "8080").output().expect("it runs");
    assert_eq!(out.status.code(), Some(78));
    assert!(said(&out).contains("http.listen: `8080` is no address"), "{}", said(&out));
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("its address");
    let file = configuration(&folder, &format!("[http]\nlisten = \"{address}\""));
    let out = run(&["up", "--config", &file]);
    assert_eq!(out.status.code(), Some(69), "{}", said(&out));
    assert!(said(&out).contains(&format!("(http.listen) at {address} cannot be opened")));
}

#[test]
fn the_configuration_is_shown_with_where_each_value_comes_from() {
    let folder = folder("config-show");
    let file = configuration(&folder, "");
    let mut asked = coldwatch(&["config", "show", "--config", &file]);
    let out = asked.env("COLDWATCH_SNAPSHOTS_INTERVAL", "2 min").output().expect("it runs");
    assert_eq!(out.status.code(), Some(0), "{}", said(&out));
    for line in [
        format!("partitions = 2 # file, {file}"),
        "interval = \"2 min\" # environment, COLDWATCH_SNAPSHOTS_INTERVAL".into(),
        "listen = \"127.0.0.1:8080\" # default".into(),
        format!("folder = \"{}/snapshots\" # default, follows log.folder", folder.display()),
    ] {
        assert!(data(&out).lines().any(|shown| shown == line), "{line}\n{}", data(&out));
    }
}

#[test]
fn a_setting_that_nobody_would_hear_ends_the_start_and_makes_nothing() {
    let here = folder("idle-settings");
    let file = recording("idle-recording");
    for arguments in [&["up"][..], &["run", "intake"], &["ingest", &file], &["topics", "create"]] {
        let mut alone = coldwatch(arguments);
        let out = alone.current_dir(&here).env("COLDWATCH_LOG_BROKERS", "127.0.0.1:9").output();
        let out = out.expect("it runs");
        assert_eq!(out.status.code(), Some(78), "{arguments:?}: {}", said(&out));
        let says = "COLDWATCH_LOG_BROKERS has no effect while log.kind is `embedded`: set log.kind to `kafka`";
        assert!(said(&out).contains(says), "{arguments:?}: {}", said(&out));
        assert_eq!(std::fs::read_dir(&here).expect("listed").count(), 0, "nothing is made");
    }
    let mut named = coldwatch(&["run", "intake", "--instance", "a"]);
    let out = named.current_dir(&here).output().expect("it runs");
    assert_eq!(out.status.code(), Some(78), "{}", said(&out));
    assert!(said(&out).contains("--instance, COLDWATCH_INSTANCE) has no effect"), "{}", said(&out));
    // Whoever goes to the door of a process needs no log, and no setting of one.
    let mut door = coldwatch(&["ingest", &file, "--to", "http://127.0.0.1:9"]);
    let out = door.current_dir(&here).env("COLDWATCH_LOG_BROKERS", "127.0.0.1:9").output();
    assert_eq!(out.expect("it runs").status.code(), Some(69));
    assert_eq!(std::fs::read_dir(&here).expect("listed").count(), 0, "nothing is made");
}

#[test]
fn a_log_that_is_not_there_is_made_only_by_those_who_are_to_make_one() {
    let folder = folder("no-log");
    let (file, config) = (recording("no-log-recording"), configuration(&folder, ""));
    let rules = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/rulebook");
    for arguments in [&["ingest", &file][..], &["run", "intake"], &["rulebook", "publish", rules]] {
        let out = run(&[arguments, &["--config", &config]].concat());
        assert_eq!(out.status.code(), Some(78), "{arguments:?}: {}", said(&out));
        let says = format!("there is no log in {}/log; name the folder", folder.display());
        assert!(said(&out).contains(&says), "{arguments:?}: {}", said(&out));
        assert!(!folder.join("log").exists(), "{arguments:?} makes nothing");
    }
    let made = run(&["topics", "create", "--config", &config]);
    assert!(
        data(&made).contains(&format!("in {}/log; rulebook", folder.display())),
        "{}",
        data(&made)
    );
}

#[test]
fn a_log_is_restored_into_a_place_that_is_told() {
    let (from, to) = (folder("restored-from"), folder("restored-to"));
    let backup = text(&from.join("backup"));
    let in_folder = |folder: &Path, arguments: &[&str]| {
        let out = coldwatch(arguments).current_dir(folder).output().expect("it runs");
        assert!(out.status.success(), "{}", said(&out));
        out
    };
    in_folder(&from, &["topics", "create"]);
    in_folder(&from, &["export", "log", "--to", &backup]);
    let out = in_folder(&to, &["restore", &backup]);
    let place = text(&to.join("coldwatch-data/log"));
    let begun = format!("restoring into {place}, which is built in: no setting names another log");
    assert!(said(&out).contains(&begun), "{}", said(&out));
    assert!(data(&out).contains(&format!("partitions of {place}")), "{}", data(&out));
    let config = configuration(&to, "");
    let out = in_folder(&to, &["restore", &backup, "--config", &config]);
    assert!(
        said(&out).contains(&format!("restoring into {}/log\n", to.display())),
        "{}",
        said(&out)
    );
    assert!(
        data(&out).contains(&format!("2 partitions of {}/log", to.display())),
        "{}",
        data(&out)
    );
}

#[test]
fn doctor_makes_no_folder_and_says_whether_snapshots_can_be_written() {
    let folder = folder("doctor-looks");
    let file = configuration(&folder, "");
    let out = run(&["doctor", "--config", &file]);
    let names = || -> Vec<PathBuf> {
        std::fs::read_dir(&folder).expect("listed").flatten().map(|one| one.path()).collect()
    };
    assert!(
        data(&out).contains("snapshots, which is made when a service starts"),
        "{}",
        data(&out)
    );
    assert_eq!(names(), [folder.join("coldwatch.toml")], "nothing is made");
    std::fs::write(folder.join("file"), "x").expect("written");
    let inside = format!("[snapshots]\nfolder = \"{}/file/snapshots\"", folder.display());
    let out = run(&["doctor", "--config", &configuration(&folder, &inside)]);
    assert!(data(&out).contains("WRONG  snapshots cannot be written to"), "{}", data(&out));
}

#[test]
fn doctor_ends_each_fault_with_what_helps_against_it() {
    let folder = folder("doctor-steps");
    let wrong = |more: &str, environment: &[(&str, &str)]| -> String {
        let file = configuration(&folder, more);
        let mut asked = coldwatch(&["doctor", "--config", &file]);
        let out = asked.envs(environment.iter().copied()).output().expect("it runs");
        assert_eq!(out.status.code(), Some(1), "{}", said(&out));
        let out = data(&out);
        let wrong = out.lines().rfind(|line| line.starts_with("WRONG"));
        wrong.unwrap_or_else(|| panic!("{out}")).to_owned()
    };
    let none = wrong("", &[]);
    assert!(none.contains("there is no log in") && none.ends_with("`coldwatch up`"), "{none}");
    assert!(!none.contains("brokers") && !none.contains("running"), "{none}");
    std::fs::create_dir_all(folder.join("damaged")).expect("made");
    std::fs::write(folder.join("damaged/log.sqlite"), vec![b'x'; 9_000]).expect("written");
    let damaged = folder.join("damaged").display().to_string();
    let torn = wrong("", &[("COLDWATCH_LOG_FOLDER", &damaged)]);
    assert!(torn.ends_with("bring the folder back from its copy"), "{torn}");
    assert!(!torn.contains("brokers"), "{torn}");
    let away = [("COLDWATCH_LOG_KIND", "kafka"), ("COLDWATCH_LOG_BROKERS", "127.0.0.1:9")];
    let away = wrong("", &away);
    assert!(away.contains("are the brokers running") && !away.contains("folder"), "{away}");
    let secret = "[log.secrets]\n\"sasl.password\" = \"/nowhere/password\"";
    let secret =
        wrong(secret, &[("COLDWATCH_LOG_KIND", "kafka"), ("COLDWATCH_LOG_BROKERS", "127.0.0.1:9")]);
    assert!(secret.contains("/nowhere/password") && !secret.contains("running"), "{secret}");
}

#[test]
fn doctor_tries_a_store_and_a_url_that_is_none_is_a_wrong_configuration() {
    let folder = folder("doctor-store");
    let file = configuration(&folder, "");
    let doctor = |url: &str| {
        let mut asked = coldwatch(&["doctor", "--config", &file]);
        // Nobody listens there.
        asked.env("AWS_ENDPOINT", "http://127.0.0.1:9").env("AWS_ALLOW_HTTP", "true");
        asked.env("AWS_ACCESS_KEY_ID", "k").env("AWS_SECRET_ACCESS_KEY", "hunter2");
        asked.env("COLDWATCH_SNAPSHOTS_URL", url).output().expect("it runs")
    };
    let store = folder.join("store");
    let out = data(&doctor(&format!("file://{}", store.display())));
    assert!(out.contains("ok     snapshots can be listed, written, read and deleted in "), "{out}");
    assert_eq!(std::fs::read_dir(store.join("doctor/0")).expect("listed").count(), 0);
    let out = doctor("s3://bucket/boston");
    assert_eq!(out.status.code(), Some(1));
    let out = data(&out);
    let wrong = out.lines().find(|line| line.starts_with("WRONG  snapshots in s3://bucket/boston"));
    let wrong = wrong.unwrap_or_else(|| panic!("{out}"));
    assert!(wrong.contains("cannot be listed") && wrong.contains("can it be reached"), "{wrong}");
    assert!(!out.contains("hunter2"), "{out}");
    let mut up = coldwatch(&["up", "--config", &file]);
    let out = up.env("COLDWATCH_SNAPSHOTS_URL", "s4://bucket").output().expect("it runs");
    assert_eq!(out.status.code(), Some(78), "{}", said(&out));
    assert!(said(&out).contains("snapshots.url: `s4://bucket` is of no kind"), "{}", said(&out));
    let mut up = coldwatch(&["up", "--config", &file]);
    let both =
        up.env("COLDWATCH_SNAPSHOTS_URL", "s3://bucket").env("COLDWATCH_SNAPSHOTS_FOLDER", "a");
    let out = both.output().expect("it runs");
    assert_eq!(out.status.code(), Some(78), "{}", said(&out));
    assert!(said(&out).contains("both set"), "{}", said(&out));
}

#[test]
fn the_same_rulebook_is_not_written_again() {
    let folder = folder("publish-twice");
    let file = configuration(&folder, "");
    let made = run(&["topics", "create", "--config", &file]);
    assert!(made.status.success(), "{}", said(&made));
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/rulebook");
    let mine = folder.join("rules");
    std::fs::create_dir_all(&mine).expect("a folder");
    for entry in std::fs::read_dir(shipped).expect("listed").flatten() {
        let text = std::fs::read_to_string(entry.path()).expect("read");
        let text = text.replace("near = \"4 h\"", "near = \"5 h\"");
        std::fs::write(mine.join(entry.file_name()), text).expect("written");
    }
    let publish = |rules: &str, more: &[&str]| {
        let out = run(&[&["rulebook", "publish", rules, "--config", &file], more].concat());
        assert!(out.status.success(), "{}", said(&out));
        data(&out)
    };
    let exported = || data(&run(&["export", "facts", "--config", &file])).lines().count();
    let before = exported();
    assert!(before > 0);
    assert!(publish(shipped, &[]).contains("is already in force: nothing was written"));
    assert!(
        publish(shipped, &["--behaviour", &pipeline::stage_configs::BEHAVIOURS.end().to_string()])
            .contains("already in force")
    );
    assert_eq!(exported(), before);
    assert!(publish(&text(&mine), &[]).contains("is in the log, at"));
    assert!(publish(&text(&mine), &[]).contains("already in force"));
    assert_eq!(exported(), before + 1);
    assert!(
        publish(shipped, &[]).contains("is in the log, at"),
        "the old rules are in force again"
    );
}

/// Answers so many requests like this, and is gone.
fn server(answers: usize, answer: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("http://{}", listener.local_addr().expect("its address"));
    std::thread::spawn(move || {
        for _ in 0..answers {
            let (stream, _) = listener.accept().expect("asked");
            let mut reader = BufReader::new(stream);
            let (mut line, mut length) = (String::new(), 0);
            while reader.read_line(&mut line).expect("a header") > 2 {
                let header = line.to_lowercase();
                if let Some(n) = header.strip_prefix("content-length:") {
                    length = n.trim().parse().expect("a number");
                }
                line.clear();
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).expect("a body");
            let head =
                format!("HTTP/1.1 {answer}\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{{}}");
            reader.get_mut().write_all(head.as_bytes()).expect("answered");
        }
    });
    address
}

fn recording(name: &str) -> String {
    let folder = folder(name);
    let made = run(&["simulate", "--shipments", "40", "--out", &text(&folder)]);
    assert!(made.status.success(), "{}", said(&made));
    text(&folder.join("inbound.ndjson"))
}

#[test]
fn an_ingest_by_the_environment_alone_goes_where_it_says() {
    let folder = folder("ingest-environment");
    let file = folder.join("one.ndjson").display().to_string();
    let event = r#"{"specversion":"1.0","id":"n-1","source":"t","type":"coldwatch.shipment.noted.v1","subject":"SHP-1","time":"2026-03-01T08:00:00Z","data":{"by":"ANNA","text":"b"}}"#;
    std::fs::write(&file, event).expect("written");
    let ingest = |arguments: &[&str], environment: &[(&str, &str)]| {
        let all = [&["ingest", file.as_str()], arguments].concat();
        coldwatch(&all).envs(environment.iter().copied()).output().expect("it runs")
    };
    let out = ingest(&[], &[]);
    assert_eq!(out.status.code(), Some(2), "{}", said(&out));
    assert!(said(&out).contains("where to is not said") && said(&out).contains("COLDWATCH_TO"));
    // A log, by its folder alone.
    let log = folder.join("log").display().to_string();
    let by = [("COLDWATCH_LOG_FOLDER", log.as_str())];
    let mut made = coldwatch(&["topics", "create"]);
    let made = made.envs(by).output().expect("it runs");
    assert!(made.status.success(), "{}", said(&made));
    let out = ingest(&[], &by);
    assert_eq!(data(&out), "1 read, 1 accepted, 0 rejected\n", "{}", said(&out));
    // A door, and a token for it; what is typed counts before what the environment says.
    let gone = ingest(&[], &[("COLDWATCH_TO", "http://127.0.0.1:9")]);
    assert_eq!(gone.status.code(), Some(69), "{}", said(&gone));
    let token = [("COLDWATCH_TO", "http://127.0.0.1:9"), ("COLDWATCH_TOKEN_FILE", "/nowhere")];
    let token = ingest(&[], &token);
    assert_eq!(token.status.code(), Some(78), "{}", said(&token));
    let config = configuration(&folder, "");
    let both = ingest(&["--config", &config, "--to", "http://127.0.0.1:9"], &[]);
    assert_eq!(both.status.code(), Some(2), "{}", said(&both));
    let typed = ingest(&["--to", "http://127.0.0.1:9"], &[("COLDWATCH_CONFIG_FILE", &config)]);
    assert_eq!(typed.status.code(), Some(69), "{}", said(&typed));
    let help = data(&run(&["ingest", "--help"]));
    for name in ["COLDWATCH_TO", "COLDWATCH_TOKEN_FILE", "COLDWATCH_CONFIG_FILE"] {
        assert!(help.contains(&format!("[env: {name}=")), "{name}: {help}");
    }
}

#[test]
fn an_ingest_that_breaks_off_says_how_far_it_came_and_how_to_go_on() {
    let file = recording("broken-off");
    let lines = std::fs::read_to_string(&file).expect("read").lines().count();
    assert!(lines > 2000, "{lines} lines");
    let to = server(2, "202 Accepted");
    let out = run(&["ingest", &file, "other.ndjson", "--to", &to]);
    assert_eq!(out.status.code(), Some(69), "{}", said(&out));
    assert!(
        said(&out).contains("other.ndjson"),
        "a file that is not there is told first: {}",
        said(&out)
    );
    let out = run(&["ingest", &file, &file, "--to", &to]);
    let said = said(&out);
    assert_eq!(out.status.code(), Some(69), "{said}");
    assert!(said.contains("2000 events are in the log, 0 were rejected before this"), "{said}");
    assert!(
        said.contains(&format!("tail -n +2001 {file} | coldwatch ingest - --to {to}")),
        "{said}"
    );
    assert!(said.contains("recognised by source and id"), "{said}");
    assert!(data(&out).is_empty(), "no count is told as if it had ended well");
}

#[test]
fn an_address_without_a_door_for_events_says_who_has_one() {
    let file = recording("no-door");
    let out = run(&["ingest", &file, "--to", &server(1, "404 Not Found")]);
    assert_eq!(out.status.code(), Some(2), "{}", said(&out));
    for word in ["no door for events", "coldwatch run intake", "http.listen"] {
        assert!(said(&out).contains(word), "{}", said(&out));
    }
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_without_a_word() {
    let out = unread(&["rulebook", "check"]);
    assert_eq!((out.status.code(), said(&out).as_str()), (Some(141), ""));
}

#[test]
fn a_service_that_finds_no_broker_is_alive_and_says_why_it_is_not_ready() {
    let free = || TcpListener::bind("127.0.0.1:0").and_then(|any| any.local_addr());
    let (broker, door) = (free().expect("an address"), free().expect("an address"));
    let mut service = coldwatch(&["run", "custody"])
        .env("COLDWATCH_LOG_KIND", "kafka")
        .env("COLDWATCH_LOG_BROKERS", broker.to_string())
        .env("COLDWATCH_HTTP_LISTEN", door.to_string())
        .stderr(std::process::Stdio::null())
        .spawn()
        .expect("it runs");
    let ask = |path: &str| -> Option<(u16, String)> {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut answer = agent.get(format!("http://{door}{path}")).call().ok()?;
        Some((answer.status().as_u16(), answer.body_mut().read_to_string().ok()?))
    };
    let begun = Instant::now();
    let ready = loop {
        match ask("/readyz") {
            Some(answer) => break answer,
            None if begun.elapsed().as_secs() >= 15 => break (0, "nobody answers".to_owned()),
            None => std::thread::sleep(Duration::from_millis(100)),
        }
    };
    let alive = ask("/livez");
    let _ = service.kill();
    let _ = service.wait();
    assert_eq!(ready.0, 503, "{}", ready.1);
    assert!(ready.1.contains("the log has not answered since this process began"), "{}", ready.1);
    assert_eq!(alive.map(|(status, _)| status), Some(200));
}
