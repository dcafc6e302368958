//! One probe: what it was attached to and when, and its readings of the last days.

use alloc::vec::Vec;
use facts::{DeviceFact, Fact, MilliCelsius, Moment, Span, Subject};
use serde::{Deserialize, Serialize};

use crate::ahead::is_ahead;
use crate::attribution::owner_key;
use crate::clock::{Astray, Dated, Wrong};
use crate::events::StoredEvent;
use crate::rules::DispatchParameters;

/// What dispatch knows of a probe.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Channel {
    /// Attached and detached, in the order in which it happened.
    pub(crate) attachments: Vec<Attachment>,
    /// Readings that found a home, in the order in which they were measured.
    pub(crate) readings: Vec<PassedReading>,
    /// Readings that no attachment claims, as they were reported.
    pub(crate) held: Vec<Held>,
    /// When a reading last found its home with what the probe is attached to, by log time; before the first one, when
    /// it was learnt that it is attached to it.
    pub(crate) heard: Option<Moment>,
    /// When its silence was stated last.
    pub(crate) stated: Option<Moment>,
    /// What came since then, and found no home there.
    pub(crate) astray: Astray,
    /// Its device's clock is ahead, as far as anybody knows.
    pub(crate) wrong_clock: Option<Wrong>,
    /// When readings were last let go.
    trimmed: Option<Moment>,
    /// Whom it told last that it still measures, by a short name, and when.
    pub(crate) said: Option<(u64, Moment)>,
}

/// Attached or detached.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Attachment {
    pub(crate) kept: StoredEvent,
    /// Whose its readings are from here on.
    pub(crate) owner: Option<Subject>,
    /// How often it measures.
    pub(crate) log_every: Option<Span>,
    /// How often it sends.
    pub(crate) send_every: Option<Span>,
    /// Who has heard of it.
    pub(crate) told: Vec<Subject>,
}

/// A reading that was passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PassedReading {
    pub(crate) at: Moment,
    pub(crate) temperature: MilliCelsius,
    /// What a correction would name.
    pub(crate) name: u64,
    /// When it was learnt, by log time.
    pub(crate) learnt: Moment,
    /// The short name of whom it was passed on to.
    pub(crate) to: u64,
}

/// A reading that waits.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Held {
    /// What a correction would name.
    pub(crate) name: u64,
    pub(crate) dated: Dated,
    pub(crate) kept: StoredEvent,
}

/// When a probe is to be stated silent.
#[derive(Debug)]
pub(crate) struct Silent<'a> {
    /// When.
    pub(crate) due: Moment,
    /// Since when nothing has come.
    pub(crate) since: Moment,
    /// Who is told.
    pub(crate) owner: &'a Subject,
}

impl Attachment {
    pub(crate) fn new(kept: StoredEvent) -> Self {
        let (owner, log_every, send_every) = match &kept.fact {
            Fact::Device(DeviceFact::Attached(a)) => (a.to(), Some(a.log_every), a.send_every),
            _ => (None, None, None),
        };
        Self { kept, owner, log_every, send_every, told: Vec::new() }
    }
    /// How often something of it may be expected.
    pub(crate) fn every(&self) -> Span {
        self.send_every.or(self.log_every).unwrap_or_default()
    }
}

impl Channel {
    /// What the probe was attached to then.
    pub(crate) fn attachment(&self, at: Moment) -> Option<&Attachment> {
        let place = match self.attachments.last() {
            Some(last) if last.kept.at <= at => self.attachments.len(),
            _ => self.attachments.partition_point(|b| b.kept.at <= at),
        };
        self.attachments.get(place.checked_sub(1)?)
    }
    /// Whose a reading of then is.
    pub(crate) fn owner(&self, at: Moment) -> Option<&Subject> {
        self.attachment(at)?.owner.as_ref()
    }
    /// Takes in an attachment or a detachment.
    pub(crate) fn attach(&mut self, kept: StoredEvent) {
        self.attach_again(Attachment::new(kept));
    }
    /// Takes it in with those who have heard of it.
    pub(crate) fn attach_again(&mut self, binding: Attachment) {
        // At one moment a probe is taken off before it is put on, whichever was reported first.
        let sequence = binding.kept.sequence();
        let place = self.attachments.partition_point(|b| b.kept.sequence() <= sequence);
        self.attachments.insert(place, binding);
    }
    /// Whether it is with anybody, by the last word on it.
    pub(crate) fn is_attached(&self) -> bool {
        self.attachments.last().is_some_and(|binding| binding.owner.is_some())
    }
    /// A shipment was put away: its readings are gone, and what was attached to it is attached to nobody from then on.
    /// Gives back the attachments and detachments that say nothing any more.
    pub(crate) fn leave(&mut self, gone: &Subject) -> Vec<Attachment> {
        self.readings.retain(|reading| reading.to != owner_key(gone));
        self.said.take_if(|(whom, _)| *whom == owner_key(gone));
        self.wrong_clock.take_if(|wrong| wrong.told.as_ref() == Some(gone));
        for binding in &mut self.attachments {
            binding.told.retain(|told| told != gone);
            if binding.owner.as_ref() == Some(gone) {
                binding.owner = None;
            }
        }
        let mut idle = None;
        let says_nothing = |binding: &mut Attachment| {
            let before = idle.replace(binding.owner.is_none());
            binding.owner.is_none() && before == Some(true)
        };
        self.attachments.extract_if(.., says_nothing).collect()
    }
    /// Whether that very measurement is known.
    pub(crate) fn knows(&self, at: Moment, temperature: MilliCelsius) -> bool {
        let held = |Held { kept, .. }: &Held| {
            kept.at == at
                && matches!(&kept.fact, Fact::Device(DeviceFact::Reading(r)) if r.temperature == temperature)
        };
        if self.held.iter().any(held) {
            return true;
        }
        if self.readings.last().is_none_or(|last| last.at < at) {
            return false;
        }
        let from = self.readings.partition_point(|r| r.at < at);
        let same = self.readings.get(from..).unwrap_or_default();
        same.iter().take_while(|r| r.at == at).any(|r| r.temperature == temperature)
    }
    /// Notes that a reading was passed on.
    pub(crate) fn note(&mut self, reading: PassedReading) {
        match self.readings.last() {
            Some(last) if last.at > reading.at => {
                let place = self.readings.partition_point(|r| r.at <= reading.at);
                self.readings.insert(place, reading);
            }
            _ => self.readings.push(reading),
        }
    }
    /// Lets go of what was learnt too long ago, once a day.
    pub(crate) fn trim(&mut self, now: Moment, keep: Span) {
        if now < self.trimmed.unwrap_or(now) + Span::days(1) {
            self.trimmed.get_or_insert(now);
            return;
        }
        self.trimmed = Some(now);
        self.readings.retain(|r| r.learnt + keep > now);
    }
    /// Whose a reading that waits is by now: not before the log's clock has come so far.
    pub(crate) fn owner_of(&self, held: &Held, reached: Moment, skew: Span) -> Option<&Subject> {
        let skew = if held.dated == Dated::Ahead { Span::ZERO } else { skew };
        if is_ahead(held.kept.at, reached, skew) {
            return None;
        }
        self.owner(held.kept.at)
    }
    /// What it is attached to now, and how often it sends: what an attachment that says the same does not change.
    pub(crate) fn attached(&self, now: Moment) -> Option<(Subject, Option<Span>)> {
        let binding = self.attachment(now)?;
        Some((binding.owner.clone()?, binding.send_every))
    }
    /// Something came home: whether it is of what the probe is attached to now, so that the probe is not silent.
    pub(crate) fn hear(&mut self, at: Moment, now: Moment) {
        let Some(binding) = self.attachment(now) else { return };
        if binding.owner.is_some() && binding.kept.at <= at {
            self.begin(now);
        }
    }
    /// From now on silence counts.
    pub(crate) fn begin(&mut self, now: Moment) {
        self.heard = self.heard.max(Some(now));
        (self.stated, self.astray) = (None, Astray::default());
    }
    /// Since when an attachment has told nothing: one that says again what the one before it said is none of its own.
    fn quiet_since(&self, place: usize) -> Option<Moment> {
        let before = self.attachments.get(..=place)?;
        let last = before.last()?;
        let same = |b: &&Attachment| (&b.owner, b.send_every) == (&last.owner, last.send_every);
        let first = before.iter().rev().take_while(same).last()?;
        Some(self.heard?.max(first.kept.at))
    }
    /// The next silence to state, asked at a moment: of what it is attached to when the time comes, never while it is
    /// detached or only read out. What was booked ahead is asked for from its own time on.
    pub(crate) fn silent(&self, now: Moment, numbers: &DispatchParameters) -> Option<Silent<'_>> {
        let live = self.attachments.partition_point(|b| b.kept.at <= now).saturating_sub(1);
        for (place, binding) in self.attachments.iter().enumerate().skip(live) {
            let ends = self.attachments.get(place + 1).map(|next| next.kept.at);
            let (Some(owner), Some(every)) = (&binding.owner, binding.send_every) else { continue };
            let since = self.quiet_since(place)?;
            let first = since + every * i64::from(numbers.quiet_after);
            let stated = self.stated.filter(|stated| *stated >= since);
            let due = stated.map_or(first, |stated| stated + numbers.quiet_again);
            // Who has not come back by then will not: nothing new is said by saying it for ever.
            let said = due <= since + numbers.keep;
            if said && ends.is_none_or(|ends| due < ends) {
                return Some(Silent { due, since, owner });
            }
        }
        None
    }
}

/// Whether the one of this short name is to hear that something measures what it has; it was said last to whom, and when.
pub(crate) fn is_to_say(
    said: &mut Option<(u64, Moment)>,
    to: u64,
    now: Moment,
    numbers: &DispatchParameters,
) -> bool {
    let Some(silent) = &numbers.silent else { return false };
    let lately = |(whom, at): (u64, Moment)| whom == to && now < at + silent.watched_again;
    if said.is_some_and(lately) {
        return false;
    }
    *said = Some((to, now));
    true
}
