//! A logger or tracker: whose its readings are, whenever that is learnt; and since when it is quiet.
//!
//! Readings are kept for some days, so that an attachment learnt late claims what it covers and a
//! correction finds its way. A reading is recognised by probe, time and value.

use crate::channel::{Channel, Held, Passed};
use crate::claims::{place, withdraw};
use crate::kept::{Copy, File, Kept, Known, correction};
use crate::mail::Mail;
use crate::passed::{Fate, Passed as Said};
use crate::rules::Numbers;
use alloc::{collections::BTreeSet, vec::Vec};
use facts::fact::device::{Quiet, Reading};
use facts::{Event, Fact, Identity, Moment, Subject, Text};
use serde::{Deserialize, Serialize};

/// What dispatch knows of a device.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Device {
    known: Known,
    channels: Vec<(Text, Channel)>,
    /// Calibrations and imports.
    papers: File,
    /// Readings that were declared wrong, by name, and whether they came.
    wrong: Vec<(u64, bool)>,
    /// What it was ever said to be attached to, rightly or not.
    ever: BTreeSet<Subject>,
}

const NOBODY: &str = "no attachment claimed this reading in time";

impl Device {
    pub(crate) fn hear(&mut self, numbers: &Numbers, event: &Event, mail: &mut Mail<'_>) {
        if let Fact::Reading(reading) = &event.fact {
            return self.measured(numbers, event, reading, mail);
        }
        match self.known.admit(event) {
            Copy::Same => return mail.count(Fate::Duplicate),
            Copy::Other => {
                mail.count(Fate::Duplicate);
                for shipment in self.homes().iter().filter_map(Subject::shipment) {
                    mail.conflicting(&shipment, event);
                }
                return;
            }
            Copy::New => mail.count(Fate::Judged),
        }
        match &event.fact {
            Fact::Attached(a) => self.bind(&a.channel, event, mail),
            Fact::Detached(d) => self.bind(&d.channel, event, mail),
            Fact::DeviceCorrected(c) => {
                self.wrong.push((name(&c.source, &c.id), false));
                self.correct(event, mail);
            }
            _ => {
                if self.papers.take(event, mail.now) {
                    self.homes().iter().for_each(|home| mail.send(home, event.clone()));
                }
            }
        }
        // A reading that has lost its home may have waited long enough already.
        self.strike(numbers, mail);
    }

    fn measured(
        &mut self,
        numbers: &Numbers,
        event: &Event,
        reading: &Reading,
        mail: &mut Mail<'_>,
    ) {
        let named = name(&event.source, &event.id);
        let wrong = self.wrong.iter_mut().find(|(wrong, _)| *wrong == named);
        let wrong = wrong.map(|(_, came)| core::mem::replace(came, true));
        let channel = self.channel(&reading.channel);
        if wrong == Some(true) || channel.knows(event.at, reading.temperature) {
            return mail.count(Fate::Duplicate);
        }
        (channel.heard, channel.stated) = (Some(mail.now), None);
        if wrong == Some(false) {
            return mail.count(Fate::Judged);
        }
        channel.trim(mail.now, numbers.keep);
        let Some(home) = channel.home(event.at) else {
            channel.held.push(Held { name: named, kept: Kept::new(event, mail.now) });
            return mail.count(Fate::Held);
        };
        mail.send(home, event.clone());
        mail.count(Fate::Judged);
        let (at, temperature, learnt) = (event.at, reading.temperature, mail.now);
        let to = place(home);
        channel.note(Passed { at, temperature, name: named, learnt, to });
    }

    /// An attachment or a detachment: who must hear of it, and whose the readings are now.
    fn bind(&mut self, name: &Text, event: &Event, mail: &mut Mail<'_>) {
        if self.is_wrong(event) {
            return;
        }
        if let Fact::Attached(attached) = &event.fact {
            self.ever.extend(attached.to());
        }
        let channel = self.channel(name);
        channel.bind(Kept::new(event, mail.now));
        channel.heard = channel.heard.max(Some(mail.now));
        channel.stated = None;
        self.settle(name, mail);
    }

    /// Whether it was declared wrong before it came.
    fn is_wrong(&self, event: &Event) -> bool {
        let named = name(&event.source, &event.id);
        self.wrong.iter().any(|(wrong, _)| *wrong == named)
    }

    /// Takes back what a correction names: a reading, or what the device was attached to.
    fn correct(&mut self, event: &Event, mail: &mut Mail<'_>) {
        let Some(wrong) = correction(&event.fact) else { return };
        self.papers.take(event, mail.now);
        let Some((named, _)) = self.wrong.last().copied() else { return };
        let mut told = self.homes();
        let names: Vec<Text> = self.channels.iter().map(|(name, _)| name.clone()).collect();
        for name in names {
            let channel = self.channel(&name);
            let held = channel.held.len();
            channel.held.retain(|held| held.name != named);
            let gone = channel.held.len() != held;
            let reading = channel.readings.iter().position(|r| r.name == named);
            let reading = reading.map(|at| channel.readings.remove(at));
            let bindings = &mut channel.bindings;
            let is_it =
                |b: &crate::channel::Binding| Identity::of(&b.kept.source, &b.kept.id) == wrong;
            let binding = bindings.iter().position(is_it).map(|at| bindings.remove(at));
            if gone {
                mail.count(Fate::FromHeld);
                mail.count(Fate::Judged);
                return self.came();
            }
            if let Some(reading) = reading {
                for home in told.iter().filter(|home| place(home) == reading.to) {
                    withdraw(mail, home, &name, &reading);
                }
                return self.came();
            }
            if let Some(binding) = binding {
                told.extend(binding.told);
                told.sort();
                told.dedup();
                // What it was attached to is learnt anew: its silence counts from here.
                let channel = self.channel(&name);
                (channel.heard, channel.stated) = (channel.heard.max(Some(mail.now)), None);
                told.iter().for_each(|home| mail.send(home, event.clone()));
                return self.settle_among(&name, &told, mail);
            }
        }
        // A calibration, or something that has not come yet.
        told.iter().for_each(|home| mail.send(home, event.clone()));
    }

    /// What the last correction names is here.
    fn came(&mut self) {
        self.wrong.iter_mut().last().into_iter().for_each(|(_, came)| *came = true);
    }

    /// After the attachments changed: tells whom they concern, and moves readings to where they belong.
    fn settle(&mut self, name: &Text, mail: &mut Mail<'_>) {
        let homes = self.homes();
        self.settle_among(name, &homes, mail);
    }

    fn settle_among(&mut self, name: &Text, homes: &[Subject], mail: &mut Mail<'_>) {
        let papers: Vec<Event> = self.papers.all().iter().map(Kept::event).collect();
        let others: Vec<Subject> = self.told_elsewhere(name);
        let channel = self.channel(name);
        let mut before: Option<Subject> = None;
        for binding in &mut channel.bindings {
            let concerned = [before.take(), binding.home.clone()];
            for home in concerned.into_iter().flatten() {
                if !binding.told.contains(&home) {
                    mail.send(&home, binding.kept.event());
                    let first = binding.home.as_ref() == Some(&home) && !others.contains(&home);
                    papers
                        .iter()
                        .filter(|_| first)
                        .for_each(|paper| mail.send(&home, paper.clone()));
                    binding.told.push(home);
                }
            }
            before.clone_from(&binding.home);
        }
        channel.claim(mail);
        channel.move_readings(name, homes, mail);
    }

    /// Who must hear of it when it fails.
    pub(crate) fn concerned(&self) -> Vec<Subject> {
        self.ever.iter().cloned().collect()
    }

    /// Whom any probe is said to be with, at some time.
    fn homes(&self) -> Vec<Subject> {
        let bindings = self.channels.iter().flat_map(|(_, channel)| &channel.bindings);
        let mut all: Vec<Subject> = bindings.filter_map(|b| b.home.clone()).collect();
        all.sort();
        all.dedup();
        all
    }

    /// Who has heard of this device by another probe of it, and so knows its papers.
    fn told_elsewhere(&self, name: &Text) -> Vec<Subject> {
        let others = self.channels.iter().filter(|(other, _)| other != name);
        let bindings = others.flat_map(|(_, channel)| &channel.bindings);
        bindings.flat_map(|b| b.told.iter().cloned()).collect()
    }

    fn channel(&mut self, name: &Text) -> &mut Channel {
        let at = match self.channels.iter().position(|(known, _)| known == name) {
            Some(at) => at,
            None => {
                self.channels.push((name.clone(), Channel::default()));
                self.channels.len() - 1
            }
        };
        &mut self.channels[at].1
    }

    /// The next silence to state, or the next reading that waited long enough.
    pub(crate) fn due(&self, numbers: &Numbers) -> Option<Moment> {
        let each = self.channels.iter().flat_map(|(_, channel)| {
            let held = channel.held.iter().map(|held| held.kept.learnt + numbers.keep).min();
            [held, silence(channel, numbers)]
        });
        each.flatten().min()
    }

    pub(crate) fn strike(&mut self, numbers: &Numbers, mail: &mut Mail<'_>) {
        for (name, channel) in &mut self.channels {
            channel.held.retain(|Held { kept, .. }| {
                let stays = kept.learnt + numbers.keep > mail.now;
                if !stays {
                    mail.said.push(Said::Expired { event: kept.event(), reason: NOBODY });
                    mail.said.push(Said::Count(Fate::FromHeld, 1));
                    mail.said.push(Said::Count(Fate::Expired, 1));
                }
                stays
            });
            if silence(channel, numbers).is_none_or(|due| due > mail.now) {
                continue;
            }
            if let (Some((home, _)), Some(since)) = (channel.live(), channel.heard) {
                let quiet = Quiet { since, as_of: mail.now, channel: name.clone() };
                let event = mail.own(mail.now, Fact::Quiet(quiet));
                mail.send(home, event);
                channel.stated = Some(mail.now);
            }
        }
    }
}

/// When its silence is to be stated: never while it is detached or only read out.
fn silence(channel: &Channel, numbers: &Numbers) -> Option<Moment> {
    let (_, every) = channel.live()?;
    let first = channel.heard? + every * i64::from(numbers.quiet_after);
    let next = channel.stated.map_or(first, |stated| stated + numbers.quiet_again);
    // Who has not come back by then will not: nothing new is said by saying it for ever.
    (next <= channel.heard? + numbers.keep).then_some(next)
}

/// A short name of a reading by source and id. Cheap, as it is made for every reading.
fn name(source: &str, id: &str) -> u64 {
    mix(mix(0, source.as_bytes()), id.as_bytes())
}

pub(crate) fn mix(start: u64, bytes: &[u8]) -> u64 {
    bytes.chunks(8).fold(start ^ bytes.len() as u64, |hash, chunk| {
        let word = chunk.iter().fold(0u64, |word, byte| word << 8 | u64::from(*byte));
        (hash.rotate_left(29) ^ word).wrapping_mul(0x9E37_79B9_7F4A_7C15)
    })
}
