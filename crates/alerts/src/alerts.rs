//! The engine value of one shipment.

use crate::calls::{Calls, News};
use crate::incident::{Incident, IncidentParameters};
use crate::input::{ExceptionInput, Notice};
use crate::memory::{AlertMemory, is_open};
use crate::race::Race;
use crate::rules::AlertRules;
use crate::stages;
use alloc::vec::Vec;
use facts::behaviour::PUTS_AWAY;
use facts::{
    Context, Engine, Event, Fact, Finding, FindingDiff, Identity, Keeps, Moment, ShipmentId,
    ShortText, StaffFact, State, Step, Trigger,
};
use serde::{Deserialize, Serialize};

/// The version of what is kept of a subject. Whoever changes that, or what it means, raises it: a snapshot of another version is not read.
pub const SCHEMA: u32 = 1;

/// Findings, contexts, what this engine itself said, and the incident.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Alerts {
    memory: AlertMemory,
    diff: FindingDiff,
    incident: Option<Incident>,
    /// What staff have done, as it is recognised when it comes again.
    acts: Vec<Done>,
    /// For what people were called.
    calls: Calls,
    /// Whether the incident was ever more than a race.
    race: Race,
    /// How many incidents there were.
    number: u32,
    /// Whether dispatch was told last that one is open.
    stands: bool,
    /// The engines that have put the shipment away.
    put_away: Vec<ShortText>,
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
    type Rules = AlertRules;
    type Input = ExceptionInput;
    type Output = Notice;

    fn accepts(_: &ExceptionInput) -> bool {
        true
    }

    fn step(
        &mut self,
        rules: &AlertRules,
        entry: &Step<'_, ExceptionInput>,
        said: &mut Vec<Notice>,
    ) {
        let Some(shipment) = entry.subject.shipment() else { return };
        let learnt = match entry.cause {
            Trigger::Input(word) => word.learnt(),
            Trigger::Timer | Trigger::RulesChanged => None,
        };
        let now = self.now.max(learnt).map_or(entry.now, |known| known.max(entry.now));
        self.now = Some(now);
        // All that follows is judged and said at that time.
        let entry = &Step { now, cause: entry.cause.again(), ..*entry };
        self.take(rules, entry, &shipment, said);
        let stands = self.incident.is_some();
        if rules.rules.behaviour >= PUTS_AWAY && stands != self.stands {
            self.stands = stands;
            said.push(Notice::Stands(now, stands));
        }
    }

    fn next_deadline(&self, rules: &AlertRules) -> Option<Moment> {
        let now = self.now?;
        let held = self.diff.next_deadline(rules.rules.reference.settle);
        let judged = rules.rules.next_deadline(&self.memory, now);
        let urgent = self
            .incident
            .as_ref()
            .and_then(|i| i.next_deadline(&self.memory, now, &rules.incident));
        let owned = self.incident.as_ref().is_some_and(Incident::is_owned);
        let again = self.calls.next_deadline(now, &rules.incident).filter(|_| owned);
        [held, judged, urgent, again].into_iter().flatten().min()
    }

    /// Every engine has put it away, and no incident of it is open.
    fn keeps(&self, rules: &AlertRules) -> Keeps {
        let away = self.is_put_away(rules) && self.incident.is_none();
        if away { Keeps::Mark(self.number) } else { Keeps::All }
    }

    /// What dispatch says of a shipment that was put away opens the next incident.
    fn revived(mark: u32, rules: &AlertRules) -> Option<Self> {
        let put_away = rules.engines.iter().copied().map(ShortText::new).collect();
        Some(Self { number: mark, put_away, ..Self::default() })
    }
}

impl Alerts {
    /// Whether every engine has said its last word on it.
    fn is_put_away(&self, rules: &AlertRules) -> bool {
        rules.engines.iter().all(|engine| self.put_away.iter().any(|name| name.as_str() == *engine))
    }

    fn take(
        &mut self,
        rules: &AlertRules,
        entry: &Step<'_, ExceptionInput>,
        shipment: &ShipmentId,
        said: &mut Vec<Notice>,
    ) {
        let now = entry.now;
        let before = self.incident.clone();
        match entry.cause {
            Trigger::Input(ExceptionInput::Finding(finding)) => {
                self.finding(finding, now, rules, false)
            }
            Trigger::Input(ExceptionInput::Context(_, Context::PutAway(engine))) => {
                if !self.put_away.contains(engine) {
                    self.put_away.push(engine.clone());
                }
                // Nobody will say any more that something is over: only people can end it.
                if self.is_put_away(rules) {
                    self.memory.findings.iter_mut().for_each(|finding| finding.latched = true);
                }
            }
            Trigger::Input(ExceptionInput::Context(learnt, context)) => {
                self.memory.context(now, *learnt, context)
            }
            // The same act again is none: it must not close the next incident.
            Trigger::Input(ExceptionInput::Act(event)) if self.has(event) => return,
            Trigger::Input(ExceptionInput::Act(event)) if self.knows(event) => {
                self.incident.as_mut().into_iter().for_each(|open| open.refuse_copy(event));
            }
            Trigger::Input(ExceptionInput::Act(event)) => {
                let (identity, at, fact) = (event.identity(), event.at, event.fact.clone());
                self.acts.push(Done { identity, at, fact });
                self.race.seen();
                let done = self
                    .incident
                    .as_mut()
                    .is_some_and(|open| open.act(event, entry.now, &self.memory));
                if done && !matches!(event.fact, Fact::Staff(StaffFact::IncidentNoted(_))) {
                    self.calls.all_seen(&self.memory);
                }
                if done && self.incident.as_ref().is_some_and(Incident::is_closed) {
                    // A stage is watched for ever: what is over of it is not needed again.
                    if shipment.as_str().starts_with(stages::NAMED) {
                        self.memory.findings.retain(is_open);
                    }
                    said.extend(self.incident.take().map(|closed| rules.notice(&closed)));
                    return;
                }
            }
            Trigger::Timer | Trigger::RulesChanged => {}
        }
        let mut own = Vec::new();
        self.diff.judge(&rules.rules, &self.memory, (entry, None), &mut own);
        for finding in own {
            self.finding(&finding, now, rules, true);
            said.push(Notice::Finding(finding.into()));
        }
        self.overdue(now, &rules.incident);
        let ends = rules.rules.behaviour >= PUTS_AWAY && self.race.was_all();
        if let Some(mut race) = self.incident.take_if(|_| ends) {
            race.withdraw(now);
            said.push(rules.notice(&race));
        }
        if let Some(incident) = &mut self.incident {
            incident.shipment.clone_from(shipment);
            incident.refresh(&self.memory, entry.now, rules);
            if before.as_ref().is_none_or(|before| incident.differs(before)) {
                incident.changed = entry.now;
                said.push(rules.notice(incident));
            }
        }
    }

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

    /// Takes in a finding; what is new or worse opens the incident or wakes it.
    fn finding(&mut self, finding: &Finding, now: Moment, rules: &AlertRules, own: bool) {
        let numbers = &rules.incident;
        let known = self.memory.findings.iter().find(|known| known.name == finding.name);
        let news = match finding.state {
            State::Withdrawn | State::Superseded => News::None,
            // What is heard of for the first time when it is over was told before and is no news.
            State::Cleared if known.is_none() => News::None,
            _ => self.calls.news(known, finding, numbers),
        };
        self.memory.finding(finding, rules.rules.templates());
        let owned = self.incident.as_ref().is_some_and(Incident::is_owned);
        let wakes = match news {
            News::None => false,
            News::Again => !(owned && self.calls.too_soon(finding, now, numbers)),
            News::Worse => true,
        };
        if wakes {
            self.calls.call(finding, now);
        } else if news == News::Again {
            self.calls.wait(finding);
        }
        match &mut self.incident {
            Some(incident) => incident.attach_finding(finding, wakes),
            None if wakes => {
                self.number += 1;
                let mut incident = Incident::open(self.number, finding);
                incident.attach_finding(finding, wakes);
                self.incident = Some(incident);
                self.race = Race::default();
            }
            None => {}
        }
        let mine = |incident: &Incident| incident.findings.contains(&finding.name);
        if self.incident.as_ref().is_some_and(mine) {
            self.race.hear(finding, rules.rules.reference.settle, own);
        }
    }

    /// What came again too soon and still goes on when the time is over wakes the incident then.
    fn overdue(&mut self, now: Moment, numbers: &IncidentParameters) {
        let Some(incident) = self.incident.as_mut().filter(|incident| incident.is_owned()) else {
            return;
        };
        for finding in self.calls.overdue(&self.memory, now, numbers) {
            self.calls.call(&finding, now);
            incident.attach_finding(&finding, true);
        }
    }
}
