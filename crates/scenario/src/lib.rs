//! Reads the scenarios out of a rule's page and plays them to an engine. Tests only.
//!
//! A test target says `harness = false` and hands [`run`] its engine, its list of rules and what
//! its lines mean; every `###` heading becomes one test, named after its page and its heading.
//!
//! ```text
//! given  08:00  SHP-1 released by PUURS to KLM
//! given  08:00..10:00 every 10 min  LOG-1 reads 5.0 °C at payload
//! given  d2 09:00, at 08:10  SHP-1 accepted by KLM  #scan-1
//! when   d2 09:15:30  the clock strikes
//! then   P2 raised custody/custody-gap "KLM has not accepted since 08:00"
//! then   nothing
//! ```
//!
//! The first time is log time (day 1 is 2026-03-01, `d2` the day after); `at` is when it happened,
//! where that is another moment; of what an engine says on a page of `alerts`, when that engine
//! learnt it. `#scan-1` is the event's id, for corrections. `then` lines hold
//! what came since the last `then`, from the first `when` on; `when` and `then` may alternate.
//!
//! A page may have a `## Background` before its scenarios: one block of `given` lines from which every scenario starts. A
//! scenario whose first line is `given  no background` starts from nothing. Pages are played at the latest behaviour number.

mod clock;
mod hears;
mod page;
mod play;

pub use hears::{ObservedEngine, mixed};
pub use page::{HeardEvent, PageError, Scenario, ScenarioPage, ScenarioStep};
pub use play::{Mismatch, OneShipment, Player, SaidLine, event, play, play_racing};

use facts::behaviour::LATEST;
use facts::{RuleEngine, Rulebook, Rules};
use libtest_mimic::{Arguments, Failed, Trial};
use std::path::Path;

/// Plays every page of an engine's rules, which lie under a folder, and holds each rule to the facts that it says it hears: on the
/// pages, and where what is said on all pages is mixed.
///
/// `common` is TOML that every scenario's rulebook holds beside its page's numbers (`[log]`,
/// `[profile.…]`, `[product.…]`).
pub fn run<E: RuleEngine + 'static>(folder: &str, common: &'static str) -> std::process::ExitCode {
    let all = E::ABOUT.rules;
    let mut trials = Vec::new();
    for kind in all {
        let file = kind.info.name.split('/').next_back().unwrap_or_default().replace('-', "_");
        let path = format!("{folder}/{file}.md");
        let held = kind.info.page == std::fs::read_to_string(Path::new(&path)).unwrap_or_default();
        trials.push(Trial::test(format!("{file}: the page is the one in the binary"), move || {
            if held {
                Ok(())
            } else {
                Err(Failed::from(format!("{path} is not what {} holds", kind.info.name)))
            }
        }));
        let page = match ScenarioPage::read(kind.info.page) {
            Ok(page) => page,
            Err(wrong) => {
                trials.push(Trial::test(file, move || Err(Failed::from(wrong.to_string()))));
                continue;
            }
        };
        for scenario in page.scenarios {
            let numbers = format!("{common}\n{}", page.parameters);
            let name = format!("{file}: {}", scenario.title);
            trials.push(Trial::test(name, move || {
                let book = book(&numbers).map_err(Failed::from)?;
                let rules =
                    Rules::read(all, &book, LATEST).map_err(|e| Failed::from(e.to_string()))?;
                play::play(&scenario, ObservedEngine::<E>::new(rules))
                    .map_err(|e| Failed::from(e.to_string()))
            }));
        }
    }
    trials.push(Trial::test(
        "no rule changes its answer at a fact that it does not hear",
        move || {
            let pages: Vec<&str> = all.iter().map(|kind| kind.info.page).collect();
            let numbers = pages.iter().filter_map(|page| ScenarioPage::read(page).ok());
            let numbers: String = numbers.map(|page| page.parameters).collect();
            let book = book(&format!("{common}\n{numbers}"))?;
            let rules = || Rules::read(all, &book, LATEST).map_err(|e| e.to_string());
            mixed::<E>(&pages, rules).map_err(Failed::from)
        },
    ));
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// Plays pages whose lines mean something of their own: a name and a text each, a fresh player for
/// every scenario.
pub fn play_pages<P: Player + 'static>(
    pages: &[(String, &'static str)],
    fresh: fn() -> P,
) -> std::process::ExitCode {
    let mut trials = Vec::new();
    for (file, text) in pages {
        match ScenarioPage::read(text) {
            Ok(page) => trials.extend(page.scenarios.into_iter().map(|scenario| {
                let name = format!("{file}: {}", scenario.title);
                Trial::test(name, move || {
                    play::play(&scenario, fresh()).map_err(|e| Failed::from(e.to_string()))
                })
            })),
            Err(wrong) => {
                trials.push(Trial::test(file, move || Err(Failed::from(wrong.to_string()))))
            }
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}

/// A rulebook from TOML.
pub fn book(text: &str) -> Result<Rulebook, String> {
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| e.to_string())?;
    let json = serde_json::to_value(table).map_err(|e| e.to_string())?;
    match json {
        serde_json::Value::Object(tables) => Ok(Rulebook::new(tables.into_iter().collect())),
        _ => Err("a rulebook is a table".to_owned()),
    }
}

/// A rulebook, and what a page's own numbers set beside or over it.
pub fn beside(book: Rulebook, numbers: &str) -> Result<Rulebook, String> {
    let mut tables = book.tables;
    for (name, table) in self::book(numbers)?.tables {
        match (tables.get_mut(&name), table) {
            (Some(serde_json::Value::Object(all)), serde_json::Value::Object(more)) => {
                all.extend(more)
            }
            (_, table) => drop(tables.insert(name, table)),
        }
    }
    Ok(Rulebook::new(tables))
}
