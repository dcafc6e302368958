//! The one producer of this process: idempotent, every record to a named partition, every answer from the
//! delivery callback. It never tries a record again by itself; the client's own retries are the only ones.

use crate::client_config::ClientRole;
use crate::error_class::{Fatal, named, words};
use crate::listener::{forward_log, report};
use crate::settings::Settings;
use rdkafka::ClientContext;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::{DeliveryResult, Header, Message, OwnedHeaders};
use rdkafka::producer::{BaseRecord, Producer, ProducerContext, ThreadedProducer};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::time::Duration;
use stream::{Ack, NewRecord, Placed, StreamError, Unwritten, WriteId};

/// How long the client is left alone when its queue is full.
const ROOM: Duration = Duration::from_millis(2);
/// What is still on its way at the end is waited for this long.
const LAST: Duration = Duration::from_secs(5);

static WRITING: AtomicBool = AtomicBool::new(false);

/// The right to write, which one in a process has: every producer costs the brokers memory for days, and two
/// would overtake each other.
struct ProducerLock;

impl ProducerLock {
    fn claim() -> Result<Self, StreamError> {
        match WRITING.swap(true, Ordering::AcqRel) {
            false => Ok(Self),
            true => Err(StreamError::Configuration(
                "this process already writes to Kafka: share that one, or only look".into(),
            )),
        }
    }
}

impl Drop for ProducerLock {
    fn drop(&mut self) {
        WRITING.store(false, Ordering::Release);
    }
}

/// Who waits for an answer.
struct Open {
    write_id: WriteId,
    answers: Sender<Ack>,
}

struct Hand {
    fatal: Fatal,
}

impl ClientContext for Hand {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, says: &str) {
        forward_log(level, facility, says);
    }
    fn error(&self, error: KafkaError, reason: &str) {
        if error.rdkafka_error_code() == Some(Code::Fatal) {
            tracing::error!(%error, reason, "the Kafka client gave up");
            self.fatal.set(reason);
        } else {
            report(&error, reason);
        }
    }
}

impl ProducerContext for Hand {
    type DeliveryOpaque = Box<Open>;

    fn delivery(&self, delivered: &DeliveryResult<'_>, open: Box<Open>) {
        let Open { write_id, answers } = *open;
        let placed = match delivered {
            // On a topic that the log stamps this is the broker's time: it comes with the acknowledgement.
            Ok(message) => match u64::try_from(message.offset()) {
                Ok(offset) => {
                    Ok(Placed { offset, appended: message.timestamp().to_millis().unwrap_or(0) })
                }
                Err(_) => Err("it was written before, and where is not known".to_owned().into()),
            },
            Err((error, _)) => Err(unwritten(error)),
        };
        // Nobody waits for the answer any more: its life has ended.
        let _ = answers.send(Ack { write_id, placed });
    }
}

/// Writes.
pub(crate) struct Writer {
    producer: ThreadedProducer<Hand>,
    headers: Option<OwnedHeaders>,
    fatal: Fatal,
    // Dropped last, so that a successor finds the producer gone.
    _only: ProducerLock,
}

impl Writer {
    pub(crate) fn new(settings: &Settings, fatal: &Fatal) -> Result<Self, StreamError> {
        let only = ProducerLock::claim()?;
        let hand = Hand { fatal: fatal.clone() };
        let made = settings.config(ClientRole::Producer).create_with_context(hand);
        let producer = made.map_err(|error| named("a Kafka producer is made", &error))?;
        let headers = (!settings.headers.is_empty()).then(|| {
            let add = |all: OwnedHeaders, (key, value): &(String, String)| {
                all.insert(Header { key, value: Some(value) })
            };
            settings.headers.iter().fold(OwnedHeaders::new(), add)
        });
        Ok(Self { producer, headers, fatal: fatal.clone(), _only: only })
    }

    /// Hands one record to the client, and waits while it has no room.
    pub(crate) fn write(&self, write_id: WriteId, new_record: &NewRecord, answers: &Sender<Ack>) {
        let open = Box::new(Open { write_id, answers: answers.clone() });
        let mut record = BaseRecord::with_opaque_to(&new_record.topic, open)
            .partition(i32::from(new_record.partition))
            .key(new_record.key.as_slice())
            .payload(new_record.value.as_slice());
        record.headers = self.headers.clone();
        while let Err((error, back)) = self.producer.send(record) {
            let full = error.rdkafka_error_code() == Some(Code::QueueFull);
            if full && self.fatal.reason().is_none() {
                // Later records wait behind this one: their order is kept.
                record = back;
                std::thread::sleep(ROOM);
                continue;
            }
            if let Some((_, reason)) = self.producer.client().fatal_error() {
                self.fatal.set(&reason);
            }
            refuse(back.delivery_opaque.write_id, unwritten(&error), answers);
            return;
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        if let Err(error) = self.producer.flush(LAST) {
            tracing::warn!(%error, "what is still on its way to Kafka is given up");
        }
    }
}

/// Answers what was not sent.
pub(crate) fn refuse(write_id: WriteId, reason: impl Into<Unwritten>, answers: &Sender<Ack>) {
    // Nobody waits for the answer any more: its life has ended.
    let _ = answers.send(Ack { write_id, placed: Err(reason.into()) });
}

/// A record that the client or a broker refuses for what it is will be refused again.
fn unwritten(error: &KafkaError) -> Unwritten {
    match error.rdkafka_error_code() {
        Some(Code::MessageSizeTooLarge | Code::InvalidRecord) => {
            Unwritten::Never(error.to_string())
        }
        _ => Unwritten::Unknown(words(error)),
    }
}
