//! Holds each rule to the facts that it says it hears: any other fact must leave its answer as it was.

use crate::page::{HeardEvent, ScenarioPage};
use crate::play::{OneShipment, Player, SaidLine, lines, stamped};
use facts::{Answer, EngineOutput, Event, FactKind, Moment, RuleEngine, RuleInfo, Rules, Subject};
use std::path::{Path, PathBuf};

/// An engine that is watched while it hears: each rule is asked before and after each fact, at the same log time.
pub struct ObservedEngine<E: RuleEngine>(OneShipment<E>);

impl<E: RuleEngine> ObservedEngine<E> {
    /// A fresh one, of `SHP-1`.
    pub fn new(rules: Rules<E::Memory>) -> Self {
        Self(OneShipment::new(rules))
    }

    /// A fresh one, of a shipment.
    pub fn about(subject: Subject, rules: Rules<E::Memory>) -> Self {
        Self(OneShipment::about(subject, rules))
    }

    /// Hears a fact, timers before it included.
    ///
    /// # Errors
    ///
    /// A rule changed its answer at a fact that it says it does not hear.
    pub fn hear(
        &mut self,
        learnt: Moment,
        word: Option<&Event>,
    ) -> Result<Vec<EngineOutput>, String> {
        let mut said = self.0.hear(learnt, None)?;
        let Some(event) = word else { return Ok(said) };
        let kind = event.fact.kind();
        let before = self.answers(learnt, kind);
        said.extend(self.0.hear(learnt, Some(event))?);
        for (n, after) in self.answers(learnt, kind).into_iter().enumerate() {
            let was =
                before.get(n).map(|before| (before.episodes.as_slice(), before.next_deadline));
            let (was, is) =
                (was.unwrap_or_default(), (after.episodes.as_slice(), after.next_deadline));
            if was != is {
                return Err(format!(
                    "{} says that it does not hear {kind:?}, and its answer is another one after it:\n  before {was:?}\n  after  {is:?}",
                    after.info.name
                ));
            }
        }
        Ok(said)
    }

    /// What the rules that do not hear a kind of fact hold true; nothing before the shipment was heard of.
    fn answers(&self, now: Moment, kind: FactKind) -> Vec<Answer> {
        let deaf = |info: &RuleInfo| !info.hears.hears(kind);
        let memory = self.0.engine().memory();
        memory.map(|memory| self.0.rules().answers(memory, now, deaf)).unwrap_or_default()
    }
}

impl<E: RuleEngine> Player for ObservedEngine<E> {
    fn hear(
        &mut self,
        learnt: Moment,
        at: Moment,
        words: Option<&str>,
        id: &str,
    ) -> Result<Vec<SaidLine>, String> {
        let event = words.map(|words| stamped(learnt, at, words, id)).transpose()?;
        Ok(lines(ObservedEngine::hear(self, learnt, event.as_ref())?))
    }
}

/// So often each scenario of an engine's pages is mixed with others.
const ROUNDS: usize = 3;

/// Plays each scenario of an engine's pages again, mixed with another one of these pages and one of any engine: parts are left out, and
/// what is said is learnt in another order. So facts meet, around what its rules speak of, that no page has together.
///
/// # Errors
///
/// What [`ObservedEngine::hear`] has against a rule.
pub fn mixed<E: RuleEngine>(
    pages: &[&'static str],
    rules: impl Fn() -> Result<Rules<E::Memory>, String>,
) -> Result<(), String> {
    let own: Vec<Vec<HeardEvent>> = pages.iter().flat_map(|page| stories_of(page)).collect();
    let all = stories()?;
    let mut chance = Chance(1);
    for n in 0..own.len() * ROUNDS {
        let first = &own[n / ROUNDS];
        let (second, third) = (&own[chance.below(own.len())], &all[chance.below(all.len())]);
        let mut story: Vec<&HeardEvent> = first.iter().filter(|_| chance.below(12) > 0).collect();
        story.extend(second.iter().chain(third).filter(|_| chance.below(3) > 0));
        // What is learnt is learnt at the same moments, and now and then something else first.
        story.sort_by_key(|heard| heard.learnt);
        let moments: Vec<Moment> = story.iter().map(|heard| heard.learnt).collect();
        for _ in 0..story.len() / 8 {
            let (one, other) = (chance.below(story.len()), chance.below(story.len()));
            story.swap(one, other);
        }
        let mut watched = ObservedEngine::<E>::new(rules()?);
        for (learnt, heard) in moments.into_iter().zip(story) {
            let Some(words) = &heard.words else { continue };
            // Pages of alerts say things of their own.
            let Ok(event) = stamped(learnt, heard.at, words, &heard.id) else { continue };
            watched
                .hear(learnt, Some(&event))
                .map_err(|wrong| format!("mixed story {n}, at `{words}`: {wrong}"))?;
        }
    }
    Ok(())
}

/// What each scenario of a page lets happen.
fn stories_of(page: &str) -> Vec<Vec<HeardEvent>> {
    let scenarios = ScenarioPage::read(page).map(|page| page.scenarios).unwrap_or_default();
    scenarios.into_iter().map(crate::Scenario::heard).collect()
}

/// The same of the pages of all engines.
fn stories() -> Result<Vec<Vec<HeardEvent>>, String> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut pages: Vec<PathBuf> = Vec::new();
    for engine in std::fs::read_dir(&crates).map_err(|e| e.to_string())?.flatten() {
        let rules = std::fs::read_dir(engine.path().join("src/rules"));
        pages.extend(rules.into_iter().flatten().flatten().map(|file| file.path()));
    }
    pages.retain(|page| page.extension().is_some_and(|ending| ending == "md"));
    pages.sort();
    let mut stories = Vec::new();
    for page in pages {
        let text = std::fs::read_to_string(&page).map_err(|e| e.to_string())?;
        stories.extend(stories_of(&text));
    }
    match stories.len() {
        0..100 => Err(format!("only {} scenarios were found", stories.len())),
        _ => Ok(stories),
    }
}

/// Numbers that look like chance, and are the same in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(most.max(1)).unwrap_or(1)).unwrap_or(0)
    }
}
