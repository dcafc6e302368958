#![doc = include_str!("after_no_return.md")]

use crate::memory::{Memory, is_open};
use crate::spans::{Reason, cut, merge};
use alloc::{format, string::ToString, vec::Vec};
use facts::context::{Class, Loss, Phase};
use facts::{Episode, Finding, Given, Moment, Rule, Severity, Span, Verdict};
use serde::Deserialize;

/// Conditioning has begun and the product is compromised, lost or unknown.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AfterNoReturn {
    unknown_fresh: Span,
    unknown_cryo: Span,
    unknown_frozen: Span,
    unknown_medicine: Span,
}

impl Rule for AfterNoReturn {
    type Memory = Memory;
    const NAME: &'static str = "alerts/after-no-return";
    const CODE: &'static str = "SCH-02";
    const PAGE: &'static str = include_str!("after_no_return.md");

    fn judge(&self, memory: &Memory, given: &Given<'_>, found: &mut Vec<Episode>) {
        let Some((begun, until)) = begun(memory, given) else { return };
        let mut reasons: Vec<Reason> = Vec::new();
        reasons.extend(
            memory
                .findings
                .iter()
                .filter_map(|f| self.compromised(f))
                .filter_map(|r| cut(r, begun, until)),
        );
        reasons
            .extend(self.unknown(memory, given).into_iter().filter_map(|r| cut(r, begun, until)));
        let rescue = if memory.schedule.rescue {
            "rescue cells are confirmed"
        } else {
            "rescue cells are not confirmed"
        };
        let opening = match memory.schedule.started {
            Some(_) => format!("conditioning has begun at {begun}, {rescue}"),
            None => {
                format!("conditioning was planned for {begun} and not reported as held, {rescue}")
            }
        };
        found.extend(merge(reasons, &opening));
        let losses = memory.schedule.losses.iter();
        found.extend(losses.filter_map(|loss| lost(loss, begun, until, &opening)));
    }

    fn due(&self, memory: &Memory, given: &Given<'_>) -> Option<Moment> {
        let settle = given.reference.settle;
        let planned = memory.schedule.conditioning_start.filter(|_| memory.schedule.order);
        let open = memory.unknown.last().map(|open| (open.since + self.limit(open.class), open));
        // At once where it touches one that counts, else when what races had its time.
        let unknown = open.map(|(from, open)| [from, from.max(open.heard) + settle]);
        let strokes = planned.map(|start| start + settle);
        strokes
            .into_iter()
            .chain(unknown.into_iter().flatten())
            .filter(|moment| *moment > given.now)
            .min()
    }
}

impl AfterNoReturn {
    fn limit(&self, class: Class) -> Span {
        match class {
            Class::Fresh => self.unknown_fresh,
            Class::Cryo => self.unknown_cryo,
            Class::Frozen => self.unknown_frozen,
            Class::Medicine => self.unknown_medicine,
        }
    }

    fn compromised(&self, finding: &Finding) -> Option<Reason> {
        (finding.compromises && finding.severity == Severity::P1).then(|| Reason {
            from: finding.happened,
            until: finding.until.filter(|_| !is_open(finding)),
            severity: Severity::P1,
            verdict: finding.verdict,
            words: finding.sentence.clone(),
            evidence: finding.evidence.clone(),
        })
    }

    fn unknown(&self, memory: &Memory, given: &Given<'_>) -> Vec<Reason> {
        let settle = given.reference.settle;
        let mut reasons = Vec::<Reason>::new();
        for stretch in &memory.unknown {
            let limit = self.limit(stretch.class);
            let (from, until) = (stretch.since + limit, stretch.until);
            // What touches one that counts goes on with it.
            let on = reasons.last().is_some_and(|r| r.until.is_none_or(|until| from <= until));
            let counts = match until {
                Some(until) => until >= if on { from } else { from.max(stretch.learnt) + settle },
                None => given.now >= if on { from } else { from.max(stretch.heard) + settle },
            };
            if counts {
                let words = format!(
                    "no temperature is known since {}, for longer than {}",
                    stretch.since,
                    limit.spoken()
                );
                reasons.push(Reason {
                    from,
                    until,
                    severity: Severity::P1,
                    verdict: Verdict::Unknown,
                    words,
                    evidence: Vec::new(),
                });
            }
        }
        reasons
    }
}

/// A loss is an episode of its own: it must be told also while the dose is in doubt already.
fn lost(loss: &Loss, begun: Moment, until: Option<Moment>, opening: &str) -> Option<Episode> {
    let (severity, verdict) = (Severity::P1, Verdict::Violated);
    let (words, evidence) = (loss.what.to_string(), Vec::new());
    let reason = Reason { from: loss.at, until: loss.until, severity, verdict, words, evidence };
    let episode = merge(alloc::vec![cut(reason, begun, until)?], opening).pop()?;
    Some(episode.about(loss.unit.as_str()))
}

/// When the patient passed the point of no return, and when that mattered no longer.
fn begun(memory: &Memory, given: &Given<'_>) -> Option<(Moment, Option<Moment>)> {
    let schedule = &memory.schedule;
    if !schedule.order {
        return None;
    }
    if let Some(started) = memory.schedule.started {
        return Some((started, memory.ended(&[Phase::Infused])));
    }
    let planned =
        schedule.conditioning_start.filter(|start| given.now >= *start + given.reference.settle)?;
    let until = memory.ended(&[Phase::Held, Phase::Infused]);
    until.is_none_or(|until| planned < until).then_some((planned, until))
}
