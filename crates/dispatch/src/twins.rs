//! Near twins: ids that look alike, `KLM` and `klm`, `SHP-0001` and `SHP-OOO1` (see [`facts::alike`]). They count as two, because
//! whoever hands out an id means it letter by letter; so what is said of the one is not heard of the other, and that is told.
//!
//! A subject that is heard of for the first time says so to the look of its id, one letter for each; there all that look so are
//! introduced to each other. The look is a subject as any other, which may be in use itself.

use crate::findings::words::near_twin as words;
use crate::sink::RouteSink;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::{format, vec, vec::Vec};
use facts::fact::log::Twin;
use facts::{
    Argument, Fact, Finding, Message, ShipmentId, ShortText, State, Subject, SystemFact, alike,
    say, spelling,
};
use serde::{Deserialize, Serialize};

/// What a subject knows of its near twins.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Twins {
    /// At which behaviour it said that it is in use: once anything but a twin has been heard of it.
    said_at: Option<u32>,
    /// Whether something is known of it itself, as far as its twins have heard.
    known: bool,
    /// The others that are in use, and whether something is known of each itself.
    others: BTreeMap<ShortText, bool>,
    /// On which shipments that was told.
    told: BTreeMap<ShipmentId, Box<Finding>>,
}

impl Twins {
    /// Something was said of this subject itself; by now it is known, or is not.
    pub(crate) fn in_use(&mut self, known: bool, sink: &mut RouteSink<'_>) {
        let behaviour = sink.rulebook.1;
        // In a log that has gone on from a behaviour at which fewer ids were alike everybody says so again.
        let said = self.said_at.is_some_and(|at| (at > UP_TO_CASE) == (behaviour > UP_TO_CASE));
        if said && self.known == known {
            return;
        }
        (self.said_at, self.known) = (Some(behaviour), known);
        let me = sink.subject.clone();
        for look in looks(&me, behaviour) {
            if look == me {
                let others = self.others.keys();
                others.for_each(|other| introduce(sink, (&me, known), &spelt(&me, other)));
            } else {
                introduce(sink, (&me, known), &look);
            }
        }
    }

    /// This subject is forgotten: those that look like it need not know it any more.
    pub(crate) fn leave(&mut self, sink: &mut RouteSink<'_>) {
        if self.said_at.take().is_none() {
            return;
        }
        let me = sink.subject.clone();
        for look in looks(&me, sink.rulebook.1) {
            if look != me {
                part(sink, &me, &look);
                continue;
            }
            for other in self.others.keys().map(|other| spelt(&me, other)).collect::<Vec<_>>() {
                part(sink, &me, &other);
            }
        }
    }

    /// Whether nothing is known of any other, and this one is not in use itself.
    pub(crate) fn are_none(&self) -> bool {
        self.said_at.is_none() && self.others.is_empty() && self.told.is_empty()
    }

    /// Another one is not in use any more.
    fn forget(&mut self, other: &Subject, sink: &mut RouteSink<'_>) {
        if self.others.remove(&other.id).is_none() {
            return;
        }
        let me = sink.subject.clone();
        let looks_so = |who: &Subject| looks(who, sink.rulebook.1).contains(&me);
        let thirds = self.others.keys().map(|third| spelt(&me, third));
        let thirds: Vec<Subject> =
            thirds.filter(|third| looks_so(other) && looks_so(third)).collect();
        thirds.iter().for_each(|third| part(sink, other, third));
    }

    /// Another one is in use, too, or something has become known of it.
    pub(crate) fn meet(&mut self, twin: &Twin, sink: &mut RouteSink<'_>) {
        let Ok(other) = twin.subject.parse::<Subject>() else { return };
        if twin.gone {
            return self.forget(&other, sink);
        }
        let me = sink.subject.clone();
        let new = !self.others.contains_key(&other.id);
        if other.kind != me.kind || (new && self.others.len() >= MOST) {
            return;
        }
        let before = self.others.insert(other.id.clone(), twin.known);
        let behaviour = sink.rulebook.1;
        let looks_so = |who: &Subject| looks(who, behaviour).contains(&me);
        if before == Some(twin.known) || !looks_so(&other) {
            return;
        }
        if self.said_at.is_some() && new {
            introduce(sink, (&me, self.known), &other);
        }
        let others = self.others.iter().map(|(third, known)| (spelt(&me, third), known));
        let so: Vec<_> = others.filter(|(third, _)| *third != other && looks_so(third)).collect();
        for (third, known) in so {
            introduce(sink, (&other, twin.known), &third);
            if new {
                introduce(sink, (&third, *known), &other);
            }
        }
    }

    /// Whether this one and all others are known themselves: then they are several, and nothing is told.
    pub(crate) fn are_several(&self) -> bool {
        self.known && self.others.values().all(|known| *known)
    }

    /// Whether there is anything to tell, or to take back.
    pub(crate) fn matter(&self) -> bool {
        self.said_at.is_some() && !(self.others.is_empty() && self.told.is_empty())
    }

    /// The shipments on which it was told.
    pub(crate) fn told(&self) -> Vec<ShipmentId> {
        self.told.keys().cloned().collect()
    }

    /// Tells these shipments, each once, and takes it back where it concerns them no more.
    pub(crate) fn tell(&mut self, concerned: &[ShipmentId], sink: &mut RouteSink<'_>) {
        let gone: Vec<ShipmentId> =
            self.told.keys().filter(|told| !concerned.contains(told)).cloned().collect();
        for shipment in gone {
            if let Some(finding) = self.told.remove(&shipment) {
                sink.over(*finding, State::Withdrawn);
            }
        }
        for shipment in concerned.iter().filter(|_| !self.others.is_empty()) {
            if !self.told.contains_key(shipment) {
                let finding = sink.near_twin(shipment, self.message(sink.subject, sink.rulebook.1));
                self.told.insert(shipment.clone(), Box::new(finding));
            }
        }
    }

    fn message(&self, me: &Subject, behaviour: u32) -> Message {
        let (kind, id) = (me.kind.word(), &me.id);
        let others = self.others.keys().take(SHOWN);
        if behaviour <= UP_TO_CASE {
            let others = Argument::list(others.map(|other| say!(words::ID, other)));
            return say!(words::CASE, kind, id, others);
        }
        let each = |other: &ShortText| say!(words::OTHER, other, alike::differences(id, other));
        let others = others.map(each).map(Argument::from).collect();
        say!(words::LOOKS, kind, id, Argument::AllOf(others))
    }
}

/// A message names so many of them.
const SHOWN: usize = 20;

/// So many are known of one subject: beyond that they are no slips of the pen.
const MOST: usize = 50;

/// Up to this behaviour only ids that differ in case were alike.
pub(crate) const UP_TO_CASE: u32 = facts::behaviour::LOOKS_ALIKE - 1;

/// The subjects in which all that look like this one meet.
fn looks(subject: &Subject, behaviour: u32) -> Vec<Subject> {
    let looks = match behaviour <= UP_TO_CASE {
        true => vec![spelling::plain(&subject.id)],
        false => alike::looks(&subject.id),
    };
    looks.into_iter().map(|look| Subject::new(subject.kind, look)).collect()
}

fn spelt(like: &Subject, id: &ShortText) -> Subject {
    Subject::new(like.kind, id)
}

/// Tells one spelling of another.
fn introduce(sink: &mut RouteSink<'_>, (who, known): (&Subject, bool), to: &Subject) {
    let twin = Twin { subject: ShortText::new(format!("{who}")), known, gone: false };
    let event = sink.of_log(sink.now, Fact::System(SystemFact::Twin(twin)));
    sink.send_state(to, event);
}

/// Tells one that another is not in use any more.
fn part(sink: &mut RouteSink<'_>, who: &Subject, from: &Subject) {
    let twin = Twin { subject: ShortText::new(format!("{who}")), known: false, gone: true };
    let event = sink.of_log(sink.now, Fact::System(SystemFact::Twin(twin)));
    sink.send_state(from, event);
}
