//! What a rule says of itself, as data beside it: its name and code, what its findings do beside being told, which facts it
//! hears. Nobody asks for the letters of a code, and nobody but the rule's own file knows its name.

use crate::action;
use crate::fact::FactKind;
use crate::finding::{Finding, Name, Precedence, Severity, State, Verdict};
use crate::id::{ShipmentId, ShortText};
use crate::message::{Message, Template, Templates};
use crate::moment::{Moment, Span};
use alloc::vec::Vec;

/// What everybody but its engine must know of a rule.
#[derive(Debug, Clone, Copy)]
pub struct RuleInfo {
    /// Its one name, `custody/late-handover`.
    pub name: &'static str,
    /// Its code in the catalogue, `CUS-02`.
    pub code: &'static str,
    /// Which part of the catalogue it belongs to.
    pub family: Family,
    /// What its findings do beside being told.
    pub effects: Effects,
    /// Which facts can change what it holds true.
    pub hears: Hears,
    /// The words of all that it says: its own, and those that it shares with other rules.
    pub messages: &'static [&'static [Template]],
    /// The text of the page that lies beside the rule: what to do, its numbers, its scenarios.
    pub page: &'static str,
}

impl RuleInfo {
    /// The first numbered line under *What to do* on its page.
    pub fn first_action(&self) -> &'static str {
        action::first(self.page)
    }
}

/// A part of the catalogue: what the rules of it are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// Who holds the goods.
    Custody,
    /// Whether they are the right goods for this patient.
    Identity,
    /// How warm the goods are or were.
    Thermal,
    /// How well that is known: loggers and their records.
    Data,
    /// What the papers allow.
    Permits,
    /// When things are to happen, and where the patient stands.
    Schedule,
    /// The record itself: reports that contradict or cannot be used, stages that are silent.
    System,
}

/// What the findings of a rule do beside being told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effects {
    /// From which severity on a finding compromises the goods; `None` if it never does.
    pub compromises: Option<Severity>,
    /// Whether people must read its findings before others that are as bad.
    pub precedence: Precedence,
    /// What a page shows of a finding beside its sentence.
    pub shows: Shows,
    /// Whom a finding speaks of.
    pub concerns: Concerns,
}

impl Effects {
    /// Told, and nothing else. That is all that is known, too, of a rule which this release does not have.
    pub const NONE: Self = Self {
        compromises: None,
        precedence: Precedence::Ordinary,
        shows: Shows::Sentence,
        concerns: Concerns::Shipment,
    };
}

/// What a page shows of a finding beside its sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shows {
    /// Nothing but the sentence itself.
    Sentence,
    /// An excursion on the temperature chart, from its onset to its end.
    Excursion,
    /// A probe from which nothing comes: the one that it is about.
    SilentProbe,
    /// In the chain of hands, that nobody held the goods for too long.
    NoHolder,
}

/// Whom a finding speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Concerns {
    /// The shipment that it names.
    Shipment,
    /// A stage of the log, and so no shipment more than another. Its incidents are kept apart from those of shipments.
    Log,
}

/// Which facts can change what a rule holds true, or when it must be asked again. Any other fact leaves both as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hears {
    /// Facts of these kinds, in groups that may overlap.
    Only(&'static [&'static [FactKind]]),
    /// What the engines say of the shipment, and no fact.
    Engines,
    /// Nothing: no rule judges, a stage states it when it happens.
    Nothing,
}

impl Hears {
    /// Whether a fact of this kind may change anything.
    pub fn hears(self, kind: FactKind) -> bool {
        match self {
            Self::Only(groups) => groups.iter().any(|group| group.contains(&kind)),
            Self::Engines | Self::Nothing => false,
        }
    }
}

/// What a stage finds by itself, without a rule that judges.
#[derive(Debug, Clone, Copy)]
pub struct SystemFinding {
    /// What it says of itself, as a rule does.
    pub info: RuleInfo,
    /// How bad it is, always.
    pub severity: Severity,
}

impl SystemFinding {
    /// One that speaks of a shipment.
    pub const fn new(
        name: &'static str,
        code: &'static str,
        severity: Severity,
        messages: &'static [&'static [Template]],
        page: &'static str,
    ) -> Self {
        let (family, effects, hears) = (Family::System, Effects::NONE, Hears::Nothing);
        Self { info: RuleInfo { name, code, family, effects, hears, messages, page }, severity }
    }

    /// The same, of a stage of the log.
    pub const fn of_the_log(mut self) -> Self {
        self.info.effects.concerns = Concerns::Log;
        self
    }

    /// That it is so from now on: nobody can tell what is true, and time alone never clears it. Where it was found, and under
    /// which rulebook and behaviour, is for the stage to add.
    pub fn raised(
        &self,
        shipment: ShipmentId,
        about: &str,
        now: Moment,
        message: Message,
    ) -> Finding {
        let (rule, about) = (ShortText::new(self.info.name), ShortText::new(about));
        let sentence = Templates(self.info.messages).render(&message);
        Finding {
            name: Name { rule, about, offset: 0, index: 0 },
            code: ShortText::new(self.info.code),
            shipment,
            state: State::Raised,
            severity: self.severity,
            verdict: Verdict::Unknown,
            latched: true,
            happened: now,
            until: None,
            learnt: now,
            message,
            sentence,
            evidence: Vec::new(),
            unknown: Span::ZERO,
            deadline: None,
            figures: None,
            compromises: false,
            precedence: self.info.effects.precedence,
            action: ShortText::new(self.info.first_action()),
            rulebook: ShortText::default(),
            behaviour: 0,
        }
    }
}

/// What a release knows: its engines, their rules, and what its stages find by themselves; rules are looked up by the name that
/// a finding bears.
#[derive(Debug, Clone, Copy, Default)]
pub struct Registry {
    engines: &'static [&'static str],
    rules: &'static [&'static RuleInfo],
}

impl Registry {
    /// A registry of these engines, by name, and these descriptions; each name stands once in it.
    pub const fn new(
        engines: &'static [&'static str],
        rules: &'static [&'static RuleInfo],
    ) -> Self {
        Self { engines, rules }
    }
    /// The names of the engines, in the order in which they are asked.
    pub fn engines(self) -> &'static [&'static str] {
        self.engines
    }
    /// The description of every rule, and of all that stages find by themselves.
    pub fn all(self) -> &'static [&'static RuleInfo] {
        self.rules
    }
    /// The words of all that can be found.
    pub fn words(self) -> impl Iterator<Item = &'static [Template]> {
        self.rules.iter().flat_map(|info| info.messages).copied()
    }
    /// What a rule says of itself; `None` for one that only another release has.
    pub fn find(self, rule: &str) -> Option<&'static RuleInfo> {
        self.rules.iter().copied().find(|info| info.name == rule)
    }
    /// What the findings of a rule do. What one does that only another release has is not guessed from its name or code: its
    /// finding is told as it stands, with its severity and first action, and is shown nowhere else.
    pub fn effects(self, rule: &str) -> Effects {
        self.find(rule).map_or(Effects::NONE, |info| info.effects)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WARM: RuleInfo = RuleInfo {
        name: "thermal/too-warm",
        code: "THM-01",
        family: Family::Thermal,
        effects: Effects { shows: Shows::Excursion, ..Effects::NONE },
        messages: &[],
        hears: Hears::Only(&[&[FactKind::Reading, FactKind::Withdrawn], &[FactKind::Planned]]),
        page: "# x\n\n## What to do\n\n1. Look at it\n",
    };

    #[test]
    fn a_rule_hears_the_kinds_of_its_groups_and_no_other() {
        let heard: Vec<FactKind> =
            FactKind::ALL.iter().copied().filter(|kind| WARM.hears.hears(*kind)).collect();
        assert_eq!(heard, [FactKind::Planned, FactKind::Reading, FactKind::Withdrawn]);
        assert!(
            !Hears::Engines.hears(FactKind::Reading) && !Hears::Nothing.hears(FactKind::Reading)
        );
    }

    #[test]
    fn nothing_is_guessed_of_a_rule_that_another_release_has() {
        static ALL: [&RuleInfo; 1] = [&WARM];
        let registry = Registry::new(&["thermal"], &ALL);
        assert_eq!(registry.effects("thermal/too-warm").shows, Shows::Excursion);
        assert_eq!(registry.effects("thermal/too-warm-again"), Effects::NONE);
        assert_eq!(
            registry.find("thermal/too-warm").map(RuleInfo::first_action),
            Some("Look at it")
        );
        assert!(registry.find("thermal/too").is_none());
    }
}
