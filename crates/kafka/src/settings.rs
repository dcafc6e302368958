//! Where the brokers are, and what of the client may be set. What the promises rest on may not: it is refused
//! by name, with its reason.

use crate::law::{self, Role};
use rdkafka::config::{ClientConfig, RDKafkaLogLevel};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use stream::StreamError;

/// How Kafka is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Some of the brokers, `host:port`, separated by commas; the others are learnt from them.
    pub brokers: String,
    /// What this process is called. No two processes may share it: equal names keep a group from settling.
    pub client_id: String,
    /// More of the client's settings by its own names: security, buffers, time limits.
    pub client: BTreeMap<String, String>,
    /// Put on every record that is written.
    pub headers: Vec<(String, String)>,
    /// Copies of each partition of a topic that is made here; `None`: as many as the brokers' default says.
    pub replication: Option<u16>,
    /// A member that has not been heard of for so long has lost its partitions.
    pub session_timeout: Duration,
    /// The longest that one question may take: about topics, offsets, commits.
    pub timeout: Duration,
}

impl Settings {
    /// The usual ones.
    pub fn new(brokers: impl Into<String>, client_id: impl Into<String>) -> Self {
        Self {
            brokers: brokers.into(),
            client_id: client_id.into(),
            client: BTreeMap::new(),
            headers: Vec::new(),
            replication: None,
            session_timeout: Duration::from_secs(20),
            timeout: Duration::from_secs(10),
        }
    }

    /// Refuses what would break a promise, and what the client does not know.
    pub(crate) fn check(&self) -> Result<(), StreamError> {
        let refuse = |reason: String| Err(StreamError::Configuration(reason));
        if self.brokers.trim().is_empty() {
            return refuse("no Kafka broker is named: give at least one `host:port`".into());
        }
        if self.client_id.trim().is_empty() {
            return refuse("this process has no Kafka client id: give it one of its own".into());
        }
        for name in self.client.keys() {
            if let Some(why) = law::fixed(name) {
                return refuse(format!("the Kafka setting `{name}` cannot be changed: {why}"));
            }
        }
        for role in [Role::Producer, Role::Reader] {
            let made = self.config(role).create_native_config();
            made.map_err(|error| {
                StreamError::Configuration(format!(
                    "the Kafka client refuses its settings: {error}"
                ))
            })?;
        }
        Ok(())
    }

    /// The client's settings for one role. Each client gets a name of its own.
    pub(crate) fn config(&self, role: Role<'_>) -> ClientConfig {
        static CLIENTS: AtomicU64 = AtomicU64::new(0);
        let number = CLIENTS.fetch_add(1, Ordering::Relaxed);
        let mut config = ClientConfig::new();
        config.set_log_level(RDKafkaLogLevel::Warning);
        config.set("bootstrap.servers", &self.brokers);
        config.set("client.id", format!("{}-{}-{number}", self.client_id, role.name()));
        law::defaults(&role, &mut config);
        for (name, value) in &self.client {
            config.set(name, value);
        }
        law::fix(&role, self.session_timeout, &mut config);
        config
    }
}
