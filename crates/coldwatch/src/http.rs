//! What a process answers over HTTP: health, metrics, events in, and the desk.
//!
//! - `serving`: connections, and when they end
//! - `guard`: who may ask
//! - `sign_in`: how a browser does
//! - `rates`: how much
//! - `reach`: whether the log answers
//! - `health`: `/livez`, `/readyz`
//! - `metrics`: `/metrics`
//! - `events`: `POST /v1/events`

pub(crate) mod events;
pub(crate) mod guard;
pub(crate) mod health;
pub(crate) mod metrics;
pub(crate) mod problem;
mod rates;
pub(crate) mod reach;
mod serving;
mod sign_in;
pub(crate) mod waiting;

use crate::desk::Pages;
use crate::exit::Failure;
use crate::measures::{self, Measures};
use crate::services::Service;
use crate::supervisor::{SupervisedService, Supervisor};
use crate::watchdog;
use ::desk::ReadModel;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use pipeline::Topic;
use problem::Problem;
use std::net::SocketAddr;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use stream::{Clock, Log};
use tower_http::compression::CompressionLayer;

/// What every door knows.
pub(crate) struct HttpState {
    pub(crate) log: Arc<dyn Log>,
    pub(crate) clock: Clock,
    pub(crate) watched: Vec<SupervisedService>,
    /// What does not move here.
    pub(crate) still: watchdog::Told,
    /// Where the desk runs here.
    pub(crate) board: Option<Arc<RwLock<ReadModel>>>,
    /// Whether that was ever near the end of the log.
    pub(crate) caught_up: AtomicBool,
    pub(crate) inbound: events::Inbound,
    pub(crate) room: events::IngestCapacity,
    /// Events of all senders that are taken, and records of each, whether or not they can be.
    pub(crate) rate: rates::Rate,
    pub(crate) senders: rates::Rates,
    /// Whether the log answers.
    pub(crate) reach: Arc<reach::Reach>,
    /// What this process has measured.
    pub(crate) measures: Arc<Measures>,
    pub(crate) stop: Arc<AtomicBool>,
}

/// A server at work.
pub(crate) struct HttpServer {
    /// Where it listens: the port that was given, or the one that was free.
    pub(crate) address: SocketAddr,
    thread: JoinHandle<()>,
}

impl HttpServer {
    /// Opens the doors of a process. They close when it is asked to stop.
    pub(crate) fn start(
        supervisor: &Supervisor,
        with_events: bool,
        desk: Option<Pages>,
    ) -> Result<Self, Failure> {
        let token = supervisor.config.token()?;
        let address = supervisor.config.http.listen;
        let ours = Topic::ALL.map(|topic| supervisor.names.topic(topic).to_string()).into_iter();
        let inbound = supervisor.config.log.inbound.iter().map(|name| supervisor.names.other(name));
        let asked = ours.chain(inbound).collect();
        let reach = reach::Reach::start(supervisor.log.clone(), asked, supervisor.stop.clone());
        let reach = reach.map_err(Failure::unavailable)?;
        let reach = supervisor.reach.get_or_init(|| reach).clone();
        let a_second = supervisor.config.http.events_per_second;
        let state = Arc::new(HttpState {
            log: supervisor.log.clone(),
            clock: supervisor.clock.clone(),
            watched: supervisor.watched(),
            still: supervisor.still.clone(),
            board: desk.as_ref().map(|desk| desk.board.clone()),
            caught_up: AtomicBool::new(false),
            inbound: events::Inbound::new(
                supervisor
                    .names
                    .other(supervisor.config.log.inbound.first().map_or("", |name| name)),
            ),
            room: events::IngestCapacity::default(),
            rate: rates::Rate::new(a_second),
            senders: rates::Rates::new(a_second, a_second.saturating_mul(10)),
            reach,
            measures: supervisor.measures.clone(),
            stop: supervisor.stop.clone(),
        });
        let wrong = |e: std::io::Error| {
            let sentence = format!("the door (http.listen) at {address} cannot be opened: {e}");
            Failure::unavailable(sentence)
        };
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(wrong)?;
        let listener = runtime.block_on(tokio::net::TcpListener::bind(address)).map_err(wrong)?;
        let address = listener.local_addr().map_err(wrong)?;
        let described = ::desk::document().map_err(Failure::internal)?;
        let heard = |method: &str, path: &str| {
            let takes: Arc<[String]> = ::desk::takes(&described, method, path).into();
            middleware::from_fn_with_state(takes, heard)
        };
        let mut router = Router::new()
            // A probe of life is not refused for how it is spelt: that would end a process that lives.
            .route("/livez", get(health::livez))
            .route("/readyz", get(health::readyz).layer(heard("get", "/readyz")))
            .route("/metrics", get(metrics::metrics).layer(heard("get", "/metrics")));
        if with_events {
            let take = post(events::take).layer(heard("post", "/v1/events"));
            router = router.route("/v1/events", take);
        }
        let mut router: Router = router.with_state(state.clone());
        if let Some(desk) = desk {
            // What people and programs read goes out compressed; of the feed, whose events would wait for the next one, the
            // layer keeps away by itself.
            router = router.merge(desk.router.layer(CompressionLayer::new()));
        }
        let guard = Arc::new(guard::Guard::new(token, address.ip().is_loopback()));
        let router = router
            .layer(middleware::from_fn(in_time))
            .layer(middleware::from_fn_with_state(supervisor.measures.clone(), measured))
            .layer(middleware::from_fn_with_state(guard, guard::pass));
        let (most, stop) =
            (serving::most(supervisor.config.http.connections), supervisor.stop.clone());
        let thread = std::thread::Builder::new()
            .name("http".into())
            .spawn(move || {
                runtime.block_on(serving::serve(listener, router, most, stop));
                // What still waits for the log is not waited for.
                runtime.shutdown_background();
            })
            .map_err(Failure::unavailable)?;
        Ok(Self { address, thread })
    }

    /// Waits until the doors are closed.
    pub(crate) fn finish(self) {
        // A door that panicked has said so.
        let _ = self.thread.join();
    }
}

/// Answers nobody who asked for something that is not heard. A sender that is still sending hears of it only afterwards.
async fn heard(State(takes): State<Arc<[String]>>, request: Request, next: Next) -> Response {
    let Some(sentence) = ::desk::unheard(request.uri(), &takes) else {
        return next.run(request).await;
    };
    events::pass_over(request.into_body()).await;
    Problem::new(StatusCode::BAD_REQUEST, sentence).into_response()
}

/// A body has so long to come, and is no larger. What intake takes is looked after by itself.
const COMES_WITHIN: Duration = Duration::from_secs(30);
const LARGEST: usize = 64 << 10;

/// Reads what is sent before anybody acts on it.
async fn in_time(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if reads || request.uri().path() == "/v1/events" {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    match tokio::time::timeout(COMES_WITHIN, to_bytes(body, LARGEST)).await {
        Ok(Ok(bytes)) => next.run(Request::from_parts(parts, Body::from(bytes))).await,
        Ok(Err(_)) => {
            let detail = format!("more than {LARGEST} bytes, or cut off");
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail).into_response()
        }
        Err(_) => {
            let detail = format!("the body did not come within {} s", COMES_WITHIN.as_secs());
            Problem::new(StatusCode::REQUEST_TIMEOUT, detail).into_response()
        }
    }
}

/// Notes how long it takes until an answer begins. A path that no door has is one with all others: whoever makes them up must not
/// make names of metrics.
async fn measured(
    State(measures): State<Arc<Measures>>,
    path: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let (begun, method) = (Instant::now(), request.method().clone());
    let method = if METHODS.contains(&method) { method.to_string() } else { "other".to_owned() };
    let answer = next.run(request).await;
    let status = answer.status().as_str().to_owned();
    let route = path.as_ref().map_or("other", MatchedPath::as_str);
    let labels = [("route", route), ("method", &*method), ("status", &*status)];
    measures::note(&measures.answered, &labels, begun.elapsed().as_secs_f64());
    answer
}

const METHODS: [Method; 5] = [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE];

/// Whether intake's door belongs to these services.
pub(crate) fn takes_events(services: &[Service]) -> bool {
    services.contains(&Service::Intake)
}
