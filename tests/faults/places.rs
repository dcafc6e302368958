//! The services as they are, and the places at which their processes run.

use crate::client::Client;
use crate::hours::Hours;
use crate::network::Network;
use crate::releases::{Release, Released};
use coldwatch::services::intake::Intake;
use coldwatch::services::names::TopicNames;
use coldwatch::services::stateful::StatefulService;
use coldwatch::services::{self, CommitMetadata, Service};
use coldwatch::supervisor::TICK_EVERY;
use coldwatch::topics;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64};
use std::time::{Duration, Instant};
use stream::{
    Group, Monitor, NewRecord, PartitionProcessor, ProcessorFactory, Record, Runner, Snapshots,
    StreamError,
};

/// What the outside world writes to.
pub(crate) const INBOUND: &str = "inbound.events";

/// A place: one process of one service after another.
pub(crate) struct Place {
    pub(crate) service: Service,
    pub(crate) group: Group,
    pub(crate) watch: Monitor,
    pub(crate) stop: AtomicBool,
    pub(crate) client: Client,
    /// By how much its clock is wrong.
    pub(crate) wrong_by: Arc<AtomicI64>,
    pub(crate) folder: PathBuf,
}

impl Place {
    /// One of the service's places, with its snapshots in that folder.
    pub(crate) fn new(
        service: Service,
        (names, network, hours): (&TopicNames, &Arc<Network>, &Arc<Hours>),
        folder: PathBuf,
        snapshot_every: Duration,
    ) -> Self {
        let topic = topic_of(service, names);
        let wrong_by = Arc::<AtomicI64>::default();
        let log_identity =
            topics::identity(&network.memory, names, &topic).expect("the topic is there");
        let strikes = matches!(service, Service::Intake | Service::Dispatch | Service::Alerts);
        let name = names.other(service.name());
        let group = Group {
            service: service.name(),
            name: name.clone(),
            topic,
            instance: None,
            snapshots: Some(Snapshots::new(&folder)),
            log_identity,
            made_anew: "look into it".into(),
            snapshot_every,
            clock: hours.clock(&wrong_by),
            tick_every: strikes.then_some(TICK_EVERY),
            waited: None,
        };
        let client = Client { network: network.clone(), id: AtomicU64::new(0), group: name };
        let (watch, stop) = (Monitor::default(), AtomicBool::new(false));
        Self { service, group, watch, stop, client, wrong_by, folder }
    }
}

/// What a service reads.
pub(crate) fn topic_of(service: Service, names: &TopicNames) -> String {
    match service.reads() {
        Some(topic) => names.topic(topic).to_string(),
        None => names.other(INBOUND),
    }
}

/// A loop of whatever service.
pub(crate) trait Turns {
    fn turn(&mut self, now: Instant) -> Result<Duration, StreamError>;
    fn waits_for_answers(&mut self) -> bool;
    fn finish(self: Box<Self>, now: Instant) -> Result<(), StreamError>;
}

impl<S: ProcessorFactory> Turns for Runner<'_, S> {
    fn turn(&mut self, now: Instant) -> Result<Duration, StreamError> {
        Runner::poll_once(self, now)
    }
    fn waits_for_answers(&mut self) -> bool {
        Runner::waits_for_answers(self)
    }
    fn finish(self: Box<Self>, now: Instant) -> Result<(), StreamError> {
        Runner::finish(*self, now)
    }
}

/// The stages of all services, as one release has them.
pub(crate) struct Stages {
    intake: Released<Intake>,
    stateful: BTreeMap<Service, Released<StatefulService>>,
}

/// What a partition says from its beginning on, and what it is then.
pub(crate) struct Refolded {
    pub(crate) new_records: Vec<NewRecord>,
    pub(crate) image: Option<Vec<u8>>,
    pub(crate) note: String,
}

macro_rules! of_service {
    ($all:expr, $service:expr, $stage:ident => $do:expr) => {
        match $all.stateful.get(&$service) {
            Some($stage) => $do,
            None => {
                let $stage = &$all.intake;
                $do
            }
        }
    };
}

impl Stages {
    /// Intake's stamps are by a clock that is wrong.
    pub(crate) fn new(
        release: Release,
        names: &TopicNames,
        hours: &Arc<Hours>,
        wrong_by: &Arc<AtomicI64>,
    ) -> Self {
        let intake =
            Intake { names: names.clone(), topic: INBOUND.into(), clock: hours.clock(wrong_by) };
        let stateful = |service: &Service| {
            let (names, kind) = (names.clone(), service.stage()?);
            let stage = StatefulService { names, kind, release: release.of_program() };
            Some((*service, Released { stage, release }))
        };
        Self {
            intake: Released { stage: intake, release },
            stateful: services::all().iter().filter_map(stateful).collect(),
        }
    }

    /// A process begins.
    pub(crate) fn join<'a>(
        &'a self,
        place: &'a Place,
        rng: u64,
        now: Instant,
    ) -> Result<Box<dyn Turns + 'a>, StreamError> {
        of_service!(self, place.service, stage => {
            let own = (&place.stop, &place.watch);
            Ok(Box::new(Runner::join(&place.client, stage, &place.group, own, rng, now)?))
        })
    }

    /// Everything from the beginning.
    pub(crate) fn refold(
        &self,
        service: Service,
        partition: u16,
        records: &[Record],
    ) -> Result<Refolded, String> {
        fn all<S: ProcessorFactory>(
            stage: &S,
            partition: u16,
            records: &[Record],
        ) -> Result<Refolded, String> {
            let mut life = stage.begin(partition, "").map_err(|halt| halt.0)?;
            let (mut new_records, mut now) = (Vec::new(), 0);
            for record in records {
                life.process(record, &mut new_records).map_err(|halt| halt.0)?;
                let before = std::mem::replace(&mut now, CommitMetadata::read(&life.note()).now_ms);
                if now < before {
                    return Err(format!("log time goes back from {before} to {now}"));
                }
            }
            Ok(Refolded { new_records, image: life.snapshot(), note: life.note() })
        }
        of_service!(self, service, stage => all(stage, partition, records))
    }

    /// The form of a service's snapshots.
    pub(crate) fn form(&self, service: Service) -> u64 {
        of_service!(self, service, stage => stage.format_id())
    }
}
