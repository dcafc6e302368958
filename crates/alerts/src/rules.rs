//! The rules of this engine, and the numbers of its incidents.

pub mod after_no_return;
pub mod hold_conditioning;

use crate::incident::Numbers;
use crate::memory::Memory;
use crate::stages;
use alloc::format;
use facts::{Book, BookError, Kind, Text, rule};
use serde::Deserialize;

/// Every rule of this engine.
pub const ALL: &[Kind<Memory>] =
    &[rule::<hold_conditioning::HoldConditioning>(), rule::<after_no_return::AfterNoReturn>()];

/// What is in force.
pub struct Rules {
    /// The rules.
    pub rules: facts::Rules<Memory>,
    /// What makes an incident urgent.
    pub incident: Numbers,
    /// When an engine counts as silent.
    pub stages: stages::Numbers,
}

impl Rules {
    /// Reads the tables of the rules, of the incident and of the stages.
    pub fn read(book: &Book, behaviour: u32) -> Result<Self, BookError> {
        let rules = facts::Rules::read(ALL, book, behaviour)?;
        Ok(Self {
            rules,
            incident: table(book, "alerts/incident")?,
            stages: table(book, "system/stage-silent")?,
        })
    }
    /// Hash of the rulebook.
    pub fn hash(&self) -> &Text {
        &self.rules.hash
    }
}

fn table<T: for<'de> Deserialize<'de>>(book: &Book, name: &str) -> Result<T, BookError> {
    let wrong = |reason| BookError { table: format!("\"{name}\""), reason };
    let table = book.tables.get(name).ok_or_else(|| wrong("is missing".into()))?;
    T::deserialize(table).map_err(|e| wrong(format!("{e}")))
}
