//! The routes. Each answers from the board and one moment; none of them decides what is wrong.
//!
//! `/v1` answers and refuses in JSON, everything else as a page for people. There is no sign-in here: who
//! may come in is decided by the process around the desk.

mod acknowledge;
mod acting;
mod answer;
mod assets;
mod close;
mod feed;
mod guard;
mod incidents;
pub(crate) mod openapi;
mod room;
mod screens;
mod sent;
mod shipments;
mod stream;
mod taking;

use crate::desk::Desk;
use axum::extract::DefaultBodyLimit;
use axum::routing::{MethodRouter, get, post};
use axum::{Router, middleware};
use room::Shared;

/// A form or a short JSON is far below this.
const MOST_BYTES: usize = 16 * 1024;

/// Every route: method, path as the description has it, and what answers.
fn routes() -> Vec<(&'static str, &'static str, MethodRouter<Shared>)> {
    vec![
        ("get", "/", get(screens::list)),
        ("get", "/board", get(screens::overview)),
        ("get", "/shipments/{id}", get(screens::shipment)),
        ("get", "/static/{name}", get(assets::asset)),
        ("get", "/v1/incidents", get(incidents::incidents)),
        ("get", "/v1/shipments", get(shipments::shipments)),
        ("get", "/v1/shipments/{id}", get(shipments::shipment)),
        ("get", "/v1/feed", get(feed::feed)),
        ("get", "/v1/stream", get(stream::stream)),
        ("post", "/v1/incidents/{id}/acknowledge", post(acknowledge::acknowledge)),
        ("post", "/v1/incidents/{id}/close", post(close::close)),
        ("get", "/v1/openapi.json", get(openapi::openapi)),
    ]
}

/// All of the desk's routes.
pub fn router(desk: Desk) -> Router {
    let room = room::Room::shared(desk);
    routes()
        .into_iter()
        .fold(Router::new(), |router, (_, path, answer)| router.route(path, answer))
        .fallback(screens::lost)
        .method_not_allowed_fallback(screens::wrong_method)
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(middleware::map_response(guard::headers))
        .with_state(room)
}

#[cfg(test)]
mod tests;
