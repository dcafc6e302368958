//! The door of a process that has not reached its log yet: it is alive, it is not ready, and it says why. Without it a probe
//! would find nobody, and a process that waits for its brokers would look like one that is broken.

use super::problem::Problem;
use crate::exit::Failure;
use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use std::net::{SocketAddr, TcpListener};
use std::thread::JoinHandle;
use tokio::sync::oneshot;

/// What it says to everybody but a probe of life.
const WHY: &str = "the log has not answered since this process began";

/// It closes when it is dropped, and leaves its address to the doors that follow.
pub(crate) struct Waiting {
    close: Option<oneshot::Sender<()>>,
    at_work: Option<JoinHandle<()>>,
}

impl Waiting {
    /// Listens at this address, which the doors that follow are to have.
    pub(crate) fn open(address: SocketAddr) -> Result<Self, Failure> {
        let wrong = |e: std::io::Error| {
            let sentence = format!("the door (http.listen) at {address} cannot be opened: {e}");
            Failure::unavailable(sentence)
        };
        let listener = TcpListener::bind(address).map_err(wrong)?;
        listener.set_nonblocking(true).map_err(wrong)?;
        let at = listener.local_addr().map_err(wrong)?;
        let (close, closed) = oneshot::channel();
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(wrong)?;
        let serve = move || {
            // With the runtime end the connections that are open.
            runtime.block_on(async {
                tokio::select! {
                    () = serve(listener) => {}
                    _ = closed => {}
                }
            });
        };
        let at_work =
            std::thread::Builder::new().name("waiting".into()).spawn(serve).map_err(wrong)?;
        tracing::info!(address = %at, "waiting for the log; the door says so");
        Ok(Self { close: Some(close), at_work: Some(at_work) })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        drop(self.close.take());
        if let Some(at_work) = self.at_work.take() {
            let _ = at_work.join();
        }
    }
}

async fn serve(listener: TcpListener) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let unready = || async { Problem::new(StatusCode::SERVICE_UNAVAILABLE, WHY).again_in(5) };
    let metrics = || async { "# TYPE coldwatch_ready gauge\ncoldwatch_ready 0\n# EOF\n" };
    let state = Router::new()
        .route("/livez", get(|| async { "alive\n" }))
        .route("/metrics", get(metrics))
        .fallback(unready);
    if let Err(error) = axum::serve(listener, state).await {
        tracing::warn!(%error, "the door is closed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpStream;

    fn asked(address: SocketAddr, path: &str) -> String {
        let mut line = TcpStream::connect(address).expect("somebody is there");
        write!(line, "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").expect("sent");
        let mut answer = String::new();
        line.read_to_string(&mut answer).expect("answered");
        answer
    }

    #[test]
    fn it_is_alive_and_not_ready_and_leaves_its_address() {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|any| any.local_addr());
        let address = free.expect("an address");
        let waiting = Waiting::open(address).expect("it opens");
        assert!(asked(address, "/livez").starts_with("HTTP/1.1 200"));
        assert!(asked(address, "/metrics").contains("\ncoldwatch_ready 0\n"));
        for path in ["/readyz", "/", "/v1/incidents"] {
            let answer = asked(address, path);
            assert!(answer.starts_with("HTTP/1.1 503"), "{answer}");
            assert!(answer.contains(WHY), "{answer}");
        }
        // Also while somebody holds a connection.
        let held = TcpStream::connect(address).expect("somebody is there");
        drop(waiting);
        TcpListener::bind(address).expect("the address is free");
        drop(held);
    }
}
