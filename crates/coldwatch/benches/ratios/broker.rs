//! Rows 9 and 12: on the broker that `COLDWATCH_KAFKA` names. Without one they say so and measure nothing.

use crate::site::{self, Site};
use crate::timed::Timed;
use crate::{each, judged, runs, scaled, spread, thermal_service};
use coldwatch::services::{self, Service, names::TopicNames};
use coldwatch::topics;
use facts::fact::device::Reading;
use facts::{DeviceFact, Event, Fact, MilliCelsius, Moment, ShortText, Span, Subject};
use kafka::{KafkaLog, Settings};
use pipeline::Topic;
use pipeline::bytes::{self, Alert};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::message::Message;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::collections::{HashMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Duration, Instant};
use stream::log::wall_clock;
use stream::{Log, MemoryLog, NewRecord, WriteId};
use wire::{Limits, native};

const PARTITIONS: u16 = 8;

pub(crate) fn brokers(row: &str) -> Option<String> {
    let brokers = std::env::var("COLDWATCH_KAFKA").ok().filter(|brokers| !brokers.is_empty());
    if brokers.is_none() {
        println!("row {row:<3} skipped: COLDWATCH_KAFKA names no broker");
    }
    brokers
}

/// One client for the whole process: it may have one producer.
pub(crate) fn connect(brokers: &str) -> Arc<dyn Log> {
    static BROKER: OnceLock<KafkaLog> = OnceLock::new();
    let settings = Settings::new(brokers, format!("bench-{}", std::process::id()));
    Arc::new(BROKER.get_or_init(|| KafkaLog::connect(settings).expect("a broker")).clone())
}

/// No two runs share a topic.
pub(crate) fn prefix(row: &str, run: usize) -> String {
    format!("bench-{row}-{}-{run}.", wall_clock()())
}

/// The journal of a week, as dispatch writes it.
fn journal() -> Vec<NewRecord> {
    let week = site::week();
    let config = site::config(String::new(), PARTITIONS, &site::folder("row-9"));
    let services = [Service::Intake, Service::Dispatch];
    let site = Site::open(Arc::new(MemoryLog::default()), config, week[0].0, &services);
    let new_records: Vec<_> =
        week.iter().map(|(at, event)| (*at, site.new_record(event))).collect();
    site.work_off(&new_records);
    let (topic, mut journal) = (site.names.topic(Topic::Journal), Vec::new());
    site::for_each(&*site.log, &topic, |partition, record| {
        let (key, value) = (record.key, record.value);
        journal.push(NewRecord { topic: topic.clone(), partition, key, value });
    });
    site.finish();
    journal
}

/// From the first record to the last: consumed one by one, and parsed.
fn raw(brokers: &str, topic: &str, records: usize) -> Duration {
    let mut config = ClientConfig::new();
    for (name, value) in [
        ("bootstrap.servers", brokers),
        ("group.id", "bench-raw"),
        ("enable.auto.commit", "false"),
        ("check.crcs", "true"),
        // As the services have them: the client's own are slower.
        ("fetch.queue.backoff.ms", "5"),
        ("fetch.wait.max.ms", "100"),
        ("queued.max.messages.kbytes", "32768"),
    ] {
        config.set(name, value);
    }
    let consumer: BaseConsumer = config.create().expect("a consumer");
    let mut list = TopicPartitionList::new();
    for partition in 0..i32::from(PARTITIONS) {
        list.add_partition_offset(topic, partition, Offset::Beginning).expect("an offset");
    }
    consumer.assign(&list).expect("it can be assigned");
    let (mut first, mut count, mut facts) = (None, 0, 0);
    let limits = Limits::of_ours();
    while count < records {
        let Some(message) = consumer.poll(Duration::from_secs(60)) else { continue };
        first.get_or_insert_with(Instant::now);
        let message = message.expect("a record");
        let read = native::read(message.payload().expect("a value"), &limits);
        facts += usize::from(read.is_ok());
        count += 1;
    }
    assert_eq!(facts, records, "every record can be read");
    first.map_or(Duration::ZERO, |first| first.elapsed())
}

pub(crate) fn row_9() {
    let Some(brokers) = brokers("9") else { return };
    let (journal, log) = (journal(), connect(&brokers));
    let (mut bare, mut service, mut written) = (Vec::new(), Vec::new(), 0);
    for run in 0..runs() {
        let config = site::config(prefix("9", run), PARTITIONS, &site::folder("row-9"));
        let names = TopicNames::of(&config);
        for topic in [Topic::Journal, Topic::Exceptions] {
            let (name, stamped_by_log) = (names.topic(topic).to_string(), topic.stamped_by_log());
            log.create(&stream::TopicSpec { name, partitions: PARTITIONS, stamped_by_log })
                .expect("a topic");
        }
        let topic = names.topic(Topic::Journal);
        for part in journal.chunks(20_000) {
            let new_records = part
                .iter()
                .map(|new_record| NewRecord { topic: topic.clone(), ..new_record.clone() });
            topics::append(&*log, new_records.collect()).expect("the log takes them");
        }
        bare.push(raw(&brokers, &topic, journal.len()));
        let timed = Arc::new(Timed::new(log.clone(), &topic));
        let thermal = Site::resume(timed.clone(), config, &[thermal_service()]);
        site::wait_until(|| timed.noted().committed.is_some());
        let noted = timed.noted();
        let (first, done) = (noted.first.expect("it began"), noted.committed.expect("it ended"));
        service.push(done - first);
        thermal.finish();
        assert_eq!(timed.records(), journal.len());
        let exceptions = names.topic(Topic::Exceptions);
        let end = |p| log.range(&exceptions, p).expect("a range").end;
        written = (0..PARTITIONS).map(end).sum();
    }
    let ratios: Vec<f64> =
        bare.iter().zip(&service).map(|(a, b)| a.as_secs_f64() / b.as_secs_f64()).collect();
    let (ratio, range) = spread(ratios);
    println!(
        "row 9   thermal on Kafka against raw consume plus typed parse: {ratio:.2}, {range} ({})",
        judged("0.60", ratio >= 0.6)
    );
    println!(
        "        {} records of {} bytes in {PARTITIONS} partitions, {written} written: raw {:.0} ns, service {:.0} ns each",
        journal.len(),
        journal.iter().map(|new_record| new_record.value.len()).sum::<usize>() / journal.len(),
        each(crate::median(bare), journal.len()),
        each(crate::median(service), journal.len())
    );
}

/// The rate, and for how long; what comes in the first seconds is not counted.
const EVERY: Duration = Duration::from_millis(10);
const AT_A_TIME: usize = 10;
const WARM_UP: Duration = Duration::from_secs(5);
const COOLED_DOWN: Span = Span::hours(2);
/// One event in so many is a shipment's first reading, and it is frozen.
const FROZEN: usize = 20;

fn reads(device: &Subject, n: usize, temperature: i32) -> Event {
    reads_at(device, n, temperature, Moment::from_millis(wall_clock()()))
}

/// The nth reading of all.
pub(crate) fn reads_at(device: &Subject, n: usize, temperature: i32, at: Moment) -> Event {
    let (channel, sequence) = (ShortText::new("payload"), Some(n as u64));
    let temperature = MilliCelsius(temperature);
    Event {
        source: ShortText::new("bench"),
        id: ShortText::new(format!("r-{n}")),
        subject: device.clone(),
        at,
        counts: None,
        hidden: None,
        fact: Fact::Device(DeviceFact::Reading(Reading { temperature, channel, sequence })),
    }
}

/// Hears every shipment's first incident that it froze.
fn hear(site: &Site, stop: Arc<AtomicBool>) -> std::thread::JoinHandle<HashMap<String, Instant>> {
    let topic = site.names.topic(Topic::Alerts);
    let from: Vec<(u16, u64)> = (0..site.names.partitions)
        .map(|p| (p, site.log.range(&topic, p).expect("a range").end))
        .collect();
    let mut reader = site.log.read(&topic, &from).expect("it can be read");
    std::thread::spawn(move || {
        let (mut heard, mut records) = (HashMap::new(), Vec::new());
        while !stop.load(Ordering::Relaxed) {
            reader.poll(Duration::from_millis(100), &mut records).expect("it can be read");
            for (_, record) in records.drain(..) {
                let alert = bytes::alert(&record.value);
                if let Ok(Alert::Incident(incident)) = alert
                    && incident.findings.iter().any(|name| &*name.rule == "thermal/too-cold")
                {
                    let shipment = incident.shipment.to_string();
                    heard.entry(shipment).or_insert_with(Instant::now);
                }
            }
        }
        heard
    })
}

pub(crate) fn row_12() {
    let Some(brokers) = brokers("12") else { return };
    let lasts = WARM_UP + Duration::from_secs(scaled(30) as u64);
    let count = usize::try_from(lasts.as_millis() / EVERY.as_millis()).expect("few") * AT_A_TIME;
    let (calm, frozen) = (2_000, count / FROZEN);
    let mut config = site::config(prefix("12", 0), 16, &site::folder("row-12"));
    config.clock.tick = true;
    let begin = Moment::from_millis(wall_clock()());
    // A logger is believed once it has had time to cool down with the goods.
    let packed = begin - COOLED_DOWN;
    let site = Site::open(connect(&brokers), config, begin, services::all());
    let (mut devices, mut told) = (Vec::new(), Vec::new());
    for n in 0..calm + frozen {
        let (device, events) = site::packed(packed, n);
        devices.push(device);
        told.extend(events.iter().map(|event| site.new_record(event)));
    }
    topics::append(&*site.log, told).expect("the log takes them");
    for &service in services::all() {
        site.drain(service);
    }
    let stop = Arc::new(AtomicBool::new(false));
    let hearing = hear(&site, stop.clone());
    let sent: Mutex<Vec<(String, Instant)>> = Mutex::default();
    let (answers, _acks) = channel();
    let began = Instant::now();
    let mut n = 0;
    while n < count {
        let mut new_records = Vec::new();
        for _ in 0..AT_A_TIME {
            let cold = n % FROZEN == 0;
            let of = if cold { calm + n / FROZEN } else { n % calm };
            let event = reads(&devices[of], n, if cold { -5_000 } else { 5_000 });
            new_records.push((WriteId::default(), site.new_record(&event)));
            if cold && began.elapsed() >= WARM_UP {
                let shipment = format!("SHP-{of:06}");
                sent.lock().expect("nobody panicked").push((shipment, Instant::now()));
            }
            n += 1;
        }
        site.log.append(new_records, &answers);
        let next = EVERY * u32::try_from(n / AT_A_TIME).expect("few");
        std::thread::sleep(next.saturating_sub(began.elapsed()));
    }
    let rate = count as f64 / began.elapsed().as_secs_f64();
    std::thread::sleep(Duration::from_secs(3));
    stop.store(true, Ordering::Relaxed);
    let heard = hearing.join().expect("the reader ends in order");
    site.finish();
    let sent = sent.into_inner().expect("nobody panicked");
    let missing: HashSet<_> =
        sent.iter().filter(|(shipment, _)| !heard.contains_key(shipment)).collect();
    let mut took: Vec<Duration> = sent
        .iter()
        .filter_map(|(shipment, at)| Some(heard.get(shipment)?.duration_since(*at)))
        .collect();
    assert!(!took.is_empty(), "no incident of {} was heard: nothing can be judged", sent.len());
    took.sort();
    let at = |part: f64| {
        let n = (took.len() as f64 * part) as usize;
        took.get(n.min(took.len().saturating_sub(1))).map_or(f64::NAN, |t| t.as_secs_f64() * 1e3)
    };
    println!(
        "row 12  reading in Kafka to incident on alerts, {rate:.0} events a second: p99 {:.0} ms ({})",
        at(0.99),
        judged("500 ms", at(0.99) <= 500.0 && missing.is_empty())
    );
    println!(
        "        {} incidents, {} missing: p50 {:.0} ms, p90 {:.0} ms, p99.9 {:.0} ms, the longest {:.0} ms",
        took.len(),
        missing.len(),
        at(0.5),
        at(0.9),
        at(0.999),
        at(1.0)
    );
}
