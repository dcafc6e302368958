#![doc = include_str!("milestone_overdue.md")]

use super::CORRECTED;
use crate::schedule_state::{LegMilestone, LegReport, PlanInForce, ScheduleState};
use alloc::{format, string::String, vec::Vec};
use facts::fact::shipment::{Leg, Mode};
use facts::timeline::{ENDS, End, LostLeg, WHO_HAS_THEM};
use facts::{
    Effects, Episode, FactKind, Family, Hears, LegId, Message, Moment, Rule, RuleContext, RuleInfo,
    Severity, Span, say,
};
use serde::Deserialize;

facts::messages! {
    "schedule/milestone-overdue":
    AWAITED "awaited" = "{what} is awaited since {since}, for more than {limit}";
    CAME "came" = "{what} came {late} after {since}";
    REPLANNED "replanned" = "{what} was replanned {late} after {since}";
    FURTHER "further" =
        "{what} was not reported, the goods were on {leg} {late} after {since}";
    OVER "over" = "{what} was not reported, {end} {late} after {since}";
    PICK_UP "pick-up" = "pick-up by {carrier}";
    DEPARTURE "departure" = "departure of the flight";
    ARRIVAL "arrival" = "arrival of the flight";
    CUSTOMS "customs" = "customs clearance";
    CANCELLED "cancelled" = "the shipment was cancelled";
    RECEIVED "received" = "the consignee had the goods";
    CLOSED "closed" = "the papers were closed";
    USED "used" = "the goods were used up";
    LOST "lost" = "{leg} was cancelled or the goods were offloaded, and {then}";
    NO_PLAN "no-plan" = "there is no new plan";
    NO_PLAN_UNTIL "no-plan-until" = "there was no new plan until {planned}";
    LEFT "left" = "they left on it at {at} all the same";
    WERE_ON "were-on" = "they were on {leg} at {at} without a new plan";
    NO_PLAN_BEFORE "no-plan-before" = "there was no new plan until {end} at {at}";
    NO_PLAN_THEN "no-plan-then" = "there was no new plan";
}

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
    what: Message,
    limits: Limits,
    from: Moment,
    /// When it came, or was awaited no longer.
    end: Option<(Moment, How)>,
    /// The plan that it was first in.
    plan: &'a PlanInForce,
}

/// How waiting ended; at one moment the first of them.
#[derive(Debug, Clone)]
enum How {
    /// It was reported, or what proves it.
    Came,
    /// It was not, and the goods were on a later leg.
    Further(LegId),
    /// It was planned otherwise, or not at all any more.
    Replanned,
    /// It was not, and nothing is awaited any more.
    Over(End),
}

impl Rule for MilestoneOverdue {
    type Memory = ScheduleState;
    const INFO: RuleInfo = RuleInfo {
        name: "schedule/milestone-overdue",
        code: "SCH-07",
        family: Family::Schedule,
        effects: Effects::NONE,
        hears: Hears::Only(&[WHO_HAS_THEM, ENDS, CORRECTED, &[FactKind::CustomsCleared]]),
        messages: &[MESSAGES],
        page: include_str!("milestone_overdue.md"),
    };

    fn judge(&self, calendar: &ScheduleState, context: &RuleContext<'_>, found: &mut Vec<Episode>) {
        let judged = context.now - context.reference.settle;
        for awaited in self.awaited(calendar) {
            found.extend(awaited.judge(judged));
        }
        let mut told: Vec<(&LegId, Option<Moment>)> = Vec::new();
        for lost in &calendar.lost {
            let (leg, left_on) = (&lost.leg, calendar.left_on(lost));
            let further = lost.further.as_ref().map(|(at, _)| *at);
            let over = calendar.over.map(|(at, _)| at);
            let ends = [lost.planned, left_on, further, over];
            let until = ends.into_iter().flatten().min();
            // Taken off and cancelled after that, or said twice: it is lost once, until it is planned anew.
            if told.contains(&(leg, until)) {
                continue;
            }
            told.push((leg, until));
            // What is learnt when it is over already is never said as if it went on.
            let then = match (until, &lost.further, calendar.over) {
                (None, ..) => say!(NO_PLAN),
                (Some(planned), ..) if until == lost.planned => say!(NO_PLAN_UNTIL, planned),
                (Some(left), ..) if until == left_on => say!(LEFT, left),
                (Some(at), Some((_, on)), _) if until == further => say!(WERE_ON, on, at),
                (Some(at), _, Some((_, end))) => say!(NO_PLAN_BEFORE, words(end), at),
                _ => say!(NO_PLAN_THEN),
            };
            let message = say!(LOST, leg, then);
            let episode = Episode::new(Severity::P2, lost.at, message).until(until);
            found.push(episode.about(format!("{leg}/lost")).evidence([lost.offset]));
        }
    }

    fn next_deadline(&self, calendar: &ScheduleState, context: &RuleContext<'_>) -> Option<Moment> {
        let settle = context.reference.settle;
        let open = self.awaited(calendar).into_iter().filter(|a| a.end.is_none());
        let strokes = open.flat_map(|awaited| {
            let first = (awaited.from + awaited.limits.late).max(awaited.plan.learnt);
            [first + settle, awaited.from + awaited.limits.very_late + settle]
        });
        strokes.filter(|moment| *moment > context.now).min()
    }
}

impl MilestoneOverdue {
    fn awaited<'a>(&self, calendar: &'a ScheduleState) -> Vec<Awaited<'a>> {
        let mut all = Vec::new();
        for stretch in stretches(calendar, |plan| plan.plan.legs.iter().take(1)) {
            let leg = stretch.leg;
            let accepted = calendar.marks.iter().find(|mark| {
                mark.what == LegMilestone::Accepted
                    && mark.leg.as_ref().is_none_or(|on| *on == leg.id)
            });
            let departed = calendar.first(LegMilestone::Departed, &leg.id);
            let came = stretch.ended(calendar, &[accepted, departed]);
            let what = say!(PICK_UP, &leg.carrier);
            all.push(stretch.awaited("pick-up", what, self.pick_up, leg.departs, came));
        }
        let flights =
            |plan: &'a PlanInForce| plan.plan.legs.iter().filter(|leg| leg.mode == Mode::Air);
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
            let departed = calendar.first(LegMilestone::Departed, &leg.id);
            let arrived = calendar.first(LegMilestone::Arrived, &leg.id);
            let gone = stretch.ended(calendar, &[departed, arrived]);
            let there = stretch.ended(calendar, &[arrived]);
            let (departure, arrival) = (say!(DEPARTURE), say!(ARRIVAL));
            all.push(stretch.awaited("departure", departure, self.flight, leg.departs, gone));
            all.push(stretch.awaited("arrival", arrival, self.flight, leg.arrives, there));
        }
        let Some(last) = calendar.plans.last() else { return all };
        for entered in
            calendar.marks.iter().filter(|mark| mark.what == LegMilestone::CustomsEntered)
        {
            let Some(leg) = &entered.leg else { continue };
            let cleared = calendar.marks.iter().find(|mark| {
                mark.what == LegMilestone::CustomsCleared
                    && mark.leg.as_ref() == Some(leg)
                    && mark.at >= entered.at
            });
            let (about, what) = (format!("{leg}/customs"), say!(CUSTOMS));
            let (from, limits) = (entered.at, self.customs);
            let end = calendar.ended(&[cleared], leg, entered.at, None);
            all.push(Awaited { about, what, limits, from, end, plan: last });
        }
        all
    }
}

/// A leg, for as long as it was planned so.
struct Stretch<'a> {
    leg: &'a Leg,
    plan: &'a PlanInForce,
    until: Option<Moment>,
}

/// The legs of all plans. One that a new plan has as it was before goes on, whatever else is new in that plan.
fn stretches<'a, L: Iterator<Item = &'a Leg>>(
    calendar: &'a ScheduleState,
    legs: impl Fn(&'a PlanInForce) -> L,
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
    fn ended(
        &self,
        calendar: &ScheduleState,
        proofs: &[Option<&LegReport>],
    ) -> Option<(Moment, How)> {
        calendar.ended(proofs, &self.leg.id, Moment::EARLIEST, self.until)
    }

    fn awaited(
        &self,
        kind: &str,
        what: Message,
        limits: Limits,
        from: Moment,
        end: Option<(Moment, How)>,
    ) -> Awaited<'a> {
        let about = format!("{}/{kind}", self.leg.id);
        Awaited { about, what, limits, from, end, plan: self.plan }
    }
}

impl ScheduleState {
    /// The first of several proofs. That the goods are further on ends the waiting, and so does another plan, a receipt, a
    /// cancellation or closing.
    fn ended(
        &self,
        proofs: &[Option<&LegReport>],
        leg: &LegId,
        after: Moment,
        replanned: Option<Moment>,
    ) -> Option<(Moment, How)> {
        let came = proofs.iter().flatten().map(|mark| (mark.at, How::Came));
        let further = self.further_on(leg, after);
        let further = further.and_then(|mark| Some((mark.at, How::Further(mark.leg.clone()?))));
        let replanned = replanned.map(|at| (at, How::Replanned));
        let over = self.over.map(|(at, end)| (at, How::Over(end)));
        // In the order of `How`: of what is of one moment the first counts.
        came.chain(further).chain(replanned).chain(over).min_by_key(|(at, _)| *at)
    }
}

fn words(end: End) -> Message {
    match end {
        End::Cancelled => say!(CANCELLED),
        End::Received => say!(RECEIVED),
        End::Closed => say!(CLOSED),
        End::Used => say!(USED),
    }
}

impl Awaited<'_> {
    fn judge(self, judged: Moment) -> Option<Episode> {
        let end = self.end.as_ref().map(|(at, _)| *at);
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
        let (what, since) = (self.what, self.from);
        let message = match self.end {
            Some((at, how)) => {
                let late = at - since;
                match how {
                    How::Came => say!(CAME, what, late, since),
                    How::Replanned => say!(REPLANNED, what, late, since),
                    How::Further(leg) => say!(FURTHER, what, &leg, late, since),
                    How::Over(end) => say!(OVER, what, words(end), late, since),
                }
            }
            None => say!(AWAITED, what, since, limit),
        };
        let episode = Episode::new(severity, since, message).until(end).about(&self.about);
        Some(episode.evidence([self.plan.offset]))
    }
}
