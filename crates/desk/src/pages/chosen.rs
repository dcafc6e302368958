//! What is chosen of a list of incidents: how a form shows it, and the address in which it stands.

use super::turn::Address;
use crate::read_model::{Choice, Filter, STATES, Which};
use crate::words;
use facts::Severity;

/// What is chosen in the filter.
pub(crate) struct Chosen {
    /// Whether anything is.
    pub(crate) any: bool,
    /// Which priority and state, in words.
    pub(crate) narrow: String,
    pub(crate) states: Vec<(&'static str, &'static str, bool)>,
    pub(crate) priorities: Vec<(String, bool)>,
    pub(crate) search: String,
}

impl Chosen {
    pub(super) fn new(filter: &Filter) -> Self {
        let one = |which: Option<Which>| filter.state == which;
        let mut states = vec![("", "all that are not closed", one(None))];
        for (name, state) in NAMES.iter().zip(STATES) {
            states.push((name, words::state(state).0, one(Some(Which::Only(state)))));
        }
        states.push(("all", "all, closed ones too", one(Some(Which::All))));
        let all = [Severity::P1, Severity::P2, Severity::P3, Severity::P4];
        Self {
            any: any(filter),
            narrow: narrow(filter),
            states,
            priorities: all.map(|p| (p.to_string(), filter.priority == Some(p))).into(),
            search: filter.of.search.clone().or(filter.of.shipment.clone()).unwrap_or_default(),
        }
    }
}

/// Where a list with this filter is.
pub(super) fn address(filter: &Filter) -> Address {
    let state = match filter.state {
        Some(Which::All) => "all".into(),
        Some(Which::Only(state)) => state.to_string(),
        Some(Which::OpenBut(_)) | None => String::new(),
    };
    let priority = filter.priority.map_or(String::new(), |priority| priority.to_string());
    Address::new("/", &filter.of).with("priority", &priority).with("state", &state)
}

/// Whether anything is chosen by somebody who looks at the page.
fn any(filter: &Filter) -> bool {
    let of = Choice { named: None, ..filter.of.clone() };
    filter.state.is_some() || filter.priority.is_some() || of != Choice::default()
}

/// `P2 · over, unseen`.
fn narrow(filter: &Filter) -> String {
    let state = match filter.state {
        Some(Which::All) => Some("closed ones, too"),
        Some(Which::Only(state)) => Some(words::state(state).0),
        Some(Which::OpenBut(_)) | None => None,
    };
    let priority = filter.priority.map(|priority| priority.to_string());
    priority.into_iter().chain(state.map(str::to_owned)).collect::<Vec<_>>().join(" · ")
}

/// The names of `STATES`, as they stand in addresses.
pub(crate) const NAMES: [&str; 6] =
    ["active_unacked", "returned_unacked", "active_acked", "returned_acked", "closed", "withdrawn"];
