//! How units are compared: one scanner writes small letters, another one a blank at the end.

use alloc::{collections::BTreeMap, string::String, vec::Vec};
use facts::{Argument, UnitId, say};

facts::messages! {
    "custody/unit":
    AND_MORE "and-more" = "{units} and {count} more";
}

/// A unit's id as it is compared.
pub(crate) fn compared(unit: &UnitId) -> String {
    unit.as_str().trim().to_ascii_lowercase()
}

/// Units by what they are compared by, as they were first written.
pub(crate) fn by_name<'a>(
    units: impl IntoIterator<Item = &'a UnitId>,
) -> BTreeMap<String, &'a UnitId> {
    let mut named = BTreeMap::new();
    for unit in units {
        named.entry(compared(unit)).or_insert(unit);
    }
    named
}

/// So many units are named in a sentence, the others are counted.
const MOST_NAMED: usize = 20;

/// Units for a sentence.
pub(crate) fn list<'a>(units: impl IntoIterator<Item = &'a UnitId>) -> Argument {
    let all: Vec<&UnitId> = units.into_iter().collect();
    match all.split_at_checked(MOST_NAMED) {
        Some((named, more)) if !more.is_empty() => {
            say!(AND_MORE, Argument::list(named.iter().copied()), more.len()).into()
        }
        _ => Argument::list(all),
    }
}
