//! One seed's world and its scheduler: one thing after another, in one thread, in an order that the seed decides.

use crate::client::is_killed;
use crate::coverage::Coverage;
use crate::faults::Plan;
use crate::hours::Hours;
use crate::places::{INBOUND, Place, SERVICES, Stages, Turns, topic_of};
use crate::roads::Roads;
use crate::workload::{Round, Workload};
use coldwatch::live::STRIKE_EVERY;
use coldwatch::services::names::Names;
use coldwatch::services::{Service, of_log};
use coldwatch::topics::{self, Plan as Topics};
use fastrand::Rng;
use pipeline::{Topic, bytes};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use stream::{Draft, Log, Memory, StreamError};

/// How many steps a round may take while things go wrong; after that it is ended in calm.
const LONG: u64 = 6_000;
/// How many steps everything must be caught up in once nothing goes wrong any more.
pub(crate) const BOUND: u64 = 6_000;
const HOUR: i64 = 3_600_000;

/// What stands for a whole seed, and what the processes at work borrow from.
pub(crate) struct Site {
    pub(crate) names: Names,
    pub(crate) hours: Arc<Hours>,
    pub(crate) roads: Arc<Roads>,
    pub(crate) stages: Stages,
    pub(crate) places: Vec<Place>,
    pub(crate) folder: PathBuf,
    intake_is_wrong_by: Arc<AtomicI64>,
}

impl Site {
    /// A log with its first records, and nobody at work.
    pub(crate) fn open(
        workload: &Workload,
        plan: Plan,
        (word, folder): (&str, &Path),
        luck: &mut Rng,
    ) -> Self {
        let hours = Hours::begin(workload.begin);
        let exact = Arc::<AtomicI64>::default();
        let memory = Memory::new(hours.clock(&exact));
        let names = Names::with(word, workload.partitions);
        let inbound = [INBOUND.to_owned()];
        let topics = Topics { names: &names, generation: 1, inbound: &inbound };
        topics.create_at(&memory, &workload.book, workload.begin).expect("topics can be made");
        let roads = Roads::new(memory, plan, Rng::with_seed(luck.u64(..)));
        let intake_is_wrong_by = Arc::<AtomicI64>::default();
        let stages = Stages::new(&names, &hours, &intake_is_wrong_by);
        let every = Duration::from_millis(luck.u64(1_000..20_000));
        let folder = folder.join(word);
        let place = |service| {
            [0, 1].map(|nth| Place::new((service, nth), (&names, &roads, &hours), &folder, every))
        };
        let places = SERVICES.into_iter().flat_map(place).collect();
        Self { names, hours, roads, stages, places, folder, intake_is_wrong_by }
    }

    /// Whether every service has worked everything off.
    pub(crate) fn drained(&self) -> bool {
        SERVICES.into_iter().all(|service| self.is_drained(service))
    }

    fn is_drained(&self, service: Service) -> bool {
        let group = self.names.other(service.name());
        coldwatch::live::is_drained(&self.roads.memory, &group, &topic_of(service, &self.names))
            .unwrap_or(false)
    }

    /// Whether the clock of every partition that is struck stands at the time.
    fn struck(&self) -> bool {
        let due = self.hours.wall() - self.hours.wall().rem_euclid(STRIKE_EVERY) - STRIKE_EVERY;
        [Topic::Facts, Topic::Exceptions]
            .into_iter()
            .all(|topic| (0..self.names.partitions).all(|p| self.last_stroke(topic, p) >= due))
    }

    /// Of the last records of a partition: the greatest stroke that its owner made.
    fn last_stroke(&self, topic: Topic, partition: u16) -> i64 {
        let name = self.names.topic(topic);
        let end = self.roads.memory.range(&name, partition).map_or(0, |range| range.end);
        let mut records = Vec::new();
        let reader = self.roads.memory.read(&name, &[(partition, end.saturating_sub(40))]);
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

/// Where a process is.
enum At<'a> {
    Down(Instant),
    Up(Box<dyn Turns + 'a>, Instant),
    /// Asked to stop: it waits for answers until then.
    Stopping(Box<dyn Turns + 'a>, Instant),
}

/// A site at work.
pub(crate) struct Storm<'a> {
    pub(crate) site: &'a Site,
    at: Vec<At<'a>>,
    /// Whether the second process of each service is wanted.
    second: [bool; SERVICES.len()],
    luck: Rng,
    clients: u64,
    pub(crate) steps: u64,
    quiet: bool,
    away_until: u64,
    clocks_until: u64,
    disk_until: u64,
    /// Why a service ended that was not killed.
    pub(crate) ended: Vec<(Service, StreamError)>,
    /// Where snapshots of another log lie.
    foreign: Option<PathBuf>,
    pub(crate) count: Coverage,
}

impl<'a> Storm<'a> {
    pub(crate) fn over(site: &'a Site, luck: u64, foreign: Option<PathBuf>) -> Self {
        let now = site.hours.now();
        Self {
            site,
            at: site.places.iter().map(|_| At::Down(now)).collect(),
            second: [false; SERVICES.len()],
            luck: Rng::with_seed(luck),
            clients: 0,
            steps: 0,
            quiet: false,
            away_until: 0,
            clocks_until: 0,
            disk_until: 0,
            ended: Vec::new(),
            foreign,
            count: Coverage::default(),
        }
    }

    /// All that the world does, round by round, in a storm or in calm. What is wrong, if anything.
    pub(crate) fn weather(&mut self, workload: &Workload, calm: bool) -> Result<(), String> {
        if !calm {
            self.site.roads.rage();
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
    pub(crate) fn settle(&mut self) -> Result<(), String> {
        self.calm_down();
        // Some of what the dead have sent lands before, the rest while the living work.
        for _ in 0..self.luck.usize(..20) {
            self.site.roads.haunt();
        }
        self.wait(BOUND, true)
            .map_err(|_| "caught up: the services have not caught up".to_owned())?;
        self.site.roads.lay_to_rest();
        self.wait(BOUND, true)
            .map_err(|_| "caught up: the services have not caught up".to_owned())?;
        Ok(())
    }

    fn calm_down(&mut self) {
        self.site.roads.calm_down();
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
        let draft = |(subject, bytes): &(facts::Subject, Vec<u8>)| Draft {
            topic: topic.clone(),
            partition: subject.partition(names.partitions),
            key: subject.to_string().into_bytes(),
            value: bytes.clone(),
        };
        let mut drafts: Vec<Draft> = round.records.iter().map(draft).collect();
        if let Some(book) = &round.book {
            self.count.books += 1;
            drafts.push(of_log(
                names,
                Topic::Facts,
                0,
                self.site.hours.wall(),
                bytes::published(book),
            ));
        }
        // What the world has been told to be taken is in the log: it sends again what is not.
        for draft in drafts {
            let again = draft.clone();
            if topics::append(&self.site.roads.memory, vec![draft]).is_err() {
                self.site.roads.memory.behave();
                topics::append(&self.site.roads.memory, vec![again]).expect("the log takes it");
                self.site.roads.rage();
            }
        }
    }

    fn until_drained(&mut self, round: usize, struck: bool) -> Result<(), String> {
        if self.wait(LONG, struck).is_ok() {
            return Ok(());
        }
        let calm = self.site.roads.all().calm;
        self.count.hurried += 1;
        self.calm_down();
        let done = self.wait(BOUND, struck);
        if !calm {
            self.site.roads.rage();
        }
        done.map_err(|()| {
            format!(
                "caught up: round {round} does not end within {BOUND} steps of calm: {}",
                self.places()
            )
        })
    }

    fn places(&self) -> String {
        let drained = |service: &Service| !self.site.is_drained(*service);
        let behind: Vec<&str> = SERVICES.iter().filter(|s| drained(s)).map(|s| s.name()).collect();
        format!("behind are {behind:?}; struck: {}", self.site.struck())
    }

    /// Goes on until everything is worked off, and the clock has been struck if that is asked for.
    fn wait(&mut self, longest: u64, struck: bool) -> Result<(), ()> {
        let until = self.steps + longest;
        while self.steps < until {
            if !self.ended.is_empty() {
                return Ok(());
            }
            if self.steps.is_multiple_of(16) {
                // Only where there is nothing to do does time go by quickly.
                self.quiet = self.site.roads.empty() && self.site.drained();
                if self.quiet && (!struck || self.site.struck()) {
                    return Ok(());
                }
            }
            self.step();
        }
        Err(())
    }

    /// So many steps, or until a service ends by itself.
    pub(crate) fn go_on(&mut self, steps: u64) {
        let until = self.steps + steps;
        self.quiet = true;
        while self.steps < until && self.ended.is_empty() {
            self.step();
        }
    }

    fn step(&mut self) {
        self.steps += 1;
        self.site.hours.pass(if self.quiet && self.site.roads.empty() {
            self.luck.u32(20..150)
        } else {
            self.luck.u32(1..8)
        });
        self.misfortune();
        let (slow, calm) = {
            let all = self.site.roads.all();
            (all.plan.slow, all.calm)
        };
        if calm {
            // Nobody waits long: what is struck every few seconds is worked off in between.
            for _ in 0..3 {
                self.site.roads.land();
                self.site.roads.answer();
            }
        }
        match self.luck.u32(..8 + 2 * slow) {
            0..3 => self.site.roads.land(),
            3..6 => self.site.roads.answer(),
            6 if self.luck.u8(..8) == 0 => self.site.roads.haunt(),
            _ => {
                let n = 2 * self.luck.usize(..SERVICES.len());
                let other = self.second[n / 2] || !matches!(self.at[n + 1], At::Down(_));
                let n = if other && self.luck.bool() { n + 1 } else { n };
                self.go(n);
            }
        }
    }

    /// One process does one thing.
    fn go(&mut self, n: usize) {
        let (now, place) = (self.site.hours.now(), &self.site.places[n]);
        let wanted = n.is_multiple_of(2) || self.second[n / 2];
        match &mut self.at[n] {
            At::Down(until) => {
                if wanted && now >= *until {
                    self.start(n);
                }
            }
            At::Up(_, _) if !wanted => {
                let At::Up(all, _) = std::mem::replace(&mut self.at[n], At::Down(now)) else {
                    return;
                };
                self.at[n] = At::Stopping(all, now + Duration::from_secs(10));
            }
            At::Up(all, wake) => {
                if now < *wake {
                    return;
                }
                match all.turn(now) {
                    Ok(rest) => *wake = now + rest,
                    Err(error) => self.end(n, error),
                }
            }
            At::Stopping(all, until) => {
                if all.waits_for_answers() && now < *until {
                    return;
                }
                let At::Stopping(all, _) = std::mem::replace(&mut self.at[n], At::Down(now)) else {
                    return;
                };
                match all.finish(now) {
                    Ok(()) => self.count.seconds += 1,
                    Err(StreamError::Unavailable(_)) => {}
                    Err(error) if is_killed(&error) => {}
                    Err(error) => self.ended.push((place.service, error)),
                }
                // What it has sent may be on its way still: it is heard by nobody.
                self.site.roads.bury(place.client.id.load(Relaxed));
            }
        }
    }

    fn start(&mut self, n: usize) {
        self.clients += 1;
        let (now, place) = (self.site.hours.now(), &self.site.places[n]);
        place.client.id.store(self.clients, Relaxed);
        match self.site.stages.join(place, self.luck.u64(..), now) {
            Ok(all) => self.at[n] = At::Up(all, now),
            Err(StreamError::Unavailable(_)) => {
                self.at[n] = At::Down(now + Duration::from_millis(500))
            }
            Err(error) => self.end(n, error),
        }
    }

    /// A process has ended: killed, or for a reason of its own.
    fn end(&mut self, n: usize, error: StreamError) {
        if is_killed(&error) {
            self.kill(n);
        } else {
            self.ended.push((self.site.places[n].service, error));
            self.kill(n);
        }
    }

    fn kill(&mut self, n: usize) {
        let back = self.site.hours.now() + Duration::from_millis(self.luck.u64(20..2_000));
        self.at[n] = At::Down(back);
        self.site.roads.bury(self.site.places[n].client.id.load(Relaxed));
    }

    fn happens(&mut self, rate: u32) -> bool {
        rate > 0 && self.luck.u32(..10_000) < rate
    }

    /// What goes wrong now, if anything.
    fn misfortune(&mut self) {
        let (calm, plan) = {
            let all = self.site.roads.all();
            (all.calm, all.plan)
        };
        if calm {
            return;
        }
        let n = self.luck.usize(..self.at.len());
        let place = &self.site.places[n];
        let up = matches!(self.at[n], At::Up(..) | At::Stopping(..));
        if self.happens(plan.crash) && up {
            self.count.crashes += 1;
            self.kill(n);
        }
        if self.happens(plan.pause)
            && let At::Up(_, wake) = &mut self.at[n]
        {
            *wake = self.site.hours.now() + Duration::from_millis(self.luck.u64(100..3_000));
            self.count.paused += 1;
        }
        if self.happens(plan.give_up) {
            let (nth, deaf) = (self.luck.usize(..2), self.luck.u32(1..60));
            self.site.roads.memory.give_up(&place.group.name, &place.group.topic, nth, deaf);
        }
        if self.happens(plan.scatter) {
            self.site.roads.memory.scatter();
        }
        if self.happens(plan.second) {
            self.second[n / 2] ^= true;
        }
        self.outages(plan, n);
        self.disks(plan, n);
    }

    fn outages(&mut self, plan: Plan, n: usize) {
        if self.happens(plan.outage) {
            self.away_until = self.steps + self.luck.u64(20..400);
        }
        self.site.roads.all().away = self.steps < self.away_until;
        if self.happens(plan.clock) {
            let hours = self.luck.i64(1..72) * if self.luck.bool() { HOUR } else { -HOUR };
            self.site.places[n].wrong_by.store(hours, Relaxed);
            self.site.intake_is_wrong_by.store(-hours, Relaxed);
            self.clocks_until = self.steps + self.luck.u64(100..2_000);
            self.count.wrong_clocks += 1;
        }
        if self.steps == self.clocks_until {
            self.site.places.iter().for_each(|place| place.wrong_by.store(0, Relaxed));
        }
    }

    fn disks(&mut self, plan: Plan, n: usize) {
        let place = &self.site.places[n];
        if self.happens(plan.disk) {
            self.disk_until = self.steps + self.luck.u64(100..1_500);
            let folder = place.folder.join(place.service.name());
            if folder.is_dir() {
                std::fs::rename(&folder, folder.with_extension("away")).expect("it can be moved");
                std::fs::write(&folder, "full").expect("it can be written");
            }
        }
        if self.steps == self.disk_until {
            self.mend_disks();
        }
        if self.happens(plan.damage) {
            let folder = place.folder.join(place.service.name());
            let from = self.foreign.clone();
            let foreign = from.map(|from| from.join("0").join(place.service.name()));
            self.damage(&folder, foreign.as_deref());
        }
    }

    fn mend_disks(&self) {
        for place in &self.site.places {
            let folder = place.folder.join(place.service.name());
            let away = folder.with_extension("away");
            if away.is_dir() {
                std::fs::remove_file(&folder).expect("it is a file");
                std::fs::rename(away, folder).expect("it can be moved back");
            }
        }
    }

    /// One snapshot is torn, flipped or lost, or one of another log is laid out.
    fn damage(&mut self, folder: &Path, foreign: Option<&Path>) {
        if let Some(foreign) = foreign.filter(|_| self.luck.u8(..3) == 0) {
            let Some(from) = self.luck.choice(snapshots(foreign)) else { return };
            let (Some(partition), Some(name)) =
                (from.parent().and_then(Path::file_name), from.file_name())
            else {
                return;
            };
            let to = folder.join(partition);
            if folder.is_file() || std::fs::create_dir_all(&to).is_err() || to.join(name).exists() {
                return;
            }
            std::fs::copy(&from, to.join(name)).expect("it can be copied");
            self.count.foreign += 1;
            return;
        }
        let Some(file) = self.luck.choice(snapshots(folder)) else { return };
        self.count.damaged += 1;
        let mut bytes = std::fs::read(&file).expect("it can be read");
        match self.luck.u8(..3) {
            0 => bytes.truncate(self.luck.usize(..bytes.len().max(1))),
            1 if !bytes.is_empty() => {
                let at = self.luck.usize(..bytes.len());
                bytes[at] ^= 1 << self.luck.u8(..8);
            }
            _ => {
                std::fs::remove_file(&file).expect("it can be removed");
                return;
            }
        }
        std::fs::write(&file, bytes).expect("it can be written");
    }
}

/// All snapshots of a service's folder.
fn snapshots(folder: &Path) -> Vec<PathBuf> {
    let within = |folder: &Path| -> Vec<PathBuf> {
        let listing =
            std::fs::read_dir(folder).map(|all| all.flatten().map(|e| e.path()).collect());
        let mut all: Vec<PathBuf> = listing.unwrap_or_default();
        all.sort();
        all
    };
    let all = within(folder).into_iter().flat_map(|partition| within(&partition));
    all.filter(|file| file.extension().is_some_and(|e| e == "snap")).collect()
}
