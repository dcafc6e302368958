//! `GET /v1/shipments` and `GET /v1/shipments/{id}`.

use super::answer::{Problem, tagged};
use super::sought::{Sought, query};
use super::state::SharedState;
use crate::read_model::{Gone, ListPosition, ReadModel, ShipmentRecord};
use crate::refusal::Refusal;
use crate::view::{ShipmentRow, ShipmentView, Shipments, TrustView};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use facts::fact::log::WhyPutAway;
use facts::{ShipmentId, hidden};

/// A page of the live shipments, in short, the worst first.
///
/// It is turned as that of incidents is: while others come and go none is left out or given twice.
#[utoipa::path(get, path = "/v1/shipments", tag = "shipments", params(Sought),
    responses(
        (status = 200, description = "The list. Where `trust.current` is false, an empty list does not mean that there is none", body = Shipments, headers(("etag" = String, description = "The tag to send as `If-None-Match`, so that the same answer is not sent again"))),
        (status = 304, description = "Nothing has changed since the tag that was sent"),
        (status = 400, description = "The search or the place to go on from cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The board cannot be shown", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn shipments(
    State(state): State<SharedState>,
    sought: Result<Query<Sought>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let sought = query(sought)?;
    let (of, after) = (sought.choice()?, sought.after()?);
    let (now, board) = (state.now(), state.board()?);
    let trust = TrustView::new(&board, &state.trust(&board, now));
    let page = board.live(&of, trust.current, after.as_ref());
    let row = |(place, d): &(ListPosition, &ShipmentRecord)| {
        ShipmentRow::new(&place.shipment, d, trust.current)
    };
    let items = page.items.iter().map(row).collect();
    let next = page.next.map(|place| place.to_string());
    let as_of = trust.as_of;
    let list = Shipments { as_of, made_at: now, total: page.total, items, next, trust };
    drop(board);
    let of_page = (&list.items, list.total, &list.next);
    let same = serde_json::to_string(&(of_page, list.trust.standings())).unwrap_or_default();
    Ok(tagged(&headers, &same, &list))
}

/// Everything that is known of one shipment.
#[utoipa::path(get, path = "/v1/shipments/{id}", tag = "shipments",
    params(("id" = String, Path, description = "The shipment, by its id")),
    responses(
        (status = 200, description = "All that is known of the shipment", body = ShipmentView, headers(("etag" = String, description = "The tag to send as `If-None-Match`, so that the same answer is not sent again"))),
        (status = 304, description = "Nothing has changed since the tag that was sent"),
        (status = 400, description = "That is no name of a shipment", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "Nothing is known of that shipment", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The board cannot be shown", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn shipment(
    State(state): State<SharedState>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let id = named(&id)?;
    let (now, board) = (state.now(), state.board()?);
    let trust = TrustView::new(&board, &state.trust(&board, now));
    let standings = trust.standings();
    let id = meant(&board, id);
    let record = board.shipment(&id).ok_or_else(|| unknown(&board, &id))?;
    let mut view = ShipmentView::new(&board, &id, record, trust);
    drop(board);
    // The tag leaves out how old things are.
    let (as_of, trust) = (view.as_of.take(), view.trust.clone());
    (view.trust.as_of, view.trust.stages) = (None, Vec::new());
    let same = serde_json::to_string(&(&view, standings)).unwrap_or_default();
    (view.as_of, view.trust) = (as_of, trust);
    Ok(tagged(&headers, &same, &view))
}

/// The name of a shipment.
pub(crate) fn named(id: &str) -> Result<ShipmentId, Refusal> {
    id.parse().map_err(|why| Refusal::Malformed(format!("this is no name of a shipment: {why}")))
}

/// The shipment that is meant: what was pasted may bring along what nobody sees, and an older log may hold such a name.
pub(crate) fn meant(board: &ReadModel, id: ShipmentId) -> ShipmentId {
    let clean = ShipmentId::new(&*hidden::clean(id.as_str()));
    match board.shipment(&id).is_none() && board.shipment(&clean).is_some() {
        true => clean,
        false => id,
    }
}

/// Why there is nothing to show of a shipment.
pub(crate) fn unknown(board: &ReadModel, id: &ShipmentId) -> Refusal {
    let Some((at, why)) = board.gone(id).and_then(Gone::since) else {
        return Refusal::Unknown(format!("nothing is known here of a shipment `{id}`"));
    };
    let because = match why {
        WhyPutAway::Closed => "it had been closed",
        WhyPutAway::Silent => "nobody had closed it, and nothing had been heard of it for long",
    };
    Refusal::Unknown(format!(
        "the shipment `{id}` was put away at {at}, as {because}: what was recorded of it stands in the log; export the log and replay it, and all of it is there again"
    ))
}
