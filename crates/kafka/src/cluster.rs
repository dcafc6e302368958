//! What is there, and what of it would lose or delay something. It describes; it changes nothing.

use crate::admin::Admin;
use crate::topics::settings_of;
use rdkafka::admin::{ConfigResource, ResourceSpecifier};
use std::collections::BTreeMap;
use stream::StreamError;

/// The brokers and some topics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cluster {
    /// Every broker, by its number.
    pub brokers: BTreeMap<i32, Broker>,
    /// The topics that were asked for; `None` where there is no such topic.
    pub topics: BTreeMap<String, Option<TopicStatus>>,
}

/// One broker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broker {
    /// `host:port`, as the brokers tell their clients.
    pub address: String,
    /// Why it does not answer, if it does not.
    pub silent: Option<String>,
    /// For how many minutes a group that nobody belongs to keeps its place.
    pub offsets_retention_minutes: Option<i64>,
}

/// One topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicStatus {
    /// How many partitions it has.
    pub partitions: u16,
    /// Partitions without a leader: nothing can be written to them or read from them.
    pub leaderless: Vec<i32>,
    /// Partitions of which some copies lag behind.
    pub lagging: Vec<i32>,
    /// The copies of the partition that has fewest.
    pub replication: usize,
    /// What matters of its settings, by their names: `retention.ms`, `min.insync.replicas` and so on.
    pub settings: BTreeMap<String, String>,
}

const TELLING: [&str; 6] = [
    "cleanup.policy",
    "max.message.bytes",
    "message.timestamp.type",
    "min.insync.replicas",
    "retention.bytes",
    "retention.ms",
];
/// A record of this size, in bytes, must fit.
const LARGEST: i64 = 1_000_000;
/// A service that is down for a shorter time must find its place again.
const A_WEEK: i64 = 7 * 24 * 60;

pub(crate) fn describe(admin: &Admin, topics: &[&str]) -> Result<Cluster, StreamError> {
    let mut all = Cluster { brokers: BTreeMap::new(), topics: BTreeMap::new() };
    for name in topics {
        let sight = match admin.partitions(name)? {
            Some(_) => Some(topic(admin, name)?),
            None => None,
        };
        all.topics.insert((*name).to_owned(), sight);
    }
    for (id, address) in admin.brokers()? {
        let asked = settings_of(admin, &ResourceSpecifier::Broker(id));
        let minutes = |asked: &ConfigResource| {
            asked.get("offsets.retention.minutes")?.value.as_ref()?.parse().ok()
        };
        let offsets_retention_minutes = asked.as_ref().ok().and_then(minutes);
        let silent = asked.err().map(|error| error.to_string());
        all.brokers.insert(id, Broker { address, silent, offsets_retention_minutes });
    }
    Ok(all)
}

fn topic(admin: &Admin, name: &str) -> Result<TopicStatus, StreamError> {
    let metadata = admin.metadata(name)?;
    let found = metadata.topics().iter().find(|found| found.name() == name);
    let partitions = found.map(|found| found.partitions()).unwrap_or_default();
    let those = |which: &dyn Fn(&rdkafka::metadata::MetadataPartition) -> bool| -> Vec<i32> {
        partitions.iter().filter(|p| which(p)).map(|p| p.id()).collect()
    };
    let asked = settings_of(admin, &ResourceSpecifier::Topic(name))?;
    let value = |key: &&str| Some(((*key).to_owned(), asked.get(key)?.value.clone()?));
    Ok(TopicStatus {
        partitions: u16::try_from(partitions.len()).unwrap_or(u16::MAX),
        leaderless: those(&|p| p.leader() < 0),
        lagging: those(&|p| p.isr().len() < p.replicas().len()),
        replication: partitions.iter().map(|p| p.replicas().len()).min().unwrap_or(0),
        settings: TELLING.iter().filter_map(value).collect(),
    })
}

impl Cluster {
    /// What is wrong, a sentence each, with what to do. `stamped` says of a topic whether it must carry the
    /// log's own time.
    pub fn faults(&self, stamped: impl Fn(&str) -> bool) -> Vec<String> {
        let mut faults = Vec::new();
        for (id, broker) in &self.brokers {
            if let Some(reason) = &broker.silent {
                let address = &broker.address;
                faults.push(format!("broker {id} at {address} does not answer ({reason}): see whether it runs, and whether this machine may reach that address"));
            }
            if let Some(minutes) = broker.offsets_retention_minutes.filter(|m| *m < A_WEEK) {
                faults.push(format!("broker {id} forgets the place of a group after {minutes} minutes without members: set offsets.retention.minutes to {A_WEEK} at least"));
            }
        }
        for (name, topic) in &self.topics {
            match topic {
                None => faults.push(format!("there is no topic `{name}`: make it")),
                Some(topic) => topic.faults(name, stamped(name), self.brokers.len(), &mut faults),
            }
        }
        faults
    }
}

impl TopicStatus {
    fn faults(&self, name: &str, stamped: bool, brokers: usize, faults: &mut Vec<String>) {
        let setting = |key: &str| self.settings.get(key).map_or("", String::as_str);
        let mut say = |fault: String| faults.push(format!("topic `{name}`: {fault}"));
        if !self.leaderless.is_empty() {
            say(format!(
                "partitions {:?} have no leader: bring their brokers back",
                self.leaderless
            ));
        }
        if !self.lagging.is_empty() {
            say(format!("partitions {:?} lack copies: see which broker lags", self.lagging));
        }
        for key in ["retention.ms", "retention.bytes"] {
            if !matches!(setting(key), "-1" | "") {
                say(format!("{key} is {}: records would be deleted; set it to -1", setting(key)));
            }
        }
        if !matches!(setting("cleanup.policy"), "delete" | "") {
            let policy = setting("cleanup.policy");
            say(format!(
                "cleanup.policy is {policy}: records would be thinned out; set it to delete"
            ));
        }
        if stamped && setting("message.timestamp.type") != "LogAppendTime" {
            say("its records carry their writers' clocks: set message.timestamp.type to LogAppendTime".into());
        }
        if setting("max.message.bytes").parse().is_ok_and(|most: i64| most < LARGEST) {
            say(format!(
                "max.message.bytes is below {LARGEST}: large records would be refused; raise it"
            ));
        }
        let insync: usize = setting("min.insync.replicas").parse().unwrap_or(1);
        if insync >= self.replication && self.replication > 1 {
            say(format!(
                "min.insync.replicas is {insync} of {} copies: one broker that is down stops every write; set it to {}",
                self.replication,
                self.replication - 1
            ));
        }
        if brokers >= 3 && self.replication < 3 {
            say(format!("{} copies on {brokers} brokers: make it with three", self.replication));
        }
        if self.replication >= 3 && insync < 2 {
            say("min.insync.replicas is 1: a write may be lost with one broker; set it to 2".into());
        }
    }
}
