//! The engine value of one shipment.

use crate::incident::Incident;
use crate::memory::{Memory, is_open};
use crate::rules::Rules;
use crate::word::{Notice, Word};
use alloc::{boxed::Box, vec::Vec};
use facts::{Cause, Engine, Entry, Event, Fact, Finding, Identity, Moment, State, Told};
use serde::{Deserialize, Serialize};

/// Findings, contexts, what this engine itself said, and the incident.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Alerts {
    memory: Memory,
    told: Told,
    incident: Option<Incident>,
    /// What staff have done, as it is recognised when it comes again.
    acts: Vec<Done>,
    /// How many incidents there were.
    number: u32,
    /// Log time, which an engine that speaks may have seen go further than the clock of this partition.
    now: Option<Moment>,
}

/// An act that was taken in, as it was reported.
#[derive(Debug, Serialize, Deserialize)]
struct Done {
    identity: Identity,
    at: Moment,
    #[serde(with = "facts::as_json")]
    fact: Fact,
}

impl Engine for Alerts {
    type Rules = Rules;
    type Word = Word;
    type Said = Notice;

    fn hears(_: &Word) -> bool {
        true
    }

    fn step(&mut self, rules: &Rules, entry: &Entry<'_, Word>, said: &mut Vec<Notice>) {
        let Some(shipment) = entry.subject.shipment() else { return };
        let learnt = match entry.cause {
            Cause::Word(word) => word.learnt(),
            Cause::Struck | Cause::Rejudged => None,
        };
        let now = self.now.max(learnt).map_or(entry.now, |known| known.max(entry.now));
        self.now = Some(now);
        // All that follows is judged and said at that time.
        let entry = &Entry { now, cause: entry.cause.again(), ..*entry };
        let before = self.incident.clone();
        match entry.cause {
            Cause::Word(Word::Finding(finding)) => self.finding(finding),
            Cause::Word(Word::Context(learnt, context)) => {
                self.memory.context(now, *learnt, context)
            }
            // The same act again is none: it must not close the next incident.
            Cause::Word(Word::Act(event)) if self.has(event) => return,
            Cause::Word(Word::Act(event)) if self.knows(event) => {
                self.incident.as_mut().into_iter().for_each(|open| open.refuse_copy(event));
            }
            Cause::Word(Word::Act(event)) => {
                let (identity, at, fact) = (event.identity(), event.at, event.fact.clone());
                self.acts.push(Done { identity, at, fact });
                let done = self
                    .incident
                    .as_mut()
                    .is_some_and(|open| open.act(event, entry.now, &self.memory));
                if done && self.incident.as_ref().is_some_and(Incident::is_closed) {
                    said.extend(
                        self.incident.take().map(|closed| Notice::Incident(Box::new(closed))),
                    );
                    return;
                }
            }
            Cause::Struck | Cause::Rejudged => {}
        }
        let mut own = Vec::new();
        self.told.judge(&rules.rules, &self.memory, entry, &mut own);
        for finding in own {
            self.finding(&finding);
            said.push(Notice::Finding(finding.into()));
        }
        if let Some(incident) = &mut self.incident {
            incident.shipment = shipment;
            incident.review(&self.memory, entry.now, &rules.incident);
            if before.as_ref().is_none_or(|before| incident.differs(before)) {
                incident.changed = entry.now;
                said.push(Notice::Incident(Box::new(incident.clone())));
            }
        }
    }

    fn due(&self, rules: &Rules) -> Option<Moment> {
        let now = self.now?;
        let held = self.told.due(rules.rules.reference.settle);
        let judged = rules.rules.due(&self.memory, now);
        let urgent = self.incident.as_ref().and_then(|i| i.due(&self.memory, now, &rules.incident));
        [held, judged, urgent].into_iter().flatten().min()
    }
}

impl Alerts {
    /// Whether an act of this name has been taken in before.
    pub fn knows(&self, act: &Event) -> bool {
        let identity = act.identity();
        self.acts.iter().any(|done| done.identity == identity)
    }

    /// Whether this very act has been taken in before.
    fn has(&self, act: &Event) -> bool {
        let identity = act.identity();
        self.acts
            .iter()
            .any(|done| done.identity == identity && done.at == act.at && done.fact == act.fact)
    }

    /// Takes in a finding; what is new or worse makes or wakes the incident.
    fn finding(&mut self, finding: &Finding) {
        let known = self.memory.findings.iter().find(|known| known.name == finding.name);
        let gone = matches!(finding.state, State::Withdrawn | State::Superseded);
        let worse = match known {
            // What has ended may have turned out worse than it was while it went on.
            Some(known) => {
                finding.severity < known.severity || (!is_open(known) && is_open(finding))
            }
            None => finding.state != State::Cleared,
        };
        let worse = worse && !gone;
        self.memory.finding(finding);
        match &mut self.incident {
            Some(incident) => incident.hear(finding, worse),
            None if worse => {
                self.number += 1;
                let mut incident = Incident::open(self.number, finding);
                incident.hear(finding, worse);
                self.incident = Some(incident);
            }
            None => {}
        }
    }
}
