#![doc = include_str!("logger_silent.md")]

use crate::memory::{Memory, judged};
use crate::probe::Silence;
use crate::setting::Attachment;
use crate::window::Window;
use alloc::{format, string::String, vec::Vec};
use facts::context::Class;
use facts::fact::device::Unclaimed;
use facts::{Episode, Given, Moment, Rule, Severity, Span};
use serde::Deserialize;

/// A live logger is silent, or a logger that must be read out was not.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoggerSilent {
    long_fresh: Span,
    long_other: Span,
    after_arrival: Span,
    after_plan: Span,
    read_out: Span,
}

impl Rule for LoggerSilent {
    type Memory = Memory;
    const NAME: &'static str = "thermal/logger-silent";
    const CODE: &'static str = "DAT-03";
    const PAGE: &'static str = include_str!("logger_silent.md");

    fn judge(&self, memory: &Memory, given: &Given<'_>, found: &mut Vec<Episode>) {
        let Some((profile, windows)) = judged(memory, given) else { return };
        let long = if profile.class == Class::Fresh { self.long_fresh } else { self.long_other };
        let cover = memory.cover(given, &windows);
        for (probe, _, window) in cover.stretches() {
            // Where all that came is dated ahead its clock is wrong, and thermal/clock-wrong says so.
            for silence in probe.silences.iter().filter(|silence| !silence.ahead) {
                found.extend(
                    self.silent(memory, silence, &window, long).map(|e| e.about(probe.name())),
                );
            }
        }
        for attachment in &memory.setting().attachments {
            found.extend(self.not_read_out(memory, attachment, given));
        }
    }

    fn due(&self, memory: &Memory, given: &Given<'_>) -> Option<Moment> {
        let (stowed, learnt) = memory.setting().stowed?;
        let due = (stowed + self.read_out).max(learnt) + given.reference.settle;
        (due > given.now).then_some(due)
    }
}

impl LoggerSilent {
    /// Judged by what dispatch stated, never by a clock of our own.
    fn silent(
        &self,
        memory: &Memory,
        silence: &Silence,
        window: &Window,
        long: Span,
    ) -> Option<Episode> {
        let (first, last) = silence.stated;
        if !window.holds(first) {
            return None;
        }
        let last = last.min(window.end());
        let over = memory.setting().flight_over(
            silence.since.max(window.from),
            self.after_arrival,
            self.after_plan,
        );
        let over = over
            .into_iter()
            .chain(memory.setting().flight_over(last, self.after_arrival, self.after_plan))
            .max();
        if over.is_some_and(|over| last < over) {
            return None;
        }
        let severity = if last - silence.since >= long { Severity::P2 } else { Severity::P3 };
        let until = silence.until.into_iter().chain(window.until).min();
        let sentence = nothing(silence);
        let unknown = until.unwrap_or(last) - silence.since;
        let episode = Episode::new(severity, silence.since, sentence).until(until);
        Some(episode.unknown_for(unknown).evidence([silence.offset]))
    }

    fn not_read_out(
        &self,
        memory: &Memory,
        attachment: &Attachment,
        given: &Given<'_>,
    ) -> Option<Episode> {
        let (stowed, learnt) = memory.setting().stowed?;
        if attachment.send_every.is_some() || attachment.store {
            return None;
        }
        let due = stowed + self.read_out;
        let imports = memory
            .setting()
            .imports
            .iter()
            .filter(|(device, at)| *device == attachment.device && *at >= attachment.from);
        let came = imports.map(|(_, at)| *at).min();
        let late = match came {
            Some(came) => came > due,
            None => given.now >= due.max(learnt) + given.reference.settle,
        };
        let sentence =
            format!("stowed at {stowed}, and no file of {} has been read in", attachment.device);
        let about = format!("{}/{}", attachment.device, attachment.channel);
        late.then(|| Episode::new(Severity::P3, stowed, sentence).until(came).about(about))
    }
}

/// What has come from it: nothing, or nothing that is of these goods.
fn nothing(silence: &Silence) -> String {
    let since = silence.since;
    match silence.unclaimed {
        None => format!("nothing has come from it since {since}"),
        Some(Unclaimed { readings, dated, .. }) => format!(
            "nothing has come from it since {since} that can be of these goods: {readings} readings came, the last one dated {dated}"
        ),
    }
}
