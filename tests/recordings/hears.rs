//! No rule changes its answer at a fact that it says it does not hear: in simulated weeks, and in the journals that are kept of each
//! behaviour. The pages of each engine hold its rules to that, too.

use crate::week;
use facts::{Event, Moment, RuleEngine, Rulebook, Rules, ShipmentId, Subject, SubjectKind};
use pipeline::JournalRecord;
use pipeline::engines::{self, ForEngine};
use pipeline::journal::JournalEntry;
use replay::source::{Progress, Source, SourceError};
use scenario::ObservedEngine;
use std::collections::BTreeMap;

/// Plays a journal to one engine, shipment by shipment, and watches its rules.
fn watch<E: RuleEngine>(journal: &[JournalRecord]) {
    let mut clocks: BTreeMap<u16, Moment> = BTreeMap::new();
    let (mut book, mut behaviour) = (None::<Rulebook>, 1);
    let mut shipments: BTreeMap<ShipmentId, ObservedEngine<E>> = BTreeMap::new();
    for record in journal {
        match &record.entry {
            JournalEntry::Tick(now) => drop(clocks.insert(record.partition, *now)),
            JournalEntry::Rulebook(published) => book = Some(published.clone()),
            JournalEntry::Behaviour(number) => behaviour = *number,
            JournalEntry::Genesis(genesis) => behaviour = genesis.behaviour,
            JournalEntry::Beside(_) => {}
            JournalEntry::Fact(shipment, event) => {
                let now = clocks.get(&record.partition).copied().expect("a tick comes first");
                let book = book.as_ref().expect("rules come first");
                let watched = shipments.entry(shipment.clone()).or_insert_with(|| {
                    let subject = Subject::new(SubjectKind::Shipment, shipment.as_str());
                    ObservedEngine::about(
                        subject,
                        Rules::read(E::ABOUT.rules, book, behaviour).expect("fit rules"),
                    )
                });
                for event in event.several().unwrap_or_else(|| vec![(**event).clone()]) {
                    let said = watched.hear(now, Some(&event));
                    said.unwrap_or_else(|wrong| panic!("{shipment} at {now}: {wrong}"));
                }
            }
        }
    }
    assert!(!shipments.is_empty(), "the journal tells of shipments");
}

/// The same for every engine.
fn watch_all(journal: &[JournalRecord]) {
    struct All<'a>(&'a [JournalRecord]);
    impl ForEngine for All<'_> {
        fn engine<E: RuleEngine + 'static>(&mut self) {
            watch::<E>(self.0);
        }
    }
    engines::for_each(&mut All(journal));
}

#[test]
fn no_rule_changes_its_answer_at_a_fact_that_it_does_not_hear_in_simulated_weeks() {
    for seed in 1..=3 {
        let week = simulate::make(seed, 30).inbound.into_iter();
        watch_all(&week::journal(week.map(|arrival| (arrival.at, arrival.event))));
    }
}

#[test]
fn nor_in_the_journals_that_are_kept() {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/golden");
    let mut seen = 0;
    for behaviour in pipeline::stage_configs::BEHAVIOURS {
        let folder =
            std::fs::read_dir(format!("{golden}/behaviour-{behaviour}")).expect("a folder");
        for file in folder.flatten().map(|file| file.path()) {
            if file.extension().is_none_or(|ending| ending != "zst") {
                continue;
            }
            let mut records = Vec::new();
            for source in Source::open_all(&[file], &Progress::default()).expect("it opens") {
                replay::journal::read::<SourceError>(source, |record| {
                    records.push(record.unwrap_or_else(|wrong| panic!("{wrong}")));
                    Ok(())
                })
                .expect("it is read");
            }
            watch_all(&records);
            seen += 1;
        }
    }
    assert!(seen > 0, "journals are kept");
}

/// Samples of every fact.
struct Samples(Vec<Event>);

impl ForEngine for Samples {
    /// Whatever a rule hears its engine must take in: else the rule would wait for what never comes.
    fn engine<E: RuleEngine + 'static>(&mut self) {
        for kind in E::ABOUT.rules {
            let mut heard = self.0.iter().filter(|event| kind.info.hears.hears(event.fact.kind()));
            let deaf = heard.find(|event| !E::accepts(event));
            assert!(deaf.is_none(), "{} hears {deaf:?}, and its engine does not", kind.info.name);
        }
    }
}

#[test]
fn an_engine_takes_in_what_its_rules_hear() {
    let samples = concat!(env!("CARGO_MANIFEST_DIR"), "/../../config/schemas/samples.ndjson");
    let samples = std::fs::read_to_string(samples).expect("samples");
    let limits = wire::Limits::default();
    let read = |line: &str| wire::native::read(line.as_bytes(), &limits).expect("a sample").event;
    engines::for_each(&mut Samples(samples.lines().map(read).collect()));
}
