#![doc = include_str!("milestone_overdue.md")]

use crate::calendar::{Calendar, Mark, Milestone, Plan};
use alloc::{format, string::String, vec::Vec};
use facts::fact::shipment::{Leg, Mode};
use facts::{Episode, Given, Moment, Rule, Severity, Span};
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
    plan: &'a Plan,
    /// Whether a new plan makes it another thing.
    planned: bool,
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
        for mark in calendar.marks.iter().filter(|mark| mark.what == Milestone::Lost) {
            let replaced =
                calendar.plans.iter().map(|plan| plan.from).find(|from| *from >= mark.at);
            let until = [replaced, calendar.over].into_iter().flatten().min();
            if let Some(leg) = &mark.leg {
                let sentence = format!(
                    "{leg} was cancelled or the goods were offloaded, and there is no new plan"
                );
                let episode = Episode::new(Severity::P2, mark.at, sentence).until(until);
                found.push(episode.about(format!("{leg}/lost")).evidence([mark.offset]));
            }
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
        for plan in &calendar.plans {
            if let Some(leg) = plan.plan.legs.first() {
                let accepted = calendar.marks.iter().find(|mark| {
                    mark.what == Milestone::Accepted
                        && mark.leg.as_ref().is_none_or(|on| *on == leg.id)
                });
                let departed = calendar.first(Milestone::Departed, &leg.id);
                let came = came(calendar, &[accepted, departed]);
                let what = format!("pick-up by {}", leg.carrier);
                all.push(awaited(plan, leg, "pick-up", what, self.pick_up, leg.departs, came));
            }
            for leg in plan.plan.legs.iter().filter(|leg| leg.mode == Mode::Air) {
                if calendar.first(Milestone::Lost, &leg.id).is_some_and(|lost| lost.at >= plan.from)
                {
                    continue; // that it was lost says more
                }
                let departed = calendar.first(Milestone::Departed, &leg.id);
                let arrived = calendar.first(Milestone::Arrived, &leg.id);
                let gone = came(calendar, &[departed, arrived]);
                all.push(awaited(
                    plan,
                    leg,
                    "departure",
                    "departure of the flight".into(),
                    self.flight,
                    leg.departs,
                    gone,
                ));
                let there = came(calendar, &[arrived]);
                all.push(awaited(
                    plan,
                    leg,
                    "arrival",
                    "arrival of the flight".into(),
                    self.flight,
                    leg.arrives,
                    there,
                ));
            }
        }
        let Some(last) = calendar.plans.last() else { return all };
        for entered in calendar.marks.iter().filter(|mark| mark.what == Milestone::CustomsEntered) {
            let Some(leg) = &entered.leg else { continue };
            let cleared = calendar.marks.iter().find(|mark| {
                mark.what == Milestone::CustomsCleared
                    && mark.leg.as_ref() == Some(leg)
                    && mark.at >= entered.at
            });
            let came = came(calendar, &[cleared]);
            let (about, what) = (format!("{leg}/customs"), String::from("customs clearance"));
            all.push(Awaited {
                about,
                what,
                limits: self.customs,
                from: entered.at,
                came,
                plan: last,
                planned: false,
            });
        }
        all
    }
}

fn awaited<'a>(
    plan: &'a Plan,
    leg: &Leg,
    kind: &str,
    what: String,
    limits: Limits,
    from: Moment,
    came: Option<Moment>,
) -> Awaited<'a> {
    Awaited { about: format!("{}/{kind}", leg.id), what, limits, from, came, plan, planned: true }
}

/// The first of several proofs; a receipt, a cancellation or closing ends the waiting, too.
fn came(calendar: &Calendar, proofs: &[Option<&Mark>]) -> Option<Moment> {
    proofs.iter().flatten().map(|mark| mark.at).chain(calendar.over).min()
}

impl Awaited<'_> {
    fn judge(&self, judged: Moment) -> Option<Episode> {
        let replaced = self.plan.until.filter(|_| self.planned);
        let end = [self.came, replaced].into_iter().flatten().min();
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
