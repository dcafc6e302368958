//! A logger or tracker: whose its readings are, whenever that is learnt; and since when it is quiet.
//!
//! A reading that is dated later than the log's clock waits until that has come so far; a probe is silent for what it is
//! attached to now when nothing of it has found its home there, whatever else it sends; attachments that are booked
//! ahead take effect, and are told, at their own time.
//!
//! Readings are kept for some days, so that an attachment learnt late claims what it covers and a
//! correction finds its way. A reading is recognised by probe, time and value.

use crate::ahead::{NEXT_STROKE, is_ahead};
use crate::channel::{Channel, Held, Passed, Silent};
use crate::claims::{place, withdraw};
use crate::clock::{Dated, Wrong};
use crate::kept::{Copy, File, Kept, Known, Looked, correction};
use crate::mail::Mail;
use crate::passed::{Fate, Passed as Said};
use crate::rules::Numbers;
use alloc::{collections::BTreeSet, vec::Vec};
use facts::fact::device::{ClockAhead, ClockRight, Quiet, Reading};
use facts::{Event, Fact, Identity, Moment, ShipmentId, Subject, Text};
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
    /// Log time of the last step.
    now: Option<Moment>,
}

const NOBODY: &str = "no attachment claimed this reading in time";
const AHEAD: &str = "this reading is dated later than it came, and its time has still not come";

impl Device {
    pub(crate) fn hear(&mut self, numbers: &Numbers, event: &Event, mail: &mut Mail<'_>) {
        self.now = Some(mail.now);
        if let Fact::Reading(reading) = &event.fact {
            return self.measured(numbers, event, reading, mail);
        }
        let Looked { copy, also, doubt } = self.known.admit(event);
        match copy {
            Copy::Same => mail.count(Fate::Duplicate),
            Copy::Other => {
                mail.count(Fate::Duplicate);
                for shipment in self.told().iter().filter_map(Subject::shipment) {
                    mail.conflicting(&shipment, event);
                }
            }
            Copy::New => {
                mail.count(Fate::Judged);
                self.heard(numbers, event, mail);
            }
        }
        if let Some(also) = also {
            self.heard(numbers, &also, mail);
        }
        if doubt {
            self.with_now().iter().for_each(|shipment| mail.declared_wrong(shipment, event));
        }
        // A reading that has lost its home may have waited long enough already.
        self.strike(numbers, mail);
    }

    /// A fact that is new and no reading.
    fn heard(&mut self, numbers: &Numbers, event: &Event, mail: &mut Mail<'_>) {
        match &event.fact {
            Fact::Attached(a) => self.bind(&a.channel, numbers, event, mail),
            Fact::Detached(d) => self.bind(&d.channel, numbers, event, mail),
            Fact::DeviceCorrected(c) => {
                self.wrong.push((name(&c.source, &c.id), false));
                self.correct(numbers, event, mail);
            }
            _ => {
                if self.papers.take(event, mail.now) {
                    self.told().iter().for_each(|home| mail.send(home, event.clone()));
                }
            }
        }
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
        if wrong == Some(false) {
            return mail.count(Fate::Judged);
        }
        channel.trim(mail.now, numbers.keep);
        let ahead = is_ahead(event.at, mail.now, numbers.skew);
        let home = if ahead { None } else { channel.home(event.at) };
        let Some(home) = home else {
            let dated = if ahead { Dated::Asked } else { Dated::Before };
            let held = Held { name: named, dated, kept: Kept::new(event, mail.now) };
            // Whether it is ahead is not known before the next stroke.
            if !ahead {
                channel.astray.note(&held.kept, false);
                channel.put_right(&reading.channel, numbers, mail);
            }
            channel.held.push(held);
            return mail.count(Fate::Held);
        };
        mail.send(home, event.clone());
        mail.count(Fate::Judged);
        let (at, temperature, learnt) = (event.at, reading.temperature, mail.now);
        let to = place(home);
        channel.note(Passed { at, temperature, name: named, learnt, to });
        channel.hear(at, learnt);
        channel.put_right(&reading.channel, numbers, mail);
    }

    /// An attachment or a detachment: who must hear of it, and whose the readings are now.
    fn bind(&mut self, name: &Text, numbers: &Numbers, event: &Event, mail: &mut Mail<'_>) {
        if self.is_wrong(event) {
            return;
        }
        if let Fact::Attached(attached) = &event.fact {
            self.ever.extend(attached.to());
        }
        let channel = self.channel(name);
        let before = channel.attached(mail.now);
        channel.bind(Kept::new(event, mail.now));
        // What says the same again, what is booked ahead and what is over already does not make a probe heard.
        if channel.attached(mail.now) != before || channel.heard.is_none() {
            channel.begin(mail.now);
        }
        self.settle(name, numbers, mail);
    }

    /// Whether it was declared wrong before it came.
    fn is_wrong(&self, event: &Event) -> bool {
        let named = name(&event.source, &event.id);
        self.wrong.iter().any(|(wrong, _)| *wrong == named)
    }

    /// Takes back what a correction names: a reading, or what the device was attached to.
    fn correct(&mut self, numbers: &Numbers, event: &Event, mail: &mut Mail<'_>) {
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
                // What was told of its clock by this reading alone is taken back.
                let channel = self.channel(&name);
                if let Some(wrong) = channel.wrong_clock.take_if(|wrong| wrong.name == named) {
                    wrong.told.iter().for_each(|home| mail.send(home, event.clone()));
                }
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
                self.channel(&name).begin(mail.now);
                told.iter().for_each(|home| mail.send(home, event.clone()));
                return self.settle_among(&name, &told, numbers, mail);
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
    fn settle(&mut self, name: &Text, numbers: &Numbers, mail: &mut Mail<'_>) {
        let homes = self.homes();
        self.settle_among(name, &homes, numbers, mail);
    }

    fn settle_among(
        &mut self,
        name: &Text,
        homes: &[Subject],
        numbers: &Numbers,
        mail: &mut Mail<'_>,
    ) {
        let papers: Vec<Event> = self.papers.all().iter().map(Kept::event).collect();
        let others: Vec<Subject> = self.told_elsewhere(name);
        let channel = self.channel(name);
        let mut before: Option<Subject> = None;
        for binding in &mut channel.bindings {
            if is_ahead(binding.kept.at, mail.reached, numbers.skew) {
                break; // booked ahead: it is told at its own time
            }
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
        channel.claim(numbers, mail);
        channel.move_readings(name, homes, mail);
    }

    /// Who must hear of it when it fails.
    pub(crate) fn concerned(&self) -> Vec<Subject> {
        self.ever.iter().cloned().collect()
    }

    /// The shipments that its probes are with by the last word on each.
    pub(crate) fn with_now(&self) -> Vec<ShipmentId> {
        let last = |(_, channel): &(Text, Channel)| channel.bindings.last()?.home.clone();
        let mut all: Vec<ShipmentId> =
            self.channels.iter().filter_map(last).filter_map(|home| home.shipment()).collect();
        all.sort();
        all.dedup();
        all
    }

    /// Whom any probe is said to be with, at some time.
    fn homes(&self) -> Vec<Subject> {
        let bindings = self.channels.iter().flat_map(|(_, channel)| &channel.bindings);
        let mut all: Vec<Subject> = bindings.filter_map(|b| b.home.clone()).collect();
        all.sort();
        all.dedup();
        all
    }

    /// Who has heard of any probe of it.
    fn told(&self) -> Vec<Subject> {
        let bindings = self.channels.iter().flat_map(|(_, channel)| &channel.bindings);
        let mut all: Vec<Subject> = bindings.flat_map(|b| b.told.iter().cloned()).collect();
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

    /// The next silence to state, the next reading whose time comes or that waited long enough, the next attachment
    /// that was booked ahead.
    pub(crate) fn due(&self, numbers: &Numbers) -> Option<Moment> {
        let now = self.now?;
        let each = self.channels.iter().flat_map(|(_, channel)| {
            let held = channel.held.iter().flat_map(|held| waits(channel, held, numbers));
            let held = held.flatten().min();
            let booked = channel.bindings.iter().map(|b| b.kept.at).filter(|at| *at > now).min();
            [held, booked, channel.silent(now, numbers).map(|silent| silent.due)]
        });
        each.flatten().min()
    }

    pub(crate) fn strike(&mut self, numbers: &Numbers, mail: &mut Mail<'_>) {
        let begun = self.now.replace(mail.now).unwrap_or(mail.now);
        let names: Vec<Text> = self.channels.iter().map(|(name, _)| name.clone()).collect();
        for name in &names {
            let channel = self.channel(name);
            channel.look_ahead(name, numbers, mail);
            let reached = mail.reached;
            let begins = |b: &crate::channel::Binding| begun < b.kept.at && b.kept.at <= reached;
            if channel.bindings.iter().any(begins) {
                self.settle(name, numbers, mail);
            }
            let channel = self.channel(name);
            channel.claim(numbers, mail);
            channel.let_go(numbers, mail);
            channel.state(name, numbers, mail);
        }
    }
}

/// When something is to be done with a reading that waits.
fn waits(channel: &Channel, held: &Held, numbers: &Numbers) -> [Option<Moment>; 2] {
    let kept = &held.kept;
    let turns = match held.dated {
        Dated::Before => None,
        Dated::Asked => Some(kept.learnt + NEXT_STROKE),
        Dated::Ahead => channel.home(kept.at).map(|_| kept.at),
    };
    [turns, Some(kept.learnt + numbers.keep)]
}

impl Channel {
    /// A stroke has come since these readings did: those that are still ahead of it are told.
    fn look_ahead(&mut self, name: &Text, numbers: &Numbers, mail: &mut Mail<'_>) {
        for place in 0..self.held.len() {
            let Some(held) = self.held.get_mut(place) else { return };
            if held.dated != Dated::Asked || held.kept.learnt >= mail.now {
                continue;
            }
            let ahead = is_ahead(held.kept.at, mail.reached, numbers.skew);
            held.dated = if ahead { Dated::Ahead } else { Dated::Before };
            let (named, event, came) = (held.name, held.kept.event(), held.kept.learnt);
            // One that only came before our own stroke goes home with it, or is astray as any other.
            if ahead || self.home(event.at).is_none() {
                self.astray.note(&Kept::new(&event, came), ahead);
            }
            if ahead {
                self.tell_ahead(name, named, &event, came, mail);
            }
        }
    }

    /// Who has the probe now hears that its clock is ahead: once, until it is right again.
    fn tell_ahead(
        &mut self,
        name: &Text,
        named: u64,
        of: &Event,
        came: Moment,
        mail: &mut Mail<'_>,
    ) {
        let home = self.home(mail.now).cloned();
        let wrong = self.wrong_clock.get_or_insert(Wrong { name: named, last: came, told: None });
        wrong.last = came;
        if let Some(home) = home.filter(|home| wrong.told.as_ref() != Some(home)) {
            let fact = ClockAhead { channel: name.clone(), says: of.at, came };
            let event = mail.beside(of, came, Fact::ClockAhead(fact));
            mail.send(&home, event);
            (wrong.name, wrong.told) = (named, Some(home));
        }
    }

    /// A reading came whose time can be right. A logger that is ahead sends such, too, when it sends what it has kept:
    /// its clock counts as right again when nothing was ahead for as long as it would be stated silent.
    fn put_right(&mut self, name: &Text, numbers: &Numbers, mail: &mut Mail<'_>) {
        let every = self.binding(mail.now).map(crate::channel::Binding::every);
        let after = every.unwrap_or_default() * i64::from(numbers.quiet_after);
        let right = |wrong: &mut Wrong| wrong.last + after <= mail.now;
        let Some(wrong) = self.wrong_clock.take_if(right) else { return };
        if let Some(home) = wrong.told {
            let fact = ClockRight { channel: name.clone() };
            let event = mail.own(mail.now, Fact::ClockRight(fact));
            mail.send(&home, event);
        }
    }

    /// Readings that have waited long enough.
    fn let_go(&mut self, numbers: &Numbers, mail: &mut Mail<'_>) {
        self.held.retain(|Held { kept, .. }| {
            let stays = kept.learnt + numbers.keep > mail.now;
            if !stays {
                let reason = if kept.at > mail.reached { AHEAD } else { NOBODY };
                mail.said.push(Said::Expired { event: kept.event(), reason });
                mail.said.push(Said::Count(Fate::FromHeld, 1));
                mail.said.push(Said::Count(Fate::Expired, 1));
            }
            stays
        });
    }

    /// States a silence that is due.
    fn state(&mut self, name: &Text, numbers: &Numbers, mail: &mut Mail<'_>) {
        let Some(Silent { due, since, home }) = self.silent(mail.now, numbers) else { return };
        if due > mail.now {
            return;
        }
        let (channel, unclaimed) = (name.clone(), self.astray.told());
        let quiet = Quiet { since, as_of: mail.now, channel, unclaimed };
        let event = mail.own(mail.now, Fact::Quiet(quiet));
        mail.send(home, event);
        self.stated = Some(mail.now);
    }
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
