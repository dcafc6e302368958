//! What came of one act over several incidents: what was refused first, as there something is left to do.

use super::{Frame, href};
use crate::words::{Foreign, url};
use askama::Template;

/// The page.
#[derive(Template)]
#[template(path = "acts.html")]
pub(crate) struct Acts {
    frame: Frame,
    heading: String,
    mood: &'static str,
    refused: Vec<Outcome>,
    done: Vec<Outcome>,
    /// What they are: `taken`, `closed`, `noted on`.
    word: &'static str,
    back: String,
}

/// What came of it for one incident.
pub(crate) struct Outcome {
    pub(crate) id: Foreign,
    pub(crate) href: String,
    /// Whether the board shows it.
    pub(crate) shown: bool,
    pub(crate) why: Option<Foreign>,
}

impl Outcome {
    /// The log has it.
    pub(crate) fn done(id: String, shown: bool) -> Self {
        Self { href: Self::at(&id), id: Foreign::new(id), shown, why: None }
    }

    /// It was refused, and why.
    pub(crate) fn refused(id: String, why: String) -> Self {
        Self {
            href: Self::at(&id),
            id: Foreign::new(id),
            shown: false,
            why: Some(Foreign::new(why)),
        }
    }

    /// Where its card is.
    fn at(id: &str) -> String {
        let shipment = id.rsplit_once('.').map_or(id, |(shipment, _)| shipment);
        format!("{}#i-{}", href(shipment), url(id))
    }
}

impl Acts {
    pub(crate) fn new(frame: Frame, act: &str, came: Vec<Outcome>, back: Option<&str>) -> Self {
        let word = match act {
            "close" => "closed",
            "note" => "noted on",
            _ => "taken",
        };
        let (done, refused): (Vec<_>, Vec<_>) = came.into_iter().partition(|one| one.why.is_none());
        let (heading, mood) = match (done.len(), refused.len()) {
            (n, 0) => (format!("{n} {word}"), "calm"),
            (0, n) => (format!("None is {word}: {n} refused"), "warn"),
            (n, m) => (format!("{n} {word}, {m} refused"), "warn"),
        };
        // It leads to a list of this desk, and to nothing else.
        let back = back.filter(|back| back.starts_with("/?")).unwrap_or("/").to_owned();
        Self { frame, heading, mood, refused, done, word, back }
    }
}
