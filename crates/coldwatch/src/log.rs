//! The log that the configuration names, opened.

use crate::config::{Config, LogConfig, LogKind};
use crate::exit::Failure;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use stream::{Clock, EmbeddedLog, Log, StreamError};

/// Opens it to work on. One that is not there is not made: a folder that was mistaken would go unnoticed.
pub fn open(config: &Config, clock: Clock) -> Result<Arc<dyn Log>, Failure> {
    match is_there(config) {
        true => make(config, clock),
        false => {
            Err(Failure::configuration(format!("there is no log in {}", place(config)))
                .but(MAKE_ONE))
        }
    }
}

/// Opens it to work on, and makes it where it is not there.
pub fn make(config: &Config, clock: Clock) -> Result<Arc<dyn Log>, Failure> {
    match config.log.kind {
        LogKind::Embedded => {
            Ok(Arc::new(EmbeddedLog::open(&config.log.folder, clock).map_err(failure)?))
        }
        LogKind::Kafka => crate::broker::connect(config),
    }
}

/// Opens it to look at, also while another process works on it.
pub fn look(config: &Config) -> Result<Arc<dyn Log>, Failure> {
    match config.log.kind {
        LogKind::Embedded => Ok(Arc::new(EmbeddedLog::look(&config.log.folder).map_err(failure)?)),
        LogKind::Kafka => Ok(Arc::new(crate::broker::look(config)?)),
    }
}

/// What to do where there is no embedded log.
pub(crate) const MAKE_ONE: &str = "name the folder of the log in log.folder, or make one there with `coldwatch topics create` or `coldwatch up`";

/// Whether there is one. Of Kafka only its brokers know: they are asked when it is opened.
pub(crate) fn is_there(config: &Config) -> bool {
    config.log.kind == LogKind::Kafka || config.log.folder.join("log.sqlite").is_file()
}

/// Where it is, for a person who did not have to say so.
pub(crate) fn place(config: &Config) -> String {
    let LogConfig { kind, folder, brokers, prefix, .. } = &config.log;
    let place = match kind {
        LogKind::Embedded => {
            let whole = std::path::absolute(folder);
            whole.as_ref().unwrap_or(folder).display().to_string()
        }
        LogKind::Kafka => format!("Kafka at {brokers}"),
    };
    match &**prefix {
        "" => place,
        prefix => format!("{place}, under the prefix `{prefix}`"),
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

    #[test]
    fn its_place_is_named_whole() {
        let mut config = Config::default();
        let here = std::env::current_dir().unwrap();
        let folder = here.join("coldwatch-data/log").display().to_string();
        assert_eq!(place(&config), folder);
        config.log.prefix = "boston.".into();
        assert_eq!(place(&config), format!("{folder}, under the prefix `boston.`"));
        config.log.kind = LogKind::Kafka;
        config.log.brokers = "a:1,b:2".into();
        assert_eq!(place(&config), "Kafka at a:1,b:2, under the prefix `boston.`");
    }

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
