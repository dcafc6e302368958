//! The folds of one partition number, from `facts` to `exceptions`, and the ends of their topics.

use crate::output::{Output, What};
use crate::pipeline::GRID;
use crate::roles;
use alerts::{Alerts, Notice, Stages, Word};
use custody::Custody;
use dispatch::{Dispatch, Passed};
use facts::{
    Book, Engine, Event, Finding, Moment, Name, Origin, Said, Severity, ShipmentId, Span, State,
    Subject, Text, Verdict,
};
use fold::{Admission, Fold, Matter, Out, Record, Stop};
use permits::Permits;
use schedule::Schedule;
use thermal::Thermal;

/// One partition number, in one process.
pub struct Partition {
    number: u16,
    pub(crate) dispatch: Fold<Dispatch>,
    pub(crate) custody: Fold<Custody>,
    pub(crate) thermal: Fold<Thermal>,
    pub(crate) permits: Fold<Permits>,
    pub(crate) schedule: Fold<Schedule>,
    pub(crate) alerts: Fold<Alerts>,
    stages: Stages,
    /// The next free place in `facts`, `journal` and `exceptions`.
    facts: u64,
    pub(crate) journal: u64,
    exceptions: u64,
    pub(crate) outputs: Vec<Output>,
    /// Whether anything has happened here since the next stroke was looked for.
    pub(crate) touched: bool,
    stroke: Option<Moment>,
}

impl Partition {
    pub(crate) fn new(number: u16) -> Self {
        Self {
            number,
            dispatch: Fold::new(roles::dispatch()),
            custody: Fold::new(roles::custody()),
            thermal: Fold::new(roles::thermal()),
            permits: Fold::new(roles::permits()),
            schedule: Fold::new(roles::schedule()),
            alerts: Fold::new(roles::alerts()),
            stages: Stages::default(),
            facts: 0,
            journal: 0,
            exceptions: 0,
            outputs: Vec::new(),
            touched: true,
            stroke: None,
        }
    }

    /// The next grid point at which silence alone may change something here.
    pub(crate) fn stroke(&mut self) -> Option<Moment> {
        if std::mem::take(&mut self.touched) {
            let judging = [self.custody.due(), self.thermal.due(), self.permits.due()];
            let others = [self.schedule.due(), self.dispatch.due(), self.alerts.due()];
            let due = judging.into_iter().chain(others).flatten().min();
            let after = self.dispatch.now().floor(GRID) + GRID;
            self.stroke = due.map(|due| due.ceil(GRID).max(after));
        }
        self.stroke
    }

    /// One record of the journal, to every engine; what they say goes on to `exceptions`.
    pub(crate) fn judge(&mut self, record: Record<Event>) -> Result<Admission, Stop> {
        self.journal = record.offset + 1;
        let admission = self.ask("custody", &record, |p| &mut p.custody)?;
        self.ask("thermal", &record, |p| &mut p.thermal)?;
        self.ask("permits", &record, |p| &mut p.permits)?;
        self.ask("schedule", &record, |p| &mut p.schedule)?;
        match record.matter {
            Matter::Tick(now) => self.strike(now)?,
            Matter::Rulebook(book) => self.alert(None, Moment::EARLIEST, Matter::Rulebook(book))?,
            Matter::Behaviour(n) => self.alert(None, Moment::EARLIEST, Matter::Behaviour(n))?,
            Matter::Word { .. } => {}
        }
        Ok(admission)
    }

    fn ask<E: Engine<Word = Event, Said = Said>>(
        &mut self,
        service: &'static str,
        record: &Record<Event>,
        fold: impl Fn(&mut Self) -> &mut Fold<E>,
    ) -> Result<Admission, Stop> {
        let mut out = Vec::new();
        let admission = fold(self).take(record, &mut out)?;
        for said in out {
            let origin = self.origin(&format!("{service}/1"), "journal", said.offset, said.index);
            let number = self.number;
            let after = fold(self).links().stamp("exceptions", number, &origin);
            self.pass_on(service, said, origin, after)?;
        }
        if let Matter::Tick(now) = record.matter {
            self.stages.heard(service, now);
        }
        Ok(admission)
    }

    fn pass_on(
        &mut self,
        service: &str,
        out: Out<Said>,
        origin: Origin,
        after: Option<Origin>,
    ) -> Result<(), Stop> {
        let Some(shipment) = out.key.shipment() else { return Ok(()) };
        let word = match out.said {
            Some(Said::Finding(finding)) => Word::Finding(finding),
            Some(Said::Context(context)) => Word::Context(context),
            None => {
                Word::Finding(Box::new(faulted(service, shipment, out.offset, out.index, out.now)))
            }
        };
        self.say(out.key, word, Some((origin, after)))
    }

    /// One word on `exceptions`; findings come out as they are, too.
    pub(crate) fn say(
        &mut self,
        key: Subject,
        word: Word,
        link: Option<(Origin, Option<Origin>)>,
    ) -> Result<(), Stop> {
        let mut learnt = Moment::EARLIEST;
        if let Word::Finding(finding) = &word {
            learnt = finding.learnt;
            self.put(learnt, 0, What::Finding(finding.clone()));
        }
        self.alert(link, learnt, Matter::Word { key, word })
    }

    fn alert(
        &mut self,
        link: Option<(Origin, Option<Origin>)>,
        learnt: Moment,
        matter: Matter<Word>,
    ) -> Result<(), Stop> {
        let (origin, after) = link.map_or((None, None), |(origin, after)| (Some(origin), after));
        let mut out = Vec::new();
        self.alerts.take(&Record { offset: self.exceptions, origin, after, matter }, &mut out)?;
        for (n, out) in out.into_iter().enumerate() {
            let index = u32::try_from(n + 1).unwrap_or(u32::MAX);
            // What follows from a finding stands behind it, also where a timer of the engine was ahead.
            let now = out.now.max(learnt);
            match out.said {
                Some(Notice::Finding(finding)) => self.put(now, index, What::Finding(finding)),
                Some(Notice::Incident(incident)) => self.put(now, index, What::Incident(incident)),
                None => {
                    let Some(shipment) = out.key.shipment() else { continue };
                    let finding = faulted("alerts", shipment, out.offset, out.index, out.now);
                    self.put(now, index, What::Finding(Box::new(finding)));
                }
            }
        }
        self.exceptions += 1;
        Ok(())
    }

    /// The owner of `exceptions` strikes the clock there, too, and looks for stages that fell silent.
    fn strike(&mut self, now: Moment) -> Result<(), Stop> {
        self.alert(None, Moment::EARLIEST, Matter::Tick(now))?;
        let Some(rules) = self.alerts.rules() else { return Ok(()) };
        for finding in self.stages.tick(now, self.number, &rules.stages) {
            let key = Subject::from(&finding.shipment);
            self.say(key, Word::Finding(Box::new(finding)), None)?;
        }
        Ok(())
    }

    pub(crate) fn put(&mut self, learnt: Moment, index: u32, what: What) {
        let (partition, offset) = (self.number, self.exceptions);
        self.outputs.push(Output { learnt, partition, offset, index, what });
    }

    pub(crate) fn origin(&self, service: &str, topic: &str, offset: u64, index: u32) -> Origin {
        let (service, topic) = (Text::new(service), Text::new(topic));
        Origin { service, topic, partition: self.number, offset, index }
    }

    /// The next free place in `facts`, taken.
    pub(crate) fn next_fact(&mut self) -> u64 {
        self.facts += 1;
        self.facts - 1
    }

    /// Rules and behaviour for dispatch; the journal brings them to the others.
    pub(crate) fn rule_facts(&mut self, book: &Book) -> Result<Vec<Out<Passed>>, Stop> {
        let matter = Matter::Rulebook(book.clone());
        let record = Record { offset: self.next_fact(), origin: None, after: None, matter };
        let mut passed = Vec::new();
        self.dispatch.take(&record, &mut passed)?;
        Ok(passed)
    }
}

/// A value failed: its shipment is not judged any more by that engine, and that is told at once.
pub(crate) fn faulted(
    service: &str,
    shipment: ShipmentId,
    offset: u64,
    index: u32,
    now: Moment,
) -> Finding {
    let rule = Text::new("system/faulted");
    Finding {
        name: Name { rule, about: Text::new(service), offset, index },
        code: Text::new("SYS-FAULT"),
        shipment,
        state: State::Raised,
        severity: Severity::P1,
        verdict: Verdict::Unknown,
        latched: true,
        happened: now,
        until: None,
        learnt: now,
        sentence: format!(
            "{service} failed at journal entry {offset} and judges this shipment no more"
        ),
        evidence: vec![offset],
        unknown: Span::ZERO,
        deadline: None,
        action: Text::new("Watch this shipment by hand and report the entry to the developers"),
        rulebook: Text::default(),
        behaviour: 1,
    }
}
