//! What a list is asked for, whether of incidents or of shipments: which ones, and from which place on.

use crate::read_model::{Choice, ListPosition};
use crate::refusal::Refusal;
use axum::extract::Query;
use axum::extract::rejection::QueryRejection;
use serde::Deserialize;
use utoipa::IntoParams;

/// More shipments than these are not asked for by their names at once.
const MOST_NAMED: usize = 100;
/// No name is as long as this.
const LONGEST_SEARCH: usize = 128;

/// Which shipments, and from which place on.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Sought {
    /// A part of the name of the shipment, or of its order, a unit, a device, a permit, a party (its name for people,
    /// too), its shipper or its air waybill, in any case of its letters; up to 128 of them.
    pub(crate) search: Option<String>,
    /// Only of these shipments, by their whole names with blanks between them; up to 100.
    pub(crate) of: Option<String>,
    /// The place to go on from: `next` of the page before.
    pub(crate) after: Option<String>,
}

impl Sought {
    pub(crate) fn choice(&self) -> Result<Choice, Refusal> {
        // What was pasted may bring along what nobody sees.
        let search =
            given(&self.search).map(|word| facts::hidden::clean(word.trim()).trim().to_owned());
        let letters = search.as_ref().map_or(0, |word| word.chars().count());
        if letters > LONGEST_SEARCH {
            return Err(Refusal::Malformed(format!(
                "`search` has up to {LONGEST_SEARCH} letters; this one has {letters}"
            )));
        }
        let names = self.of.as_ref().map(|names| names.split_whitespace());
        let named = names.map(|names| names.map(super::shipments::named).collect());
        let named: Option<std::collections::BTreeSet<_>> = named.transpose()?;
        if named.as_ref().is_some_and(|named| named.len() > MOST_NAMED) {
            return Err(Refusal::Malformed(format!("`of` names up to {MOST_NAMED} shipments")));
        }
        Ok(Choice { search: search.filter(|word| !word.is_empty()), named, shipment: None })
    }

    pub(crate) fn after(&self) -> Result<Option<ListPosition>, Refusal> {
        let wrong = |text: &str| {
            Refusal::Malformed(format!(
                "`{text}` is no place of a list: begin with the first page, which needs no `after`"
            ))
        };
        let read = |text: String| text.parse().map_err(|()| wrong(&text));
        given(&self.after).map(read).transpose()
    }
}

/// What a form sends of a field that nobody filled in is not given.
pub(super) fn given(text: &Option<String>) -> Option<String> {
    text.clone().filter(|text| !text.is_empty())
}

/// What cannot be read of a query.
pub(super) fn query<T>(asked: Result<Query<T>, QueryRejection>) -> Result<T, Refusal> {
    asked.map(|Query(asked)| asked).map_err(|wrong| Refusal::Malformed(wrong.body_text()))
}
