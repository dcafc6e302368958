//! `feed(event)`, out come findings and incidents.
//!
//! Time moves by arrivals, on a grid of 5 s: before an event is homed, its partition's clock is struck
//! at the last grid point that is not after its arrival, and every partition in which something is due
//! before that is struck at the grid point that reaches it. Ticks at which nothing is due are left out.

use crate::journal::{JournalEntry, JournalRecord};
use crate::output::{Output, Tally, What};
use crate::partition::{Partition, faulted};
use alerts::Word;
use dispatch::{Fate, Passed};
use facts::{Book, Event, Fact, Finding, Moment, Origin, Span, State, Subject, SubjectKind};
use fold::{Admission, Matter, Out, Record, Stop};
use hashbrown::HashMap;
use std::collections::VecDeque;

/// The number of partitions of a replay, whatever the number of threads.
pub const PARTITIONS: u16 = 16;
/// Who writes what dispatch passes on, with the generation of its input.
const DISPATCH: &str = "dispatch/1";
/// How often the clock is struck.
pub const GRID: Span = Span::seconds(5);

/// A record that has not reached its partition of `facts` yet.
struct Sent {
    key: Subject,
    word: Event,
    origin: Origin,
    after: Option<Origin>,
}

/// All services of all partitions, in one process.
pub struct Pipeline {
    parts: Vec<Partition>,
    homes: HashMap<Subject, u16>,
    /// On its way to a partition of `facts`; it gets its place there when its turn comes.
    queue: VecDeque<(u16, Sent)>,
    /// The grid point that was reached.
    now: Moment,
    tally: Tally,
    outputs: Vec<Output>,
    journal: Option<Vec<JournalRecord>>,
    passed: Vec<Out<Passed>>,
}

impl Pipeline {
    /// The beginning of every partition, with its rules.
    pub fn new(book: &Book) -> Result<Self, Stop> {
        let mut all = Self::empty();
        all.publish(book)?;
        Ok(all)
    }

    /// No rules yet: a journal brings its own.
    pub fn empty() -> Self {
        Self {
            parts: (0..PARTITIONS).map(Partition::new).collect(),
            homes: HashMap::new(),
            queue: VecDeque::new(),
            now: Moment::EARLIEST,
            tally: Tally::default(),
            outputs: Vec::new(),
            journal: None,
            passed: Vec::new(),
        }
    }

    /// The same, and every record of the journal is kept; see [`Pipeline::take_journal`].
    pub fn keeping_journal(book: &Book) -> Result<Self, Stop> {
        let mut all = Self { journal: Some(Vec::new()), ..Self::empty() };
        all.publish(book)?;
        Ok(all)
    }

    /// What was kept of the journal since the last call.
    pub fn take_journal(&mut self) -> Vec<JournalRecord> {
        self.journal.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// From here on these rules are in force.
    pub fn publish(&mut self, book: &Book) -> Result<(), Stop> {
        for p in 0..PARTITIONS {
            let passed = self.part(p).rule_facts(book)?;
            self.write(p, None, None, Matter::Rulebook(book.clone()))?;
            self.pass_all(p, passed)?;
        }
        self.drain()
    }

    /// Homes one outside event that arrived then.
    pub fn feed(&mut self, arrived: Moment, event: Event, origin: Origin) -> Result<(), Stop> {
        self.advance(arrived)?;
        self.tally.homed += 1;
        let p = self.home(&event.subject);
        self.tick(p)?;
        if is_act(&event.fact) {
            let known = self.part(p).alerts.shelf().get(&event.subject);
            match known.is_some_and(|alerts| alerts.knows(&event)) {
                true => self.tally.duplicate += 1,
                false => self.tally.judged += 1,
            }
            return self.part(p).say(event.subject.clone(), Word::Act(event), None);
        }
        let key = event.subject.clone();
        self.append(p, key, event, origin, None);
        self.drain()
    }

    /// Lets time pass up to the last grid point that is not after this moment.
    pub fn advance(&mut self, to: Moment) -> Result<(), Stop> {
        let to = to.floor(GRID);
        if to <= self.now {
            return Ok(());
        }
        loop {
            let strokes =
                (0..).zip(&mut self.parts).filter_map(|(p, part)| Some((part.stroke()?, p)));
            let Some((stroke, p)) = strokes.min().filter(|(stroke, _)| *stroke <= to) else {
                break;
            };
            self.reach(stroke);
            self.tick(p)?;
            self.drain()?;
        }
        self.reach(to);
        Ok(())
    }

    /// What came out and is in its final order: all of it up to the grid point before this one.
    pub fn take_outputs(&mut self) -> Vec<Output> {
        std::mem::take(&mut self.outputs)
    }

    /// What came out at the last grid point, too.
    pub fn finish(&mut self) -> Vec<Output> {
        self.gather();
        self.take_outputs()
    }

    /// Plays one record of a journal.
    pub fn play(&mut self, record: JournalRecord) -> Result<(), Stop> {
        if let JournalEntry::Tick(now) = record.entry {
            self.reach(now.max(self.now));
        }
        let fact = matches!(record.entry, JournalEntry::Fact(..));
        let admission = self.part(record.partition).judge(record.into_record())?;
        if fact {
            self.tally.homed += 1;
            match admission {
                Admission::Admitted => self.tally.judged += 1,
                Admission::Repeated | Admission::Unlinked => self.tally.duplicate += 1,
            }
        }
        Ok(())
    }

    /// What became of the events fed.
    pub fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The grid point that was reached.
    pub fn now(&self) -> Moment {
        self.now
    }

    /// One hash over the state of every fold, in a fixed order.
    pub fn state_hash(&mut self) -> Result<[u8; 32], fold::ImageError> {
        use sha2::{Digest, Sha256};
        let mut all = Sha256::new();
        for part in &mut self.parts {
            all.update(part.dispatch.hash()?);
            all.update(part.custody.hash()?);
            all.update(part.thermal.hash()?);
            all.update(part.permits.hash()?);
            all.update(part.schedule.hash()?);
            all.update(part.alerts.hash()?);
        }
        Ok(all.finalize().into())
    }

    fn part(&mut self, p: u16) -> &mut Partition {
        let part = &mut self.parts[usize::from(p % PARTITIONS)];
        part.touched = true;
        part
    }

    fn home(&mut self, subject: &Subject) -> u16 {
        if let Some(p) = self.homes.get(subject) {
            return *p;
        }
        let p = subject.partition(PARTITIONS);
        self.homes.insert(subject.clone(), p);
        p
    }

    /// A later grid point: what came out before it is in its final order now.
    fn reach(&mut self, now: Moment) {
        if now > self.now {
            self.gather();
            self.now = now;
        }
    }

    fn gather(&mut self) {
        let from = self.outputs.len();
        for part in &mut self.parts {
            self.outputs.append(&mut part.outputs);
        }
        self.outputs[from..].sort_by_key(Output::order);
        for output in &self.outputs[from..] {
            if let What::Finding(finding) = &output.what
                && finding.state == State::Raised
            {
                *self.tally.raised.entry(finding.code.to_string()).or_default() += 1;
            }
        }
    }

    fn append(&mut self, p: u16, key: Subject, word: Event, origin: Origin, after: Option<Origin>) {
        self.queue.push_back((p, Sent { key, word, origin, after }));
    }

    /// Strikes the clock of one partition, from `facts` to `exceptions`, unless it stands there already.
    /// What that sends to other subjects waits for its turn: nothing overtakes the entry at work.
    fn tick(&mut self, p: u16) -> Result<(), Stop> {
        let now = self.now;
        let part = self.part(p);
        if part.dispatch.now() >= now {
            return Ok(());
        }
        let offset = part.next_fact();
        let record = Record { offset, origin: None, after: None, matter: Matter::Tick(now) };
        let mut passed = std::mem::take(&mut self.passed);
        self.part(p).dispatch.take(&record, &mut passed)?;
        // The stroke goes first, here as in every other partition that hears of it: what it made dispatch
        // state is learnt at this stroke and not before.
        let origin = self.part(p).origin(DISPATCH, "facts", offset, 0);
        let after = self.part(p).dispatch.links().stamp("journal", p, &origin);
        self.write(p, Some(origin), after, Matter::Tick(now))?;
        self.pass_all(p, passed)
    }

    /// Dispatches until nothing is on its way any more.
    fn drain(&mut self) -> Result<(), Stop> {
        while let Some((p, Sent { key, word, origin, after })) = self.queue.pop_front() {
            self.tick(p)?;
            let matter = Matter::Word { key, word };
            let offset = self.part(p).next_fact();
            self.take(p, &Record { offset, origin: Some(origin), after, matter })?;
        }
        Ok(())
    }

    fn take(&mut self, p: u16, record: &Record<Event>) -> Result<(), Stop> {
        let mut passed = std::mem::take(&mut self.passed);
        let admission = self.part(p).dispatch.take(record, &mut passed)?;
        if record.origin.as_ref().is_some_and(|origin| &*origin.topic != "facts") {
            let counted = |out: &Out<Passed>| matches!(out.said, Some(Passed::Count(..)));
            match admission {
                Admission::Admitted if passed.iter().any(counted) => {}
                // Its subject has failed in dispatch, now or before: it waits for a person.
                Admission::Admitted => self.tally.held += 1,
                Admission::Repeated | Admission::Unlinked => self.tally.duplicate += 1,
            }
        }
        self.pass_all(p, passed)
    }

    /// Passes on what an entry caused, in order. Index 0 of every entry is kept for the stroke itself.
    fn pass_all(&mut self, p: u16, mut passed: Vec<Out<Passed>>) -> Result<(), Stop> {
        for out in passed.drain(..) {
            let index = out.index.saturating_add(1);
            let origin = self.part(p).origin(DISPATCH, "facts", out.offset, index);
            self.pass_on(p, out, origin)?;
        }
        self.passed = passed;
        Ok(())
    }

    fn pass_on(&mut self, p: u16, out: Out<Passed>, origin: Origin) -> Result<(), Stop> {
        match out.said {
            Some(Passed::Journal { shipment, event }) => {
                let q = self.home(&Subject::from(&shipment));
                if q != p {
                    self.tick(q)?;
                }
                let after = self.part(p).dispatch.links().stamp("journal", q, &origin);
                self.write(
                    q,
                    Some(origin),
                    after,
                    Matter::Word { key: Subject::from(&shipment), word: event },
                )
            }
            Some(Passed::Facts { to, event }) => {
                let q = self.home(&to);
                let after = self.part(p).dispatch.links().stamp("facts", q, &origin);
                self.append(q, to, event, origin, after);
                Ok(())
            }
            Some(Passed::Expired { event, reason }) => {
                self.part(p).put(out.now, 0, What::Expired(Box::new(event), reason));
                Ok(())
            }
            Some(Passed::Finding(finding)) => self.tell(p, finding, origin),
            Some(Passed::Count(fate, n)) => {
                self.count(fate, u64::from(n));
                Ok(())
            }
            // A subject that failed in dispatch: what it hears from now on is held.
            None => match out.key.shipment() {
                Some(shipment) => {
                    let finding = faulted("dispatch", shipment, out.offset, out.index, out.now);
                    self.tell(p, Box::new(finding), origin)
                }
                None => Ok(()),
            },
        }
    }

    /// A finding of dispatch's own goes to the shipment's partition of `exceptions`.
    fn tell(&mut self, p: u16, finding: Box<Finding>, origin: Origin) -> Result<(), Stop> {
        let key = Subject::from(&finding.shipment);
        let q = self.home(&key);
        if q != p {
            self.tick(q)?;
        }
        let after = self.part(p).dispatch.links().stamp("exceptions", q, &origin);
        self.part(q).say(key, Word::Finding(finding), Some((origin, after)))
    }

    fn count(&mut self, fate: Fate, n: u64) {
        match fate {
            Fate::Judged => self.tally.judged += n,
            Fate::Held => self.tally.held += n,
            Fate::FromHeld => self.tally.held -= n,
            Fate::FromJudged => self.tally.judged -= n,
            Fate::Expired => self.tally.expired += n,
            Fate::Duplicate => self.tally.duplicate += n,
        }
    }

    fn write(
        &mut self,
        q: u16,
        origin: Option<Origin>,
        after: Option<Origin>,
        matter: Matter<Event>,
    ) -> Result<(), Stop> {
        let record = Record { offset: self.part(q).journal, origin, after, matter };
        if let Some(journal) = &mut self.journal {
            journal.extend(JournalRecord::of(q, &record));
        }
        self.part(q).judge(record).map(|_| ())
    }
}

/// Staff acts go to `exceptions`, not to the journal.
fn is_act(fact: &Fact) -> bool {
    matches!(fact, Fact::Acknowledged(_) | Fact::IncidentNoted(_) | Fact::IncidentClosed(_))
}

/// Whether outsiders may report a fact of this kind at all.
pub fn may_come_from_outside(event: &Event) -> bool {
    let ours =
        matches!(event.fact, Fact::Quiet(_) | Fact::Withdrawn(_) | Fact::Ledger(_) | Fact::Dose(_));
    !ours && event.subject.kind != SubjectKind::Log
}
