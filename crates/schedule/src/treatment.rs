//! The patient's way through conditioning: which starts were planned, when it was begun, when it was stopped, and when a
//! unit was given.
//!
//! A *course* is one start that was planned, for as long as it was. It ends when another start is planned, or when
//! conditioning is held or postponed. A start that is said again changes nothing. A schedule that comes after
//! conditioning has begun moves a plan and cannot undo what was done: the same course of treatment goes on. Only after
//! it was held or postponed does another start begin anew.
//!
//! A *cycle* is all of that up to the first unit that is given. What is planned or begun after that is another cycle, which
//! knows nothing of the one before it. An infusion from before anything was begun or due belongs to the cycle before, if
//! there is one: a bag that is given a day after the first. A schedule that was sent while conditioning was under way belongs
//! to that cycle, for whatever day it is: it is a mistake more often than a plan for the time after the infusion.

use alloc::vec::Vec;
use facts::context::{Former, Phase, Treated};
use facts::{Fact, Moment, OrderFact, ShortText};

/// A start of conditioning that was planned, and for how long it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Course {
    /// When it was first planned so.
    pub scheduled: Moment,
    /// The planned start.
    pub start: Moment,
    /// When conditioning was reported as begun, in this course or in one that this only moved.
    pub begun: Option<Moment>,
    /// When it was planned no longer.
    pub until: Option<Moment>,
}

/// A report that conditioning was begun, and what followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Start {
    /// When it was begun.
    pub at: Moment,
    /// The place of the report in the journal.
    pub offset: u64,
    /// When that was learnt.
    pub learnt: Moment,
    /// When it was held or postponed after that.
    pub stopped: Option<Moment>,
}

/// When the product is to be infused, as it was planned from a moment on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InfusionDate {
    /// From when on it was planned so.
    pub from: Moment,
    /// The planned time; `None` where none is planned any more.
    pub planned: Option<Moment>,
    /// What was planned until the first unit was given, where that is why none is planned any more.
    pub given: Option<Moment>,
    /// Whether conditioning has begun, and goes on.
    pub begun: bool,
    /// When that was learnt; where a unit was given, when it was.
    pub learnt: Moment,
    /// The report that says so, by its place in the journal; `None` where a unit was given.
    pub said: Option<u64>,
}

/// How conditioning was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// Scheduled again for the same start, it goes on.
    Held,
    /// The start that was planned before is no start any more, also if it is said again.
    Postponed,
}

/// All that was said up to the first unit that was given.
#[derive(Debug, Clone, Default)]
struct Cycle {
    /// When the first word of it was said; `None` for the first one, to which all belongs that came before.
    since: Option<Moment>,
    courses: Vec<Course>,
    starts: Vec<Start>,
    stops: Vec<Moment>,
    /// How and since when it is stopped, while it is.
    stopped: Option<(Stop, Moment)>,
    /// When the first unit was given.
    given: Option<Moment>,
    /// For when the infusion was planned last.
    infusion: Option<Moment>,
}

/// All that was said of it, cycle by cycle.
#[derive(Debug, Clone, Default)]
pub struct Treatment {
    before: Vec<Cycle>,
    now: Cycle,
    /// When units were given, and how many cycles there were before the one to which that belongs.
    infusions: Vec<(Moment, usize)>,
    /// For when the infusion was planned, each time that this changed.
    dates: Vec<InfusionDate>,
}

/// So many courses before the last are told to others: a context is one record of a log.
const MOST_FORMER: usize = 200;

impl Treatment {
    /// What concerns it.
    pub(crate) fn hears(fact: &Fact) -> bool {
        let planned = matches!(
            fact,
            Fact::Order(OrderFact::PatientScheduled(_) | OrderFact::ConditioningStarted(_))
        );
        planned
            || matches!(fact, Fact::Order(OrderFact::ConditioningHeld(_) | OrderFact::Postponed(_)))
    }

    /// Takes in the next fact, in the order in which they happened.
    pub(crate) fn take(&mut self, at: Moment, offset: u64, learnt: Moment, fact: &Fact) {
        match fact {
            Fact::Order(OrderFact::PatientScheduled(planned)) => {
                self.schedule(at, planned.conditioning_start, planned.infusion)
            }
            Fact::Order(OrderFact::ConditioningStarted(_)) => {
                self.start(Start { at, offset, learnt, stopped: None })
            }
            Fact::Order(OrderFact::ConditioningHeld(_)) => self.now.stop(at, Stop::Held),
            Fact::Order(OrderFact::Postponed(_)) => self.now.stop(at, Stop::Postponed),
            _ => return,
        }
        self.date(at, learnt, Some(offset));
    }

    /// Takes in that a unit was given; at one moment after a start that was reported, and before all else.
    pub(crate) fn give(&mut self, at: Moment) {
        let later_cycle = !self.before.is_empty();
        if self.now.given.is_none() && later_cycle && !self.now.is_due(at) {
            self.infusions.push((at, self.before.len() - 1));
            return;
        }
        self.infusions.push((at, self.before.len()));
        if self.now.given.is_some() {
            return;
        }
        self.now.give(at);
        self.date(at, at, None);
    }

    /// Notes for when the infusion is planned by now.
    fn date(&mut self, from: Moment, learnt: Moment, said: Option<u64>) {
        let (planned, given) = (self.now.date(), self.now.date_when_given());
        let begun = self.now.given.is_none() && self.now.running().is_some();
        let last = self.dates.last().map(|date| (date.planned, date.given, date.begun));
        if last.unwrap_or_default() != (planned, given, begun) {
            self.dates.push(InfusionDate { from, planned, given, begun, learnt, said });
        }
    }

    /// For when the infusion was planned, each time that this changed, in order.
    pub fn dates(&self) -> &[InfusionDate] {
        &self.dates
    }

    fn schedule(&mut self, at: Moment, start: Moment, infusion: Option<Moment>) {
        if let Some(given) = self.now.given {
            // Nobody plans for what is over, and a plan that is sent again is none.
            if start <= given || self.now.courses.last().is_some_and(|last| last.start == start) {
                return;
            }
            self.anew(at);
        }
        self.now.schedule(at, start, infusion);
    }

    fn start(&mut self, start: Start) {
        if let Some(given) = self.now.given {
            if self.now.is_due(given) {
                self.anew(start.at);
            } else {
                self.now.take_back(given);
                self.dates.retain(|date| date.from != given);
            }
        }
        self.now.start(start);
    }

    fn anew(&mut self, since: Moment) {
        let now = Cycle { since: Some(since), ..Cycle::default() };
        self.before.push(core::mem::replace(&mut self.now, now));
    }

    fn cycles(&self) -> impl Iterator<Item = &Cycle> {
        self.before.iter().chain([&self.now])
    }

    /// Whether a unit that was given belongs to a cycle before the one that was under way at a moment.
    pub fn given_before(&self, infused: Moment, at: Moment) -> bool {
        let begun = |cycle: &&Cycle| cycle.since.is_some_and(|since| since <= at);
        let then = self.cycles().filter(begun).count();
        self.infusions.iter().any(|(given, cycle)| *given == infused && *cycle < then)
    }

    /// When the cycles began after the first one.
    pub fn beginnings(&self) -> impl Iterator<Item = Moment> + '_ {
        self.cycles().filter_map(|cycle| cycle.since)
    }

    /// The course that is planned now, or was planned last in this cycle.
    pub fn course(&self) -> Option<&Course> {
        self.now.courses.last()
    }

    /// Whether conditioning had been begun at a moment, or its planned start had passed, and nothing was given after it yet.
    pub fn under_way(&self, at: Moment) -> bool {
        let mut then = self.cycles().filter(|cycle| cycle.since.is_none_or(|since| since <= at));
        then.any(|cycle| cycle.is_due(at) && cycle.goes_on(at))
    }

    /// The courses before it that were not over before `since`, as others are told of them; `missing` says what of the dose was
    /// missing at a moment.
    pub fn former(&self, since: Moment, missing: impl Fn(Moment) -> ShortText) -> Vec<Former> {
        let mut told = Vec::new();
        for cycle in self.cycles().filter(|cycle| cycle.goes_on(since)) {
            let reported = !cycle.starts.is_empty();
            for course in &cycle.courses {
                let Course { scheduled, start, begun, until } = *course;
                let Some(until) = until else { continue };
                let stopped = cycle.stops.iter().copied().find(|stop| *stop >= until);
                let missing = ShortText::default();
                told.push(Former { scheduled, start, begun, until, stopped, reported, missing });
            }
        }
        // The last one of all is told by itself.
        let last = self.course().filter(|_| self.now.goes_on(since));
        if last.is_some_and(|course| course.until.is_some()) {
            told.pop();
        }
        told.drain(..told.len().saturating_sub(MOST_FORMER));
        for former in &mut told {
            former.missing = missing(former.until);
        }
        told
    }

    /// Every report that conditioning was begun, and when the first unit was given after it; one that is repeated before it
    /// was stopped is no other, and none is told of a cycle that was over before `since`.
    pub fn starts(&self, since: Moment) -> impl Iterator<Item = (&Start, Option<Moment>)> {
        let cycles = self.cycles().filter(move |cycle| cycle.goes_on(since));
        cycles.flat_map(|cycle| cycle.starts.iter().map(|start| (start, cycle.given)))
    }

    /// When conditioning was first begun in this cycle. Neither a new schedule nor holding it undoes that.
    pub fn began(&self) -> Option<Moment> {
        self.now.began()
    }

    /// The cycles before this one in which conditioning was reported as begun, and that were not over before `since`.
    pub fn treated(&self, since: Moment) -> Vec<Treated> {
        let treated = self.before.iter().filter(|cycle| cycle.goes_on(since)).filter_map(|cycle| {
            let (started, given) = cycle.began().zip(cycle.given)?;
            Some(Treated { started, given })
        });
        let mut treated: Vec<Treated> = treated.collect();
        treated.drain(..treated.len().saturating_sub(MOST_FORMER));
        treated
    }

    /// Where the patient stands, and since when.
    pub fn phase(&self) -> (Phase, Option<Moment>) {
        self.now.phase()
    }
}

impl Cycle {
    fn schedule(&mut self, at: Moment, start: Moment, infusion: Option<Moment>) {
        let last = self.courses.last().copied();
        let said_before = last.is_some_and(|last| last.start == start);
        // A schedule for the same start that says nothing of the infusion leaves it where it was.
        let infusion = if said_before { infusion.or(self.infusion) } else { infusion };
        let new = Course { scheduled: at, start, begun: None, until: None };
        match self.stopped {
            // A schedule that was sent again, however late, plans nothing anew.
            Some((Stop::Postponed, _)) if said_before => return,
            // It plans no start, and may name another day for the infusion, once it goes on.
            Some((Stop::Held, _)) if said_before && start <= at => {
                self.infusion = infusion;
                return;
            }
            Some(_) => self.courses.push(new),
            None if said_before => {}
            None => {
                let begun = self.running().map(|start| start.at);
                if let Some(last) = self.courses.last_mut() {
                    last.until = Some(at);
                }
                self.courses.push(Course { begun, ..new });
            }
        }
        self.stopped = None;
        self.infusion = infusion;
    }

    fn start(&mut self, start: Start) {
        if self.running().is_none() {
            self.starts.push(start);
        }
        self.stopped = None;
        if let Some(course) = self.courses.last_mut().filter(|course| course.until.is_none()) {
            course.begun.get_or_insert(start.at);
        }
    }

    fn stop(&mut self, at: Moment, how: Stop) {
        if self.given.is_some() {
            return;
        }
        self.stops.push(at);
        let since = self.stopped.map_or(at, |(_, since)| since);
        self.stopped = Some((how, since));
        self.end(at);
        if let Some(start) = self.starts.last_mut() {
            start.stopped.get_or_insert(at);
        }
    }

    fn give(&mut self, at: Moment) {
        self.given = Some(at);
        self.stops.push(at);
        self.end(at);
    }

    /// What is dated before conditioning began was not given after it.
    fn take_back(&mut self, given: Moment) {
        self.given = None;
        self.stops.retain(|stop| *stop != given);
        if let Some(course) = self.courses.last_mut().filter(|last| last.until == Some(given)) {
            course.until = None;
        }
    }

    fn end(&mut self, at: Moment) {
        if let Some(course) = self.courses.last_mut() {
            course.until.get_or_insert(at);
        }
    }

    /// Whether conditioning was reported as begun by then, or its planned start had passed.
    fn is_due(&self, at: Moment) -> bool {
        let planned = self.courses.last().is_some_and(|last| last.start <= at);
        planned || self.starts.iter().any(|start| start.at <= at)
    }

    /// Whether nothing had been given in it at a moment.
    fn goes_on(&self, at: Moment) -> bool {
        self.given.is_none_or(|given| at < given)
    }

    /// For when the infusion was planned when the first unit was given.
    fn date_when_given(&self) -> Option<Moment> {
        self.infusion.filter(|_| self.given.is_some())
    }

    /// For when the infusion is planned, while it is.
    fn date(&self) -> Option<Moment> {
        self.infusion.filter(|_| self.given.is_none() && self.stopped.is_none())
    }

    fn began(&self) -> Option<Moment> {
        self.starts.first().map(|start| start.at)
    }

    /// The conditioning that was begun and not stopped since.
    fn running(&self) -> Option<&Start> {
        self.starts.last().filter(|start| start.stopped.is_none())
    }

    fn phase(&self) -> (Phase, Option<Moment>) {
        if let Some(given) = self.given {
            return (Phase::Infused, Some(given));
        }
        if let Some((_, since)) = self.stopped {
            return (Phase::Held, Some(since));
        }
        if let Some(start) = self.running() {
            return (Phase::Started, Some(start.at));
        }
        let planned = self.courses.last().map(|course| course.scheduled);
        planned.map_or((Phase::Unscheduled, None), |at| (Phase::Scheduled, Some(at)))
    }
}
