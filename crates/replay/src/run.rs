//! Feeds the pipeline and hands on what comes out.

use crate::journal;
use crate::recording::{Decoded, Recording};
use crate::report::Report;
use crate::source::{Source, SourceError, SourceKind};
use facts::{Moment, Origin, ReferenceData, Rulebook, ShortText, State, Subject, SubjectKind};
use fold::Stop;
use pipeline::Pipeline;
use pipeline::journal::JournalEntry;
use pipeline::pipeline::GRID;
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};
use wire::Rejection;

/// How to replay.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Log time goes on to here; without it, it stops at the last arrival.
    pub until: Option<Moment>,
    /// When records without `arrivedat` arrive; without it, after all others.
    pub at: Option<Moment>,
    /// Threads: with more than one, one decodes and one judges.
    pub threads: usize,
    /// Only this shipment's findings are counted and reported, though all are judged.
    pub shipment: Option<String>,
}

/// Why a replay could not be finished.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// A file cannot be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The report cannot be written.
    #[error("the report cannot be written: {0}")]
    Report(#[from] io::Error),
    /// The rules cannot be used.
    #[error(transparent)]
    Stop(#[from] Stop),
    /// Journals and inbound files do not mix.
    #[error(
        "{0} is a journal, which brings its own rules and ticks; replay it apart from inbound recordings"
    )]
    Mixed(String),
}

/// The counts of a replay. read = routed + rejected; routed = processed + pending + expired + duplicate.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Events, and records that could not be decoded.
    pub read: u64,
    /// Events that found a subject.
    pub routed: u64,
    /// Records that were not taken in.
    pub rejected: u64,
    /// Passed on to whom they concern.
    pub processed: u64,
    /// Waiting for an attachment, or for a person.
    pub pending: u64,
    /// Claimed by no attachment in time.
    pub expired: u64,
    /// Events that did not say when they arrived, and were taken as arriving behind all others, or when it was asked for.
    #[serde(skip_serializing_if = "is_zero")]
    pub unstamped: u64,
    /// The same outside event again.
    pub duplicate: u64,
    /// Findings raised, by the catalogue's code.
    pub rules: BTreeMap<String, u64>,
    /// Hash of the rulebook, where one was given.
    pub rulebook: ShortText,
    /// How bad the worst finding was.
    #[serde(skip)]
    pub worst: Option<facts::Severity>,
    /// Where records are missing from a journal.
    #[serde(skip)]
    pub gaps: Vec<String>,
    /// Whether the one shipment that was asked for was seen at all.
    #[serde(skip)]
    pub seen: bool,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// One replay.
pub struct Replay<'a> {
    /// The recordings.
    pub sources: Vec<Source>,
    /// How.
    pub options: Options,
    /// Who writes down what comes out.
    pub report: &'a mut dyn Report,
    /// Where the journal goes, if anywhere.
    pub journal: Option<&'a mut dyn Write>,
    /// Told now and then that it goes on.
    pub progress: &'a mut dyn FnMut(),
}

/// Whether these are journals; inbound recordings otherwise. They do not mix.
pub fn are_journals(sources: &[Source]) -> Result<bool, ReplayError> {
    let journal = |source: &&Source| source.kind == SourceKind::Journal;
    match sources.iter().find(journal) {
        None => Ok(false),
        Some(_) if sources.iter().all(|source| source.kind == SourceKind::Journal) => Ok(true),
        Some(one) => Err(ReplayError::Mixed(one.name.clone())),
    }
}

/// Progress is told once in so many records.
const TOLD_EVERY: u64 = 1 << 12;

impl Replay<'_> {
    /// Replays inbound recordings under a rulebook.
    pub fn inbound(mut self, book: &Rulebook) -> Result<Summary, ReplayError> {
        let mut pipeline = match self.journal.is_some() {
            true => Pipeline::keeping_journal(book)?,
            false => Pipeline::new(book)?,
        };
        let mut summary = Summary { rulebook: book.hash.clone(), ..Summary::default() };
        let recording = Recording::new(std::mem::take(&mut self.sources), self.options.at)?;
        recording
            .each(self.options.threads, |decoded| self.one(&mut pipeline, &mut summary, decoded))?;
        if let Some(until) = self.options.until {
            pipeline.advance(until)?;
        } else if summary.unstamped > 0 || self.options.at.is_some() {
            // Nothing more can arrive: what waits for facts that race is judged.
            let reference = ReferenceData::read(book)
                .map_err(|e| Stop::Rulebook { service: "replay", reason: e.to_string() })?;
            pipeline.advance(pipeline.now() + reference.settle + GRID)?;
        }
        self.end(&mut pipeline, summary)
    }

    /// Replays journals: they bring their own rules and ticks.
    pub fn journals(mut self) -> Result<Summary, ReplayError> {
        let (mut pipeline, mut summary) = (Pipeline::empty(), Summary::default());
        for source in std::mem::take(&mut self.sources) {
            journal::read(source, |record| {
                self.tell(&summary);
                let record = match record {
                    Ok(record) => record,
                    Err(rejection) => {
                        summary.read += 1;
                        return self.reject(&mut summary, &rejection);
                    }
                };
                if let JournalEntry::Rulebook(book) = &record.entry {
                    summary.rulebook.clone_from(&book.hash);
                }
                if let Some((_, event)) = record.fact() {
                    // A tick or a rulebook is not an event.
                    summary.read += 1;
                    note_subject(&self.options, &mut summary, &event.subject);
                    self.report.fact(event);
                }
                pipeline.play(record)?;
                self.hand_on(&mut pipeline, &mut summary)
            })?;
        }
        self.end(&mut pipeline, summary)
    }

    fn tell(&mut self, summary: &Summary) {
        if summary.read.is_multiple_of(TOLD_EVERY) {
            (self.progress)();
        }
    }

    fn one(
        &mut self,
        pipeline: &mut Pipeline,
        summary: &mut Summary,
        decoded: Decoded,
    ) -> Result<(), ReplayError> {
        self.tell(summary);
        summary.read += 1;
        let Decoded { arrived, file, record, waited, event, ahead } = decoded;
        if let Some(ahead) = &ahead {
            self.report.ahead(ahead)?;
        }
        let event = match event {
            Ok(event) => event,
            Err(rejection) => return self.reject(summary, &rejection),
        };
        note_subject(&self.options, summary, &event.subject);
        self.report.fact(&event);
        summary.unstamped += u64::from(waited);
        // Records that waited come in an order of their own.
        let service = ShortText::new(if waited { "intake/1-waited" } else { "intake/1" });
        let (index, partition) = (0, 0);
        let origin = Origin { service, topic: file, partition, offset: record, index };
        pipeline.feed(arrived, event, origin)?;
        self.hand_on(pipeline, summary)
    }

    fn reject(&mut self, summary: &mut Summary, rejection: &Rejection) -> Result<(), ReplayError> {
        summary.rejected += 1;
        Ok(self.report.rejection(rejection)?)
    }

    fn hand_on(
        &mut self,
        pipeline: &mut Pipeline,
        summary: &mut Summary,
    ) -> Result<(), ReplayError> {
        for output in pipeline.take_outputs() {
            note(&self.options, summary, &output);
            self.report.output(&output)?;
        }
        if let Some(to) = &mut self.journal {
            for record in pipeline.take_journal() {
                journal::write(*to, &record)?;
            }
        }
        Ok(())
    }

    fn end(
        mut self,
        pipeline: &mut Pipeline,
        mut summary: Summary,
    ) -> Result<Summary, ReplayError> {
        let last = pipeline.finish();
        for output in last {
            note(&self.options, &mut summary, &output);
            self.report.output(&output)?;
        }
        self.hand_on(pipeline, &mut summary)?;
        summary.gaps = pipeline.gaps();
        let tally = pipeline.tally();
        (summary.routed, summary.processed, summary.pending) =
            (tally.routed, tally.processed, tally.pending);
        (summary.expired, summary.duplicate) = (tally.expired, tally.duplicate);
        self.report.summary(&summary)?;
        if let Some(to) = &mut self.journal {
            to.flush()?;
        }
        Ok(summary)
    }
}

fn note(options: &Options, summary: &mut Summary, output: &pipeline::Output) {
    let pipeline::OutputKind::Finding(finding) = &output.what else { return };
    if options.shipment.as_deref().is_some_and(|only| only != finding.shipment.as_str()) {
        return;
    }
    if matches!(finding.state, State::Raised | State::Changed) {
        summary.worst = summary.worst.into_iter().chain([finding.severity]).min();
    }
    if finding.state == State::Raised {
        *summary.rules.entry(finding.code.to_string()).or_default() += 1;
    }
}

fn note_subject(options: &Options, summary: &mut Summary, subject: &Subject) {
    let asked = options.shipment.as_deref() == Some(&*subject.id);
    summary.seen |= asked && subject.kind == SubjectKind::Shipment;
}
