//! The log that the configuration names, opened.

use crate::config::{Config, Kind};
use crate::exit::Failure;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use stream::{Clock, Embedded, Log, StreamError};

/// Opens it to work on.
pub fn open(config: &Config, clock: Clock) -> Result<Arc<dyn Log>, Failure> {
    match config.log.kind {
        Kind::Embedded => Ok(Arc::new(Embedded::open(&config.log.folder, clock).map_err(failure)?)),
        Kind::Kafka => crate::broker::connect(config),
    }
}

/// Opens it to look at, also while another process works on it.
pub fn look(config: &Config) -> Result<Arc<dyn Log>, Failure> {
    match config.log.kind {
        Kind::Embedded => Ok(Arc::new(Embedded::look(&config.log.folder).map_err(failure)?)),
        Kind::Kafka => Ok(Arc::new(crate::broker::look(config)?)),
    }
}

/// How long a start waits for a log that answers again.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it asks.
const ASK_EVERY: Duration = Duration::from_millis(500);

/// Asks, and asks again while the log cannot be reached: a broker that is changing answers the next time.
pub(crate) fn patiently<T>(
    stop: &AtomicBool,
    ask: impl Fn() -> Result<T, StreamError>,
) -> Result<T, StreamError> {
    let until = Instant::now() + PATIENCE;
    loop {
        match ask() {
            Err(StreamError::Unavailable(reason))
                if Instant::now() < until && !stop.load(Ordering::Relaxed) =>
            {
                tracing::warn!(reason, "the log does not answer yet");
                std::thread::sleep(ASK_EVERY);
            }
            done => return done,
        }
    }
}

/// How a command ends that the log has let down.
pub fn failure(error: StreamError) -> Failure {
    match error {
        StreamError::Unavailable(_) => Failure::unavailable(error),
        StreamError::Configuration(_) => Failure::configuration(error),
        StreamError::Stop(_) => Failure::internal(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    fn asked(answers: &[Result<u8, StreamError>], stop: bool) -> (Result<u8, StreamError>, usize) {
        let count = Cell::new(0);
        let ask = || {
            count.set(count.get() + 1);
            answers[count.get() - 1].clone()
        };
        (patiently(&AtomicBool::new(stop), ask), count.get())
    }

    #[test]
    fn a_log_that_cannot_be_reached_is_asked_again_and_a_refusal_is_not() {
        let away = || Err(StreamError::Unavailable("a broker is changing".into()));
        assert_eq!(asked(&[away(), away(), Ok(7)], false), (Ok(7), 3));
        let wrong = Err(StreamError::Configuration("no such topic".into()));
        assert_eq!(asked(&[away(), wrong.clone()], false), (wrong, 2));
        assert_eq!(
            asked(&[away(), Ok(7)], true),
            (away(), 1),
            "who is asked to stop does not wait"
        );
    }
}
