//! Reading in no group: from given places on, and never from anywhere else. Nothing is committed.

use crate::closing::close;
use crate::desk::Desk;
use crate::ear::Ear;
use crate::faults::{Fatal, named};
use crate::law::Role;
use crate::reading::{BATCH, Hearing, list, record};
use rdkafka::consumer::{BaseConsumer, Consumer};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use stream::{Reader, Record, StreamError};

/// A reader.
pub(crate) struct KafkaReader {
    consumer: Option<BaseConsumer<Ear>>,
    desk: Arc<Desk>,
    fatal: Fatal,
    topic: String,
    positions: BTreeMap<u16, u64>,
    missing: Option<Instant>,
}

impl KafkaReader {
    pub(crate) fn new(
        desk: Arc<Desk>,
        fatal: Fatal,
        topic: &str,
        from: &[(u16, u64)],
    ) -> Result<Self, StreamError> {
        desk.must_have(topic, from.iter().map(|(partition, _)| *partition).max().unwrap_or(0))?;
        let ear = Ear::new(&desk.settings.brokers);
        ear.closing();
        let made: Result<BaseConsumer<Ear>, _> =
            desk.settings.config(Role::Reader).create_with_context(ear);
        let consumer = made.map_err(|error| named("a Kafka reader is made", &error))?;
        let assigned = consumer.assign(&list(topic, from.iter().copied())?);
        assigned.map_err(|error| named(&format!("reading `{topic}`"), &error))?;
        let (topic, positions) = (topic.to_owned(), from.iter().copied().collect());
        Ok(Self { consumer: Some(consumer), desk, fatal, topic, positions, missing: None })
    }
}

impl Reader for KafkaReader {
    fn poll(&mut self, wait: Duration, to: &mut Vec<(u16, Record)>) -> Result<(), StreamError> {
        self.fatal.check()?;
        let Self { consumer: Some(consumer), positions, desk, topic, missing, .. } = self else {
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
                    let mut hearing = Hearing { desk, topic, missing };
                    hearing.weigh(consumer.context(), &error, || positions.clone())?;
                }
                None => break,
            }
            wait = Duration::ZERO;
        }
        match to.len() > before {
            true => Ok(()),
            false => Hearing { desk, topic, missing }.nothing_came(consumer.context()),
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
