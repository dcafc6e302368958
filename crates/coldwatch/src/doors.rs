//! What a process answers over HTTP: health, metrics, events in, and the desk.
//!
//! - `guard`: who may ask
//! - `health`: `/livez`, `/readyz`
//! - `metrics`: `/metrics`
//! - `events`: `POST /v1/events`

pub(crate) mod events;
pub(crate) mod guard;
pub(crate) mod health;
pub(crate) mod metrics;
pub(crate) mod problem;

use crate::desk::Pages;
use crate::exit::Failure;
use crate::live::{Live, Watched};
use crate::services::Service;
use crate::watchdog;
use ::desk::Board;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};
use std::thread::JoinHandle;
use std::time::Duration;
use stream::{Clock, Log};

/// What every door knows.
pub(crate) struct Doors {
    pub(crate) log: Arc<dyn Log>,
    pub(crate) clock: Clock,
    pub(crate) watched: Vec<Watched>,
    /// What does not move here.
    pub(crate) still: watchdog::Told,
    /// Where the desk runs here.
    pub(crate) board: Option<Arc<RwLock<Board>>>,
    /// Whether that was ever near the end of the log.
    pub(crate) caught_up: AtomicBool,
    pub(crate) inbound: events::Inbound,
    pub(crate) rate: events::Rate,
    pub(crate) stop: Arc<AtomicBool>,
}

/// A server at work.
pub(crate) struct Serving {
    /// Where it listens: the port that was given, or the one that was free.
    pub(crate) address: SocketAddr,
    thread: JoinHandle<()>,
}

impl Serving {
    /// Opens the doors of a process. They close when it is asked to stop.
    pub(crate) fn start(
        live: &Live,
        with_events: bool,
        desk: Option<Pages>,
    ) -> Result<Self, Failure> {
        let token = live.config.token()?;
        let address = live.config.http.listen;
        let doors = Arc::new(Doors {
            log: live.log.clone(),
            clock: live.clock.clone(),
            watched: live.watched(),
            still: live.still.clone(),
            board: desk.as_ref().map(|desk| desk.board.clone()),
            caught_up: AtomicBool::new(false),
            inbound: events::Inbound::new(
                live.names.other(live.config.log.inbound.first().map_or("", |name| name)),
            ),
            rate: events::Rate::new(live.config.http.events_per_second),
            stop: live.stop.clone(),
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
        let mut router = Router::new()
            .route("/livez", get(health::livez))
            .route("/readyz", get(health::readyz))
            .route("/metrics", get(metrics::metrics));
        if with_events {
            // What is larger is refused with a sentence of ours, not in the middle of reading.
            let limit = DefaultBodyLimit::max(events::LARGEST + 4096);
            router = router.route("/v1/events", post(events::take).layer(limit));
        }
        let mut router: Router = router.with_state(doors.clone());
        if let Some(desk) = desk {
            router = router.merge(desk.router);
        }
        let guard = Arc::new(guard::Guard { token, loopback: address.ip().is_loopback() });
        let router = router.layer(axum::middleware::from_fn_with_state(guard, guard::pass));
        let stop = live.stop.clone();
        let thread = std::thread::Builder::new()
            .name("http".into())
            .spawn(move || runtime.block_on(serve(listener, router, stop)))
            .map_err(Failure::unavailable)?;
        Ok(Self { address, thread })
    }

    /// Waits until the doors are closed.
    pub(crate) fn finish(self) {
        // A door that panicked has said so.
        let _ = self.thread.join();
    }
}

async fn serve(listener: tokio::net::TcpListener, router: Router, stop: Arc<AtomicBool>) {
    let asked = stop.clone();
    let until = async move {
        while !asked.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let server = axum::serve(listener, router).with_graceful_shutdown(until);
    let late = async {
        while !stop.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        // Whoever still listens to the feed is not waited for.
        tokio::time::sleep(Duration::from_secs(2)).await;
    };
    tokio::select! {
        ended = async { server.await } => if let Err(error) = ended {
            tracing::error!(%error, "the doors are closed");
        },
        () = late => {}
    }
    stop.store(true, Ordering::Relaxed);
}

/// Whether intake's door belongs to these services.
pub(crate) fn takes_events(services: &[Service]) -> bool {
    services.contains(&Service::Intake)
}
