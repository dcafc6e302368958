//! `POST /v1/incidents/{id}/acknowledge`: somebody takes an incident.
//!
//! It is done when the log has it, not before. The answer then waits a moment for the board to show it; where
//! it does not, it says so instead of pretending.

use super::answer::{Problem, fault, json};
use super::guard::same_site;
use super::room::Shared;
use super::screens::parted;
use super::taking::{fact, name, open, shown};
use crate::pages::href;
use crate::refusal::Refusal;
use crate::view::IncidentView;
use crate::words::url;
use alerts::incident::Act;
use axum::extract::{FromRequest, Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use axum::{Form, Json};
use facts::fact::incident::Acknowledged;
use facts::{Event, Fact, Subject, Text};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;

/// Who takes it, and what they do about it.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Taking {
    /// Who: one word.
    pub(super) by: String,
    /// What they do about it, in up to 500 letters.
    pub(super) reason: String,
    /// A form's own name for the act, as it cannot send the header.
    #[serde(default)]
    pub(super) key: Option<String>,
    /// Where a form leads back to: `list` or `shipment`.
    #[serde(default)]
    back: Option<String>,
}

/// The log has the act, and the board does not show it yet.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Waiting {
    /// The name under which the act stands in the log.
    id: String,
    /// What that means.
    detail: &'static str,
}

/// How long the log may take.
const LOG: Duration = Duration::from_secs(10);

/// Somebody takes an incident.
///
/// The same `Idempotency-Key` again is the same act. A form is answered with a redirect to the page it came from.
#[utoipa::path(post, path = "/v1/incidents/{id}/acknowledge", tag = "incidents",
    params(
        ("id" = String, Path, description = "Shipment and number, `SHP-1.2`"),
        ("idempotency-key" = Option<String>, Header, description = "The sender's own name for the act, 1 to 128 visible letters"),
    ),
    request_body(content((Taking = "application/json"), (Taking = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "The log has it and the board shows it", body = IncidentView),
        (status = 202, description = "The log has it; the board does not show it yet", body = Waiting),
        (status = 303, description = "To a form: back to the page, which tells what came of it"),
        (status = 400, description = "It cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "It was sent by a page of another site", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such incident", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "It is closed, or the act was refused", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "It is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "It is neither JSON nor a form", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A value is not possible, or the key names another act", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The log does not take it now", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn acknowledge(
    State(room): State<Shared>,
    Path(id): Path<String>,
    asked: Request,
) -> Response {
    let headers = asked.headers().clone();
    let form = kind(&headers) == "application/x-www-form-urlencoded";
    let done = async {
        same_site(&headers)?;
        let taking = read(form, asked).await?;
        let back = taking.back.clone();
        take(&room, &id, &headers, taking).await.map(|done| (done, back))
    };
    match done.await {
        Ok((done, back)) if form => {
            let (shipment, id) = (&done.shipment, url(&id));
            let page =
                if back.as_deref() == Some("shipment") { href(shipment) } else { "/".into() };
            Redirect::to(&format!("{page}?taken={id}#note")).into_response()
        }
        Ok((Done { shown: Some(view), .. }, _)) => json(StatusCode::OK, &view),
        Ok((Done { name, .. }, _)) => {
            let detail =
                "The log has it. The board does not show it yet: ask for the incident again.";
            json(StatusCode::ACCEPTED, &Waiting { id: name, detail })
        }
        Err(refusal) if form => fault(&room, &refusal),
        Err(refusal) => refusal.into_response(),
    }
}

struct Done {
    shipment: String,
    name: String,
    shown: Option<IncidentView>,
}

fn kind(headers: &HeaderMap) -> String {
    let kind = headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let kind = String::from_utf8_lossy(kind);
    kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

async fn read(form: bool, asked: Request) -> Result<Taking, Refusal> {
    let refusal = |status: StatusCode, text: String| match status {
        StatusCode::PAYLOAD_TOO_LARGE => Refusal::TooLarge(text),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Refusal::Format("send JSON (`application/json`) or a form".into())
        }
        StatusCode::UNPROCESSABLE_ENTITY => Refusal::Invalid(text),
        _ => Refusal::Malformed(text),
    };
    if form {
        let form = Form::<Taking>::from_request(asked, &()).await;
        return form.map(|Form(t)| t).map_err(|wrong| refusal(wrong.status(), wrong.body_text()));
    }
    let body = Json::<Taking>::from_request(asked, &()).await;
    body.map(|Json(taking)| taking).map_err(|wrong| refusal(wrong.status(), wrong.body_text()))
}

async fn take(
    room: &Shared,
    id: &str,
    headers: &HeaderMap,
    taking: Taking,
) -> Result<Done, Refusal> {
    let wrong = || Refusal::Malformed(format!("`{id}` is no incident like `SHP-1.2`"));
    let (shipment, number) = parted(id).ok_or_else(wrong)?;
    let fact = Fact::Acknowledged(fact(&taking)?);
    let name = name(room, headers, &taking)?;
    open(room, &shipment, number)?;
    let at = room.sent().at(&name, &shipment, &fact, room.now()).ok_or_else(|| {
        Refusal::Invalid(format!(
            "the key `{name}` names another act: send this one under a new key"
        ))
    })?;
    let Fact::Acknowledged(Acknowledged { by, reason }) = &fact else { return Err(wrong()) };
    let act = Act { by: by.clone(), at, text: reason.clone() };
    let event = Event {
        source: Text::new("desk"),
        id: Text::new(&name),
        subject: Subject::from(&shipment),
        at,
        fact,
    };
    let late = || {
        Refusal::Unavailable(format!(
            "the log has not answered within {} s: whether it has the act is not known; send it again under the same key `{name}`",
            LOG.as_secs()
        ))
    };
    tokio::time::timeout(LOG, room.desk.acts.append(event)).await.map_err(|_| late())??;
    let shown = shown(room, &shipment, number, &act, &name).await?;
    Ok(Done { shipment: shipment.to_string(), name, shown })
}
