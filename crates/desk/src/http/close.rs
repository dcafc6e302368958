//! `POST /v1/incidents/{id}/close`: somebody ends an incident, a P1 together with a second person.

use super::act_handler::{Waiting, Wanted, answer};
use super::act_rules::{person, reason};
use super::answer::Problem;
use super::state::SharedState;
use crate::refusal::Refusal;
use crate::view::IncidentView;
use axum::extract::{Path, Request, State};
use axum::response::Response;
use facts::fact::incident::IncidentClosed;
use facts::{Fact, StaffFact};
use serde::Deserialize;
use utoipa::ToSchema;

/// Who closes an incident, and why.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Closing {
    /// The person who closes it, in one word.
    by: String,
    /// Why nothing has to be done any more, in up to 500 letters.
    reason: String,
    /// The second person, whom closing a P1 needs: one word.
    #[serde(default)]
    second: Option<String>,
    /// A form's own name for the act, as it cannot send the header.
    #[serde(default)]
    key: Option<String>,
    /// Where a form leads back to: `list` or `shipment`.
    #[serde(default)]
    back: Option<String>,
}

/// Somebody closes an incident.
///
/// It cannot be closed while a finding of it goes on that time could still end, and one with a P1 among its findings takes two people.
/// The same `Idempotency-Key` again is the same act. A form is answered with a redirect to the page it came from.
#[utoipa::path(post, path = "/v1/incidents/{id}/close", tag = "incidents",
    params(
        ("id" = String, Path, description = "The incident, by shipment and number: `SHP-1.2`"),
        ("idempotency-key" = Option<String>, Header, description = "The sender's own name for the act, 1 to 128 visible letters"),
    ),
    request_body(content((Closing = "application/json"), (Closing = "application/x-www-form-urlencoded"))),
    responses(
        (status = 200, description = "The log has the act, and the board shows it", body = IncidentView),
        (status = 202, description = "The log has the act; the board does not show it yet", body = Waiting),
        (status = 303, description = "A form is led back to the page, which tells what came of it"),
        (status = 400, description = "The body or the name of the incident cannot be read", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The act was sent by a page of another site", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "There is no such incident", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The incident is closed already, something of it still goes on, or it takes a second person: the detail says which", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is neither JSON nor a form", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "A value is not possible, or the key names another act", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The log does not take the act now", body = Problem, content_type = "application/problem+json"),
    ))]
pub(crate) async fn close(
    State(state): State<SharedState>,
    Path(id): Path<String>,
    asked: Request,
) -> Response {
    let wanted = |Closing { by, reason, second, key, back }| {
        Ok(Wanted { fact: closing(&by, &reason, second)?, key, back })
    };
    answer(&state, &id, asked, "closed", wanted).await
}

/// Somebody closes it.
pub(super) fn closing(by: &str, why: &str, second: Option<String>) -> Result<Fact, Refusal> {
    let by = person("by", "closes it", by)?;
    let reason = reason("reason", "why it can be closed", why)?;
    // A form sends the field that nobody filled in, too.
    let second = second.filter(|second| !second.trim().is_empty());
    let second = second.map(|second| person("second", "agrees to it", &second)).transpose()?;
    Ok(Fact::Staff(StaffFact::IncidentClosed(IncidentClosed { by, reason, second })))
}
