//! The journeys, over every backing. What a page promises at a moment must come then; what comes at one moment has no
//! order, because facts of subjects in different partitions race.

use crate::driver::Driver;
use crate::outputs::Outputs;
use crate::site::{Backing, Site};
use facts::{Moment, Origin, Rulebook, ShortText, Span};
use libtest_mimic::{Failed, Trial};
use pipeline::journal::JournalEntry;
use pipeline::{GRID, OutputKind, Pipeline};
use scenario::{Player, SaidLine, Scenario, ScenarioPage, ScenarioStep};
use std::collections::BTreeSet;
use std::path::Path;

/// Few partitions: a journey is about few shipments.
const PARTITIONS: u16 = 2;

pub(crate) fn trials(backing: Backing) -> Vec<Trial> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/journeys");
    let listing = std::fs::read_dir(folder).expect("the journeys are there");
    let mut pages: Vec<_> = listing.flatten().map(|entry| entry.path()).collect();
    pages.retain(|page| page.extension().is_some_and(|e| e == "md"));
    pages.sort();
    pages.iter().flat_map(|page| of_page(backing, page)).collect()
}

fn of_page(backing: Backing, path: &Path) -> Vec<Trial> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let text = std::fs::read_to_string(path).expect("a page can be read");
    let page = ScenarioPage::read(&text).expect("a page of journeys");
    let incidents = text.contains("Shows incidents.");
    let shipped = pipeline::rulebook::shipped().expect("the rulebook is fit").book;
    let book = scenario::beside(shipped, &page.parameters).expect("the page's own numbers");
    let trial = |scenario: Scenario| {
        let book = book.clone();
        Trial::test(format!("{}: {name}: {}", backing.name(), scenario.title), move || {
            play(backing, &scenario, &book, incidents)
        })
    };
    // Seven processes are started for each: on a broker the first story of a page is played, and all where asked.
    let all = backing != Backing::Kafka || std::env::var_os("COLDWATCH_ALL_JOURNEYS").is_some();
    let trial = |(n, scenario)| trial(scenario).with_ignored_flag(n > 0 && !all);
    page.scenarios.into_iter().enumerate().map(trial).collect()
}

fn play(
    backing: Backing,
    scenario: &Scenario,
    book: &Rulebook,
    incidents: bool,
) -> Result<(), Failed> {
    let first = |step: &ScenarioStep| match step {
        ScenarioStep::Given(heard) | ScenarioStep::When(heard) => Some(heard.learnt),
        ScenarioStep::Then(_) => None,
    };
    let begin = scenario.steps.iter().find_map(first).unwrap_or(Moment::EARLIEST);
    let begin = (begin - Span::minutes(1)).floor(GRID);
    let site = Site::open(backing, PARTITIONS, book, begin);
    let outputs = Outputs::of(&site);
    let shadow = Pipeline::keeping_journal(book).map_err(|stop| stop.to_string())?;
    let player =
        Over { driver: Driver::new(site), outputs, shadow, struck: begin, heard: 0, incidents };
    scenario::play_racing(scenario, player).map_err(|e| Failed::from(e.to_string()))
}

/// A site, and a pipeline beside it that tells when its clock must be struck: no stroke is made at which nothing is
/// due, as in a replay.
struct Over {
    driver: Driver,
    outputs: Outputs,
    shadow: Pipeline,
    struck: Moment,
    heard: u64,
    incidents: bool,
}

impl Over {
    /// The strokes that the pipeline made since the last look. Those that came to nothing go together with the next
    /// one that came to something: each of these is waited for.
    fn strokes(&mut self) -> Vec<Vec<Moment>> {
        let (mut all, mut eventful) = (BTreeSet::new(), BTreeSet::new());
        let mut last = self.struck;
        for record in self.shadow.take_journal() {
            match record.entry {
                JournalEntry::Tick(now) => {
                    all.insert(now);
                    last = now;
                }
                _ => drop(eventful.insert(last)),
            }
        }
        for output in self.shadow.finish() {
            // Said at its own moment, by the stroke that reached it.
            eventful.extend(all.range(output.learnt..).next().copied());
        }
        let mut groups = vec![Vec::new()];
        for stroke in all.into_iter().filter(|stroke| *stroke > self.struck) {
            groups.last_mut().expect("there is one").push(stroke);
            if eventful.contains(&stroke) {
                groups.push(Vec::new());
            }
        }
        groups.retain(|group| !group.is_empty());
        groups
    }
}

impl Player for Over {
    fn hear(
        &mut self,
        learnt: Moment,
        at: Moment,
        words: Option<&str>,
        id: &str,
    ) -> Result<Vec<SaidLine>, String> {
        let stop = |stop: fold::Stop| stop.to_string();
        let mut event = None;
        match words {
            None => self.shadow.advance(learnt).map_err(stop)?,
            Some(words) => {
                self.heard += 1;
                let (service, topic) = (ShortText::new("intake/1"), ShortText::new("journey"));
                let origin = Origin { service, topic, partition: 0, offset: self.heard, index: 0 };
                let told = scenario::event(at, words, id)?;
                self.shadow.feed(learnt, told.clone(), origin).map_err(stop)?;
                event = Some(told);
            }
        }
        for group in self.strokes() {
            self.struck = group.last().copied().unwrap_or(self.struck);
            self.driver.strike(&group);
        }
        if let Some(event) = event {
            self.driver.send(&[event]);
        }
        self.driver.drain_all();
        let line = |output: pipeline::Output| match output.what {
            OutputKind::Finding(finding) => Some(format!("{} {finding}", finding.shipment)),
            OutputKind::Incident(incident) => {
                self.incidents.then(|| format!("{} {incident}", incident.shipment))
            }
            OutputKind::Expired(event, reason) => {
                Some(format!("{} {} expired: {reason}", event.subject, event.id))
            }
        };
        let came = self.outputs.take(&self.driver.site);
        Ok(came.into_iter().filter_map(line).collect())
    }
}
