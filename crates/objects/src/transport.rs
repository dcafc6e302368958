//! How requests travel: by the client that the command has anyway, so that there is one TLS, one list of authorities
//! and no second tower of crates. It blocks, as its callers do: a thread that writes, or a start that reads.

use async_trait::async_trait;
use http_body_util::BodyExt;
use object_store::ClientOptions;
use object_store::client::{
    ClientConfigKey, HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest,
    HttpResponse, HttpResponseBody, HttpService,
};
use std::cell::Cell;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::{Duration, Instant};
use ureq::config::AutoHeaderValue;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, RequestExt, Timeout};

/// Another list of authorities than the one that is built in, by the usual name.
const AUTHORITIES: &str = "SSL_CERT_FILE";
const MIB: u64 = 1 << 20;

thread_local! {
    /// The status of the last answer that this thread had. Whoever asks waits on the thread on which the request travels.
    static STATUS: Cell<Option<u16>> = const { Cell::new(None) };
}

/// The HTTP status of the last answer that this thread had since it asked for it last; `None` where nobody answered.
pub(crate) fn take_status() -> Option<u16> {
    STATUS.take()
}

/// Makes clients.
#[derive(Debug)]
pub(crate) struct HttpTransport {
    roots: RootCerts,
    answer: Duration,
}

impl HttpTransport {
    pub(crate) fn new(environment: &[(String, String)], answer: Duration) -> Result<Self, String> {
        let named = environment.iter().find(|(name, _)| name == AUTHORITIES);
        let roots = match named {
            Some((_, file)) => {
                authorities(file).map_err(|e| format!("{AUTHORITIES}: {file}: {e}"))?
            }
            None => RootCerts::WebPki,
        };
        Ok(Self { roots, answer })
    }
}

fn authorities(file: &str) -> Result<RootCerts, String> {
    let pem = std::fs::read(file).map_err(|e| e.to_string())?;
    let items = parse_pem(&pem).filter_map(Result::ok);
    let all: Vec<Certificate<'static>> = items
        .filter_map(|item| match item {
            PemItem::Certificate(one) => Some(one),
            _ => None,
        })
        .collect();
    match all.is_empty() {
        true => Err("there is no certificate in it".into()),
        false => Ok(RootCerts::Specific(Arc::new(all))),
    }
}

impl HttpConnector for HttpTransport {
    fn connect(&self, options: &ClientOptions) -> object_store::Result<HttpClient> {
        let plain = options.get_config_value(&ClientConfigKey::AllowHttp);
        // Redirects and answers that are no good ones are the caller's business. What is sent is signed: nothing is added.
        let config = Agent::config_builder()
            .https_only(plain.as_deref() != Some("true"))
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .accept_encoding(AutoHeaderValue::None)
            .tls_config(TlsConfig::builder().root_certs(self.roots.clone()).build())
            .timeout_resolve(Some(self.answer / 2))
            .timeout_connect(Some(self.answer / 2))
            .timeout_send_request(Some(self.answer))
            .timeout_recv_response(Some(self.answer))
            .timeout_per_read(Some(self.answer))
            .build();
        Ok(HttpClient::new(Client { agent: Agent::new_with_config(config), answer: self.answer }))
    }
}

#[derive(Debug)]
struct Client {
    agent: Agent,
    answer: Duration,
}

#[async_trait]
impl HttpService for Client {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        STATUS.set(None);
        let (head, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        // What is large may take longer, but not for ever.
        let longest = self.answer + Duration::from_secs(body.len() as u64 / MIB);
        let answer = match body.is_empty() && head.method != "PUT" && head.method != "POST" {
            true => ureq::http::Request::from_parts(head, ()).with_agent(&self.agent).run(),
            false => ureq::http::Request::from_parts(head, &*body)
                .with_agent(&self.agent)
                .configure()
                .timeout_send_body(Some(longest))
                .run(),
        };
        let (head, mut body) = answer.map_err(fault)?.into_parts();
        STATUS.set(Some(head.status.as_u16()));
        let longest = self.answer + Duration::from_secs(body.content_length().unwrap_or(0) / MIB);
        let bytes = read(body.with_config().limit(u64::MAX).reader(), longest);
        let bytes = bytes.map_err(|error| fault(ureq::Error::from(error)))?;
        Ok(HttpResponse::from_parts(head, HttpResponseBody::from(bytes)))
    }
}

/// All of it, as long as it does not only trickle.
fn read(mut from: impl Read, longest: Duration) -> io::Result<Vec<u8>> {
    let (began, mut all, mut some) = (Instant::now(), Vec::new(), vec![0; 64 << 10]);
    loop {
        let n = from.read(&mut some)?;
        if n == 0 {
            return Ok(all);
        }
        all.extend_from_slice(&some[..n]);
        if began.elapsed() > longest {
            return Err(io::Error::new(io::ErrorKind::TimedOut, "the answer takes too long"));
        }
    }
}

/// What may be tried again is told by its kind.
fn fault(error: ureq::Error) -> HttpError {
    let kind = match &error {
        ureq::Error::Timeout(Timeout::Connect | Timeout::Resolve)
        | ureq::Error::HostNotFound
        | ureq::Error::ConnectionFailed => HttpErrorKind::Connect,
        ureq::Error::Timeout(_) => HttpErrorKind::Timeout,
        ureq::Error::Io(error) => match error.kind() {
            io::ErrorKind::ConnectionRefused => HttpErrorKind::Connect,
            io::ErrorKind::TimedOut => HttpErrorKind::Timeout,
            _ => HttpErrorKind::Interrupted,
        },
        _ => HttpErrorKind::Unknown,
    };
    match error {
        // These name the whole address, in which a token may stand.
        ureq::Error::RequireHttpsOnly(_) => HttpError::new(
            kind,
            io::Error::other(
                "its address speaks no TLS; where that is meant, allow it (AWS_ALLOW_HTTP=true)",
            ),
        ),
        ureq::Error::BadUri(_) => {
            HttpError::new(kind, io::Error::other("its address is none that can be asked"))
        }
        error => HttpError::new(kind, error),
    }
}

#[cfg(test)]
mod tests {
    use super::fault;

    #[test]
    fn no_fault_shows_an_address_in_which_a_token_may_stand() {
        let address = || "http://store.example/c/f?sig=hunter2".to_owned();
        for error in [ureq::Error::RequireHttpsOnly(address()), ureq::Error::BadUri(address())] {
            let fault = fault(error);
            assert!(!format!("{fault} {fault:?}").contains("hunter2"), "{fault:?}");
        }
    }
}
