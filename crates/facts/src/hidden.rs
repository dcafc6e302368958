//! Characters that nobody sees, and the one form in which an id is kept.
//!
//! What is pasted from a page or a spreadsheet brings along what is never drawn, and one name becomes two ids. So an id
//! from outside is cleaned once, where it comes in. What stands in a log already stays as it is.

use alloc::borrow::Cow;
use alloc::{format, string::String};
use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_normalization::UnicodeNormalization;

/// Whether nobody sees this character, or nobody can say what it shows: formats (Cf), separators of lines and paragraphs (Zl, Zp),
/// private use (Co), and what is not assigned (Cn).
pub fn is_hidden(c: char) -> bool {
    use GeneralCategory::{Format, LineSeparator, ParagraphSeparator, PrivateUse, Unassigned};
    let never = [Format, LineSeparator, ParagraphSeparator, PrivateUse, Unassigned];
    !c.is_ascii() && never.contains(&get_general_category(c))
}

/// An id without hidden characters, in Unicode's composed form (NFC). What is clean stays what it is.
pub fn clean(id: &str) -> Cow<'_, str> {
    if id.is_ascii() {
        return Cow::Borrowed(id);
    }
    let clean: String = id.chars().filter(|c| !is_hidden(*c)).nfc().collect();
    if clean == id { Cow::Borrowed(id) } else { Cow::Owned(clean) }
}

/// The hidden characters of a text, each once: `U+200B U+FEFF`. Empty where it has none.
pub fn hidden_in(text: &str) -> String {
    let mut named = String::new();
    for c in text.chars().filter(|c| is_hidden(*c)).map(number) {
        if !named.contains(&c) {
            named.push_str(if named.is_empty() { "" } else { " " });
            named.push_str(&c);
        }
    }
    named
}

/// A character by its number, `U+200B`.
pub fn number(c: char) -> String {
    format!("U+{:04X}", u32::from(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn one_name_is_one_id() {
        for (written, id) in [
            ("SHP-\u{200b}0001", "SHP-0001"),
            ("SHP-\u{202e}1000", "SHP-1000"),
            ("\u{feff}SHP-0001\u{ad}", "SHP-0001"),
            ("SHP\u{2028}-0001\u{2029}", "SHP-0001"),
            ("SHP-\u{e000}0001\u{fffe}\u{378}", "SHP-0001"),
            ("Ba\u{308}r", "Bär"),
            ("Bär", "Bär"),
            ("東京-1", "東京-1"),
            ("\u{200b}", ""),
        ] {
            assert_eq!(clean(written), id, "{written:?}");
        }
    }

    #[test]
    fn what_is_no_hidden_character_stays() {
        // Control characters and blanks are refused where an id is read, and not taken off.
        for id in ["a\u{7}b", "a b", "a\u{a0}b", "a\u{85}b"] {
            assert_eq!(clean(id), id, "{id:?}");
        }
    }

    #[test]
    fn hidden_characters_are_named_once_each() {
        assert_eq!(hidden_in("SHP-0001"), "");
        assert_eq!(hidden_in("a\u{200b}b\u{200b}\u{202e}"), "U+200B U+202E");
        assert_eq!(hidden_in("\u{e0041}"), "U+E0041");
    }

    proptest! {
        #[test]
        fn what_is_clean_stays_clean(text in any::<String>()) {
            let once = clean(&text).into_owned();
            prop_assert_eq!(&clean(&once), &once);
            prop_assert_eq!(hidden_in(&once), "");
        }
    }
}
