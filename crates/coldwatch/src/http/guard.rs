//! Who may ask. On loopback: this machine, and no page of another site in its browser. Elsewhere: whoever has the
//! bearer token, in the header or, for a browser, in the cookie that signing in with it sets.

use super::problem::Problem;
use super::rates::{Peer, Rates};
use super::sign_in;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Method, Request, StatusCode, Uri, header};
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

/// So many wrong tokens an address may bring at once; from then on one a second is answered as such.
const WRONG: u32 = 20;
/// The next ones are refused, and so much later. A token has 16 characters and more: this spares us work, the length keeps it safe.
const LATER: Duration = Duration::from_secs(1);

/// Whether a token is brought, or the cookie of one.
fn brings_something(headers: &HeaderMap) -> bool {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|all| all.to_str().ok());
    let mut cookies = cookies.flat_map(|all| all.split(';'));
    headers.contains_key(header::AUTHORIZATION)
        || cookies.any(|one| one.trim().starts_with(sign_in::COOKIE))
}

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
    if let (Some(token), "/sign-in") = (&guard.token, path) {
        let (answer, was_wrong) = sign_in::answer(token, request).await;
        return if was_wrong { guard.was_wrong(peer, answer).await } else { answer };
    }
    // Whoever starts and watches processes asks without a token, and learns nothing of any shipment.
    if guard.is_open(path, request.headers()) {
        return next.run(request).await;
    }
    match guard.refuses(request.method(), request.headers(), request.uri()) {
        None if path == "/sign-out" && guard.token.is_some() => sign_in::out(&request),
        None => next.run(request).await,
        // Who brings nothing at all only has to sign in.
        Some(refusal) if brings_something(request.headers()) => {
            guard.was_wrong(peer, refusal).await
        }
        Some(refusal) => refusal,
    }
}

impl Guard {
    /// A wrong token. Who tries many waits; who has the right one never does, though they may come from one proxy.
    async fn was_wrong(&self, peer: Peer, answer: Response) -> Response {
        let Err(seconds) = self.wrong.may(peer) else {
            self.wrong.charge(peer, 1);
            return answer;
        };
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
            let bearer = text(header::AUTHORIZATION).split_once(' ');
            let bearer = bearer.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
            let bearer = bearer.map(|(_, token)| token.trim());
            let cookie = text(header::COOKIE).split(';').find_map(|one| {
                one.trim().strip_prefix(sign_in::COOKIE).and_then(|rest| rest.strip_prefix('='))
            });
            let may = bearer.is_some_and(|given| same(given, token))
                || cookie.is_some_and(|given| same(given, &sign_in::seal(token)));
            if !may {
                let page = text(header::ACCEPT).contains("text/html") && *method == Method::GET;
                return match page {
                    true => Some(sign_in::page(StatusCode::UNAUTHORIZED, uri, None)),
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
}

/// Compares hashes, so that the time it takes tells nothing.
pub(super) fn same(given: &str, token: &str) -> bool {
    Sha256::digest(given) == Sha256::digest(token)
}

fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

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
            asks(&guard, get(), &[host, ("authorization", &format!("bearer {token}"))]),
            None
        );
        assert_eq!(
            asks(
                &guard,
                get(),
                &[host, ("cookie", &format!("a=b; coldwatch={}", sign_in::seal(token)))]
            ),
            None
        );
        assert_eq!(
            asks(&guard, get(), &[host, ("cookie", &format!("coldwatch={token}"))]),
            Some(401)
        );
        let cookie = format!("coldwatch={}", sign_in::seal(token));
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
}
