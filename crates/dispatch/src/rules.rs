//! The numbers of dispatch, as the rulebook sets them.

use alloc::{format, string::ToString};
use facts::behaviour::PUTS_AWAY;
use facts::{Rulebook, RulebookError, ShortText, Span};
use serde::Deserialize;

/// What is in force.
#[derive(Debug, Clone, PartialEq)]
pub struct DispatchRules {
    /// Hash of the rulebook.
    pub hash: ShortText,
    /// Behaviour number in force.
    pub behaviour: u32,
    /// The numbers.
    pub numbers: DispatchParameters,
}

/// The table `[dispatch]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DispatchParameters {
    /// How long readings are kept for an attachment that is learnt late, and a silence is stated.
    pub keep: Span,
    /// How long after `closed` a shipment is put away.
    pub put_away: Span,
    /// The same for a finished dose that has not been given.
    pub put_away_dose: Span,
    /// When what nobody has closed is put away. From the behaviour on that puts it away in all stages; not before.
    #[serde(default)]
    pub silent: Option<Silent>,
    /// When what is said of one subject is told together; from the same behaviour on.
    #[serde(default)]
    pub flood: Option<Flood>,
    /// After how many sending intervals a device is stated to be quiet.
    pub quiet_after: u32,
    /// How often that statement is repeated.
    pub quiet_again: Span,
    /// How far the clocks of reporters may be ahead of the log's before what they report is dated ahead.
    pub skew: Span,
    /// How long a correction may come before what it corrects.
    pub correction_waits: Span,
}

/// The table `[dispatch.silent]`: what of a shipment counts as silence.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Silent {
    /// How long after the last word of it, and the last moment that it was planned for, a shipment is put away.
    pub put_away: Span,
    /// How often a logger or a store says that it still measures.
    pub watched_again: Span,
}

/// The table `[dispatch.flood]`: what is said of a party or a permit without end.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flood {
    /// So many words are passed on at once, within the time below.
    pub at_once: u32,
    /// Further ones are passed on together when so much time has gone by.
    pub wait: Span,
    /// After so long it is told again that ids are used twice.
    pub told_again: Span,
}

impl DispatchRules {
    /// Reads the table `[dispatch]`.
    pub fn read(book: &Rulebook, behaviour: u32) -> Result<Self, RulebookError> {
        let wrong = |reason| RulebookError { table: "dispatch".to_string(), reason };
        let table = book.tables.get("dispatch").ok_or_else(|| wrong("is missing".to_string()))?;
        let mut numbers =
            DispatchParameters::deserialize(table).map_err(|e| wrong(format!("{e}")))?;
        let flood = numbers.flood.as_ref();
        let flood = flood.map_or([Span::days(1); 2], |all| [all.wait, all.told_again]);
        let silent = numbers.silent.as_ref();
        let silent = silent.map_or([Span::days(1); 2], |all| [all.put_away, all.watched_again]);
        let spans = [
            ("keep", numbers.keep),
            ("put_away", numbers.put_away),
            ("put_away_dose", numbers.put_away_dose),
            ("quiet_again", numbers.quiet_again),
            ("skew", numbers.skew),
            ("correction_waits", numbers.correction_waits),
            ("silent.put_away", silent[0]),
            ("silent.watched_again", silent[1]),
            ("flood.wait", flood[0]),
            ("flood.told_again", flood[1]),
        ];
        numbers.silent = numbers.silent.filter(|_| behaviour >= PUTS_AWAY);
        numbers.flood = numbers.flood.filter(|_| behaviour >= PUTS_AWAY);
        let zero = spans.iter().find(|(_, span)| *span <= Span::ZERO).map(|(name, _)| *name);
        let zero = zero.or((numbers.quiet_after == 0).then_some("quiet_after"));
        match zero {
            Some(name) => Err(wrong(format!("`{name}` must be more than nothing"))),
            None => Ok(Self { hash: book.hash.clone(), behaviour, numbers }),
        }
    }
}
