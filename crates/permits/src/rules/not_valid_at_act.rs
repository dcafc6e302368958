#![doc = include_str!("not_valid_at_act.md")]

use crate::papers::{Known, Papers, Validity};
use alloc::{format, string::String, vec::Vec};
use facts::fact::shipment::{Act, Gated};
use facts::{Episode, Given, Moment, Rule, Severity, Span, Verdict};
use serde::Deserialize;

/// A permit does not cover the moment of the act that it gates.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotValidAtAct {
    slack: Span,
    near: Span,
}

/// How it stood with one permit from a moment on.
struct Status {
    severity: Severity,
    verdict: Verdict,
    sentence: String,
    /// The act is over: nothing that comes later heals it.
    done: bool,
}

impl Rule for NotValidAtAct {
    type Memory = Papers;
    const NAME: &'static str = "permits/not-valid-at-act";
    const CODE: &'static str = "PRM-02";
    const PAGE: &'static str = include_str!("not_valid_at_act.md");

    fn judge(&self, papers: &Papers, given: &Given<'_>, found: &mut Vec<Episode>) {
        let steps: Vec<Known<'_>> = papers.steps().collect();
        for permit in papers.cited() {
            let mut open: Option<Episode> = None;
            for (n, known) in steps.iter().enumerate() {
                // A state of knowledge lasts until the next fact; only the last one lasts until now.
                let until = steps.get(n + 1).map_or(given.now, |next| next.at.max(known.at));
                let gated = known.plan().filter(|_| !known.cancelled());
                let gated =
                    gated.and_then(|plan| plan.permits.iter().find(|gated| gated.permit == permit));
                let last = n + 1 == steps.len();
                match (
                    gated.and_then(|gated| self.status(known, gated, until, last, given)),
                    open.take(),
                ) {
                    (Some(status), was) => {
                        let since = was.as_ref().map_or(known.at, |was| was.since);
                        let episode = Episode::new(status.severity, since, status.sentence)
                            .about(permit.as_str())
                            .evidence([known.offset]);
                        let episode = if status.done { episode.latched() } else { episode };
                        open = Some(if status.verdict == Verdict::Unknown {
                            episode.unknown()
                        } else {
                            episode
                        });
                    }
                    (None, Some(was)) => {
                        found.push(Episode { latched: false, ..was }.until(Some(known.at)))
                    }
                    (None, None) => {}
                }
            }
            found.extend(open);
        }
    }

    fn due(&self, papers: &Papers, given: &Given<'_>) -> Option<Moment> {
        let known = papers.now();
        let plan = known.plan().filter(|_| !known.cancelled())?;
        let strokes = plan.permits.iter().flat_map(|gated| {
            let near = reference(&known, gated).map(|act| act - self.near);
            let settled = near.map(|near| near.max(known.learnt) + given.reference.settle);
            [
                near.map(|near| near + Span::millis(1)),
                settled,
                Some(known.learnt + given.reference.settle),
            ]
        });
        strokes.flatten().filter(|moment| *moment > given.now).min()
    }
}

/// When the act is, as far as anything says; the plan's departure where nothing else does.
fn reference(known: &Known<'_>, gated: &Gated) -> Option<Moment> {
    let departs = || known.plan().and_then(|plan| plan.legs.first()).map(|leg| leg.departs);
    known.done(gated).or_else(|| known.expected(gated)).or_else(departs)
}

impl NotValidAtAct {
    /// How it stands between this state of knowledge and the next; `until` is the end of that time.
    fn status(
        &self,
        known: &Known<'_>,
        gated: &Gated,
        until: Moment,
        last: bool,
        given: &Given<'_>,
    ) -> Option<Status> {
        let (done, permit) = (known.done(gated), &gated.permit);
        let instant = done.or_else(|| known.expected(gated));
        let near = until > reference(known, gated)? - self.near;
        // Unknown is an absence: facts that race get their time.
        let settled = !last || {
            let since = reference(known, gated)
                .map_or(known.learnt, |act| (act - self.near).max(known.learnt));
            given.now >= since + given.reference.settle
        };
        let unknown = |what: String| {
            let (severity, verdict) = (Severity::P2, Verdict::Unknown);
            ((near || done.is_some()) && settled).then_some(Status {
                severity,
                verdict,
                sentence: what,
                done: false,
            })
        };
        let act = match gated.act {
            Act::Departure => "departure",
            Act::Import => "import",
            Act::Receipt => "receipt",
        };
        let Some(instant) = instant else {
            return unknown(format!(
                "nobody knows when {} is reached, where {permit} must allow the {act}",
                gated.waypoint
            ));
        };
        let late = match known.validity(permit) {
            Validity::Unknown => {
                return unknown(format!(
                    "nothing is known of {permit}, which must allow the {act} at {instant}"
                ));
            }
            Validity::Void => {
                format!("{permit} is suspended or revoked, and must allow the {act} at {instant}")
            }
            Validity::Between(from, _) if instant < from => {
                format!("{permit} allows the {act} only from {from}, and it is at {instant}")
            }
            Validity::Between(_, end) if instant > end => {
                format!(
                    "{permit} allows the {act} until {end}, and it is {} after that, at {instant}",
                    (instant - end).spoken()
                )
            }
            Validity::Between(_, end) if done.is_none() && end - instant < self.slack => {
                let sentence = format!(
                    "{permit} allows the {act} until {end}, only {} after it is expected at {instant}",
                    (end - instant).spoken()
                );
                return Some(Status {
                    severity: Severity::P3,
                    verdict: Verdict::Violated,
                    sentence,
                    done: false,
                });
            }
            Validity::Between(..) => return None,
        };
        let severity =
            if known.departed() || near || done.is_some() { Severity::P1 } else { Severity::P2 };
        Some(Status { severity, verdict: Verdict::Violated, sentence: late, done: done.is_some() })
    }
}
