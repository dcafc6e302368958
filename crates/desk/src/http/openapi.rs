//! The description of the HTTP interface, made from the code that serves it.
//!
//! `config/api/openapi.json` is a copy; a test compares. `COLDWATCH_WRITE_SCHEMAS=1 cargo test -p desk openapi`
//! writes it after a change.

use super::answer::{Problem, json};
use super::{acknowledge, acts, assets, close, feed, incidents, note, pages, shipments, stream};
use crate::refusal::Refusal;
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value;
use utoipa::OpenApi;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "coldwatch",
        version = "1",
        description = "What is wrong with shipments of gene and cell therapies, who holds the goods, by when, and what to do. \
            Times are RFC 3339 in UTC. Refusals are problem+json (RFC 9457). Unknown is never given as fine: read `trust` beside every answer. \
            A name behind the `?` that an address does not have here is refused with 400.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/", description = "The process that gives this description")),
    paths(
        pages::list,
        pages::overview,
        pages::shipment,
        assets::asset,
        incidents::incidents,
        shipments::shipments,
        shipments::shipment,
        feed::feed,
        stream::stream,
        acknowledge::acknowledge,
        close::close,
        note::note,
        acts::acts,
        openapi,
    ),
    components(schemas(Problem)),
    tags(
        (name = "incidents", description = "What is wrong, and who has taken it"),
        (name = "shipments", description = "Every shipment, what was found and what happened"),
        (name = "events", description = "How events come in from outside"),
        (name = "process", description = "How the process itself is"),
        (name = "pages", description = "The pages that people look at"),
    )
)]
struct Described;

/// Served by the process around the desk, on the same port; described here so that there is one description.
const AROUND: &str = include_str!("around.json");

/// This description.
#[utoipa::path(get, path = "/v1/openapi.json", tag = "process",
    responses((status = 200, description = "This description, in the form of OpenAPI 3.1", content_type = "application/json", body = Object)))]
pub(crate) async fn openapi() -> Result<Response, Refusal> {
    let broken = |_| Refusal::Unavailable("the description cannot be made".into());
    Ok(json(StatusCode::OK, &document().map_err(broken)?))
}

/// The whole description: the desk's routes, and those around it.
pub fn document() -> Result<Value, serde_json::Error> {
    let mut all = serde_json::to_value(Described::openapi())?;
    let around: Value = serde_json::from_str(AROUND)?;
    for part in ["/paths", "/components/schemas"] {
        let more = around.pointer(part).and_then(Value::as_object).cloned().unwrap_or_default();
        if let Some(known) = all.pointer_mut(part).and_then(Value::as_object_mut) {
            known.extend(more);
        }
    }
    Ok(all)
}
