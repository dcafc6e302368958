//! A logger or tracker: whose its readings are, whenever that is learnt; and since when it is quiet.
//!
//! A reading that is dated later than the log's clock waits until that has come so far; a probe is silent for what it is
//! attached to now when nothing of it has found its home there, whatever else it sends; attachments that are booked
//! ahead take effect, and are told, at their own time.
//!
//! Readings are kept for some days, so that an attachment learnt late claims what it covers and a
//! correction finds its way. A reading is recognised by probe, time and value.

use crate::ahead::{NEXT_STROKE, is_ahead};
use crate::attribution::{owner_key, withdraw};
use crate::channel::{Attachment, Channel, Held, PassedReading, Silent, is_to_say};
use crate::clock::{Dated, Wrong};
use crate::events::{Admitted, Duplicate, DuplicateFilter, EventStore, StoredEvent};
use crate::loose::Loose;
use crate::mark;
use crate::routed::{Outcome, Routed as Said};
use crate::rules::DispatchParameters;
use crate::sink::{OURS, RouteSink};
use alloc::{collections::BTreeSet, vec::Vec};
use facts::fact::device::{ClockAhead, ClockRight, Elsewhere, Quiet, Reading};
use facts::{
    Corrections, DeviceFact, Event, Fact, Keeps, Moment, ShipmentId, ShortText, Subject,
    SubjectKind, SystemFact,
};
use serde::{Deserialize, Serialize};

/// What dispatch knows of a device.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Device {
    duplicates: DuplicateFilter,
    channels: Vec<(ShortText, Channel)>,
    /// Calibrations and imports.
    papers: EventStore,
    /// Readings and attachments that were declared wrong, by name, whether or not they have come.
    wrong: Corrections<u64>,
    /// What declared them wrong, and who has heard of that.
    corrections: Vec<(StoredEvent, Vec<Subject>)>,
    /// Those that have come. They count again when the correction that names them is declared wrong.
    aside: Vec<Aside>,
    loose: Loose,
    /// What it was ever said to be attached to, rightly or not.
    ever: BTreeSet<Subject>,
    /// Log time of the last step.
    now: Option<Moment>,
    /// When something was last heard of it.
    heard: Option<Moment>,
    /// It is with nobody any more, and was with somebody.
    over: bool,
}

/// What was declared wrong, with the name of its channel.
#[derive(Debug, Serialize, Deserialize)]
enum Aside {
    /// A reading that had found its home, or came after it was declared wrong.
    Reading(ShortText, PassedReading),
    /// A reading that waited.
    Held(ShortText, Held),
    /// Attached or detached.
    Attachment(ShortText, Attachment),
}

impl Aside {
    fn is(&self, named: u64) -> bool {
        match self {
            Self::Reading(_, reading) => reading.name == named,
            Self::Held(_, held) => held.name == named,
            Self::Attachment(_, binding) => name_of(&binding.kept) == named,
        }
    }
    fn is_reading(&self, named: u64) -> bool {
        !matches!(self, Self::Attachment(..)) && self.is(named)
    }
}

const NOBODY: &str = "no attachment claimed this reading in time";
const AHEAD: &str = "this reading is dated later than it came, and its time has still not come";

impl Device {
    pub(crate) fn hear(
        &mut self,
        numbers: &DispatchParameters,
        event: &Event,
        sink: &mut RouteSink<'_>,
    ) {
        (self.now, self.heard) = (Some(sink.now), Some(sink.now));
        if let Fact::System(SystemFact::PutAway(away)) = &event.fact {
            return self.leave(&Subject::from(&away.shipment));
        }
        if let Fact::Device(DeviceFact::Reading(reading)) = &event.fact {
            self.measured(numbers, event, reading, sink);
            return self.meet(event, false, sink);
        }
        let Admitted { duplicate: copy, also, doubt } = self.duplicates.admit(event);
        match copy {
            Duplicate::Same => sink.count(Outcome::Duplicate),
            Duplicate::Other => {
                sink.count(Outcome::Duplicate);
                let other = self.duplicates.other_copy(numbers, sink.now);
                for shipment in self.told().iter().filter_map(Subject::shipment) {
                    sink.conflicting(&shipment, event, other);
                }
            }
            Duplicate::New => {
                sink.count(Outcome::Processed);
                self.heard(numbers, event, sink);
            }
        }
        for also in also {
            self.heard(numbers, &also, sink);
        }
        if doubt {
            self.concerned_by(event).iter().for_each(|of| sink.declared_wrong(of, event));
        }
        self.meet(event, copy == Duplicate::New, sink);
        let concerned = self.lately();
        self.loose.tell(numbers, &concerned, sink);
        // A reading that has lost its home may have waited long enough already.
        self.tick(numbers, sink);
    }

    /// A fact that is new and no reading.
    fn heard(&mut self, numbers: &DispatchParameters, event: &Event, sink: &mut RouteSink<'_>) {
        match &event.fact {
            Fact::Device(DeviceFact::Attached(a)) => self.attach(&a.channel, numbers, event, sink),
            Fact::Device(DeviceFact::Detached(d)) => self.attach(&d.channel, numbers, event, sink),
            Fact::Device(DeviceFact::DeviceCorrected(c)) => {
                self.wrong.take(name(&event.source, &event.id), name(&c.source, &c.id));
                self.correct(numbers, event, sink);
            }
            _ => {
                if self.papers.take(event, sink.now) {
                    self.told().iter().for_each(|owner| sink.send(owner, event.clone()));
                }
            }
        }
    }

    fn measured(
        &mut self,
        numbers: &DispatchParameters,
        event: &Event,
        reading: &Reading,
        sink: &mut RouteSink<'_>,
    ) {
        let named = name(&event.source, &event.id);
        if self.aside.iter().any(|aside| aside.is_reading(named)) {
            return sink.count(Outcome::Duplicate);
        }
        let wrong = self.wrong.is_wrong(named);
        let channel = self.channel(&reading.channel);
        if channel.knows(event.at, reading.temperature) {
            return sink.count(Outcome::Duplicate);
        }
        if wrong {
            let (at, temperature, learnt) = (event.at, reading.temperature, sink.now);
            let reading_then = PassedReading { at, temperature, name: named, learnt, to: 0 };
            self.aside.push(Aside::Reading(reading.channel.clone(), reading_then));
            return sink.count(Outcome::Processed);
        }
        channel.trim(sink.now, numbers.keep);
        let ahead = is_ahead(event.at, sink.now, numbers.skew);
        let owner = if ahead { None } else { channel.owner(event.at) };
        let Some(owner) = owner else {
            let dated = if ahead { Dated::Asked } else { Dated::Before };
            let held = Held { name: named, dated, kept: StoredEvent::new(event, sink.now) };
            // Whether it is ahead is not known before the next stroke.
            if !ahead {
                channel.astray.note(&held.kept, false);
                channel.put_right(&reading.channel, numbers, sink);
            }
            channel.held.push(held);
            return sink.count(Outcome::Pending);
        };
        let owner = owner.clone();
        sink.send(&owner, event.clone());
        sink.count(Outcome::Processed);
        let (at, temperature, learnt) = (event.at, reading.temperature, sink.now);
        let to = owner_key(&owner);
        if is_to_say(&mut channel.said, to, sink.now, numbers) {
            sink.watch(&owner);
        }
        channel.note(PassedReading { at, temperature, name: named, learnt, to });
        channel.hear(at, learnt);
        channel.put_right(&reading.channel, numbers, sink);
    }

    /// An attachment or a detachment: who must hear of it, and whose the readings are now.
    fn attach(
        &mut self,
        name: &ShortText,
        numbers: &DispatchParameters,
        event: &Event,
        sink: &mut RouteSink<'_>,
    ) {
        if let Fact::Device(DeviceFact::Attached(attached)) = &event.fact {
            self.ever.extend(attached.to());
        }
        if self.is_wrong(event) {
            let binding = Attachment::new(StoredEvent::new(event, sink.now));
            return self.aside.push(Aside::Attachment(name.clone(), binding));
        }
        let channel = self.channel(name);
        let before = channel.attached(sink.now);
        channel.attach(StoredEvent::new(event, sink.now));
        // What says the same again, what is booked ahead and what is over already does not make a probe heard.
        if channel.attached(sink.now) != before || channel.heard.is_none() {
            channel.begin(sink.now);
        }
        self.settle(name, numbers, sink);
    }

    /// Whether it was declared wrong before it came.
    fn is_wrong(&self, event: &Event) -> bool {
        self.wrong.is_wrong(name(&event.source, &event.id))
    }

    /// Takes back what a correction names, a reading or what the device was attached to; and where it names another
    /// correction, what that one had taken back counts again.
    fn correct(&mut self, numbers: &DispatchParameters, event: &Event, sink: &mut RouteSink<'_>) {
        let Fact::Device(DeviceFact::DeviceCorrected(c)) = &event.fact else { return };
        self.papers.take(event, sink.now);
        // A calibration, or something that has not come yet, may concern all.
        let (mut told, mut found) = (Vec::new(), false);
        for touched in self.wrong.touched(name(&c.source, &c.id)) {
            let heard = match self.wrong.is_wrong(touched) {
                true => self.put_aside(touched, sink),
                false => self.take_back(touched, numbers, sink),
            };
            found |= heard.is_some();
            told.extend(heard.into_iter().flatten());
        }
        if !found {
            told = self.owners();
        }
        told.sort();
        told.dedup();
        self.corrections.push((StoredEvent::new(event, sink.now), Vec::new()));
        self.tell_corrections(event, &told, sink);
        let mut owners = self.owners();
        owners.extend(told);
        owners.sort();
        owners.dedup();
        let names: Vec<ShortText> = self.channels.iter().map(|(name, _)| name.clone()).collect();
        names.iter().for_each(|name| self.settle_among(name, &owners, numbers, sink));
    }

    /// Whoever hears of a correction hears of all that hang together with it.
    fn tell_corrections(&mut self, event: &Event, whom: &[Subject], sink: &mut RouteSink<'_>) {
        let mut names = Vec::from([name(&event.source, &event.id)]);
        let mut grown = 0;
        while grown < names.len() {
            grown = names.len();
            for (kept, _) in &self.corrections {
                let Fact::Device(DeviceFact::DeviceCorrected(c)) = &kept.fact else { continue };
                let both = [name_of(kept), name(&c.source, &c.id)];
                if both.iter().any(|name| names.contains(name)) {
                    names.extend(
                        both.iter().filter(|name| !names.contains(name)).collect::<Vec<_>>(),
                    );
                }
            }
        }
        for (kept, heard) in
            self.corrections.iter_mut().filter(|(k, _)| names.contains(&name_of(k)))
        {
            for owner in whom.iter().filter(|owner| !heard.contains(owner)).collect::<Vec<_>>() {
                sink.send(owner, kept.event());
                heard.push(owner.clone());
            }
        }
    }

    /// A reading or an attachment counts as wrong. Says who must hear why, if it has come.
    fn put_aside(&mut self, named: u64, sink: &mut RouteSink<'_>) -> Option<Vec<Subject>> {
        let owners = self.owners();
        for (name, channel) in &mut self.channels {
            if let Some(at) = channel.held.iter().position(|held| held.name == named) {
                sink.count(Outcome::FromPending);
                sink.count(Outcome::Processed);
                self.aside.push(Aside::Held(name.clone(), channel.held.remove(at)));
                // What was told of its clock by this reading alone is taken back.
                let clock = channel.wrong_clock.take_if(|wrong| wrong.name == named);
                return Some(clock.and_then(|wrong| wrong.told).into_iter().collect());
            }
            if let Some(at) = channel.readings.iter().position(|r| r.name == named) {
                let reading = channel.readings.remove(at);
                for owner in owners.iter().filter(|owner| owner_key(owner) == reading.to) {
                    withdraw(sink, owner, name, &reading);
                }
                self.aside.push(Aside::Reading(name.clone(), reading));
                return Some(Vec::new());
            }
            let is_it = |b: &Attachment| name_of(&b.kept) == named;
            if let Some(at) = channel.attachments.iter().position(is_it) {
                let binding = channel.attachments.remove(at);
                // What it was attached to is learnt anew: its silence counts from here.
                channel.begin(sink.now);
                let told = owners.into_iter().chain(binding.told.iter().cloned()).collect();
                self.aside.push(Aside::Attachment(name.clone(), binding));
                return Some(told);
            }
        }
        None
    }

    /// A reading or an attachment counts again. Says who must hear why, if it had come.
    fn take_back(
        &mut self,
        named: u64,
        numbers: &DispatchParameters,
        sink: &mut RouteSink<'_>,
    ) -> Option<Vec<Subject>> {
        let at = self.aside.iter().position(|aside| aside.is(named))?;
        match self.aside.remove(at) {
            Aside::Held(name, held) => {
                sink.count(Outcome::FromProcessed);
                sink.count(Outcome::Pending);
                self.channel(&name).held.push(held);
                Some(self.owners())
            }
            Aside::Reading(name, reading) => {
                self.channel(&name).again(&name, reading, numbers, sink);
                Some(Vec::new())
            }
            Aside::Attachment(name, binding) => {
                let told = binding.told.clone();
                let channel = self.channel(&name);
                channel.attach_again(binding);
                channel.begin(sink.now);
                Some(self.owners().into_iter().chain(told).collect())
            }
        }
    }

    /// After the attachments changed: tells whom they concern, and moves readings to where they belong.
    fn settle(&mut self, name: &ShortText, numbers: &DispatchParameters, sink: &mut RouteSink<'_>) {
        let owners = self.owners();
        self.settle_among(name, &owners, numbers, sink);
    }

    fn settle_among(
        &mut self,
        name: &ShortText,
        owners: &[Subject],
        numbers: &DispatchParameters,
        sink: &mut RouteSink<'_>,
    ) {
        let papers: Vec<Event> = self.papers.all().iter().map(StoredEvent::event).collect();
        let others: Vec<Subject> = self.told_elsewhere(name);
        let channel = self.channel(name);
        let mut before: Option<Subject> = None;
        for binding in &mut channel.attachments {
            if is_ahead(binding.kept.at, sink.reached, numbers.skew) {
                break; // booked ahead: it is told at its own time
            }
            let concerned = [before.take(), binding.owner.clone()];
            for owner in concerned.into_iter().flatten() {
                if !binding.told.contains(&owner) {
                    sink.send(&owner, binding.kept.event());
                    if is_to_say(&mut channel.said, owner_key(&owner), sink.now, numbers) {
                        sink.watch(&owner);
                    }
                    let first = binding.owner.as_ref() == Some(&owner) && !others.contains(&owner);
                    papers
                        .iter()
                        .filter(|_| first)
                        .for_each(|paper| sink.send(&owner, paper.clone()));
                    binding.told.push(owner);
                }
            }
            before.clone_from(&binding.owner);
        }
        channel.attribute(numbers, sink);
        channel.move_readings(name, owners, sink);
    }

    /// A shipment was put away: no reading goes there any more.
    fn leave(&mut self, gone: &Subject) {
        for (_, channel) in &mut self.channels {
            for binding in channel.leave(gone) {
                self.duplicates.forget(&binding.kept.source, &binding.kept.id);
            }
        }
        self.aside.retain(|aside| match aside {
            Aside::Attachment(_, binding) => binding.owner.as_ref() != Some(gone),
            Aside::Reading(_, reading) => reading.to != owner_key(gone),
            Aside::Held(..) => true,
        });
        self.corrections.iter_mut().for_each(|(_, heard)| heard.retain(|whom| whom != gone));
        self.ever.remove(gone);
    }

    /// When it is over: all that it was with was put away and it is in no store, and nothing was heard of it for long. What is
    /// heard of it after that is heard for the first time, but that its last calibration is known.
    fn over_at(&self, numbers: &DispatchParameters) -> Option<Moment> {
        let silent = numbers.silent.as_ref()?;
        let in_use = self.ever.iter().any(|owner| owner.kind == SubjectKind::Shipment)
            || self.channels.iter().any(|(_, channel)| channel.is_attached());
        let heard = self.heard.filter(|_| !self.over && !in_use)?;
        Some(heard + silent.put_away)
    }

    /// Whether nobody needs to know more of it than its last calibration.
    pub(crate) fn is_over(&self) -> bool {
        self.over
    }

    /// What is kept of it when it is over: whether its last calibration passed, and until when that holds. Without that a logger
    /// whose certificate has ended would come out of a drawer as a fit one.
    pub(crate) fn keeps(&self) -> Keeps {
        let words = self.papers.all().iter();
        let calibrations =
            words.filter(|kept| matches!(kept.fact, Fact::Device(DeviceFact::Calibrated(_))));
        let last = calibrations.max_by_key(|kept| kept.sequence());
        match last.map(|kept| &kept.fact) {
            Some(Fact::Device(DeviceFact::Calibrated(last))) => Keeps::Mark(mark::of(last)),
            _ => Keeps::Nothing,
        }
    }

    /// One of which its last calibration alone is known.
    pub(crate) fn revived(mark: u32) -> Option<Self> {
        let calibrated = mark::calibration(mark)?;
        let event = Event {
            source: ShortText::new(OURS),
            id: ShortText::new("last calibration"),
            subject: Subject::new(SubjectKind::Device, ""),
            at: Moment::EARLIEST,
            counts: None,
            hidden: None,
            fact: Fact::Device(DeviceFact::Calibrated(calibrated)),
        };
        let mut device = Self::default();
        device.papers.take(&event, Moment::EARLIEST);
        Some(device)
    }

    /// An event has come that a correction may have been waiting for.
    fn meet(&mut self, event: &Event, is_new: bool, sink: &mut RouteSink<'_>) {
        let mut loose = core::mem::take(&mut self.loose);
        loose.hear(event, is_new, |source, id| self.has_come(source, id), sink);
        self.loose = loose;
    }

    /// Whether a report of this name is known.
    fn has_come(&self, source: &str, id: &str) -> bool {
        let named = name(source, id);
        let mut channels = self.channels.iter().map(|(_, channel)| channel);
        self.duplicates.has_come(source, id)
            || self.aside.iter().any(|aside| aside.is(named))
            || channels.any(|channel| {
                channel.readings.iter().any(|reading| reading.name == named)
                    || channel.held.iter().any(|held| held.name == named)
            })
    }

    /// The shipments that its probes are with, and the one that an attachment speaks of or a correction takes it from.
    fn concerned_by(&self, event: &Event) -> Vec<ShipmentId> {
        let corrects = |kept: &StoredEvent| match &event.fact {
            Fact::Device(DeviceFact::DeviceCorrected(c)) => name_of(kept) == name(&c.source, &c.id),
            _ => false,
        };
        let aside = self.aside.iter().filter_map(|aside| match aside {
            Aside::Attachment(_, binding) if corrects(&binding.kept) => binding.owner.clone(),
            _ => None,
        });
        let named = match &event.fact {
            Fact::Device(DeviceFact::Attached(attached)) => attached.to(),
            _ => None,
        };
        let mut all = self.with_now();
        all.extend(aside.chain(named).filter_map(|owner| owner.shipment()));
        all.sort();
        all.dedup();
        all
    }

    /// Who must hear of it when it fails.
    pub(crate) fn concerned(&self) -> Vec<Subject> {
        self.ever.iter().cloned().collect()
    }

    /// The shipments that its probes are with by the last word on each.
    pub(crate) fn with_now(&self) -> Vec<ShipmentId> {
        let last = |(_, channel): &(ShortText, Channel)| channel.attachments.last()?.owner.clone();
        let mut all: Vec<ShipmentId> =
            self.channels.iter().filter_map(last).filter_map(|owner| owner.shipment()).collect();
        all.sort();
        all.dedup();
        all
    }

    /// The shipments that its probes are with, or else were with last, if only by mistake.
    fn lately(&self) -> Vec<ShipmentId> {
        let now = self.with_now();
        if !now.is_empty() {
            return now;
        }
        let bindings = self.channels.iter().flat_map(|(_, channel)| &channel.attachments);
        let wrong = self.aside.iter().filter_map(|aside| match aside {
            Aside::Attachment(_, binding) => Some(binding),
            Aside::Reading(..) | Aside::Held(..) => None,
        });
        let with = bindings.chain(wrong);
        let with = with.filter_map(|b| Some((b.kept.at, b.owner.as_ref()?.shipment()?)));
        with.max().map(|(_, shipment)| shipment).into_iter().collect()
    }

    /// Whom any probe is said to be with, at some time.
    fn owners(&self) -> Vec<Subject> {
        let bindings = self.channels.iter().flat_map(|(_, channel)| &channel.attachments);
        let mut all: Vec<Subject> = bindings.filter_map(|b| b.owner.clone()).collect();
        all.sort();
        all.dedup();
        all
    }

    /// Who has heard of any probe of it.
    fn told(&self) -> Vec<Subject> {
        let bindings = self.channels.iter().flat_map(|(_, channel)| &channel.attachments);
        let mut all: Vec<Subject> = bindings.flat_map(|b| b.told.iter().cloned()).collect();
        all.sort();
        all.dedup();
        all
    }

    /// Who has heard of this device by another probe of it, and so knows its papers.
    fn told_elsewhere(&self, name: &ShortText) -> Vec<Subject> {
        let others = self.channels.iter().filter(|(other, _)| other != name);
        let bindings = others.flat_map(|(_, channel)| &channel.attachments);
        bindings.flat_map(|b| b.told.iter().cloned()).collect()
    }

    fn channel(&mut self, name: &ShortText) -> &mut Channel {
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
    pub(crate) fn next_deadline(&self, numbers: &DispatchParameters) -> Option<Moment> {
        let now = self.now?;
        let each = self.channels.iter().flat_map(|(_, channel)| {
            let held = channel.held.iter().flat_map(|held| waits(channel, held, numbers));
            let held = held.flatten().min();
            let booked = channel.attachments.iter().map(|b| b.kept.at).filter(|at| *at > now).min();
            [held, booked, channel.silent(now, numbers).map(|silent| silent.due)]
        });
        let rest = [self.over_at(numbers), self.loose.next_deadline(numbers)];
        each.chain(rest).flatten().min()
    }

    pub(crate) fn tick(&mut self, numbers: &DispatchParameters, sink: &mut RouteSink<'_>) {
        self.over |= self.over_at(numbers).is_some_and(|at| at <= sink.now);
        let begun = self.now.replace(sink.now).unwrap_or(sink.now);
        let concerned = self.lately();
        self.loose.tell(numbers, &concerned, sink);
        let names: Vec<ShortText> = self.channels.iter().map(|(name, _)| name.clone()).collect();
        for name in &names {
            let channel = self.channel(name);
            channel.look_ahead(name, numbers, sink);
            let reached = sink.reached;
            let begins = |b: &Attachment| begun < b.kept.at && b.kept.at <= reached;
            if channel.attachments.iter().any(begins) {
                self.settle(name, numbers, sink);
            }
            let channel = self.channel(name);
            channel.attribute(numbers, sink);
            channel.let_go(numbers, sink);
            let silent = channel.silent(sink.now, numbers).filter(|silent| silent.due <= sink.now);
            if let Some(since) = silent.map(|silent| silent.since) {
                let elsewhere = self.elsewhere(name, since, sink.now);
                self.channel(name).state(name, elsewhere, numbers, sink);
            }
        }
    }

    /// What has come since a moment of another probe that is attached to nothing: of the one that sent most.
    fn elsewhere(&self, name: &ShortText, since: Moment, now: Moment) -> Option<Elsewhere> {
        let others = self
            .channels
            .iter()
            .filter(|(other, channel)| other != name && channel.owner(now).is_none());
        let sent = others.map(|(other, channel)| {
            let came = |held: &&Held| held.kept.learnt > since && held.dated == Dated::Before;
            (channel.held.iter().filter(came).count(), other)
        });
        let (readings, channel) = sent.max_by(|a, b| a.0.cmp(&b.0).then(b.1.cmp(a.1)))?;
        let readings = u32::try_from(readings).unwrap_or(u32::MAX);
        (readings > 0).then(|| Elsewhere { channel: channel.clone(), readings })
    }
}

/// When something is to be done with a reading that waits.
fn waits(channel: &Channel, held: &Held, numbers: &DispatchParameters) -> [Option<Moment>; 2] {
    let kept = &held.kept;
    let turns = match held.dated {
        Dated::Before => None,
        Dated::Asked => Some(kept.learnt + NEXT_STROKE),
        Dated::Ahead => channel.owner(kept.at).map(|_| kept.at),
    };
    [turns, Some(kept.learnt + numbers.keep)]
}

impl Channel {
    /// A stroke has come since these readings did: those that are still ahead of it are told.
    fn look_ahead(
        &mut self,
        name: &ShortText,
        numbers: &DispatchParameters,
        sink: &mut RouteSink<'_>,
    ) {
        for place in 0..self.held.len() {
            let Some(held) = self.held.get_mut(place) else { return };
            if held.dated != Dated::Asked || held.kept.learnt >= sink.now {
                continue;
            }
            let ahead = is_ahead(held.kept.at, sink.reached, numbers.skew);
            held.dated = if ahead { Dated::Ahead } else { Dated::Before };
            let (named, event, came) = (held.name, held.kept.event(), held.kept.learnt);
            // One that only came before our own stroke goes home with it, or is astray as any other.
            if ahead || self.owner(event.at).is_none() {
                self.astray.note(&StoredEvent::new(&event, came), ahead);
            }
            if ahead {
                self.tell_ahead(name, named, &event, came, sink);
            }
        }
    }

    /// A reading counts again that had been declared wrong: it goes to whose it is by now. Somebody may have reported
    /// it anew meanwhile.
    fn again(
        &mut self,
        name: &ShortText,
        reading: PassedReading,
        numbers: &DispatchParameters,
        sink: &mut RouteSink<'_>,
    ) {
        let PassedReading { at, temperature, learnt, .. } = reading;
        if self.knows(at, temperature) {
            return;
        }
        let channel = name.clone();
        let event = sink.own(
            at,
            Fact::Device(DeviceFact::Reading(Reading { temperature, channel, sequence: None })),
        );
        let ahead = is_ahead(at, sink.reached, numbers.skew);
        match self.owner(at).filter(|_| !ahead).cloned() {
            Some(owner) => {
                sink.send(&owner, event);
                self.note(PassedReading { to: owner_key(&owner), ..reading });
            }
            None => {
                sink.count(Outcome::FromProcessed);
                sink.count(Outcome::Pending);
                let dated = if ahead { Dated::Asked } else { Dated::Before };
                self.held.push(Held {
                    name: reading.name,
                    dated,
                    kept: StoredEvent::new(&event, learnt),
                });
            }
        }
    }

    /// Who has the probe now hears that its clock is ahead: once, until it is right again.
    fn tell_ahead(
        &mut self,
        name: &ShortText,
        named: u64,
        of: &Event,
        came: Moment,
        sink: &mut RouteSink<'_>,
    ) {
        let owner = self.owner(sink.now).cloned();
        let wrong = self.wrong_clock.get_or_insert(Wrong { name: named, last: came, told: None });
        wrong.last = came;
        if let Some(owner) = owner.filter(|owner| wrong.told.as_ref() != Some(owner)) {
            let fact = ClockAhead { channel: name.clone(), says: of.at, came };
            let event = sink.beside(of, came, Fact::System(SystemFact::ClockAhead(fact)));
            sink.send(&owner, event);
            (wrong.name, wrong.told) = (named, Some(owner));
        }
    }

    /// A reading came whose time can be right. A logger that is ahead sends such, too, when it sends what it has kept:
    /// its clock counts as right again when nothing was ahead for as long as it would be stated silent.
    fn put_right(
        &mut self,
        name: &ShortText,
        numbers: &DispatchParameters,
        sink: &mut RouteSink<'_>,
    ) {
        let every = self.attachment(sink.now).map(crate::channel::Attachment::every);
        let after = every.unwrap_or_default() * i64::from(numbers.quiet_after);
        let right = |wrong: &mut Wrong| wrong.last + after <= sink.now;
        let Some(wrong) = self.wrong_clock.take_if(right) else { return };
        if let Some(owner) = wrong.told {
            let fact = ClockRight { channel: name.clone() };
            let event = sink.own(sink.now, Fact::System(SystemFact::ClockRight(fact)));
            sink.send(&owner, event);
        }
    }

    /// Readings that have waited long enough.
    fn let_go(&mut self, numbers: &DispatchParameters, sink: &mut RouteSink<'_>) {
        self.held.retain(|Held { kept, .. }| {
            let stays = kept.learnt + numbers.keep > sink.now;
            if !stays {
                let reason = if kept.at > sink.reached { AHEAD } else { NOBODY };
                sink.routed.push(Said::Expired { event: kept.event(), reason });
                sink.routed.push(Said::Count(Outcome::FromPending, 1));
                sink.routed.push(Said::Count(Outcome::Expired, 1));
            }
            stays
        });
    }

    /// States a silence that is due.
    fn state(
        &mut self,
        name: &ShortText,
        elsewhere: Option<Elsewhere>,
        numbers: &DispatchParameters,
        sink: &mut RouteSink<'_>,
    ) {
        let Some(Silent { due, since, owner }) = self.silent(sink.now, numbers) else { return };
        if due > sink.now {
            return;
        }
        let (channel, unclaimed) = (name.clone(), self.astray.told());
        let quiet = Quiet { since, as_of: sink.now, channel, unclaimed, elsewhere };
        let event = sink.own(sink.now, Fact::System(SystemFact::Quiet(quiet)));
        sink.send(owner, event);
        self.stated = Some(sink.now);
    }
}

fn name_of(kept: &StoredEvent) -> u64 {
    name(&kept.source, &kept.id)
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
