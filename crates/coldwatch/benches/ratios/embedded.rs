//! Rows 10 and 11: the whole pipeline over the embedded log, and one service that folds its journal again.

use crate::site::{self, Site};
use crate::timed::Timed;
use crate::{each, judged, median, runs, spread, thermal_service, timed};
use coldwatch::services::{self, Service};
use pipeline::stage::{EnginePartition, EngineStage};
use pipeline::{Topic, bytes, stage_configs};
use rusqlite::Connection;
use std::sync::Arc;
use std::time::Duration;
use stream::{EmbeddedLog, Log};

const PARTITIONS: u16 = 16;
/// As many records go into one of SQLite's own commits.
const COMMIT: usize = 500;

pub(crate) fn embedded(folder: &std::path::Path) -> Arc<dyn Log> {
    Arc::new(EmbeddedLog::here(&folder.join("log")).expect("a log"))
}

/// SQLite itself: as many records of the same size, in one table for each partition.
fn sqlite(records: usize, bytes: usize) -> Duration {
    let folder = site::folder("sqlite");
    let mut connection = Connection::open(folder.join("own.sqlite")).expect("a file");
    connection.pragma_update(None, "journal_mode", "WAL").expect("WAL");
    connection.pragma_update(None, "synchronous", "FULL").expect("durable");
    connection.set_prepared_statement_cache_capacity(64);
    for p in 0..PARTITIONS {
        let columns = "(at INTEGER PRIMARY KEY, appended INTEGER NOT NULL, key BLOB NOT NULL, value BLOB NOT NULL)";
        connection.execute(&format!("CREATE TABLE log_{p} {columns}"), []).expect("a table");
    }
    let inserts: Vec<String> = (0..PARTITIONS)
        .map(|p| format!("INSERT INTO log_{p} (at, appended, key, value) VALUES (?1, ?2, ?3, ?4)"))
        .collect();
    let (key, value) = (b"SHP-000001", vec![b'x'; bytes.saturating_sub(10)]);
    let took = timed(|| {
        for from in (0..records).step_by(COMMIT) {
            let transaction = connection.transaction().expect("a transaction");
            for n in from..records.min(from + COMMIT) {
                let (table, at) = (n % inserts.len(), n / inserts.len());
                let mut insert = transaction.prepare_cached(&inserts[table]).expect("a statement");
                let row = rusqlite::params![at as i64, 1_772_409_600_000_i64, key, value];
                insert.execute(row).expect("it is written");
            }
            transaction.commit().expect("it is on the disk");
        }
    });
    site::folder("sqlite");
    took
}

/// How many records stand on all topics, and of how many bytes each is.
fn written(site: &Site) -> (usize, usize) {
    let (mut records, mut bytes) = (0, 0);
    for topic in site.topics() {
        site::for_each(&*site.log, &topic, |_, record| {
            records += 1;
            bytes += record.key.len() + record.value.len();
        });
    }
    (records, bytes / records.max(1))
}

pub(crate) fn row_10() {
    let week = site::week();
    let (mut whole, mut own, mut ratios, mut size) = (Vec::new(), Vec::new(), Vec::new(), (0, 0));
    for _ in 0..runs().min(3) {
        let folder = site::folder("row-10");
        let config = site::config(String::new(), PARTITIONS, &folder);
        let site = Site::open(embedded(&folder), config, week[0].0, services::all());
        let new_records: Vec<_> =
            week.iter().map(|(at, event)| (*at, site.new_record(event))).collect();
        let took = timed(|| site.work_off(&new_records));
        size = written(&site);
        site.finish();
        let sqlite = sqlite(size.0, size.1);
        ratios.push(sqlite.as_secs_f64() / took.as_secs_f64());
        whole.push(took);
        own.push(sqlite);
    }
    site::folder("row-10");
    let (ratio, range) = spread(ratios);
    let (whole, own) = (median(whole), median(own));
    println!(
        "row 10  whole pipeline, embedded log, durable, against SQLite's own appends: {ratio:.2}, {range} ({})",
        judged("0.30", ratio >= 0.3)
    );
    println!(
        "        {} events gave {} records of {} bytes: {:.0} events a second; {:.0} ns a record, SQLite {:.0} ns",
        week.len(),
        size.0,
        size.1,
        week.len() as f64 / whole.as_secs_f64(),
        each(whole, size.0),
        each(own, size.0)
    );
}

/// The journal, played in this thread by the same engine.
fn replay(journal: &[Vec<stream::Record>]) -> Duration {
    let mut said = 0;
    let took = timed(|| {
        for (partition, records) in (0..).zip(journal) {
            let mut stage =
                EngineStage::<thermal::ThermalEngine>::new(stage_configs::engine(), partition);
            let mut letters = Vec::new();
            for record in records {
                let entry = bytes::journal(partition, record.offset, &record.value);
                let entry = entry.expect("our own record can be read").into_record();
                stage.take(&entry, &mut letters).expect("nothing stops");
                said += letters.drain(..).count();
            }
        }
    });
    assert!(said > 0, "it has found something");
    took
}

pub(crate) fn row_11() {
    let week = site::week();
    let folder = site::folder("row-11");
    let services = [Service::Intake, Service::Dispatch, thermal_service()];
    let config = site::config(String::new(), PARTITIONS, &folder);
    let log = embedded(&folder);
    let site = Site::open(log.clone(), config.clone(), week[0].0, &services);
    let new_records: Vec<_> =
        week.iter().map(|(at, event)| (*at, site.new_record(event))).collect();
    site.work_off(&new_records);
    let topic = site.names.topic(Topic::Journal);
    site.finish();
    let mut journal = vec![Vec::new(); usize::from(PARTITIONS)];
    site::for_each(&*log, &topic, |partition, record| journal[usize::from(partition)].push(record));
    let (mut here, mut again, mut records) = (Vec::new(), Vec::new(), 0);
    for _ in 0..runs() {
        here.push(replay(&journal));
        let timed = Arc::new(Timed::new(log.clone(), &topic));
        let mut config = config.clone();
        config.snapshots.folder = site::folder("row-11-snapshots");
        let thermal = Site::resume(timed.clone(), config, &[thermal_service()]);
        site::wait_until(|| timed.noted().taken.is_some());
        let noted = timed.noted();
        let (joined, taken) = (noted.joined.expect("it joined"), noted.taken.expect("it ended"));
        again.push(taken - joined);
        records = timed.records();
        thermal.finish();
    }
    site::folder("row-11-snapshots");
    let ratios = here.iter().zip(&again).map(|(a, b)| a.as_secs_f64() / b.as_secs_f64()).collect();
    let (ratio, range) = spread(ratios);
    println!(
        "row 11  thermal refolds its journal from the embedded log, against replay by the same engine from memory: {ratio:.2}, {range} ({})",
        judged("0.80", ratio >= 0.8)
    );
    println!(
        "        {records} records: replay {:.0} ns, refold {:.0} ns each",
        each(median(here), records),
        each(median(again), records)
    );
}
