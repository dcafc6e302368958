//! Restart: how long until a service that was away stands where its log ends. Over the embedded log, and over the broker
//! that `COLDWATCH_KAFKA` names.

use crate::embedded::embedded;
use crate::site::{self, Site};
use crate::timed::Timed;
use crate::{broker, scaled, thermal_service};
use coldwatch::config::Config;
use coldwatch::services::Service;
use facts::{Moment, Subject};
use pipeline::Topic;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stream::{Log, NewRecord};

const PARTITIONS: u16 = 16;

/// From the start of a service until it stands at the end of its journal, and all of that is committed. What is to be
/// seen of a service is a quarter of a second old.
fn caught_up(log: &Arc<dyn Log>, config: &Config, topic: &str) -> (Duration, usize) {
    let timed = Timed::new(log.clone(), topic);
    let took = Instant::now();
    let thermal = Site::resume(log.clone(), config.clone(), &[thermal_service()]);
    site::wait_until(|| thermal.stands_at(&timed.ends));
    site::wait_until(|| thermal.is_worked_off(thermal_service()));
    let took = took.elapsed();
    thermal.finish();
    (took, timed.records())
}

/// Each log by its name, with what its topics' names begin with.
fn each_log(folder: &Path) -> Vec<(&'static str, Arc<dyn Log>, String)> {
    let mut logs = vec![("the embedded log", embedded(folder), String::new())];
    if let Some(brokers) = broker::brokers("restart") {
        logs.push(("Kafka", broker::connect(&brokers), broker::prefix("restart", 0)));
    }
    logs
}

/// A service that was away while a million entries came: it has everything to say, or has said it and keeps no state, or
/// keeps one.
pub(crate) fn restart() {
    let folder = site::folder("restart");
    for (name, log, prefix) in each_log(&folder) {
        let week = site::week_of(3_400);
        let config = site::config(prefix, PARTITIONS, &site::folder("restart-snapshots"));
        let services = [Service::Intake, Service::Dispatch];
        let site = Site::open(log.clone(), config.clone(), week[0].0, &services);
        let new_records: Vec<_> =
            week.iter().map(|(at, event)| (*at, site.new_record(event))).collect();
        site.work_off(&new_records);
        let topic = site.names.topic(Topic::Journal);
        site.finish();
        drop((week, new_records));
        let (first, records) = caught_up(&log, &config, &topic);
        let (kept, _) = caught_up(&log, &config, &topic);
        let mut nothing = config.clone();
        nothing.snapshots.folder = site::folder("restart-nothing");
        let (refold, _) = caught_up(&log, &nothing, &topic);
        let line = |what: &str, took: Duration| {
            let rate = records as f64 / took.as_secs_f64();
            println!("        {what}: {:.1} s ({rate:.0} entries a second)", took.as_secs_f64());
        };
        println!(
            "restart thermal, {records} entries of its journal behind, {name}, until caught up:"
        );
        line("nothing worked off yet, its findings written and committed", first);
        line("all worked off, no snapshot: folded again silently", refold);
        println!("        all worked off, a snapshot at the end: {:.1} s", kept.as_secs_f64());
    }
    for folder in ["restart", "restart-nothing", "restart-snapshots"] {
        site::folder(folder);
    }
}

/// Readings that each open shipment has had, and those that come while the service is away: a minute of 1,000 a second.
const HAD: usize = 30;
const BEHIND: usize = 60_000;

/// A service with 20,000 open shipments, and a snapshot that is a minute old.
pub(crate) fn open() {
    let (shipments, folder) = (scaled(20_000), site::folder("open"));
    let begin = Moment::from_millis(1_772_352_000_000);
    for (name, log, prefix) in each_log(&folder) {
        let config = site::config(prefix, PARTITIONS, &site::folder("open-snapshots"));
        let services = [Service::Intake, Service::Dispatch];
        let site = Site::open(log.clone(), config.clone(), begin, &services);
        let mut told = Vec::new();
        let devices: Vec<Subject> = (0..shipments)
            .map(|n| {
                let (device, events) = site::packed(begin, n);
                told.extend(events.iter().map(|event| (begin, site.new_record(event))));
                device
            })
            .collect();
        let reading = |n: usize| -> (Moment, NewRecord) {
            let at = begin + facts::Span::minutes((n / shipments) as i64 * 20);
            (at, site.new_record(&broker::reads_at(&devices[n % shipments], n, 5_000, at)))
        };
        site.work_off(&told);
        site.work_off(&(0..HAD * shipments).map(reading).collect::<Vec<_>>());
        let topic = site.names.topic(Topic::Journal);
        let (_, before) = caught_up(&log, &config, &topic);
        let behind = HAD * shipments..HAD * shipments + scaled(BEHIND);
        site.work_off(&behind.map(reading).collect::<Vec<_>>());
        site.finish();
        let bytes = size(&config.snapshots.folder);
        let (took, records) = caught_up(&log, &config, &topic);
        println!(
            "open    thermal, {shipments} open shipments, a snapshot and {} entries behind it, {name}: {:.1} s until caught up",
            records - before,
            took.as_secs_f64()
        );
        println!(
            "        snapshots of {:.0} MiB, {HAD} readings of each shipment",
            bytes as f64 / 1_048_576.0
        );
    }
    for folder in ["open", "open-snapshots"] {
        site::folder(folder);
    }
}

/// Bytes of all files below.
fn size(folder: &Path) -> u64 {
    let Ok(all) = std::fs::read_dir(folder) else { return 0 };
    let of = |entry: std::fs::DirEntry| match entry.path() {
        path if path.is_dir() => size(&path),
        path => path.metadata().map_or(0, |file| file.len()),
    };
    all.flatten().map(of).sum()
}
