#![doc = include_str!("logger_silent.md")]

use super::{CORRECTED, PLACES, READINGS};
use crate::memory::{ThermalMemory, judged};
use crate::place::ProbePlace;
use crate::probe::{Probe, ProbeSilence};
use crate::shipment_setup::{Attachment, Learnt, ShipmentSetup};
use crate::window::Window;
use alloc::{format, vec::Vec};
use facts::context::Class;
use facts::fact::device::{Elsewhere, Unclaimed};
use facts::timeline::{ENDS, WHO_HAS_THEM};
use facts::{
    Effects, Episode, FactKind, Family, Hears, Message, Moment, Rule, RuleContext, RuleInfo,
    Severity, Shows, Span, Template, say,
};
use serde::Deserialize;

facts::messages! {
    "thermal/logger-silent":
    NOTHING "nothing" = "nothing has come from it since {since}";
    ELSEWHERE "elsewhere" =
        "nothing has come from it since {since} at this probe: {readings} readings came from probe {probe} of the device, which is attached to nothing";
    UNCLAIMED "unclaimed" =
        "nothing has come from it since {since} that can be of these goods: {readings} readings came, the last one dated {dated}";
    NOTHING_COUNTS "nothing-counts" =
        "no reading of it counts for the goods, which were picked up by {at}";
    STOWED "stowed" = "stowed at {at}, and no file of {device} has been read in";
    UNPACKED "unpacked" = "unpacked at {at}, and no file of {device} has been read in";
    RECEIVED "received" = "received at {at}, and no file of {device} has been read in";
    CLOSED "closed" = "closed at {at}, and no file of {device} has been read in";
}

/// A live logger is silent, or a logger that must be read out was not.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoggerSilent {
    long_fresh: Span,
    long_other: Span,
    after_arrival: Span,
    after_plan: Span,
    first_reading: Span,
    first_intervals: i64,
    read_out: Span,
    read_out_received: Span,
}

impl Rule for LoggerSilent {
    type Memory = ThermalMemory;
    const INFO: RuleInfo = RuleInfo {
        name: "thermal/logger-silent",
        code: "DAT-03",
        family: Family::Data,
        effects: Effects { shows: Shows::SilentProbe, ..Effects::NONE },
        hears: Hears::Only(&[
            WHO_HAS_THEM,
            ENDS,
            CORRECTED,
            PLACES,
            READINGS,
            &[FactKind::Quiet, FactKind::Imported, FactKind::Stowed],
        ]),
        messages: &[MESSAGES],
        page: include_str!("logger_silent.md"),
    };

    fn judge(&self, memory: &ThermalMemory, context: &RuleContext<'_>, found: &mut Vec<Episode>) {
        let setting = memory.setup();
        if let Some((profile, windows)) = judged(memory, context) {
            let fresh = profile.class == Class::Fresh;
            let long = if fresh { self.long_fresh } else { self.long_other };
            let cover = memory.coverage(context, &windows);
            let awaited = cover.stretches().filter(|(.., window)| window.awaited);
            for (probe, attachment, window) in awaited {
                // Where all that came is dated ahead its clock is wrong, and thermal/clock-wrong says so.
                for silence in probe.silences.iter().filter(|silence| !silence.ahead) {
                    let silent = self.silent(memory, silence, (attachment, &window), long);
                    found.extend(silent.map(|episode| episode.about(probe.name())));
                }
            }
            for window in windows.iter().filter(|window| window.awaited) {
                self.nothing_known(memory, window, &windows, context, found);
            }
        }
        for attachment in &setting.attachments {
            found.extend(self.not_read_out(setting, attachment, context));
        }
    }

    fn next_deadline(&self, memory: &ThermalMemory, context: &RuleContext<'_>) -> Option<Moment> {
        let setting = memory.setup();
        let settle = context.reference.settle;
        let files = setting.attachments.iter().filter_map(|attachment| {
            let (_, due, learnt) = self.file_due(setting, attachment)?;
            Some(due.max(learnt) + settle)
        });
        let mut all: Vec<Moment> = files.collect();
        if let Some((_, windows)) = judged(memory, context) {
            for window in windows.iter().filter(|window| window.awaited) {
                for (attachment, _) in self.unheard(memory, window, &windows, context) {
                    let due = self.first_due(setting, attachment, window, settle);
                    all.extend(due.map(|(_, due)| due));
                }
            }
        }
        all.into_iter().filter(|due| *due > context.now).min()
    }
}

impl LoggerSilent {
    /// A silence that dispatch has stated, in so far as it lies in a judged window.
    fn silent(
        &self,
        memory: &ThermalMemory,
        silence: &ProbeSilence,
        (attachment, window): (&Attachment, &Window),
        long: Span,
    ) -> Option<Episode> {
        let setting = memory.setup();
        let (first, last) = silence.stated;
        // It was stated before we learnt that the watch had ended, or while it went on.
        let late =
            window.told.is_some_and(|(learnt, offset)| first <= learnt && silence.offset < offset);
        let in_time = window.until.is_none_or(|until| first <= until);
        let came_before = silence.until.is_some_and(|until| until <= window.from);
        if last < window.from || came_before || !(in_time || late) {
            return None;
        }
        let since = silence.since.max(window.from);
        let last = last.min(if late { window.taken_until() } else { window.end() });
        let over = |at| setting.flight_over(at, self.after_arrival, self.after_plan);
        let over = over(since).max(over(last));
        if over.is_some_and(|over| last < over) {
            return None;
        }
        let dark = last - since >= long && !others_know(memory, attachment, last);
        let severity = if dark { Severity::P2 } else { Severity::P3 };
        let until = silence.until.into_iter().chain(window.until).min();
        let unknown = until.unwrap_or(last).max(since) - since;
        let episode = Episode::new(severity, since, nothing(silence)).until(until);
        let episode = episode.unknown_for(unknown).evidence([silence.offset]);
        Some(episode.afterwards(!in_time))
    }

    /// Probes that send, sit with the goods of a window and told nothing that counts, where nobody else did either.
    fn unheard<'m>(
        &self,
        memory: &'m ThermalMemory,
        window: &Window,
        windows: &[Window],
        context: &RuleContext<'_>,
    ) -> Vec<(&'m Attachment, Option<&'m Probe>)> {
        if window.place != ProbePlace::Box || memory.knows_any(context, windows) {
            return Vec::new();
        }
        let setting = memory.setup();
        let mine = setting.attachments.iter().filter(|a| {
            a.place == window.place
                && a.send_every.is_some()
                && a.from <= window.end()
                && a.until.is_none_or(|until| until > window.from)
        });
        let probe = |a: &Attachment| {
            memory.probes().iter().find(|p| p.device == a.device && p.channel == a.channel)
        };
        mine.map(|a| (a, probe(a))).collect()
    }

    /// From when a first reading was due, and when it can be said, by log time, that it has not come.
    fn first_due(
        &self,
        setting: &ShipmentSetup,
        attachment: &Attachment,
        window: &Window,
        settle: Span,
    ) -> Option<(Moment, Moment)> {
        let picked_up = setting.picked_up?;
        let since = picked_up.at.max(attachment.from).max(window.from);
        let patience = self.first_reading.max(attachment.send_every? * self.first_intervals);
        let mut due = since + patience;
        if let Some(over) = setting.flight_over(due, self.after_arrival, self.after_plan) {
            due = over;
        }
        Some((since, due.max(picked_up.learnt) + settle))
    }

    /// The goods are under way with a probe that sends, and not one minute of it is known.
    fn nothing_known(
        &self,
        memory: &ThermalMemory,
        window: &Window,
        windows: &[Window],
        context: &RuleContext<'_>,
        found: &mut Vec<Episode>,
    ) {
        let setting = memory.setup();
        for (attachment, probe) in self.unheard(memory, window, windows, context) {
            let due = self.first_due(setting, attachment, window, context.reference.settle);
            let Some((since, due)) = due.filter(|(_, due)| *due <= context.now) else { continue };
            // Its silence has been stated already.
            if probe.is_some_and(|p| p.silences.iter().any(|silence| silence.until.is_none())) {
                continue;
            }
            let end = window.until.into_iter().chain(attachment.until).min();
            if end.is_some_and(|end| end <= since) {
                continue;
            }
            let message = say!(NOTHING_COUNTS, since);
            let about = format!("{}/{}", attachment.device, attachment.channel);
            let unknown = end.unwrap_or(due).max(since) - since;
            let episode = Episode::new(Severity::P3, since, message).until(end).about(about);
            found.push(episode.unknown().unknown_for(unknown));
        }
    }

    /// Since when a file of a probe that must be read out is awaited, when it is due, and when we learnt what that hangs on.
    fn file_due(
        &self,
        setting: &ShipmentSetup,
        attachment: &Attachment,
    ) -> Option<(Learnt, Moment, Moment)> {
        if attachment.send_every.is_some() || attachment.place != ProbePlace::Box {
            return None;
        }
        // Goods that were packed again are under way again.
        let from = setting.packed.iter().copied().max().unwrap_or(attachment.from);
        let from = from.max(attachment.from);
        let first = |all: &[Learnt]| {
            all.iter().copied().filter(|known| known.at >= from).min_by_key(|known| known.at)
        };
        let received = setting.received.filter(|received| received.at >= from);
        // Out comes before in: what was unpacked at the moment of packing came out of the box before.
        let unpacked = setting.unpacked.iter().copied().filter(|known| known.at > from);
        let dues = [
            (first(&setting.stowed), self.read_out),
            (unpacked.min_by_key(|known| known.at), self.read_out),
            (received, self.read_out_received),
            (setting.closed, Span::ZERO),
        ];
        let dues = dues.into_iter().filter_map(|(known, after)| {
            known.map(|known| (known, known.at + after, known.learnt))
        });
        dues.min_by_key(|(known, due, _)| (*due, known.at))
    }

    fn not_read_out(
        &self,
        setting: &ShipmentSetup,
        attachment: &Attachment,
        context: &RuleContext<'_>,
    ) -> Option<Episode> {
        let (since, due, learnt) = self.file_due(setting, attachment)?;
        let imports = setting
            .imports
            .iter()
            .filter(|(device, at)| *device == attachment.device && *at >= attachment.from);
        let came = imports.map(|(_, at)| *at).min();
        let late = match came {
            Some(came) => came > due,
            None => context.now >= due.max(learnt) + context.reference.settle,
        };
        late.then(|| {
            let message = say!(no_file(setting, since.at), since.at, &attachment.device);
            let about = format!("{}/{}", attachment.device, attachment.channel);
            Episode::new(Severity::P3, since.at, message).until(came).about(about)
        })
    }
}

/// Whether another payload probe of the same place sends, is fit and was not silent then.
fn others_know(memory: &ThermalMemory, attachment: &Attachment, at: Moment) -> bool {
    let setting = memory.setup();
    let is_it = |p: &Probe, a: &Attachment| p.device == a.device && p.channel == a.channel;
    let other =
        |a: &&Attachment| (&a.device, &a.channel) != (&attachment.device, &attachment.channel);
    let beside = setting.attachments.iter().filter(other);
    let beside = beside.filter(|a| a.place == attachment.place && setting.sits(a, at));
    let mut fit = beside.filter(|a| a.send_every.is_some() && setting.fit(a, at));
    fit.any(|a| {
        let probe = memory.probes().iter().find(|probe| is_it(probe, a));
        probe.is_some_and(|probe| {
            let silent =
                |s: &ProbeSilence| s.stated.0 <= at && s.until.is_none_or(|until| until > at);
            !probe.series.between(a.from, at).is_empty() && !probe.silences.iter().any(silent)
        })
    })
}

/// What has come from it: nothing, or nothing that is of these goods.
fn nothing(silence: &ProbeSilence) -> Message {
    let since = silence.since;
    match (silence.unclaimed, &silence.elsewhere) {
        (Some(Unclaimed { readings, dated, .. }), _) => say!(UNCLAIMED, since, readings, dated),
        (None, Some(Elsewhere { channel, readings })) => {
            say!(ELSEWHERE, since, *readings, channel)
        }
        (None, None) => say!(NOTHING, since),
    }
}

/// What is said of a file that did not come, by what happened to the goods when it began to be awaited.
fn no_file(setting: &ShipmentSetup, at: Moment) -> Template {
    let was = |all: &[Learnt]| all.iter().any(|known| known.at == at);
    if was(&setting.stowed) {
        STOWED
    } else if was(&setting.unpacked) {
        UNPACKED
    } else if setting.received.is_some_and(|received| received.at == at) {
        RECEIVED
    } else {
        CLOSED
    }
}
