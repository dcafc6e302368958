//! The stages of one partition number, from `facts` to `exceptions`, and the ends of their topics.

use crate::engines::ENGINES;
use crate::letter::{Body, Letter, Topic};
use crate::output::{Output, What};
use crate::pipeline::{GRID, PARTITIONS};
use crate::roles;
use crate::stage::{AlertsStage, DispatchStage, EnginePartition, Heard, Sign, Unusable};
use alerts::ExceptionInput;
use facts::fact::log::StateTold;
use facts::{Event, Moment, Origin, Subject};
use fold::{Admission, InputRecord, Payload, Stop};
use std::collections::BTreeMap;

/// One partition number, in one process.
pub struct Partition {
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
    pub(crate) states: Vec<StateTold>,
    /// Whether anything has happened here since the next stroke was looked for.
    pub(crate) touched: bool,
    stroke: Option<Moment>,
    letters: Vec<Letter>,
    /// What alerts says to dispatch, and to other partitions of its own.
    pub(crate) answers: Vec<Letter>,
}

impl Partition {
    pub(crate) fn new(number: u16) -> Self {
        Self {
            number,
            dispatch: DispatchStage::new(roles::dispatch(), number, PARTITIONS),
            engines: ENGINES.iter().map(|engine| engine.begin(roles::RELEASE, number)).collect(),
            alerts: AlertsStage::new(roles::alerts(), number, PARTITIONS),
            facts: 0,
            journal: 0,
            exceptions: 0,
            outputs: Vec::new(),
            states: Vec::new(),
            touched: true,
            stroke: None,
            letters: Vec::new(),
            answers: Vec::new(),
        }
    }

    /// The image of each stage, by its name.
    pub(crate) fn images(&mut self) -> Result<BTreeMap<&'static str, Vec<u8>>, Unusable> {
        let mut images = BTreeMap::from([
            ("dispatch", self.dispatch.image()?),
            ("alerts", self.alerts.image()?),
        ]);
        for (engine, stage) in ENGINES.iter().zip(&mut self.engines) {
            images.insert(engine.name, stage.image()?);
        }
        Ok(images)
    }

    /// A stage goes on from an image; a name that no stage has is an error.
    pub(crate) fn resume(&mut self, stage: &str, image: &[u8]) -> Result<(), Unusable> {
        let n = self.number;
        self.touched = true;
        match stage {
            "dispatch" => {
                self.dispatch = DispatchStage::resume(roles::dispatch(), n, PARTITIONS, image)?;
            }
            "alerts" => {
                self.alerts = AlertsStage::resume(roles::alerts(), n, PARTITIONS, image)?;
            }
            _ => {
                let place = ENGINES.iter().position(|engine| engine.name == stage);
                let place = place.ok_or_else(|| format!("no stage is named {stage}"))?;
                self.engines[place] = ENGINES[place].resume(roles::RELEASE, n, image)?;
            }
        }
        Ok(())
    }

    /// The next grid point at which silence alone may change something here.
    pub(crate) fn stroke(&mut self) -> Option<Moment> {
        if std::mem::take(&mut self.touched) {
            let judging = self.engines.iter().map(|engine| engine.due());
            let others = [self.dispatch.fold().next_deadline(), self.alerts.fold().next_deadline()];
            let due = judging.chain(others).flatten().min();
            let after = self.dispatch.fold().now().floor(GRID) + GRID;
            self.stroke = due.map(|due| due.ceil(GRID).max(after));
        }
        self.stroke
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
        let mut letters = std::mem::take(&mut self.letters);
        let admission = self.engines[engine].take(record, &mut letters)?;
        for letter in letters.drain(..) {
            self.post(letter)?;
        }
        self.letters = letters;
        Ok(admission)
    }

    /// A letter to `exceptions`; findings come out as they are, too.
    pub(crate) fn post(&mut self, letter: Letter) -> Result<(), Stop> {
        let Letter { key, origin, after, now, body, .. } = letter;
        let link = origin.map(|origin| (origin, after));
        let word = match body {
            Body::Finding(finding) => ExceptionInput::Finding(finding),
            Body::Context(context) => ExceptionInput::Context(now, context),
            Body::Event(event) => ExceptionInput::Act(event),
            Body::StateTold(state) => {
                self.states.push(state);
                return self.hear(link, Payload::Ignored, None);
            }
            Body::Tick(now) => {
                let stage = link.as_ref().map(|(origin, _)| stage_of(origin));
                return self.hear(
                    link,
                    Payload::Ignored,
                    stage.map(|stage| Sign::Passed(stage, now)),
                );
            }
            Body::Rulebook(_) | Body::Behaviour(_) | Body::Incident(_) | Body::Unclaimed(..) => {
                return Ok(());
            }
        };
        if let ExceptionInput::Finding(finding) = &word {
            self.put(finding.learnt, 0, What::Finding(finding.clone()));
        }
        self.hear(link, Payload::Input { key, input: word }, None)
    }

    fn hear(
        &mut self,
        link: Option<(Origin, Option<Origin>)>,
        matter: Payload<ExceptionInput>,
        sign: Option<Sign>,
    ) -> Result<(), Stop> {
        let (origin, after) = link.map_or((None, None), |(origin, after)| (Some(origin), after));
        let record = InputRecord { offset: self.exceptions, origin, after, payload: matter };
        let mut letters = Vec::new();
        self.alerts.take(&Heard { record, sign }, &mut letters)?;
        let mut own = Vec::new();
        for (index, letter) in (1..).zip(letters) {
            match letter {
                Letter { topic: Topic::Exceptions, partition, .. } if partition == self.number => {
                    own.push(letter);
                }
                Letter { topic: Topic::Exceptions | Topic::Facts, .. } => self.answers.push(letter),
                Letter { now, body: Body::Finding(finding), .. } => {
                    self.put(now, index, What::Finding(finding));
                }
                Letter { now, body: Body::Incident(incident), .. } => {
                    self.put(now, index, What::Incident(incident));
                }
                _ => {}
            }
        }
        self.exceptions += 1;
        own.into_iter().try_for_each(|letter| self.post(letter))
    }

    pub(crate) fn put(&mut self, learnt: Moment, index: u32, what: What) {
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
