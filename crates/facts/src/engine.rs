//! What every engine offers, because a fold holds them all; and the shape that most of them share.

use crate::context::Context;
use crate::entry::{Cause, Entry};
use crate::event::Event;
use crate::fact::{Fact, SystemFact};
use crate::finding::{Finding, Precedence};
use crate::moment::Moment;
use crate::rule::{Kind, Rules};
use crate::rulebook::Reference;
use crate::story::Story;
use crate::subject::Subject;
use crate::told::{Told, Voice};
use alloc::vec::Vec;
use core::cell::OnceCell;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// One engine value is one subject; for rule engines one shipment. It cannot fail.
pub trait Engine: Default + Serialize + DeserializeOwned {
    /// The rules in force.
    type Rules;
    /// What it hears.
    type Word;
    /// What it says.
    type Said;
    /// Whether it wants this word; if not, the value is not even looked up.
    fn hears(word: &Self::Word) -> bool;
    /// Takes one entry in and says what follows.
    fn step(
        &mut self,
        rules: &Self::Rules,
        entry: &Entry<'_, Self::Word>,
        said: &mut Vec<Self::Said>,
    );
    /// The next moment at which silence alone changes its answer, strictly after the last step.
    fn due(&self, rules: &Self::Rules) -> Option<Moment>;
    /// What is to be kept of it after the step.
    fn keeps(&self, _rules: &Self::Rules) -> Keeps {
        Keeps::All
    }
    /// The value that hears a word for a subject of which a mark alone is kept; `None` if nobody hears it any more.
    fn revived(_mark: u32, _rules: &Self::Rules) -> Option<Self> {
        None
    }
    /// Who must hear of it when this value fails.
    fn concerned(&self, subject: &Subject) -> alloc::vec::Vec<Subject> {
        alloc::vec![subject.clone()]
    }
}

/// An engine that judges the facts of one shipment by rules, which look at one memory.
pub trait RuleEngine: Engine<Rules = Rules<Self::Memory>, Word = Event, Said = Said> {
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
    pub rules: &'static [Kind<M>],
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
pub trait Act {
    /// Whether it says that the watch ended: it takes no alarm back, as evidence does.
    fn ends_the_watch(&self) -> bool;
}

impl Act for Event {
    fn ends_the_watch(&self) -> bool {
        self.fact.ends_the_watch()
    }
}

/// What a rule engine says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Said {
    /// Something is wrong, or that changed.
    Finding(alloc::boxed::Box<Finding>),
    /// What else the card shows.
    Context(alloc::boxed::Box<Context>),
    /// It has put the shipment away: this is its last word on it.
    PutAway,
}

/// What rules look at: a view of the whole story, made anew when the story changes.
pub trait View: Sized + 'static {
    /// What a release has to know of the engine whose rules look at it.
    const ABOUT: About<Self>;
    /// Whether this engine wants the fact.
    fn hears(fact: &Fact) -> bool;
    /// Reads the story.
    fn read(story: &Story, shipment: &Subject) -> Self;
    /// What the card shows of it.
    fn context(&self, _reference: &Reference, _now: Moment) -> Option<Context> {
        None
    }
}

/// An engine whose rules judge a view of the story.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct Judged<V> {
    shipment: Option<Subject>,
    story: Story,
    told: Told,
    context: Option<Context>,
    /// Log time of the last step.
    now: Moment,
    #[serde(skip)]
    put_away: bool,
    #[serde(skip, default = "OnceCell::new")]
    view: OnceCell<V>,
}

impl<V> Default for Judged<V> {
    fn default() -> Self {
        let (story, told) = (Story::default(), Told::default());
        Self {
            shipment: None,
            story,
            told,
            context: None,
            now: Moment::EARLIEST,
            put_away: false,
            view: OnceCell::new(),
        }
    }
}

impl<V: View> Judged<V> {
    fn view(&self) -> Option<&V> {
        let shipment = self.shipment.as_ref()?;
        Some(self.view.get_or_init(|| V::read(&self.story, shipment)))
    }
    /// What stands.
    pub fn told(&self) -> &Told {
        &self.told
    }
}

impl<V: View> Engine for Judged<V> {
    type Rules = Rules<V>;
    type Word = Event;
    type Said = Said;

    fn hears(word: &Event) -> bool {
        V::hears(&word.fact) || matches!(word.fact, Fact::System(SystemFact::PutAway(_)))
    }

    fn step(&mut self, rules: &Rules<V>, entry: &Entry<'_, Event>, said: &mut Vec<Said>) {
        self.now = self.now.max(entry.now);
        if self.shipment.is_none() {
            self.shipment = Some(entry.subject.clone());
        }
        if let Cause::Word(event) = &entry.cause
            && matches!(event.fact, Fact::System(SystemFact::PutAway(_)))
        {
            self.put_away = true;
            return said.push(Said::PutAway);
        }
        if let Cause::Word(event) = &entry.cause
            && self.story.take(entry.offset, entry.now, event)
        {
            self.view = OnceCell::new();
        }
        // Who holds the goods comes first, so that a finding meets the right holder.
        let context = self.view().and_then(|view| view.context(&rules.reference, self.now));
        let mut contexts = 0;
        if context.is_some() && context != self.context {
            said.extend(context.clone().map(|context| Said::Context(context.into())));
            (self.context, contexts) = (context, 1);
        }
        let mut told = core::mem::take(&mut self.told);
        let mut say = Vec::new();
        if let Some(view) = self.view() {
            let entry =
                Entry { index: entry.index + contexts, cause: entry.cause.again(), ..*entry };
            told.judge(rules, view, (&entry, self.story.corrected()), &mut say);
        }
        self.told = told;
        said.extend(say.into_iter().map(|f| Said::Finding(f.into())));
    }

    fn due(&self, rules: &Rules<V>) -> Option<Moment> {
        let held = self.told.due(rules.reference.settle);
        let view = self.view().and_then(|view| rules.due(view, self.now));
        held.into_iter().chain(view).min()
    }

    fn keeps(&self, _: &Rules<V>) -> Keeps {
        if self.put_away { Keeps::Mark(0) } else { Keeps::All }
    }
}

impl<V: View> RuleEngine for Judged<V> {
    type Memory = V;
    const ABOUT: About<V> = V::ABOUT;

    fn memory(&self) -> Option<&V> {
        self.view()
    }
}

impl Told {
    /// Asks every rule and says what changed; nothing new where something was declared wrong a moment before (when last, by
    /// log time, is given), and what replaces it may still come.
    pub fn judge<M, W: Act>(
        &mut self,
        rules: &Rules<M>,
        memory: &M,
        (entry, corrected): (&Entry<'_, W>, Option<Moment>),
        say: &mut Vec<Finding>,
    ) {
        let Some(shipment) = entry.subject.shipment() else { return };
        let replaced = self.is_corrected(corrected, entry.now, rules.reference.settle);
        let mut voice = Voice {
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
            rejudged: matches!(entry.cause, Cause::Rejudged),
            replaced,
            ends_the_watch: matches!(entry.cause, Cause::Word(word) if word.ends_the_watch()),
            rulebook: &rules.hash,
            behaviour: rules.behaviour,
        };
        if voice.rejudged {
            let on = |name: &str| rules.names().any(|on| on == name);
            self.keep_only(&mut voice, on, |name| rules.known(name), say);
        }
        rules.judge(memory, entry.now, |on, found| {
            (voice.rule, voice.code, voice.action) = (on.info.name, on.info.code, on.action);
            let effects = &on.info.effects;
            (voice.compromises, voice.precedence) = (effects.compromises, effects.precedence);
            self.amend(&voice, found, say);
        });
    }
}
