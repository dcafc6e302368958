//! Reading in no group: from given places on, and never from anywhere else. Nothing is committed.

use crate::admin::Admin;
use crate::client_config::ClientRole;
use crate::error_class::{Fatal, named};
use crate::listener::ConsumerListener;
use crate::reading::{BATCH, PollErrors, list, record};
use crate::shutdown::close;
use rdkafka::consumer::{BaseConsumer, Consumer};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stream::{Reader, Record, StreamError};

/// A reader.
pub(crate) struct KafkaReader {
    consumer: Option<BaseConsumer<ConsumerListener>>,
    admin: Arc<Admin>,
    fatal: Fatal,
    topic: String,
    positions: BTreeMap<u16, u64>,
    missing: Option<Instant>,
}

impl KafkaReader {
    pub(crate) fn new(
        admin: Arc<Admin>,
        fatal: Fatal,
        topic: &str,
        from: &[(u16, u64)],
    ) -> Result<Self, StreamError> {
        admin.must_have(topic, from.iter().map(|(partition, _)| *partition).max().unwrap_or(0))?;
        let listener = ConsumerListener::new(&admin.settings.brokers);
        listener.closing();
        let made: Result<BaseConsumer<ConsumerListener>, _> =
            admin.settings.config(ClientRole::Reader).create_with_context(listener);
        let consumer = made.map_err(|error| named("a Kafka reader is made", &error))?;
        let assigned = consumer.assign(&list(topic, from.iter().copied())?);
        assigned.map_err(|error| named(&format!("reading `{topic}`"), &error))?;
        let (topic, positions) = (topic.to_owned(), from.iter().copied().collect());
        Ok(Self { consumer: Some(consumer), admin, fatal, topic, positions, missing: None })
    }
}

impl Reader for KafkaReader {
    fn poll(&mut self, wait: Duration, to: &mut Vec<(u16, Record)>) -> Result<(), StreamError> {
        self.fatal.check()?;
        let Self { consumer: Some(consumer), positions, admin, topic, missing, .. } = self else {
            return Ok(());
        };
        let before = to.len();
        let mut wait = wait;
        while to.len() - before < BATCH {
            match consumer.poll(wait) {
                Some(Ok(message)) => {
                    let (partition, record) = record(&message)?;
                    positions.insert(partition, record.offset + 1);
                    to.push((partition, record));
                }
                Some(Err(error)) => {
                    let mut hearing = PollErrors { admin, topic, missing };
                    hearing.check(consumer.context(), &error, || positions.clone())?;
                }
                None => break,
            }
            wait = Duration::ZERO;
        }
        match to.len() > before {
            true => Ok(()),
            false => PollErrors { admin, topic, missing }.nothing_came(consumer.context()),
        }
    }
}

impl Drop for KafkaReader {
    fn drop(&mut self) {
        if let Some(consumer) = self.consumer.take() {
            close(consumer);
        }
    }
}
