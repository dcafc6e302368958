//! When the goods are judged: from packed and settled until they are taken out, and while a monitored store holds them.

use crate::place::{Ended, ProbePlace, Stretch};
use crate::series::Sample;
use crate::shipment_setup::ShipmentSetup;
use alloc::vec::Vec;
use facts::{Moment, Span};

/// A judged stretch; `until` is `None` while it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// Where the goods are: only probes of this place tell how warm they are.
    pub place: ProbePlace,
    /// When the goods came there: a box has not settled yet.
    pub opened: Moment,
    /// From when.
    pub from: Moment,
    /// Until when.
    pub until: Option<Moment>,
    /// Where its end was learnt later than it was: until when, by log time, and by which place of the journal what was measured
    /// after the end was still held against the goods.
    pub told: Option<(Moment, u64)>,
    /// How much later than it was an end may be learnt and still be in time.
    pub settle: Span,
    /// Whether readings are awaited. A box stands in a store with a probe of its own inside: what the store measures counts, and
    /// is missed by nobody.
    pub awaited: bool,
    /// Whether it ended because no probe was with the goods any more when they were received: nobody saw what was wrong before
    /// get better.
    pub unseen: bool,
}

impl Window {
    /// A stretch in a box that has settled; its end was learnt in time.
    pub fn in_box(from: Moment, until: Option<Moment>) -> Self {
        let (place, opened) = (ProbePlace::Box, from);
        let settle = Span::ZERO;
        Self { place, opened, from, until, told: None, settle, awaited: true, unseen: false }
    }
    /// Whether a moment lies in it.
    pub fn holds(&self, at: Moment) -> bool {
        self.from <= at && self.until.is_none_or(|until| at <= until)
    }
    /// Whether a reading is held against the goods: also after the end, where that was learnt after the reading. An act that ends
    /// the watch ends what was said, and takes nothing back.
    pub fn takes(&self, reading: &Sample) -> bool {
        self.holds(reading.at) || self.takes_late(reading)
    }
    /// Whether a reading after the end is held against the goods, because the end was learnt after it.
    pub fn takes_late(&self, reading: &Sample) -> bool {
        let late = |(learnt, offset): (Moment, u64)| {
            reading.at <= learnt && u64::from(reading.offset) < offset
        };
        self.from <= reading.at && !self.holds(reading.at) && self.told.is_some_and(late)
    }
    /// Its end, or the end of all time.
    pub fn end(&self) -> Moment {
        self.until.unwrap_or(Moment::LATEST)
    }
    /// Until when readings are held against the goods.
    pub fn taken_until(&self) -> Moment {
        self.told.map_or(self.end(), |(learnt, _)| learnt.max(self.end()))
    }
    /// The same, ended by something else where that was earlier.
    pub fn cut(self, from: Moment, end: Option<Ended>) -> Option<Self> {
        let from = self.from.max(from);
        let earlier = end.filter(|end| self.until.is_none_or(|until| end.at < until));
        let cut = match earlier {
            Some(end) => {
                // Its own end had been known before that.
                let (learnt, offset) = self.told.unwrap_or((self.end(), u64::MAX));
                let end = end.known_with(Ended { at: end.at, learnt, offset });
                Self { from, until: Some(end.at), told: told(&end, self.settle), ..self }
            }
            None => Self { from, ..self },
        };
        (from <= cut.taken_until()).then_some(cut)
    }
}

/// Facts that race within `settle` are as in time.
fn told(end: &Ended, settle: Span) -> Option<(Moment, u64)> {
    (end.learnt > end.at + settle).then_some((end.learnt, end.offset))
}

/// The judged stretches, in order: one from each packing to what ended it, and the stays in stores. `is_climate` says from
/// when on the goods may be exposed to what a store measures while their box stands in it: where a cold room was never as
/// cold as the goods must be, they are in their box.
pub fn windows(
    setting: &ShipmentSetup,
    settle_in: Span,
    settle: Span,
    is_climate: impl Fn(&Stretch) -> Option<Moment>,
) -> Vec<Window> {
    let mut all: Vec<Window> = Vec::new();
    let mut boxed: Vec<(Moment, Moment)> = Vec::new();
    for stretch in &setting.boxes {
        let left = setting.left_alone(stretch).filter(|left| left.at < stretch.end());
        let left = left.map(|left| stretch.until.map_or(left, |until| left.known_with(until)));
        let end = left.or(stretch.until);
        let last_seen = setting.last_probe(stretch);
        let window = Window {
            place: ProbePlace::Box,
            opened: stretch.from,
            from: stretch.from + settle_in,
            until: end.map(|end| end.at),
            told: end.as_ref().and_then(|end| told(end, settle)),
            settle,
            awaited: true,
            unseen: left.is_some_and(|left| last_seen.is_some_and(|seen| seen < left.at)),
        };
        boxed.extend(setting.with_probe(stretch.from, window.end()));
        if window.from < window.taken_until() {
            all.push(window);
        }
    }
    for stay in setting.stays.iter().filter(|stay| setting.has_probe(stay.place)) {
        let inside = if stay.all { &*boxed } else { &[] };
        let climate = if inside.is_empty() { None } else { is_climate(stay) };
        all.extend(stay_windows(stay, settle, inside, climate));
    }
    all.sort_by_key(|window| (window.place, window.from));
    all.dedup_by(|next, before| {
        let joined = next.place == before.place
            && next.place != ProbePlace::Box
            && next.awaited == before.awaited
            && next.from <= before.end();
        if joined {
            (before.until, before.told) = (next.until, next.told);
        }
        joined
    });
    all.sort_by_key(|window| window.from);
    all
}

/// A stay, cut where the goods were in a box with a probe of its own inside.
fn stay_windows(
    stay: &Stretch,
    settle: Span,
    inside: &[(Moment, Moment)],
    climate: Option<Moment>,
) -> Vec<Window> {
    let of = |from: Moment, until: Option<Moment>, awaited: bool| {
        let end = stay.until.filter(|end| until.is_none_or(|until| end.at <= until));
        Window {
            place: stay.place,
            opened: from,
            from,
            until: end.map(|end| end.at).or(until),
            told: end.as_ref().and_then(|end| told(end, settle)),
            settle,
            awaited,
            unseen: false,
        }
    };
    let (mut all, mut from) = (Vec::new(), stay.from);
    for (begin, end) in inside.iter().filter(|(begin, end)| *begin < stay.end() && *end > stay.from)
    {
        if *begin > from {
            all.push(of(from, Some(*begin), true));
        }
        let until = Some(*end).filter(|end| *end < Moment::LATEST);
        if let Some(climate) = climate.filter(|climate| climate < end) {
            all.push(of(climate.max(*begin).max(stay.from), until, false));
        }
        from = from.max(*end);
    }
    if from < stay.end() {
        all.push(of(from, None, true));
    }
    all
}
