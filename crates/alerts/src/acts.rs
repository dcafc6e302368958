//! What staff do about an incident, and when that is refused. An act is a fact, so it is never lost:
//! one that is refused says so on the card.

use crate::incident::{Incident, IncidentState, StaffAct};
use crate::memory::{AlertMemory, is_open};
use alloc::{format, string::String};
use facts::fact::incident::IncidentClosed;
use facts::spelling::{same_person, same_person_up_to_2};
use facts::{Event, Fact, Finding, Moment, Severity, StaffFact};

/// A card repeats every note with every change, in one record of the log.
const MOST_NOTES: usize = 200;

impl Incident {
    /// Takes an act in; says whether it was done.
    pub(crate) fn act(&mut self, event: &Event, now: Moment, memory: &AlertMemory) -> bool {
        let at = event.at;
        self.accept();
        match &event.fact {
            Fact::Staff(StaffFact::Acknowledged(a)) => {
                self.acknowledged = Some(StaffAct { by: a.by.clone(), at, text: a.reason.clone() });
                self.unseen.clear();
                true
            }
            Fact::Staff(StaffFact::IncidentNoted(_)) if self.notes.len() >= MOST_NOTES => {
                self.refuse(event, format!("{MOST_NOTES} notes stand on it, and no more can"));
                false
            }
            Fact::Staff(StaffFact::IncidentNoted(n)) => {
                self.notes.push(StaffAct { by: n.by.clone(), at, text: n.text.clone() });
                true
            }
            Fact::Staff(StaffFact::IncidentClosed(c)) => {
                match self.may_close(c, &memory.findings) {
                    Ok(()) => {
                        self.closed =
                            Some(StaffAct { by: c.by.clone(), at, text: c.reason.clone() });
                        self.second.clone_from(&c.second);
                        (self.state, self.changed) = (IncidentState::Closed, now);
                        self.unseen.clear();
                        self.missed_message = None;
                        true
                    }
                    Err(reason) => {
                        self.refuse(event, reason);
                        false
                    }
                }
            }
            _ => false,
        }
    }

    /// Another act under a name that is taken: none of them can be preferred.
    pub(crate) fn refuse_copy(&mut self, event: &Event) {
        self.refuse(event, format!("another act is named {}: send this one anew", event.id));
    }

    /// Forgets which act was refused last.
    pub(crate) fn accept(&mut self) {
        (self.refused, self.refused_act) = (None, None);
    }

    fn refuse(&mut self, event: &Event, why: String) {
        (self.refused, self.refused_act) = (Some(why), Some(event.id.clone()));
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
        if !self.takes_two(findings.clone()) {
            return Ok(());
        }
        let behaviour = self.mine(findings).map(|finding| finding.behaviour).max();
        let same = if behaviour <= Some(2) { same_person_up_to_2 } else { same_person };
        match &act.second {
            None => Err(String::from("closing a P1 takes two people")),
            Some(second) if same(second.as_str(), act.by.as_str()) => {
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

#[cfg(test)]
mod tests {
    use super::*;
    use facts::fact::incident::IncidentNoted;
    use facts::{PartyId, ShipmentId, ShortText, Subject};

    #[test]
    fn letters_that_look_alike_make_nobody_two() {
        let book = |behaviour| -> Finding {
            let finding = r#"{"name":{"rule":"custody/content-count","about":"shipment:SHP-1","offset":1,"index":0},"code":"CUS-09","shipment":"SHP-1","state":"raised","severity":"P1","verdict":"violated","latched":true,"happened":"2026-03-01T08:00:00Z","until":null,"learnt":"2026-03-01T08:00:00Z","sentence":"s","evidence":[1],"unknown":"0 s","deadline":null,"figures":null,"compromises":true,"action":"a","rulebook":"b","behaviour":0}"#;
            let finding: Finding = serde_json::from_str(finding).unwrap();
            Finding { behaviour, ..finding }
        };
        let close = |second: &str, behaviour: u32| {
            let finding = book(behaviour);
            let incident =
                Incident { findings: [finding.name.clone()].into(), ..Incident::default() };
            let (by, second) = (PartyId::new("ANNA"), Some(PartyId::new(second)));
            let act = IncidentClosed { by, reason: ShortText::new("found"), second };
            incident.may_close(&act, [&finding])
        };
        for second in ["anna", "Änna", "\u{410}NN\u{410}", "ａｎｎａ", "AN\u{200b}NA"] {
            let refused = Err(format!("closing a P1 takes two people, and {second} is one"));
            assert_eq!(close(second, 3), refused, "{second}");
        }
        assert_eq!(close("HANNA", 3), Ok(()));
        // A log that is at behaviour 2 is read as it was.
        assert_eq!(close("\u{410}NN\u{410}", 2), Ok(()));
        assert!(close("Änna", 2).is_err());
    }

    #[test]
    fn notes_are_taken_up_to_so_many_and_then_refused_on_the_card() {
        let (by, memory) = (PartyId::new("ANNA"), AlertMemory::default());
        let note = |n: usize| Event {
            source: ShortText::new("desk"),
            id: ShortText::new(format!("n-{n}")),
            subject: Subject::from(&ShipmentId::new("SHP-1")),
            at: Moment::EARLIEST,
            counts: None,
            hidden: None,
            fact: Fact::Staff(StaffFact::IncidentNoted(IncidentNoted {
                by: by.clone(),
                text: ShortText::new("rang"),
            })),
        };
        let mut incident = Incident::default();
        let mut done = |n| incident.act(&note(n), Moment::EARLIEST, &memory);
        assert!((0..MOST_NOTES).all(&mut done));
        assert!(!done(MOST_NOTES));
        assert_eq!(incident.notes.len(), MOST_NOTES);
        assert_eq!(incident.refused.as_deref(), Some("200 notes stand on it, and no more can"));
    }
}
