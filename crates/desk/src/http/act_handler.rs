//! An act of staff on its way to the log, whatever it is: read, checked, appended, and looked for on the board.
//!
//! It is done when the log has it, not before. The answer then waits a moment for the board to show it; where
//! it does not, it says so instead of pretending.

use super::act_rules::{may, name, shown, stands};
use super::answer::{fault, json};
use super::guard::same_site;
use super::pages::parted;
use super::state::SharedState;
use crate::pages::href;
use crate::refusal::Refusal;
use crate::view::IncidentView;
use crate::words::url;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Form, Json};
use facts::{Event, Fact, ShipmentId, ShortText, StaffFact, Subject};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;
use utoipa::ToSchema;

/// What somebody wants to be done.
pub(super) struct Wanted {
    /// The act.
    pub(super) fact: Fact,
    /// A form's own name for it, as it cannot send the header.
    pub(super) key: Option<String>,
    /// Where a form leads back to: `list` or `shipment`.
    pub(super) back: Option<String>,
}

/// The log has the act, and the board does not show it yet.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Waiting {
    /// The name under which the act stands in the log.
    id: String,
    /// What that means and what to do, for a person.
    detail: &'static str,
}

/// How long the log may take.
const LOG: Duration = Duration::from_secs(10);

/// Reads the act, does it, and answers in the form that was asked in. A form's page is told `done`, like `taken`.
pub(super) async fn answer<Asked: DeserializeOwned + Send>(
    state: &SharedState,
    id: &str,
    asked: Request,
    done: &str,
    wanted: impl Fn(Asked) -> Result<Wanted, Refusal>,
) -> Response {
    let headers = asked.headers().clone();
    let form = is_form(&headers);
    let doing = async {
        same_site(&headers)?;
        let Wanted { fact, key, back } = wanted(read(form, asked).await?)?;
        let name = name(state, &headers, key)?;
        act(state, id, name, fact).await.map(|done| (done, back))
    };
    match doing.await {
        Ok((Done { shipment, of_stages, .. }, back)) if form => {
            let id = url(id);
            let page = match back.as_deref() {
                Some("shipment") if !of_stages => href(shipment.as_str()),
                _ => "/".into(),
            };
            Redirect::to(&format!("{page}?{done}={id}#note")).into_response()
        }
        Ok((Done { shown: Some(view), .. }, _)) => json(StatusCode::OK, &view),
        Ok((Done { name, .. }, _)) => {
            let detail =
                "The log has it. The board does not show it yet: ask for the incident again.";
            json(StatusCode::ACCEPTED, &Waiting { id: name, detail })
        }
        Err(refusal) if form => fault_soon(state, refusal).await,
        Err(refusal) => refusal.into_response(),
    }
}

/// A page is made on a thread that may wait.
pub(super) async fn fault_soon(state: &SharedState, refusal: Refusal) -> Response {
    let state = state.clone();
    let page = tokio::task::spawn_blocking(move || fault(&state, &refusal)).await;
    page.unwrap_or_else(|broke| Refusal::Unavailable(broke.to_string()).into_response())
}

/// The log has it.
pub(super) struct Done {
    shipment: ShipmentId,
    /// Whether it is about stages, which have no page of their own.
    of_stages: bool,
    name: String,
    /// As the board shows it, where it does yet.
    pub(super) shown: Option<IncidentView>,
}

/// Whether a page sent it, and not a program.
pub(super) fn is_form(headers: &HeaderMap) -> bool {
    kind(headers) == "application/x-www-form-urlencoded"
}

fn kind(headers: &HeaderMap) -> String {
    let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let kind = String::from_utf8_lossy(kind);
    kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

pub(super) async fn read<Asked: DeserializeOwned>(
    form: bool,
    asked: Request,
) -> Result<Asked, Refusal> {
    let refusal = |status: StatusCode, text: String| match status {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge(text),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Refusal::Format("send JSON (`application/json`) or a form".into())
        }
        StatusCode::UNPROCESSABLE_ENTITY => Refusal::Invalid(text),
        _ => Refusal::Malformed(text),
    };
    if form {
        let form = Form::<Asked>::from_request(asked, &()).await;
        return form.map(|Form(t)| t).map_err(|wrong| refusal(wrong.status(), wrong.body_text()));
    }
    let body = Json::<Asked>::from_request(asked, &()).await;
    body.map(|Json(asked)| asked).map_err(|wrong| refusal(wrong.status(), wrong.body_text()))
}

/// Does one act, under this name.
pub(super) async fn act(
    state: &SharedState,
    id: &str,
    name: String,
    fact: Fact,
) -> Result<Done, Refusal> {
    let wrong = || Refusal::Malformed(format!("`{id}` is no incident like `SHP-1.2`"));
    let (shipment, number) = parted(id).ok_or_else(wrong)?;
    let of_stages = state.board_soon().await?.shipment(&shipment).is_none();
    // A closing that comes again finds the incident closed, by itself.
    let before = state.sent().known(&name, &shipment, &fact);
    if let (Some(at), Fact::Staff(StaffFact::IncidentClosed(_))) = (before, &fact)
        && let Some(view) = stands(state, &shipment, number, &fact, at).await?
    {
        return Ok(Done { shipment, of_stages, name, shown: Some(view) });
    }
    may(state, &shipment, number, &fact).await?;
    let at = state.sent().at(&name, &shipment, &fact, state.now()).ok_or_else(|| {
        Refusal::Invalid(format!(
            "the key `{name}` names another act: send this one under a new key"
        ))
    })?;
    let event = Event {
        source: ShortText::new("desk"),
        id: ShortText::new(&name),
        subject: Subject::from(&shipment),
        at,
        counts: None,
        hidden: None,
        fact: fact.clone(),
    };
    let late = || {
        Refusal::Unavailable(format!(
            "the log has not answered within {} s: whether it has the act is not known; send it again under the same key `{name}`",
            LOG.as_secs()
        ))
    };
    tokio::time::timeout(LOG, state.desk.acts.append(event)).await.map_err(|_| late())??;
    let shown = shown(state, (&shipment, number), &fact, at, &name).await?;
    Ok(Done { shipment, of_stages, name, shown })
}
