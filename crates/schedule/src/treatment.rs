//! The patient's way through conditioning: which starts were planned, when it was begun, and when it was stopped.
//!
//! A *course* is one start that was planned, for as long as it was. It ends when another start is planned, or when
//! conditioning is held or postponed. A start that is said again changes nothing. A schedule that comes after
//! conditioning has begun moves a plan and cannot undo what was done: the same course of treatment goes on. Only after
//! it was held or postponed does another start begin anew.

use alloc::vec::Vec;
use facts::context::{Former, Phase};
use facts::{Fact, Moment, Text};

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

/// How conditioning was stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stop {
    /// Scheduled again for the same start, it goes on.
    Held,
    /// The start that was planned before is no start any more, also if it is said again.
    Postponed,
}

/// All that was said of it.
#[derive(Debug, Clone, Default)]
pub struct Treatment {
    courses: Vec<Course>,
    starts: Vec<Start>,
    stops: Vec<Moment>,
    /// How and since when it is stopped, while it is.
    stopped: Option<(Stop, Moment)>,
}

/// So many courses before the last are told to others: a context is one record of a log.
const MOST_FORMER: usize = 200;

impl Treatment {
    /// What concerns it.
    pub(crate) fn hears(fact: &Fact) -> bool {
        let planned = matches!(fact, Fact::PatientScheduled(_) | Fact::ConditioningStarted(_));
        planned || matches!(fact, Fact::ConditioningHeld(_) | Fact::Postponed(_))
    }

    /// Takes in the next fact, in the order in which they happened.
    pub(crate) fn take(&mut self, at: Moment, offset: u64, learnt: Moment, fact: &Fact) {
        match fact {
            Fact::PatientScheduled(planned) => self.schedule(at, planned.conditioning_start),
            Fact::ConditioningStarted(_) => self.start(Start { at, offset, learnt, stopped: None }),
            Fact::ConditioningHeld(_) => self.stop(at, Stop::Held),
            Fact::Postponed(_) => self.stop(at, Stop::Postponed),
            _ => {}
        }
    }

    fn schedule(&mut self, at: Moment, start: Moment) {
        let last = self.courses.last().copied();
        let said_before = last.is_some_and(|last| last.start == start);
        let new = Course { scheduled: at, start, begun: None, until: None };
        match self.stopped {
            // A schedule that was sent again does not take back that it was put off, nor does it plan for the past.
            Some((Stop::Postponed, _)) if said_before => return,
            Some((Stop::Held, _)) if said_before && start <= at => return,
            Some(_) => self.courses.push(new),
            None if said_before => return,
            None => {
                let begun = self.running().map(|start| start.at);
                if let Some(last) = self.courses.last_mut() {
                    last.until = Some(at);
                }
                self.courses.push(Course { begun, ..new });
            }
        }
        self.stopped = None;
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
        self.stops.push(at);
        let since = self.stopped.map_or(at, |(_, since)| since);
        self.stopped = Some((how, since));
        if let Some(course) = self.courses.last_mut() {
            course.until.get_or_insert(at);
        }
        if let Some(start) = self.starts.last_mut() {
            start.stopped.get_or_insert(at);
        }
    }

    /// The course that is planned now, or was planned last.
    pub fn course(&self) -> Option<&Course> {
        self.courses.last()
    }

    /// The courses before it, as others are told of them; `missing` says what of the dose was missing at a moment.
    pub fn former(&self, missing: impl Fn(Moment) -> Text) -> Vec<Former> {
        let before = self.courses.len().saturating_sub(1);
        let courses = self.courses.iter().take(before).skip(before.saturating_sub(MOST_FORMER));
        let told = courses.filter_map(|course| {
            let Course { scheduled, start, begun, until } = *course;
            let until = until?;
            let stopped = self.stops.iter().copied().find(|stop| *stop >= until);
            Some(Former { scheduled, start, begun, until, stopped, missing: missing(until) })
        });
        told.collect()
    }

    /// Every report that conditioning was begun; one that is repeated before it was stopped is no other.
    pub fn starts(&self) -> &[Start] {
        &self.starts
    }

    /// When conditioning was first begun. Neither a new schedule nor holding it undoes that.
    pub fn began(&self) -> Option<Moment> {
        self.starts.first().map(|start| start.at)
    }

    /// The conditioning that was begun and not stopped since.
    fn running(&self) -> Option<&Start> {
        self.starts.last().filter(|start| start.stopped.is_none())
    }

    /// Where the patient stands, and since when, as long as nothing was given.
    pub fn phase(&self) -> (Phase, Option<Moment>) {
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
