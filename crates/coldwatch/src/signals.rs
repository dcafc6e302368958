//! Ctrl-C and SIGTERM. The first asks to stop in order, the second ends at once.
//!
//! They are heard from the first moment on, before anything is joined or written.

use crate::exit::Failure;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::signal::unix::{SignalKind, signal};

/// Listens, and sets `stop` when it is asked to.
pub(crate) fn listen() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::unavailable)?;
    // Made here, so that no signal is missed in between.
    let heard = {
        let _inside = runtime.enter();
        let of = |kind| signal(kind).map_err(Failure::unavailable);
        (of(SignalKind::interrupt())?, of(SignalKind::terminate())?)
    };
    let asked = stop.clone();
    std::thread::Builder::new()
        .name("signals".into())
        .spawn(move || runtime.block_on(wait(heard, &asked)))
        .map_err(Failure::unavailable)?;
    Ok(stop)
}

async fn wait(
    (mut interrupt, mut terminate): (tokio::signal::unix::Signal, tokio::signal::unix::Signal),
    stop: &AtomicBool,
) {
    for times in 0.. {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        if times > 0 {
            std::process::exit(130);
        }
        tracing::info!("asked to stop");
        stop.store(true, Ordering::Relaxed);
    }
}
