//! Letting go of a consumer. That serves what is left in its queues and talks to the broker, so it happens on
//! a thread of its own, and nobody waits for it longer than a set time.

use crate::listener::ConsumerListener;
use rdkafka::consumer::{BaseConsumer, Consumer};
use std::sync::mpsc::channel;
use std::time::Duration;

/// The longest that a caller waits.
const DEADLINE: Duration = Duration::from_secs(5);

/// Closes a consumer; a broker that does not answer holds up that thread, not the caller.
pub(crate) fn close(consumer: BaseConsumer<ConsumerListener>) {
    consumer.context().closing();
    let (done, wait) = channel::<()>();
    let closer = std::thread::Builder::new().name("kafka-closes".into()).spawn(move || {
        drop(consumer);
        drop(done);
    });
    // Hanging up is the sign that it is done.
    let timed_out = wait.recv_timeout(DEADLINE) == Err(std::sync::mpsc::RecvTimeoutError::Timeout);
    if closer.is_ok() && timed_out {
        tracing::warn!("a Kafka consumer does not close: it is left to itself");
    }
}
