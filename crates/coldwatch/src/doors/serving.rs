//! Connections: taken in, served, and ended when they are slow, idle, or too many.
//!
//! Whoever opens many, or sends or reads one byte a minute, must not keep health, alerts and the log from theirs.

use super::rates::Peer;
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_io_timeout::TimeoutWriter;

/// Headers have so long to come, and a connection on which nothing is asked stays open for so long.
const HEADERS: Duration = Duration::from_secs(20);
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
    /// One address has half of them at the most: whoever asks after the process's health comes from another.
    each: usize,
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

/// A place, given back when it is dropped.
struct Seat {
    _one: OwnedSemaphorePermit,
    of: IpAddr,
    taken: Arc<Mutex<HashMap<IpAddr, usize>>>,
}

impl Seats {
    fn new(most: usize) -> Self {
        Self { all: Arc::new(Semaphore::new(most)), each: most / 2, taken: Arc::default() }
    }

    /// A place for an address; `None` where it has enough, or all are taken.
    fn take(&self, of: IpAddr) -> Option<Seat> {
        let one = self.all.clone().try_acquire_owned().ok()?;
        let mut taken = lock(&self.taken);
        let count = taken.entry(of).or_default();
        if *count >= self.each {
            return None;
        }
        *count += 1;
        Some(Seat { _one: one, of, taken: self.taken.clone() })
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = lock(&self.taken);
        if let Some(count) = taken.get_mut(&self.of) {
            *count -= 1;
            if *count == 0 {
                taken.remove(&self.of);
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
        if let Some(seat) = seats.take(peer.ip()) {
            let (router, leaves) = (router.clone(), leaves.clone());
            tokio::spawn(async move {
                answer(stream, peer.ip(), router, leaves).await;
                drop(seat);
            });
        }
    }
    leave.send_replace(true);
    // Whoever still listens to the feed is not waited for.
    let all = u32::try_from(most).unwrap_or(u32::MAX);
    let _ = tokio::time::timeout(LEAVES, seats.all.acquire_many(all)).await;
}

/// All requests of one connection.
async fn answer(
    stream: TcpStream,
    peer: IpAddr,
    router: Router,
    mut leaves: watch::Receiver<bool>,
) {
    // Small answers go out at once.
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutWriter::new(stream);
    stream.set_timeout(Some(WRITES));
    let service = tower::service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(Peer(peer));
        request.extensions_mut().insert(::desk::Client(peer));
        tower::ServiceExt::oneshot(router.clone(), request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS)
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
        tracing::debug!(%error, %peer, "a connection ended");
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[test]
    fn one_address_has_half_of_the_places_and_gives_them_back() {
        let seats = Seats::new(4);
        let of = |n: u32| IpAddr::V4(Ipv4Addr::from(n));
        let mine: Vec<Seat> = (0..3).filter_map(|_| seats.take(of(1))).collect();
        assert_eq!(mine.len(), 2);
        let others: Vec<Seat> = [2, 3, 4].into_iter().filter_map(|n| seats.take(of(n))).collect();
        assert_eq!(others.len(), 2, "there are four in all");
        drop(mine);
        assert!(seats.take(of(4)).is_some());
        drop(others);
        assert!(lock(&seats.taken).is_empty());
    }

    #[test]
    fn descriptors_are_kept_back_for_the_log() {
        let all = descriptors().unwrap();
        assert_eq!(most(u16::MAX), usize::from(u16::MAX).min(all - KEPT_BACK).max(FEWEST));
        assert_eq!(most(1), FEWEST);
    }
}
