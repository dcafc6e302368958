//! Who may ask. On loopback: this machine, and no page of another site in its browser. Elsewhere: whoever has the
//! bearer token, in the header or, for a browser, in the cookie that signing in with it sets.

use super::problem::Problem;
use super::rates::{Peer, Rates};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use std::time::Duration;

/// What is asked for.
pub(crate) struct Guard {
    pub(crate) token: Option<String>,
    pub(crate) loopback: bool,
    /// Wrong tokens, from each address.
    pub(crate) wrong: Rates,
}

/// So many wrong tokens an address may bring at once; from then on one a second.
const WRONG: u32 = 20;
/// The next ones are answered so much later.
const LATER: Duration = Duration::from_secs(1);

const COOKIE: &str = "coldwatch";

impl Guard {
    pub(crate) fn new(token: Option<String>, loopback: bool) -> Self {
        Self { token, loopback, wrong: Rates::new(1, WRONG) }
    }
}

/// Lets a request pass, or not.
pub(crate) async fn pass(
    State(guard): State<Arc<Guard>>,
    request: Request<Body>,
    next: Next,
) -> Response {
    let (peer, path) = (Peer::of(&request), request.uri().path());
    if path == "/sign-in" && guard.token.is_some() {
        let tries = *request.method() == Method::POST;
        let answer = guard.sign_in(request).await;
        let wrong = tries && answer.status() == StatusCode::UNAUTHORIZED;
        return if wrong { guard.was_wrong(peer, answer).await } else { answer };
    }
    // Whoever starts and watches processes asks without a token, and learns nothing of any shipment.
    if guard.is_open(path, request.headers()) {
        return next.run(request).await;
    }
    match guard.refuses(request.method(), request.headers(), request.uri()) {
        None => next.run(request).await,
        // Who brings no token at all only has to sign in.
        Some(refusal) if request.headers().contains_key(header::AUTHORIZATION) => {
            guard.was_wrong(peer, refusal).await
        }
        Some(refusal) => refusal,
    }
}

impl Guard {
    /// A wrong token. Who tries many waits; who has the right one never does, though they may come from one proxy.
    async fn was_wrong(&self, peer: Peer, answer: Response) -> Response {
        let may = self.wrong.may(peer);
        self.wrong.charge(peer, 1);
        let Err(seconds) = may else { return answer };
        tokio::time::sleep(LATER).await;
        let detail = "too many wrong tokens came from this address";
        Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).again_in(seconds).into_response()
    }

    /// Metrics tell how much there is, so on loopback they are not for a page that has its own name point here.
    fn is_open(&self, path: &str, headers: &HeaderMap) -> bool {
        let host = || headers.get(header::HOST).and_then(|host| host.to_str().ok());
        match path {
            "/livez" | "/readyz" => true,
            "/metrics" => !self.loopback || host().is_some_and(is_loopback),
            _ => false,
        }
    }

    fn refuses(&self, method: &Method, headers: &HeaderMap, uri: &Uri) -> Option<Response> {
        let text =
            |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let host = text(header::HOST);
        let no = |status, detail: &str| Some(Problem::new(status, detail).into_response());
        if let Some(token) = &self.token {
            let bearer = text(header::AUTHORIZATION).strip_prefix("Bearer ").map(str::trim);
            let cookie = text(header::COOKIE).split(';').find_map(|one| {
                one.trim().strip_prefix(COOKIE).and_then(|rest| rest.strip_prefix('='))
            });
            let may = bearer.is_some_and(|given| same(given, token))
                || cookie.is_some_and(|given| same(given, &seal(token)));
            if !may {
                let page = text(header::ACCEPT).contains("text/html") && *method == Method::GET;
                return match page {
                    true => Some(sign_in_page(StatusCode::UNAUTHORIZED, uri.path())),
                    false => no(
                        StatusCode::UNAUTHORIZED,
                        "a bearer token is needed: `Authorization: Bearer …`",
                    ),
                };
            }
        } else if self.loopback && !is_loopback(host) {
            return no(
                StatusCode::FORBIDDEN,
                "this address answers to this machine alone, under its own name",
            );
        }
        // A page of another site must not act for whoever looks at it.
        let acts = !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        let origin = text(header::ORIGIN);
        let foreign = !origin.is_empty() && origin.split("://").nth(1) != Some(host);
        let cross = matches!(
            text(header::HeaderName::from_static("sec-fetch-site")),
            "cross-site" | "same-site"
        );
        if acts && (foreign || cross) {
            return no(StatusCode::FORBIDDEN, "a page of another site asked for this");
        }
        None
    }

    /// A form with the token in, a cookie out.
    async fn sign_in(&self, request: Request<Body>) -> Response {
        let Some(token) = self.token.as_ref().filter(|_| *request.method() == Method::POST) else {
            return sign_in_page(StatusCode::OK, "/");
        };
        let secure = if came_over_tls(request.headers()) { "; Secure" } else { "" };
        let body = axum::body::to_bytes(request.into_body(), 4096);
        let body = tokio::time::timeout(super::COMES_WITHIN, body).await;
        let body = body.ok().and_then(Result::ok).unwrap_or_default();
        let form = String::from_utf8_lossy(&body).into_owned();
        let given =
            form.split('&').find_map(|pair| pair.strip_prefix("token=")).unwrap_or_default();
        if !same(&plain(given), token) {
            return sign_in_page(StatusCode::UNAUTHORIZED, "/");
        }
        let cookie = format!(
            "{COOKIE}={}; HttpOnly; SameSite=Strict; Path=/; Max-Age=43200{secure}",
            seal(token)
        );
        let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, "/")]).into_response();
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().insert(header::SET_COOKIE, cookie);
        }
        response
    }
}

/// Whether whoever ends TLS before us says that the browser came over it. Who lies here spoils a cookie of their own.
fn came_over_tls(headers: &HeaderMap) -> bool {
    let proto = headers.get("x-forwarded-proto").and_then(|proto| proto.to_str().ok());
    let first = proto.and_then(|proto| proto.split(',').next());
    first.is_some_and(|first| first.trim().eq_ignore_ascii_case("https"))
}

/// What the cookie holds: not the token itself.
fn seal(token: &str) -> String {
    let hash = Sha256::new().chain_update("coldwatch cookie\0").chain_update(token).finalize();
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Compares hashes, so that the time it takes tells nothing.
fn same(given: &str, token: &str) -> bool {
    Sha256::digest(given) == Sha256::digest(token)
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
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

fn sign_in_page(status: StatusCode, _: &str) -> Response {
    let page = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
        <meta name=\"viewport\" content=\"width=device-width\"><title>Sign in · coldwatch</title>\
        <main><h1>coldwatch</h1><form method=\"post\" action=\"/sign-in\">\
        <p><label>Token <input name=\"token\" type=\"password\" autocomplete=\"current-password\" required></label>\
        <p><button>Sign in</button></form></main>";
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
        ),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (status, headers, page).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(guard: &Guard, method: Method, headers: &[(&'static str, &str)]) -> Option<u16> {
        let mut all = HeaderMap::new();
        for (name, value) in headers {
            all.insert(*name, HeaderValue::from_str(value).expect("a header"));
        }
        guard
            .refuses(&method, &all, &Uri::from_static("/v1/incidents"))
            .map(|r| r.status().as_u16())
    }

    #[test]
    fn on_loopback_this_machine_asks_and_no_page_of_another_site() {
        let guard = Guard::new(None, true);
        let (get, post) = (Method::GET, Method::POST);
        assert_eq!(asks(&guard, get.clone(), &[("host", "127.0.0.1:8080")]), None);
        assert_eq!(asks(&guard, get, &[("host", "rebound.example:8080")]), Some(403));
        let here = ("host", "localhost:8080");
        assert_eq!(asks(&guard, post.clone(), &[here]), None, "a program");
        assert_eq!(asks(&guard, post.clone(), &[here, ("origin", "http://localhost:8080")]), None);
        assert_eq!(
            asks(&guard, post.clone(), &[here, ("origin", "http://evil.example")]),
            Some(403)
        );
        assert_eq!(asks(&guard, post, &[here, ("sec-fetch-site", "cross-site")]), Some(403));
    }

    #[test]
    fn health_and_metrics_need_no_token() {
        let host = |name: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_str(name).expect("a header"));
            headers
        };
        let (here, rebound) = (host("localhost:8080"), host("rebound.example:8080"));
        for token in [None, Some("0123456789abcdef".to_owned())] {
            let elsewhere = Guard::new(token.clone(), false);
            let loopback = Guard::new(token, true);
            for path in ["/livez", "/readyz", "/metrics"] {
                assert!(
                    elsewhere.is_open(path, &rebound) && loopback.is_open(path, &here),
                    "{path}"
                );
            }
            assert!(!loopback.is_open("/metrics", &rebound) && !loopback.is_open("/", &here));
            assert!(!elsewhere.is_open("/v1/incidents", &here));
        }
    }

    #[test]
    fn elsewhere_the_token_is_needed_in_the_header_or_as_the_cookie_that_it_sets() {
        let token = "0123456789abcdef";
        let guard = Guard::new(Some(token.into()), false);
        let host = ("host", "watch.example");
        let get = || Method::GET;
        assert_eq!(asks(&guard, get(), &[host]), Some(401));
        assert_eq!(asks(&guard, get(), &[host, ("authorization", "Bearer wrong")]), Some(401));
        assert_eq!(
            asks(&guard, get(), &[host, ("authorization", &format!("Bearer {token}"))]),
            None
        );
        assert_eq!(
            asks(&guard, get(), &[host, ("cookie", &format!("a=b; coldwatch={}", seal(token)))]),
            None
        );
        assert_eq!(
            asks(&guard, get(), &[host, ("cookie", &format!("coldwatch={token}"))]),
            Some(401)
        );
        let cookie = format!("coldwatch={}", seal(token));
        let forged = [host, ("cookie", &*cookie), ("origin", "https://evil.example")];
        assert_eq!(asks(&guard, Method::POST, &forged), Some(403));
    }

    #[tokio::test(start_paused = true)]
    async fn who_brings_many_wrong_tokens_waits_and_others_do_not() {
        let guard = Guard::new(Some("0123456789abcdef".into()), false);
        let peer = |n: u8| Peer(std::net::IpAddr::from([10, 0, 0, n]));
        let answer = || StatusCode::UNAUTHORIZED.into_response();
        for _ in 0..WRONG {
            assert_eq!(guard.was_wrong(peer(1), answer()).await.status(), 401);
        }
        // Time goes on a little, so there may be room for one more.
        guard.was_wrong(peer(1), answer()).await;
        let refused = guard.was_wrong(peer(1), answer()).await;
        assert_eq!(refused.status(), 429);
        assert!(refused.headers().contains_key(header::RETRY_AFTER));
        assert_eq!(guard.was_wrong(peer(2), answer()).await.status(), 401);
    }

    #[tokio::test]
    async fn the_cookie_of_a_browser_that_came_over_tls_stays_on_tls() {
        let token = "0123456789abcdef";
        let guard = Guard::new(Some(token.into()), false);
        for (proto, secure) in [
            (None, false),
            (Some("http"), false),
            (Some("https"), true),
            (Some("HTTPS, http"), true),
            (Some("http, https"), false),
        ] {
            let mut request = Request::post("/sign-in");
            if let Some(proto) = proto {
                request = request.header("x-forwarded-proto", proto);
            }
            let body = Body::from(format!("token={token}"));
            let answer = guard.sign_in(request.body(body).expect("a request")).await;
            let cookie = answer.headers().get(header::SET_COOKIE).expect("a cookie");
            let cookie = cookie.to_str().expect("a text");
            assert_eq!(cookie.contains("; Secure"), secure, "{proto:?}: {cookie}");
            assert!(cookie.contains("; HttpOnly; SameSite=Strict"), "{cookie}");
        }
    }
}
