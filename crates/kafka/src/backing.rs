//! The log itself: one handle, shared by all services of a process.

use crate::admin::Admin;
use crate::cluster::{self, Cluster};
use crate::error_class::Fatal;
use crate::member::KafkaConsumer;
use crate::reader::KafkaReader;
use crate::settings::Settings;
use crate::topics;
use crate::writer::{Writer, refuse};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use stream::{
    Ack, Committed, GroupConsumer, Log, NewRecord, Reader, StreamError, TopicSpec, WriteId,
};

/// A log over Apache Kafka; clones are the same log.
#[derive(Clone)]
pub struct KafkaLog(Arc<Inner>);

struct Inner {
    admin: Arc<Admin>,
    /// None where the log is only looked at.
    writer: Option<Writer>,
    fatal: Fatal,
}

impl KafkaLog {
    /// Reaches the brokers, to read and to write. One at a time in a process: a second is refused as long as
    /// the first lives.
    ///
    /// # Errors
    ///
    /// `Configuration`: a setting that is fixed, unknown or does not fit; a second one. `Unavailable`: no
    /// broker answers.
    pub fn connect(settings: Settings) -> Result<Self, StreamError> {
        settings.check()?;
        let fatal = Fatal::default();
        let writer = Some(Writer::new(&settings, &fatal)?);
        Self::open(settings, writer, fatal)
    }

    /// Reaches the brokers, to read, to ask and to make topics. What is appended is refused.
    ///
    /// # Errors
    ///
    /// As [`KafkaLog::connect`], except that there may be any number.
    pub fn look(settings: Settings) -> Result<Self, StreamError> {
        settings.check()?;
        Self::open(settings, None, Fatal::default())
    }

    fn open(settings: Settings, writer: Option<Writer>, fatal: Fatal) -> Result<Self, StreamError> {
        let admin = Arc::new(Admin::new(settings)?);
        admin.reach()?;
        Ok(Self(Arc::new(Inner { admin, writer, fatal })))
    }

    /// What is there: the brokers, and these topics, with what matters of their settings.
    ///
    /// # Errors
    ///
    /// `Unavailable`: no broker answers. A single broker that does not is part of the description.
    pub fn describe(&self, topics: &[&str]) -> Result<Cluster, StreamError> {
        cluster::describe(&self.0.admin, topics)
    }
}

impl Log for KafkaLog {
    fn create(&self, topic: &TopicSpec) -> Result<bool, StreamError> {
        self.0.fatal.check()?;
        topics::create(&self.0.admin, topic)
    }

    fn partitions(&self, topic: &str) -> Result<Option<u16>, StreamError> {
        self.0.fatal.check()?;
        self.0.admin.partitions(topic)
    }

    fn without_leader(&self, topic: &str) -> Result<Vec<u16>, StreamError> {
        self.0.fatal.check()?;
        self.0.admin.without_leader(topic)
    }

    fn range(&self, topic: &str, partition: u16) -> Result<Range<u64>, StreamError> {
        self.0.fatal.check()?;
        self.0.admin.range(topic, partition)
    }

    fn committed(&self, group: &str, topic: &str) -> Result<BTreeMap<u16, Committed>, StreamError> {
        self.0.fatal.check()?;
        self.0.admin.committed(group, topic)
    }

    fn append(&self, new_records: Vec<(WriteId, NewRecord)>, answers: &Sender<Ack>) {
        // A topic that is not there would be waited for by the client, or be made by a broker.
        let mut last: Option<(Arc<str>, u16)> = None;
        let mut refused: BTreeMap<(Arc<str>, u16), String> = BTreeMap::new();
        for (write_id, new_record) in new_records {
            if let Some(reason) = self.0.fatal.reason() {
                refuse(write_id, reason.to_owned(), answers);
                continue;
            }
            let Some(writer) = &self.0.writer else {
                refuse(write_id, "this log is only looked at".to_owned(), answers);
                continue;
            };
            let at_hand = last.as_ref().is_some_and(|(topic, count)| {
                *topic == new_record.topic && new_record.partition < *count
            });
            if !at_hand {
                let place = (new_record.topic.clone(), new_record.partition);
                let known = match refused.get(&place) {
                    Some(reason) => Err(reason.clone()),
                    None => self.count_for(&new_record),
                };
                match known {
                    Ok(count) => last = Some((new_record.topic.clone(), count)),
                    Err(reason) => {
                        refused.insert(place, reason.clone());
                        refuse(write_id, reason, answers);
                        continue;
                    }
                }
            }
            writer.write(write_id, &new_record, answers);
        }
    }

    fn join(
        &self,
        group: &str,
        topic: &str,
        instance: Option<&str>,
    ) -> Result<Box<dyn GroupConsumer>, StreamError> {
        self.0.fatal.check()?;
        let (admin, fatal) = (self.0.admin.clone(), self.0.fatal.clone());
        Ok(Box::new(KafkaConsumer::join(admin, fatal, (group, topic, instance))?))
    }

    fn read(&self, topic: &str, from: &[(u16, u64)]) -> Result<Box<dyn Reader>, StreamError> {
        self.0.fatal.check()?;
        let (admin, fatal) = (self.0.admin.clone(), self.0.fatal.clone());
        Ok(Box::new(KafkaReader::new(admin, fatal, topic, from)?))
    }
}

impl KafkaLog {
    /// How many partitions there are, where the draft's is one of them.
    fn count_for(&self, new_record: &NewRecord) -> Result<u16, String> {
        match self.0.admin.known(&new_record.topic, new_record.partition) {
            Ok(Some(count)) if new_record.partition < count => Ok(count),
            Ok(_) => Err(format!(
                "there is no partition {} of `{}`",
                new_record.partition, new_record.topic
            )),
            Err(error) => Err(error.to_string()),
        }
    }
}
