//! One incident: what belongs to it, its state, and the card. Its page is `incident.md`.

use crate::memory::{AlertMemory, is_open};
use crate::rules::AlertRules;
use alloc::{string::String, vec::Vec};
use core::fmt;
use facts::context::Phase;
use facts::{
    Finding, Message, MilliCelsius, Moment, Name, PartyId, Severity, ShipmentId, ShortText, Span,
    State, Templates, say,
};
use serde::{Deserialize, Serialize};

/// The table `["alerts/incident"]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IncidentParameters {
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
pub struct StaffAct {
    /// Who.
    pub by: PartyId,
    /// When, by their clock.
    pub at: Moment,
    /// Why, or what they say.
    pub text: ShortText,
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
    /// The same as data.
    #[serde(default, deserialize_with = "facts::message::readable")]
    pub headline_message: Message,
    /// What is over, was seen by nobody, and was worse than what goes on: until it is seen it keeps the priority up.
    #[serde(default)]
    pub missed: Option<String>,
    /// The same as data.
    #[serde(default, deserialize_with = "facts::message::maybe_readable")]
    pub missed_message: Option<Message>,
    /// Who holds the goods.
    pub holder: Option<PartyId>,
    /// Where.
    pub place: Option<ShortText>,
    /// Since when.
    pub since: Option<Moment>,
    /// When the consignee is expected to have them.
    pub eta: Option<Moment>,
    /// After this it cannot be undone.
    pub deadline: Option<Moment>,
    /// The first thing to do.
    pub action: ShortText,
    /// Who owns it.
    pub acknowledged: Option<StaffAct>,
    /// What was said about it.
    pub notes: Vec<StaffAct>,
    /// The last act that was refused, and why.
    pub refused: Option<String>,
    /// The id of the event in which that act was reported.
    #[serde(default)]
    pub refused_act: Option<ShortText>,
    /// Who closed it, and who agreed.
    pub closed: Option<StaffAct>,
    /// Who agreed.
    pub second: Option<PartyId>,
    /// When it was opened, by log time.
    pub opened: Option<Moment>,
    /// When it changed last, by log time.
    pub changed: Moment,
}

facts::messages! {
    "alerts/incident":
    ALL_WITHDRAWN "all-withdrawn" = "all that was reported has been withdrawn";
    TAKEN_BACK_AT_ONCE "taken-back-at-once" =
        "what was reported within moments took all of it back";
    AND_MORE "and-more" = "{first}; and {count} more";
}

impl Incident {
    /// The incident as it is told: what is kept as data alone is in words, too.
    pub(crate) fn in_words(&self, templates: Templates<'_>) -> Self {
        let headline = templates.render(&self.headline_message);
        let missed = self.missed_message.as_ref().map(|missed| templates.render(missed));
        Self { headline, missed, ..self.clone() }
    }

    /// A new one.
    pub(crate) fn open(number: u32, finding: &Finding) -> Self {
        Self { number, opened: Some(finding.learnt), ..Self::default() }
    }

    /// A finding belongs to it; one that people must look at wakes it.
    pub(crate) fn attach_finding(&mut self, finding: &Finding, wakes: bool) {
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
        (self.latched, self.deadline, self.action) = (false, None, ShortText::default());
        self.missed_message = None;
        self.accept();
        self.unseen.clear();
        self.headline_message = say!(TAKEN_BACK_AT_ONCE);
    }

    /// Its state and its card, from what is known now.
    pub(crate) fn refresh(&mut self, memory: &AlertMemory, now: Moment, rules: &AlertRules) {
        let numbers = &rules.incident;
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
                self.headline_message.clone_from(&worst.message);
                self.action = rules.action(worst, &memory.custody);
            }
            None => {
                self.headline_message = say!(ALL_WITHDRAWN);
                self.action = ShortText::default();
            }
        }
        self.deadline = open.iter().filter_map(|f| f.deadline).chain(no_return(memory)).min();
        let near = self.deadline.is_some_and(|deadline| now >= deadline - numbers.near);
        let severity = worst.map(|worst| worst.severity);
        let urgent = if near && !open.is_empty() { severity.map(step_up) } else { severity };
        let mut missed: Vec<&Finding> =
            over.filter(|f| !open.is_empty() && Some(f.severity) < severity).copied().collect();
        missed.sort_by_key(|f| rank(&f));
        self.missed_message = missed.first().map(|first| match missed.len() {
            1 => first.message.clone(),
            n => say!(AND_MORE, first.message.clone(), n - 1),
        });
        self.priority = missed.first().map(|first| first.severity).into_iter().chain(urgent).min();
        let custody = &memory.custody;
        self.holder.clone_from(&custody.holder);
        self.place.clone_from(&custody.place);
        (self.since, self.eta) = (custody.since, custody.eta);
    }

    /// When its priority rises by itself.
    pub(crate) fn next_deadline(
        &self,
        memory: &AlertMemory,
        now: Moment,
        numbers: &IncidentParameters,
    ) -> Option<Moment> {
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
fn no_return(memory: &AlertMemory) -> Option<Moment> {
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
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use alloc::format;
    use facts::context::Custody;
    use facts::{Name, Precedence, Verdict};
    use scenario::ScenarioPage;

    fn rules(behaviour: u32) -> AlertRules {
        let pages = [
            include_str!("incident.md"),
            include_str!("stage_silent.md"),
            include_str!("rules/hold_conditioning.md"),
            include_str!("rules/after_no_return.md"),
        ];
        let tables: String =
            pages.iter().map(|page| ScenarioPage::read(page).unwrap().parameters).collect();
        let log = include_str!("../../../config/rulebook/log.toml");
        let book = scenario::book(&format!("{log}\n{tables}")).unwrap();
        let later = [("thermal/above-step", "Tell quality")];
        AlertRules::read(&book, behaviour, &["thermal"]).unwrap().with_actions(later.into_iter())
    }

    #[test]
    fn what_was_withdrawn_asks_nothing_of_anybody() {
        let mut incident =
            Incident { action: ShortText::new("Ring the holder"), ..Incident::default() };
        incident.refresh(&AlertMemory::default(), Moment::EARLIEST, &rules(3));
        assert_eq!(incident.headline_message, say!(ALL_WITHDRAWN));
        assert_eq!((incident.action, incident.priority), (ShortText::default(), None));
    }

    fn hour(hour: i64) -> Moment {
        Moment::from_millis(1_772_323_200_000 + hour * 3_600_000)
    }

    /// A latched finding of hour 2, over at this hour if it is.
    fn warm(until: Option<i64>) -> Finding {
        let (rule, about) =
            (ShortText::new("thermal/above-step"), ShortText::new("shipment:SHP-1"));
        Finding {
            name: Name { rule, about, offset: 1, index: 0 },
            code: ShortText::new("THM-05"),
            shipment: facts::ShipmentId::new("SHP-1"),
            state: State::Raised,
            severity: Severity::P1,
            verdict: Verdict::Violated,
            latched: true,
            happened: hour(2),
            until: until.map(hour),
            learnt: hour(2),
            message: facts::Message::plain("above -150 °C"),
            sentence: String::new(),
            evidence: [1].into(),
            unknown: Span::ZERO,
            deadline: None,
            figures: None,
            compromises: true,
            precedence: Precedence::Ordinary,
            action: ShortText::new("Look at the dewar"),
            rulebook: ShortText::default(),
            behaviour: 3,
        }
    }

    /// What stands on the card: whether it is over since hour 3, and since when the consignee has the goods, or who holds them.
    fn action(over: bool, received: Option<i64>, behaviour: u32) -> String {
        let finding = warm(over.then_some(3));
        let custody = Custody {
            since: Some(hour(received.unwrap_or(1))),
            received: received.is_some(),
            ..Custody::default()
        };
        let memory =
            AlertMemory { findings: [finding.clone()].into(), custody, ..AlertMemory::default() };
        let mut incident = Incident::open(1, &finding);
        incident.attach_finding(&finding, true);
        incident.refresh(&memory, hour(9), &rules(behaviour));
        incident.action.as_str().into()
    }

    #[test]
    fn a_card_says_what_helps_as_things_stand() {
        let look = "Look at the dewar";
        assert_eq!(action(false, None, 3), look, "on its way, and warm");
        assert_eq!(action(true, None, 3), look, "on its way: it may happen again");
        assert_eq!(action(false, Some(4), 3), look, "received, and still warm");
        assert_eq!(action(true, Some(4), 3), "Tell quality", "received, stowed, and over");
        assert_eq!(action(true, Some(1), 3), look, "it began at the consignee's");
        assert_eq!(action(true, Some(4), 2), look, "a log at behaviour 2 is read as it was");
    }
}
