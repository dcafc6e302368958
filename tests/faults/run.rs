//! A site at work, round by round: what the world brings, until it is worked off; then calm, and the end.

use crate::coverage::Coverage;
use crate::places::INBOUND;
use crate::releases::{NEXT, Release};
use crate::scheduler::At;
use crate::site::Site;
use crate::workload::{Round, Workload};
use coldwatch::services::{self, Service, of_log};
use coldwatch::topics;
use facts::fact::log::BehaviourSwitched;
use facts::{Fact, SystemFact};
use fastrand::Rng;
use pipeline::{Topic, bytes};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use stream::{NewRecord, StreamError};

/// How many steps a round may take while things go wrong; after that it is ended in calm.
const LONG: u64 = 1_500;
/// How many steps everything must be caught up in once nothing goes wrong any more.
pub(crate) const BOUND: u64 = 6_000;

/// A site at work.
pub(crate) struct Run<'a> {
    pub(crate) site: &'a Site,
    pub(crate) at: Vec<At<'a>>,
    /// Whether the second process of each service is wanted.
    pub(crate) second: Vec<bool>,
    pub(crate) rng: Rng,
    pub(crate) clients: u64,
    pub(crate) steps: u64,
    pub(crate) quiet: bool,
    pub(crate) away_until: u64,
    pub(crate) clocks_until: u64,
    pub(crate) disk_until: u64,
    /// The release that each process ran last.
    pub(crate) release: Vec<Release>,
    /// Whether the log asks for what only the next release knows.
    pub(crate) switched: bool,
    /// Why a service ended that was not killed.
    pub(crate) ended: Vec<(Service, StreamError)>,
    /// Where snapshots of another log lie.
    pub(crate) foreign: Option<PathBuf>,
    pub(crate) count: Coverage,
}

impl<'a> Run<'a> {
    pub(crate) fn over(site: &'a Site, seed: u64, foreign: Option<PathBuf>) -> Self {
        let now = site.hours.now();
        Self {
            site,
            at: site.places.iter().map(|_| At::Down(now)).collect(),
            second: vec![false; services::all().len()],
            rng: Rng::with_seed(seed),
            clients: 0,
            steps: 0,
            quiet: false,
            away_until: 0,
            clocks_until: 0,
            disk_until: 0,
            release: site.places.iter().map(|_| Release::Next).collect(),
            switched: false,
            ended: Vec::new(),
            foreign,
            count: Coverage::default(),
        }
    }

    /// A whole world, until all services have stopped in order. What is wrong, if anything.
    pub(crate) fn play(&mut self, workload: &Workload, calm: bool) -> Result<(), String> {
        self.weather(workload, calm)?;
        self.settle()?;
        if let Some((service, error)) = self.ended.first() {
            return Err(format!("goes on: {} ended: {error}", service.name()));
        }
        self.stop_all()
    }

    /// All that the world does, round by round, in a storm or in calm. What is wrong, if anything.
    fn weather(&mut self, workload: &Workload, calm: bool) -> Result<(), String> {
        if !calm {
            self.site.network.rage();
        }
        for (n, round) in workload.rounds.iter().enumerate() {
            self.bring(round);
            self.until_drained(n, false)?;
            self.site.hours.skip_to(round.until);
            self.until_drained(n, true)?;
        }
        Ok(())
    }

    /// Faults stop: whatever was going on, everything is caught up within so many steps.
    fn settle(&mut self) -> Result<(), String> {
        self.calm_down();
        // Some of what the dead have sent lands before, the rest while the living work.
        for _ in 0..self.rng.usize(..20) {
            self.site.network.land_orphan_write();
        }
        self.wait(BOUND, true)
            .map_err(|_| "caught up: the services have not caught up".to_owned())?;
        self.site.network.lay_to_rest();
        self.wait(BOUND, true)
            .map_err(|_| "caught up: the services have not caught up".to_owned())?;
        Ok(())
    }

    fn calm_down(&mut self) {
        self.site.network.calm_down();
        for place in &self.site.places {
            place.wrong_by.store(0, Relaxed);
        }
        self.site.intake_is_wrong_by.store(0, Relaxed);
        self.mend_disks();
        (self.away_until, self.clocks_until) = (0, 0);
    }

    /// All services stop in order and keep their snapshots.
    pub(crate) fn stop_all(&mut self) -> Result<(), String> {
        for n in 0..self.at.len() {
            let now = self.site.hours.now();
            if let At::Up(all, _) | At::Stopping(all, _) =
                std::mem::replace(&mut self.at[n], At::Down(now))
            {
                all.finish(now).map_err(|error| format!("ends in order: {error}"))?;
            }
        }
        Ok(())
    }

    fn bring(&mut self, round: &Round) {
        let names = &self.site.names;
        let topic: Arc<str> = names.other(INBOUND).into();
        let new_record = |(subject, bytes): &(facts::Subject, Vec<u8>)| NewRecord {
            topic: topic.clone(),
            partition: subject.partition(names.partitions),
            key: subject.to_string().into_bytes(),
            value: bytes.clone(),
        };
        let mut new_records: Vec<NewRecord> = round.records.iter().map(new_record).collect();
        if let Some(book) = &round.book {
            self.count.books += 1;
            new_records.push(of_log(
                names,
                Topic::Facts,
                0,
                self.site.hours.wall(),
                bytes::published(book),
            ));
        }
        if let Some(number) = round.behaviour {
            self.count.behaviours += 1;
            self.switched |= number == NEXT;
            let switched =
                Fact::System(SystemFact::BehaviourSwitched(BehaviourSwitched { number }));
            new_records.push(of_log(names, Topic::Facts, 0, self.site.hours.wall(), switched));
        }
        // What the world has been told to be taken is in the log: it sends again what is not.
        for new_record in new_records {
            let again = new_record.clone();
            if topics::append(&self.site.network.memory, vec![new_record]).is_err() {
                self.site.network.memory.behave();
                topics::append(&self.site.network.memory, vec![again]).expect("the log takes it");
                self.site.network.rage();
            }
        }
    }

    fn until_drained(&mut self, round: usize, struck: bool) -> Result<(), String> {
        if self.wait(LONG, struck).is_ok() {
            return Ok(());
        }
        let calm = self.site.network.all().calm;
        self.count.hurried += 1;
        self.calm_down();
        let done = self.wait(BOUND, struck);
        if !calm {
            self.site.network.rage();
        }
        done.map_err(|()| {
            format!(
                "caught up: round {round} does not end within {BOUND} steps of calm: {}",
                self.places()
            )
        })
    }

    pub(crate) fn places(&self) -> String {
        let drained = |service: &Service| !self.site.is_drained(*service);
        let behind: Vec<&str> =
            services::all().iter().filter(|s| drained(s)).map(|s| s.name()).collect();
        format!("behind are {behind:?}; struck: {}", self.site.struck())
    }

    /// Goes on until everything is worked off, and the clock has been struck if that is asked for.
    pub(crate) fn wait(&mut self, longest: u64, struck: bool) -> Result<(), ()> {
        let until = self.steps + longest;
        while self.steps < until {
            if !self.ended.is_empty() {
                return Ok(());
            }
            if self.steps.is_multiple_of(16) {
                // Only where there is nothing to do does time go by quickly.
                self.quiet = self.site.network.empty() && self.site.drained();
                if self.quiet && (!struck || self.site.struck()) {
                    return Ok(());
                }
            }
            self.step();
        }
        Err(())
    }
}
