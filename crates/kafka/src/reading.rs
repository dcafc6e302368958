//! What members and readers have in common: records are made our own at once, and an error is weighed. A place
//! that is not there any more stops: it is never replaced by another.

use crate::admin::Admin;
use crate::error_class::{Severity, classify, code, named};
use crate::listener::ConsumerListener;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use rdkafka::message::{BorrowedMessage, Message};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use stream::{Record, StreamError};

/// So many records are handed on at a time.
pub(crate) const BATCH: usize = 512;
/// A topic that the brokers have not known for so long is gone.
const MISSING: Duration = Duration::from_secs(3);

/// Partitions with their places, as the client wants them.
pub(crate) fn list(
    topic: &str,
    places: impl IntoIterator<Item = (u16, u64)>,
) -> Result<TopicPartitionList, StreamError> {
    let mut list = TopicPartitionList::new();
    for (partition, offset) in places {
        let offset = Offset::Offset(i64::try_from(offset).unwrap_or(i64::MAX));
        let added = list.add_partition_offset(topic, i32::from(partition), offset);
        added.map_err(|error| named(&format!("partition {partition} of `{topic}`"), &error))?;
    }
    Ok(list)
}

/// A record of our own: the borrowed one holds the whole answer of the broker in memory.
pub(crate) fn record(message: &BorrowedMessage<'_>) -> Result<(u16, Record), StreamError> {
    let (partition, offset) = (message.partition(), message.offset());
    let (Ok(place), Ok(offset)) = (u16::try_from(partition), u64::try_from(offset)) else {
        return Err(StreamError::Stop(format!("a record of partition {partition} at {offset}")));
    };
    let bytes = |bytes: Option<&[u8]>| bytes.unwrap_or_default().to_vec();
    let appended = message.timestamp().to_millis().unwrap_or(0);
    let (key, value) = (bytes(message.key()), bytes(message.payload()));
    Ok((place, Record { offset, appended, key, value }))
}

/// Weighs what a consumer reports instead of a record.
pub(crate) struct PollErrors<'a> {
    pub(crate) admin: &'a Admin,
    pub(crate) topic: &'a str,
    /// Since when the brokers have not known the topic.
    pub(crate) missing: &'a mut Option<Instant>,
}

impl PollErrors<'_> {
    pub(crate) fn check(
        &mut self,
        listener: &ConsumerListener,
        error: &KafkaError,
        positions: impl FnOnce() -> BTreeMap<u16, u64>,
    ) -> Result<(), StreamError> {
        let doing = || match &*listener.reason() {
            "" => format!("reading `{}`", self.topic),
            reason => format!("reading `{}` ({reason})", self.topic),
        };
        if matches!(error, KafkaError::MessageConsumptionFatal(_)) {
            return Err(StreamError::Stop(format!("{}: {error}", doing())));
        }
        match code(error) {
            Some(Code::UnknownTopicOrPartition | Code::UnknownTopic | Code::UnknownPartition) => {
                self.missing.get_or_insert_with(Instant::now);
                Ok(())
            }
            Some(Code::AutoOffsetReset | Code::OffsetOutOfRange) => {
                Err(self.out_of_range(&positions(), &listener.reason()))
            }
            Some(code) if classify(code) == Severity::Transient => {
                tracing::debug!(topic = self.topic, %error, "it passes");
                Ok(())
            }
            _ => Err(named(&doing(), error)),
        }
    }

    /// What it means that nothing came. The client says once that a topic is not known, and a broker that lags
    /// behind the others does not know a new one yet: so it is asked for once more.
    pub(crate) fn nothing_came(&mut self, listener: &ConsumerListener) -> Result<(), StreamError> {
        if self.missing.is_some_and(|since| since.elapsed() >= MISSING) {
            *self.missing = None;
            if self.admin.partitions(self.topic)?.is_none() {
                let says = format!("topic `{}` was there, and is gone", self.topic);
                return Err(StreamError::Stop(says));
            }
        }
        match listener.silent() {
            Some(reason) => Err(StreamError::Unavailable(reason)),
            None => Ok(()),
        }
    }

    fn out_of_range(&self, positions: &BTreeMap<u16, u64>, reason: &str) -> StreamError {
        let mut places = Vec::new();
        for (partition, position) in positions {
            match self.admin.range(self.topic, *partition) {
                Ok(range) if range.contains(position) || range.end == *position => {}
                Ok(range) => places.push(format!(
                    "partition {partition} of `{}` is read from {position} on, and holds {}..{}",
                    self.topic, range.start, range.end
                )),
                Err(error) => places.push(error.to_string()),
            }
        }
        if places.is_empty() {
            places.push(format!("`{}` is read at {positions:?}", self.topic));
        }
        let places = places.join("; ");
        let reason = if reason.is_empty() { String::new() } else { format!(" ({reason})") };
        StreamError::Stop(format!("{places}: it was trimmed, cut or made anew{reason}"))
    }
}
