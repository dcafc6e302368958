//! Names that look alike and are not the same: `SHP-OOO1` beside `SHP-0001`, a Cyrillic letter for a Latin one.
//!
//! Unicode's table of confusable characters (UTS 39) gives a text its skeleton; texts with one skeleton look alike. Two ids are near
//! twins if one of them, as it is written or in capitals, looks like the other, as it is written or in capitals.

use crate::hidden::number;
use alloc::{format, string::String, vec, vec::Vec};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_security::confusable_detection::skeleton;

/// How an id looks: as it is written, and in capitals where that is another look. Ids that have one of them in common are near twins.
pub fn looks(id: &str) -> Vec<String> {
    let written: String = skeleton(id).collect();
    let capitals = folded(id).to_uppercase();
    let capitals: String = skeleton(&capitals).collect();
    if written == capitals { vec![written] } else { vec![written, capitals] }
}

/// Whether two ids are near twins.
pub fn near_twins(a: &str, b: &str) -> bool {
    let looks_of_b = looks(b);
    a != b && looks(a).iter().any(|look| looks_of_b.contains(look))
}

/// So many differences are named.
const NAMED: usize = 5;

/// What the second of two near twins has where the first has something else: `O (U+004F) for 0 (U+0030)`; where they have not as many
/// characters each, what stands in one of them alone.
pub fn differences(a: &str, b: &str) -> String {
    let shown = |c: char| format!("{} ({})", c.escape_debug(), number(c));
    let mut named: Vec<String> = Vec::new();
    let mut name = |difference: String| {
        if named.len() < NAMED && !named.contains(&difference) {
            named.push(difference);
        }
    };
    if a.chars().count() == b.chars().count() {
        let differ = a.chars().zip(b.chars()).filter(|(a, b)| a != b);
        differ.for_each(|(a, b)| name(format!("{} for {}", shown(b), shown(a))));
    } else {
        let alone = a.chars().filter(|c| !b.contains(*c));
        let alone = alone.chain(b.chars().filter(|c| !a.contains(*c)));
        alone.for_each(|c| name(format!("{} in one alone", shown(c))));
    }
    named.join(", ")
}

/// Small letters, such that all that is the same without regard to case is the same text.
fn folded(text: &str) -> String {
    text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// A text as it is compared where people write names: without accents, case and blanks, and with letters for those that look like
/// them.
pub fn bare(text: &str) -> String {
    bare_look(&folded(&without_marks(text)))
}

/// The same, by how the text looks in capitals.
pub fn bare_capitals(text: &str) -> String {
    bare_look(&folded(&without_marks(text)).to_uppercase())
}

fn without_marks(text: &str) -> String {
    text.nfkd().filter(|c| !is_combining_mark(*c)).collect()
}

fn bare_look(text: &str) -> String {
    let look = skeleton(text).filter(|c| !is_combining_mark(*c) && !c.is_whitespace());
    folded(&look.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn near_twins_look_alike() {
        for (a, b) in [
            ("KLM", "klm"),
            ("SHP-0001", "SHP-OOO1"),
            ("SHP-0001", "shp-0001"),
            ("SHP-0001", "shp-ooo1"),
            ("SHP-1001", "SHP-l001"),
            ("SHP-1", "SHP-I"),
            ("SHP-0001", "\u{405}\u{41d}\u{420}-0001"),
            ("SHP-0001", "\u{455}hp-0001"),
            ("SHP-0001", "ＳＨＰ-0001"),
            ("SHP-0001", "SHP\u{2010}0001"),
            ("SHP-0001", "SHP-\u{fe0f}0001"),
        ] {
            assert!(near_twins(a, b) && near_twins(b, a), "{a} {b}");
        }
    }

    #[test]
    fn plain_neighbours_do_not() {
        for (a, b) in [
            ("KLM", "KLM"),
            ("SHP-0001", "SHP-0002"),
            ("SHP-1", "SHP1"),
            ("SHP-11", "SHP-1-1"),
            ("BOX-L", "BOX-1"),
            ("BOX-5", "BOX-S"),
            ("BOX-8", "BOX-B"),
            ("BAG-1", "BAG-1-A"),
        ] {
            assert!(!near_twins(a, b), "{a} {b}");
        }
    }

    #[test]
    fn differing_characters_are_named() {
        assert_eq!(differences("SHP-0001", "SHP-OOO1"), "O (U+004F) for 0 (U+0030)");
        assert_eq!(differences("A", "\u{410}"), "\u{410} (U+0410) for A (U+0041)");
        assert_eq!(differences("SHP-1", "SHP-\u{fe0f}1"), "\\u{fe0f} (U+FE0F) in one alone");
        assert_eq!(differences("abcdefgh", "ABCDEFGH").matches(" for ").count(), NAMED);
    }

    proptest! {
        #[test]
        fn case_alone_makes_near_twins(id in "[A-Za-zäöüßА-яΑ-ω0-9-]{1,12}") {
            let small = id.to_lowercase();
            prop_assert!(id == small || near_twins(&id, &small));
        }
        #[test]
        fn who_is_alike_is_so_both_ways(a in "[0O1lIs5-]{1,4}", b in "[0O1lIs5-]{1,4}") {
            prop_assert_eq!(near_twins(&a, &b), near_twins(&b, &a));
        }
    }
}
