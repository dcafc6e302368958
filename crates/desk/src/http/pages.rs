//! The pages.

use super::answer::{fault, html};
use super::incidents::Asked;
use super::shipments::{meant, named, unknown};
use super::sought::{Sought, query};
use super::state::SharedState;
use crate::pages::{List, Note, Overview, ShipmentPage};
use crate::read_model::ReadModel;
use crate::refusal::Refusal;
use crate::words::Foreign;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use facts::ShipmentId;
use serde::Deserialize;
use utoipa::IntoParams;

/// What a form led back with.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Told {
    /// The incident that was taken.
    taken: Option<String>,
    /// The incident that was closed.
    closed: Option<String>,
    /// The incident on which something was noted.
    noted: Option<String>,
}

/// The incidents, the most urgent first, as a page.
#[utoipa::path(get, path = "/", tag = "pages", params(Sought, Asked, Told),
    responses(
        (status = 200, description = "The page as HTML, for people to read", content_type = "text/html"),
        (status = 400, description = "The filter or the place to go on from cannot be read, or a name is not known here", content_type = "text/html"),
    ))]
pub(crate) async fn list(
    State(state): State<SharedState>,
    asked: Result<Query<Asked>, QueryRejection>,
    sought: Result<Query<Sought>, QueryRejection>,
    told: Result<Query<Told>, QueryRejection>,
) -> Response {
    let page = || {
        let sought = query(sought)?;
        let (filter, after) = (query(asked)?.filter(&sought)?, sought.after()?);
        let (now, board) = (state.now(), state.board()?);
        let mut frame = state.frame(&board, now, "list");
        frame.note = note(&board, query(told)?);
        Ok(List::new(&board, now, frame, &filter, after.as_ref(), || state.fresh_name()))
    };
    page().map_or_else(|refusal| fault(&state, &refusal), |page| html(&page))
}

/// The live shipments, the worst first, as a page.
#[utoipa::path(get, path = "/board", tag = "pages", params(Sought),
    responses(
        (status = 200, description = "The page as HTML, for people to read", content_type = "text/html"),
        (status = 400, description = "The search or the place to go on from cannot be read, or a name is not known here", content_type = "text/html"),
    ))]
pub(crate) async fn overview(
    State(state): State<SharedState>,
    sought: Result<Query<Sought>, QueryRejection>,
) -> Response {
    let page = || {
        let sought = query(sought)?;
        let (of, after) = (sought.choice()?, sought.after()?);
        let (now, board) = (state.now(), state.board()?);
        let frame = state.frame(&board, now, "board");
        Ok(Overview::new(&board, now, frame, &of, after.as_ref()))
    };
    page().map_or_else(|refusal: Refusal| fault(&state, &refusal), |page| html(&page))
}

/// One shipment, as a page.
#[utoipa::path(get, path = "/shipments/{id}", tag = "pages", operation_id = "shipment_page",
    params(("id" = String, Path, description = "The shipment, by its id"), Told),
    responses(
        (status = 200, description = "The page as HTML, for people to read", content_type = "text/html"),
        (status = 400, description = "That is no name of a shipment, or a name behind the `?` is not known here", content_type = "text/html"),
        (status = 404, description = "Nothing is known of that shipment", content_type = "text/html"),
    ))]
pub(crate) async fn shipment(
    State(state): State<SharedState>,
    Path(id): Path<String>,
    told: Result<Query<Told>, QueryRejection>,
) -> Response {
    let page = || {
        let id = named(&id)?;
        let (now, board) = (state.now(), state.board()?);
        let id = meant(&board, id);
        let record = board.shipment(&id).ok_or_else(|| unknown(&board, &id))?;
        let mut frame = state.frame(&board, now, "shipment");
        frame.note = note(&board, query(told)?);
        Ok(ShipmentPage::new(&board, &id, record, now, frame, || state.fresh_name()))
    };
    page().map_or_else(|refusal| fault(&state, &refusal), |page| html(&page))
}

/// There is nothing at this address.
pub(crate) async fn lost(State(state): State<SharedState>, uri: Uri) -> Response {
    refuse(&state, &uri, Refusal::Unknown(format!("there is nothing at `{}`", uri.path())))
}

/// There is something at this address, but it takes another method.
pub(crate) async fn wrong_method(State(state): State<SharedState>, uri: Uri) -> Response {
    let sentence = format!("`{}` does not take this method", uri.path());
    refuse(&state, &uri, Refusal::Method(sentence))
}

/// In the form in which this address answers.
pub(crate) fn refuse(state: &SharedState, uri: &Uri, refusal: Refusal) -> Response {
    match uri.path().starts_with("/v1/") {
        true => refusal.into_response(),
        false => fault(state, &refusal),
    }
}

/// What came of an act, by what the board shows and not by what an address claims.
fn note(board: &ReadModel, told: Told) -> Option<Note> {
    let (word, id) = match told {
        Told { closed: Some(id), .. } => ("closed", id),
        Told { noted: Some(id), .. } => ("noted on", id),
        Told { taken, .. } => ("taken", taken?),
    };
    let (shipment, number) = parted(&id)?;
    let (incident, _) = board.one(&shipment, number)?;
    let what = format!("{shipment}, incident {number}");
    let done = match word {
        "closed" => incident.closed.as_ref(),
        "noted on" => incident.notes.last(),
        _ => incident.acknowledged.as_ref(),
    };
    Some(match (&incident.refused, done) {
        (Some(refused), _) => Note {
            good: false,
            text: Foreign::new(format!("{what}: the last act was refused: {refused}.")),
        },
        (None, Some(act)) => Note {
            good: true,
            text: Foreign::new(format!(
                "{what} is {word} by {}: {}. The log has it.",
                act.by, act.text
            )),
        },
        (None, None) => Note {
            good: false,
            text: Foreign::new(format!(
                "{what} is not shown as {word} yet: if you did it just now, the log has it. Reload to see."
            )),
        },
    })
}

/// `SHP-1.2` is incident 2 of `SHP-1`: split at the last dot.
pub(crate) fn parted(id: &str) -> Option<(ShipmentId, u32)> {
    let (shipment, number) = id.rsplit_once('.')?;
    Some((shipment.parse().ok()?, number.parse().ok()?))
}
