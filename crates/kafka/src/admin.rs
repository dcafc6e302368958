//! Questions that need no group membership: which partitions there are, what they hold, how far a group has
//! come. It changes nothing. Its clients are kept, and a thread serves their events: nobody else polls them.

use crate::client_config::ClientRole;
use crate::error_class::named;
use crate::listener::{ConsumerListener, lock};
use crate::settings::Settings;
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::RDKafkaErrorCode as Code;
use rdkafka::metadata::{Metadata, MetadataBroker};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use stream::{Committed, StreamError};

/// How often idle clients are served.
const SERVED_EVERY: Duration = Duration::from_secs(1);
/// How often a topic that was there must be missed before it is gone: a broker may lag behind the others.
const MISSED: u32 = 10;

type Clients = Arc<Mutex<BTreeMap<Option<String>, Arc<BaseConsumer<ConsumerListener>>>>>;

/// Asks.
pub(crate) struct Admin {
    pub(crate) settings: Settings,
    clients: Clients,
    /// Topics that are known to be there. A partition count never falls.
    known: Mutex<BTreeMap<String, u16>>,
    ends: Mutex<BTreeMap<(String, u16), u64>>,
    /// Hanging up ends the thread.
    _serving: Sender<()>,
}

impl Admin {
    pub(crate) fn new(settings: Settings) -> Result<Self, StreamError> {
        let clients = Clients::default();
        let (serving, stop) = channel();
        let served = clients.clone();
        let serve = move || {
            while stop.recv_timeout(SERVED_EVERY) == Err(RecvTimeoutError::Timeout) {
                let clients: Vec<_> = lock(&served).values().cloned().collect();
                for client in clients {
                    while client.poll(Duration::ZERO).is_some() {}
                }
            }
        };
        let thread = std::thread::Builder::new().name("kafka-desk".into()).spawn(serve);
        thread.map_err(|error| StreamError::Unavailable(format!("no thread: {error}")))?;
        let (known, ends) = (Mutex::default(), Mutex::default());
        Ok(Self { settings, clients, known, ends, _serving: serving })
    }

    fn client(
        &self,
        group: Option<&str>,
    ) -> Result<Arc<BaseConsumer<ConsumerListener>>, StreamError> {
        let mut clients = lock(&self.clients);
        if let Some(client) = clients.get(&group.map(str::to_owned)) {
            return Ok(client.clone());
        }
        let listener = ConsumerListener::new(&self.settings.brokers);
        listener.closing();
        let made: Result<BaseConsumer<ConsumerListener>, _> =
            self.settings.config(ClientRole::Admin(group)).create_with_context(listener);
        let client = Arc::new(made.map_err(|error| named("a Kafka client is made", &error))?);
        clients.insert(group.map(str::to_owned), client.clone());
        Ok(client)
    }

    /// What the brokers say of one topic, or of none.
    pub(crate) fn metadata(&self, topic: &str) -> Result<Metadata, StreamError> {
        let asked = self.client(None)?.fetch_metadata(Some(topic), self.settings.timeout);
        asked.map_err(|error| named(&format!("asking for topic `{topic}`"), &error))
    }

    /// How many partitions a topic has, as of now.
    pub(crate) fn partitions(&self, topic: &str) -> Result<Option<u16>, StreamError> {
        let mut missed = 0;
        loop {
            let count = self.count(topic)?;
            let known = lock(&self.known).get(topic).copied();
            match (count, known) {
                (Some(count), _) => {
                    lock(&self.known).insert(topic.to_owned(), count);
                    return Ok(Some(count));
                }
                (None, Some(_)) if missed < MISSED => {
                    missed += 1;
                    std::thread::sleep(Duration::from_millis(100));
                }
                (None, _) => {
                    lock(&self.known).remove(topic);
                    return Ok(None);
                }
            }
        }
    }

    /// The partitions of a topic that no broker leads, as of now.
    pub(crate) fn without_leader(&self, topic: &str) -> Result<Vec<u16>, StreamError> {
        let metadata = self.metadata(topic)?;
        let found = metadata.topics().iter().filter(|found| found.name() == topic);
        let partitions = found.flat_map(|found| found.partitions());
        let headless = partitions.filter(|partition| partition.leader() < 0);
        Ok(headless.filter_map(|partition| u16::try_from(partition.id()).ok()).collect())
    }

    fn count(&self, topic: &str) -> Result<Option<u16>, StreamError> {
        let metadata = self.metadata(topic)?;
        let Some(found) = metadata.topics().iter().find(|found| found.name() == topic) else {
            return Ok(None);
        };
        match found.error().map(Code::from) {
            Some(Code::UnknownTopicOrPartition | Code::UnknownTopic) => return Ok(None),
            Some(code) if found.partitions().is_empty() => {
                let error = rdkafka::error::KafkaError::MetadataFetch(code);
                return Err(named(&format!("asking for topic `{topic}`"), &error));
            }
            _ => {}
        }
        Ok(u16::try_from(found.partitions().len()).ok().filter(|count| *count > 0))
    }

    /// As last heard; asked for only where nothing is known, or not so many.
    pub(crate) fn known(&self, topic: &str, partition: u16) -> Result<Option<u16>, StreamError> {
        let known = lock(&self.known).get(topic).copied();
        match known {
            Some(count) if partition < count => Ok(known),
            _ => self.partitions(topic),
        }
    }

    /// Refuses a partition that is not there.
    pub(crate) fn must_have(&self, topic: &str, partition: u16) -> Result<(), StreamError> {
        match self.known(topic, partition)? {
            None => Err(StreamError::no_topic(topic)),
            Some(count) if partition >= count => Err(StreamError::Configuration(format!(
                "topic `{topic}` has {count} partitions, and none of number {partition}"
            ))),
            Some(_) => Ok(()),
        }
    }

    pub(crate) fn range(&self, topic: &str, partition: u16) -> Result<Range<u64>, StreamError> {
        self.must_have(topic, partition)?;
        let asked =
            self.client(None)?.fetch_watermarks(topic, i32::from(partition), self.settings.timeout);
        let doing = || format!("asking what partition {partition} of `{topic}` holds");
        let (low, high) = asked.map_err(|error| named(&doing(), &error))?;
        let (Ok(low), Ok(high)) = (u64::try_from(low), u64::try_from(high)) else {
            return Err(StreamError::Unavailable(format!("{}: {low}..{high}", doing())));
        };
        lock(&self.ends).insert((topic.to_owned(), partition), high);
        Ok(low..high)
    }

    /// Where a partition ended when that was last asked.
    pub(crate) fn end(&self, topic: &str, partition: u16) -> Option<u64> {
        lock(&self.ends).get(&(topic.to_owned(), partition)).copied()
    }

    pub(crate) fn committed(
        &self,
        group: &str,
        topic: &str,
    ) -> Result<BTreeMap<u16, Committed>, StreamError> {
        let Some(count) = self.known(topic, 0)? else { return Ok(BTreeMap::new()) };
        let mut list = TopicPartitionList::with_capacity(usize::from(count));
        list.add_partition_range(topic, 0, i32::from(count) - 1);
        let doing = format!("asking how far group `{group}` has come in `{topic}`");
        let asked = self.client(Some(group))?.committed_offsets(list, self.settings.timeout);
        let list = asked.map_err(|error| named(&doing, &error))?;
        let mut points = BTreeMap::new();
        for element in list.elements() {
            element.error().map_err(|error| named(&doing, &error))?;
            if let (Ok(partition), Offset::Offset(offset)) =
                (u16::try_from(element.partition()), element.offset())
            {
                let offset = u64::try_from(offset).unwrap_or(0);
                points.insert(partition, Committed::read(offset, element.metadata()));
            }
        }
        Ok(points)
    }
}

impl Admin {
    /// Every broker: its number and its address.
    pub(crate) fn brokers(&self) -> Result<Vec<(i32, String)>, StreamError> {
        let asked = self.client(None)?.fetch_metadata(None, self.settings.timeout);
        let metadata = asked.map_err(|error| named("asking for the brokers", &error))?;
        let address =
            |broker: &MetadataBroker| (broker.id(), format!("{}:{}", broker.host(), broker.port()));
        Ok(metadata.brokers().iter().map(address).collect())
    }

    /// Waits until a broker answers.
    pub(crate) fn reach(&self) -> Result<(), StreamError> {
        let client = self.client(None)?;
        match client.client().fetch_cluster_id(self.settings.timeout) {
            Some(_) => Ok(()),
            None => {
                while client.poll(Duration::ZERO).is_some() {}
                Err(StreamError::Unavailable(client.context().nobody()))
            }
        }
    }
}
