//! `POST /v1/incidents/{id}/note`: somebody writes down what others must know, and takes nothing over by it.

use super::act_handler::{Waiting, Wanted, answer};
use super::act_rules::{person, reason};
use super::answer::Problem;
use super::state::SharedState;
use crate::refusal::Refusal;
use crate::view::IncidentView;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use facts::fact::incident::IncidentNoted;
use facts::{Fact, StaffFact};
use serde::Deserialize;
use utoipa::ToSchema;

/// Who writes a note, and what it says.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Noting {
    /// The person who writes the note, in one word.
    by: String,
    /// What others must know, in up to 500 letters.
    text: String,
    /// A form's own name for the act, as it cannot send the header.
    #[serde(default)]
    key: Option<String>,
    /// Where a form leads back to: `list` or `shipment`.
    #[serde(default)]
    back: Option<String>,
}

/// Somebody notes something on an incident.
///
/// It stays untaken where nobody has taken it. The same `Idempotency-Key` again is the same act. A form is answered with a redirect to the
/// page it came from.
#[utoipa::path(post, path = "/v1/incidents/{id}/note", tag = "incidents",
    params(
        ("id" = String, Path, description = "The incident, by shipment and number: `SHP-1.2`"),
        ("idempotency-key" = Option<String>, Header, description = "The sender's own name for the act, 1 to 128 visible letters"),
    ),
    request_body(content((Noting = "application/json"), (Noting = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "The log has the act, and the board shows it", body = IncidentView),
        (status = 202, description = "The log has the act; the board does not show it yet", body = Waiting),
        (status = 303, description = "A form is led back to the page, which tells what came of it"),
        (status = 400, description = "The body or the name of the incident cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The act was sent by a page of another site", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such incident", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The incident is closed, or as many notes stand on it as may", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is neither JSON nor a form", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A value is not possible, or the key names another act", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The log does not take the act now", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn note(
    State(state): State<SharedState>,
    Path(id): Path<String>,
    asked: Request,
) -> Response {
    let wanted =
        |Noting { by, text, key, back }| Ok(Wanted { fact: noting(&by, &text)?, key, back });
    answer(&state, &id, asked, "noted", wanted).await
}

/// Somebody notes it.
pub(super) fn noting(by: &str, text: &str) -> Result<Fact, Refusal> {
    let by = person("by", "notes it", by)?;
    let text = reason("text", "what others must know", text)?;
    Ok(Fact::Staff(StaffFact::IncidentNoted(IncidentNoted { by, text })))
}
