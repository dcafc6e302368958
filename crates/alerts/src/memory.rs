//! All that is known of one shipment where its findings meet.

use alloc::{string::String, vec::Vec};
use facts::context::{Class, Custody, Phase, Schedule};
use facts::{Context, Finding, Message, Moment, State, Templates};
use serde::{Deserialize, Serialize};

/// Findings by name in their last state, and the other engines' contexts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertMemory {
    /// Every finding that was not taken back, in the order of its first appearance.
    pub findings: Vec<Finding>,
    /// The latest of custody.
    pub custody: Custody,
    /// Each change of when the goods are expected.
    pub expected: Vec<Expected>,
    /// Stretches without a known temperature, by what thermal knew at the time.
    pub unknown: Vec<Unknown>,
    /// The latest of schedule.
    pub schedule: Schedule,
    /// When an order was first heard of: what belongs to it follows a moment later.
    pub ordered: Option<Moment>,
}

/// What was expected from then on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// Learnt then, by custody's log time.
    pub learnt: Moment,
    /// When the consignee is to have the goods.
    pub eta: Option<Moment>,
    /// Whether they have them.
    pub received: bool,
}

/// No temperature is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unknown {
    /// How fast the goods are lost.
    pub class: Class,
    /// Since then, by the devices.
    pub since: Moment,
    /// When thermal learnt that first: what it learns next follows a moment later.
    pub learnt: Moment,
    /// When alerts heard that first: where thermal catches up, more follows a moment later.
    pub heard: Moment,
    /// Until thermal heard something again, by its log time.
    pub until: Option<Moment>,
}

impl AlertMemory {
    /// Takes in a finding's latest state; what was taken back never was.
    pub fn finding(&mut self, finding: &Finding, words: Templates<'_>) {
        let place = self.findings.iter().position(|known| known.name == finding.name);
        let gone = matches!(finding.state, State::Withdrawn | State::Superseded);
        match place {
            Some(place) if gone => drop(self.findings.remove(place)),
            Some(place) => self.findings[place] = kept(finding, words),
            None if gone => {}
            None => self.findings.push(kept(finding, words)),
        }
    }

    /// Takes in what an engine says beside its findings, and learnt at that moment by its log time: whether alerts hears
    /// of it at once or hours later, what was known when stays the same.
    pub fn context(&mut self, now: Moment, learnt: Moment, context: &Context) {
        match context {
            Context::Custody(custody) => {
                let (eta, received) = (custody.eta, custody.received);
                if self
                    .expected
                    .last()
                    .is_none_or(|last| (last.eta, last.received) != (eta, received))
                {
                    self.expected.push(Expected { learnt, eta, received });
                }
                self.custody.clone_from(custody);
            }
            Context::Thermal(thermal) => {
                let stretch = thermal.unknown_since.map(|since| {
                    let class = thermal.class;
                    Unknown { class, since, learnt, heard: now, until: None }
                });
                let open = self.unknown.iter_mut().find(|stretch| stretch.until.is_none());
                match (open, stretch) {
                    // Later data say how it was: from now on less is unknown, and what was unknown stays so.
                    (Some(open), Some(stretch)) if stretch.since > open.since => {
                        open.until = Some(learnt);
                        self.unknown.push(stretch);
                    }
                    (Some(open), Some(stretch)) => {
                        let (learnt, heard) = (open.learnt, open.heard);
                        *open = Unknown { learnt, heard, ..stretch };
                    }
                    (Some(open), None) => open.until = Some(learnt),
                    (None, stretch) => self.unknown.extend(stretch),
                }
            }
            Context::Schedule(schedule) => {
                self.ordered = schedule.order.then(|| self.ordered.unwrap_or(now));
                self.schedule = (**schedule).clone();
            }
            // Nothing of it changes what is known.
            Context::PutAway(_) => {}
        }
    }

    /// When the patient's way through this treatment ended: held, postponed or infused.
    pub fn ended(&self, phases: &[Phase]) -> Option<Moment> {
        phases.contains(&self.schedule.phase).then_some(self.schedule.since).flatten()
    }
}

/// A finding as it is kept. Its sentence is made anew of its message where people read it; where another release said it in words that
/// this one does not have, it is kept as it was said.
fn kept(finding: &Finding, words: Templates<'_>) -> Finding {
    let message = match words.know(&finding.message) {
        true => finding.message.clone(),
        false => Message::plain(&finding.sentence),
    };
    Finding { message, sentence: String::new(), ..finding.clone() }
}

/// Whether it goes on.
pub(crate) fn is_open(finding: &Finding) -> bool {
    finding.until.is_none() && finding.state != State::Cleared
}
