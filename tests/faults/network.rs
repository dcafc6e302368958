//! What is on its way between processes and the log: writes that wait, answers that are not heard yet, and writes of
//! processes that are dead. The log behind it is the one in memory, with its own faults.
//!
//! What one process writes to one partition keeps its order, as the idempotent client keeps it; single records may
//! fail all the same, and land later.

use crate::coverage::Coverage;
use crate::faults::Plan;
use crate::invariants::links;
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard};
use stream::{Ack, MemoryLog, NewRecord, StreamError, WriteId};

/// What a process that is killed inside of a call hears.
pub(crate) const KILLED: &str = "the process is killed here";

/// A write on its way.
struct Write {
    group: String,
    write_id: WriteId,
    new_record: NewRecord,
    answers: Sender<Ack>,
}

type Lane = (u64, Arc<str>, u16);

/// All that is on its way.
pub(crate) struct Network {
    pub(crate) memory: MemoryLog,
    all: Mutex<All>,
}

pub(crate) struct All {
    pub(crate) rng: Rng,
    pub(crate) plan: Plan,
    /// Nothing goes wrong any more.
    pub(crate) calm: bool,
    /// The broker is gone.
    pub(crate) away: bool,
    lanes: BTreeMap<Lane, VecDeque<Write>>,
    /// One that stands still, for so many landings.
    stuck: Option<(Lane, u32)>,
    answers: BTreeMap<u64, VecDeque<(Sender<Ack>, Ack)>>,
    ghosts: Vec<VecDeque<NewRecord>>,
    /// Who has begun a partition last.
    owners: BTreeMap<(String, u16), u64>,
    commits: BTreeMap<(String, u16), u64>,
    /// Up to where its partition was worked off when a process began a life.
    worked_off: BTreeMap<(u64, u32), u64>,
    /// Lives that know that their partition is no longer theirs.
    over: BTreeSet<(u64, u32)>,
    trace: DefaultHasher,
    /// What must never happen, and has.
    pub(crate) broken: Vec<String>,
    pub(crate) count: Coverage,
    /// An offset that is left out of what is read, to see that it is missed.
    pub(crate) hidden: Option<(String, u16, u64)>,
}

impl Network {
    pub(crate) fn new(memory: MemoryLog, plan: Plan, rng: Rng) -> Arc<Self> {
        let all = All {
            rng,
            plan,
            calm: true,
            away: false,
            lanes: BTreeMap::new(),
            stuck: None,
            answers: BTreeMap::new(),
            ghosts: Vec::new(),
            owners: BTreeMap::new(),
            commits: BTreeMap::new(),
            worked_off: BTreeMap::new(),
            over: BTreeSet::new(),
            trace: DefaultHasher::new(),
            broken: Vec::new(),
            count: Coverage::default(),
            hidden: None,
        };
        Arc::new(Self { memory, all: Mutex::new(all) })
    }

    pub(crate) fn all(&self) -> MutexGuard<'_, All> {
        self.all.lock().expect("one thread alone is here")
    }

    /// Asks whether the broker is there, and whether the process lives to hear the answer.
    pub(crate) fn reach(&self) -> Result<(), StreamError> {
        let mut all = self.all();
        if all.away {
            all.count.unreached += 1;
            return Err(StreamError::Unavailable("the broker is gone".into()));
        }
        all.may_die()
    }

    pub(crate) fn take(
        &self,
        client: u64,
        group: &str,
        new_records: Vec<(WriteId, NewRecord)>,
        to: &Sender<Ack>,
    ) {
        let mut all = self.all();
        for (write_id, new_record) in new_records {
            all.must_be_new(client, write_id, &new_record);
            let lane = (client, new_record.topic.clone(), new_record.partition);
            let write =
                Write { group: group.to_owned(), write_id, new_record, answers: to.clone() };
            all.lanes.entry(lane).or_default().push_back(write);
        }
    }

    /// Whether nothing of the living is on its way.
    pub(crate) fn empty(&self) -> bool {
        let all = self.all();
        all.lanes.is_empty() && all.answers.is_empty()
    }

    /// Some writes of one lane reach the log.
    pub(crate) fn land(&self) {
        let mut all = self.all();
        if all.lanes.is_empty() || all.away {
            return;
        }
        let nth = {
            let n = all.lanes.len();
            all.rng.usize(..n)
        };
        let Some(lane) = all.lanes.keys().nth(nth).cloned() else { return };
        let stuck = all.stuck.take().filter(|(_, left)| *left > 0);
        all.stuck = stuck.map(|(held, left)| (held, left - 1));
        if all.stuck.as_ref().is_some_and(|(held, _)| *held == lane) {
            return;
        }
        for _ in 0..all.rng.usize(1..9) {
            let Some(write) = all.lanes.get_mut(&lane).and_then(VecDeque::pop_front) else { break };
            let (client, at) = (lane.0, (write.group.clone(), write.write_id.partition));
            if all.owners.get(&at).is_some_and(|owner| *owner != client) {
                all.count.zombie_writes += 1;
            }
            let ack = self.append(&mut all, write.write_id, write.new_record);
            all.answers.entry(client).or_default().push_back((write.answers, ack));
        }
        if all.lanes.get(&lane).is_some_and(VecDeque::is_empty) {
            all.lanes.remove(&lane);
        }
    }

    fn append(&self, all: &mut All, write_id: WriteId, new_record: NewRecord) -> Ack {
        (&*new_record.topic, new_record.partition, &new_record.value).hash(&mut all.trace);
        let (send, heard) = channel();
        stream::Log::append(&self.memory, vec![(write_id, new_record)], &send);
        let ack = heard.try_recv().expect("a log in memory answers at once");
        ack.placed.as_ref().map(|placed| placed.offset).ok().hash(&mut all.trace);
        ack
    }

    /// What is on its way from one process to one partition stands still: the answers come when its life may be over, and
    /// another one of the same process waits for its own.
    pub(crate) fn hold(&self, landings: u32) {
        let mut all = self.all();
        let lanes: Vec<Lane> = all.lanes.keys().cloned().collect();
        if let Some(lane) = all.rng.choice(lanes) {
            all.count.stuck += 1;
            all.stuck = Some((lane, landings));
        }
    }

    /// Some answers of one process are heard.
    pub(crate) fn answer(&self) {
        let mut all = self.all();
        if all.answers.is_empty() {
            return;
        }
        let nth = {
            let n = all.answers.len();
            all.rng.usize(..n)
        };
        let Some(client) = all.answers.keys().nth(nth).copied() else { return };
        for _ in 0..all.rng.usize(1..9) {
            let Some((to, ack)) = all.answers.get_mut(&client).and_then(VecDeque::pop_front) else {
                break;
            };
            // Its process may be dead.
            let _ = to.send(ack);
        }
        if all.answers.get(&client).is_some_and(VecDeque::is_empty) {
            all.answers.remove(&client);
        }
    }

    /// A write of a dead process lands.
    pub(crate) fn land_orphan_write(&self) {
        let mut all = self.all();
        if all.ghosts.is_empty() || all.away {
            return;
        }
        let nth = {
            let n = all.ghosts.len();
            all.rng.usize(..n)
        };
        if let Some(new_record) = all.ghosts[nth].pop_front() {
            all.count.ghosts += 1;
            self.append(&mut all, WriteId::default(), new_record);
        }
        if all.ghosts[nth].is_empty() {
            all.ghosts.swap_remove(nth);
        }
    }

    /// All that the dead have left lands.
    pub(crate) fn lay_to_rest(&self) {
        while !self.all().ghosts.is_empty() {
            self.land_orphan_write();
        }
    }

    /// A process is dead: of what it has sent some may yet land, the first of it first.
    pub(crate) fn drop_process(&self, client: u64) {
        let mut all = self.all();
        let lanes: Vec<Lane> = all.lanes.keys().filter(|lane| lane.0 == client).cloned().collect();
        for lane in lanes {
            let Some(writes) = all.lanes.remove(&lane) else { continue };
            if all.rng.bool() {
                let keep = all.rng.usize(..=writes.len().min(6));
                let ghosts: VecDeque<NewRecord> =
                    writes.into_iter().take(keep).map(|w| w.new_record).collect();
                if !ghosts.is_empty() {
                    all.ghosts.push(ghosts);
                }
            }
        }
        all.answers.remove(&client);
    }

    /// Lives of a process know that they are over.
    pub(crate) fn are_over(&self, client: u64, lives: Vec<u32>) {
        if !lives.is_empty() {
            self.all().over.extend(lives.into_iter().map(|life| (client, life)));
        }
    }

    /// A process begins a partition.
    pub(crate) fn begins(&self, group: &str, partition: u16, life: (u64, u32), worked_off: u64) {
        let mut all = self.all();
        all.worked_off.insert(life, worked_off);
        let client = life.0;
        ("begins", group, partition, client).hash(&mut all.trace);
        let before = all.owners.insert((group.to_owned(), partition), client);
        all.count.takeovers += u64::from(before.is_some_and(|before| before != client));
    }

    /// How far a group has come after a commit: it never goes back.
    pub(crate) fn came_to(&self, group: &str, partition: u16, offset: u64) {
        let mut all = self.all();
        ("commit", group, partition, offset).hash(&mut all.trace);
        let before = all.commits.insert((group.to_owned(), partition), offset).unwrap_or(0);
        if offset < before {
            let says =
                format!("commits go on: {group} {partition} goes back from {before} to {offset}");
            all.broken.push(says);
        }
    }

    /// From here on all is well; what is late lands now.
    pub(crate) fn calm_down(&self) {
        let mut all = self.all();
        (all.calm, all.away, all.stuck) = (true, false, None);
        drop(all);
        self.memory.behave();
    }

    pub(crate) fn rage(&self) {
        let mut all = self.all();
        all.calm = false;
        let writes = stream::Faults { seed: all.rng.u64(..), ..all.plan.writes };
        drop(all);
        self.memory.misbehave(writes);
    }

    pub(crate) fn trace(&self) -> u64 {
        self.all().trace.finish()
    }
}

impl All {
    /// What was worked off is folded again silently, and what is lost is left alone.
    fn must_be_new(&mut self, client: u64, write_id: WriteId, new_record: &NewRecord) {
        if self.over.contains(&(client, write_id.generation)) && self.broken.len() < 8 {
            let says = format!("owners: partition {} is lost and written for", write_id.partition);
            self.broken.push(says);
        }
        let worked_off = self.worked_off.get(&(client, write_id.generation)).copied().unwrap_or(0);
        let (origin, _) = links(&new_record.value);
        if let Some(origin) = origin.filter(|origin| origin.offset < worked_off) {
            let says = format!("silent: {origin} is written again, worked off is {worked_off}");
            if self.broken.len() < 8 {
                self.broken.push(says);
            }
        }
    }

    /// In so many of so many.
    pub(crate) fn happens(&mut self, rate: u32, of: u32) -> bool {
        !self.calm && rate > 0 && self.rng.u32(..of) < rate
    }

    pub(crate) fn may_die(&mut self) -> Result<(), StreamError> {
        if self.happens(self.plan.crash_inside, 10_000) {
            self.count.crashes_inside += 1;
            return Err(StreamError::Stop(KILLED.into()));
        }
        Ok(())
    }
}
