//! Near twins: ids that differ in capital letters alone, `KLM` and `klm`. They count as two, because whoever hands out
//! an id means it letter by letter; so what is said of the one is not heard of the other, and that is told.
//!
//! All spellings of an id have one that stands for them, in capital letters. A subject that is heard of for the first
//! time under another spelling says so to that one, which introduces the spellings to each other.

use crate::mail::Mail;
use alloc::boxed::Box;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::{format, string::String, vec::Vec};
use facts::fact::log::Twin;
use facts::{Fact, Finding, ShipmentId, State, Subject, Text, spelling};
use serde::{Deserialize, Serialize};

/// What a subject knows of its near twins.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Twins {
    /// Whether anything but a twin has been heard of it.
    live: bool,
    /// The other spellings that are in use.
    others: BTreeSet<Text>,
    /// On which shipments that was told.
    told: BTreeMap<ShipmentId, Box<Finding>>,
}

impl Twins {
    /// Something was said of this subject itself.
    pub(crate) fn in_use(&mut self, mail: &mut Mail<'_>) {
        if self.live {
            return;
        }
        self.live = true;
        let first = representative(mail.subject);
        if first == *mail.subject {
            let me = mail.subject.clone();
            self.others.iter().for_each(|other| introduce(mail, &me, &spelt(&me, other)));
        } else {
            introduce(mail, &mail.subject.clone(), &first);
        }
    }

    /// Another spelling is in use, too.
    pub(crate) fn meet(&mut self, twin: &Twin, mail: &mut Mail<'_>) {
        let Ok(other) = twin.subject.parse::<Subject>() else { return };
        let me = mail.subject.clone();
        if other.kind != me.kind
            || !self.others.insert(other.id.clone())
            || representative(&me) != me
        {
            return;
        }
        if self.live {
            introduce(mail, &me, &other);
        }
        for third in self.others.iter().filter(|third| **third != other.id) {
            let third = spelt(&me, third);
            introduce(mail, &third, &other);
            introduce(mail, &other, &third);
        }
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
        let others: Vec<&str> = self.others.iter().take(SHOWN).map(Text::as_str).collect();
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
fn introduce(mail: &mut Mail<'_>, who: &Subject, to: &Subject) {
    let twin = Twin { subject: Text::new(format!("{who}")) };
    let event = mail.of_log(mail.now, Fact::Twin(twin));
    mail.send_state(to, event);
}
