//! What others wrote, as it is shown on a page: it cannot turn round what stands beside it, and hides no letter.
//!
//! Names, notes and reports come from many hands. A letter that nobody sees makes two names look alike, and one that turns
//! the direction of writing makes a sentence say something else. So every such text stands by itself (`bdi`), and each
//! letter that cannot be seen is shown by its number. The interface for programs gives texts as they are.

use askama::FastWritable;
use facts::hidden;
use std::fmt;

/// A text that others wrote, or that holds one. A template that prints it prints it safely.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Foreign(String);

impl Foreign {
    pub(crate) fn new(text: impl ToString) -> Self {
        Self(text.to_string())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// As it is: for the value of an attribute, which is escaped and not shown.
    pub(crate) fn raw(&self) -> &str {
        &self.0
    }

    /// Where there is no place for markup: in a title.
    pub(crate) fn visible(&self) -> String {
        visible(&self.0)
    }
}

/// Whether a letter is not seen. A new line and a tab are blank space.
fn is_hidden(letter: char) -> bool {
    let steers = letter.is_control() && letter != '\n' && letter != '\t';
    steers || hidden::is_hidden(letter)
}

/// Its number, `⟨U+202E⟩`.
fn number(letter: char) -> String {
    format!("⟨{}⟩", hidden::number(letter))
}

/// A text in which every letter is seen.
pub(crate) fn visible(text: &str) -> String {
    let mut seen = String::new();
    for letter in text.chars() {
        match is_hidden(letter) {
            true => seen += &number(letter),
            false => seen.push(letter),
        }
    }
    seen
}

/// A letter inside of markup.
fn escaped(letter: char, out: &mut (impl fmt::Write + ?Sized)) -> fmt::Result {
    match letter {
        '&' | '<' | '>' | '"' | '\'' => write!(out, "&#{};", u32::from(letter)),
        other => out.write_char(other),
    }
}

/// The same inside of markup that takes none itself, as the texts of a picture.
pub(crate) fn markup(text: &str) -> String {
    let mut safe = String::new();
    for letter in visible(text).chars() {
        // Writing to a string cannot fail.
        let _ = escaped(letter, &mut safe);
    }
    safe
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<bdi>")?;
        for letter in self.0.chars() {
            match is_hidden(letter) {
                true => write!(f, "<span class=\"hidden-letter\">{}</span>", number(letter))?,
                false => escaped(letter, f)?,
            }
        }
        f.write_str("</bdi>")
    }
}

/// It escapes itself.
impl askama::filters::HtmlSafe for Foreign {}

impl FastWritable for Foreign {
    fn write_into(&self, out: &mut dyn fmt::Write, _: &dyn askama::Values) -> askama::Result<()> {
        Ok(write!(out, "{self}")?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_letter_is_seen_and_none_is_markup() {
        for (text, shown) in [
            ("VAN", "VAN"),
            ("<b>&\"'", "&#60;b&#62;&#38;&#34;&#39;"),
            ("Zoë κ 漢 7 °C", "Zoë κ 漢 7 °C"),
            ("a\tb\nc\u{a0}d", "a\tb\nc\u{a0}d"),
            ("x\u{202e}y", "x<span class=\"hidden-letter\">⟨U+202E⟩</span>y"),
            ("\u{7}", "<span class=\"hidden-letter\">⟨U+0007⟩</span>"),
            ("\u{e000}", "<span class=\"hidden-letter\">⟨U+E000⟩</span>"),
        ] {
            assert_eq!(Foreign::new(text).to_string(), format!("<bdi>{shown}</bdi>"));
        }
        // Zero width, soft hyphen, separators, tags, one that is not assigned.
        for hidden in
            "\u{200b}\u{200d}\u{2066}\u{feff}\u{ad}\u{2028}\u{2029}\u{e0041}\u{378}".chars()
        {
            let text = format!("VAN{hidden}");
            assert_eq!(visible(&text), format!("VAN⟨U+{:04X}⟩", u32::from(hidden)));
            assert_eq!(Foreign::new(&text).raw(), text, "as it is");
        }
        assert_eq!(markup("</title>\u{202e}"), "&#60;/title&#62;⟨U+202E⟩");
    }
}
