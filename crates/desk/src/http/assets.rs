//! The style sheet, the scripts and the icon. They are part of the program: nothing is fetched from elsewhere.

use super::answer::fault;
use super::state::SharedState;
use crate::refusal::Refusal;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use facts::Identity;

const ASSETS: [(&str, &str, &str); 5] = [
    ("desk.css", "text/css; charset=utf-8", include_str!("../../static/desk.css")),
    ("desk.js", "text/javascript; charset=utf-8", include_str!("../../static/desk.js")),
    ("rows.js", "text/javascript; charset=utf-8", include_str!("../../static/rows.js")),
    ("line.js", "text/javascript; charset=utf-8", include_str!("../../static/line.js")),
    ("icon.svg", "image/svg+xml", include_str!("../../static/icon.svg")),
];

/// A part of the pages.
#[utoipa::path(get, path = "/static/{name}", tag = "pages",
    params(("name" = String, Path, description = "The name of the file: `desk.css`, `desk.js`, `rows.js`, `line.js` or `icon.svg`")),
    responses(
        (status = 200, description = "The file, as a part of the pages"),
        (status = 304, description = "The asker has this very file already"),
        (status = 404, description = "There is no such file", content_type = "text/html"),
    ))]
pub(crate) async fn asset(
    State(state): State<SharedState>,
    Path(name): Path<String>,
    asked: HeaderMap,
) -> Response {
    let Some((_, kind, text)) = ASSETS.iter().find(|(known, ..)| *known == name) else {
        return fault(&state, &Refusal::Unknown(format!("there is no file `{name}`")));
    };
    let tag = format!("\"{}\"", Identity::of("asset", text));
    let has = asked.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let mut answer = match has == Some(tag.as_str()) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => ([(header::CONTENT_TYPE, HeaderValue::from_static(kind))], *text).into_response(),
    };
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        headers.insert(header::ETAG, tag);
    }
    answer
}
