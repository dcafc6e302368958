//! What a page says is to be done, line by line, and until when each line fits.
//!
//! ```text
//! 1. Have the dewar looked at where it is (until received)
//! 2. Tell quality the minutes above each step
//! ```
//!
//! The words behind `until` are a closed list; a page that has others does not read.

use alloc::{format, string::String, vec::Vec};

/// One line under *What to do*.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Action {
    /// What to do.
    pub text: &'static str,
    /// When it no longer fits; `None`: always.
    pub until: Option<Until>,
}

/// When an action no longer fits, and the next one follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// The consignee has received the goods since it began, and what is told of is over.
    Received,
}

/// The words and what they mean.
const WORDS: [(&str, Until); 1] = [("received", Until::Received)];

/// The actions of a page, in its order.
///
/// # Errors
///
/// A word behind `until` is not in the list, or no action follows the one that ends.
pub fn actions(page: &'static str) -> Result<Vec<Action>, String> {
    let section = page.split("## What to do").nth(1).unwrap_or_default();
    let section = section.split("\n## ").next().unwrap_or_default();
    let numbered = |line: &&str| line.starts_with(|c: char| c.is_ascii_digit());
    let lines = section.lines().filter(numbered).filter_map(|line| Some(line.split_once(". ")?.1));
    let all: Vec<Action> = lines.map(action).collect::<Result<_, _>>()?;
    match all.last() {
        Some(Action { text, until: Some(_) }) => {
            Err(format!("`{text}` ends at some time, and no action follows it"))
        }
        _ => Ok(all),
    }
}

fn action(line: &'static str) -> Result<Action, String> {
    let marked = line.strip_suffix(')').and_then(|line| line.rsplit_once(" (until "));
    let Some((text, word)) = marked else { return Ok(Action { text: line, until: None }) };
    match WORDS.iter().find(|(known, _)| *known == word) {
        Some((_, until)) => Ok(Action { text, until: Some(*until) }),
        None => Err(format!("`{line}`: nobody knows until when `{word}` is")),
    }
}

/// The first action of a page.
pub fn first(page: &'static str) -> &'static str {
    let all = actions(page).unwrap_or_default();
    all.first().map_or("", |action| action.text)
}

/// What is to be done first once the goods were received and it is over, where that is something else than before.
pub fn once_received(page: &'static str) -> Option<&'static str> {
    let all = actions(page).unwrap_or_default();
    let _ends = all.first()?.until?;
    all.iter().find(|action| action.until.is_none()).map(|action| action.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# x\n\n## What to do\n\n1. Look at it (until received)\n2. Tell quality (on call)\n\n## When it climbs\n\n1. no action\n";

    #[test]
    fn an_action_ends_and_the_next_one_follows() {
        let look = Action { text: "Look at it", until: Some(Until::Received) };
        let tell = Action { text: "Tell quality (on call)", until: None };
        assert_eq!(actions(PAGE), Ok([look, tell].into()));
        assert_eq!(
            (first(PAGE), once_received(PAGE)),
            ("Look at it", Some("Tell quality (on call)"))
        );
        let always = "## What to do\n\n1. Ring them\n2. Tell quality\n";
        assert_eq!((first(always), once_received(always)), ("Ring them", None));
    }

    #[test]
    fn a_page_with_another_word_or_without_a_next_action_does_not_read() {
        let word = actions("## What to do\n\n1. Look at it (until recieved)\n2. Tell\n");
        assert_eq!(
            word,
            Err("`Look at it (until recieved)`: nobody knows until when `recieved` is".into())
        );
        let last = actions("## What to do\n\n1. Look at it (until received)\n");
        assert_eq!(last, Err("`Look at it` ends at some time, and no action follows it".into()));
    }
}
