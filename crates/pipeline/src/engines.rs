//! The rule engines of this release. Whoever runs, watches, counts or lists engines goes by this list, and none is named
//! anywhere else: another one costs its crate, its line here, and what deploys its service.

use crate::stage::{EnginePartition, EngineStage, Unusable};
use crate::stage_configs;
use custody::CustodyEngine;
use facts::{About, RuleEngine, RuleInfo, Rulebook, RulebookError};
use fold::Release;
use permits::PermitsEngine;
use schedule::ScheduleEngine;
use std::cmp::Ordering;
use std::fmt;
use std::sync::LazyLock;
use thermal::ThermalEngine;

/// Makes the list, and the way to go through it by type.
macro_rules! engines {
    ($($engine:ty),* $(,)?) => {
        /// Every rule engine, in the order in which they are asked about a record of the journal.
        pub static ENGINES: &[EngineSpec] = &[$(EngineSpec::of::<$engine>()),*];

        /// Does something for each engine, in that order, where what is done needs its type.
        pub fn for_each(work: &mut impl ForEngine) {
            $(work.engine::<$engine>();)*
        }
    };
}

engines![CustodyEngine, ThermalEngine, PermitsEngine, ScheduleEngine];

/// What [`for_each`] does for each engine.
pub trait ForEngine {
    /// Does it for this one.
    fn engine<E: RuleEngine + 'static>(&mut self);
}

static NAMES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| ENGINES.iter().map(|engine| engine.name).collect());

/// The names of all of them.
pub fn names() -> &'static [&'static str] {
    &NAMES
}

type Resume = fn(Release, u16, &[u8]) -> Result<Box<dyn EnginePartition>, Unusable>;

/// One engine, whatever its rules look at.
pub struct EngineSpec {
    /// Its name, by which its service and its group go.
    pub name: &'static str,
    /// What it judges, in a few words.
    pub judges: &'static str,
    /// The tables of its rules in the rulebook that comes with this release, as TOML.
    pub rulebook: &'static str,
    /// The version of what is kept of a shipment.
    pub schema: u32,
    rules: fn() -> Vec<&'static RuleInfo>,
    check: fn(&Rulebook, u32) -> Result<(), RulebookError>,
    begin: fn(Release, u16) -> Box<dyn EnginePartition>,
    resume: Resume,
}

impl EngineSpec {
    const fn of<E: RuleEngine + 'static>() -> Self {
        let About { name, judges, rulebook, schema, .. } = E::ABOUT;
        Self {
            name,
            judges,
            rulebook,
            schema,
            rules: || E::ABOUT.rules.iter().map(|kind| kind.info).collect(),
            check: |book, behaviour| {
                (stage_configs::engine::<E>().rules)(book, behaviour).map(drop)
            },
            begin: |release, number| {
                Box::new(EngineStage::new(stage_configs::engine_of::<E>(release), number))
            },
            resume: |release, number, image| {
                let stage =
                    EngineStage::resume(stage_configs::engine_of::<E>(release), number, image)?;
                Ok(Box::new(stage))
            },
        }
    }

    /// What its rules say of themselves, in the order in which they are asked.
    pub fn rules(&self) -> Vec<&'static RuleInfo> {
        (self.rules)()
    }

    /// Whether its rules can be read out of a rulebook.
    ///
    /// # Errors
    ///
    /// The first table that cannot be read, and why.
    pub fn check(&self, book: &Rulebook, behaviour: u32) -> Result<(), RulebookError> {
        (self.check)(book, behaviour)
    }

    /// The beginning of a partition, as a release has it.
    pub fn begin(&self, release: Release, number: u16) -> Box<dyn EnginePartition> {
        (self.begin)(release, number)
    }

    /// A partition that goes on where an image was taken, as a release has it.
    ///
    /// # Errors
    ///
    /// What is wrong with the image.
    pub fn resume(
        &self,
        release: Release,
        number: u16,
        image: &[u8],
    ) -> Result<Box<dyn EnginePartition>, Unusable> {
        (self.resume)(release, number, image)
    }
}

impl fmt::Debug for EngineSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

// An engine is its name, and engines stand in the order of the list.
impl PartialEq for EngineSpec {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for EngineSpec {}

impl PartialOrd for EngineSpec {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for EngineSpec {
    fn cmp(&self, other: &Self) -> Ordering {
        let place = |engine: &Self| ENGINES.iter().position(|known| known == engine);
        place(self).cmp(&place(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_engine_has_a_name_of_its_own_and_its_rules_begin_with_it() {
        for (n, engine) in ENGINES.iter().enumerate() {
            assert!(!names()[..n].contains(&engine.name), "{} stands twice", engine.name);
            assert!(!engine.rules().is_empty(), "{} has no rule", engine.name);
            for rule in engine.rules() {
                let family = rule.name.split('/').next();
                assert_eq!(family, Some(engine.name), "{}", rule.name);
            }
        }
    }
}
