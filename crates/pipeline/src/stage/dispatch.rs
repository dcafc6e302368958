//! Dispatch: `facts` in; `journal`, `facts` of others, findings of its own and the rejects out.

use super::alerts::is_of_alerts;
use super::{Outcomes, Partitioner, Unusable, origin, quarantined};
use crate::out_record::{OutRecord, RecordBody, Topic};
use dispatch::{Dispatch, Outcome, Routed};
use facts::{Event, Moment, Origin, Subject, SubjectKind};
use fold::{Admission, Emitted, InputRecord, PartitionConfig, PartitionState, Payload, Stop};

/// Who writes what dispatch passes on, with the generation of its input.
const DISPATCH: &str = "dispatch/1";

/// One partition of dispatch.
pub struct DispatchStage {
    number: u16,
    of: u16,
    state: PartitionState<Dispatch>,
    outcomes: Outcomes,
    routed: Vec<Emitted<Routed>>,
}

impl DispatchStage {
    /// The beginning of a partition, out of so many.
    pub fn new(role: PartitionConfig<Dispatch>, number: u16, of: u16) -> Self {
        let (fates, passed) = (Outcomes::default(), Vec::new());
        Self { number, of, state: PartitionState::new(role), outcomes: fates, routed: passed }
    }

    /// Goes on where an image was taken.
    pub fn resume(
        role: PartitionConfig<Dispatch>,
        number: u16,
        of: u16,
        image: &[u8],
    ) -> Result<Self, Unusable> {
        let (fates, fold) =
            postcard::take_from_bytes::<Outcomes>(image).map_err(|e| e.to_string())?;
        let fold = PartitionState::from_snapshot(role, fold).map_err(|e| e.to_string())?;
        Ok(Self { number, of, state: fold, outcomes: fates, routed: Vec::new() })
    }

    /// The whole state.
    pub fn snapshot(&mut self) -> Result<Vec<u8>, Unusable> {
        let mut image = postcard::to_allocvec(&self.outcomes).map_err(|e| e.to_string())?;
        image.extend(self.state.snapshot().map_err(|e| e.to_string())?);
        Ok(image)
    }

    /// The fold behind it.
    pub fn state(&self) -> &PartitionState<Dispatch> {
        &self.state
    }
    /// The same, for its hash.
    pub fn state_mut(&mut self) -> &mut PartitionState<Dispatch> {
        &mut self.state
    }
    /// What became of outside events.
    pub fn outcomes(&self) -> &Outcomes {
        &self.outcomes
    }

    /// Takes one record; what it causes is put behind `out`, in order.
    pub fn take(
        &mut self,
        record: &InputRecord<Event>,
        homes: &mut Partitioner,
        out: &mut Vec<OutRecord>,
    ) -> Result<Admission, Stop> {
        let before = self.state.now();
        let mut passed = std::mem::take(&mut self.routed);
        let admission = self.state.take(record, &mut passed)?;
        if let Payload::Tick(now) = record.payload
            && admission == Admission::New
            && now > before
        {
            // The stroke goes first, here as in every other partition that hears of it: what it made dispatch
            // state is learnt at this stroke and not before.
            let origin = self.origin(record.offset, 0);
            let to = (Topic::Journal, self.number, log_subject());
            self.send(to, origin, now, RecordBody::Tick(now), out);
        }
        if record.origin.as_ref().is_some_and(is_report) {
            self.count_outside(admission, &passed);
        }
        for one in passed.drain(..) {
            // Index 0 of every entry is kept for the stroke itself.
            let origin = self.origin(one.offset, one.index.saturating_add(1));
            self.pass_on(one, origin, homes, out);
        }
        self.routed = passed;
        Ok(admission)
    }

    /// Passes rules, or a behaviour, on to every partition: what the owner of the first one does with what was
    /// published to it.
    pub fn relay(&mut self, record: &InputRecord<Event>, out: &mut Vec<OutRecord>) {
        let body = match &record.payload {
            Payload::Rulebook(book) => RecordBody::Rulebook(book.clone()),
            Payload::Behaviour(number) => RecordBody::Behaviour(*number),
            Payload::Input { .. }
            | Payload::Inputs { .. }
            | Payload::Tick(_)
            | Payload::Genesis(_)
            | Payload::Ignored => return,
        };
        let now = self.state.now();
        let mut index = u32::MAX - 3 * u32::from(self.of);
        for topic in [Topic::Facts, Topic::Journal, Topic::Exceptions] {
            for partition in 0..self.of {
                let own = topic == Topic::Facts && partition == self.number;
                if !own {
                    let origin = self.origin(record.offset, index);
                    self.send((topic, partition, log_subject()), origin, now, body.clone(), out);
                }
                index += 1;
            }
        }
    }

    fn origin(&self, offset: u64, index: u32) -> Origin {
        origin(DISPATCH, "facts", self.number, offset, index)
    }

    fn count_outside(&mut self, admission: Admission, passed: &[Emitted<Routed>]) {
        let counted = |out: &Emitted<Routed>| matches!(out.output, Some(Routed::Count(..)));
        match admission {
            Admission::New if passed.iter().any(counted) => {}
            // Its subject has failed in dispatch, now or before: it waits for a person.
            Admission::New => self.outcomes.pending += 1,
            // A repeat by origin was counted when it came first.
            Admission::Duplicate | Admission::Gap => {}
        }
    }

    fn pass_on(
        &mut self,
        one: Emitted<Routed>,
        origin: Origin,
        homes: &mut Partitioner,
        out: &mut Vec<OutRecord>,
    ) {
        let now = one.now;
        match one.output {
            Some(Routed::Journal { shipment, event }) => {
                let key = Subject::from(&shipment);
                let to = (Topic::Journal, homes.of(&key, self.of), key);
                self.send(to, origin, now, RecordBody::Event(event), out);
            }
            Some(Routed::Facts { to: key, event }) => {
                let to = (Topic::Facts, homes.of(&key, self.of), key);
                self.send(to, origin, now, RecordBody::Event(event), out);
            }
            Some(Routed::Expired { event, reason }) => {
                let to = (Topic::Rejects, self.number, event.subject.clone());
                self.send(to, origin, now, RecordBody::Unclaimed(Box::new(event), reason), out);
            }
            Some(Routed::Finding(finding)) => self.tell(finding, origin, now, homes, out),
            Some(Routed::Count(fate, n)) => self.count(fate, u64::from(n)),
            // A subject that failed in dispatch: what it hears from now on is held.
            None => {
                if let Some(shipment) = one.key.shipment() {
                    let finding = quarantined(
                        "dispatch",
                        shipment,
                        (one.offset, one.index),
                        now,
                        self.state.behaviour(),
                    );
                    self.tell(finding, origin, now, homes, out);
                }
            }
        }
    }

    fn tell(
        &mut self,
        finding: Box<facts::Finding>,
        origin: Origin,
        now: Moment,
        homes: &mut Partitioner,
        out: &mut Vec<OutRecord>,
    ) {
        let key = Subject::from(&finding.shipment);
        let to = (Topic::Exceptions, homes.of(&key, self.of), key);
        self.send(to, origin, now, RecordBody::Finding(finding), out);
    }

    fn count(&mut self, fate: Outcome, n: u64) {
        let fates = &mut self.outcomes;
        match fate {
            Outcome::Processed => fates.processed += n,
            Outcome::Pending => fates.pending += n,
            // More cannot leave than came; a count that says so must not end the service.
            Outcome::FromPending => fates.pending = fates.pending.saturating_sub(n),
            Outcome::FromProcessed => fates.processed = fates.processed.saturating_sub(n),
            Outcome::Expired => fates.expired += n,
            Outcome::Duplicate => fates.duplicate += n,
        }
    }

    fn send(
        &mut self,
        (topic, partition, key): (Topic, u16, Subject),
        origin: Origin,
        now: Moment,
        body: RecordBody,
        out: &mut Vec<OutRecord>,
    ) {
        let after = self.state.links().stamp(topic.name(), partition, &origin);
        out.push(OutRecord { topic, partition, key, origin: Some(origin), after, now, body });
    }
}

/// Whether a record of `facts` came from outside, and so is counted: dispatch writes there itself, and alerts does.
pub fn is_report(origin: &Origin) -> bool {
    &*origin.topic != "facts" && !is_of_alerts(origin)
}

/// What the log says of itself is about the log.
pub(crate) fn log_subject() -> Subject {
    Subject::new(SubjectKind::Log, "log")
}
