//! What topics and groups are called here.

use crate::config::Config;
use pipeline::Topic;
use std::sync::Arc;

/// Names with the configuration's prefix.
#[derive(Debug, Clone)]
pub struct TopicNames {
    /// Before every name.
    pub prefix: String,
    /// Partitions of our topics.
    pub partitions: u16,
    topics: [Arc<str>; 5],
}

impl TopicNames {
    /// As the configuration says.
    pub fn of(config: &Config) -> Self {
        Self::with(&config.log.prefix, config.log.partitions)
    }
    /// With this prefix and so many partitions.
    pub fn with(prefix: &str, partitions: u16) -> Self {
        let topics = Topic::ALL.map(|topic| Arc::from(format!("{prefix}{}", topic.name())));
        Self { prefix: prefix.to_owned(), partitions, topics }
    }
    /// A topic of ours.
    pub fn topic(&self, topic: Topic) -> Arc<str> {
        let at = Topic::ALL.iter().position(|one| *one == topic).unwrap_or(0);
        self.topics[at].clone()
    }
    /// A topic of the outside world, or a group.
    pub fn other(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}
