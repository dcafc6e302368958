//! Near twins: ids that differ in capital letters alone, `KLM` and `klm`. They count as two, because whoever hands out
//! an id means it letter by letter; so what is said of the one is not heard of the other, and that is told.
//!
//! All spellings of an id have one that stands for them, in capital letters. A subject that is heard of for the first
//! time under another spelling says so to that one, which introduces the spellings to each other.

use crate::mail::Mail;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::{format, string::String, vec::Vec};
use facts::fact::log::Twin;
use facts::{Fact, Finding, ShipmentId, State, Subject, Text, spelling};
use serde::{Deserialize, Serialize};

/// What a subject knows of its near twins.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Twins {
    /// Whether anything but a twin has been heard of it.
    live: bool,
    /// Whether something is known of it itself, as far as its twins have heard.
    known: bool,
    /// The other spellings that are in use, and whether something is known of each itself.
    others: BTreeMap<Text, bool>,
    /// On which shipments that was told.
    told: BTreeMap<ShipmentId, Box<Finding>>,
}

impl Twins {
    /// Something was said of this subject itself; by now it is known, or is not.
    pub(crate) fn in_use(&mut self, known: bool, mail: &mut Mail<'_>) {
        if self.live && self.known == known {
            return;
        }
        (self.live, self.known) = (true, known);
        let me = mail.subject.clone();
        let first = representative(&me);
        if first == me {
            self.others.keys().for_each(|other| introduce(mail, (&me, known), &spelt(&me, other)));
        } else {
            introduce(mail, (&me, known), &first);
        }
    }

    /// Another spelling is in use, too, or something has become known of it.
    pub(crate) fn meet(&mut self, twin: &Twin, mail: &mut Mail<'_>) {
        let Ok(other) = twin.subject.parse::<Subject>() else { return };
        let me = mail.subject.clone();
        if other.kind != me.kind {
            return;
        }
        let before = self.others.insert(other.id.clone(), twin.known);
        if before == Some(twin.known) || representative(&me) != me {
            return;
        }
        let new = before.is_none();
        if self.live && new {
            introduce(mail, (&me, self.known), &other);
        }
        for (third, known) in self.others.iter().filter(|(third, _)| **third != other.id) {
            let third = spelt(&me, third);
            introduce(mail, (&other, twin.known), &third);
            if new {
                introduce(mail, (&third, *known), &other);
            }
        }
    }

    /// Whether this one and all others are known themselves: then they are several, and nothing is told.
    pub(crate) fn are_several(&self) -> bool {
        self.known && self.others.values().all(|known| *known)
    }

    /// Whether there is anything to tell, or to take back.
    pub(crate) fn matter(&self) -> bool {
        self.live && !(self.others.is_empty() && self.told.is_empty())
    }

    /// The shipments on which it was told.
    pub(crate) fn told(&self) -> Vec<ShipmentId> {
        self.told.keys().cloned().collect()
    }

    /// Tells these shipments, each once, and takes it back where it concerns them no more.
    pub(crate) fn tell(&mut self, concerned: &[ShipmentId], mail: &mut Mail<'_>) {
        let gone: Vec<ShipmentId> =
            self.told.keys().filter(|told| !concerned.contains(told)).cloned().collect();
        for shipment in gone {
            if let Some(finding) = self.told.remove(&shipment) {
                mail.over(*finding, State::Withdrawn);
            }
        }
        for shipment in concerned.iter().filter(|_| !self.others.is_empty()) {
            if !self.told.contains_key(shipment) {
                let finding = mail.near_twin(shipment, &self.sentence(mail.subject));
                self.told.insert(shipment.clone(), Box::new(finding));
            }
        }
    }

    fn sentence(&self, me: &Subject) -> String {
        let others: Vec<&str> = self.others.keys().take(SHOWN).map(Text::as_str).collect();
        format!(
            "{} `{}` and `{}` are both in use and differ in capital letters alone: they count as two, and what is said of the one is not heard of the other",
            me.kind.word(),
            me.id,
            others.join("`, `")
        )
    }
}

/// A sentence names so many of them.
const SHOWN: usize = 20;

/// The subject that stands for all spellings of this one.
fn representative(subject: &Subject) -> Subject {
    Subject::new(subject.kind, spelling::plain(&subject.id))
}

fn spelt(like: &Subject, id: &Text) -> Subject {
    Subject::new(like.kind, id)
}

/// Tells one spelling of another.
fn introduce(mail: &mut Mail<'_>, (who, known): (&Subject, bool), to: &Subject) {
    let twin = Twin { subject: Text::new(format!("{who}")), known };
    let event = mail.of_log(mail.now, Fact::Twin(twin));
    mail.send_state(to, event);
}
