//! The rules of this engine, and the numbers of its incidents.

pub mod after_no_return;
pub mod hold_conditioning;

use crate::incident::{self, Incident, IncidentParameters};
use crate::input::Notice;
use crate::memory::AlertMemory;
use crate::stages;
use alloc::collections::BTreeMap;
use alloc::{boxed::Box, format};
use facts::behaviour::ACTION_FITS;
use facts::context::Custody;
use facts::{Finding, RuleEntry, Rulebook, RulebookError, ShortText, Template, rule};
use serde::Deserialize;

/// Every rule of this engine.
pub const ALL: &[RuleEntry<AlertMemory>] =
    &[rule::<hold_conditioning::HoldConditioning>(), rule::<after_no_return::AfterNoReturn>()];

/// What is in force.
pub struct AlertRules {
    /// The rules.
    pub rules: facts::Rules<AlertMemory>,
    /// What makes an incident urgent.
    pub incident: IncidentParameters,
    /// When an engine counts as silent.
    pub stages: stages::StageParameters,
    /// By rule what is to be done first once the goods were received, where that is something else than before.
    once_received: BTreeMap<&'static str, &'static str>,
    /// The engines of this release: what none of them judges any more is put away.
    pub(crate) engines: &'static [&'static str],
}

impl AlertRules {
    /// Reads the tables of the rules, of the incident and of the stages, in a release with these engines.
    pub fn read(
        book: &Rulebook,
        behaviour: u32,
        engines: &'static [&'static str],
    ) -> Result<Self, RulebookError> {
        let rules = facts::Rules::read(ALL, book, behaviour)?.speaking([incident::MESSAGES]);
        Ok(Self {
            rules,
            incident: table(book, "alerts/incident")?,
            stages: table(book, stages::SILENT.info.name)?,
            once_received: BTreeMap::new(),
            engines,
        })
    }

    /// With what the pages of all engines say is to be done once the goods were received. Up to behaviour 2 a card did not look at
    /// that.
    pub fn with_actions(
        mut self,
        once_received: impl Iterator<Item = (&'static str, &'static str)>,
    ) -> Self {
        if self.rules.behaviour >= ACTION_FITS {
            self.once_received = once_received.collect();
        }
        self
    }

    /// With the words of what all others say, too, as it is carried on.
    pub fn speaking(mut self, words: impl IntoIterator<Item = &'static [Template]>) -> Self {
        self.rules = self.rules.speaking(words);
        self
    }

    /// An incident as it is told.
    pub(crate) fn notice(&self, incident: &Incident) -> Notice {
        Notice::Incident(Box::new(incident.in_words(self.rules.templates())))
    }

    /// What is to be done first about a finding, as things stand now: what helped on the way helps nobody when the goods have come and it is
    /// over.
    pub(crate) fn action(&self, finding: &Finding, custody: &Custody) -> ShortText {
        let came = custody.received && custody.since.is_some_and(|since| finding.happened < since);
        let later = self.once_received.get(&*finding.name.rule);
        match later.filter(|_| came && finding.until.is_some()) {
            Some(later) => ShortText::new(later),
            None => finding.action.clone(),
        }
    }

    /// Hash of the rulebook.
    pub fn hash(&self) -> &ShortText {
        &self.rules.hash
    }
}

fn table<T: for<'de> Deserialize<'de>>(book: &Rulebook, name: &str) -> Result<T, RulebookError> {
    let wrong = |reason| RulebookError { table: format!("\"{name}\""), reason };
    let table = book.tables.get(name).ok_or_else(|| wrong("is missing".into()))?;
    T::deserialize(table).map_err(|e| wrong(format!("{e}")))
}
