#![doc = include_str!("no_probe.md")]

use super::{CORRECTED, PLACES};
use crate::memory::ThermalMemory;
use crate::place::{Ended, ProbePlace, Stretch};
use crate::shipment_setup::ShipmentSetup;
use alloc::vec::Vec;
use facts::timeline::{ENDS, WHO_HAS_THEM};
use facts::{
    Argument, Effects, Episode, Family, Hears, Moment, Rule, RuleContext, RuleInfo, Severity, Span,
    say,
};
use serde::Deserialize;

facts::messages! {
    "thermal/no-probe":
    NONE "none" = "no probe has been with the goods since {since}";
    NONE_IN_STORE "none-in-store" = "no probe has been with the goods in {store} since {since}";
    NEVER_IN_STORE "never-in-store" =
        "no probe has been with the goods since {since}: {store}, which holds them, never had one that was reported";
    LEFT "left" = "{at}, when the last one left them";
}

/// The goods travel or are stored, and no probe is with them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoProbe {
    after: Span,
}

/// A stretch without a probe.
#[derive(Debug, Clone, Copy)]
struct Bare {
    /// Where the goods were: on their way, or in a store.
    place: ProbePlace,
    from: Moment,
    until: Option<Moment>,
    /// When we had learnt what it hangs on.
    learnt: Moment,
    /// When we learnt that it had ended, where that is later than its end.
    ended: Option<Ended>,
    /// When the next probe came.
    next: Option<Moment>,
    /// Whether a probe had been there and was taken off, or was said to be elsewhere.
    lost: bool,
}

impl Rule for NoProbe {
    type Memory = ThermalMemory;
    const INFO: RuleInfo = RuleInfo {
        name: "thermal/no-probe",
        code: "DAT-01",
        family: Family::Data,
        effects: Effects::NONE,
        hears: Hears::Only(&[WHO_HAS_THEM, ENDS, CORRECTED, PLACES]),
        messages: &[MESSAGES],
        page: include_str!("no_probe.md"),
    };

    fn judge(&self, memory: &ThermalMemory, context: &RuleContext<'_>, found: &mut Vec<Episode>) {
        let setting = memory.setup();
        for bare in bare(setting) {
            let due = self.due_of(&bare, context.reference.settle);
            let long = bare.until.is_none_or(|until| until > bare.from + self.after);
            // It had been told when we learnt that the watch had ended before: ended, and not taken back.
            let came = bare.next.is_some_and(|next| next <= bare.from + self.after);
            let told = bare.ended.is_some_and(|ended| due <= ended.learnt) && !came;
            if due > context.now || !(long || told) {
                continue;
            }
            let episode = said(setting, &bare).until(bare.until).afterwards(!long);
            found.push(episode.unknown_for(bare.until.unwrap_or(due).max(bare.from) - bare.from));
        }
    }

    fn next_deadline(&self, memory: &ThermalMemory, context: &RuleContext<'_>) -> Option<Moment> {
        let all = bare(memory.setup());
        let dues = all.iter().map(|bare| self.due_of(bare, context.reference.settle));
        dues.filter(|due| *due > context.now).min()
    }
}

impl NoProbe {
    fn due_of(&self, bare: &Bare, settle: Span) -> Moment {
        (bare.from + self.after).max(bare.learnt) + settle
    }
}

/// What is said of a stretch.
fn said(setting: &ShipmentSetup, bare: &Bare) -> Episode {
    let from = bare.from;
    let since: Argument = if bare.lost { say!(LEFT, from).into() } else { from.into() };
    let Some(store) = setting.stores.name(bare.place) else {
        let travels = setting
            .picked_up
            .is_some_and(|picked_up| bare.until.is_none_or(|until| picked_up.at < until));
        let severity = if setting.attach_reported && travels { Severity::P2 } else { Severity::P3 };
        return Episode::new(severity, from, say!(NONE, since));
    };
    if setting.has_probe(bare.place) {
        let message = say!(NONE_IN_STORE, store, since);
        return Episode::new(Severity::P2, from, message).about(store.as_str());
    }
    let message = say!(NEVER_IN_STORE, since, store);
    Episode::new(Severity::P3, from, message).about(store.as_str()).unknown()
}

/// Every stretch in which no probe was with the goods, on their way or in a store.
fn bare(setting: &ShipmentSetup) -> Vec<Bare> {
    if !setting.needs_probe {
        return Vec::new();
    }
    let mut all = Vec::new();
    for stretch in ways(setting) {
        let mut edge = stretch.from;
        let with = watched(setting, &stretch);
        for (from, until) in with {
            all.extend(bare_until(setting, &stretch, edge, Some(from)));
            edge = edge.max(until);
        }
        all.extend(bare_until(setting, &stretch, edge, None));
    }
    let on_the_way = all.clone();
    for stay in stays(setting) {
        let mut edge = stay.from;
        for (from, until) in watched_in(setting, &stay, &on_the_way) {
            all.extend(bare_in(setting, &stay, edge, Some(from)));
            edge = edge.max(until);
        }
        all.extend(bare_in(setting, &stay, edge, None));
    }
    all
}

/// When stores held any of the goods, each store by itself. What is picked up has left a store that never had a probe, whether or not
/// somebody scanned that.
fn stays(setting: &ShipmentSetup) -> Vec<Stretch> {
    let mut all: Vec<Stretch> = Vec::new();
    for stay in &setting.stays {
        match all.iter_mut().rfind(|last| last.place == stay.place) {
            // The same goods but some of them: the stay goes on.
            Some(last) if last.until.is_some_and(|until| until.at == stay.from) => {
                last.until = stay.until;
            }
            _ => all.push(*stay),
        }
    }
    let picked_up = setting.picked_up;
    for stay in all.iter_mut().filter(|stay| !setting.has_probe(stay.place)) {
        let left = picked_up.filter(|left| stay.from < left.at && left.at < stay.end());
        if let Some(left) = left {
            stay.until = Some(Ended { at: left.at, learnt: left.learnt, offset: 0 });
        }
    }
    all
}

/// When a probe was with the goods in a store: one of that store, or of their box, if all of them are there. Where none is with
/// them on their way, that is said already.
fn watched_in(
    setting: &ShipmentSetup,
    stay: &Stretch,
    on_the_way: &[Bare],
) -> Vec<(Moment, Moment)> {
    // Also beyond the end of the stay: that may have been learnt later.
    let until = |until: Option<Moment>| until.unwrap_or(Moment::LATEST);
    let mine = setting.attachments.iter().filter(|a| a.place == stay.place);
    let mut all: Vec<_> = mine.map(|a| (a.from.max(stay.from), until(a.until))).collect();
    all.extend(on_the_way.iter().map(|bare| (bare.from.max(stay.from), until(bare.until))));
    for whole in setting.stays.iter().filter(|s| s.place == stay.place && s.all) {
        for stretch in &setting.boxes {
            let left = setting.left_alone(stretch).map(|left| left.at);
            let goes_on = whole.end() < stay.end();
            let end = until(left).min(stretch.end());
            let end = if goes_on { end.min(whole.end()) } else { end };
            all.extend(setting.with_probe(stretch.from.max(whole.from), end));
        }
    }
    all.retain(|(from, until)| from < until);
    all.sort_unstable();
    all
}

/// What lies without a probe between two moments of a stay.
fn bare_in(
    setting: &ShipmentSetup,
    stay: &Stretch,
    edge: Moment,
    next: Option<Moment>,
) -> Option<Bare> {
    let there = |place: ProbePlace| place == stay.place || place == ProbePlace::Box;
    let probes = setting.attachments.iter().filter(|a| there(a.place));
    let parted = probes.filter_map(|a| a.end).filter(|parted| parted.ended.at == edge);
    let parted = parted.map(|parted| parted.ended.learnt).max().filter(|_| stay.from < edge);
    let learnt = parted.unwrap_or(stay.learnt).max(stay.learnt);
    between(setting, stay, (edge, learnt), next, parted.is_some())
}

/// The ways of the goods: in their box, until they are out or their consignee has them. Where nobody reported packing or a
/// probe, from pick-up.
fn ways(setting: &ShipmentSetup) -> Vec<Stretch> {
    let mut all = setting.boxes.clone();
    if let (true, Some(picked_up)) = (all.is_empty(), setting.picked_up) {
        let over = setting.over;
        let unpacked = setting.unpacked.iter().filter(|out| out.at >= picked_up.at);
        let unpacked = unpacked.min_by_key(|out| out.at);
        let unpacked = unpacked.map(|out| Ended { at: out.at, learnt: out.learnt, offset: 0 });
        let until = over.into_iter().chain(unpacked).min_by_key(|end| end.at);
        let (from, learnt) = (picked_up.at, picked_up.learnt);
        all.push(Stretch { place: ProbePlace::Box, from, learnt, until, all: true });
    }
    let arrived = setting.with_consignee;
    for stretch in &mut all {
        if let Some(arrived) = arrived.filter(|arrived| arrived.at < stretch.end()) {
            stretch.until = Some(Ended { at: arrived.at, learnt: arrived.learnt, offset: 0 });
        }
    }
    all.retain(|stretch| stretch.from <= stretch.end());
    all
}

/// When a probe was with the goods: in their box, or in a store that held them.
fn watched(setting: &ShipmentSetup, way: &Stretch) -> Vec<(Moment, Moment)> {
    let mut all = setting.with_probe(way.from, Moment::LATEST);
    for stay in &setting.stays {
        for probe in setting.attachments.iter().filter(|a| a.place == stay.place) {
            let from = probe.from.max(stay.from).max(way.from);
            let until = probe.until.unwrap_or(Moment::LATEST).min(stay.end());
            if from < until {
                all.push((from, until));
            }
        }
    }
    all.sort_unstable();
    all
}

/// What lies without a probe between two moments of a way, from when that is not fine.
fn bare_until(
    setting: &ShipmentSetup,
    way: &Stretch,
    edge: Moment,
    next: Option<Moment>,
) -> Option<Bare> {
    let probes = setting.attachments.iter().filter(|a| a.place == ProbePlace::Box);
    let parted = probes.filter_map(|a| a.end).filter(|parted| parted.ended.at == edge);
    let parted = parted.max_by_key(|parted| parted.ended.learnt);
    // Before pick-up a box may stand without a logger; one that was there may not be gone for long.
    let (from, learnt) = match parted {
        Some(parted) => (edge, parted.ended.learnt),
        None => {
            let picked_up = setting.picked_up?;
            (edge.max(picked_up.at), picked_up.learnt)
        }
    };
    between(setting, way, (from, learnt), next, parted.is_some())
}

/// What lies between two moments of a stretch, the first with when we had learnt what it hangs on.
fn between(
    setting: &ShipmentSetup,
    stretch: &Stretch,
    (from, learnt): (Moment, Moment),
    next: Option<Moment>,
    lost: bool,
) -> Option<Bare> {
    if from == Moment::LATEST {
        return None;
    }
    let end = stretch.until.filter(|end| next.is_none_or(|next| end.at <= next));
    let until = end.map(|end| end.at).or(next);
    let late = end.filter(|end| end.learnt > end.at);
    if until.is_some_and(|until| until <= from) && late.is_none_or(|end| end.learnt <= from) {
        return None;
    }
    let learnt = learnt.max(setting.corrected.unwrap_or(learnt));
    let until = until.map(|until| until.max(from));
    Some(Bare { place: stretch.place, from, until, learnt, ended: late, next, lost })
}
