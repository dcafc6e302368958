//! What every engine offers, because a fold holds them all; and the shape that most of them share.

use crate::context::Context;
use crate::event::Event;
use crate::fact::{Fact, SystemFact};
use crate::finding::{Finding, Precedence};
use crate::finding_diff::{DiffContext, FindingDiff};
use crate::history::History;
use crate::moment::Moment;
use crate::rule::{RuleEntry, Rules};
use crate::rulebook::ReferenceData;
use crate::step::{Step, Trigger};
use crate::subject::Subject;
use alloc::vec::Vec;
use core::cell::OnceCell;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// One engine value is one subject; for rule engines one shipment. It cannot fail.
pub trait Engine: Default + Serialize + DeserializeOwned {
    /// The rules in force.
    type Rules;
    /// What it hears.
    type Input;
    /// What it says.
    type Output;
    /// Whether it wants this word; if not, the value is not even looked up.
    fn accepts(word: &Self::Input) -> bool;
    /// Takes one entry in and says what follows.
    fn step(
        &mut self,
        rules: &Self::Rules,
        entry: &Step<'_, Self::Input>,
        said: &mut Vec<Self::Output>,
    );
    /// The next moment at which silence alone changes its answer, strictly after the last step.
    fn next_deadline(&self, rules: &Self::Rules) -> Option<Moment>;
    /// What is to be kept of it after the step.
    fn keeps(&self, _rules: &Self::Rules) -> Keeps {
        Keeps::All
    }
    /// The value that hears a word for a subject of which a mark alone is kept; `None` if nobody hears it any more.
    fn revived(_mark: u32, _rules: &Self::Rules) -> Option<Self> {
        None
    }
    /// Who must hear of it when this value fails.
    fn affected_subjects(&self, subject: &Subject) -> alloc::vec::Vec<Subject> {
        alloc::vec![subject.clone()]
    }
}

/// An engine that judges the facts of one shipment by rules, which look at one memory.
pub trait RuleEngine:
    Engine<Rules = Rules<Self::Memory>, Input = Event, Output = EngineOutput>
{
    /// What its rules look at.
    type Memory: 'static;
    /// What a release has to know of it.
    const ABOUT: About<Self::Memory>;
    /// What they look at now; `None` before it has heard anything.
    fn memory(&self) -> Option<&Self::Memory>;
}

/// What a release has to know of a rule engine.
pub struct About<M: 'static> {
    /// Its name, by which its service and its group go, and with which the names of its rules begin.
    pub name: &'static str,
    /// What it judges, in a few words, as `--help` says it.
    pub judges: &'static str,
    /// Its rules, in the order in which they are asked.
    pub rules: &'static [RuleEntry<M>],
    /// The tables of its rules in the rulebook that comes with this release, as TOML.
    pub rulebook: &'static str,
    /// The version of what is kept of a shipment. Whoever changes that, or what it means, raises it: a snapshot of another version
    /// is not read.
    pub schema: u32,
}

/// What a fold keeps of a value after a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeps {
    /// The value.
    All,
    /// That it was here, and this number: what comes for its subject from now on is heard by what is revived by it.
    Mark(u32),
    /// Nothing: what comes for its subject begins anew.
    Nothing,
}

/// A word that may be an act after which there is nothing to watch.
pub trait EndsWatch {
    /// Whether it says that the watch ended: it takes no alarm back, as evidence does.
    fn ends_the_watch(&self) -> bool;
}

impl EndsWatch for Event {
    fn ends_the_watch(&self) -> bool {
        self.fact.ends_the_watch()
    }
}

/// What a rule engine says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum EngineOutput {
    /// Something is wrong, or that changed.
    Finding(alloc::boxed::Box<Finding>),
    /// What else the card shows.
    Context(alloc::boxed::Box<Context>),
    /// It has put the shipment away: this is its last word on it.
    PutAway,
}

/// What rules look at: a view of the whole story, made anew when the story changes.
pub trait Projection: Sized + 'static {
    /// What a release has to know of the engine whose rules look at it.
    const ABOUT: About<Self>;
    /// Whether this engine wants the fact.
    fn accepts(fact: &Fact) -> bool;
    /// Reads the story.
    fn from_history(story: &History, shipment: &Subject) -> Self;
    /// What the card shows of it.
    fn context(&self, _reference: &ReferenceData, _now: Moment) -> Option<Context> {
        None
    }
}

/// An engine whose rules judge a view of the story.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct ProjectionEngine<V> {
    shipment: Option<Subject>,
    history: History,
    diff: FindingDiff,
    context: Option<Context>,
    /// Log time of the last step.
    now: Moment,
    #[serde(skip)]
    put_away: bool,
    #[serde(skip, default = "OnceCell::new")]
    projection: OnceCell<V>,
}

impl<V> Default for ProjectionEngine<V> {
    fn default() -> Self {
        let (story, told) = (History::default(), FindingDiff::default());
        Self {
            shipment: None,
            history: story,
            diff: told,
            context: None,
            now: Moment::EARLIEST,
            put_away: false,
            projection: OnceCell::new(),
        }
    }
}

impl<V: Projection> ProjectionEngine<V> {
    fn projection(&self) -> Option<&V> {
        let shipment = self.shipment.as_ref()?;
        Some(self.projection.get_or_init(|| V::from_history(&self.history, shipment)))
    }
    /// What stands.
    pub fn diff(&self) -> &FindingDiff {
        &self.diff
    }
}

impl<V: Projection> Engine for ProjectionEngine<V> {
    type Rules = Rules<V>;
    type Input = Event;
    type Output = EngineOutput;

    fn accepts(word: &Event) -> bool {
        V::accepts(&word.fact) || matches!(word.fact, Fact::System(SystemFact::PutAway(_)))
    }

    fn step(&mut self, rules: &Rules<V>, entry: &Step<'_, Event>, said: &mut Vec<EngineOutput>) {
        self.now = self.now.max(entry.now);
        if self.shipment.is_none() {
            self.shipment = Some(entry.subject.clone());
        }
        if let Trigger::Input(event) = &entry.cause
            && matches!(event.fact, Fact::System(SystemFact::PutAway(_)))
        {
            self.put_away = true;
            return said.push(EngineOutput::PutAway);
        }
        if let Trigger::Input(event) = &entry.cause
            && self.history.take(entry.offset, entry.now, event)
        {
            self.projection = OnceCell::new();
        }
        // Who holds the goods comes first, so that a finding meets the right holder.
        let context = self.projection().and_then(|view| view.context(&rules.reference, self.now));
        let mut contexts = 0;
        if context.is_some() && context != self.context {
            said.extend(context.clone().map(|context| EngineOutput::Context(context.into())));
            (self.context, contexts) = (context, 1);
        }
        let mut told = core::mem::take(&mut self.diff);
        let mut say = Vec::new();
        if let Some(view) = self.projection() {
            let entry =
                Step { index: entry.index + contexts, cause: entry.cause.again(), ..*entry };
            told.judge(rules, view, (&entry, self.history.corrected()), &mut say);
        }
        self.diff = told;
        said.extend(say.into_iter().map(|f| EngineOutput::Finding(f.into())));
    }

    fn next_deadline(&self, rules: &Rules<V>) -> Option<Moment> {
        let held = self.diff.next_deadline(rules.reference.settle);
        let view = self.projection().and_then(|view| rules.next_deadline(view, self.now));
        held.into_iter().chain(view).min()
    }

    fn keeps(&self, _: &Rules<V>) -> Keeps {
        if self.put_away { Keeps::Mark(0) } else { Keeps::All }
    }
}

impl<V: Projection> RuleEngine for ProjectionEngine<V> {
    type Memory = V;
    const ABOUT: About<V> = V::ABOUT;

    fn memory(&self) -> Option<&V> {
        self.projection()
    }
}

impl FindingDiff {
    /// Asks every rule and says what changed; nothing new where something was declared wrong a moment before (when last, by
    /// log time, is given), and what replaces it may still come.
    pub fn judge<M, W: EndsWatch>(
        &mut self,
        rules: &Rules<M>,
        memory: &M,
        (entry, corrected): (&Step<'_, W>, Option<Moment>),
        say: &mut Vec<Finding>,
    ) {
        let Some(shipment) = entry.subject.shipment() else { return };
        let replaced = self.is_corrected(corrected, entry.now, rules.reference.settle);
        let mut context = DiffContext {
            rule: "",
            code: "",
            action: "",
            compromises: None,
            precedence: Precedence::Ordinary,
            templates: rules.templates(),
            shipment: &shipment,
            offset: entry.offset,
            index: entry.index,
            now: entry.now,
            settle: rules.reference.settle,
            rejudged: matches!(entry.cause, Trigger::RulesChanged),
            replaced,
            ends_the_watch: matches!(entry.cause, Trigger::Input(word) if word.ends_the_watch()),
            rulebook: &rules.hash,
            behaviour: rules.behaviour,
        };
        if context.rejudged {
            let on = |name: &str| rules.names().any(|on| on == name);
            self.keep_only(&mut context, on, |name| rules.known(name), say);
        }
        rules.judge(memory, entry.now, |on, found| {
            (context.rule, context.code, context.action) = (on.info.name, on.info.code, on.action);
            let effects = &on.info.effects;
            (context.compromises, context.precedence) = (effects.compromises, effects.precedence);
            self.amend(&context, found, say);
        });
    }
}
