//! What stands for a whole seed: the log with its first records, what is on its way, the services and their places.

use crate::faults::Plan;
use crate::hours::Hours;
use crate::network::Network;
use crate::places::{INBOUND, Place, Stages, topic_of};
use crate::releases::Release;
use crate::workload::Workload;
use coldwatch::services::names::TopicNames;
use coldwatch::services::{self, Service};
use coldwatch::supervisor::TICK_EVERY;
use coldwatch::topics::TopicPlan as Topics;
use fastrand::Rng;
use pipeline::Topic;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;
use stream::{Log, MemoryLog};

/// What stands for a whole seed, and what the processes at work borrow from.
pub(crate) struct Site {
    pub(crate) names: TopicNames,
    pub(crate) hours: Arc<Hours>,
    pub(crate) network: Arc<Network>,
    /// Of the first release and of the next.
    pub(crate) stages: [Stages; 2],
    pub(crate) places: Vec<Place>,
    pub(crate) folder: PathBuf,
    pub(crate) intake_is_wrong_by: Arc<AtomicI64>,
}

impl Site {
    /// A log with its first records, and nobody at work.
    pub(crate) fn open(
        workload: &Workload,
        plan: Plan,
        (word, folder): (&str, &Path),
        rng: &mut Rng,
    ) -> Self {
        let hours = Hours::begin(workload.begin);
        let exact = Arc::<AtomicI64>::default();
        let memory = MemoryLog::new(hours.clock(&exact));
        let names = TopicNames::with(word, workload.partitions);
        let inbound = [INBOUND.to_owned()];
        let topics = Topics { names: &names, generation: 1, inbound: &inbound };
        topics.create_at(&memory, &workload.book, workload.begin).expect("topics can be made");
        let network = Network::new(memory, plan, Rng::with_seed(rng.u64(..)));
        let intake_is_wrong_by = Arc::<AtomicI64>::default();
        let stages =
            Release::ALL.map(|release| Stages::new(release, &names, &hours, &intake_is_wrong_by));
        let every = Duration::from_millis(rng.u64(200..6_000));
        let folder = folder.join(word);
        // In every other seed the two processes of a service share their snapshots, as they do in an object store.
        let shared = every.as_millis().is_multiple_of(2);
        let place = |service| {
            [0, 1].map(|nth| {
                let folder = folder.join(if shared { 0 } else { nth }.to_string());
                Place::new(service, (&names, &network, &hours), folder, every)
            })
        };
        let places = services::all().iter().copied().flat_map(place).collect();
        Self { names, hours, network, stages, places, folder, intake_is_wrong_by }
    }

    /// The services as a release has them.
    pub(crate) fn stages(&self, release: Release) -> &Stages {
        let [first, next] = &self.stages;
        match release {
            Release::First => first,
            Release::Next => next,
        }
    }

    /// Whether every service has worked everything off.
    pub(crate) fn drained(&self) -> bool {
        services::all().iter().all(|&service| self.is_drained(service))
    }

    pub(crate) fn is_drained(&self, service: Service) -> bool {
        let group = self.names.other(service.name());
        coldwatch::supervisor::is_drained(
            &self.network.memory,
            &group,
            &topic_of(service, &self.names),
        )
        .unwrap_or(false)
    }

    /// Whether the clock of every partition that is struck stands at the time.
    pub(crate) fn struck(&self) -> bool {
        let due = self.hours.wall() - self.hours.wall().rem_euclid(TICK_EVERY) - TICK_EVERY;
        [Topic::Facts, Topic::Exceptions]
            .into_iter()
            .all(|topic| (0..self.names.partitions).all(|p| self.last_stroke(topic, p) >= due))
    }

    /// Of the last records of a partition: the greatest stroke that its owner made.
    fn last_stroke(&self, topic: Topic, partition: u16) -> i64 {
        let name = self.names.topic(topic);
        let range = self.network.memory.range(&name, partition).unwrap_or(0..0);
        let (from, mut records) = (range.end.saturating_sub(40).max(range.start), Vec::new());
        let reader = self.network.memory.read(&name, &[(partition, from)]);
        if reader.and_then(|mut reader| reader.poll(Duration::ZERO, &mut records)).is_err() {
            return 0;
        }
        let stroke = |record: &stream::Record| {
            let text = std::str::from_utf8(&record.value).ok()?;
            let own = text.contains("coldwatch.log.tick.v1") && !text.contains("\"origin\"");
            let at = text.split("\"time\":\"").nth(1)?.split('"').next()?;
            own.then(|| at.parse::<facts::Moment>().map(facts::Moment::millis).unwrap_or(0))
        };
        records.iter().filter_map(|(_, record)| stroke(record)).max().unwrap_or(0)
    }
}
