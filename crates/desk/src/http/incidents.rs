//! `GET /v1/incidents`, and the choice of incidents that the page takes, too.

use super::answer::{Problem, tagged};
use super::sought::{Sought, given, query};
use super::state::SharedState;
use crate::pages::NAMES;
use crate::read_model::{Choice, Filter, STATES, Which};
use crate::refusal::Refusal;
use crate::view::{IncidentView, Incidents, SilenceView, TrustView};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use facts::Severity;
use serde::Deserialize;
use utoipa::IntoParams;

/// Which incidents.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Asked {
    /// Only incidents in this state: `active_unacked`, `active_acked`, `returned_unacked`, `returned_acked`, `closed`,
    /// `withdrawn`, `open` (all that have not ended; so without it, too) or `all`.
    pub(crate) state: Option<String>,
    /// Only incidents of this priority: `P1`, `P2`, `P3` or `P4`.
    pub(crate) priority: Option<String>,
    /// A part of the shipment's name, in any case of its letters.
    pub(crate) shipment: Option<String>,
}

impl Asked {
    pub(crate) fn filter(&self, sought: &Sought) -> Result<Filter, Refusal> {
        let state = match given(&self.state).as_deref() {
            None | Some("open") => None,
            Some("all") => Some(Which::All),
            Some(name) => {
                let known = NAMES.iter().zip(STATES).find(|(known, _)| **known == name);
                let wrong = || {
                    Refusal::Malformed(format!(
                        "`{name}` is no state: take one of {}, open, all",
                        NAMES.join(", ")
                    ))
                };
                Some(Which::Only(known.ok_or_else(wrong)?.1))
            }
        };
        let priority = match given(&self.priority).as_deref() {
            None => None,
            Some("P1") => Some(Severity::P1),
            Some("P2") => Some(Severity::P2),
            Some("P3") => Some(Severity::P3),
            Some("P4") => Some(Severity::P4),
            Some(other) => {
                return Err(Refusal::Malformed(format!(
                    "`{other}` is no priority: take one of P1, P2, P3, P4"
                )));
            }
        };
        let of = Choice { shipment: given(&self.shipment), ..sought.choice()? };
        Ok(Filter { state, priority, of })
    }
}

/// A page of the incidents that are asked for, the most urgent first.
///
/// While others come and go none is left out or given twice; one that itself becomes more or less urgent meanwhile may
/// cross from a page that is still to come to one that was read, or back: the feed tells of each that changes. The entity tag covers items, counts and how each stage stands, not ages: an answer 304 says that these are the same.
#[utoipa::path(get, path = "/v1/incidents", tag = "incidents", params(Sought, Asked),
    responses(
        (status = 200, description = "The list. Where `trust.current` is false, an empty list does not mean that all is well", body = Incidents, headers(("etag" = String, description = "The tag to send as `If-None-Match`, so that the same answer is not sent again"))),
        (status = 304, description = "Nothing has changed since the tag that was sent"),
        (status = 400, description = "The filter or the place to go on from cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The board cannot be shown", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn incidents(
    State(state): State<SharedState>,
    asked: Result<Query<Asked>, QueryRejection>,
    sought: Result<Query<Sought>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let sought = query(sought)?;
    let (filter, after) = (query(asked)?.filter(&sought)?, sought.after()?);
    let (now, board) = (state.now(), state.board()?);
    let trust = TrustView::new(&board, &state.trust(&board, now));
    let page = board.page(&filter, after.as_ref());
    let items = page.items.into_iter();
    let list = Incidents {
        as_of: trust.as_of,
        made_at: now,
        counts: board.counts().into(),
        total: page.total,
        items: items.map(|(_, (i, d))| IncidentView::new(&board, i, d)).collect(),
        next: page.next.map(|place| place.to_string()),
        stages: board.silences().into_iter().map(SilenceView::from).collect(),
        trust,
    };
    drop(board);
    let of_page = (&list.items, list.total, &list.next);
    let same = (of_page, &list.stages, &list.counts, list.trust.standings());
    let same = serde_json::to_string(&same).unwrap_or_default();
    Ok(tagged(&headers, &same, &list))
}
