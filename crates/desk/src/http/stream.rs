//! `GET /v1/stream`: the alerts topic as it comes, as server-sent events.
//!
//! Every event carries its position in the log, so a reader that comes back misses nothing. A beat every 15 s
//! says that the line is alive; it carries no position, and says nothing of how current the board is.

use super::answer::Problem;
use super::state::SharedState;
use crate::desk::{Client, Item};
use crate::refusal::Refusal;
use axum::Extension;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::response::sse::{Event, Sse};
use axum::response::{IntoResponse, Response};
use futures_core::Stream;
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::mpsc::Receiver;
use tokio::time::{Interval, MissedTickBehavior, interval};

/// How often the line says that it is alive, and after how long a reader comes back that lost it.
const BEAT: Duration = Duration::from_secs(15);
const BACK: Duration = Duration::from_secs(3);

/// The alerts topic as it comes: `id` is the position, `event` the CloudEvents type, `data` the event as JSON.
///
/// With `Last-Event-ID` everything after that position, else everything from now on. `event: beat` every 15 s.
#[utoipa::path(get, path = "/v1/stream", tag = "incidents",
    params(("last-event-id" = Option<String>, Header, description = "The last position that was seen; without it the stream begins now")),
    responses(
        (status = 200, description = "The stream of events, for as long as the line holds", content_type = "text/event-stream", body = String),
        (status = 400, description = "That position cannot be followed", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The log cannot be followed now, or as many follow it as may", body = Problem, content_type = "application/problem+json", headers(("retry-after" = String, description = "How many seconds to wait before asking again"))),
    ))]
pub(crate) async fn stream(
    State(state): State<SharedState>,
    client: Option<Extension<Client>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let from = headers.get("last-event-id").map(|id| {
        let wrong =
            || Refusal::Malformed("`Last-Event-ID` holds letters that no position has".into());
        id.to_str().map_err(|_| wrong())
    });
    let from = from.transpose()?.map(str::to_owned);
    // The log is asked where it ends, and may take its time: not on a thread that answers others.
    let client = client.map(|Extension(client)| client);
    let follow =
        tokio::task::spawn_blocking(move || state.desk.feed.follow(from.as_deref(), client));
    let items = follow.await.map_err(|broke| Refusal::Unavailable(broke.to_string()))??;
    let mut beat = interval(BEAT);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let live = Live { items, beat, begun: false };
    // A proxy that gathers an answer before it passes it on would make a live feed a late one.
    let unbuffered = (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    Ok(([unbuffered], Sse::new(live)).into_response())
}

/// Items and beats, as they come.
struct Live {
    items: Receiver<Item>,
    beat: Interval,
    begun: bool,
}

impl Stream for Live {
    type Item = Result<Event, Infallible>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let live = self.get_mut();
        match live.items.poll_recv(cx) {
            Poll::Ready(item) => return Poll::Ready(item.map(|item| Ok(event(item)))),
            Poll::Pending => {}
        }
        match live.beat.poll_tick(cx) {
            Poll::Ready(_) => {
                let beat = Event::default().comment("beat").event("beat").data("{}");
                let first = !std::mem::replace(&mut live.begun, true);
                Poll::Ready(Some(Ok(if first { beat.retry(BACK) } else { beat })))
            }
            Poll::Pending => Poll::Pending,
        }
    }
}

fn event(item: Item) -> Event {
    // A line end in either would begin another field.
    let line = |text: String| -> String { text.chars().filter(|c| !c.is_control()).collect() };
    Event::default().id(line(item.id)).event(line(item.kind)).data(item.data)
}
