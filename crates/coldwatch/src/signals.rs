//! Ctrl-C and SIGTERM. The first asks to stop in order, the second ends at once.
//!
//! They are heard from the first moment on, before anything is joined or written.

use crate::exit::Failure;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::runtime::Runtime;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// Listens, and sets `stop` when it is asked to.
pub(crate) fn listen() -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let (asked, (runtime, heard)) = (stop.clone(), heard()?);
    on_a_thread(move || runtime.block_on(wait(heard, &asked)))?;
    Ok(stop)
}

/// Listens, and when it is asked to stop does this and ends: for what has nothing to finish, and something to clear away.
pub(crate) fn end_with(last: impl FnOnce() + Send + 'static) -> Result<(), Failure> {
    let (runtime, (mut interrupt, mut terminate)) = heard()?;
    on_a_thread(move || {
        runtime.block_on(async {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
        });
        last();
        std::process::exit(STOPPED);
    })
}

/// Asked to stop by Ctrl-C, as shells have it.
const STOPPED: i32 = 130;

/// Both signals, listened to from here on, so that none is missed in between.
fn heard() -> Result<(Runtime, (Signal, Signal)), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::unavailable)?;
    let both = {
        let _inside = runtime.enter();
        let of = |kind| signal(kind).map_err(Failure::unavailable);
        (of(SignalKind::interrupt())?, of(SignalKind::terminate())?)
    };
    Ok((runtime, both))
}

fn on_a_thread(listen: impl FnOnce() + Send + 'static) -> Result<(), Failure> {
    let thread = std::thread::Builder::new().name("signals".into()).spawn(listen);
    thread.map(drop).map_err(Failure::unavailable)
}

async fn wait((mut interrupt, mut terminate): (Signal, Signal), stop: &AtomicBool) {
    for times in 0.. {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        if times > 0 {
            std::process::exit(STOPPED);
        }
        tracing::info!("asked to stop");
        stop.store(true, Ordering::Relaxed);
    }
}
