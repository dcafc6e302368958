//! Connections: taken in, served, and ended when they are slow, idle, or too many.
//!
//! Whoever opens many, or sends or reads one byte a minute, must not keep health, alerts and the log from theirs.

use super::problem::Problem;
use super::rates::Peer;
use crate::shares::{Share, Shares};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_io_timeout::TimeoutWriter;
use tower::ServiceExt;

/// A head has so long to come, and a connection on which nothing is asked stays open for so long: proxies keep theirs for
/// 60 s, and must be the first to close.
const HEADERS: Duration = Duration::from_secs(65);
/// The same for those who are let in for a question about the process alone.
const PROBES: Duration = Duration::from_secs(2);
/// So many of these, beside all others.
const SPARE: usize = 16;
/// An answer must be read on within so long. The feed says something every 15 s.
const WRITES: Duration = Duration::from_secs(30);
/// What is being answered has so long to be done when the process stops.
const LEAVES: Duration = Duration::from_secs(2);
/// How often it is looked whether the process stops.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Descriptors that stay for the log, snapshots and their indexes.
const KEPT_BACK: usize = 200;
/// Fewer connections than this are no server.
const FEWEST: usize = 32;

/// How many connections there may be: as configured, or as many as the process may have descriptors for.
pub(super) fn most(configured: u16) -> usize {
    let may = descriptors().map_or(usize::MAX, |all| all.saturating_sub(KEPT_BACK));
    usize::from(configured).min(may).max(FEWEST)
}

/// How many descriptors this process may have; `None` where the system does not say.
fn descriptors() -> Option<usize> {
    let limits = std::fs::read_to_string("/proc/self/limits").ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Who is connected.
struct Seats {
    all: Arc<Semaphore>,
    /// For whoever asks after the process when all other places are taken.
    spare: Arc<Semaphore>,
    /// One address has half of them at the most.
    of_each: Shares<Peer>,
}

/// A place, given back when it is dropped.
struct Seat {
    _one: OwnedSemaphorePermit,
    /// Whose share it is of; a spare one is of nobody's.
    share: Option<Share<Peer>>,
}

impl Seats {
    fn new(most: usize) -> Self {
        let (all, spare) = (Semaphore::new(most), Semaphore::new(SPARE));
        let (all, spare) = (Arc::new(all), Arc::new(spare));
        Self { all, spare, of_each: Shares::new(most / 2) }
    }

    /// A place for an address, or a spare one where it has enough, or all are taken.
    fn take(&self, of: Peer) -> Option<Seat> {
        self.share(of).or_else(|| {
            let one = self.spare.clone().try_acquire_owned().ok()?;
            Some(Seat { _one: one, share: None })
        })
    }

    fn share(&self, of: Peer) -> Option<Seat> {
        let one = self.all.clone().try_acquire_owned().ok()?;
        Some(Seat { _one: one, share: Some(self.of_each.take(of, 1)?) })
    }
}

impl Seat {
    fn is_spare(&self) -> bool {
        self.share.is_none()
    }
}

/// Serves until it is asked to stop.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    most: usize,
    stop: Arc<AtomicBool>,
) {
    let seats = Seats::new(most);
    let (leave, leaves) = watch::channel(false);
    loop {
        let stops = async {
            while !stop.load(Ordering::Relaxed) {
                tokio::time::sleep(LOOK_EVERY).await;
            }
        };
        let (stream, peer) = tokio::select! {
            () = stops => break,
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                // Mostly: no descriptor is left. Others are given back in a moment.
                Err(error) => {
                    tracing::warn!(%error, "a connection cannot be taken");
                    tokio::time::sleep(LOOK_EVERY).await;
                    continue;
                }
            },
        };
        // One too many is closed at once: whoever asks again later may find a place.
        let peer = Peer::at(peer.ip());
        if let Some(seat) = seats.take(peer) {
            let (router, leaves) = (router.clone(), leaves.clone());
            tokio::spawn(answer(stream, peer, seat, router, leaves));
        }
    }
    // Nobody waits here for an answer that will not come.
    drop(listener);
    leave.send_replace(true);
    // Whoever still listens to the feed is not waited for.
    let all = u32::try_from(most).unwrap_or(u32::MAX);
    let _ = tokio::time::timeout(LEAVES, seats.all.acquire_many(all)).await;
}

/// All requests of one connection.
async fn answer(
    stream: TcpStream,
    peer: Peer,
    seat: Seat,
    router: Router,
    mut leaves: watch::Receiver<bool>,
) {
    // Small answers go out at once.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutWriter::new(stream);
    stream.set_timeout(Some(WRITES));
    let spare = seat.is_spare();
    let service = tower::service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(::desk::Client(peer.0));
        let router = router.clone();
        async move {
            match spare && !is_probe(request.uri().path()) {
                true => Ok(full().into_response()),
                false => router.oneshot(request).await,
            }
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(if spare { PROBES } else { HEADERS })
        .keep_alive(!spare)
        .serve_connection(TokioIo::new(Box::pin(stream)), TowerToHyperService::new(service));
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = async { drop(leaves.wait_for(|leaves| *leaves).await) } => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, ?peer, "a connection ended");
    }
    drop(seat);
}

/// What is asked after the process, and not after the goods.
fn is_probe(path: &str) -> bool {
    matches!(path, "/livez" | "/readyz" | "/metrics")
}

fn full() -> Problem {
    let detail = "as many connections are open as may be, in all or from this address";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).again_in(5)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::net::{IpAddr, Ipv4Addr};

    #[test]
    fn one_address_has_half_of_the_places_and_some_are_kept_for_probes() {
        let seats = Seats::new(4);
        let of = |n: u32| Peer::at(IpAddr::V4(Ipv4Addr::from(n)));
        let takes = |n| seats.take(of(n)).filter(|seat| !seat.is_spare());
        let mine: Vec<Seat> = (0..3).filter_map(|_| takes(1)).collect();
        assert_eq!(mine.len(), 2);
        let others: Vec<Seat> = [2, 3, 4].into_iter().filter_map(takes).collect();
        assert_eq!(others.len(), 2, "there are four in all");
        let spare: Vec<Seat> = (0..20).filter_map(|n| seats.take(of(n))).collect();
        assert_eq!(spare.len(), SPARE);
        assert!(spare.iter().all(Seat::is_spare));
        drop(mine);
        assert!(takes(4).is_some());
        drop((others, spare));
        assert!(seats.of_each.is_empty());
    }

    #[test]
    fn descriptors_are_kept_back_for_the_log() {
        let all = descriptors().unwrap();
        assert_eq!(most(u16::MAX), usize::from(u16::MAX).min(all - KEPT_BACK).max(FEWEST));
        assert_eq!(most(1), FEWEST);
    }
}
