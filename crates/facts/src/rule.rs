//! What a rule is: its numbers, its page, and a judgement over the memory of its engine.

use crate::finding::{Figures, Severity, Verdict};
use crate::id::ShortText;
use crate::message::{Message, Template, Templates};
use crate::moment::{Moment, Span};
use crate::rule_info::RuleInfo;
use crate::rulebook::{ReferenceData, Rulebook, RulebookError};
use alloc::{boxed::Box, string::String, string::ToString, vec::Vec};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A stretch of trouble, open or over. A rule returns all that it holds true, not only what is open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Episode {
    /// What it is about: a unit, device, probe, permit, leg; empty for the whole shipment.
    pub about: ShortText,
    /// The onset, by the reporters' clocks.
    pub since: Moment,
    /// Its end; `None` while it goes on (or is latched).
    pub until: Option<Moment>,
    /// How bad.
    pub severity: Severity,
    /// How sure.
    pub verdict: Verdict,
    /// Whether time alone never clears it.
    pub latched: bool,
    /// What is said of it to the person who must act.
    pub message: Message,
    /// Whether its message gives a reason and no measure: then another message is another reason, and is told.
    #[serde(default)]
    pub reasoned: bool,
    /// Journal offsets of the facts that it stands on.
    pub evidence: Vec<u64>,
    /// Time in it that nobody vouches for.
    pub unknown: Span,
    /// After this it cannot be undone.
    pub deadline: Option<Moment>,
    /// What was measured, where the episode is about a measured value.
    pub figures: Option<Figures>,
    /// When what is latched, and so has no end, was back within its limits: what is out again after that is another episode.
    #[serde(default)]
    pub back: Option<Moment>,
    /// Whether it rests only on what came after the watch had ended, before we learnt of that: people may have been told, and
    /// what they were told is ended and not taken back. It is no news.
    #[serde(default)]
    pub afterwards: bool,
}

impl Episode {
    /// A violation of the whole shipment that goes on; the rest is set by what follows.
    pub fn new(severity: Severity, since: Moment, message: Message) -> Self {
        Self {
            about: ShortText::default(),
            since,
            until: None,
            severity,
            verdict: Verdict::Violated,
            latched: false,
            message,
            reasoned: false,
            evidence: Vec::new(),
            unknown: Span::ZERO,
            deadline: None,
            figures: None,
            back: None,
            afterwards: false,
        }
    }
    /// What it is about.
    pub fn about(mut self, about: impl AsRef<str>) -> Self {
        self.about = ShortText::new(about);
        self
    }
    /// Its end, which is never before its onset: clocks that differ would make a new episode of it each time.
    pub fn until(mut self, until: Option<Moment>) -> Self {
        self.until = until.map(|until| until.max(self.since));
        self
    }
    /// Its message gives a reason, and must be told as it is now.
    pub fn reasoned(mut self) -> Self {
        self.reasoned = true;
        self
    }
    /// Not certain.
    pub fn unknown(mut self) -> Self {
        self.verdict = Verdict::Unknown;
        self
    }
    /// Time alone never clears it.
    pub fn latched(mut self) -> Self {
        self.latched = true;
        self
    }
    /// The facts that it stands on.
    pub fn evidence(mut self, offsets: impl IntoIterator<Item = u64>) -> Self {
        self.evidence = offsets.into_iter().collect();
        self
    }
    /// The time in it that nobody vouches for.
    pub fn unknown_for(mut self, span: Span) -> Self {
        self.unknown = span;
        self
    }
    /// After this it cannot be undone.
    pub fn deadline(mut self, deadline: Option<Moment>) -> Self {
        self.deadline = deadline;
        self
    }
    /// When what is latched was back within its limits.
    pub fn back(mut self, back: Option<Moment>) -> Self {
        self.back = back;
        self
    }
    /// It keeps what was told and is no news, where it rests only on what came after the watch had ended.
    pub fn afterwards(mut self, afterwards: bool) -> Self {
        self.afterwards = afterwards;
        self
    }
    /// What was measured.
    pub fn figures(mut self, figures: Figures) -> Self {
        self.figures = Some(figures);
        self
    }
}

/// What a judgement is given beside the memory.
#[derive(Debug, Clone, Copy)]
pub struct RuleContext<'a> {
    /// Log time.
    pub now: Moment,
    /// Profiles, products, settle.
    pub reference: &'a ReferenceData,
    /// The behaviour number in force: a rule whose code has changed judges by the number that the log is at.
    pub behaviour: u32,
}

/// One rule over the memory of its engine. Its fields are its numbers; they have no defaults in code.
///
/// **Invariant:** `judge` is a function of memory and given alone, and `next_deadline` is honest: between
/// two entries the answer of `judge` changes at no other moment.
pub trait Rule: DeserializeOwned + Send + Sync + 'static {
    /// What its engine remembers.
    type Memory;
    /// What it says of itself.
    const INFO: RuleInfo;
    /// Every episode that it holds true, open or over, in the order of their beginnings.
    fn judge(&self, memory: &Self::Memory, context: &RuleContext<'_>, found: &mut Vec<Episode>);
    /// The next moment, strictly after `context.now`, at which silence alone changes its answer.
    fn next_deadline(&self, memory: &Self::Memory, context: &RuleContext<'_>) -> Option<Moment>;
}

/// The same without its type: what an engine loops over.
trait Judge<M>: Send + Sync {
    fn judge(&self, memory: &M, context: &RuleContext<'_>, found: &mut Vec<Episode>);
    fn next_deadline(&self, memory: &M, context: &RuleContext<'_>) -> Option<Moment>;
}

impl<R: Rule> Judge<R::Memory> for R {
    fn judge(&self, memory: &R::Memory, context: &RuleContext<'_>, found: &mut Vec<Episode>) {
        Rule::judge(self, memory, context, found);
    }
    fn next_deadline(&self, memory: &R::Memory, context: &RuleContext<'_>) -> Option<Moment> {
        Rule::next_deadline(self, memory, context)
    }
}

type Read<M> = fn(&Value) -> Result<Box<dyn Judge<M>>, String>;

/// One line of an engine's list.
pub struct RuleEntry<M> {
    /// What the rule says of itself.
    pub info: &'static RuleInfo,
    read: Read<M>,
}

/// A rule as a line of its engine's list.
pub const fn rule<R: Rule>() -> RuleEntry<R::Memory> {
    RuleEntry {
        info: &R::INFO,
        read: |v| R::deserialize(v).map(|r| Box::new(r) as _).map_err(|e| e.to_string()),
    }
}

/// A rule that is on.
pub struct EnabledRule {
    /// What it says of itself.
    pub info: &'static RuleInfo,
    /// The first action of its page.
    pub action: &'static str,
}

/// What one rule says of a memory at one moment.
#[derive(Debug)]
pub struct Answer {
    /// What the rule says of itself.
    pub info: &'static RuleInfo,
    /// All that it holds true.
    pub episodes: Vec<Episode>,
    /// When silence alone changes that next.
    pub next_deadline: Option<Moment>,
}

/// An engine's rules as a rulebook sets them. A rule without a table is off, and `check` says so.
pub struct Rules<M: 'static> {
    /// Hash of the rulebook.
    pub hash: ShortText,
    /// Behaviour number in force.
    pub behaviour: u32,
    /// Profiles, products, settle.
    pub reference: ReferenceData,
    on: Vec<(EnabledRule, Box<dyn Judge<M>>)>,
    all: &'static [RuleEntry<M>],
    /// The words of all that is said by them.
    words: Vec<&'static [Template]>,
}

impl<M> Rules<M> {
    /// Reads the tables of the listed rules.
    pub fn read(
        all: &'static [RuleEntry<M>],
        book: &Rulebook,
        behaviour: u32,
    ) -> Result<Self, RulebookError> {
        let mut on = Vec::new();
        for kind in all {
            let Some(table) = book.tables.get(kind.info.name) else { continue };
            let rule = (kind.read)(table).map_err(|reason| RulebookError {
                table: alloc::format!("\"{}\"", kind.info.name),
                reason,
            })?;
            on.push((EnabledRule { info: kind.info, action: kind.info.first_action() }, rule));
        }
        let (hash, reference) = (book.hash.clone(), ReferenceData::read(book)?);
        let words = all.iter().flat_map(|kind| kind.info.messages).copied().collect();
        Ok(Self { hash, behaviour, reference, on, all, words })
    }
    /// The same where what they say carries what others say, whose words these are.
    #[must_use]
    pub fn speaking(mut self, words: impl IntoIterator<Item = &'static [Template]>) -> Self {
        self.words.extend(words);
        self
    }
    /// The words of all that is said by them.
    pub fn templates(&self) -> Templates<'_> {
        Templates(&self.words)
    }
    /// What holds at log time `now`, rule by rule in the order of the list.
    pub fn judge(&self, memory: &M, now: Moment, mut each: impl FnMut(&EnabledRule, Vec<Episode>)) {
        let given = RuleContext { now, reference: &self.reference, behaviour: self.behaviour };
        for (on, rule) in &self.on {
            let mut found = Vec::new();
            rule.judge(memory, &given, &mut found);
            each(on, found);
        }
    }
    /// The first moment after `now` at which silence alone changes an answer.
    pub fn next_deadline(&self, memory: &M, now: Moment) -> Option<Moment> {
        let given = RuleContext { now, reference: &self.reference, behaviour: self.behaviour };
        self.on.iter().filter_map(|(_, rule)| rule.next_deadline(memory, &given)).min()
    }
    /// What those rules that are asked hold true at log time `now`, and when each must be asked again: for tests that hold a rule to the
    /// facts that it says it hears.
    pub fn answers(
        &self,
        memory: &M,
        now: Moment,
        asked: impl Fn(&RuleInfo) -> bool,
    ) -> Vec<Answer> {
        let given = RuleContext { now, reference: &self.reference, behaviour: self.behaviour };
        let answer = |(on, rule): &(EnabledRule, Box<dyn Judge<M>>)| {
            let mut episodes = Vec::new();
            rule.judge(memory, &given, &mut episodes);
            Answer { info: on.info, episodes, next_deadline: rule.next_deadline(memory, &given) }
        };
        self.on.iter().filter(|(on, _)| asked(on.info)).map(answer).collect()
    }
    /// What a rule says of itself, whether it is on or off.
    pub fn known(&self, name: &str) -> Option<&'static RuleInfo> {
        self.all.iter().map(|kind| kind.info).find(|info| info.name == name)
    }
    /// The names of the rules that are on.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.on.iter().map(|(on, _)| on.info.name)
    }
}
