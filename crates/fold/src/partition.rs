//! One partition of one service.

use crate::link::{Admission, DedupTable, SequenceLinks};
use crate::record::{Counts, Emitted, InputRecord, Payload};
use crate::store::StateStore;
use crate::timers::Timers;
use alloc::{string::String, vec::Vec};
use facts::{Engine, Keeps, Moment, Rulebook, RulebookError, Step, Subject, Trigger};

/// The behaviour of a log that does not say at which it is.
const UNSAID: u32 = 1;

/// Runs a piece of work and says whether it came through. Where there is an operating system this
/// catches a panic; a fold knows of none.
pub type PanicGuard = fn(&mut dyn FnMut()) -> bool;

/// What differs from one release of the program to the next.
#[derive(Debug, Clone)]
pub struct Release {
    /// The behaviour numbers that it knows.
    pub behaviours: core::ops::RangeInclusive<u32>,
    /// The rulebook as it judges by it at a behaviour number: as it stands in the log. Tests of a roll-out give it another reading, by which
    /// one release judges otherwise than the other.
    pub reading: fn(&Rulebook, u32) -> Rulebook,
}

impl Release {
    /// One that judges by the rulebook as it stands in the log.
    pub const fn knowing(behaviours: core::ops::RangeInclusive<u32>) -> Self {
        Self { behaviours, reading: |book, _| book.clone() }
    }
}

/// What a service is, beside its engine.
pub struct PartitionConfig<E: Engine> {
    /// Its name.
    pub name: &'static str,
    /// Reads the rules out of a rulebook, for a behaviour number.
    pub rules: fn(&Rulebook, u32) -> Result<E::Rules, RulebookError>,
    /// Of which release it is.
    pub release: Release,
    /// Contains a fault to one subject.
    pub guard: PanicGuard,
}

impl<E: Engine> Clone for PartitionConfig<E> {
    fn clone(&self) -> Self {
        let Self { name, rules, release, guard: contain } = self;
        Self { name, rules: *rules, release: release.clone(), guard: *contain }
    }
}

/// What can be said of a fold whatever its engine is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    /// What was counted.
    pub counts: Counts,
    /// Log time: the greatest tick seen.
    pub now: Moment,
    /// Subjects whose value it has.
    pub values: usize,
    /// Subjects that it has put away.
    pub put_away: usize,
    /// Sources with a hole that stands.
    pub gaps: usize,
}

/// Why a fold cannot go on: it would rather stop than judge by other rules than the log's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Stop {
    /// The log asks for a behaviour that this release does not have.
    #[error(
        "the log is at behaviour {asked}, this release of {service} knows {from} to {to}: use a release that knows {asked}"
    )]
    Behaviour {
        /// Who stops.
        service: &'static str,
        /// What the log asks for.
        asked: u32,
        /// The oldest known.
        from: u32,
        /// The newest known.
        to: u32,
    },
    /// The rulebook in the log cannot be read.
    #[error("the rulebook in the log cannot be used by {service}: {reason}")]
    Rulebook {
        /// Who stops.
        service: &'static str,
        /// Table and reason.
        reason: String,
    },
}

/// One partition of one service.
pub struct PartitionState<E: Engine> {
    pub(crate) config: PartitionConfig<E>,
    pub(crate) dedup: DedupTable,
    pub(crate) links: SequenceLinks,
    pub(crate) now: Moment,
    pub(crate) rulebook: Option<Rulebook>,
    pub(crate) behaviour: u32,
    pub(crate) store: StateStore<E>,
    pub(crate) counts: Counts,
    rules: Option<E::Rules>,
    timers: Timers,
    outputs: Vec<E::Output>,
    places: Vec<u32>,
}

impl<E: Engine> PartitionState<E> {
    /// The beginning of a partition: no rules yet, nothing heard.
    pub fn new(role: PartitionConfig<E>) -> Self {
        Self {
            config: role,
            dedup: DedupTable::default(),
            links: SequenceLinks::default(),
            now: Moment::EARLIEST,
            rulebook: None,
            behaviour: UNSAID,
            store: StateStore::default(),
            counts: Counts::default(),
            rules: None,
            timers: Timers::default(),
            outputs: Vec::new(),
            places: Vec::new(),
        }
    }

    /// Takes one record. What follows is put behind `out`; the answer says whether it was admitted.
    pub fn take(
        &mut self,
        record: &InputRecord<E::Input>,
        out: &mut Vec<Emitted<E::Output>>,
    ) -> Result<Admission, Stop> {
        let admission = self.dedup.admit(record.origin.as_ref(), record.after.as_ref());
        match admission {
            Admission::Duplicate => self.counts.repeated += 1,
            Admission::Gap => self.counts.unlinked += 1,
            Admission::New => {
                self.counts.admitted += 1;
                match &record.payload {
                    Payload::Input { key, input: word } => {
                        self.hear((record.offset, 0), key, word, out)
                    }
                    Payload::Inputs { key, inputs: words } => {
                        let first = out.len();
                        for word in words {
                            let index = u32::try_from(out.len() - first).unwrap_or(u32::MAX);
                            self.hear((record.offset, index), key, word, out);
                        }
                    }
                    Payload::Tick(now) => self.tick(record.offset, *now, out),
                    Payload::Rulebook(book) => {
                        let (book, behaviour) = (book.clone(), self.behaviour);
                        self.rule_by(record.offset, book, behaviour, out)?;
                    }
                    Payload::Behaviour(number) => self.behave(record.offset, *number, out)?,
                    Payload::Genesis(genesis) => {
                        self.behave(record.offset, genesis.behaviour, out)?;
                    }
                    Payload::Ignored => {}
                }
            }
        }
        Ok(admission)
    }

    /// The first moment at which silence alone may change something.
    pub fn next_deadline(&self) -> Option<Moment> {
        self.timers.next()
    }
    /// Log time: the greatest tick seen.
    pub fn now(&self) -> Moment {
        self.now
    }
    /// The behaviour number in force.
    pub fn behaviour(&self) -> u32 {
        self.behaviour
    }
    /// The rules in force, once the log has named any.
    pub fn rules(&self) -> Option<&E::Rules> {
        self.rules.as_ref()
    }
    /// What was counted.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }
    /// The values.
    pub fn store(&self) -> &StateStore<E> {
        &self.store
    }
    /// What links our own records.
    pub fn links(&mut self) -> &mut SequenceLinks {
        &mut self.links
    }
    /// All that can be said of it whatever its engine is.
    pub fn stats(&self) -> Stats {
        let (values, put_away) = (self.store.len(), self.store.all_put_away().len());
        Stats { counts: self.counts, now: self.now, values, put_away, gaps: self.gaps().count() }
    }
    /// Sources with a hole that stands.
    pub fn gaps(&self) -> impl Iterator<Item = String> + '_ {
        self.dedup.gaps()
    }

    fn hear(
        &mut self,
        place_of: (u64, u32),
        key: &Subject,
        word: &E::Input,
        out: &mut Vec<Emitted<E::Output>>,
    ) {
        if !E::accepts(word) {
            return;
        }
        if let Some(mark) = self.store.mark(key) {
            let revived = self.rules.as_ref().and_then(|rules| E::revived(mark, rules));
            if !self.store.revive(key, revived) {
                self.counts.too_late += 1;
                return;
            }
        }
        self.counts.heard += 1;
        let place = self.store.index(key);
        self.ask(place, place_of, (self.now, self.now), &Trigger::Input(word), out);
    }

    fn tick(&mut self, offset: u64, now: Moment, out: &mut Vec<Emitted<E::Output>>) {
        if now <= self.now {
            self.counts.idle_ticks += 1;
            return;
        }
        let first = out.len();
        let mut places = core::mem::take(&mut self.places);
        while let Some(due) = self.timers.take(now, &mut places) {
            self.keep_true(due, &mut places);
            for place in &places {
                let index = u32::try_from(out.len() - first).unwrap_or(u32::MAX);
                self.ask(*place, (offset, index), (due, now), &Trigger::Timer, out);
            }
        }
        self.places = places;
        self.now = now;
    }

    /// Of the places whose moment has come: those that still mean it, in the order of their ids.
    fn keep_true(&mut self, due: Moment, places: &mut Vec<u32>) {
        let Self { store, timers, rules, .. } = self;
        places.retain(|place| {
            let (Some(slot), Some(rules)) = (store.slot(*place), rules.as_ref()) else {
                return false;
            };
            if slot.armed != Some(due) {
                return false; // an earlier entry stood for it and has been dealt with
            }
            slot.armed = None;
            let real = slot.value.as_ref().and_then(|value| value.next_deadline(rules));
            let still = real.is_some_and(|real| real <= due);
            if !still {
                timers.arm(*place, real, &mut slot.armed);
            }
            still
        });
        places.sort_by(|a, b| store.key(*a).cmp(&store.key(*b)));
        places.dedup();
    }

    fn ask(
        &mut self,
        place: u32,
        (offset, index): (u64, u32),
        (now, reached): (Moment, Moment),
        cause: &Trigger<'_, E::Input>,
        out: &mut Vec<Emitted<E::Output>>,
    ) {
        let Self { store, timers, rules, config: role, outputs: said, counts, .. } = self;
        let (Some(slot), Some(rules)) = (store.slot(place), rules.as_ref()) else { return };
        let Some(value) = slot.value.as_mut() else {
            counts.dropped += 1;
            return;
        };
        let (subject, cause) = (&slot.key, cause.again());
        let entry = Step { offset, index, now, reached, subject, cause };
        let (mut due, mut keeps) = (None, Keeps::All);
        let whole = (role.guard)(&mut || {
            value.step(rules, &entry, said);
            keeps = value.keeps(rules);
            due = value.next_deadline(rules).filter(|_| keeps == Keeps::All);
        });
        // A value that wants to be asked at a moment that is past would be asked for ever.
        if !whole || due.is_some_and(|due| due <= now) {
            let mut concerned = Vec::new();
            if let Some(value) = slot.value.take() {
                (role.guard)(&mut || concerned = value.affected_subjects(&slot.key));
            }
            slot.armed = None;
            counts.quarantined += 1;
            said.clear();
            for (n, key) in (0..).zip(concerned) {
                let index = index.saturating_add(n);
                out.push(Emitted { key, offset, index, now, output: None });
            }
            return;
        }
        timers.arm(place, due, &mut slot.armed);
        for (n, said) in said.drain(..).enumerate() {
            let index = index.saturating_add(u32::try_from(n).unwrap_or(u32::MAX));
            out.push(Emitted { key: slot.key.clone(), offset, index, now, output: Some(said) });
        }
        match keeps {
            Keeps::All => {}
            Keeps::Mark(mark) => store.put_away(place, mark),
            Keeps::Nothing => store.forget(place),
        }
    }

    fn behave(
        &mut self,
        offset: u64,
        asked: u32,
        out: &mut Vec<Emitted<E::Output>>,
    ) -> Result<(), Stop> {
        self.know(asked)?;
        self.behaviour = asked;
        match self.rulebook.clone() {
            Some(book) => self.rule_by(offset, book, asked, out),
            None => Ok(()),
        }
    }

    /// Other rules: every value is judged anew once, in the order of their ids.
    fn rule_by(
        &mut self,
        offset: u64,
        book: Rulebook,
        behaviour: u32,
        out: &mut Vec<Emitted<E::Output>>,
    ) -> Result<(), Stop> {
        self.read_rules(&book, behaviour)?;
        self.rulebook = Some(book);
        let first = out.len();
        for place in self.store.in_order() {
            let index = u32::try_from(out.len() - first).unwrap_or(u32::MAX);
            self.ask(place, (offset, index), (self.now, self.now), &Trigger::RulesChanged, out);
        }
        Ok(())
    }

    /// A release that does not know a behaviour stops instead of judging by another one.
    fn know(&self, asked: u32) -> Result<(), Stop> {
        let known = &self.config.release.behaviours;
        if known.contains(&asked) {
            return Ok(());
        }
        let (from, to) = (*known.start(), *known.end());
        Err(Stop::Behaviour { service: self.config.name, asked, from, to })
    }

    pub(crate) fn read_rules(&mut self, book: &Rulebook, behaviour: u32) -> Result<(), Stop> {
        self.know(behaviour)?;
        let book = (self.config.release.reading)(book, behaviour);
        let rules = (self.config.rules)(&book, behaviour).map_err(|e| Stop::Rulebook {
            service: self.config.name,
            reason: alloc::format!("{e}"),
        })?;
        self.rules = Some(rules);
        Ok(())
    }

    /// Arms every value again, after an image was read.
    pub(crate) fn arm_all(&mut self) {
        let Self { store, timers, rules, .. } = self;
        let Some(rules) = rules.as_ref() else { return };
        for place in store.in_order() {
            if let Some(slot) = store.slot(place) {
                let due = slot.value.as_ref().and_then(|value| value.next_deadline(rules));
                timers.arm(place, due, &mut slot.armed);
            }
        }
    }
}
