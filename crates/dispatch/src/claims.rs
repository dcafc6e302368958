//! After the attachments of a probe changed: whose its readings are now.

use crate::channel::{Channel, Held, Passed};
use crate::clock::Dated;
use crate::device::mix;
use crate::kept::Kept;
use crate::mail::Mail;
use crate::passed::Fate;
use crate::rules::Numbers;
use alloc::vec::Vec;
use facts::fact::device::{Reading, Withdrawn};
use facts::{DeviceFact, Fact, ShortText, Subject, SystemFact};

impl Channel {
    /// Readings that waited and have a home now.
    pub(crate) fn claim(&mut self, numbers: &Numbers, mail: &mut Mail<'_>) {
        for held in core::mem::take(&mut self.held) {
            let Some(home) = self.home_by(&held, mail.reached, numbers.skew).cloned() else {
                self.held.push(held);
                continue;
            };
            let Held { name, kept, .. } = held;
            let Fact::Device(DeviceFact::Reading(reading)) = &kept.fact else { continue };
            self.hear(kept.at, mail.now);
            mail.send(&home, kept.event());
            mail.count(Fate::FromHeld);
            mail.count(Fate::Judged);
            let (at, temperature, learnt) = (kept.at, reading.temperature, kept.learnt);
            self.note(Passed { at, temperature, name, learnt, to: place(&home) });
        }
    }

    /// Readings whose home is another one now; `homes` are all that they can have been sent to.
    pub(crate) fn move_readings(
        &mut self,
        channel: &ShortText,
        homes: &[Subject],
        mail: &mut Mail<'_>,
    ) {
        let mut readings = core::mem::take(&mut self.readings);
        let mut homeless = Vec::new();
        for reading in &mut readings {
            let home = self.home(reading.at);
            let to = home.map_or(0, place);
            if to == reading.to {
                continue;
            }
            for was in homes.iter().filter(|was| place(was) == reading.to) {
                withdraw(mail, was, channel, reading);
            }
            let (temperature, channel) = (reading.temperature, channel.clone());
            let event = mail.own(
                reading.at,
                Fact::Device(DeviceFact::Reading(Reading { temperature, channel, sequence: None })),
            );
            reading.to = to;
            match home {
                Some(home) => mail.send(home, event),
                None => homeless.push(Held {
                    name: reading.name,
                    dated: Dated::Before,
                    kept: Kept::new(&event, reading.learnt),
                }),
            }
        }
        readings.retain(|reading| reading.to != 0);
        self.readings = readings;
        for held in homeless {
            mail.count(Fate::FromJudged);
            mail.count(Fate::Held);
            self.held.push(held);
        }
    }
}

/// Takes a reading back from where it went.
pub(crate) fn withdraw(mail: &mut Mail<'_>, from: &Subject, channel: &ShortText, reading: &Passed) {
    let Passed { at, temperature, .. } = *reading;
    let fact = Fact::System(SystemFact::Withdrawn(Withdrawn {
        temperature,
        channel: channel.clone(),
        at,
    }));
    let event = mail.own(mail.now, fact);
    mail.send(from, event);
}

/// A short name of a home, never 0: readings are many.
pub(crate) fn place(home: &Subject) -> u64 {
    mix(mix(1, home.kind.word().as_bytes()), home.id.as_bytes()) | 1
}
