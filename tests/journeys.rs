//! Plays the pages of `tests/journeys` through the whole pipeline, in process, under the rulebook of this
//! release and what the page's own `toml` blocks set beside it.
//!
//! A `then` line is `SHP-1 P2 raised custody/custody-gap on L1 "…"`. A page that says *Shows incidents.*
//! lists `SHP-1 incident …` lines, too.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

use facts::{Moment, Origin, Rulebook, ShortText};
use libtest_mimic::{Arguments, Failed, Trial};
use pipeline::{OutputKind, Pipeline};
use scenario::{Player, SaidLine, ScenarioPage};
use std::path::Path;
use std::process::ExitCode;

/// The pipeline, and whether incidents are looked at.
struct Whole {
    pipeline: Pipeline,
    incidents: bool,
    heard: u64,
}

impl Player for Whole {
    fn hear(
        &mut self,
        learnt: Moment,
        at: Moment,
        words: Option<&str>,
        id: &str,
    ) -> Result<Vec<SaidLine>, String> {
        let stop = |stop: fold::Stop| stop.to_string();
        match words {
            None => self.pipeline.advance(learnt).map_err(stop)?,
            Some(words) => {
                self.heard += 1;
                let (service, topic) = (ShortText::new("intake/1"), ShortText::new("journey"));
                let origin = Origin { service, topic, partition: 0, offset: self.heard, index: 0 };
                let event = scenario::event(at, words, id)?;
                self.pipeline.feed(learnt, event, origin).map_err(stop)?;
            }
        }
        let tally = self.pipeline.tally();
        if !tally.adds_up() {
            return Err(format!("the counts do not add up: {tally:?}"));
        }
        let line = |what| match what {
            OutputKind::Finding(finding) => Some(format!("{} {finding}", finding.shipment)),
            OutputKind::Incident(incident) => {
                self.incidents.then(|| format!("{} {incident}", incident.shipment))
            }
            OutputKind::Expired(event, reason) => {
                Some(format!("{} {} expired: {reason}", event.subject, event.id))
            }
        };
        Ok(self.pipeline.finish().into_iter().filter_map(|output| line(output.what)).collect())
    }
}

/// The rulebook of this release, and what the page sets beside it.
fn book(page: &ScenarioPage) -> Result<Rulebook, String> {
    let shipped = pipeline::rulebook::shipped().map_err(|p| format!("{p:?}"))?.book;
    scenario::beside(shipped, &page.parameters)
}

fn trials(path: &Path) -> Vec<Trial> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let text = std::fs::read_to_string(path).expect("a page can be read");
    let page = match ScenarioPage::read(&text) {
        Ok(page) => page,
        Err(wrong) => return vec![Trial::test(name, move || Err(Failed::from(wrong.to_string())))],
    };
    let incidents = text.contains("Shows incidents.");
    let book = book(&page);
    let trial = |scenario: scenario::Scenario| {
        let book = book.clone();
        Trial::test(format!("{name}: {}", scenario.title), move || {
            let pipeline = Pipeline::new(&book?).map_err(|stop| stop.to_string())?;
            scenario::play(&scenario, Whole { pipeline, incidents, heard: 0 })
                .map_err(|e| Failed::from(e.to_string()))
        })
    };
    page.scenarios.into_iter().map(trial).collect()
}

fn main() -> ExitCode {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/journeys");
    let listing = std::fs::read_dir(folder).expect("the journeys are there");
    let mut pages: Vec<_> = listing.flatten().map(|entry| entry.path()).collect();
    pages.retain(|page| page.extension().is_some_and(|e| e == "md"));
    pages.sort();
    let trials: Vec<Trial> = pages.iter().flat_map(|page| trials(page)).collect();
    if trials.is_empty() {
        eprintln!("no journey was played: {folder} holds no page");
        return ExitCode::FAILURE;
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
