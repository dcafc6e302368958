//! Where somebody is in a list of several pages, and how to go on.

use crate::read_model::{Choice, ListPage};
use crate::words::url;

/// The part of a list that a page shows.
pub(crate) struct Turn {
    /// Which of them it shows, counted from one.
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) total: usize,
    /// Where the list begins.
    pub(crate) first: String,
    /// Where it goes on.
    pub(crate) next: Option<String>,
    /// The place behind which it begins, and that of its last one where others follow: what comes up between these
    /// belongs on it.
    pub(crate) after: String,
    pub(crate) last: String,
}

impl Turn {
    /// Of a page that began behind `after`; `here` is the list's address.
    pub(crate) fn new<T>(page: &ListPage<T>, after: String, here: &Address) -> Self {
        let last = page.next.as_ref().map(ToString::to_string);
        let next = last.as_ref().map(|last| here.with("after", last));
        Self {
            from: page.before + 1,
            to: page.before + page.items.len(),
            total: page.total,
            first: here.to_string(),
            next: next.map(|next| next.to_string()),
            after,
            last: last.unwrap_or_default(),
        }
    }

    /// Whether there is more than this page.
    pub(crate) fn is_part(&self) -> bool {
        self.from > 1 || self.next.is_some()
    }
}

/// The address of a list: everything that was chosen stands in it.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    path: &'static str,
    chosen: Vec<(&'static str, String)>,
}

impl Address {
    pub(crate) fn new(path: &'static str, of: &Choice) -> Self {
        let bare = Self { path, chosen: Vec::new() };
        let given = |text: &Option<String>| text.clone().unwrap_or_default();
        bare.with("search", &given(&of.search)).with("shipment", &given(&of.shipment))
    }

    /// The same with one thing more; what is empty is not chosen.
    pub(crate) fn with(&self, name: &'static str, value: &str) -> Self {
        let mut with = self.clone();
        with.chosen.retain(|(known, _)| *known != name);
        if !value.is_empty() {
            with.chosen.push((name, value.to_owned()));
        }
        with
    }
}

impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.path)?;
        for (n, (name, value)) in self.chosen.iter().enumerate() {
            write!(f, "{}{name}={}", if n == 0 { '?' } else { '&' }, url(value))?;
        }
        Ok(())
    }
}
