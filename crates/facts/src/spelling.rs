//! When two spellings are one name.
//!
//! One scanner writes `BAG-1`, the next one `bag-1`; a planner types `Border`, and the plan has `border`. Units,
//! waypoints and units of measure are the same thing then: they are trimmed when they are read, and compared
//! without regard to ASCII case. What was written is kept for display. Ids of parties, shipments, permits,
//! devices and orders are compared exactly, because a system behind them hands them out; a near twin of one
//! (see [`crate::alike`]) is told by dispatch. Persons are compared without regard to case, accents, blanks and letters that look alike.

use crate::alike;
use alloc::string::{String, ToString};
use compact_str::CompactString;
use core::{cmp::Ordering, fmt};
use serde::{Deserialize, Deserializer, Serialize};

/// A name that people write: a waypoint, a unit of measure. Blanks around it are no part of it, and capital and
/// small letters are the same.
#[derive(Debug, Clone, Default, Serialize)]
#[serde(transparent)]
pub struct Label(CompactString);

impl Label {
    /// Wraps a name.
    pub fn new(name: impl AsRef<str>) -> Self {
        Self(CompactString::new(name.as_ref().trim()))
    }
    /// Its letters, as they were written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
    /// Whether this text is another spelling of it, or the same one.
    pub fn is(&self, other: &str) -> bool {
        compare(&self.0, other.trim()) == Ordering::Equal
    }
}

impl fmt::Display for Label {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Label {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        crate::id::name(d).map(Self::new)
    }
}

impl AsRef<str> for crate::ShortText {
    fn as_ref(&self) -> &str {
        self
    }
}

#[cfg(test)]
impl schemars::JsonSchema for Label {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Label".into()
    }
    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string",
            "description": "Compared without regard to case; blanks around it are no part of it" })
    }
}

/// Compares a type that wraps its letters by what they are without regard to ASCII case. Equality, order and hash
/// agree with each other, so that it is one key of a map in every spelling.
macro_rules! compared_without_case {
    ($name:ident) => {
        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.as_str().eq_ignore_ascii_case(other.as_str())
            }
        }
        impl Eq for $name {}
        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<core::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }
        impl Ord for $name {
            fn cmp(&self, other: &Self) -> core::cmp::Ordering {
                $crate::spelling::compare(self.as_str(), other.as_str())
            }
        }
        impl core::hash::Hash for $name {
            fn hash<H: core::hash::Hasher>(&self, hasher: &mut H) {
                $crate::spelling::letters(self.as_str()).for_each(|byte| hasher.write_u8(byte));
                hasher.write_u8(0xff);
            }
        }
    };
}
pub(crate) use compared_without_case;
compared_without_case!(Label);

/// The bytes of a name with capital letters.
pub(crate) fn letters(name: &str) -> impl Iterator<Item = u8> + '_ {
    name.bytes().map(|byte| byte.to_ascii_uppercase())
}

/// Compares two names without regard to ASCII case.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    letters(a).cmp(letters(b))
}

/// The one spelling that stands for all spellings of a name: trimmed, with capital letters.
pub fn plain(name: &str) -> String {
    name.trim().to_ascii_uppercase()
}

/// Whether two texts name one person: `Renée Müller` and `renee  muller` do, and `Аnna` with a Cyrillic letter is `Anna`.
pub fn same_person(a: &str, b: &str) -> bool {
    alike::bare(a) == alike::bare(b)
}

/// The same as it was up to behaviour 2: of letters that look alike only those with accents are known.
pub fn same_person_up_to_2(a: &str, b: &str) -> bool {
    bare_letters(a) == bare_letters(b)
}

/// Letters with accents, behind the one that they are without.
const ACCENTED: &[(char, &str)] = &[
    ('a', "àáâãäåāăąǎ"),
    ('c', "çćĉċč"),
    ('d', "ďđð"),
    ('e', "èéêëēĕėęě"),
    ('g', "ĝğġģ"),
    ('h', "ĥħ"),
    ('i', "ìíîïĩīĭįı"),
    ('j', "ĵ"),
    ('k', "ķ"),
    ('l', "ĺļľŀł"),
    ('n', "ñńņň"),
    ('o', "òóôõöøōŏő"),
    ('r', "ŕŗř"),
    ('s', "śŝşšș"),
    ('t', "ţťŧț"),
    ('u', "ùúûüũūŭůűų"),
    ('w', "ŵ"),
    ('y', "ýÿŷ"),
    ('z', "źżž"),
];

/// Small letters without accents and blanks; an accent may also stand behind its letter as a character of its own.
fn bare_letters(name: &str) -> String {
    let stands_alone = |c: &char| ('\u{300}'..='\u{36f}').contains(c);
    let letters = name.chars().flat_map(char::to_lowercase);
    let bare = letters.filter(|c| !c.is_whitespace() && !stands_alone(c));
    bare.map(|c| match ACCENTED.iter().find(|(_, forms)| forms.contains(c)) {
        Some((letter, _)) => letter.to_string(),
        None if c == 'ß' => "ss".to_string(),
        None if c == 'æ' => "ae".to_string(),
        None if c == 'œ' => "oe".to_string(),
        None => c.to_string(),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::UnitId;
    use std::collections::BTreeMap;
    use std::hash::{DefaultHasher, Hash, Hasher};

    #[test]
    fn a_unit_is_one_key_in_every_spelling_and_is_shown_as_written() {
        let spellings = ["BAG-1", "bag-1", "Bag-1"].map(UnitId::new);
        let all: BTreeMap<&UnitId, usize> = spellings.iter().zip(0..).collect();
        assert_eq!(all.len(), 1);
        let hashes = spellings.each_ref().map(|unit| {
            let mut hasher = DefaultHasher::new();
            unit.hash(&mut hasher);
            hasher.finish()
        });
        assert_eq!(hashes, [hashes[0]; 3]);
        assert_eq!(spellings[1].to_string(), "bag-1");
        assert_eq!(spellings[1].plain(), "BAG-1");
        assert!(UnitId::new("BAG-1") < UnitId::new("bag-2"));
        assert!(UnitId::new("bag-1") < UnitId::new("BAG-2"));
        assert_ne!(UnitId::new("BAG-1"), UnitId::new("BAG1"));
    }

    #[test]
    fn names_are_trimmed_when_they_are_read_and_read_back_as_written() {
        let unit: UnitId = serde_json::from_str("\" bag-1\\t\"").unwrap();
        assert_eq!(serde_json::to_string(&unit).unwrap(), "\"bag-1\"");
        assert_eq!(" bag-1 ".parse::<UnitId>(), Ok(UnitId::new("BAG-1")));
        assert!(serde_json::from_str::<UnitId>("\"BAG 1\"").is_err(), "two words are no id");
        let label: Label = serde_json::from_str("\" Border control \"").unwrap();
        assert_eq!(serde_json::to_string(&label).unwrap(), "\"Border control\"");
        assert_eq!(label, Label::new("BORDER CONTROL"));
        assert!(label.is(" border Control") && !label.is("border"));
        assert!(serde_json::from_str::<Label>("\"a\\u0007b\"").is_err());
    }

    #[test]
    fn a_person_is_the_same_without_accents() {
        for (a, b) in [
            ("ANNA", "anna"),
            ("Renée Müller", "RENEE  MULLER"),
            ("Łukasz Świątek", "lukasz swiatek"),
            ("Jose\u{301}", "José"),
            ("Groß", "GROSS"),
            ("Ærø Bjørn", "aero bjorn"),
        ] {
            assert!(same_person(a, b) && same_person_up_to_2(a, b), "{a} {b}");
        }
        for (a, b) in [("ANNA", "ANNE"), ("CARL", "CARI"), ("Anna 1", "Anna 2")] {
            assert!(!same_person(a, b) && !same_person_up_to_2(a, b), "{a} {b}");
        }
    }

    #[test]
    fn a_person_is_the_same_in_letters_that_look_alike() {
        for (a, b) in [
            ("Anna", "\u{410}nna"),
            ("Anna", "ａｎｎａ"),
            ("Anna", " An\u{200b}na\t"),
            ("O. Berg", "0. Berg"),
        ] {
            assert!(same_person(a, b) && !same_person_up_to_2(a, b), "{a} {b}");
        }
    }
}
