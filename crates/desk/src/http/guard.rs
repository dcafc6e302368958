//! Headers of every answer, and who may send a form: nothing from elsewhere is run, framed or asked for,
//! and no other site can make a browser take an incident.

use crate::refusal::Refusal;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;

/// What a page may load and where it may send.
pub(crate) const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; \
img-src 'self' data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Puts them on.
pub(crate) async fn headers(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    let always = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "same-origin"),
    ];
    for (name, value) in always {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // What is true now is kept nowhere.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    answer
}

/// Refuses what a browser sends on behalf of another site. Programs that are no browsers say nothing of the sort.
pub(crate) fn same_site(asked: &HeaderMap) -> Result<(), Refusal> {
    let text = |name: &str| asked.get(name).and_then(|value| value.to_str().ok());
    let foreign = match (text("sec-fetch-site"), text("origin")) {
        (Some(site), _) => !matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let host = origin.split_once("://").map(|(_, host)| host);
            host.is_none() || host != text("host")
        }
        (None, None) => false,
    };
    match foreign {
        true => Err(Refusal::Foreign(
            "this act was sent by a page of another site: open the desk itself and send it there"
                .into(),
        )),
        false => Ok(()),
    }
}
