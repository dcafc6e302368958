//! What is compared: every output, and how it is made.
//!
//! An output is text that a person can read and that holds nothing of the machine, the version or the rulebook's
//! hash: these change without a verdict changing.

use crate::hashes::hash;
use crate::replayed::{Replayed, Told, replayed};
use facts::{Moment, Origin, ShortText};
use pipeline::{Output, OutputKind, Pipeline};
use scenario::{Scenario, ScenarioPage, ScenarioStep};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// How an output is made.
enum How {
    /// Files are replayed.
    Replay(Vec<PathBuf>, Told),
    /// A file as it is.
    File(PathBuf),
    /// A scenario of a journey, under what its page sets beside the rulebook.
    Journey(Box<Scenario>, String),
    /// It is known already that it cannot be made.
    Not(String),
}

/// One output that is compared.
pub(crate) struct Wanted {
    /// What it is called in the file of hashes.
    pub(crate) name: String,
    /// The hash of what it is made from where that lies outside the project, else `-`.
    pub(crate) source: String,
    how: How,
}

impl Wanted {
    fn inside(name: impl Into<String>, how: How) -> Self {
        Self { name: name.into(), source: "-".to_owned(), how }
    }

    /// The name as the name of a file.
    pub(crate) fn file(&self) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' };
        format!("{}.txt", self.name.chars().map(plain).collect::<String>())
    }

    /// Makes it.
    pub(crate) fn make(&self) -> Result<String, String> {
        match &self.how {
            How::Replay(files, told) => replayed(files, told).map(|said| both(&said)),
            How::File(path) => std::fs::read_to_string(path).map_err(|e| e.to_string()),
            How::Journey(scenario, numbers) => journey(scenario, numbers),
            How::Not(why) => Err(why.clone()),
        }
    }
}

const OUTSIDE: &str = "verdicts: ";

/// Whether this output is made from something that lies beside the project.
pub(crate) fn is_outside(name: &str) -> bool {
    name.starts_with(OUTSIDE)
}

fn verdicts() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    std::env::var_os("COLDWATCH_VECTORS").map_or_else(beside, PathBuf::from).join("verdicts")
}

/// Whether the recordings with known verdicts are here.
pub(crate) fn are_beside() -> bool {
    verdicts().join("cases.json").exists()
}

/// An empty folder in which recordings have the same names on every machine.
pub(crate) fn place() -> PathBuf {
    // One for each process: two may run side by side.
    let name = format!("baseline-{}", std::process::id());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    folder
}

/// Every output, in the order of its name's kind.
pub(crate) fn all(place: &Path) -> Vec<Wanted> {
    let mut all = week(place);
    all.extend(journeys());
    all.extend(recordings(place));
    all
}

/// `coldwatch simulate --seed 7 --shipments 200`: what it writes, and what is said of it.
fn week(place: &Path) -> Vec<Wanted> {
    simulate::simulate(7, 200, &place.join("week")).expect("a week is simulated");
    let [inbound, truth] = simulate::FILES.map(|file| Path::new("week").join(file));
    vec![
        Wanted::inside("week: the recording", How::File(inbound.clone())),
        Wanted::inside("week: the truth", How::File(truth)),
        Wanted::inside("week: what is said", How::Replay(vec![inbound], Told::default())),
    ]
}

/// Every scenario of every journey.
fn journeys() -> Vec<Wanted> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/journeys");
    let listing = std::fs::read_dir(folder).expect("the journeys are there");
    let mut pages: Vec<PathBuf> = listing.flatten().map(|entry| entry.path()).collect();
    pages.retain(|page| page.extension().is_some_and(|e| e == "md"));
    pages.sort();
    let mut all = Vec::new();
    for path in pages {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).expect("a page can be read");
        match ScenarioPage::read(&text) {
            Err(why) => {
                all.push(Wanted::inside(format!("journey: {name}"), How::Not(why.to_string())))
            }
            Ok(page) => all.extend(page.scenarios.into_iter().map(|scenario| {
                let name = format!("journey: {name}: {}", scenario.title);
                Wanted::inside(name, How::Journey(Box::new(scenario), page.parameters.clone()))
            })),
        }
    }
    all
}

/// Every recording with known verdicts, as its case plays it. What needs a running process is replayed, too.
fn recordings(place: &Path) -> Vec<Wanted> {
    if !are_beside() {
        return Vec::new();
    }
    let folder = verdicts();
    let cases = std::fs::read(folder.join("cases.json")).expect("the cases can be read");
    let cases: Vec<Value> = serde_json::from_slice(&cases).expect("the cases are JSON");
    let words = |value: &Value| -> Vec<String> {
        let all = value.as_array().into_iter().flatten();
        all.filter_map(|word| word.as_str().map(str::to_owned)).collect()
    };
    let mut all = Vec::new();
    for case in &cases {
        let (arguments, mut source) = (words(&case["replay"]), Vec::new());
        let mut files = Vec::new();
        for name in words(&case["files"]) {
            let bytes = std::fs::read(folder.join(&name)).expect("a recording can be read");
            std::fs::write(place.join(&name), &bytes).expect("a recording can be copied");
            source.extend(bytes);
            files.push(PathBuf::from(name));
        }
        source.extend(arguments.join(" ").into_bytes());
        let how = match Told::read(&arguments) {
            Ok(told) => How::Replay(files, told),
            Err(why) => How::Not(why),
        };
        let name = format!("{OUTSIDE}{}", case["name"].as_str().unwrap_or_default());
        all.push(Wanted { name, source: hash(&source), how });
    }
    all
}

/// What programs read, one line for each object, and what people read.
fn both(said: &Replayed) -> String {
    let lines: String = said.objects.iter().map(|object| line(object) + "\n").collect();
    format!("{lines}\n{}", said.text)
}

/// What is not compared: where in the log a finding was named, and which rulebook, behaviour and version it was.
const LEFT_OUT: [&str; 5] = ["name", "rulebook", "behaviour", "hash", "kind"];

/// One object as a line that a person can read: the members of a finding that people look at first, and then the rest.
fn line(object: &Value) -> String {
    let first = ["learnt", "state", "severity", "code", "shipment", "about", "sentence"];
    let mut words = vec![object["kind"].as_str().unwrap_or_default().to_owned()];
    let finding = object["kind"] == "finding";
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    if finding {
        words.extend(first.iter().map(|member| shown(&object[*member])));
    }
    for (member, value) in object.as_object().into_iter().flatten() {
        let said = finding && first.contains(&member.as_str());
        if said || value.is_null() || LEFT_OUT.contains(&member.as_str()) {
            continue;
        }
        let value = match member.as_str() {
            // Both hold places in the log, which move with every record before them.
            "findings" | "unseen" => rules(value),
            "evidence" => value.as_array().map_or(0, Vec::len).to_string(),
            _ => value.to_string(),
        };
        words.push(format!("{member}={value}"));
    }
    words.join(" ")
}

/// The rules of a list of findings' names.
fn rules(names: &Value) -> String {
    let rule = |name: &Value| name["rule"].as_str().unwrap_or_default().to_owned();
    let rules: Vec<String> = names.as_array().into_iter().flatten().map(rule).collect();
    format!("[{}]", rules.join(", "))
}

/// All that comes of a scenario, whether or not its page looks at it.
fn journey(scenario: &Scenario, numbers: &str) -> Result<String, String> {
    let shipped = pipeline::rulebook::shipped().map_err(|p| format!("{p:?}"))?.book;
    let book = scenario::beside(shipped, numbers)?;
    let mut pipeline = Pipeline::new(&book).map_err(|stop| stop.to_string())?;
    let (mut text, mut heard) = (String::new(), 0);
    for step in &scenario.steps {
        let (ScenarioStep::Given(hears) | ScenarioStep::When(hears)) = step else { continue };
        match &hears.words {
            None => pipeline.advance(hears.learnt).map_err(|stop| stop.to_string())?,
            Some(words) => {
                heard += 1;
                let event = scenario::event(hears.at, words, &hears.id)?;
                pipeline
                    .feed(hears.learnt, event, origin(heard))
                    .map_err(|stop| stop.to_string())?;
            }
        }
        for output in pipeline.finish() {
            text.push_str(&said(&output, hears.learnt));
        }
    }
    Ok(text)
}

fn origin(offset: u64) -> Origin {
    let (service, topic) = (ShortText::new("intake/1"), ShortText::new("journey"));
    Origin { service, topic, partition: 0, offset, index: 0 }
}

fn said(output: &Output, now: Moment) -> String {
    let words = match &output.what {
        OutputKind::Finding(finding) => line(&replay::report::lines::finding(finding)),
        OutputKind::Incident(incident) => line(&replay::report::lines::incident(incident)),
        OutputKind::Expired(event, reason) => {
            format!("expired {} {}: {reason}", event.subject, event.id)
        }
    };
    format!("{now} {words}\n")
}
