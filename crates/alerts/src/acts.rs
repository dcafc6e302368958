//! What staff do about an incident, and when that is refused. An act is a fact, so it is never lost:
//! one that is refused says so on the card.

use crate::incident::{Act, Incident, IncidentState};
use crate::memory::{Memory, is_open};
use alloc::{format, string::String};
use facts::fact::incident::IncidentClosed;
use facts::{Event, Fact, Finding, Moment, Severity};

impl Incident {
    /// Takes an act in; says whether it was done.
    pub(crate) fn act(&mut self, event: &Event, now: Moment, memory: &Memory) -> bool {
        let at = event.at;
        self.refused = None;
        match &event.fact {
            Fact::Acknowledged(a) => {
                self.acknowledged = Some(Act { by: a.by.clone(), at, text: a.reason.clone() });
                true
            }
            Fact::IncidentNoted(n) => {
                self.notes.push(Act { by: n.by.clone(), at, text: n.text.clone() });
                true
            }
            Fact::IncidentClosed(c) => match self.may_close(c, &memory.findings) {
                Ok(()) => {
                    self.closed = Some(Act { by: c.by.clone(), at, text: c.reason.clone() });
                    self.second.clone_from(&c.second);
                    (self.state, self.changed) = (IncidentState::Closed, now);
                    true
                }
                Err(reason) => {
                    self.refused = Some(reason);
                    false
                }
            },
            _ => false,
        }
    }

    /// Another act under a name that is taken: none of them can be preferred.
    pub(crate) fn refuse_copy(&mut self, event: &Event) {
        self.refused = Some(format!("another act is named {}: send this one anew", event.id));
    }

    /// Whether it can be closed so, as far as these findings of its shipment say; why not, if not.
    pub fn may_close<'a>(
        &self,
        act: &IncidentClosed,
        findings: impl IntoIterator<Item = &'a Finding> + Clone,
    ) -> Result<(), String> {
        if let Some(open) = self.going_on(findings.clone()) {
            return Err(format!("{} is still going on", open.name.rule));
        }
        if !self.takes_two(findings) {
            return Ok(());
        }
        match &act.second {
            None => Err(String::from("closing a P1 takes two people")),
            Some(second) if *second == act.by => {
                Err(format!("closing a P1 takes two people, and {second} is one"))
            }
            Some(_) => Ok(()),
        }
    }

    /// What goes on that time could still end: until it is over, nobody can close the incident.
    pub fn going_on<'a>(
        &self,
        findings: impl IntoIterator<Item = &'a Finding>,
    ) -> Option<&'a Finding> {
        self.mine(findings).find(|f| is_open(f) && !f.latched)
    }

    /// Whether closing it takes a second person.
    pub fn takes_two<'a>(&self, findings: impl IntoIterator<Item = &'a Finding>) -> bool {
        self.mine(findings).map(|f| f.severity).min() == Some(Severity::P1)
    }

    fn mine<'a>(
        &self,
        findings: impl IntoIterator<Item = &'a Finding>,
    ) -> impl Iterator<Item = &'a Finding> {
        findings.into_iter().filter(|f| self.findings.contains(&f.name))
    }
}
