//! What depends on something outside the project: test data that nobody here wrote, and a target without
//! an operating system. What is not there is skipped by name and counted as skipped.
//!
//! The data lie in `../shared/data` beside the project, or where `COLDWATCH_VECTORS` points.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

#[path = "recordings/common.rs"]
#[allow(dead_code)]
mod common;

use facts::{Finding, Moment, Span};
use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use wire::logger::LoggerFile;

type Checked = Result<(), Failed>;

fn data() -> PathBuf {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    std::env::var_os("COLDWATCH_VECTORS").map_or_else(beside, PathBuf::from)
}

fn file(name: &str) -> Vec<u8> {
    let path = data().join(name);
    std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn same(
    got: impl PartialEq + std::fmt::Debug,
    expected: impl std::fmt::Debug,
    holds: bool,
    what: &str,
) -> Checked {
    if holds { Ok(()) } else { Err(format!("{what}: {got:?}, expected {expected:?}").into()) }
}

fn main() -> ExitCode {
    let with_data = |name: &str, needs: &str, test: fn() -> Checked| {
        Trial::test(name, test).with_ignored_flag(!data().join(needs).exists())
    };
    let trials = vec![
        with_data("mean kinetic temperature: published values", "mkt/vectors.json", published_mkt),
        with_data("mean kinetic temperature: as the logger printed it", QTAG, printed_mkt),
        with_data("a Q-tag's excursion at the time that it printed", QTAG, || excursions(QTAG)),
        with_data(
            "a Fridge-tag's excursions at the times that it printed, and none on its clean days",
            FRIDGE,
            || excursions(FRIDGE),
        ),
        with_data(
            "valid CloudEvents are events, or rejected with a reason",
            "cloudevents/valid-events.json",
            cloud_events,
        ),
        with_data(
            "RFC 3339 times: the same values and the same refusals",
            "formats/date-time.json",
            times,
        ),
        Trial::test("the release build gives the bytes of this one", release_build)
            .with_ignored_flag(std::env::var_os("COLDWATCH_RELEASE").is_none()),
        Trial::test("every engine builds alone without std", engines_alone),
        Trial::test(
            "every engine builds for a target without an operating system",
            engines_for_no_system,
        )
        .with_ignored_flag(!has_target()),
    ];
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

const QTAG: &str = "loggers/QTag_CLm_doc_LR__RCPJ00010_03_202304201359.txt";
const FRIDGE: &str = "loggers/FridgeTag_2L__2022-05-02_to_15.txt";

fn logger(name: &str) -> LoggerFile {
    let read = wire::logger::read(name, &file(name)).unwrap_or_else(|e| panic!("{e}"));
    assert!(read.rejections.is_empty(), "{:?}", read.rejections);
    read
}

fn published_mkt() -> Checked {
    let vectors: Value = serde_json::from_slice(&file("mkt/vectors.json"))?;
    let cases = vectors["cases"].as_array().ok_or("a list of cases")?;
    let with_steps = cases.iter().filter(|case| case["steps"].is_array());
    let mut held = 0;
    for case in with_steps {
        let number = |v: &Value| v.as_f64().unwrap_or_default();
        let step = |s: &Value| {
            let (milli, ms) = (number(&s["c"]) * 1000.0, number(&s["h"]) * 3_600_000.0);
            (milli as i32, Span::millis(ms as i64))
        };
        let steps = case["steps"].as_array().into_iter().flatten().map(step);
        let got = thermal::mkt::of_steps(steps).ok_or("some time")?;
        let (expected, tolerance) = (number(&case["expected_c"]), number(&case["tolerance"]));
        let got = f64::from(got) / 1000.0;
        same(got, expected, (got - expected).abs() <= tolerance, "mean kinetic temperature")?;
        held += 1;
    }
    same(held, "at least one", held > 0, "cases")
}

fn printed_mkt() -> Checked {
    let read = logger(QTAG);
    let printed = read.mkt.ok_or("the logger printed one")?.milli();
    let readings: Vec<(Moment, i32)> =
        read.readings.iter().map(|(at, t)| (*at, t.milli())).collect();
    let got = thermal::mkt::of_readings(&readings).ok_or("some time")?;
    same(got, printed, (got - printed).abs() <= 100, "mean kinetic temperature in thousandths")
}

/// One shipment under a profile with the device's own limits and delays, without hysteresis or a cumulative
/// limit, judged from the device's own start of recording.
fn judged(read: &LoggerFile) -> Vec<Finding> {
    let shortest = |warm: bool| {
        read.limits.iter().filter(|l| l.warm == warm).min_by_key(|l| l.after).expect("a limit")
    };
    let (high, low) = (shortest(true), shortest(false));
    let profile = json!({ "DEVICE": {
        "class": "medicine", "living": false, "settle_in": "0 min",
        "upper": high.limit, "grace_high": high.after, "lower": low.limit, "grace_low": low.after,
    }});
    let (start, end) = (read.started, read.readings.last().expect("readings").0);
    let told = |at: Moment, words: String| {
        (at, scenario::event(at, &words, &words).expect("a fact reads so"))
    };
    let (device, every) = (&read.device, read.log_every);
    let mut arrivals = vec![
        told(
            start - Span::hours(1),
            r#"SHP-1 planned as DEVICE, version 1 with {"kind":"vector","consignor":"CLINIC","consignee":"CLINIC","legs":[]}"#.to_owned(),
        ),
        told(start, r#"SHP-1 packed with {"count":1}"#.to_owned()),
        told(
            start,
            format!(r#"{device} attached to SHP-1 at payload with {{"channel":"payload","log_every":"{every}"}}"#),
        ),
    ];
    arrivals.extend(read.events().into_iter().map(|event| (event.at, event)));
    // The goods are taken out first: goods that go on without a logger are told.
    arrivals.push(told(end + every, "SHP-1 unpacked by CLINIC".to_owned()));
    arrivals.push(told(end + every, format!("{device} detached payload")));
    common::judge_with(json!({ "profile": profile }), arrivals, Some(end + Span::days(1))).findings
}

/// What the firmware says: when it alarmed, by day where it counts days.
fn printed(name: &str) -> Vec<Moment> {
    let oracle: Value =
        serde_json::from_slice(&file("loggers/device_reported_results.json")).expect("JSON");
    let of = &oracle[name.trim_start_matches("loggers/")];
    let moment = |text: String| text.parse::<Moment>().unwrap_or_else(|e| panic!("{e}"));
    let mut all = Vec::new();
    for day in of["device_days"].as_array().into_iter().flatten() {
        for alarm in day["alarms"].as_object().into_iter().flatten() {
            if let Some(at) = alarm.1["alarm_at"].as_str() {
                all.push(moment(format!("{}T{at}:00Z", day["date"].as_str().expect("a date"))));
            }
        }
    }
    // `TS A: 2023-04-17 16:03`: the alarm on a single excursion, which is the first one.
    let single = of["device_result"]["alarms"]["1"][0]
        .as_str()
        .and_then(|line| line.split("TS A: ").nth(1)?.get(..16));
    all.extend(single.map(|at| moment(format!("{}:00Z", at.replace(' ', "T")))));
    all.sort();
    all
}

fn excursions(name: &str) -> Checked {
    let read = logger(name);
    let delay = read
        .limits
        .iter()
        .filter(|limit| limit.warm)
        .map(|limit| limit.after)
        .min()
        .ok_or("a limit")?;
    let findings = judged(&read);
    let raised = findings.iter().filter(|f| f.state == facts::State::Raised);
    let (thermal, others): (Vec<&Finding>, Vec<&Finding>) =
        raised.partition(|f| &*f.code == "THM-01");
    // Rows that are missing are told as that, and nothing else is raised.
    let holes: Vec<Moment> = read
        .readings
        .windows(2)
        .filter(|pair| pair[1].0 - pair[0].0 > read.log_every * 2)
        .map(|pair| pair[0].0 + read.log_every)
        .collect();
    // A device that lay in a drawer for weeks before it was read out is told of as that, too.
    let read_out_late = |finding: &&Finding| &*finding.code == "DAT-03" && finding.until.is_some();
    let others: Vec<&Finding> = others.into_iter().filter(|one| !read_out_late(one)).collect();
    let gaps: Vec<Moment> = others.iter().map(|finding| finding.happened).collect();
    let only_gaps = others.iter().all(|finding| &*finding.code == "DAT-05");
    if !only_gaps {
        return Err(format!("raised beside the excursions and holes: {others:?}").into());
    }
    same(&gaps, &holes, gaps == holes, "raised beside the excursions")?;
    let alarms: Vec<Moment> = thermal.iter().map(|finding| finding.happened + delay).collect();
    let expected = printed(name);
    let near = |(got, printed): (&Moment, &Moment)| {
        let apart = (*got - *printed).as_millis().abs();
        apart <= read.log_every.as_millis()
    };
    let holds = alarms.len() == expected.len()
        && alarms.iter().zip(&expected).all(near)
        && !expected.is_empty();
    let show = |all: &[Moment]| all.iter().map(ToString::to_string).collect::<Vec<_>>();
    same(show(&alarms), show(&expected), holds, "alarms")
}

fn cloud_events() -> Checked {
    let all: Value = serde_json::from_slice(&file("cloudevents/valid-events.json"))?;
    let events: Vec<&Value> =
        all["tests"].as_array().into_iter().flatten().map(|test| &test["event"]).collect();
    for event in &events {
        // They are valid events of other types than ours: what is refused is the type, or what we ask for
        // beyond the standard (a subject, a time).
        let Err(rejection) =
            wire::native::read(event.to_string().as_bytes(), &wire::Limits::default())
        else {
            continue;
        };
        let beyond = ["unknown-type", "missing-member", "bad-subject"];
        let code = rejection.code.as_str();
        same(rejection.to_string(), beyond, beyond.contains(&code), "rejection")?;
    }
    same(events.len(), "some", !events.is_empty(), "events")
}

fn times() -> Checked {
    let groups: Vec<Value> = serde_json::from_slice(&file("formats/date-time.json"))?;
    let mut held = 0;
    let tests = groups.iter().flat_map(|group| group["tests"].as_array().into_iter().flatten());
    for test in tests {
        let Some(text) = test["data"].as_str() else { continue };
        let expected = test["valid"].as_bool().ok_or("a verdict")?;
        let what = format!("{} `{text}`", test["description"]);
        same(
            text.parse::<Moment>().is_ok(),
            expected,
            text.parse::<Moment>().is_ok() == expected,
            &what,
        )?;
        held += 1;
    }
    same(held, "some", held > 0, "times")
}

/// A recording and its journal through both builds. `COLDWATCH_RELEASE` names the other one.
fn release_build() -> Checked {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("release");
    simulate::simulate(31, 60, &folder)?;
    let (inbound, journal) = (folder.join("inbound.ndjson"), folder.join("journal.ndjson"));
    let run = |binary: &Path, arguments: &[&str]| {
        let out = Command::new(binary)
            .arg("replay")
            .args(arguments)
            .args(["--output", "ndjson"])
            .output()?;
        same(binary, "success", out.status.success(), &String::from_utf8_lossy(&out.stderr))?;
        Ok::<_, Failed>(out.stdout)
    };
    let (inbound, journal) = (inbound.to_string_lossy(), journal.to_string_lossy());
    let here = Path::new(env!("CARGO_BIN_EXE_coldwatch"));
    let other = root().join(std::env::var_os("COLDWATCH_RELEASE").unwrap_or_default());
    run(here, &[&*inbound, "--journal", &*journal])?;
    for (file, threads) in [(&inbound, "1"), (&inbound, "2"), (&journal, "1")] {
        let arguments = [&**file, "--threads", threads];
        let (a, b) = (run(here, &arguments)?, run(&other, &arguments)?);
        same(a.len(), b.len(), a == b && a.len() > 10_000, &format!("bytes of {file}"))?;
    }
    Ok(())
}

const TARGET: &str = "x86_64-unknown-none";

fn has_target() -> bool {
    let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output();
    let sysroot = sysroot.map(|out| PathBuf::from(String::from_utf8_lossy(&out.stdout).trim()));
    sysroot.is_ok_and(|root| root.join("lib/rustlib").join(TARGET).is_dir())
}

const ENGINES: [&str; 8] =
    ["facts", "fold", "dispatch", "custody", "thermal", "permits", "schedule", "alerts"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn cargo(arguments: &[&str], folder: &Path) -> Result<(), String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let run = Command::new(&cargo).args(arguments).current_dir(folder).output();
    let run = run.map_err(|e| e.to_string())?;
    run.status
        .success()
        .then_some(())
        .ok_or_else(|| String::from_utf8_lossy(&run.stderr).into_owned())
}

fn engines_for_no_system() -> Checked {
    for engine in ENGINES {
        let arguments = ["check", "--locked", "-p", engine, "--target", TARGET];
        cargo(&[&arguments[..], &["--target-dir", "target/alone"]].concat(), &root())?;
    }
    Ok(())
}

/// What `std` brings with it, brought by the program itself.
const WITHOUT_SYSTEM: &str = r#"
use core::alloc::{GlobalAlloc, Layout};
struct NoMemory;
unsafe impl GlobalAlloc for NoMemory {
    unsafe fn alloc(&self, _: Layout) -> *mut u8 { core::ptr::null_mut() }
    unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
}
#[global_allocator]
static MEMORY: NoMemory = NoMemory;
#[panic_handler]
fn stop(_: &core::panic::PanicInfo<'_>) -> ! { loop {} }
"#;

/// A program that brings its own panic handler takes a crate in only if nothing below it links `std`, which
/// has one, too. Each crate alone: inside the workspace features are united.
fn without_std(name: &str) -> Result<(), String> {
    let folder = root().join("target/alone").join(name);
    std::fs::create_dir_all(folder.join("src")).map_err(|e| e.to_string())?;
    let manifest = format!(
        "[package]\nname = \"alone\"\nedition = \"2024\"\n[lib]\ncrate-type = [\"staticlib\"]\n\
         [dependencies]\n{name} = {{ path = \"../../../crates/{name}\" }}\n\
         [profile.dev]\npanic = \"abort\"\n[workspace]\n"
    );
    let code = format!("#![no_std]\nextern crate {name};\n{WITHOUT_SYSTEM}");
    let write =
        |file: &str, text: &str| std::fs::write(folder.join(file), text).map_err(|e| e.to_string());
    write("Cargo.toml", &manifest)?;
    write("src/lib.rs", &code)?;
    std::fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"))
        .map_err(|e| e.to_string())?;
    cargo(&["check", "--offline", "--target-dir", "../built"], &folder)
}

fn engines_alone() -> Checked {
    for engine in ENGINES {
        without_std(engine)?;
    }
    // The test can fail: `wire` reads files and links `std`.
    let control = without_std("wire").err().unwrap_or_default();
    let told = control.contains("duplicate lang item") || control.contains("panic_impl");
    same(control, "a second panic handler", told, "wire")
}
