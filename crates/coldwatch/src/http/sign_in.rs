//! Signing in with the token, by a browser: a form with the token in, a cookie out, and back to the page that was asked for.

use super::COMES_WITHIN;
use super::guard::same;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// Holds the seal of the token.
pub(super) const COOKIE: &str = "coldwatch";
/// Half a day: a shift, and some more.
const LASTS: u32 = 43_200;
/// The longest form.
const LARGEST: usize = 16 << 10;

/// What the cookie holds: not the token itself.
pub(super) fn seal(token: &str) -> String {
    let hash = Sha256::new().chain_update("coldwatch cookie\0").chain_update(token).finalize();
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The form, or what comes of it; and whether a wrong token was in it.
pub(super) async fn answer(token: &str, request: Request<Body>) -> (Response, bool) {
    if *request.method() != Method::POST {
        return (page(StatusCode::OK, &Uri::from_static("/"), None), false);
    }
    let secure = came_over_tls(request.headers());
    let body = tokio::time::timeout(COMES_WITHIN, to_bytes(request.into_body(), LARGEST)).await;
    let body = body.ok().and_then(Result::ok).unwrap_or_default();
    let form = String::from_utf8_lossy(&body).into_owned();
    let field = |name: &str| {
        let pair = form.split('&').filter_map(|pair| pair.split_once('='));
        pair.filter(|(key, _)| *key == name).map(|(_, value)| plain(value)).next()
    };
    let next = here(&field("next").unwrap_or_default());
    if !same(&field("token").unwrap_or_default(), token) {
        return (page(StatusCode::UNAUTHORIZED, &next, Some("That token is wrong.")), true);
    }
    (go(&next, &format!("{}; Max-Age={LASTS}", seal(token)), secure), false)
}

/// Takes the cookie from the browser and leads to the first page, which asks for the token again.
pub(super) fn out(request: &Request<Body>) -> Response {
    match *request.method() {
        Method::POST => go(&Uri::from_static("/"), "; Max-Age=0", came_over_tls(request.headers())),
        _ => page(StatusCode::METHOD_NOT_ALLOWED, &Uri::from_static("/"), None),
    }
}

/// To a page, with a cookie.
fn go(to: &Uri, cookie: &str, secure: bool) -> Response {
    let secure = if secure { "; Secure" } else { "" };
    let cookie = format!("{COOKIE}={cookie}; HttpOnly; SameSite=Strict; Path=/{secure}");
    let mut response =
        (StatusCode::SEE_OTHER, [(header::LOCATION, to.to_string())]).into_response();
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}

/// A page of ours, and none of another site.
fn here(text: &str) -> Uri {
    let ours = text.starts_with('/') && !text.starts_with("//") && !text.contains('\\');
    let uri = if ours { text.parse().ok() } else { None };
    uri.filter(|uri: &Uri| uri.authority().is_none()).unwrap_or(Uri::from_static("/"))
}

/// Whether whoever ends TLS before us says that the browser came over it. Who lies here spoils a cookie of their own.
fn came_over_tls(headers: &HeaderMap) -> bool {
    let proto = headers.get("x-forwarded-proto").and_then(|proto| proto.to_str().ok());
    let first = proto.and_then(|proto| proto.split(',').next());
    first.is_some_and(|first| first.trim().eq_ignore_ascii_case("https"))
}

/// Undoes the encoding of a form.
fn plain(text: &str) -> String {
    let bytes = text.replace('+', " ").into_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let hex = (*byte == b'%')
            .then(|| std::str::from_utf8(bytes.get(at + 1..at + 3)?).ok())
            .flatten()
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(hex.unwrap_or(*byte));
        at += if hex.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Text as it may stand in an attribute.
fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        match c {
            '&' | '<' | '>' | '"' | '\'' => drop(write!(out, "&#{};", u32::from(c))),
            c => out.push(c),
        }
        out
    })
}

/// The form. `next` is the page that was asked for.
pub(super) fn page(status: StatusCode, next: &Uri, wrong: Option<&str>) -> Response {
    let next = escaped(next.path_and_query().map_or("/", |next| next.as_str()));
    let wrong = wrong.map_or(String::new(), |wrong| {
        format!("<p id=\"wrong\" role=\"alert\"><strong>{wrong}</strong></p>")
    });
    let described =
        if wrong.is_empty() { "" } else { " aria-describedby=\"wrong\" aria-invalid=\"true\"" };
    let page = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
        <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
        <meta name=\"color-scheme\" content=\"light dark\"><title>Sign in · coldwatch</title></head>\
        <body><main><h1>coldwatch</h1>{wrong}<form method=\"post\" action=\"/sign-in\">\
        <input type=\"hidden\" name=\"next\" value=\"{next}\">\
        <p><label>Token <input name=\"token\" type=\"password\" autocomplete=\"current-password\"{described} required></label></p>\
        <p><button>Sign in</button></p></form></main></body></html>"
    );
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, page).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef";

    async fn post(proto: Option<&str>, form: String) -> (Response, bool) {
        let mut request = Request::post("/sign-in");
        if let Some(proto) = proto {
            request = request.header("x-forwarded-proto", proto);
        }
        answer(TOKEN, request.body(Body::from(form)).expect("a request")).await
    }

    fn header(answer: &Response, name: header::HeaderName) -> String {
        let value = answer.headers().get(name).and_then(|value| value.to_str().ok());
        value.unwrap_or_default().to_owned()
    }

    #[tokio::test]
    async fn the_cookie_of_a_browser_that_came_over_tls_stays_on_tls() {
        for (proto, secure) in [
            (None, false),
            (Some("http"), false),
            (Some("https"), true),
            (Some("HTTPS, http"), true),
            (Some("http, https"), false),
        ] {
            let (answer, wrong) = post(proto, format!("token={TOKEN}")).await;
            let cookie = header(&answer, header::SET_COOKIE);
            assert!(!wrong);
            assert_eq!(cookie.contains("; Secure"), secure, "{proto:?}: {cookie}");
            assert!(cookie.contains(&seal(TOKEN)), "{cookie}");
            assert!(cookie.contains("; HttpOnly; SameSite=Strict"), "{cookie}");
        }
    }

    #[tokio::test]
    async fn who_signs_in_comes_to_the_page_that_was_asked_for_and_to_none_of_another_site() {
        for (next, to) in [
            ("%2Fshipments%2FSHP-1%3Fa%3Db", "/shipments/SHP-1?a=b"),
            ("", "/"),
            ("%2F%2Fevil.example", "/"),
            ("https%3A%2F%2Fevil.example", "/"),
            ("%2F%5Cevil.example", "/"),
            ("%2Fa%0D%0Ab", "/"),
        ] {
            let (answer, _) = post(None, format!("next={next}&token={TOKEN}")).await;
            assert_eq!(answer.status(), StatusCode::SEE_OTHER);
            assert_eq!(header(&answer, header::LOCATION), to, "{next}");
        }
    }

    #[tokio::test]
    async fn a_wrong_token_is_called_wrong_and_the_page_that_was_asked_for_is_kept() {
        let (answer, wrong) = post(None, "next=%2Fboard%3F%22%3E%3Cb&token=no".into()).await;
        assert!(wrong && answer.status() == StatusCode::UNAUTHORIZED);
        assert_eq!(header(&answer, header::X_CONTENT_TYPE_OPTIONS), "nosniff");
        let page = to_bytes(answer.into_body(), LARGEST).await.expect("a page");
        let page = String::from_utf8_lossy(&page).into_owned();
        assert!(page.contains("That token is wrong."), "{page}");
        assert!(page.contains("color-scheme") && !page.contains("\"><b"), "{page}");
        let (answer, _) = post(None, "next=%2Fboard&token=no".into()).await;
        let page = to_bytes(answer.into_body(), LARGEST).await.expect("a page");
        assert!(String::from_utf8_lossy(&page).contains("value=\"/board\""));
    }

    #[test]
    fn who_signs_out_has_no_cookie_any_more() {
        let request = Request::post("/sign-out").body(Body::empty()).expect("a request");
        let answer = out(&request);
        assert!(header(&answer, header::SET_COOKIE).starts_with("coldwatch=; Max-Age=0"));
    }
}
