//! Where the brokers are, and what of the client may be set. What the promises rest on may not: it is refused
//! by name, with its reason.

use crate::client_config::{self, ClientRole};
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
    /// A member that has not been heard of for so long has lost its partitions. Shorter than the client's
    /// `socket.timeout.ms` (20 s here), and longer than the brokers take to replace one of them.
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
            session_timeout: Duration::from_secs(15),
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
            if let Some(why) = client_config::fixed(name) {
                return refuse(format!("the Kafka setting `{name}` cannot be changed: {why}"));
            }
        }
        for role in [ClientRole::Producer, ClientRole::Reader] {
            let made = self.config(role).create_native_config();
            made.map_err(|error| {
                // The client's own sentence may hold the value, which may be a secret.
                let name = match &error {
                    rdkafka::error::KafkaError::ClientConfig(_, _, name, _) => name.as_str(),
                    _ => "",
                };
                StreamError::Configuration(format!(
                    "the Kafka client refuses the setting `{name}`: it does not know it, cannot use its value, or was \
                     built without TLS"
                ))
            })?;
        }
        Ok(())
    }

    /// The client's settings for one role. Each client gets a name of its own.
    pub(crate) fn config(&self, role: ClientRole<'_>) -> ClientConfig {
        static CLIENTS: AtomicU64 = AtomicU64::new(0);
        let number = CLIENTS.fetch_add(1, Ordering::Relaxed);
        let mut config = ClientConfig::new();
        config.set_log_level(RDKafkaLogLevel::Warning);
        config.set("bootstrap.servers", &self.brokers);
        config.set("client.id", format!("{}-{}-{number}", self.client_id, role.name()));
        client_config::defaults(&role, &mut config);
        for (name, value) in &self.client {
            config.set(name, value);
        }
        client_config::fix(&role, self.session_timeout, &mut config);
        config
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rdkafka::config::NativeClientConfig;

    fn refused(name: &str, value: &str) -> String {
        let mut settings = Settings::new("localhost:9092", "test");
        settings.client.insert(name.into(), value.into());
        match settings.check() {
            Err(StreamError::Configuration(reason)) => reason,
            other => panic!("{name}={value}: {other:?}"),
        }
    }

    fn native(role: ClientRole<'_>) -> NativeClientConfig {
        let settings = Settings::new("localhost:9092", "test");
        settings.config(role).create_native_config().expect("the client knows them all")
    }

    #[test]
    fn what_the_promises_rest_on_cannot_be_set() {
        for (name, value) in [("acks", "1"), ("enable.auto.commit", "true"), ("client.id", "x")] {
            let reason = refused(name, value);
            assert!(reason.contains(&format!("`{name}` cannot be changed")), "{reason}");
        }
        assert!(refused("no.such.setting", "1").contains("no.such.setting"));
        assert!(refused("fetch.wait.max.ms", "soon").contains("fetch.wait.max.ms"));
        let mut settings = Settings::new("localhost:9092", "test");
        settings.client.insert("message.timeout.ms".into(), "1000".into());
        assert_eq!(settings.check(), Ok(()));
        settings.brokers = " ".into();
        assert!(settings.check().is_err());
    }

    #[test]
    fn what_the_promises_rest_on_is_set() {
        let get = |config: &NativeClientConfig, name| config.get(name).expect("it is set");
        let member = native(ClientRole::Member("group", Some("instance")));
        for (name, value) in [
            ("enable.auto.commit", "false"),
            ("enable.auto.offset.store", "false"),
            ("partition.assignment.strategy", "cooperative-sticky"),
            ("fetch.queue.backoff.ms", "5"),
            ("check.crcs", "true"),
            ("group.instance.id", "instance"),
            ("session.timeout.ms", "15000"),
            ("heartbeat.interval.ms", "1000"),
        ] {
            assert_eq!(get(&member, name), value, "{name}");
        }
        let producer = native(ClientRole::Producer);
        for (name, value) in [("enable.idempotence", "true"), ("compression.codec", "lz4")] {
            assert_eq!(get(&producer, name), value, "{name}");
        }
        let ids: Vec<String> =
            (0..2).map(|_| get(&native(ClientRole::Reader), "client.id")).collect();
        assert_ne!(ids[0], ids[1], "every client has its own name");
    }

    #[test]
    fn brokers_that_do_not_answer_are_to_be_waited_for() {
        // Nothing listens on ports 1 and 2.
        let mut settings = Settings::new("127.0.0.1:1,127.0.0.1:2", "test");
        settings.timeout = Duration::from_secs(2);
        let refused = crate::KafkaLog::look(settings).err();
        let Some(StreamError::Unavailable(says)) = refused else { panic!("{refused:?}") };
        // Why stands behind it where the client has said that by then.
        assert!(says.starts_with("no broker answers at 127.0.0.1:1, 127.0.0.1:2"), "{says}");
        assert!(!says.contains("are down"), "{says}");
    }
}
