//! What the client tells of its own accord: its log, its errors, its statistics, and what the group asks of a
//! member. It only listens: partitions are taken and given back by the member, at its own time.

use crate::error_class::{Severity, classify, code, nobody_answers, plain};
use rdkafka::ClientContext;
use rdkafka::Statistics;
use rdkafka::config::RDKafkaLogLevel;
use rdkafka::consumer::{BaseConsumer, Consumer, ConsumerContext, RebalanceProtocol};
use rdkafka::error::KafkaError;
use rdkafka::topic_partition_list::TopicPartitionList;
use rdkafka::types::RDKafkaRespErr;
use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// With no broker connected for so long, the log is not to be reached. Shorter hiccups are not worth a word.
const SILENCE: Duration = Duration::from_secs(6);

/// A lock whose holder panicked still guards whole values here: each is written in one step.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the group asks of a member.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum RebalanceEvent {
    /// To take these.
    Assign(Vec<u16>),
    /// To give these back.
    Revoke(Vec<u16>),
    /// Nothing: these are gone.
    Lost(Vec<u16>),
}

/// Listens to one consumer.
pub(crate) struct ConsumerListener {
    /// Whom the client asks first.
    brokers: String,
    requested: Mutex<VecDeque<RebalanceEvent>>,
    some: AtomicBool,
    closing: AtomicBool,
    status: Mutex<ConsumerStatus>,
}

struct ConsumerStatus {
    connected: Instant,
    reason: String,
    ends: BTreeMap<u16, u64>,
}

impl ConsumerListener {
    pub(crate) fn new(brokers: &str) -> Self {
        let seen = ConsumerStatus {
            connected: Instant::now(),
            reason: String::new(),
            ends: BTreeMap::new(),
        };
        let (some, closing) = (AtomicBool::new(false), AtomicBool::new(false));
        let (asked, seen) = (Mutex::default(), Mutex::new(seen));
        Self { brokers: brokers.to_owned(), requested: asked, some, closing, status: seen }
    }

    /// What was asked since, in its order.
    pub(crate) fn rebalance_events(&self) -> VecDeque<RebalanceEvent> {
        match self.some.swap(false, Ordering::AcqRel) {
            true => std::mem::take(&mut *lock(&self.requested)),
            false => VecDeque::new(),
        }
    }

    /// From here on everything that is asked is granted at once: nobody works on it any more.
    pub(crate) fn closing(&self) {
        self.closing.store(true, Ordering::Release);
    }

    /// Why no broker answers, if none has for a while.
    pub(crate) fn silent(&self) -> Option<String> {
        let seen = lock(&self.status);
        let silent = seen.connected.elapsed() >= SILENCE;
        silent.then(|| nobody_answers(&self.brokers, &seen.reason))
    }

    /// That no broker answers, with what the client said last about it.
    pub(crate) fn nobody(&self) -> String {
        nobody_answers(&self.brokers, &lock(&self.status).reason)
    }

    /// What the client said last about an error.
    pub(crate) fn reason(&self) -> String {
        lock(&self.status).reason.clone()
    }

    /// Where partitions end, as of the last answer to a fetch.
    pub(crate) fn ends(&self) -> BTreeMap<u16, u64> {
        lock(&self.status).ends.clone()
    }
}

/// Of what the client says about one matter, one line goes out in so long: it tries each broker anew every second.
const SAID_EVERY: Duration = Duration::from_secs(60);

/// When something was last said of each matter, by any client of this process.
static SAID: Mutex<BTreeMap<String, Instant>> = Mutex::new(BTreeMap::new());

/// Whether a matter has not been spoken of for a while.
fn is_news(said: &Mutex<BTreeMap<String, Instant>>, matter: &str, now: Instant) -> bool {
    let mut said = lock(said);
    let lately = said.get(matter).is_some_and(|last| now.duration_since(*last) < SAID_EVERY);
    if !lately {
        said.insert(matter.to_owned(), now);
    }
    !lately
}

/// Hands a line of the client's log on.
pub(crate) fn forward_log(level: RDKafkaLogLevel, facility: &str, says: &str) {
    match level {
        RDKafkaLogLevel::Emerg
        | RDKafkaLogLevel::Alert
        | RDKafkaLogLevel::Critical
        | RDKafkaLogLevel::Error
        | RDKafkaLogLevel::Warning
            if is_news(&SAID, facility, Instant::now()) =>
        {
            tracing::warn!(facility, says, "the Kafka client (more of it within a minute: debug)");
        }
        _ => tracing::debug!(facility, says, "the Kafka client"),
    }
}

/// Notes an error of the client. One that passes stands in its log already.
pub(crate) fn report(error: &KafkaError, reason: &str) {
    match code(error).map(classify) {
        Some(Severity::Transient) => tracing::debug!(%error, reason, "the Kafka client"),
        _ if !is_news(&SAID, &error.to_string(), Instant::now()) => {
            tracing::debug!(%error, reason, "the Kafka client");
        }
        _ => tracing::warn!(%error, reason, "the Kafka client"),
    }
}

impl ClientContext for ConsumerListener {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, says: &str) {
        forward_log(level, facility, says);
    }

    fn stats(&self, statistics: Statistics) {
        let mut seen = lock(&self.status);
        let up = |state: &str| matches!(state, "UP" | "UPDATE");
        if statistics.brokers.values().any(|broker| broker.nodeid >= 0 && up(&broker.state)) {
            seen.connected = Instant::now();
        }
        // A consumer here reads one topic.
        for partition in statistics.topics.values().flat_map(|topic| topic.partitions.values()) {
            let number = u16::try_from(partition.partition);
            if let (Ok(number), Ok(end)) = (number, u64::try_from(partition.hi_offset)) {
                seen.ends.insert(number, end);
            }
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        report(&error, reason);
        if let Some(reason) = plain(&error, reason) {
            lock(&self.status).reason = reason;
        }
    }
}

impl ConsumerContext for ConsumerListener {
    fn rebalance(
        &self,
        consumer: &BaseConsumer<Self>,
        what: RDKafkaRespErr,
        list: &mut TopicPartitionList,
    ) {
        let take = what == RDKafkaRespErr::RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS;
        if self.closing.load(Ordering::Acquire) {
            return grant(consumer, take);
        }
        let number = |element: rdkafka::topic_partition_list::TopicPartitionListElem<'_>| {
            u16::try_from(element.partition()).ok()
        };
        let partitions = list.elements().into_iter().filter_map(number).collect();
        let asked = match take {
            true => RebalanceEvent::Assign(partitions),
            false if consumer.assignment_lost() => RebalanceEvent::Lost(partitions),
            false => RebalanceEvent::Revoke(partitions),
        };
        tracing::debug!(?asked, "the group");
        lock(&self.requested).push_back(asked);
        self.some.store(true, Ordering::Release);
    }
}

/// Takes nothing, and gives everything back.
fn grant(consumer: &BaseConsumer<ConsumerListener>, take: bool) {
    let cooperative = matches!(consumer.rebalance_protocol(), RebalanceProtocol::Cooperative);
    let done = match (cooperative, take) {
        (true, true) => consumer.incremental_assign(&TopicPartitionList::new()),
        (true, false) => consumer.assignment().and_then(|all| consumer.incremental_unassign(&all)),
        (false, _) => consumer.unassign(),
    };
    if let Err(error) = done {
        tracing::debug!(%error, "a consumer that closes");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rdkafka::error::RDKafkaErrorCode;

    #[test]
    fn that_all_are_down_hides_nothing_that_was_said_of_one() {
        let listener = ConsumerListener::new("a:1,b:2");
        let all_down = || KafkaError::Global(RDKafkaErrorCode::AllBrokersDown);
        listener.error(all_down(), "2/2 brokers are down");
        assert_eq!(listener.nobody(), "no broker answers at a:1, b:2");
        listener
            .error(KafkaError::Global(RDKafkaErrorCode::Resolve), "b:2/bootstrap: unknown name");
        listener.error(all_down(), "2/2 brokers are down");
        assert_eq!(listener.nobody(), "no broker answers at a:1, b:2 (b:2: unknown name)");
    }

    #[test]
    fn of_one_matter_one_line_goes_out_in_a_minute() {
        let (said, begun) = (Mutex::default(), Instant::now());
        let later = |seconds| begun + Duration::from_secs(seconds);
        assert!(is_news(&said, "FAIL", begun) && is_news(&said, "REQTMOUT", later(1)));
        assert!(!is_news(&said, "FAIL", later(59)) && is_news(&said, "FAIL", later(60)));
    }
}
