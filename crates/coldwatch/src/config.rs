//! The configuration: flags over `COLDWATCH_*` over a file over what is built in. It refuses keys that nobody
//! knows, settings that would have no effect, and secrets that stand in the file itself.

mod idle;
mod layers;
mod show;

use crate::exit::Failure;
use facts::Span;
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// All of it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the log is.
    pub log: LogConfig,
    /// Where states are kept, so that a restart is short.
    pub snapshots: SnapshotsConfig,
    /// The door.
    pub http: HttpConfig,
    /// Who strikes the clock.
    pub clock: ClockConfig,
    /// When what stands still is told, and ended.
    pub watchdog: WatchdogConfig,
    /// What it says of itself, on stderr.
    pub logging: LoggingConfig,
}

/// Where the log is.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// Which kind of log.
    pub kind: LogKind,
    /// The embedded log's folder.
    pub folder: PathBuf,
    /// Kafka's brokers.
    pub brokers: String,
    /// Before every topic's and group's name.
    pub prefix: String,
    /// Partitions of `facts`, `journal`, `exceptions` and `alerts`: fixed when topics are created.
    pub partitions: u16,
    /// Copies of each record on Kafka; absent: the broker's own default.
    pub replication: Option<u16>,
    /// Which generation of topics.
    pub generation: u32,
    /// What intake reads.
    pub inbound: Vec<String>,
    /// After this without a sign of life a member's partitions go to others.
    pub session_timeout: Span,
    /// More settings of the Kafka client, by its own names.
    pub client: BTreeMap<String, String>,
    /// The same, read from files.
    pub secrets: BTreeMap<String, PathBuf>,
}

/// Kinds of log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogKind {
    /// On this machine, in a folder.
    Embedded,
    /// On a broker.
    Kafka,
}

/// Where states are kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SnapshotsConfig {
    /// In which folder; without one, by the log's.
    pub folder: PathBuf,
    /// In which object store, instead of a folder.
    pub url: Option<String>,
    /// How often.
    pub interval: Span,
}

/// The door.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HttpConfig {
    /// Where it is.
    #[serde(deserialize_with = "listen")]
    pub listen: SocketAddr,
    /// Holds the bearer token; needed as soon as others than this machine may ask.
    pub token_file: Option<PathBuf>,
    /// Events a second that the door takes, over all senders; a burst may be ten times that.
    pub events_per_second: u32,
    /// Readers that may follow the live feed at a time; each has a reader of the log of its own.
    pub max_feed_clients: u16,
    /// Those of them that may come from one address.
    pub max_feed_clients_each: u16,
    /// Connections that may be open at a time; one address has half of them at the most.
    pub connections: u16,
}

/// Who strikes the clock.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ClockConfig {
    /// Whether dispatch and alerts strike the clock. Off where somebody else does, as a test with a clock of its own.
    pub tick: bool,
}

/// When what stands still is told, and ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WatchdogConfig {
    /// A partition with work before it that has not moved for this long makes the process unready.
    pub unready_after: Span,
    /// After this long the process ends, so that another takes its partitions over. While the log is away nothing is ended:
    /// that would help nobody, and the desk would lose what it shows.
    pub exit_after: Span,
}

/// What a process says of itself.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LoggingConfig {
    /// Lines of this level and worse; absent: `info` for services, `warn` elsewhere.
    pub level: Option<String>,
    /// How a line is written.
    pub format: Format,
}

/// How a line is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    /// Words and names for people to read.
    #[default]
    Text,
    /// One JSON object a line, for whoever gathers them.
    Json,
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            kind: LogKind::Embedded,
            folder: "coldwatch-data/log".into(),
            brokers: String::new(),
            prefix: String::new(),
            partitions: 16,
            replication: None,
            generation: 1,
            inbound: vec!["inbound.events".into()],
            session_timeout: Span::seconds(10),
            client: BTreeMap::new(),
            secrets: BTreeMap::new(),
        }
    }
}

impl LogConfig {
    /// Whether it is the log that is meant where nobody names one.
    pub fn is_built_in(&self) -> bool {
        let built_in = Self::default();
        let here = |log: &Self| (log.kind, log.folder.clone(), log.prefix.clone());
        here(self) == here(&built_in)
    }
}

impl Default for SnapshotsConfig {
    fn default() -> Self {
        Self { folder: "coldwatch-data/snapshots".into(), url: None, interval: Span::minutes(1) }
    }
}

impl Default for HttpConfig {
    fn default() -> Self {
        let listen = SocketAddr::from(([127, 0, 0, 1], 8080));
        Self {
            listen,
            token_file: None,
            events_per_second: 20_000,
            max_feed_clients: 64,
            max_feed_clients_each: 32,
            connections: 512,
        }
    }
}

/// An address with its port, and a sentence where it is none.
fn listen<'de, D: Deserializer<'de>>(d: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(d)?;
    text.parse().map_err(|_| {
        serde::de::Error::custom(format!(
            "http.listen: `{text}` is no address with a port, like `127.0.0.1:8080`, `0.0.0.0:8080` or `[::1]:8080`"
        ))
    })
}

impl Default for ClockConfig {
    fn default() -> Self {
        Self { tick: true }
    }
}

impl Default for WatchdogConfig {
    fn default() -> Self {
        Self { unready_after: Span::seconds(30), exit_after: Span::minutes(5) }
    }
}

impl Config {
    /// Reads it: the file, if one is named, and what the environment sets beside it.
    pub fn read(file: Option<&Path>) -> Result<Self, Failure> {
        let config = layers::read(file, std::env::vars_os()).map_err(Failure::configuration)?;
        config.check().map_err(Failure::configuration)?;
        Ok(config)
    }

    fn check(&self) -> Result<(), String> {
        if self.log.partitions == 0 || self.log.partitions > 1024 {
            return Err("log.partitions: from 1 to 1024".into());
        }
        if self.log.kind == LogKind::Kafka && self.log.brokers.is_empty() {
            return Err(
                "log.brokers: name Kafka's brokers, like `kafka-1:9092,kafka-2:9092`".into()
            );
        }
        if self.log.inbound.is_empty() {
            return Err("log.inbound: name at least one topic that intake reads".into());
        }
        let twice = |(n, name): &(usize, &String)| self.log.inbound[..*n].contains(name);
        if let Some((_, name)) = self.log.inbound.iter().enumerate().find(twice) {
            return Err(format!(
                "log.inbound: `{name}` stands there twice, and would be taken in twice"
            ));
        }
        let secret = |name: &&String| {
            let name = name.as_str();
            ["password", "secret", ".pem"].iter().any(|end| name.ends_with(end))
        };
        if let Some(name) = self.log.client.keys().find(secret) {
            return Err(format!(
                "log.client: `{name}` is a secret: write it to a file and name that in [log.secrets]"
            ));
        }
        if let Some(url) = &self.snapshots.url {
            objects::Address::read(url).map_err(|why| format!("snapshots.url: {why}"))?;
        }
        if self.snapshots.interval <= Span::ZERO || self.log.session_timeout <= Span::ZERO {
            return Err("a span must be longer than nothing, like `1 min`".into());
        }
        let WatchdogConfig { unready_after, exit_after } = self.watchdog;
        if unready_after < Span::seconds(5) || exit_after <= unready_after {
            return Err(
                "watchdog: `unready_after` is at least 5 s, and `exit_after` is longer than that"
                    .into(),
            );
        }
        if !self.http.listen.ip().is_loopback() && self.http.token_file.is_none() {
            return Err(format!(
                "http.listen: {} can be reached by others than this machine, so http.token_file must name a file \
                 with a bearer token",
                self.http.listen
            ));
        }
        Ok(())
    }

    /// Refuses what only Kafka hears, such as a flag, where the log is another one.
    pub(crate) fn on_kafka(&self, what: &str) -> Result<(), Failure> {
        match self.log.kind {
            LogKind::Kafka => Ok(()),
            LogKind::Embedded => {
                let why = idle::other_kind("embedded", "kafka");
                Err(Failure::configuration(format!("{what} {why}")))
            }
        }
    }

    /// The bearer token, if one is asked for.
    pub fn token(&self) -> Result<Option<String>, Failure> {
        let Some(file) = &self.http.token_file else { return Ok(None) };
        let wrong = |why: String| Failure::configuration(format!("http.token_file: {why}"));
        let token = secret(file).map_err(wrong)?;
        match token.len() {
            16.. => Ok(Some(token)),
            n => Err(wrong(format!(
                "{}: a token has at least 16 characters, and this one has {n}",
                file.display()
            ))),
        }
    }
}

/// What a file holds, without white space around it.
pub fn secret(file: &Path) -> Result<String, String> {
    let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    match text.trim() {
        "" => Err(format!("{}: it is empty", file.display())),
        text => Ok(text.to_owned()),
    }
}

/// A span as the standard library has it.
pub fn duration(span: Span) -> Duration {
    Duration::from_millis(u64::try_from(span.as_millis()).unwrap_or(0))
}
