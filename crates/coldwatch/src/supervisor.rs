//! Services at work in this process: each on a thread of its own, watched, and stopped together.

use crate::config::{self, Config};
use crate::exit::Failure;
use crate::http::reach::Reach;
use crate::log;
use crate::measures::{self, Measures};
use crate::services::intake::Intake;
use crate::services::names::TopicNames;
use crate::services::stateful::StatefulService;
use crate::services::{Service, Work};
use crate::snapshots;
use crate::topics::{self, TopicPlan};
use crate::watchdog::{self, Watchdog};
use pipeline::processor::StageKind;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use stream::{Clock, Group, Log, Monitor, ProcessorFactory, Snapshots, StreamError, run};

/// How often the clock is struck, in milliseconds of log time.
pub const TICK_EVERY: i64 = 5_000;
/// How often the watchdog looks.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What stopping may take, the loops' own drain included.
const DRAIN: Duration = Duration::from_secs(50);

/// What runs here.
pub struct Supervisor {
    /// The log.
    pub log: Arc<dyn Log>,
    /// How it is set up.
    pub config: Config,
    /// What topics and groups are called.
    pub names: TopicNames,
    /// What time it is.
    pub clock: Clock,
    /// What keeps this process's partitions over a quick restart.
    pub instance: Option<String>,
    /// Asks everything to stop.
    pub stop: Arc<AtomicBool>,
    /// What does not move here.
    pub(crate) still: watchdog::Told,
    /// Whether the log answers, once somebody asks.
    pub(crate) reach: OnceLock<Arc<Reach>>,
    /// What is measured here.
    pub(crate) measures: Arc<Measures>,
    running: Vec<Running>,
    last_words: FirstError,
    /// Where states are kept, once a service needs it; the last who lets go of it waits until all is written.
    snapshots: Option<Snapshots>,
}

/// A service that runs here, as others see it.
#[derive(Clone)]
pub struct SupervisedService {
    /// Which.
    pub service: Service,
    /// What is to be seen of it.
    pub watch: Arc<Monitor>,
}

/// Who has ended the process, and why.
pub(crate) type FirstError = Arc<Mutex<Option<(&'static str, StreamError)>>>;

struct Running {
    watched: SupervisedService,
    thread: JoinHandle<Result<(), StreamError>>,
}

impl Supervisor {
    /// Nothing runs yet.
    pub fn new(log: Arc<dyn Log>, config: Config, clock: Clock, instance: Option<String>) -> Self {
        let (names, stop) = (TopicNames::of(&config), Arc::default());
        let (still, running, last_words) = (Arc::default(), Vec::new(), Arc::default());
        Self {
            log,
            config,
            names,
            clock,
            instance,
            stop,
            still,
            reach: OnceLock::new(),
            measures: Arc::default(),
            running,
            last_words,
            snapshots: None,
        }
    }

    /// The same, and it stops when `stop` says so.
    pub fn stopping(self, stop: Arc<AtomicBool>) -> Self {
        Self { stop, ..self }
    }

    /// Refuses to work on topics that are not as they must be.
    pub fn check(&self) -> Result<(), Failure> {
        let (generation, inbound) = (self.config.log.generation, &self.config.log.inbound);
        let plan = TopicPlan { names: &self.names, generation, inbound };
        let wrong = log::patiently(&self.stop, || plan.check(&*self.log)).map_err(log::failure)?;
        match wrong.is_empty() {
            true => Ok(()),
            false => Err(Failure::configuration(wrong.join("\n  "))),
        }
    }

    /// Starts a service. The desk is no such service: it reads without a group.
    pub fn start(&mut self, service: Service) -> Result<(), Failure> {
        let names = self.names.clone();
        match service {
            Service::Intake => {
                let inbound = self.config.log.inbound.clone();
                let work = service.work(&names, &inbound);
                inbound.into_iter().zip(work).try_for_each(|(topic, work)| {
                    let (names, clock) = (names.clone(), self.clock.clone());
                    self.spawn(service, Intake { names, topic, clock }, work)
                })
            }
            Service::Desk => Ok(()),
            Service::Dispatch | Service::Engine(_) | Service::Alerts => {
                let stages = service.stage().zip(service.work(&names, &[]).pop());
                stages.map_or(Ok(()), |(kind, work)| {
                    self.spawn(service, StatefulService::new(names, kind), work)
                })
            }
        }
    }

    fn spawn<S>(&mut self, service: Service, stage: S, work: Work) -> Result<(), Failure>
    where
        S: ProcessorFactory + Send + 'static,
    {
        let strikes = service.stage().is_some_and(StageKind::ticks);
        // Signs of life go by the same beat, from intake, which strikes nothing.
        let beats = strikes || service == Service::Intake;
        let every = (beats && self.config.clock.tick).then_some(TICK_EVERY);
        // One process may be a member once for each inbound topic, under a name of its own.
        let Work { group: name, topic } = work;
        let instance = self.instance.as_ref().map(|name| match service {
            Service::Intake => format!("{name}.{topic}"),
            _ => name.clone(),
        });
        // Who remembers nothing needs no place for it, and no right to one.
        let snapshots = match (stage.is_stateful(), &self.snapshots) {
            (false, _) => None,
            (true, Some(snapshots)) => Some(snapshots.clone()),
            (true, None) => {
                Some(self.snapshots.insert(snapshots::open(&self.config, &self.measures)?).clone())
            }
        };
        let identity = || topics::identity(&*self.log, &self.names, &topic);
        let log_identity = match snapshots {
            Some(_) => log::patiently(&self.stop, identity).map_err(log::failure)?,
            None => 0,
        };
        let measures = self.measures.clone();
        let group = Group {
            service: service.name(),
            name,
            topic,
            instance,
            snapshots,
            log_identity,
            made_anew: made_anew(service),
            snapshot_every: config::duration(self.config.snapshots.interval),
            clock: self.clock.clone(),
            tick_every: every,
            waited: Some(Arc::new(move |service, waited| {
                let labels = [("service", service)];
                measures::note(&measures.waited, &labels, waited.max(0) as f64 / 1000.0);
            })),
        };
        let watched = SupervisedService { service, watch: Arc::default() };
        let (log, stop, watch) = (self.log.clone(), self.stop.clone(), watched.watch.clone());
        let thread = std::thread::Builder::new()
            .name(service.name().into())
            .spawn(move || {
                let ended = run::run(&*log, &stage, &group, &stop, &watch);
                if let Err(error) = &ended {
                    watch.end(&error.to_string());
                    tracing::error!(service = group.service, %error, "the service ends");
                    stop.store(true, Ordering::Relaxed);
                }
                ended
            })
            .map_err(Failure::unavailable)?;
        self.running.push(Running { watched, thread });
        Ok(())
    }

    /// What runs here.
    pub fn watched(&self) -> Vec<SupervisedService> {
        self.running.iter().map(|running| running.watched.clone()).collect()
    }

    /// Waits until it is asked to stop, or something here has ended or does not move any more.
    pub fn wait(&self) {
        let begun = Instant::now();
        let (watched, still) = (self.watched(), self.still.clone());
        let mut watchdog = Watchdog::new(&self.config.watchdog, still, begun);
        let mut looked = begun;
        while !self.is_over() {
            std::thread::sleep(Duration::from_millis(50));
            if looked.elapsed() < LOOK_EVERY {
                continue;
            }
            looked = Instant::now();
            if self.reach.get().is_some_and(|reach| reach.excuses(looked)) {
                watchdog.wait(looked);
                continue;
            }
            if let Some(reason) = watchdog.look(&watched, looked) {
                tracing::error!(reason, "the process ends, so that another takes over");
                let mut last = self.last_words.lock().unwrap_or_else(PoisonError::into_inner);
                last.get_or_insert(("watchdog", StreamError::Stop(reason)));
                self.stop.store(true, Ordering::Relaxed);
            }
        }
    }

    /// Whether it is asked to stop, or a service has ended, if only by a panic.
    pub fn is_over(&self) -> bool {
        self.stop.load(Ordering::Relaxed) || self.running.iter().any(|r| r.thread.is_finished())
    }

    /// Where those that are no services, as the desk's readers, tell why they have ended.
    pub(crate) fn first_error(&self) -> FirstError {
        self.last_words.clone()
    }

    /// Stops everything in order, and says what went wrong first, if anything did.
    pub fn finish(self) -> Result<(), Failure> {
        self.stop.store(true, Ordering::Relaxed);
        let mut first = Ok(());
        let until = Instant::now() + DRAIN;
        for Running { watched, thread } in self.running {
            let name = watched.service.name();
            while !thread.is_finished() && Instant::now() < until {
                std::thread::sleep(Duration::from_millis(10));
            }
            // One that hangs is left behind: what it has not committed is done again by the next.
            let ended = match thread.is_finished() {
                true => thread.join().unwrap_or_else(|_| {
                    Err(StreamError::Stop("it panicked: please report this".into()))
                }),
                false => Err(StreamError::Stop(format!(
                    "it did not stop within {} s and was left",
                    DRAIN.as_secs()
                ))),
            };
            if let (Err(error), true) = (ended, first.is_ok()) {
                first = Err(log::failure(error).within(name));
            }
        }
        let last = self.last_words.lock().unwrap_or_else(PoisonError::into_inner).take();
        match (first, last) {
            // A word of the watchdog, or of the desk's readers, says more than what came of it.
            (_, Some((who, error))) => Err(log::failure(error).within(who)),
            (first, None) => first,
        }
    }

    /// Whether every partition here has been struck at that time or later.
    pub fn ticked(&self, now: i64) -> bool {
        let strikers = [Service::Dispatch, Service::Alerts];
        let mut watched = self.running.iter().map(|running| &running.watched);
        watched.all(|watched| {
            !strikers.contains(&watched.service)
                || watched.watch.status().ticked.is_some_and(|at| at + TICK_EVERY > now)
        })
    }

    /// Whether everything that is in the log has been worked off.
    pub fn drained(&self) -> Result<bool, StreamError> {
        for running in &self.running {
            let service = running.watched.service;
            for Work { group, topic } in service.work(&self.names, &self.config.log.inbound) {
                if !is_drained(&*self.log, &group, &topic)? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }
}

/// What a person can do when a topic was made anew.
fn made_anew(service: Service) -> String {
    match service {
        Service::Intake => "give the new one another name in log.inbound",
        _ => "bring it back whole, or restore an export of the log under another log.prefix (`coldwatch restore`)",
    }
    .to_owned()
}

/// Whether a group has worked everything of a topic off.
pub fn is_drained(log: &dyn Log, group: &str, topic: &str) -> Result<bool, StreamError> {
    let points = log.committed(group, topic)?;
    for partition in 0..log.partitions(topic)?.unwrap_or(0) {
        let end = log.range(topic, partition)?.end;
        if points.get(&partition).map_or(0, |point| point.offset) < end {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests;
