#![doc = include_str!("milestone_overdue.md")]

use crate::calendar::{Calendar, Mark, Milestone, Plan};
use alloc::{format, string::String, vec::Vec};
use facts::fact::shipment::{Leg, Mode};
use facts::timeline::LostLeg;
use facts::{Episode, Given, LegId, Moment, Rule, Severity, Span};
use serde::Deserialize;

/// A pick-up, a flight or customs takes longer than planned, or a leg was lost.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MilestoneOverdue {
    pick_up: Limits,
    flight: Limits,
    customs: Limits,
}

/// Late by more than this.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Limits {
    late: Span,
    very_late: Span,
}

/// Something that is awaited.
struct Awaited<'a> {
    about: String,
    what: String,
    limits: Limits,
    from: Moment,
    came: Option<Moment>,
    /// When it was planned otherwise, or not at all any more.
    replanned: Option<Moment>,
    /// The plan that it was first in.
    plan: &'a Plan,
}

impl Rule for MilestoneOverdue {
    type Memory = Calendar;
    const NAME: &'static str = "schedule/milestone-overdue";
    const CODE: &'static str = "SCH-07";
    const PAGE: &'static str = include_str!("milestone_overdue.md");

    fn judge(&self, calendar: &Calendar, given: &Given<'_>, found: &mut Vec<Episode>) {
        let judged = given.now - given.reference.settle;
        for awaited in self.awaited(calendar) {
            found.extend(awaited.judge(judged));
        }
        let mut told: Vec<(&LegId, Option<Moment>)> = Vec::new();
        for lost in &calendar.lost {
            let (leg, left_on) = (&lost.leg, calendar.left_on(lost));
            let until = [lost.planned, left_on, calendar.over].into_iter().flatten().min();
            // Taken off and cancelled after that, or said twice: it is lost once, until it is planned anew.
            if told.contains(&(leg, until)) {
                continue;
            }
            told.push((leg, until));
            // What is learnt when it is over already is never said as if it went on.
            let then = match until {
                Some(planned) if until == lost.planned => {
                    format!("there was no new plan until {planned}")
                }
                Some(left) if until == left_on => {
                    format!("they left on it at {left} all the same")
                }
                _ => "there is no new plan".into(),
            };
            let sentence = format!("{leg} was cancelled or the goods were offloaded, and {then}");
            let episode = Episode::new(Severity::P2, lost.at, sentence).until(until);
            found.push(episode.about(format!("{leg}/lost")).evidence([lost.offset]));
        }
    }

    fn due(&self, calendar: &Calendar, given: &Given<'_>) -> Option<Moment> {
        let settle = given.reference.settle;
        let open = self.awaited(calendar).into_iter().filter(|a| a.came.is_none());
        let strokes = open.flat_map(|awaited| {
            let first = (awaited.from + awaited.limits.late).max(awaited.plan.learnt);
            [first + settle, awaited.from + awaited.limits.very_late + settle]
        });
        strokes.filter(|moment| *moment > given.now).min()
    }
}

impl MilestoneOverdue {
    fn awaited<'a>(&self, calendar: &'a Calendar) -> Vec<Awaited<'a>> {
        let mut all = Vec::new();
        for stretch in stretches(calendar, |plan| plan.plan.legs.iter().take(1)) {
            let leg = stretch.leg;
            let accepted = calendar.marks.iter().find(|mark| {
                mark.what == Milestone::Accepted && mark.leg.as_ref().is_none_or(|on| *on == leg.id)
            });
            let departed = calendar.first(Milestone::Departed, &leg.id);
            let came = came(calendar, &[accepted, departed]);
            let what = format!("pick-up by {}", leg.carrier);
            all.push(stretch.awaited("pick-up", &what, self.pick_up, leg.departs, came));
        }
        let flights = |plan: &'a Plan| plan.plan.legs.iter().filter(|leg| leg.mode == Mode::Air);
        for stretch in stretches(calendar, flights) {
            let leg = stretch.leg;
            let gone = |lost: &LostLeg| {
                lost.leg == leg.id
                    && lost.at >= stretch.plan.from
                    && calendar.left_on(lost).is_none()
            };
            if calendar.lost.iter().any(gone) {
                continue; // that it was lost says more
            }
            let departed = calendar.first(Milestone::Departed, &leg.id);
            let arrived = calendar.first(Milestone::Arrived, &leg.id);
            let gone = came(calendar, &[departed, arrived]);
            let there = came(calendar, &[arrived]);
            let (departure, arrival) = ("departure of the flight", "arrival of the flight");
            all.push(stretch.awaited("departure", departure, self.flight, leg.departs, gone));
            all.push(stretch.awaited("arrival", arrival, self.flight, leg.arrives, there));
        }
        let Some(last) = calendar.plans.last() else { return all };
        for entered in calendar.marks.iter().filter(|mark| mark.what == Milestone::CustomsEntered) {
            let Some(leg) = &entered.leg else { continue };
            let cleared = calendar.marks.iter().find(|mark| {
                mark.what == Milestone::CustomsCleared
                    && mark.leg.as_ref() == Some(leg)
                    && mark.at >= entered.at
            });
            let (about, what) = (format!("{leg}/customs"), String::from("customs clearance"));
            let (from, came) = (entered.at, came(calendar, &[cleared]));
            let limits = self.customs;
            all.push(Awaited { about, what, limits, from, came, replanned: None, plan: last });
        }
        all
    }
}

/// A leg, for as long as it was planned so.
struct Stretch<'a> {
    leg: &'a Leg,
    plan: &'a Plan,
    until: Option<Moment>,
}

/// The legs of all plans. One that a new plan has as it was before goes on, whatever else is new in that plan.
fn stretches<'a, L: Iterator<Item = &'a Leg>>(
    calendar: &'a Calendar,
    legs: impl Fn(&'a Plan) -> L,
) -> Vec<Stretch<'a>> {
    let mut all: Vec<Stretch<'a>> = Vec::new();
    for plan in &calendar.plans {
        for leg in legs(plan) {
            let same =
                |stretch: &&mut Stretch<'a>| stretch.leg == leg && stretch.until == Some(plan.from);
            match all.iter_mut().find(same) {
                Some(stretch) => stretch.until = plan.until,
                None => all.push(Stretch { leg, plan, until: plan.until }),
            }
        }
    }
    all
}

impl<'a> Stretch<'a> {
    fn awaited(
        &self,
        kind: &str,
        what: &str,
        limits: Limits,
        from: Moment,
        came: Option<Moment>,
    ) -> Awaited<'a> {
        let (about, what) = (format!("{}/{kind}", self.leg.id), String::from(what));
        Awaited { about, what, limits, from, came, replanned: self.until, plan: self.plan }
    }
}

/// The first of several proofs; a receipt, a cancellation or closing ends the waiting, too.
fn came(calendar: &Calendar, proofs: &[Option<&Mark>]) -> Option<Moment> {
    proofs.iter().flatten().map(|mark| mark.at).chain(calendar.over).min()
}

impl Awaited<'_> {
    fn judge(&self, judged: Moment) -> Option<Episode> {
        let end = [self.came, self.replanned].into_iter().flatten().min();
        let late = self.from + self.limits.late;
        let until = end.unwrap_or(judged);
        let beyond = if end.is_some() { until > late } else { until >= late.max(self.plan.learnt) };
        if !beyond {
            return None;
        }
        let very = self.from + self.limits.very_late;
        let worse = if end.is_some() { until > very } else { until >= very };
        let (severity, limit) = if worse {
            (Severity::P2, self.limits.very_late)
        } else {
            (Severity::P3, self.limits.late)
        };
        let sentence = match end {
            Some(end) => {
                let how = if end == self.came.unwrap_or(Moment::LATEST) {
                    "came"
                } else {
                    "was replanned"
                };
                format!("{} {how} {} after {}", self.what, (end - self.from).spoken(), self.from)
            }
            None => format!(
                "{} is awaited since {}, for more than {}",
                self.what,
                self.from,
                limit.spoken()
            ),
        };
        let episode = Episode::new(severity, self.from, sentence).until(end).about(&self.about);
        Some(episode.evidence([self.plan.offset]))
    }
}
