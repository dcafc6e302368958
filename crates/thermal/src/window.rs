//! When the goods are judged: from packed and settled until they are taken out, and again while a
//! monitored store holds them.

use crate::setting::{Attachment, Setting};
use alloc::vec::Vec;
use facts::{Moment, Span};

/// A judged stretch; `until` is `None` while it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// From when.
    pub from: Moment,
    /// Until when.
    pub until: Option<Moment>,
}

impl Window {
    /// Whether a moment lies in it.
    pub fn holds(&self, at: Moment) -> bool {
        self.from <= at && self.until.is_none_or(|until| at <= until)
    }
    /// Its end, or the end of all time.
    pub fn end(&self) -> Moment {
        self.until.unwrap_or(Moment::LATEST)
    }
}

/// The judged stretches, in order: one from each packing to what ended it, and the stays in a store.
pub fn windows(setting: &Setting, settle_in: Span) -> Vec<Window> {
    let shipped = || setting.attachments.iter().filter(|a| !a.store);
    // Without a report of packing the first probe that was put in tells of it.
    let first = shipped().map(|a| a.from).min().filter(|_| setting.packed.is_empty());
    let left = left_alone(shipped());
    let mut all: Vec<Window> = Vec::new();
    for packed in setting.packed.iter().copied().chain(first) {
        // Packed again while the window is open: the goods only changed their box.
        if all.last().is_some_and(|last| last.end() > packed) {
            continue;
        }
        let taken_out = setting.ends.iter().filter(|end| **end >= packed).min().copied();
        let left = left.filter(|left| *left >= packed);
        let until = [taken_out, left].into_iter().flatten().min();
        let from = packed + settle_in;
        if until.is_none_or(|until| from < until) {
            all.push(Window { from, until });
        }
    }
    if setting.attachments.iter().any(|a| a.store) {
        all.extend(setting.stays.iter().map(|(from, until)| {
            let over = setting.over.filter(|over| over >= from);
            Window { from: *from, until: until.iter().copied().chain(over).min() }
        }));
    }
    // In its box in the tank it is judged once.
    all.sort_by_key(|window| window.from);
    all.dedup_by(|next, before| {
        let joined = next.from <= before.end();
        if joined {
            before.until = before.until.zip(next.until).map(|(a, b)| a.max(b));
        }
        joined
    });
    all
}

/// When the last probe was taken off.
fn left_alone<'a>(attachments: impl Iterator<Item = &'a Attachment>) -> Option<Moment> {
    let mut last = Moment::EARLIEST;
    for attachment in attachments {
        last = last.max(attachment.until?);
    }
    (last > Moment::EARLIEST).then_some(last)
}
