//! One incident: what belongs to it, its state, and the card. Its page is `incident.md`.

use crate::memory::{Memory, is_open};
use alloc::{format, string::String, vec::Vec};
use core::fmt;
use facts::context::Phase;
use facts::{
    Finding, MilliCelsius, Moment, Name, PartyId, Severity, ShipmentId, Span, State, Text,
};
use serde::{Deserialize, Serialize};

/// The table `["alerts/incident"]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbers {
    /// With less than this to the deadline or to the start of conditioning, priority is one step up.
    pub near: Span,
    /// An owned incident is not woken again within this time for the same rule about the same thing, as long as it is no
    /// worse.
    pub again: Span,
    /// A peak wakes an owned incident when its distance to the limit has doubled, and has grown by this.
    pub grown: MilliCelsius,
}

/// ISA-18.2 words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IncidentState {
    /// Going on, and nobody has taken it.
    #[default]
    ActiveUnacked,
    /// Going on, and somebody owns it.
    ActiveAcked,
    /// Over, and nobody saw it.
    ReturnedUnacked,
    /// Over, and somebody saw it.
    ReturnedAcked,
    /// Closed by a person.
    Closed,
    /// It was never more than facts that raced: all of it was taken back within moments, and nobody had seen it.
    Withdrawn,
}

/// What somebody did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// Who.
    pub by: PartyId,
    /// When, by their clock.
    pub at: Moment,
    /// Why, or what they say.
    pub text: Text,
}

/// The one open incident of a shipment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Incident {
    /// Whose.
    pub shipment: ShipmentId,
    /// Counts up with each incident of the shipment.
    pub number: u32,
    /// Where it stands.
    pub state: IncidentState,
    /// Whether time alone never ends it.
    pub latched: bool,
    /// How urgent, which is not how bad.
    pub priority: Option<Severity>,
    /// The findings that belong to it.
    pub findings: Vec<Name>,
    /// Those of them that are new or worse since somebody last took it.
    #[serde(default)]
    pub unseen: Vec<Name>,
    /// The sentence of the worst of them that goes on; where none does, of those that nobody has seen, or of all.
    pub headline: String,
    /// What is over, was seen by nobody, and was worse than what goes on: until it is seen it keeps the priority up.
    #[serde(default)]
    pub missed: Option<String>,
    /// Who holds the goods.
    pub holder: Option<PartyId>,
    /// Where.
    pub place: Option<Text>,
    /// Since when.
    pub since: Option<Moment>,
    /// When the consignee is expected to have them.
    pub eta: Option<Moment>,
    /// After this it cannot be undone.
    pub deadline: Option<Moment>,
    /// The first thing to do.
    pub action: Text,
    /// Who owns it.
    pub acknowledged: Option<Act>,
    /// What was said about it.
    pub notes: Vec<Act>,
    /// The last act that was refused, and why.
    pub refused: Option<String>,
    /// Who closed it, and who agreed.
    pub closed: Option<Act>,
    /// Who agreed.
    pub second: Option<PartyId>,
    /// When it was opened, by log time.
    pub opened: Option<Moment>,
    /// When it changed last, by log time.
    pub changed: Moment,
}

impl Incident {
    /// A new one.
    pub(crate) fn open(number: u32, finding: &Finding) -> Self {
        Self { number, opened: Some(finding.learnt), ..Self::default() }
    }

    /// A finding belongs to it; one that people must look at wakes it.
    pub(crate) fn hear(&mut self, finding: &Finding, wakes: bool) {
        if !self.findings.contains(&finding.name) {
            if matches!(finding.state, State::Withdrawn | State::Superseded) {
                return;
            }
            self.findings.push(finding.name.clone());
        }
        if wakes {
            self.acknowledged = None;
            if !self.unseen.contains(&finding.name) {
                self.unseen.push(finding.name.clone());
            }
        }
    }

    /// Whether somebody has taken it, and nothing that is worth a call has come since.
    pub fn is_owned(&self) -> bool {
        self.acknowledged.is_some()
    }

    /// Whether it has ended: a person closed it, or it was never more than a race.
    pub fn is_closed(&self) -> bool {
        matches!(self.state, IncidentState::Closed | IncidentState::Withdrawn)
    }

    /// It was never more than a race.
    pub(crate) fn withdraw(&mut self, now: Moment) {
        (self.state, self.changed, self.priority) = (IncidentState::Withdrawn, now, None);
        (self.latched, self.deadline, self.action) = (false, None, Text::default());
        self.headline = "what was reported within moments took all of it back".into();
    }

    /// Its state and its card, from what is known now.
    pub(crate) fn review(&mut self, memory: &Memory, now: Moment, numbers: &Numbers) {
        let mine: Vec<&Finding> =
            memory.findings.iter().filter(|f| self.findings.contains(&f.name)).collect();
        let open: Vec<&Finding> = mine.iter().copied().filter(|f| is_open(f)).collect();
        self.state = match (open.is_empty(), self.acknowledged.is_some()) {
            (false, false) => IncidentState::ActiveUnacked,
            (false, true) => IncidentState::ActiveAcked,
            (true, false) => IncidentState::ReturnedUnacked,
            (true, true) => IncidentState::ReturnedAcked,
        };
        self.latched = open.iter().any(|f| f.latched);
        self.unseen.retain(|name| mine.iter().any(|f| f.name == *name));
        // Of what is equally bad, what woke the incident comes first, then what leaves the least return, as its rule declares.
        let seen = |f: &Finding| !self.unseen.contains(&f.name);
        let rank = |f: &&&Finding| (f.severity, seen(f), f.precedence, f.verdict, f.happened);
        let over = mine.iter().filter(|f| !is_open(f) && !seen(f));
        let worst = open.iter().min_by_key(rank);
        let worst = worst.or_else(|| over.clone().min_by_key(rank));
        let worst = worst.or_else(|| mine.iter().min_by_key(rank));
        match worst {
            Some(worst) => {
                self.headline.clone_from(&worst.sentence);
                self.action.clone_from(&worst.action);
            }
            None => {
                self.headline = "all that was reported has been withdrawn".into();
                self.action = Text::default();
            }
        }
        self.deadline = open.iter().filter_map(|f| f.deadline).chain(no_return(memory)).min();
        let near = self.deadline.is_some_and(|deadline| now >= deadline - numbers.near);
        let severity = worst.map(|worst| worst.severity);
        let urgent = if near && !open.is_empty() { severity.map(step_up) } else { severity };
        let mut missed: Vec<&Finding> =
            over.filter(|f| !open.is_empty() && Some(f.severity) < severity).copied().collect();
        missed.sort_by_key(|f| rank(&f));
        self.missed = missed.first().map(|first| match missed.len() {
            1 => first.sentence.clone(),
            n => format!("{}; and {} more", first.sentence, n - 1),
        });
        self.priority = missed.first().map(|first| first.severity).into_iter().chain(urgent).min();
        let custody = &memory.custody;
        self.holder.clone_from(&custody.holder);
        self.place.clone_from(&custody.place);
        (self.since, self.eta) = (custody.since, custody.eta);
    }

    /// When its priority rises by itself.
    pub(crate) fn due(&self, memory: &Memory, now: Moment, numbers: &Numbers) -> Option<Moment> {
        let open = memory.findings.iter().any(|f| self.findings.contains(&f.name) && is_open(f));
        let near = self.deadline.filter(|_| open)? - numbers.near;
        (near > now).then_some(near)
    }

    /// Whether people would see a difference.
    pub(crate) fn differs(&self, before: &Self) -> bool {
        let undated = |incident: &Self| Self { changed: Moment::EARLIEST, ..incident.clone() };
        undated(self) != undated(before)
    }
}

/// The patient's point of no return, while it lies ahead.
fn no_return(memory: &Memory) -> Option<Moment> {
    let schedule = &memory.schedule;
    (schedule.order && schedule.phase == Phase::Scheduled)
        .then_some(schedule.conditioning_start)
        .flatten()
}

fn step_up(severity: Severity) -> Severity {
    match severity {
        Severity::P1 | Severity::P2 => Severity::P1,
        Severity::P3 => Severity::P2,
        Severity::P4 => Severity::P3,
    }
}

impl fmt::Display for IncidentState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ActiveUnacked => "active_unacked",
            Self::ActiveAcked => "active_acked",
            Self::ReturnedUnacked => "returned_unacked",
            Self::ReturnedAcked => "returned_acked",
            Self::Closed => "closed",
            Self::Withdrawn => "withdrawn",
        })
    }
}

impl fmt::Display for Incident {
    /// The line of a scenario: number, state, priority, headline, what was missed, and what was refused.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "incident {} {}", self.number, self.state)?;
        if self.latched {
            f.write_str(" latched")?;
        }
        if let Some(priority) = self.priority {
            write!(f, " {priority}")?;
        }
        write!(f, " \"{}\"", self.headline)?;
        if let Some(missed) = &self.missed {
            write!(f, " missed \"{missed}\"")?;
        }
        if let Some(act) = &self.acknowledged {
            write!(f, " owned by {}", act.by)?;
        }
        if let Some(act) = &self.closed {
            write!(f, " closed by {}", act.by)?;
        }
        match &self.refused {
            Some(refused) => write!(f, " refused: {refused}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_withdrawn_asks_nothing_of_anybody() {
        let mut incident = Incident { action: Text::new("Ring the holder"), ..Incident::default() };
        let (near, again) = (Span::hours(4), Span::hours(1));
        let numbers = Numbers { near, again, grown: MilliCelsius(1_000) };
        incident.review(&Memory::default(), Moment::EARLIEST, &numbers);
        assert_eq!(incident.headline, "all that was reported has been withdrawn");
        assert_eq!((incident.action, incident.priority), (Text::default(), None));
    }
}
