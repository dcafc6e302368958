#![doc = include_str!("clock_wrong.md")]

use super::{CORRECTED, PLACES, READINGS};
use crate::memory::ThermalMemory;
use crate::place::ProbePlace;
use crate::probe::Probe;
use crate::shipment_setup::Attachment;
use crate::window::Window;
use alloc::{format, vec::Vec};
use facts::context::Class;
use facts::fact::device::ClockAhead;
use facts::timeline::{ENDS, WHO_HAS_THEM};
use facts::{
    Effects, Episode, Fact, FactKind, Family, Hears, Message, Moment, Rule, RuleContext, RuleInfo,
    Severity, ShortText, Span, Subject, SystemFact, say,
};
use serde::Deserialize;

facts::messages! {
    "thermal/clock-wrong":
    AHEAD "ahead" =
        "its clock is {by} ahead: what came at {came} is dated {dated}, and waits until then";
    ZONE "zone" =
        "its clock is {by} ahead, a wrong time zone by its size: what came at {came} is dated {dated}, and waits until then";
}

/// The clock of a logger is ahead.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockWrong {
    long_fresh: Span,
    long_other: Span,
    after_arrival: Span,
    after_plan: Span,
    zone: Span,
    near: Span,
}

/// A clock that is said to be ahead, and from when on it is said to be right again.
#[derive(Debug)]
struct Ahead<'a> {
    device: &'a Subject,
    since: Moment,
    told: &'a ClockAhead,
    right: Option<Moment>,
    offset: u64,
}

impl Rule for ClockWrong {
    type Memory = ThermalMemory;
    const INFO: RuleInfo = RuleInfo {
        name: "thermal/clock-wrong",
        code: "DAT-06",
        family: Family::Data,
        effects: Effects::NONE,
        hears: Hears::Only(&[
            WHO_HAS_THEM,
            ENDS,
            CORRECTED,
            PLACES,
            READINGS,
            &[FactKind::Quiet, FactKind::ClockAhead, FactKind::ClockRight],
        ]),
        messages: &[MESSAGES],
        page: include_str!("clock_wrong.md"),
    };

    fn judge(&self, memory: &ThermalMemory, context: &RuleContext<'_>, found: &mut Vec<Episode>) {
        let profile = memory.profile(context.reference);
        let windows = profile
            .map(|profile| memory.windows(profile, context.reference.settle))
            .unwrap_or_default();
        let fresh = profile.is_none_or(|profile| profile.class == Class::Fresh);
        let long = if fresh { self.long_fresh } else { self.long_other };
        for ahead in stretches(memory) {
            found.extend(self.episodes(memory, &ahead, &windows, long));
        }
    }

    fn next_deadline(&self, _: &ThermalMemory, _: &RuleContext<'_>) -> Option<Moment> {
        None
    }
}

impl ClockWrong {
    /// In the box from when it was told; in a store while the goods are there; wherever the probe is now.
    fn episodes(
        &self,
        memory: &ThermalMemory,
        ahead: &Ahead<'_>,
        windows: &[Window],
        long: Span,
    ) -> Vec<Episode> {
        let mut all = Vec::new();
        for spell in spells(memory, ahead) {
            let there = windows.iter().filter(|window| window.place == spell.place);
            let there: Vec<&Window> = there.collect();
            let dark = |window: &&&Window| self.is_dark(memory, ahead, &spell, window, long);
            if spell.place == ProbePlace::Box {
                // Of goods that were taken out nobody wants to know any more.
                let left = there.last().and_then(|window| window.until);
                let is_dark = there.iter().any(|window| dark(&window));
                all.extend(self.episode(memory, ahead, &spell, (spell.from, left), is_dark));
                continue;
            }
            for window in there.iter().filter(|window| window.awaited) {
                let stay = (window.from.max(spell.from), window.until);
                all.extend(self.episode(memory, ahead, &spell, stay, dark(&window)));
            }
        }
        all
    }

    /// What is told of one place, from and until when the goods are with the probe.
    fn episode(
        &self,
        memory: &ThermalMemory,
        ahead: &Ahead<'_>,
        spell: &Attachment,
        (from, left): (Moment, Option<Moment>),
        is_dark: bool,
    ) -> Option<Episode> {
        let since = ahead.since.max(from);
        let over = memory.setup().over.map(|over| over.at).filter(|over| *over >= since);
        let until = [ahead.right, spell.until, over, left].into_iter().flatten().min();
        let severity = if is_dark { Severity::P2 } else { Severity::P3 };
        let about = format!("{}/{}", ahead.device.id, ahead.told.channel);
        let episode = Episode::new(severity, since, self.message(ahead.told)).until(until);
        let episode = episode.about(about).evidence([ahead.offset]);
        until.is_none_or(|until| since < until).then_some(episode)
    }

    /// Whether nothing of the goods is known meanwhile, for so long that silence would be P2.
    fn is_dark(
        &self,
        memory: &ThermalMemory,
        ahead: &Ahead<'_>,
        attachment: &Attachment,
        window: &Window,
        long: Span,
    ) -> bool {
        let setting = memory.setup();
        let (device, channel) = (&*ahead.device.id, &ahead.told.channel);
        let probe = memory.probes().iter().find(|p| is_probe(p, device, channel));
        let open = probe.and_then(|probe| probe.silences.last());
        let Some(silence) = open.filter(|silence| silence.ahead && silence.until.is_none()) else {
            return false;
        };
        let (first, last) = silence.stated;
        let last = last.min(window.end());
        let flight =
            |at| setting.flight_over(at, self.after_arrival, self.after_plan).unwrap_or(last);
        let in_flight = last < flight(silence.since.max(window.from)) || last < flight(last);
        let is_long = window.holds(first) && last - silence.since >= long && !in_flight;
        is_long && !others_know(memory, attachment, last)
    }

    fn message(&self, told: &ClockAhead) -> Message {
        let by = told.says - told.came;
        let steps = (by + self.near).as_minutes() / self.zone.as_minutes().max(1);
        let off = by - self.zone * steps;
        // No zone is a day away: then it is the date.
        let near = off <= self.near && Span::ZERO - off <= self.near;
        let zone = near && by + self.near >= self.zone && by < Span::days(1);
        let template = if zone { ZONE } else { AHEAD };
        say!(template, by, told.came, told.says)
    }
}

/// Where the probe was while its clock was ahead. A second scan of where it is begins nothing.
fn spells(memory: &ThermalMemory, ahead: &Ahead<'_>) -> Vec<Attachment> {
    let (device, channel) = (&*ahead.device.id, &ahead.told.channel);
    let mut spells: Vec<Attachment> = Vec::new();
    for attachment in memory.setup().attachments.iter().filter(|a| is_of(a, device, channel)) {
        match spells.last_mut() {
            Some(before)
                if before.place == attachment.place && before.until == Some(attachment.from) =>
            {
                *before = Attachment { from: before.from, ..attachment.clone() };
            }
            _ => spells.push(attachment.clone()),
        }
    }
    spells.retain(|spell| {
        let began = ahead.right.is_none_or(|right| spell.from < right);
        began && spell.until.is_none_or(|until| until > ahead.since)
    });
    spells
}

/// When which clock was ahead, in the order in which that was told.
fn stretches(memory: &ThermalMemory) -> Vec<Ahead<'_>> {
    let mut all: Vec<Ahead<'_>> = Vec::new();
    for chapter in memory.history.entries() {
        let (channel, right) = match &chapter.fact {
            Fact::System(SystemFact::ClockAhead(told)) => (&told.channel, None),
            Fact::System(SystemFact::ClockRight(right)) => (&right.channel, Some(chapter.at)),
            _ => continue,
        };
        let open = all.iter_mut().find(|ahead| {
            *ahead.device == chapter.subject
                && ahead.told.channel == *channel
                && ahead.right.is_none()
        });
        match (open, &chapter.fact) {
            (Some(open), _) => open.right = right,
            (None, Fact::System(SystemFact::ClockAhead(told))) => all.push(Ahead {
                device: &chapter.subject,
                since: chapter.at,
                told,
                right: None,
                offset: chapter.offset,
            }),
            (None, _) => {}
        }
    }
    all
}

/// Whether another payload probe of the same place sends, is fit and is heard.
fn others_know(memory: &ThermalMemory, attachment: &Attachment, at: Moment) -> bool {
    let setting = memory.setup();
    let (device, channel) = (attachment.device.as_str(), &attachment.channel);
    let beside = |a: &&Attachment| {
        !is_of(a, device, channel) && a.place == attachment.place && setting.sits(a, at)
    };
    setting.attachments.iter().filter(beside).any(|a| {
        let probe = memory.probes().iter().find(|p| is_probe(p, a.device.as_str(), &a.channel));
        let silent = |probe: &Probe| probe.silences.last().is_some_and(|s| s.until.is_none());
        let heard = probe.is_some_and(|probe| probe.heard.is_some() && !silent(probe));
        a.send_every.is_some() && setting.fit(a, at) && heard
    })
}

fn is_of(attachment: &Attachment, device: &str, channel: &ShortText) -> bool {
    attachment.device.as_str() == device && attachment.channel == *channel
}

fn is_probe(probe: &Probe, device: &str, channel: &ShortText) -> bool {
    probe.device.as_str() == device && probe.channel == *channel
}
