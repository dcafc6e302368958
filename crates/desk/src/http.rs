//! The routes. Each answers from the board and one moment; none of them decides what is wrong.
//!
//! `/v1` answers and refuses in JSON, everything else as a page for people. There is no sign-in here: who
//! may come in is decided by the process around the desk.

mod acknowledge;
mod act_handler;
mod act_rules;
mod acts;
mod answer;
mod assets;
mod close;
mod feed;
mod guard;
mod idempotency;
mod incidents;
pub(crate) mod names;
mod note;
pub(crate) mod openapi;
mod pages;
mod shipments;
mod sought;
mod state;
mod stream;

use crate::desk::Desk;
use crate::refusal::Refusal;
use axum::extract::{DefaultBodyLimit, Request};
use axum::handler::Handler;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use axum::{Router, middleware};
use state::SharedState;
use tokio::runtime::Handle;

/// A form or a short JSON is far below this.
const MOST_BYTES: usize = 16 * 1024;

/// Every route: method, path as the description has it, and what answers.
fn routes() -> Vec<(&'static str, &'static str, MethodRouter<SharedState>)> {
    vec![
        ("get", "/", get(pages::list)),
        ("get", "/board", get(pages::overview)),
        ("get", "/shipments/{id}", get(pages::shipment)),
        ("get", "/static/{name}", get(assets::asset)),
        ("get", "/v1/incidents", get(incidents::incidents)),
        ("get", "/v1/shipments", get(shipments::shipments)),
        ("get", "/v1/shipments/{id}", get(shipments::shipment)),
        ("get", "/v1/feed", get(feed::feed)),
        ("get", "/v1/stream", get(stream::stream)),
        ("post", "/v1/incidents/acts", post(acts::acts)),
        ("post", "/v1/incidents/{id}/acknowledge", post(acknowledge::acknowledge)),
        ("post", "/v1/incidents/{id}/close", post(close::close)),
        ("post", "/v1/incidents/{id}/note", post(note::note)),
        ("get", "/v1/openapi.json", get(openapi::openapi)),
    ]
}

/// Whoever asks may have to wait for the board, and a page of a large site takes its time to be made: not on a thread that
/// answers others.
async fn on_a_thread_that_may_wait(request: Request, next: Next) -> Response {
    let runtime = Handle::current();
    let answer = tokio::task::spawn_blocking(move || runtime.block_on(next.run(request))).await;
    answer.unwrap_or_else(|broke| Refusal::Unavailable(broke.to_string()).into_response())
}

/// All of the desk's routes.
pub fn router(desk: Desk) -> Router {
    let room = state::DeskState::shared(desk);
    let waits = || middleware::from_fn(on_a_thread_that_may_wait);
    // A description that could not be made, which a test rules out, would have every name refused, and none ignored.
    let described = openapi::document().unwrap_or_default();
    let heard = |method: &str, path: &str| {
        let takes = names::takes(&described, method, path).into();
        middleware::from_fn_with_state((room.clone(), takes), names::heard)
    };
    routes()
        .into_iter()
        .map(|(method, path, answer)| (method, path, answer.route_layer(heard(method, path))))
        // An act and the feed wait by themselves, for the log and for the board.
        .map(|(method, path, answer)| match (method, path) {
            ("get", "/v1/stream") => (path, answer),
            ("get", _) => (path, answer.layer(waits())),
            _ => (path, answer),
        })
        .fold(Router::new(), |router, (path, answer)| router.route(path, answer))
        .fallback(pages::lost.layer(waits()))
        .method_not_allowed_fallback(pages::wrong_method.layer(waits()))
        .layer(DefaultBodyLimit::max(MOST_BYTES))
        .layer(middleware::map_response(guard::headers))
        .with_state(room)
}

#[cfg(test)]
mod tests;
