//! After the attachments of a probe changed: whose its readings are now.

use crate::channel::{Channel, Held, PassedReading};
use crate::clock::Dated;
use crate::device::mix;
use crate::events::StoredEvent;
use crate::routed::Outcome;
use crate::rules::DispatchParameters;
use crate::sink::RouteSink;
use alloc::vec::Vec;
use facts::fact::device::{Reading, Withdrawn};
use facts::{DeviceFact, Fact, ShortText, Subject, SystemFact};

impl Channel {
    /// Readings that waited and have a home now.
    pub(crate) fn attribute(&mut self, numbers: &DispatchParameters, sink: &mut RouteSink<'_>) {
        for held in core::mem::take(&mut self.held) {
            let Some(owner) = self.owner_of(&held, sink.reached, numbers.skew).cloned() else {
                self.held.push(held);
                continue;
            };
            let Held { name, kept, .. } = held;
            let Fact::Device(DeviceFact::Reading(reading)) = &kept.fact else { continue };
            self.hear(kept.at, sink.now);
            sink.send(&owner, kept.event());
            sink.count(Outcome::FromPending);
            sink.count(Outcome::Processed);
            let (at, temperature, learnt) = (kept.at, reading.temperature, kept.learnt);
            self.note(PassedReading { at, temperature, name, learnt, to: owner_key(&owner) });
        }
    }

    /// Readings whose home is another one now; `owners` are all that they can have been sent to.
    pub(crate) fn move_readings(
        &mut self,
        channel: &ShortText,
        owners: &[Subject],
        sink: &mut RouteSink<'_>,
    ) {
        let mut readings = core::mem::take(&mut self.readings);
        let mut unowned = Vec::new();
        for reading in &mut readings {
            let owner = self.owner(reading.at);
            let to = owner.map_or(0, owner_key);
            if to == reading.to {
                continue;
            }
            for was in owners.iter().filter(|was| owner_key(was) == reading.to) {
                withdraw(sink, was, channel, reading);
            }
            let (temperature, channel) = (reading.temperature, channel.clone());
            let event = sink.own(
                reading.at,
                Fact::Device(DeviceFact::Reading(Reading { temperature, channel, sequence: None })),
            );
            reading.to = to;
            match owner {
                Some(owner) => sink.send(owner, event),
                None => unowned.push(Held {
                    name: reading.name,
                    dated: Dated::Before,
                    kept: StoredEvent::new(&event, reading.learnt),
                }),
            }
        }
        readings.retain(|reading| reading.to != 0);
        self.readings = readings;
        for held in unowned {
            sink.count(Outcome::FromProcessed);
            sink.count(Outcome::Pending);
            self.held.push(held);
        }
    }
}

/// Takes a reading back from where it went.
pub(crate) fn withdraw(
    sink: &mut RouteSink<'_>,
    from: &Subject,
    channel: &ShortText,
    reading: &PassedReading,
) {
    let PassedReading { at, temperature, .. } = *reading;
    let fact = Fact::System(SystemFact::Withdrawn(Withdrawn {
        temperature,
        channel: channel.clone(),
        at,
    }));
    let event = sink.own(sink.now, fact);
    sink.send(from, event);
}

/// A short name of a home, never 0: readings are many.
pub(crate) fn owner_key(owner: &Subject) -> u64 {
    mix(mix(1, owner.kind.word().as_bytes()), owner.id.as_bytes()) | 1
}
