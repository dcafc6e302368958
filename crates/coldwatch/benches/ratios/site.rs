//! Services at work on a log, and a week of shipments that is sent to them as fast as they take it.
//!
//! Log time follows the arrivals: the clock strikes behind what intake has passed on, so that nothing is judged
//! silent that is only waiting. A site strikes no clock of its own unless it is asked to.

use crate::scaled;
use coldwatch::config::Config;
use coldwatch::services::names::TopicNames;
use coldwatch::services::{self, Service};
use coldwatch::supervisor::{Supervisor, is_drained};
use coldwatch::topics::{self, TopicPlan};
use facts::{Event, Moment, Subject};
use pipeline::{GRID, Topic};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use stream::log::wall_clock;
use stream::{Log, NewRecord, Record};
use wire::native::{self, Extensions};

/// So many events go before the clock strikes again.
const STEP: usize = 5_000;
/// What takes longer than this is stuck.
const STUCK: Duration = Duration::from_secs(300);

/// An empty folder on the disk that the build is on.
pub(crate) fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bench").join(name);
    // Where there is none, there is none to remove.
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    folder
}

/// About 300,000 events in the order of their arrival.
pub(crate) fn week() -> Vec<(Moment, Event)> {
    week_of(1_000)
}

/// About 290 events for each shipment, in the order of their arrival.
pub(crate) fn week_of(shipments: usize) -> Vec<(Moment, Event)> {
    let shipments = u32::try_from(scaled(shipments)).expect("it is small");
    let arrivals = simulate::make(7, shipments).inbound;
    let mut week: Vec<_> = arrivals.into_iter().map(|one| (one.at, one.event)).collect();
    week.sort_by_key(|(at, _)| *at);
    week
}

/// A configuration for one run.
pub(crate) fn config(prefix: String, partitions: u16, folder: &Path) -> Config {
    let mut config = Config::default();
    config.log.partitions = partitions;
    config.log.prefix = prefix;
    config.snapshots.folder = folder.join("snapshots");
    config.clock.tick = false;
    config
}

pub(crate) struct Site {
    pub(crate) log: Arc<dyn Log>,
    pub(crate) names: TopicNames,
    supervisor: Supervisor,
    of: Vec<Service>,
}

impl Site {
    /// Makes the topics and starts these services.
    pub(crate) fn open(log: Arc<dyn Log>, config: Config, begin: Moment, of: &[Service]) -> Self {
        let names = TopicNames::of(&config);
        let book = pipeline::rulebook::shipped().expect("the shipped rulebook").book;
        let plan = TopicPlan { names: &names, generation: 1, inbound: &config.log.inbound };
        plan.create_at(&*log, &book, begin.millis()).expect("topics can be made");
        Self::resume(log, config, of)
    }

    /// Starts these services over topics that are there.
    pub(crate) fn resume(log: Arc<dyn Log>, config: Config, of: &[Service]) -> Self {
        let mut supervisor = Supervisor::new(log.clone(), config, wall_clock(), None);
        of.iter().for_each(|service| supervisor.start(*service).expect("a service starts"));
        Self { log, names: supervisor.names.clone(), supervisor, of: of.to_vec() }
    }

    pub(crate) fn finish(self) {
        self.supervisor.finish().expect("the services end in order");
    }

    /// An event as a gateway puts it on the inbound topic.
    pub(crate) fn new_record(&self, event: &Event) -> NewRecord {
        let names = &self.names;
        NewRecord {
            topic: names.other("inbound.events").into(),
            partition: event.subject.partition(names.partitions),
            key: event.subject.to_string().into_bytes(),
            value: native::write(event, &Extensions::default()).into_bytes(),
        }
    }

    /// Sends drafts and events of a week, and waits until all of it is worked off.
    pub(crate) fn work_off(&self, week: &[(Moment, NewRecord)]) {
        let mut struck = None;
        for step in week.chunks(STEP) {
            let new_records = step.iter().map(|(_, new_record)| new_record.clone()).collect();
            topics::append(&*self.log, new_records).expect("the log takes them");
            // Intake is one step ahead of the clock.
            if let Some(at) = struck.replace(step[step.len() - 1].0) {
                self.strike(at);
            }
            self.drain(Service::Intake);
        }
        struck.into_iter().for_each(|at| self.strike(at));
        self.of.iter().for_each(|service| self.drain(*service));
    }

    fn strike(&self, at: Moment) {
        let now = at.floor(GRID).millis();
        let strokes = [Topic::Facts, Topic::Exceptions]
            .into_iter()
            .flat_map(|topic| (0..self.names.partitions).map(move |partition| (topic, partition)));
        let stroke = |(topic, partition)| services::tick(&self.names, topic, partition, now);
        topics::append(&*self.log, strokes.map(stroke).collect()).expect("the log takes strokes");
    }

    /// Waits until a service has worked off all there is.
    pub(crate) fn drain(&self, service: Service) {
        wait_until(|| self.is_worked_off(service));
    }

    /// Whether the services here stand at the ends of their partitions, each of so many.
    pub(crate) fn stands_at(&self, ends: &BTreeMap<u16, u64>) -> bool {
        self.supervisor.watched().iter().all(|watched| {
            let seen = watched.watch.status().partitions;
            let there = |(p, end): (&u16, &u64)| seen.get(p).is_some_and(|s| s.position >= *end);
            ends.iter().all(there)
        })
    }

    /// Whether a service has worked off all there is.
    pub(crate) fn is_worked_off(&self, service: Service) -> bool {
        let topic = match service.reads() {
            Some(topic) => self.names.topic(topic).to_string(),
            None => self.names.other("inbound.events"),
        };
        let group = self.names.other(service.name());
        is_drained(&*self.log, &group, &topic).unwrap_or(false)
    }

    /// The names of all topics.
    pub(crate) fn topics(&self) -> Vec<String> {
        let ours = Topic::ALL.map(|topic| self.names.topic(topic).to_string());
        ours.into_iter().chain([self.names.other("inbound.events")]).collect()
    }
}

pub(crate) fn wait_until(mut done: impl FnMut() -> bool) {
    let until = Instant::now() + STUCK;
    while !done() {
        assert!(Instant::now() < until, "it is stuck");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Every record of a topic, partition by partition.
pub(crate) fn for_each(log: &dyn Log, topic: &str, mut take: impl FnMut(u16, Record)) {
    for partition in 0..log.partitions(topic).expect("it answers").unwrap_or(0) {
        let end = log.range(topic, partition).expect("a range").end;
        let mut reader = log.read(topic, &[(partition, 0)]).expect("it can be read");
        let (mut next, mut records) = (0, Vec::new());
        while next < end {
            reader.poll(Duration::from_millis(100), &mut records).expect("it can be read");
            for (_, record) in records.drain(..) {
                next = record.offset + 1;
                take(partition, record);
            }
        }
    }
}

/// The subject of a shipment or a device, as a scenario's words have it, told at that time.
pub(crate) fn told(at: Moment, words: &str, id: &str) -> Event {
    let event = scenario::event(at, words, id);
    event.expect("a fact reads so")
}

/// A shipment that was packed, with one logger that need not be heard of before tomorrow: key, and what was told.
pub(crate) fn packed(at: Moment, n: usize) -> (Subject, [Event; 3]) {
    let (shipment, device) = (format!("SHP-{n:06}"), format!("LOG-{n:06}"));
    let plan = format!(
        r#"{shipment} planned as CELL_2_8, version 1 with {{"kind":"cells","consignor":"CLINIC","consignee":"CLINIC","legs":[]}}"#
    );
    let attached = format!(
        r#"{device} attached to {shipment} at payload with {{"channel":"payload","log_every":"12 h","send_every":"12 h"}}"#
    );
    let events = [
        told(at, &plan, &format!("plan-{n}")),
        told(at, &format!(r#"{shipment} packed with {{"count":1}}"#), &format!("packed-{n}")),
        told(at, &attached, &format!("attached-{n}")),
    ];
    (Subject::from(&facts::DeviceId::new(device)), events)
}
