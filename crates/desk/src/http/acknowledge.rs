//! `POST /v1/incidents/{id}/acknowledge`: somebody takes an incident, or takes it over.

use super::act_handler::{Waiting, Wanted, answer};
use super::act_rules::{person, reason};
use super::answer::Problem;
use super::state::SharedState;
use crate::refusal::Refusal;
use crate::view::IncidentView;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use facts::fact::incident::Acknowledged;
use facts::{Fact, StaffFact};
use serde::Deserialize;
use utoipa::ToSchema;

/// Who takes an incident, and what they do about it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Taking {
    /// The person who takes it, in one word.
    by: String,
    /// What they do about it, in up to 500 letters.
    reason: String,
    /// A form's own name for the act, as it cannot send the header.
    #[serde(default)]
    key: Option<String>,
    /// Where a form leads back to: `list` or `shipment`.
    #[serde(default)]
    back: Option<String>,
}

/// Somebody takes an incident.
///
/// The same `Idempotency-Key` again is the same act. A form is answered with a redirect to the page it came from.
#[utoipa::path(post, path = "/v1/incidents/{id}/acknowledge", tag = "incidents",
    params(
        ("id" = String, Path, description = "The incident, by shipment and number: `SHP-1.2`"),
        ("idempotency-key" = Option<String>, Header, description = "The sender's own name for the act, 1 to 128 visible letters"),
    ),
    request_body(content((Taking = "application/json"), (Taking = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "The log has the act, and the board shows it", body = IncidentView),
        (status = 202, description = "The log has the act; the board does not show it yet", body = Waiting),
        (status = 303, description = "A form is led back to the page, which tells what came of it"),
        (status = 400, description = "The body or the name of the incident cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The act was sent by a page of another site", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such incident", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The incident is closed, or the act was refused", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is neither JSON nor a form", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A value is not possible, or the key names another act", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The log does not take the act now", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn acknowledge(
    State(state): State<SharedState>,
    Path(id): Path<String>,
    asked: Request,
) -> Response {
    let wanted =
        |Taking { by, reason, key, back }| Ok(Wanted { fact: taking(&by, &reason)?, key, back });
    answer(&state, &id, asked, "taken", wanted).await
}

/// Somebody takes it.
pub(super) fn taking(by: &str, why: &str) -> Result<Fact, Refusal> {
    let by = person("by", "takes it", by)?;
    let reason = reason("reason", "what you do about it", why)?;
    Ok(Fact::Staff(StaffFact::Acknowledged(Acknowledged { by, reason })))
}
