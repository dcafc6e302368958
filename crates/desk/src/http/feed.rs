//! `GET /v1/feed`: what the live feed would begin with. Every incident that is open, as the event in which the alerts
//! topic told of it last, and the position from which `/v1/stream` goes on.

use super::answer::{Problem, json};
use super::state::SharedState;
use crate::read_model::Filter;
use crate::refusal::Refusal;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// The incidents that are open, and where to go on from.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Beginning {
    /// What to send to `/v1/stream` as `Last-Event-ID`. What comes behind it may tell of an incident in `items` once
    /// more, under the same id.
    position: String,
    /// CloudEvents as they stand on the alerts topic, the most urgent incident first; those of stages last.
    items: Vec<Value>,
}

/// Every incident that is not closed, as an event of the feed, and the position from which the feed goes on.
#[utoipa::path(get, path = "/v1/feed", tag = "incidents",
    responses(
        (status = 200, description = "The incidents that are open now, and where the stream goes on from", body = Beginning),
        (status = 503, description = "The desk has not read the alerts topic yet", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn feed(State(state): State<SharedState>) -> Result<Response, Refusal> {
    let board = state.board()?;
    let unread = || Refusal::Unavailable("the desk has not read the alerts topic yet".into());
    let position = board.position().ok_or_else(unread)?;
    let all = Filter::default();
    let of_shipments = board.incidents(&all);
    let open = of_shipments.into_iter().chain(board.stage_incidents());
    // What is on the board was read as an event, so it is one.
    let events =
        open.filter_map(|(incident, d)| serde_json::from_str(d.event(incident.number)?).ok());
    let items = events.collect();
    drop(board);
    let position = position.iter().map(u64::to_string).collect::<Vec<_>>().join(".");
    Ok(json(StatusCode::OK, &Beginning { position, items }))
}
