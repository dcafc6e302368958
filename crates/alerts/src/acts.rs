//! What staff do about an incident, and when that is refused. An act is a fact, so it is never lost:
//! one that is refused says so on the card.

use crate::incident::{Act, Incident, IncidentState};
use crate::memory::{Memory, is_open};
use alloc::{format, string::String};
use facts::fact::incident::IncidentClosed;
use facts::{Event, Fact, Moment, Severity};

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
            Fact::IncidentClosed(c) => match self.may_close(c, memory) {
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

    fn may_close(&self, act: &IncidentClosed, memory: &Memory) -> Result<(), String> {
        let mine = || memory.findings.iter().filter(|f| self.findings.contains(&f.name));
        if let Some(open) = mine().find(|f| is_open(f) && !f.latched) {
            return Err(format!("{} is still going on", open.name.rule));
        }
        let worst = mine().map(|f| f.severity).min();
        if worst != Some(Severity::P1) {
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
}
