//! One probe: what it was attached to and when, and its readings of the last days.

use alloc::vec::Vec;
use facts::{Fact, MilliCelsius, Moment, Span, Subject};
use serde::{Deserialize, Serialize};

use crate::kept::Kept;

/// What dispatch knows of a probe.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Channel {
    /// Attached and detached, in the order in which it happened.
    pub(crate) bindings: Vec<Binding>,
    /// Readings that found a home, in the order in which they were measured.
    pub(crate) readings: Vec<Passed>,
    /// Readings that no attachment claims, as they were reported.
    pub(crate) held: Vec<Held>,
    /// When something came last, by log time.
    pub(crate) heard: Option<Moment>,
    /// When its silence was stated last.
    pub(crate) stated: Option<Moment>,
    /// When readings were last let go.
    trimmed: Option<Moment>,
}

/// Attached or detached.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Binding {
    pub(crate) kept: Kept,
    /// Whose its readings are from here on.
    pub(crate) home: Option<Subject>,
    /// How often it sends.
    pub(crate) send_every: Option<Span>,
    /// Who has heard of it.
    pub(crate) told: Vec<Subject>,
}

/// A reading that was passed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Passed {
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
    pub(crate) kept: Kept,
}

impl Binding {
    pub(crate) fn new(kept: Kept) -> Self {
        let (home, send_every) = match &kept.fact {
            Fact::Attached(a) => (a.to(), a.send_every),
            _ => (None, None),
        };
        Self { kept, home, send_every, told: Vec::new() }
    }
}

impl Channel {
    /// What the probe was attached to then.
    pub(crate) fn binding(&self, at: Moment) -> Option<&Binding> {
        let place = match self.bindings.last() {
            Some(last) if last.kept.at <= at => self.bindings.len(),
            _ => self.bindings.partition_point(|b| b.kept.at <= at),
        };
        self.bindings.get(place.checked_sub(1)?)
    }
    /// Whose a reading of then is.
    pub(crate) fn home(&self, at: Moment) -> Option<&Subject> {
        self.binding(at)?.home.as_ref()
    }
    /// Takes in an attachment or a detachment.
    pub(crate) fn bind(&mut self, kept: Kept) {
        let place = self.bindings.partition_point(|b| b.kept.at <= kept.at);
        self.bindings.insert(place, Binding::new(kept));
    }
    /// Whether that very measurement is known.
    pub(crate) fn knows(&self, at: Moment, temperature: MilliCelsius) -> bool {
        let held = |Held { kept, .. }: &Held| {
            kept.at == at && matches!(&kept.fact, Fact::Reading(r) if r.temperature == temperature)
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
    pub(crate) fn note(&mut self, reading: Passed) {
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
    /// How often it sends, if it is attached to something and sends at all.
    pub(crate) fn live(&self) -> Option<(&Subject, Span)> {
        let last = self.bindings.last()?;
        Some((last.home.as_ref()?, last.send_every?))
    }
}
