//! A log is exported and restored: with another number of partitions, onto another kind of log, and back. What stands is
//! what stood; services go on from there as if nothing had been; and what is damaged, half made or in use is refused by
//! name.

use crate::accounts::note;
use crate::driver::Driver;
use crate::kill_embedded::Up;
use crate::load::{self, differ};
use crate::outputs::{Outputs, findings, incidents};
use crate::site::{Backing, Place, Site, brokers, program};
use crate::verdicts::settled;
use coldwatch::services::{self, CommitMetadata, Service};
use facts::{Event, Moment, Span};
use libtest_mimic::{Failed, Trial};
use pipeline::{GRID, OutRecord, RecordBody, Topic, bytes};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use stream::NewRecord;

pub(crate) fn trials(backing: Backing) -> Vec<Trial> {
    let name = |what: &str| format!("{}: {what}", backing.name());
    match backing {
        Backing::Memory => Vec::new(),
        Backing::Embedded => vec![
            Trial::test(name("a log is restored into other partitions, and goes on"), || {
                there_and_on(40, &[(Backing::Embedded, 4), (Backing::Embedded, 7)])
            }),
            Trial::test(
                name("damaged exports are not restored, and named by file and line"),
                damaged,
            ),
            Trial::test(
                name("a topic whose partitions were raised is named, and restored"),
                raised_in_a_folder,
            ),
        ],
        Backing::Kafka => vec![
            Trial::test(
                name("a log is restored in a folder and back, in other partitions"),
                || {
                    let there = (Backing::Embedded, 7);
                    there_and_on(28, &[(Backing::Kafka, 4), there, (Backing::Kafka, 3)])
                },
            ),
            Trial::test(
                name("a topic whose partitions were raised is named, and restored"),
                raised_on_kafka,
            ),
        ],
    }
}

/// Runs the program on a configuration.
fn coldwatch(arguments: &[&str], place: &Place) -> Output {
    let mut command = Command::new(program());
    command.args(arguments).arg("--config").arg(place.configuration());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program runs");
    // What should refuse, and runs instead, must not run for ever; none of these says much.
    let until = Instant::now() + Duration::from_secs(120);
    while child.try_wait().expect("it is asked").is_none() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    let _ = child.kill();
    child.wait_with_output().expect("it has ended")
}

fn said(output: &Output) -> String {
    let [out, talk] = [&output.stdout, &output.stderr].map(|text| String::from_utf8_lossy(text));
    format!("{:?}: {out}{talk}", output.status.code())
}

fn fine(output: &Output) -> Result<String, Failed> {
    match output.status.code() {
        Some(0) => Ok(said(output)),
        _ => Err(said(output).into()),
    }
}

/// It is refused with this code and these words.
fn refused(output: &Output, code: i32, words: &[&str]) -> Result<(), Failed> {
    let says = said(output);
    match output.status.code() == Some(code) && words.iter().all(|word| says.contains(word)) {
        true => Ok(()),
        false => Err(format!("{code} and {words:?} were due, and it said {says}").into()),
    }
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path")
}

/// Staff take what there is; of every second shipment they close what can be closed, on its page.
fn staff(driver: &Driver, outputs: &mut Outputs, at: Moment) -> Result<usize, Failed> {
    let mut open = incidents(&outputs.take(&driver.site));
    // One of which all was taken back need not be there where facts race otherwise.
    open.retain(|_, incident| incident.priority.is_some());
    let (mut events, mut pages) = (Vec::new(), Vec::new());
    for (n, (shipment, _)) in open.keys().enumerate() {
        let taken = format!("{shipment} incident acknowledged by DUTY-ANNA: seen");
        events.push(scenario::event(at, &taken, &format!("taken-{n}"))?);
        if n % 2 == 0 {
            let closed = format!(
                "{shipment} incident closed by DUTY-ANNA: told the sender with {{\"second\":\"DUTY-BEN\"}}"
            );
            pages.push(scenario::event(at + Span::seconds(1), &closed, &format!("closed-{n}"))?);
        }
    }
    driver.send(&events);
    driver.drain_all();
    let names = &driver.site.names;
    let new_record = |event: Event| {
        let (topic, key) = (Topic::Exceptions, event.subject.clone());
        let (partition, body) = (key.partition(names.partitions), RecordBody::Event(event));
        let letter = OutRecord { topic, partition, key, origin: None, after: None, now: at, body };
        services::new_record(names, &letter)
    };
    coldwatch::topics::append(&*driver.site.log, pages.into_iter().map(new_record).collect())?;
    driver.strike(&[(at + Span::seconds(40)).floor(GRID)]);
    Ok(events.len())
}

/// What befalls any log: another rulebook, a record that a process wrote twice as it had died in between, one that nobody can
/// read on `facts`, and one on an inbound topic.
fn befall(site: &Site, at: Moment) -> Result<(), Failed> {
    let (log, names) = (&*site.log, &site.names);
    let book = scenario::beside(load::book(), "[\"system/stage-silent\"]\nafter = \"401 d\"")?;
    let mut twice = None;
    load::for_each(log, names, Topic::Facts, |partition, record| {
        let text = String::from_utf8_lossy(&record.value);
        if partition == 1 && text.contains("\"origin\":\"intake/") {
            twice = Some(record);
        }
    });
    let twice = twice.ok_or("intake has written there")?;
    let to = |topic: &str, partition, key: Vec<u8>, value: Vec<u8>| {
        let topic = topic.into();
        NewRecord { topic, partition, key, value }
    };
    let facts = names.topic(Topic::Facts);
    let new_records = vec![
        services::of_log(names, Topic::Facts, 0, at.millis(), bytes::published(&book)),
        to(&facts, 1, twice.key, twice.value),
        to(&facts, 0, b"shipment:SHP-0001".to_vec(), b"written by\nsomebody else".to_vec()),
        to(&names.other("inbound.events"), 0, Vec::new(), b"not json".to_vec()),
    ];
    coldwatch::topics::append(log, new_records)?;
    Ok(())
}

/// The codes of what was not taken in.
fn rejected(site: &Site) -> Vec<String> {
    let mut codes = Vec::new();
    load::for_each(&*site.log, &site.names, Topic::Rejects, |_, record| {
        let event: serde_json::Value = serde_json::from_slice(&record.value).expect("JSON");
        codes.push(event["data"]["code"].as_str().unwrap_or_default().to_owned());
    });
    codes.sort();
    codes
}

/// The rulebook in force, as people are told.
fn rulebook(place: &Place) -> String {
    let says = said(&coldwatch(&["doctor"], place));
    let line = says.lines().find(|line| line.starts_with("ok     rulebook "));
    line.unwrap_or(&says).to_owned()
}

/// What people see of each incident: where it stands, and who did what.
fn seen(outputs: &[pipeline::Output]) -> Vec<String> {
    let line = |incident: &alerts::Incident| {
        let alerts::Incident { shipment, state, priority, acknowledged, closed, second, .. } =
            incident;
        let who =
            |act: &Option<alerts::incident::StaffAct>| act.as_ref().map(|act| act.by.to_string());
        let (taken, closed) = (who(acknowledged), who(closed));
        format!("{shipment} {state} {priority:?} {taken:?} {closed:?} {second:?}")
    };
    let all = incidents(outputs).into_values();
    // Where all was taken back, whether anything was told at all hung on how facts raced.
    let mut lines: Vec<String> = all
        .filter(|incident| incident.priority.is_some() || incident.closed.is_some())
        .map(|incident| line(&incident))
        .collect();
    lines.sort();
    lines
}

fn counts(site: &Site) -> [u64; 9] {
    let [intake, dispatch, alerts] =
        [Service::Intake, Service::Dispatch, Service::Alerts].map(|service| note(site, service));
    let CommitMetadata { processed, pending, expired, duplicate, .. } = dispatch;
    let CommitMetadata { read, routed, rejected, .. } = intake;
    [
        read,
        routed,
        rejected,
        processed,
        pending,
        expired,
        duplicate,
        alerts.processed,
        alerts.duplicate,
    ]
}

/// Half a week is lived through on the first log; it moves on from log to log, and on the last one the rest of the week is
/// lived through. What stood stands in each; what stands in the end is what stands where nothing was moved.
fn there_and_on(shipments: u32, ways: &[(Backing, u16)]) -> Result<(), Failed> {
    let week = load::week(shipments);
    let half = week.len() / 2;
    let (first, rest) = week.split_at(half);
    // What is held for a while has been told then; an hour in which nothing comes would be a silence, and rightly found.
    let at = first.last().map_or(Moment::EARLIEST, |(at, _)| *at) + Span::seconds(40);
    let through = brokers().unwrap_or_default();
    let (backing, partitions) = ways[0];
    let site = Site::open(backing, partitions, &load::book(), week[0].0.floor(GRID));
    let mut outputs = Outputs::of(&site);
    let mut driver = Driver::new(site);
    let archive = Place::new("", Backing::Embedded, 1);
    let early = archive.folder.join("early");
    let middle = load::steps(first) / 2;
    let mut exported = Vec::new();
    load::send_part(&mut driver, first, |driver, step| {
        if step == middle {
            // Services are at work meanwhile.
            let to = ["export", "log", "--to", text(&early)];
            exported.push(coldwatch(&to, &driver.site.place));
        }
    });
    exported.iter().try_for_each(|output| fine(output).map(drop))?;
    driver.send(&first[..50].iter().map(|(_, event)| event.clone()).collect::<Vec<_>>());
    driver.strike(&[at.floor(GRID)]);
    befall(&driver.site, at)?;
    driver.drain_all();
    let came = Outputs::of(&driver.site).take(&driver.site);
    let acts = staff(&driver, &mut outputs, at)?;
    let stood = Outputs::of(&driver.site).take(&driver.site);
    assert!(acts > 2 && seen(&stood) != seen(&came), "staff did something: {acts}");
    assert!(seen(&stood).iter().any(|line| line.contains("closed")), "{:?}", seen(&stood));
    let (verdicts, incidents, counted) =
        (settled(findings(&stood), &[]), seen(&stood), counts(&driver.site));
    let (refusals, book) = (rejected(&driver.site), rulebook(&driver.site.place));
    assert_eq!(refusals, ["not-json", "not-json"]);

    for (n, (backing, partitions)) in ways[1..].iter().enumerate() {
        let place = Place::new(&through, *backing, *partitions);
        let folder = archive.folder.join(format!("export-{n}"));
        let mut to = vec!["export", "log", "--to", text(&folder)];
        let mut from = vec!["restore", text(&folder)];
        if n == 0 {
            // What was written early is not written again.
            to.extend(["--after", text(&early)]);
            from.insert(1, text(&early));
        }
        fine(&coldwatch(&to, &driver.site.place))?;
        drop(driver);
        let restored = fine(&coldwatch(&from, &place))?;
        eprintln!("{} into {partitions}: {}", backing.name(), restored.trim());
        assert!(restored.contains(" 0 differ from the export"), "{restored}");
        refused(&coldwatch(&from, &place), 78, &["restored here already"])?;
        driver = Driver::new(Site::on(place));
        driver.drain_all();
        let mut again = Outputs::of(&driver.site);
        let came = again.take(&driver.site);
        assert_eq!(again.doubled, 0, "services write nothing again");
        differ(&verdicts, &settled(findings(&came), &[]))?;
        assert_eq!(seen(&came), incidents);
        assert_eq!(counts(&driver.site), counted);
        assert_eq!(
            (rejected(&driver.site), rulebook(&driver.site.place)),
            (refusals.clone(), book.clone())
        );
        let (log, names) = (&*driver.site.log, &driver.site.names);
        assert_eq!(load::recorded(log, names), load::replay_of_journal(log, names));
        fine(&coldwatch(&["topics", "check"], &driver.site.place))?;
    }

    // An event that was in the export is a repeat; what is new is judged.
    let before = counts(&driver.site);
    let mut outputs = Outputs::of(&driver.site);
    outputs.take(&driver.site);
    let known: Vec<Event> = first[half - 500..].iter().map(|(_, event)| event.clone()).collect();
    driver.send(&known);
    driver.drain_all();
    let after = counts(&driver.site);
    let differ_by = |n: usize| after[n] - before[n];
    assert_eq!([0, 1, 6].map(differ_by), [500, 500, 500], "read, routed, duplicate");
    assert_eq!(findings(&outputs.take(&driver.site)).count(), 0, "nothing is said of them");
    load::send_week(&mut driver, rest, |_, _| {});
    let came = outputs.take(&driver.site);
    assert!(outputs.gaps().is_empty(), "{:?}", outputs.gaps());
    let all: Vec<_> = stood.iter().chain(&came).cloned().collect();
    assert!(findings(&all).count() > findings(&stood).count(), "the rest is judged");
    let everything = Outputs::of(&driver.site).take(&driver.site);
    differ(&load::replayed(&week), &settled(findings(&everything), &[]))?;
    let closed = |line: &&String| line.contains("closed");
    let now = seen(&everything);
    assert!(
        incidents.iter().filter(closed).all(|line| now.contains(line)),
        "what was closed stays closed"
    );
    if matches!(ways.last(), Some((Backing::Kafka, _))) {
        fine(&coldwatch(&["doctor"], &driver.site.place))?;
    }
    fs::remove_dir_all(&archive.folder)?;
    Ok(())
}

/// A log that has seen a little, exported: half of it, the rest, and all of it.
fn little() -> Result<Place, Failed> {
    let week = load::week(2);
    let site = Site::open(Backing::Embedded, 2, &load::book(), week[0].0.floor(GRID));
    let mut driver = Driver::new(site);
    let kept = Place::new("", Backing::Embedded, 3);
    let [half, rest, all] = ["half", "rest", "export"].map(|name| kept.folder.join(name));
    let export = |driver: &Driver, to: &Path, after: Option<&Path>| {
        let mut arguments = vec!["export", "log", "--to", text(to)];
        arguments.extend(after.into_iter().flat_map(|after| ["--after", text(after)]));
        coldwatch(&arguments, &driver.site.place)
    };
    load::send_part(&mut driver, &week[..100], |_, _| {});
    fine(&export(&driver, &half, None))?;
    load::send_part(&mut driver, &week[100..200], |_, _| {});
    fine(&export(&driver, &rest, Some(&half)))?;
    fine(&export(&driver, &all, None))?;
    refused(&export(&driver, &all, None), 2, &["is not empty"])?;
    refused(
        &export(&driver, &kept.folder.join("more"), Some(&kept.folder)),
        65,
        &["contents.json"],
    )?;
    Ok(kept)
}

/// Exports that do not belong together, or of which one is missing.
fn together(kept: &Place) -> Result<(), Failed> {
    let [half, rest, all] = ["half", "rest", "export"].map(|name| kept.folder.join(name));
    let [half, rest, all] = [&half, &rest, &all].map(|folder| text(folder));
    let other = little()?;
    let foreign = other.folder.join("rest");
    let missing = "name the exports before this one, too";
    let wrong: [(&[&str], &str); 3] = [
        (&[rest], missing),
        (&[rest, half], missing),
        (&[half, text(&foreign)], "it was written of another log"),
    ];
    for (folders, says) in wrong {
        let place = Place::new("", Backing::Embedded, 3);
        refused(&coldwatch(&[&["restore"], folders].concat(), &place), 65, &[says])?;
        assert!(!place.folder.join("log").exists(), "{says}: nothing is made");
        fs::remove_dir_all(&place.folder)?;
    }
    // One may reach over another: what stands in both is one record.
    let mut restored = Vec::new();
    for folders in [&[all][..], &[half, rest], &[half, all]] {
        let place = Place::new("", Backing::Embedded, 3);
        let said = fine(&coldwatch(&[&["restore"], folders].concat(), &place))?;
        // Where it went is told, and is another place each time.
        let (folder, prefix) = (text(&place.folder), &place.names.prefix);
        assert!(said.contains(folder) && said.contains(prefix), "{said}");
        restored.push(said.replace(folder, "FOLDER").replace(prefix, "PREFIX"));
        fs::remove_dir_all(&place.folder)?;
    }
    assert!(
        restored[0].contains(" 200 facts") || restored[0].contains(": 200 facts"),
        "{restored:?}"
    );
    assert!(restored.iter().all(|one| *one == restored[0]), "{restored:?}");
    fs::remove_dir_all(&other.folder)?;
    Ok(())
}

/// The lines of a file of an export.
fn lines(file: &Path) -> Result<Vec<String>, Failed> {
    let whole = String::from_utf8(zstd::decode_all(fs::File::open(file)?)?)?;
    Ok(whole.lines().map(str::to_owned).collect())
}

/// Writes them back as they are: what a file holds is told by its first bytes.
fn write(file: &Path, lines: &[String]) -> Result<(), Failed> {
    let mut file = fs::File::create(file)?;
    lines.iter().try_for_each(|line| writeln!(file, "{line}"))?;
    Ok(())
}

/// An export whose contents name the files as they are now.
fn sealed(folder: &Path) -> Result<(), Failed> {
    let path = folder.join("contents.json");
    let mut contents: serde_json::Value = serde_json::from_slice(&fs::read(&path)?)?;
    for (name, hash) in contents["files"].as_object_mut().ok_or("it names its files")? {
        let now = Sha256::digest(fs::read(folder.join(name))?);
        *hash = now.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into();
    }
    Ok(fs::write(&path, contents.to_string())?)
}

fn damaged() -> Result<(), Failed> {
    type Damage = fn(&Path) -> Result<(), Failed>;
    let kept = little()?;
    together(&kept)?;
    let export = kept.folder.join("export");
    let untouched: [(&str, Damage); 4] = [
        ("journal-1.ndjson.zst: the file is not as it was written", |folder| {
            let file = folder.join("journal-1.ndjson.zst");
            let lines = lines(&file)?;
            write(&file, &lines[..lines.len() - 1])
        }),
        ("holds no contents.json", |folder| Ok(fs::remove_file(folder.join("contents.json"))?)),
        ("facts-1.ndjson.zst: the file is missing", |folder| {
            Ok(fs::remove_file(folder.join("facts-1.ndjson.zst"))?)
        }),
        ("facts-1.ndjson.zst: the file is not as it was written", |folder| {
            let file = folder.join("facts-1.ndjson.zst");
            let bytes = fs::read(&file)?;
            Ok(fs::write(&file, &bytes[..bytes.len() / 2])?)
        }),
    ];
    let begun: [(&str, Damage); 4] = [
        ("the rest of it was cut off", |folder| {
            let file = folder.join("exceptions-0.ndjson.zst");
            let lines = lines(&file)?;
            write(&file, &lines[..lines.len() - 2])
        }),
        ("facts-1.ndjson.zst:5: this is no record of an export", |folder| {
            let file = folder.join("facts-1.ndjson.zst");
            let mut lines = lines(&file)?;
            lines[4].truncate(40);
            write(&file, &lines)
        }),
        (
            "facts-1.ndjson.zst:7: record 7 of partition 1 stands where 6 of partition 1 must stand",
            |folder| {
                let file = folder.join("facts-1.ndjson.zst");
                let mut lines = lines(&file)?;
                lines.remove(6);
                write(&file, &lines)
            },
        ),
        (
            "alerts-1.ndjson.zst:2: record 0 of partition 1 stands where 1 of partition 1 must stand",
            |folder| {
                let file = folder.join("alerts-1.ndjson.zst");
                let mut lines = lines(&file)?;
                lines.insert(0, lines[0].clone());
                write(&file, &lines)
            },
        ),
    ];
    let other: [(&str, Damage); 1] =
        [("began at behaviour 99, and this release knows", |folder| {
            let file = folder.join("facts-0.ndjson.zst");
            let mut lines = lines(&file)?;
            let now = format!("\"behaviour\":{}", pipeline::stage_configs::BEHAVIOURS.end());
            assert!(lines[0].contains(&now), "{}", lines[0]);
            lines[0] = lines[0].replace(&now, "\"behaviour\":99");
            write(&file, &lines)
        })];
    let untouched = untouched.iter().map(|one| (one, 65, false));
    let begun = begun.iter().map(|one| (one, 65, true));
    for ((says, damage), code, begun) in
        untouched.chain(begun).chain(other.iter().map(|one| (one, 78, false)))
    {
        let place = Place::new("", Backing::Embedded, 3);
        let copy = place.folder.join("export");
        fs::create_dir(&copy)?;
        for file in fs::read_dir(&export)?.flatten() {
            fs::copy(file.path(), copy.join(file.file_name()))?;
        }
        damage(&copy)?;
        // What an export says of itself is one thing, and what stands in it another.
        if begun || code == 78 {
            sealed(&copy)?;
        }
        refused(&coldwatch(&["restore", text(&copy)], &place), code, &[says])?;
        let log = place.folder.join("log");
        assert_eq!(log.exists(), begun, "{says}: what cannot be restored makes nothing");
        if begun {
            let half = ["a restore into this log was begun and did not end", "coldwatch restore"];
            refused(&coldwatch(&["up"], &place), 78, &half)?;
            refused(&coldwatch(&["run", "desk"], &place), 78, &half)?;
            refused(&coldwatch(&["topics", "create"], &place), 78, &half)?;
            refused(&coldwatch(&["topics", "check"], &place), 1, &half)?;
            refused(&coldwatch(&["doctor"], &place), 1, &half)?;
            refused(&coldwatch(&["restore", text(&export)], &place), 78, &half)?;
            fs::remove_dir_all(&log)?;
        }
        fine(&coldwatch(&["restore", text(&export)], &place))?;
        fine(&coldwatch(&["topics", "check"], &place))?;
        drop(Up::start(&place.configuration()));
        fs::remove_dir_all(&place.folder)?;
    }
    // Where there is a log already, nothing is written.
    let place = Place::new("", Backing::Embedded, 3);
    fine(&coldwatch(&["topics", "create"], &place))?;
    let there = ["holds 3 records: a log is restored where there is none"];
    refused(&coldwatch(&["restore", text(&export)], &place), 78, &there)?;
    fine(&coldwatch(&["topics", "check"], &place))?;
    fs::remove_dir_all(&place.folder)?;
    fs::remove_dir_all(&kept.folder)?;
    Ok(())
}

fn raised_in_a_folder() -> Result<(), Failed> {
    raised(Backing::Embedded, |place| {
        let log = rusqlite::Connection::open(place.folder.join("log/log.sqlite"))?;
        let journal = place.names.topic(Topic::Journal).to_string();
        let ask = "UPDATE topic SET partitions = 3 WHERE name = ?1 RETURNING id";
        let id: i64 = log.query_row(ask, [journal], |row| row.get(0))?;
        log.execute_batch(&format!(
            "CREATE TABLE log_{id}_2 (at INTEGER PRIMARY KEY, appended INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL)"
        ))?;
        Ok(())
    })
}

fn raised_on_kafka() -> Result<(), Failed> {
    use rdkafka::admin::{AdminClient, AdminOptions, NewPartitions};
    use rdkafka::client::DefaultClientContext;
    raised(Backing::Kafka, |place| {
        let mut config = rdkafka::ClientConfig::new();
        config.set("bootstrap.servers", brokers().unwrap_or_default());
        let admin: AdminClient<DefaultClientContext> = config.create()?;
        let journal = place.names.topic(Topic::Journal).to_string();
        let three = NewPartitions::new(&journal, 3);
        // The answer comes later; what it changes is waited for.
        let _raising = admin.create_partitions([&three], &AdminOptions::new());
        let until = Instant::now() + Duration::from_secs(30);
        while coldwatch(&["topics", "check"], place).status.success() {
            assert!(Instant::now() < until, "the broker raises the number");
            std::thread::sleep(Duration::from_millis(200));
        }
        Ok(())
    })
}

/// Somebody raises the number of partitions of a topic by hand: it is said which, and the commands that are said help.
fn raised(backing: Backing, raise: fn(&Place) -> Result<(), Failed>) -> Result<(), Failed> {
    let through = brokers().unwrap_or_default();
    let place = Place::new(&through, backing, 2);
    fine(&coldwatch(&["topics", "create"], &place))?;
    raise(&place)?;
    let topic = format!("topic {}", place.names.topic(Topic::Journal));
    let words = [
        &*format!("{topic} has 3 partitions and began with 2: somebody has raised the number"),
        "coldwatch export log --to FOLDER",
        "coldwatch restore FOLDER",
    ];
    refused(&coldwatch(&["topics", "check"], &place), 1, &words)?;
    refused(&coldwatch(&["topics", "create"], &place), 78, &words)?;
    refused(&coldwatch(&["run", "custody"], &place), 78, &words)?;
    refused(&coldwatch(&["doctor"], &place), 1, &words)?;
    // Who has put the configuration to the raised number is told the same.
    let mut other = place.clone();
    other.names.partitions = 3;
    other.write_configuration(&through);
    refused(&coldwatch(&["topics", "check"], &place), 1, &words)?;
    let folder = place.folder.join("export");
    fine(&coldwatch(&["export", "log", "--to", text(&folder)], &place))?;
    let new = Place::new(&through, backing, 3);
    fine(&coldwatch(&["restore", text(&folder)], &new))?;
    fine(&coldwatch(&["topics", "check"], &new))?;
    fs::remove_dir_all(&place.folder)?;
    fs::remove_dir_all(&new.folder)?;
    Ok(())
}
