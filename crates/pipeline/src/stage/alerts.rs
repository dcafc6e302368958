//! Alerts: `exceptions` in, `alerts` out; and engines that fell silent, told on `exceptions`.

use super::dispatch::log_subject;
use super::{LAST, Outcomes, Unusable, origin, quarantined};
use crate::engines;
use crate::out_record::{OutRecord, RecordBody, Topic};
use alerts::stages::NoticedAt;
use alerts::{Alerts, ExceptionInput, Notice, StageLiveness};
use facts::behaviour::PUTS_AWAY;
use facts::fact::log::IncidentStands;
use facts::{Event, Fact, Moment, Origin, ShipmentId, ShortText, Subject, SubjectKind, SystemFact};
use fold::{Admission, Emitted, InputRecord, PartitionConfig, PartitionState, Payload, Stop};

/// Who writes what alerts says.
const ALERTS: &str = "alerts/1";

/// Whether a record of `facts` is what alerts says to dispatch: it is no report, and is not counted as one.
pub(crate) fn is_of_alerts(origin: &Origin) -> bool {
    &*origin.service == ALERTS
}

/// What dispatch is told of a shipment's incident.
fn stands(id: ShortText, now: Moment, shipment: ShipmentId, open: bool) -> Event {
    let subject = Subject::new(SubjectKind::Log, "alerts");
    let fact = Fact::System(SystemFact::IncidentStands(IncidentStands { shipment, open }));
    Event {
        source: ShortText::new("coldwatch"),
        id,
        subject,
        at: now,
        counts: None,
        hidden: None,
        fact,
    }
}

/// What stands on `exceptions`.
#[derive(Debug, Clone)]
pub struct AlertsInput {
    /// The record.
    pub record: InputRecord<ExceptionInput>,
    /// Where a stage shows by it that it is at work.
    pub liveness: Option<Liveness>,
}

/// A sign of life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Liveness {
    /// A stroke that a stage passed on, and the time in it.
    Passed(ShortText, Moment),
    /// Intake reads on, in that part of its topics.
    Alive(ShortText),
}

/// One partition of alerts.
pub struct AlertsStage {
    number: u16,
    of: u16,
    state: PartitionState<Alerts>,
    liveness: StageLiveness,
    /// Of staff acts that came in from outside.
    outcomes: Outcomes,
    emitted: Vec<Emitted<Notice>>,
}

impl AlertsStage {
    /// The beginning of a partition, out of so many.
    pub fn new(role: PartitionConfig<Alerts>, number: u16, of: u16) -> Self {
        let stages = StageLiveness::default().watching(engines::names());
        let (fates, said) = (Outcomes::default(), Vec::new());
        Self {
            number,
            of,
            state: PartitionState::new(role),
            liveness: stages,
            outcomes: fates,
            emitted: said,
        }
    }

    /// Goes on where an image was taken.
    pub fn resume(
        role: PartitionConfig<Alerts>,
        number: u16,
        of: u16,
        image: &[u8],
    ) -> Result<Self, Unusable> {
        let ((fates, stages), fold) = postcard::take_from_bytes::<(Outcomes, StageLiveness)>(image)
            .map_err(|e| e.to_string())?;
        let fold = PartitionState::from_snapshot(role, fold).map_err(|e| e.to_string())?;
        let stages = stages.watching(engines::names());
        Ok(Self { number, of, state: fold, liveness: stages, outcomes: fates, emitted: Vec::new() })
    }

    /// The whole state.
    pub fn snapshot(&mut self) -> Result<Vec<u8>, Unusable> {
        let head = (&self.outcomes, &self.liveness);
        let mut image = postcard::to_allocvec(&head).map_err(|e| e.to_string())?;
        image.extend(self.state.snapshot().map_err(|e| e.to_string())?);
        Ok(image)
    }

    /// The fold behind it.
    pub fn state(&self) -> &PartitionState<Alerts> {
        &self.state
    }
    /// The same, for its hash.
    pub fn state_mut(&mut self) -> &mut PartitionState<Alerts> {
        &mut self.state
    }
    /// What became of staff acts that came in from outside.
    pub fn outcomes(&self) -> &Outcomes {
        &self.outcomes
    }

    /// Takes one record; what it causes is put behind `out`, in order.
    pub fn take(
        &mut self,
        heard: &AlertsInput,
        out: &mut Vec<OutRecord>,
    ) -> Result<Admission, Stop> {
        let record = &heard.record;
        let before = self.state.now();
        let known = self.knows(record);
        let mut said = std::mem::take(&mut self.emitted);
        let admission = self.state.take(record, &mut said)?;
        if let (Admission::New, Some(known)) = (admission, known) {
            *(if known { &mut self.outcomes.duplicate } else { &mut self.outcomes.processed }) += 1;
        }
        if admission == Admission::New {
            match &heard.liveness {
                Some(Liveness::Passed(stage, now)) => self.liveness.heard(stage, *now),
                Some(Liveness::Alive(part)) => self.liveness.alive(part),
                None => {}
            }
        }
        for one in said.drain(..) {
            // What follows from a word stands behind it, also where a timer of its engine was ahead.
            let now = one.output.as_ref().map_or(one.now, Notice::said);
            let body = match one.output {
                Some(Notice::Finding(finding)) => RecordBody::Finding(finding),
                Some(Notice::Incident(incident)) => RecordBody::Incident(incident),
                Some(Notice::Stands(_, open)) => {
                    let Some(shipment) = one.key.shipment() else { continue };
                    let id = format!("alerts:{}:{}:{}", self.number, one.offset, one.index);
                    let body = RecordBody::Event(stands(ShortText::new(id), now, shipment, open));
                    self.send(
                        (Topic::Facts, self.number),
                        one.key,
                        (one.offset, one.index),
                        now,
                        body,
                        out,
                    );
                    continue;
                }
                None => {
                    let Some(shipment) = one.key.shipment() else { continue };
                    RecordBody::Finding(quarantined(
                        "alerts",
                        shipment,
                        (one.offset, one.index),
                        one.now,
                        self.state.behaviour(),
                    ))
                }
            };
            self.send(
                (Topic::Alerts, self.number),
                one.key,
                (one.offset, one.index),
                now,
                body,
                out,
            );
        }
        self.emitted = said;
        if let Payload::Tick(now) = record.payload
            && admission == Admission::New
            && now > before
        {
            self.struck(record.offset, now, out);
        }
        Ok(admission)
    }

    /// Looks for stages that fell silent, and passes the stroke on.
    fn struck(&mut self, offset: u64, now: Moment, out: &mut Vec<OutRecord>) {
        let numbers = self.state.rules().map(|rules| rules.stages.clone());
        let at = NoticedAt { partition: self.number, behaviour: self.state.behaviour() };
        let silent = numbers.map(|numbers| self.liveness.tick(now, at, &numbers));
        for (n, finding) in (0..).zip(silent.unwrap_or_default()) {
            let key = Subject::from(&finding.shipment);
            // A stage is silent in many partitions, and where its incident lives is one of them.
            // It is told there that it is over, too, when the log has come to another behaviour since.
            let partition = match finding.behaviour >= PUTS_AWAY {
                true => key.partition(self.of),
                false => self.number,
            };
            let body = RecordBody::Finding(Box::new(finding));
            self.send((Topic::Exceptions, partition), key, (offset, n), now, body, out);
        }
        self.send(
            (Topic::Alerts, self.number),
            log_subject(),
            (offset, LAST),
            now,
            RecordBody::Tick(now),
            out,
        );
    }

    /// Whether a staff act from outside is known already; `None` for everything else.
    fn knows(&self, record: &InputRecord<ExceptionInput>) -> Option<bool> {
        let from_outside =
            |origin: &Origin| &*origin.topic != "journal" && &*origin.topic != "exceptions";
        match &record.payload {
            Payload::Input { key, input: ExceptionInput::Act(event) }
                if record.origin.as_ref().is_some_and(from_outside) =>
            {
                Some(self.state.store().get(key).is_some_and(|alerts| alerts.knows(event)))
            }
            _ => None,
        }
    }

    fn send(
        &mut self,
        (topic, partition): (Topic, u16),
        key: Subject,
        (offset, index): (u64, u32),
        now: Moment,
        body: RecordBody,
        out: &mut Vec<OutRecord>,
    ) {
        let origin = origin(ALERTS, "exceptions", self.number, offset, index);
        let after = self.state.links().stamp(topic.name(), partition, &origin);
        out.push(OutRecord { topic, partition, key, origin: Some(origin), after, now, body });
    }
}
