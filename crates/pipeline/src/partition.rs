//! The stages of one partition number, from `facts` to `exceptions`, and the ends of their topics.

use crate::engines::ENGINES;
use crate::out_record::{OutRecord, RecordBody, Topic};
use crate::output::{Output, OutputKind};
use crate::pipeline::{GRID, PARTITIONS};
use crate::stage::{AlertsInput, AlertsStage, DispatchStage, EnginePartition, Liveness, Unusable};
use crate::stage_configs;
use alerts::ExceptionInput;
use facts::fact::log::StateHash;
use facts::{Event, Moment, Origin, Subject};
use fold::{Admission, InputRecord, Payload, Stop};
use std::collections::BTreeMap;

/// One partition number, in one process.
pub struct PartitionStages {
    number: u16,
    pub(crate) dispatch: DispatchStage,
    /// In the order of [`ENGINES`].
    pub(crate) engines: Vec<Box<dyn EnginePartition>>,
    pub(crate) alerts: AlertsStage,
    /// The next free place in `facts`, `journal` and `exceptions`.
    facts: u64,
    pub(crate) journal: u64,
    exceptions: u64,
    pub(crate) outputs: Vec<Output>,
    pub(crate) states: Vec<StateHash>,
    /// Whether anything has happened here since the next stroke was looked for.
    pub(crate) touched: bool,
    tick: Option<Moment>,
    out_records: Vec<OutRecord>,
    /// What alerts says to dispatch, and to other partitions of its own.
    pub(crate) answers: Vec<OutRecord>,
}

impl PartitionStages {
    pub(crate) fn new(number: u16) -> Self {
        Self {
            number,
            dispatch: DispatchStage::new(stage_configs::dispatch(), number, PARTITIONS),
            engines: ENGINES
                .iter()
                .map(|engine| engine.begin(stage_configs::RELEASE, number))
                .collect(),
            alerts: AlertsStage::new(stage_configs::alerts(), number, PARTITIONS),
            facts: 0,
            journal: 0,
            exceptions: 0,
            outputs: Vec::new(),
            states: Vec::new(),
            touched: true,
            tick: None,
            out_records: Vec::new(),
            answers: Vec::new(),
        }
    }

    /// The image of each stage, by its name.
    pub(crate) fn snapshots(&mut self) -> Result<BTreeMap<&'static str, Vec<u8>>, Unusable> {
        let mut images = BTreeMap::from([
            ("dispatch", self.dispatch.snapshot()?),
            ("alerts", self.alerts.snapshot()?),
        ]);
        for (engine, stage) in ENGINES.iter().zip(&mut self.engines) {
            images.insert(engine.name, stage.snapshot()?);
        }
        Ok(images)
    }

    /// A stage goes on from an image; a name that no stage has is an error.
    pub(crate) fn resume(&mut self, stage: &str, image: &[u8]) -> Result<(), Unusable> {
        let n = self.number;
        self.touched = true;
        match stage {
            "dispatch" => {
                self.dispatch =
                    DispatchStage::resume(stage_configs::dispatch(), n, PARTITIONS, image)?;
            }
            "alerts" => {
                self.alerts = AlertsStage::resume(stage_configs::alerts(), n, PARTITIONS, image)?;
            }
            _ => {
                let place = ENGINES.iter().position(|engine| engine.name == stage);
                let place = place.ok_or_else(|| format!("no stage is named {stage}"))?;
                self.engines[place] = ENGINES[place].resume(stage_configs::RELEASE, n, image)?;
            }
        }
        Ok(())
    }

    /// The next grid point at which silence alone may change something here.
    pub(crate) fn next_tick(&mut self) -> Option<Moment> {
        if std::mem::take(&mut self.touched) {
            let judging = self.engines.iter().map(|engine| engine.next_deadline());
            let others =
                [self.dispatch.state().next_deadline(), self.alerts.state().next_deadline()];
            let due = judging.chain(others).flatten().min();
            let after = self.dispatch.state().now().floor(GRID) + GRID;
            self.tick = due.map(|due| due.ceil(GRID).max(after));
        }
        self.tick
    }

    /// One record of the journal, to every engine; what they say goes on to `exceptions`.
    pub(crate) fn judge(&mut self, record: InputRecord<Event>) -> Result<Admission, Stop> {
        self.journal = record.offset + 1;
        // Each admits the same records: they hear the same sources from the beginning on.
        let mut admission = Admission::New;
        for n in 0..self.engines.len() {
            admission = self.ask(n, &record)?;
        }
        // The owner of `exceptions` strikes the clock there, too.
        match record.payload {
            Payload::Tick(now) => self.hear(None, Payload::Tick(now), None)?,
            Payload::Rulebook(book) => self.hear(None, Payload::Rulebook(book), None)?,
            Payload::Behaviour(n) => self.hear(None, Payload::Behaviour(n), None)?,
            Payload::Genesis(genesis) => self.hear(None, Payload::Genesis(genesis), None)?,
            Payload::Input { .. } | Payload::Inputs { .. } | Payload::Ignored => {}
        }
        Ok(admission)
    }

    fn ask(&mut self, engine: usize, record: &InputRecord<Event>) -> Result<Admission, Stop> {
        let mut out_records = std::mem::take(&mut self.out_records);
        let admission = self.engines[engine].take(record, &mut out_records)?;
        for out_record in out_records.drain(..) {
            self.post(out_record)?;
        }
        self.out_records = out_records;
        Ok(admission)
    }

    /// A letter to `exceptions`; findings come out as they are, too.
    pub(crate) fn post(&mut self, out_record: OutRecord) -> Result<(), Stop> {
        let OutRecord { key, origin, after, now, body, .. } = out_record;
        let link = origin.map(|origin| (origin, after));
        let word = match body {
            RecordBody::Finding(finding) => ExceptionInput::Finding(finding),
            RecordBody::Context(context) => ExceptionInput::Context(now, context),
            RecordBody::Event(event) => ExceptionInput::Act(event),
            RecordBody::StateHash(state) => {
                self.states.push(state);
                return self.hear(link, Payload::Ignored, None);
            }
            RecordBody::Tick(now) => {
                let stage = link.as_ref().map(|(origin, _)| stage_of(origin));
                return self.hear(
                    link,
                    Payload::Ignored,
                    stage.map(|stage| Liveness::Passed(stage, now)),
                );
            }
            RecordBody::Rulebook(_)
            | RecordBody::Behaviour(_)
            | RecordBody::Incident(_)
            | RecordBody::Unclaimed(..) => {
                return Ok(());
            }
        };
        if let ExceptionInput::Finding(finding) = &word {
            self.put(finding.learnt, 0, OutputKind::Finding(finding.clone()));
        }
        self.hear(link, Payload::Input { key, input: word }, None)
    }

    fn hear(
        &mut self,
        link: Option<(Origin, Option<Origin>)>,
        matter: Payload<ExceptionInput>,
        sign: Option<Liveness>,
    ) -> Result<(), Stop> {
        let (origin, after) = link.map_or((None, None), |(origin, after)| (Some(origin), after));
        let record = InputRecord { offset: self.exceptions, origin, after, payload: matter };
        let mut out_records = Vec::new();
        self.alerts.take(&AlertsInput { record, liveness: sign }, &mut out_records)?;
        let mut own = Vec::new();
        for (index, out_record) in (1..).zip(out_records) {
            match out_record {
                OutRecord { topic: Topic::Exceptions, partition, .. }
                    if partition == self.number =>
                {
                    own.push(out_record);
                }
                OutRecord { topic: Topic::Exceptions | Topic::Facts, .. } => {
                    self.answers.push(out_record)
                }
                OutRecord { now, body: RecordBody::Finding(finding), .. } => {
                    self.put(now, index, OutputKind::Finding(finding));
                }
                OutRecord { now, body: RecordBody::Incident(incident), .. } => {
                    self.put(now, index, OutputKind::Incident(incident));
                }
                _ => {}
            }
        }
        self.exceptions += 1;
        own.into_iter().try_for_each(|out_record| self.post(out_record))
    }

    pub(crate) fn put(&mut self, learnt: Moment, index: u32, what: OutputKind) {
        let (partition, offset) = (self.number, self.exceptions);
        self.outputs.push(Output { learnt, partition, offset, index, what });
    }

    /// The next free place in `facts`, taken.
    pub(crate) fn next_fact(&mut self) -> u64 {
        self.facts += 1;
        self.facts - 1
    }

    /// Whether an act is known to the incident of its shipment.
    pub(crate) fn act(&mut self, key: Subject, event: Event, origin: Origin) -> Result<(), Stop> {
        self.hear(
            Some((origin, None)),
            Payload::Input { key, input: ExceptionInput::Act(event) },
            None,
        )
    }
}

/// The stage that a source's name begins with: `custody` of `custody/1`.
pub(crate) fn stage_of(origin: &Origin) -> facts::ShortText {
    facts::ShortText::new(origin.service.split('/').next().unwrap_or_default())
}
