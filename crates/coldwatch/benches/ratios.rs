//! How fast it is, as ratios of one run: `cargo bench -p coldwatch`, or with row numbers: `-- 1 2`.
//!
//! Absolute times drift from machine to machine and from hour to hour; a ratio of two things measured in turn
//! does not. Every figure is a median of runs that alternate. Nothing is judged here: a row prints its target
//! beside what was measured. `COLDWATCH_BENCH_RUNS` sets how many runs, `COLDWATCH_BENCH_SCALE=10` makes
//! everything smaller by that factor, to try the benchmark itself. Rows 9 and 12 want a broker: `COLDWATCH_KAFKA`.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_methods,
    clippy::print_stdout,
    missing_docs
)]

#[path = "ratios/broker.rs"]
mod broker;
#[path = "ratios/embedded.rs"]
mod embedded;
#[path = "ratios/restart.rs"]
mod restart;
#[path = "ratios/site.rs"]
mod site;
#[path = "ratios/timed.rs"]
mod timed;

use coldwatch::services::Service;
use facts::fact::device::Reading;
use facts::{
    ByType, DeviceFact, DeviceId, Event, Fact, MilliCelsius, Moment, Origin, RuleEngine,
    ShipmentId, ShortText, Span, Subject,
};
use fold::{InputRecord, PanicGuard, PartitionConfig, PartitionState, Payload};
use pipeline::{ENGINES, Pipeline};
use replay::report::lines::LinesReport;
use replay::{Options, Progress, Replay, Source};
use serde::de::DeserializeSeed;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use thermal::ThermalEngine;

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

fn runs() -> usize {
    number("COLDWATCH_BENCH_RUNS", 5)
}

fn scaled(n: usize) -> usize {
    n / number("COLDWATCH_BENCH_SCALE", 1).max(1)
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn timed(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// Two things in turn, and the median of each.
fn in_turn(mut a: impl FnMut(), mut b: impl FnMut()) -> (Duration, Duration) {
    let (mut of_a, mut of_b) = (Vec::new(), Vec::new());
    for _ in 0..runs() {
        of_a.push(timed(&mut a));
        of_b.push(timed(&mut b));
    }
    (median(of_a), median(of_b))
}

fn each(time: Duration, n: usize) -> f64 {
    time.as_nanos() as f64 / n.max(1) as f64
}

/// The median of ratios, and how far they lie apart.
fn spread(mut ratios: Vec<f64>) -> (f64, String) {
    ratios.sort_by(f64::total_cmp);
    let (first, last) = (ratios[0], ratios[ratios.len() - 1]);
    (ratios[ratios.len() / 2], format!("{first:.2} to {last:.2} in {} runs", ratios.len()))
}

/// A target, and whether it is met.
fn judged(target: &str, met: bool) -> String {
    format!("target {target}: {}", if met { "met" } else { "missed" })
}

fn main() {
    let asked: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    let rows: [(&str, fn()); 12] = [
        ("1", row_1),
        ("2", row_2),
        ("5", row_5),
        ("6", row_6),
        ("8", row_8),
        ("9", broker::row_9),
        ("10", embedded::row_10),
        ("11", embedded::row_11),
        ("12", broker::row_12),
        ("13", row_13),
        ("restart", restart::restart),
        ("open", restart::open),
    ];
    for (_, row) in
        rows.iter().filter(|(name, _)| asked.is_empty() || asked.iter().any(|a| a == name))
    {
        row();
    }
}

// Rows 1 and 2: a recording of simulated shipments, all rules on.

fn recording() -> (PathBuf, usize) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench");
    let shipments = u32::try_from(scaled(1_500)).unwrap();
    let made = simulate::simulate(7, shipments, &folder).expect("a recording is written");
    (folder.join("inbound.ndjson"), made.events)
}

fn replay_of(file: &Path, threads: usize) {
    let book = pipeline::rulebook::shipped().expect("the shipped rulebook").book;
    let sources = Source::open_all(&[file.to_owned()], &Progress::default()).expect("it opens");
    let options = Options { threads, ..Options::default() };
    let mut report = LinesReport::new(std::io::sink(), None);
    let replay =
        Replay { sources, options, report: &mut report, journal: None, progress: &mut || {} };
    replay.inbound(&book).expect("it replays");
}

/// Every member of every event and of its data, and nothing done with it.
fn parse_bare(bytes: &[u8]) -> usize {
    #[derive(serde::Deserialize)]
    #[allow(dead_code)]
    struct Bare<'a> {
        specversion: &'a str,
        id: &'a str,
        source: &'a str,
        r#type: &'a str,
        subject: &'a str,
        time: &'a str,
        arrivedat: &'a str,
        #[serde(borrow)]
        data: &'a serde_json::value::RawValue,
    }
    let text = simdutf8::basic::from_utf8(bytes).expect("UTF-8");
    let parse = |line: &str| {
        let bare: Bare<'_> = serde_json::from_str(line).expect("an event");
        let mut data = serde_json::Deserializer::from_str(bare.data.get());
        let fact = ByType(bare.r#type).deserialize(&mut data).expect("a fact");
        usize::from(matches!(fact, Fact::Device(DeviceFact::Reading(_))))
    };
    text.lines().map(parse).sum()
}

fn row_1() {
    let (file, events) = recording();
    let bytes = std::fs::read(&file).expect("read");
    let (bare, whole) = in_turn(|| assert!(parse_bare(&bytes) > 0), || replay_of(&file, 1));
    let ratio = bare.as_secs_f64() / whole.as_secs_f64();
    println!(
        "row 1   replay, all rules, one thread, against bare typed parse: {ratio:.2} (target 0.50)"
    );
    println!(
        "        {events} events of {} bytes: parse {:.0} ns, replay {:.0} ns each",
        bytes.len() / events,
        each(bare, events),
        each(whole, events)
    );
}

fn row_2() {
    let (file, events) = recording();
    let (one, two) = in_turn(|| replay_of(&file, 1), || replay_of(&file, 2));
    let ratio = one.as_secs_f64() / two.as_secs_f64();
    println!("row 2   two threads against one: {ratio:.2} (target 1.70)");
    println!(
        "        {events} events: one {:.0} ns, two {:.0} ns each",
        each(one, events),
        each(two, events)
    );
}

// Rows 5 to 13: readings of many open shipments, interleaved.

const START: Moment = Moment::from_millis(1_772_409_600_000);
const EVERY: Span = Span::minutes(5);

struct Open {
    key: Subject,
    device: Subject,
    plan: Event,
    packed: Event,
    attached: Event,
}

fn open(n: usize, profile: &str) -> Open {
    let shipment = ShipmentId::new(format!("SHP-{n:06}"));
    let (key, device) =
        (Subject::from(&shipment), Subject::from(&DeviceId::new(format!("LOG-{n:06}"))));
    let told = |words: String, id: &str| {
        scenario::event(START, &words, &format!("{id}-{n}")).expect("a fact reads so")
    };
    let plan = format!(
        r#"{shipment} planned as {profile}, version 1 with {{"kind":"cells","consignor":"CLINIC","consignee":"CLINIC","legs":[]}}"#
    );
    let attached = format!(
        r#"{} attached to {shipment} at payload with {{"channel":"payload","log_every":"{EVERY}","send_every":"{EVERY}"}}"#,
        device.id
    );
    Open {
        plan: told(plan, "plan"),
        packed: told(format!(r#"{shipment} packed with {{"count":1}}"#), "packed"),
        attached: told(attached, "attached"),
        key,
        device,
    }
}

fn reading(device: &Subject, round: usize) -> Event {
    // A calm day: 4.6 to 5.4 °C.
    let wave = i32::try_from(round * 7 % 9).unwrap_or_default();
    let temperature = MilliCelsius(4_600 + wave * 100);
    let (channel, sequence) = (ShortText::new("payload"), Some(round as u64));
    let at = START + EVERY * i64::try_from(round).unwrap_or_default();
    let id = ShortText::new(format!("r-{round}"));
    Event {
        source: ShortText::new("bench"),
        id,
        subject: device.clone(),
        at,
        counts: None,
        hidden: None,
        fact: Fact::Device(DeviceFact::Reading(Reading { temperature, channel, sequence })),
    }
}

/// The service whose engine reads the most.
pub(crate) fn thermal_service() -> Service {
    let thermal = ENGINES.iter().find(|engine| engine.name == ThermalEngine::ABOUT.name);
    Service::Engine(thermal.expect("it is one of them"))
}

fn thermal_fold() -> PartitionState<ThermalEngine> {
    const CONTAIN: PanicGuard = |work| {
        work();
        true
    };
    let mut fold = PartitionState::new(PartitionConfig {
        guard: CONTAIN,
        ..pipeline::stage_configs::engine()
    });
    let book = pipeline::rulebook::shipped().expect("the shipped rulebook").book;
    take(&mut fold, 0, Payload::Behaviour(*pipeline::stage_configs::BEHAVIOURS.end()));
    take(&mut fold, 1, Payload::Rulebook(book));
    fold
}

fn take(fold: &mut PartitionState<ThermalEngine>, offset: u64, matter: Payload<Event>) {
    let mut out = Vec::new();
    fold.take(&InputRecord { offset, origin: None, after: None, payload: matter }, &mut out)
        .expect("nothing stops");
}

/// A thermal fold with so many open shipments, after so many rounds of readings; the time of the readings.
fn judge_readings(
    shipments: usize,
    rounds: usize,
    profile: &str,
    late: usize,
) -> (PartitionState<ThermalEngine>, Duration, usize) {
    let mut fold = thermal_fold();
    let all: Vec<Open> = (0..shipments).map(|n| open(n, profile)).collect();
    let mut offset = 1;
    let mut word = |fold: &mut PartitionState<ThermalEngine>, key: &Subject, word: Event| {
        take(fold, offset, Payload::Input { key: key.clone(), input: word });
        offset += 1;
    };
    for one in &all {
        for event in [&one.plan, &one.packed, &one.attached] {
            word(&mut fold, &one.key, event.clone());
        }
    }
    let (mut time, mut readings) = (Duration::ZERO, 0);
    let mut waiting: Vec<(usize, &Open, Event)> = Vec::new();
    for round in 1..=rounds {
        let mut batch: Vec<(&Open, Event)> = Vec::with_capacity(shipments);
        for (n, one) in all.iter().enumerate() {
            let event = reading(&one.device, round);
            // One in a hundred comes twelve hours late.
            match late > 0 && (n * 31 + round * 17) % late == 0 {
                true => waiting.push((round + 144, one, event)),
                false => batch.push((one, event)),
            }
        }
        let due = waiting.iter().take_while(|(at, ..)| *at <= round).count();
        batch.extend(waiting.drain(..due).map(|(_, one, event)| (one, event)));
        readings += batch.len();
        time += timed(|| {
            for (one, event) in batch {
                word(&mut fold, &one.key, event);
            }
            take(
                &mut fold,
                0,
                Payload::Tick(START + EVERY * i64::try_from(round).unwrap_or_default()),
            );
        });
    }
    (fold, time, readings)
}

fn row_5() {
    let (shipments, rounds) = (scaled(5_000), 200);
    let mut times: Vec<f64> = (0..runs())
        .map(|_| {
            let (_, time, readings) = judge_readings(shipments, rounds, "CELL_2_8", 0);
            each(time, readings)
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let median = times[times.len() / 2];
    println!(
        "row 5   fold and thermal alone, {shipments} open shipments interleaved: {median:.0} ns a reading (target 250)"
    );
}

/// The whole pipeline with so many open shipments, and so many readings spread over them: nanoseconds each.
fn whole(shipments: usize, readings: usize, late: usize) -> f64 {
    let book = pipeline::rulebook::shipped().expect("the shipped rulebook").book;
    let mut pipeline = Pipeline::new(&book).expect("the rulebook can be used");
    let mut record = 0;
    let mut feed = |pipeline: &mut Pipeline, at: Moment, event: Event| {
        record += 1;
        let (service, topic) = (ShortText::new("intake/1"), ShortText::new("bench"));
        let origin = Origin { service, topic, partition: 0, offset: record, index: 0 };
        pipeline.feed(at, event, origin).expect("nothing stops");
        pipeline.take_outputs();
    };
    let all: Vec<Open> = (0..shipments).map(|n| open(n, "CELL_2_8")).collect();
    for one in &all {
        for event in [&one.plan, &one.packed, &one.attached] {
            feed(&mut pipeline, START, event.clone());
        }
    }
    let mut events: Vec<(Moment, Event)> = (0..readings)
        .map(|n| {
            let (round, one) = (n / shipments + 1, &all[n % shipments]);
            let event = reading(&one.device, round);
            let delay = if late > 0 && (n * 31) % late == 0 { Span::hours(12) } else { Span::ZERO };
            (event.at + delay, event)
        })
        .collect();
    events.sort_by_key(|(at, _)| *at);
    let count = events.len();
    each(timed(|| events.into_iter().for_each(|(at, event)| feed(&mut pipeline, at, event))), count)
}

fn row_6() {
    let readings = scaled(1_000_000);
    let steps: Vec<(usize, f64)> =
        [5_000, 50_000, 500_000].map(|n| (scaled(n), whole(scaled(n), readings, 0))).into();
    let ratio = |n: usize| steps[n].1 / steps[n - 1].1;
    println!(
        "row 6   ten times as many shipments, the same number of events: {:.2} and {:.2} times the cost (target 1.30 each)",
        ratio(1),
        ratio(2)
    );
    for (shipments, cost) in &steps {
        println!("        {shipments} shipments: {cost:.0} ns an event");
    }
}

fn row_8() {
    let (shipments, readings) = (scaled(2_000), scaled(600_000));
    let (mut base, mut with_late) = (Vec::new(), Vec::new());
    for _ in 0..runs() {
        base.push(whole(shipments, readings, 0));
        with_late.push(whole(shipments, readings, 100));
    }
    base.sort_by(f64::total_cmp);
    with_late.sort_by(f64::total_cmp);
    let (base, with_late) = (base[base.len() / 2], with_late[with_late.len() / 2]);
    println!(
        "row 8   one reading in a hundred twelve hours late, whole replay: {:.2} times the cost (target 1.30)",
        with_late / base
    );
    for (profile, rounds, target) in [("CELL_2_8", 300, "1 µs"), ("PHARM_CRT", 300, "30 µs")] {
        let (_, plain, n) = judge_readings(scaled(500), rounds, profile, 0);
        let (_, late, m) = judge_readings(scaled(500), rounds, profile, 100);
        let one = (late.as_nanos() as f64 - plain.as_nanos() as f64 * m as f64 / n as f64)
            / (m as f64 / 100.0);
        println!(
            "        thermal alone, {profile}: {:.1} µs more for each late reading (target {target})",
            one / 1000.0
        );
    }
}

fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: usize = statm.split(' ').nth(1).and_then(|n| n.parse().ok()).unwrap_or(0);
    pages * 4096
}

/// In a process of its own: what another row let go of would be taken again unseen.
fn row_13() {
    const ALONE: &str = "COLDWATCH_BENCH_ALONE";
    if std::env::var_os(ALONE).is_none() {
        let me = std::env::current_exe().expect("this program");
        let run = std::process::Command::new(me).arg("13").env(ALONE, "1").status();
        assert!(run.is_ok_and(|status| status.success()));
        return;
    }
    // Ten days of readings every five minutes: 2,880.
    let (shipments, rounds) = (scaled(400).max(20), 2_880);
    let before = resident();
    let (fold, ..) = judge_readings(shipments, rounds, "CELL_2_8", 0);
    let kib = (resident() - before) as f64 / shipments as f64 / 1024.0;
    println!(
        "row 13  memory of one shipment and probe with ten days of readings: {kib:.1} KiB in thermal (target 48 in all engines)"
    );
    assert_eq!(fold.store().len(), shipments);
}
