//! The same years as an operator meets them: `coldwatch up`, a process of its own, on a log whose year was over long ago.
//!
//! Its clock is the machine's, so the year lies in the past, and what outlasts it by most is over today. The log is made as
//! one is after a loss: what came in, and what staff did, as an export, which `coldwatch restore` reads. Then `up` is started
//! on it twice: first it has no snapshot and folds all of it again; then it has, as each day.

use crate::command::{coldwatch, folder};
use crate::common::{book_with, intake};
use crate::years::{AFTER, Staff, Year};
use coldwatch::services::{self, names::TopicNames};
use facts::fact::log::Genesis;
use facts::{Event, Fact, Moment, Origin, ShortText, Span, SystemFact};
use fold::SequenceLinks;
use pipeline::{GRID, OutRecord, PARTITIONS, Pipeline, RecordBody, Topic, bytes, stage_configs};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use simulate::Arrival;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};
use stream::NewRecord;
use stream::log::wall_clock;

/// One file of an export, of a log with one partition.
struct Records {
    topic: Topic,
    to: zstd::Encoder<'static, BufWriter<File>>,
    next: u64,
    now: Moment,
}

impl Records {
    fn new(folder: &Path, topic: Topic) -> Self {
        let file = File::create(path(folder, topic)).expect("a file");
        let to = zstd::Encoder::new(BufWriter::new(file), 1).expect("it is written to");
        Self { topic, to, next: 0, now: Moment::EARLIEST }
    }

    /// One record. What was written before another, whatever the file, was learnt before it.
    fn write(&mut self, order: u64, NewRecord { key, value, .. }: NewRecord) {
        let [key, event] = [key, value].map(|bytes| String::from_utf8(bytes).expect("text"));
        let key = Value::from(key);
        let offset = self.next;
        let line = format!(
            "{{\"partition\":0,\"offset\":{offset},\"appended_ms\":{order},\"key\":{key},\"event\":{event}}}"
        );
        writeln!(self.to, "{line}").expect("the disk takes it");
        self.next += 1;
    }
}

fn path(folder: &Path, topic: Topic) -> PathBuf {
    folder.join(format!("{}-0.ndjson.zst", topic.name()))
}

/// What an export of such a log holds: reports on `facts`, acts on `exceptions`, and strokes on both.
struct Export {
    folder: PathBuf,
    names: TopicNames,
    facts: Records,
    acts: Records,
    links: SequenceLinks,
    written: u64,
}

impl Export {
    fn new(folder: &Path) -> Self {
        fs::create_dir_all(folder).expect("a folder");
        let [facts, acts] = [Topic::Facts, Topic::Exceptions].map(|t| Records::new(folder, t));
        let (names, links) = (TopicNames::with("", 1), SequenceLinks::default());
        Self { folder: folder.to_owned(), names, facts, acts, links, written: 0 }
    }

    fn begin(&mut self, now: Moment) {
        let (topic, number) =
            (ShortText::new(Topic::Facts.name()), *stage_configs::BEHAVIOURS.end());
        let genesis = Genesis { topic, partitions: 1, generation: 1, behaviour: number };
        let book = bytes::published(&book_with(Value::Null));
        for fact in [Fact::System(SystemFact::Genesis(genesis)), book] {
            let new_record = services::of_log(&self.names, Topic::Facts, 0, now.millis(), fact);
            self.facts.write(self.written, new_record);
        }
        self.strike(now);
    }

    /// Time has come to there.
    fn strike(&mut self, now: Moment) {
        strike(&mut self.facts, &self.names, now.floor(GRID), &mut self.written);
    }

    fn report(&mut self, at: Moment, event: &Event, origin: &Origin) {
        self.strike(at);
        let after = self.links.stamp(Topic::Facts.name(), 0, origin);
        let new_record = self.new_record(Topic::Facts, at, event, Some(origin.clone()), after);
        self.written += 1;
        self.facts.write(self.written, new_record);
    }

    fn act(&mut self, at: Moment, event: &Event) {
        self.strike(at);
        strike(&mut self.acts, &self.names, at.floor(GRID), &mut self.written);
        let new_record = self.new_record(Topic::Exceptions, at, event, None, None);
        self.written += 1;
        self.acts.write(self.written, new_record);
    }

    fn new_record(
        &self,
        topic: Topic,
        now: Moment,
        event: &Event,
        origin: Option<Origin>,
        after: Option<Origin>,
    ) -> NewRecord {
        let (key, body) = (event.subject.clone(), RecordBody::Event(event.clone()));
        services::new_record(
            &self.names,
            &OutRecord { topic, partition: 0, key, origin, after, now, body },
        )
    }

    /// The contents are written last.
    fn end(self, written: Moment) {
        let Self { folder, facts, acts, .. } = self;
        let (mut topics, mut files) = (BTreeMap::new(), BTreeMap::new());
        for topic in Topic::ALL {
            topics.insert(topic.name(), [(0, 0)]);
        }
        for Records { topic, to, next, .. } in [facts, acts] {
            topics.insert(topic.name(), [(0, next)]);
            to.finish().and_then(|mut rest| rest.flush()).expect("the disk takes it");
        }
        for topic in Topic::ALL {
            let path = path(&folder, topic);
            if !path.exists() {
                fs::write(&path, "").expect("an empty file");
            }
            let mut hash = Sha256::new();
            std::io::copy(&mut File::open(&path).expect("it is there"), &mut hash).expect("read");
            let hash: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            files.insert(name, hash);
        }
        let contents = json!({ "release": "0", "log": "0", "written": written, "partitions": 1, "topics": topics,
            "intake": { "rejected": 0 }, "files": files });
        fs::write(folder.join("contents.json"), contents.to_string()).expect("written");
    }
}

fn strike(to: &mut Records, names: &TopicNames, now: Moment, written: &mut u64) {
    if now > to.now {
        to.now = now;
        *written += 1;
        to.write(*written, services::tick(names, to.topic, 0, now.millis()));
    }
}

/// The year as an export, with what staff did in it; gives back how many incidents nobody can close.
fn export(year: &Year, folder: &Path) -> usize {
    let mut pipeline = Pipeline::keeping_journal(&book_with(Value::Null)).expect("fit rules");
    let (mut export, mut staff) = (Export::new(folder), Staff::new());
    let (mut n, mut last) = (0, Moment::EARLIEST);
    year.run(|Arrival { at, event }| {
        (n, last) = (n + 1, at);
        if n == 1 {
            export.begin(at.floor(GRID) - GRID);
        }
        let acts = staff.answer(&mut pipeline, at);
        acts.iter().for_each(|act| export.act(at, act));
        export.report(at, &event, &intake(n));
        pipeline.feed(at, event, intake(n)).expect("nothing stops");
    });
    let end = last + AFTER;
    while last < end {
        last = last + Span::days(1);
        pipeline.advance(last).expect("nothing stops");
        export.strike(last);
        let acts = staff.answer(&mut pipeline, last);
        acts.iter().for_each(|act| export.act(last, act));
    }
    staff.hear(&mut pipeline);
    export.end(last);
    println!("{} shipments, {n} events, {} open", year.shipments(), staff.open.len());
    staff.open.len()
}

/// So long ago that what outlasts the year by most is over.
fn long_ago(weeks: u32, each: u32) -> Year {
    let year = Year { weeks, each, back: Span::ZERO };
    let last = year.week(weeks - 1).last().map_or(Moment::EARLIEST, |last| last.at);
    let until = Moment::from_millis(wall_clock()()) - AFTER - Span::days(2);
    Year { back: (last - until).max(Span::ZERO), ..year }
}

/// `coldwatch up` at work.
struct Up {
    child: Child,
    door: String,
    begun: Instant,
}

/// What was seen of it.
#[derive(Clone, Copy)]
struct Seen {
    /// Until it was ready and had nothing left to read.
    took: Duration,
    /// What it uses then, and what it used at the most, in bytes.
    memory: u64,
    peak: u64,
    /// Incidents that the desk shows.
    incidents: u64,
    /// Shipments that custody has put away.
    put_away: u64,
}

impl Up {
    fn start(configuration: &Path) -> Self {
        let begun = Instant::now();
        let mut up = coldwatch(&["up", "--config"]);
        let up = up.arg(configuration).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = up.spawn().expect("a process starts");
        let said = BufReader::new(child.stderr.take().expect("its talk"));
        let mut lines = said.lines().map_while(Result::ok);
        let door = lines.find_map(|line| Some(line.split("http://").nth(1)?.trim().to_owned()));
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, door: door.expect("it says where its door is"), begun }
    }

    /// What a door answers, where it does.
    fn ask(&self, path: &str) -> Option<String> {
        let url = format!("http://{}{path}", self.door);
        ureq::get(url).call().ok()?.body_mut().read_to_string().ok()
    }

    /// Waits until it is ready and has worked everything off.
    fn catches_up(&self) -> Seen {
        let until = self.begun + PATIENCE;
        let (took, metrics, incidents) = loop {
            let ready = self.ask("/readyz");
            let metrics = self.ask("/metrics").unwrap_or_default();
            let mut lags = metrics.lines().filter(|line| line.starts_with("coldwatch_lag{"));
            let worked_off = ready.is_some() && lags.all(|line| line.ends_with(" 0"));
            // The desk reads three topics by itself, and says when it has come to their ends.
            let asked = |path| self.ask(path).and_then(|said| serde_json::from_str(&said).ok());
            let current =
                asked("/v1/shipments").is_some_and(|list: Value| list["trust"]["current"] == true);
            let incidents = asked("/v1/incidents").and_then(|list: Value| list["total"].as_u64());
            if let (true, true, Some(incidents)) = (worked_off, current, incidents) {
                break (self.begun.elapsed(), metrics, incidents);
            }
            assert!(Instant::now() < until, "it has not caught up: {ready:?}");
            std::thread::sleep(Duration::from_millis(200));
        };
        let sum = |name: &str| -> u64 {
            let values = metrics.lines().filter_map(|line| line.strip_prefix(name));
            values.filter_map(|rest| rest.rsplit(' ').next()?.parse::<u64>().ok()).sum()
        };
        println!("{}", self.status());
        Seen {
            took,
            memory: sum("process_resident_memory_bytes "),
            peak: self.kilobytes("VmHWM:") << 10,
            incidents,
            put_away: sum("coldwatch_put_away{service=\"custody\""),
        }
    }

    /// What Linux says of it.
    fn kilobytes(&self, name: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
        number.unwrap_or_default()
    }

    fn status(&self) -> String {
        let all = ["VmHWM:", "VmRSS:", "RssAnon:", "RssFile:"];
        all.map(|name| format!("{name} {} kB", self.kilobytes(name))).join(", ")
    }

    fn stop(mut self) {
        let pid = self.child.id().to_string();
        let kill = std::process::Command::new("kill").args(["-TERM", &pid]).status();
        assert!(kill.expect("it is asked to stop").success());
        assert!(self.child.wait().expect("it ends").success(), "it ends in order");
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How long a start may take.
const PATIENCE: Duration = Duration::from_secs(7_200);

/// What a process needs after a year of so many shipments: at its first start, at the next one.
fn lived(weeks: u32, each: u32) -> (usize, [Seen; 2]) {
    let year = long_ago(weeks, each);
    let folder = folder(&format!("years-up-{}", year.shipments()));
    let begun = Instant::now();
    let open = export(&year, &folder.join("export"));
    println!("exported after {:?}", begun.elapsed());
    let configuration = folder.join("coldwatch.toml");
    let text = format!(
        "[log]\nfolder = \"{}/log\"\npartitions = {PARTITIONS}\n[http]\nlisten = \"127.0.0.1:0\"\n",
        folder.display()
    );
    fs::write(&configuration, text).expect("written");
    let mut restore = coldwatch(&["restore"]);
    restore.arg(folder.join("export")).arg("--config").arg(&configuration);
    let begun = Instant::now();
    // What it found is compared with nothing.
    let restored = restore.stdout(Stdio::piped()).output().expect("it runs");
    let said = String::from_utf8_lossy(&restored.stdout).into_owned();
    let said = said.lines().last().unwrap_or_default();
    println!("restored in {:?}: {said}", begun.elapsed());
    assert!(said.contains("restored"), "{}", String::from_utf8_lossy(&restored.stderr));
    let seen = [(); 2].map(|()| {
        let up = Up::start(&configuration);
        let seen = up.catches_up();
        let Seen { took, memory, peak, incidents, put_away } = seen;
        println!("caught up in {took:?}: {memory} bytes ({peak} at the most), {incidents} incidents, {put_away} put away");
        up.stop();
        seen
    });
    if std::env::var_os("COLDWATCH_KEEP").is_none() {
        fs::remove_dir_all(folder).expect("removed");
    }
    (open, seen)
}

/// Bytes of each shipment that was put away, in each of the seven stages and on the desk.
const MARK: u64 = 64 * 8;
/// Bytes of a shipment that stays, in all of them together.
const SHIPMENT: u64 = 8 * 40_000;
/// What the allocator may keep of what was read, and pages of the log's cache: no more for a longer year.
const KEPT: u64 = 32 << 20;

#[test]
fn a_process_needs_memory_for_what_is_open_and_not_for_the_year() {
    // The clock of a thousand days alone is struck a million times in each topic: that takes minutes.
    if std::env::var_os("COLDWATCH_LONG").is_none() {
        println!("skipped: years of `coldwatch up` are for the long form");
        return;
    }
    // A week of so many shipments, fifty times; `COLDWATCH_YEARS=20,400` compares 1,000 shipments with 20,000.
    let asked = std::env::var("COLDWATCH_YEARS").unwrap_or_else(|_| "4,40".to_owned());
    let each: Vec<u32> = asked.split(',').map(|n| n.parse().expect("a number")).collect();
    let (weeks, each) = (50, <[u32; 2]>::try_from(each).expect("two of them"));
    let [few, many] = each.map(|each| (u64::from(weeks * each), lived(weeks, each)));
    let (more, open) = (many.0 - few.0, (many.1.0 as u64).saturating_sub(few.1.0 as u64));
    for (shipments, (open, seen)) in [&few, &many] {
        let open = *open as u64;
        // Shipments that were closed are under way no more: what the desk still has of them are their incidents.
        for Seen { incidents, put_away, .. } in seen {
            assert_eq!((*incidents, *put_away), (open, shipments - open), "the desk, and custody");
        }
    }
    for (n, (few, many)) in few.1.1.iter().zip(&many.1.1).enumerate() {
        let most = few.memory + more * MARK + open * SHIPMENT + KEPT;
        assert!(many.memory <= most, "start {n}: {} bytes, and {most} at most", many.memory);
    }
    // No start holds the year, not even for a while.
    for (n, (few, many)) in few.1.1.iter().zip(&many.1.1).enumerate() {
        let most = few.peak + more * MARK + open * SHIPMENT + KEPT;
        assert!(many.peak <= most, "start {n}: {} bytes, and {most} at most", many.peak);
    }
}
