//! Reading as a member of a group. The group says which partitions, the service says from where; a partition
//! that is asked back is kept until it is released. What was lost is never committed.

use crate::admin::Admin;
use crate::assignment::{Assignment, PartitionStage};
use crate::client_config::ClientRole;
use crate::error_class::{Fatal, Severity, classify, code, named};
use crate::listener::{ConsumerListener, RebalanceEvent};
use crate::reading::{BATCH, PollErrors, list, record};
use crate::shutdown::close;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::error::RDKafkaErrorCode as Code;
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};
use stream::{Committed, ConsumerEvent, GroupConsumer, StreamError};

/// How long leaving may take before it is left to the session's time limit.
const LEAVING: Duration = Duration::from_secs(3);
/// How soon a commit is tried again that a group in motion has refused.
const AGAIN: Duration = Duration::from_millis(25);

/// A member.
pub(crate) struct KafkaConsumer {
    consumer: Option<BaseConsumer<ConsumerListener>>,
    admin: Arc<Admin>,
    fatal: Fatal,
    group: String,
    topic: String,
    share: Assignment,
    missing: Option<Instant>,
}

impl KafkaConsumer {
    pub(crate) fn join(
        admin: Arc<Admin>,
        fatal: Fatal,
        (group, topic, instance): (&str, &str, Option<&str>),
    ) -> Result<Self, StreamError> {
        admin.partitions(topic)?.ok_or_else(|| StreamError::no_topic(topic))?;
        let role = ClientRole::Member(group, instance);
        let doing = || format!("joining group `{group}`");
        let made: Result<BaseConsumer<ConsumerListener>, _> = admin
            .settings
            .config(role)
            .create_with_context(ConsumerListener::new(&admin.settings.brokers));
        let consumer = made.map_err(|error| named(&doing(), &error))?;
        consumer.subscribe(&[topic]).map_err(|error| named(&doing(), &error))?;
        let (group, topic) = (group.to_owned(), topic.to_owned());
        let (consumer, share) = (Some(consumer), Assignment::default());
        Ok(Self { consumer, admin, fatal, group, topic, share, missing: None })
    }

    fn consumer(&self) -> Result<&BaseConsumer<ConsumerListener>, StreamError> {
        let left = || StreamError::Stop(format!("group `{}` has been left", self.group));
        self.consumer.as_ref().ok_or_else(left)
    }

    fn unassign(&self, read: Vec<u16>) -> Result<(), StreamError> {
        let list = list(&self.topic, read.into_iter().map(|partition| (partition, 0)))?;
        let done = self.consumer()?.incremental_unassign(&list);
        done.map_err(|error| named(&format!("giving partitions of `{}` back", self.topic), &error))
    }

    /// Does what the group has asked for, as far as that can be done at once.
    fn answer(
        &mut self,
        asked: RebalanceEvent,
        to: &mut Vec<ConsumerEvent>,
    ) -> Result<(), StreamError> {
        match asked {
            RebalanceEvent::Assign(partitions) => {
                // The group need not wait: each is read once it is started.
                let done = self.consumer()?.incremental_assign(&TopicPartitionList::new());
                done.map_err(|error| named(&format!("group `{}`", self.group), &error))?;
                self.share.take(&partitions);
                to.push(ConsumerEvent::Assigned(partitions));
            }
            RebalanceEvent::Revoke(partitions) if partitions.is_empty() => {
                self.unassign(Vec::new())?
            }
            RebalanceEvent::Revoke(partitions) => {
                self.share.revoke(&partitions);
                to.push(ConsumerEvent::Revoked(partitions));
            }
            RebalanceEvent::Lost(partitions) => {
                let read = self.share.forget(partitions.iter().copied());
                self.unassign(read)?;
                to.push(ConsumerEvent::Lost(partitions));
            }
        }
        Ok(())
    }
}

impl GroupConsumer for KafkaConsumer {
    fn poll(&mut self, wait: Duration, to: &mut Vec<ConsumerEvent>) -> Result<(), StreamError> {
        self.fatal.check()?;
        let before = to.len();
        let mut wait = wait;
        let mut asked = VecDeque::new();
        let Self { consumer, share, admin, topic, missing, .. } = self;
        let Some(consumer) = consumer.as_ref() else { return Ok(()) };
        while to.len() - before < BATCH {
            match consumer.poll(wait) {
                Some(Ok(message)) => {
                    let (partition, record) = record(&message)?;
                    if share.hands_on(partition, record.offset) {
                        to.push(ConsumerEvent::Record(partition, record));
                    }
                }
                Some(Err(error)) => {
                    let mut hearing = PollErrors { admin, topic, missing };
                    hearing.check(consumer.context(), &error, || share.positions())?;
                }
                // Nothing, or an event was served: a batch does not reach across a change of the group.
                None => {
                    asked = consumer.context().rebalance_events();
                    break;
                }
            }
            wait = Duration::ZERO;
        }
        if asked.is_empty() && to.len() == before {
            return PollErrors { admin, topic, missing }.nothing_came(consumer.context());
        }
        for asked in asked {
            self.answer(asked, to)?;
        }
        Ok(())
    }

    fn seek(&mut self, partition: u16, from: u64) -> Result<(), StreamError> {
        let consumer = self.consumer()?;
        let doing = || format!("reading partition {partition} of `{}` from {from} on", self.topic);
        match self.share.of(partition) {
            // It was taken away between the question and the answer.
            None | Some(PartitionStage::Revoked(_)) => return Ok(()),
            Some(PartitionStage::Waiting) => {
                let done = consumer.incremental_assign(&list(&self.topic, [(partition, from)])?);
                done.map_err(|error| named(&doing(), &error))?;
            }
            // Giving it back and taking it again would be heard as an answer to what the group may just ask.
            Some(PartitionStage::Reading(_)) => {
                let until = Instant::now() + self.admin.settings.timeout;
                let to = Offset::Offset(i64::try_from(from).unwrap_or(i64::MAX));
                let step = Duration::from_millis(500);
                while let Err(error) = consumer.seek(&self.topic, i32::from(partition), to, step) {
                    if Instant::now() >= until {
                        let says = format!("{}: {error}", doing());
                        return Err(StreamError::Unavailable(says));
                    }
                    std::thread::sleep(Duration::from_millis(5));
                }
            }
        }
        self.share.start(partition, from);
        Ok(())
    }

    /// A group in motion refuses commits of its members for a moment: those are tried again. A member that is
    /// none any more has lost its partitions: its commit is not known to stand, and nothing behind it may.
    fn commit(&mut self, points: &[(u16, Committed)]) -> Result<(), StreamError> {
        self.fatal.check()?;
        let mut list = TopicPartitionList::with_capacity(points.len());
        let doing =
            || format!("noting how far group `{}` has come in `{}`", self.group, self.topic);
        for (partition, point) in points {
            if self.share.of(*partition).is_none() {
                continue;
            }
            let mut element = list.add_partition(&self.topic, i32::from(*partition));
            let offset = Offset::Offset(i64::try_from(point.offset).unwrap_or(i64::MAX));
            element.set_offset(offset).map_err(|error| named(&doing(), &error))?;
            element.set_metadata(point.text());
        }
        if list.count() == 0 {
            return Ok(());
        }
        let consumer = self.consumer()?;
        let mut until = None;
        loop {
            let lost = || StreamError::Unavailable(format!("{}: they are lost", doing()));
            if consumer.assignment_lost() {
                return Err(lost());
            }
            let Err(error) = consumer.commit(&list, CommitMode::Sync) else { return Ok(()) };
            // The first try may have waited long behind the group's own requests: time counts from its answer.
            let until = *until.get_or_insert_with(|| Instant::now() + self.admin.settings.timeout);
            match code(&error) {
                Some(Code::UnknownMemberId) => return Err(lost()),
                Some(code) if classify(code) == Severity::Transient && Instant::now() < until => {
                    tracing::debug!(group = self.group, %error, "a commit is tried again");
                    std::thread::sleep(AGAIN);
                }
                _ => return Err(named(&doing(), &error)),
            }
        }
    }

    fn high_watermarks(&mut self) -> BTreeMap<u16, u64> {
        let heard = self.consumer.as_ref().map(|consumer| consumer.context().ends());
        let heard = heard.unwrap_or_default();
        let end = |partition: u16| {
            // What was asked for when it started may be newer, or all that is known.
            let asked = self.admin.end(&self.topic, partition);
            Some((partition, heard.get(&partition).copied().max(asked)?))
        };
        self.share.partitions().filter_map(end).collect()
    }

    fn release(&mut self, partitions: &[u16]) -> Result<(), StreamError> {
        let revoked = |p: &u16| matches!(self.share.of(*p), Some(PartitionStage::Revoked(_)));
        let mine: Vec<u16> = partitions.iter().copied().filter(revoked).collect();
        if mine.is_empty() {
            return Ok(());
        }
        let read = self.share.forget(mine);
        self.unassign(read)
    }

    fn leave(&mut self) -> Result<(), StreamError> {
        let Some(consumer) = self.consumer.take() else { return Ok(()) };
        self.share = Assignment::default();
        consumer.context().closing();
        consumer.unsubscribe();
        // What was asked before and is not answered yet would be waited for.
        let until = Instant::now() + LEAVING;
        while Instant::now() < until
            && consumer.assignment().is_ok_and(|assigned| assigned.count() > 0)
        {
            consumer.poll(Duration::from_millis(20));
        }
        close(consumer);
        Ok(())
    }
}

impl Drop for KafkaConsumer {
    fn drop(&mut self) {
        if let Some(consumer) = self.consumer.take() {
            close(consumer);
        }
    }
}
