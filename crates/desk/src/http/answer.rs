//! Answers: JSON with an entity tag, pages, and refusals in the form that the asker reads.

use super::state::SharedState;
use crate::pages::Fault;
use crate::refusal::Refusal;
use crate::words::Foreign;
use askama::Template;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use facts::Identity;
use serde::Serialize;
use utoipa::ToSchema;

/// Why a request was refused, as RFC 9457 has it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Always `about:blank`: the status and the detail say it all.
    #[serde(rename = "type")]
    kind: &'static str,
    /// The kind of refusal in a few words.
    title: &'static str,
    /// The HTTP status of the answer.
    status: u16,
    /// What is wrong and what to do, for a person.
    detail: String,
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let problem = Problem {
            kind: "about:blank",
            title: self.title(),
            status: self.status().as_u16(),
            detail: self.to_string(),
        };
        let body = serde_json::to_string(&problem).unwrap_or_default();
        let kind = HeaderValue::from_static("application/problem+json");
        let mut answer = (self.status(), [(header::CONTENT_TYPE, kind)], body).into_response();
        if let Some(seconds) = self.again_in() {
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        answer
    }
}

/// A refusal as a page for people.
pub(crate) fn fault(state: &SharedState, refusal: &Refusal) -> Response {
    let now = state.now();
    let page = state.board().map(|board| Fault {
        frame: state.frame(&board, now, "fault"),
        heading: refusal.title().into(),
        sentence: Foreign::new(refusal),
    });
    match page {
        Ok(page) => (refusal.status(), html(&page)).into_response(),
        // Without a board there is no page to put it on.
        Err(broken) => (broken.status(), broken.to_string()).into_response(),
    }
}

/// A page.
pub(crate) fn html(page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => Html(text).into_response(),
        Err(_) => (StatusCode::INTERNAL_SERVER_ERROR, "the page cannot be made").into_response(),
    }
}

/// JSON as it is.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    match serde_json::to_string(body) {
        Ok(text) => {
            let kind = HeaderValue::from_static("application/json");
            (status, [(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(_) => Refusal::Unavailable("the answer cannot be written".into()).into_response(),
    }
}

/// JSON, or 304 where the asker has the same already. The tag covers `same`, which leaves out what changes
/// with every second, so it is a weak one.
pub(crate) fn tagged(asked: &HeaderMap, same: &str, body: &impl Serialize) -> Response {
    let tag = format!("W/\"{}\"", Identity::of("desk", same));
    let has = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let known = has.flat_map(|list| list.split(',')).any(|one| {
        let one = bare(one);
        one == "*" || one == bare(&tag)
    });
    let mut answer = match known {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => json(StatusCode::OK, body),
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        answer.headers_mut().insert(header::ETAG, tag);
    }
    answer
}
