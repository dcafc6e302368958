//! The log that the configuration names, opened.

use crate::config::{Config, Kind};
use crate::exit::Failure;
use std::sync::Arc;
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

/// How a command ends that the log has let down.
pub fn failure(error: StreamError) -> Failure {
    match error {
        StreamError::Unavailable(_) => Failure::unavailable(error),
        StreamError::Configuration(_) => Failure::configuration(error),
        StreamError::Stop(_) => Failure::internal(error),
    }
}
