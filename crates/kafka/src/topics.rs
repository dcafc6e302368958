//! Making topics, and asking for settings: what only an administrator's client can do. A topic that is there
//! is never changed.

use crate::admin::Admin;
use crate::client_config::ClientRole;
use crate::error_class::named;
use crate::listener::{forward_log, report};
use rdkafka::ClientContext;
use rdkafka::admin::{
    AdminClient, AdminOptions, ConfigResource, NewTopic, ResourceSpecifier, TopicReplication,
};
use rdkafka::config::{FromClientConfigAndContext, RDKafkaLogLevel};
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;
use std::time::{Duration, Instant};
use stream::{StreamError, TopicSpec};

/// The largest record that a topic takes, in bytes, with what the log wraps around it.
const LARGEST: &str = "4194304";

struct Quiet;

impl ClientContext for Quiet {
    fn log(&self, level: RDKafkaLogLevel, facility: &str, says: &str) {
        forward_log(level, facility, says);
    }
    fn error(&self, error: KafkaError, reason: &str) {
        report(&error, reason);
    }
}

fn administrator(admin: &Admin) -> Result<AdminClient<Quiet>, StreamError> {
    AdminClient::from_config_and_context(&admin.settings.config(ClientRole::Admin(None)), Quiet)
        .map_err(|error| named("a Kafka client is made", &error))
}

fn patient(admin: &Admin) -> AdminOptions {
    let timeout = Some(admin.settings.timeout);
    AdminOptions::new().request_timeout(timeout).operation_timeout(timeout)
}

/// Makes a topic and waits until all its partitions have leaders; `false` if it was there.
pub(crate) fn create(admin: &Admin, topic: &TopicSpec) -> Result<bool, StreamError> {
    if let Some(there) = admin.partitions(&topic.name)? {
        return topic.fits(usize::from(there));
    }
    let replication = admin.settings.replication.map_or(-1, i32::from);
    let mut new = NewTopic::new(
        &topic.name,
        i32::from(topic.partitions),
        TopicReplication::Fixed(replication),
    )
    // Retention goes by timestamps: one bad clock would delete what is needed.
    .set("retention.ms", "-1")
    .set("retention.bytes", "-1")
    .set("cleanup.policy", "delete")
    .set("max.message.bytes", LARGEST)
    .set(
        "message.timestamp.type",
        if topic.stamped_by_log { "LogAppendTime" } else { "CreateTime" },
    );
    if replication >= 3 {
        new = new.set("min.insync.replicas", "2");
    }
    let doing = format!("making topic `{}`", topic.name);
    let administrator = administrator(admin)?;
    let made = block_on(administrator.create_topics([&new], &patient(admin)));
    let made = made.map_err(|error| named(&doing, &error))?;
    match made.into_iter().next() {
        Some(Ok(_)) => {}
        // Another process was faster.
        Some(Err((_, Code::TopicAlreadyExists))) => {
            wait_for_leaders(admin, topic)?;
            let there = admin.partitions(&topic.name)?.unwrap_or(0);
            return topic.fits(usize::from(there));
        }
        Some(Err((_, code))) => return Err(named(&doing, &KafkaError::AdminOp(code))),
        None => return Err(StreamError::Unavailable(format!("{doing}: no answer"))),
    }
    wait_for_leaders(admin, topic)?;
    Ok(true)
}

fn wait_for_leaders(admin: &Admin, topic: &TopicSpec) -> Result<(), StreamError> {
    let until = Instant::now() + admin.settings.timeout;
    loop {
        let metadata = admin.metadata(&topic.name)?;
        let found = metadata.topics().iter().find(|found| found.name() == topic.name);
        let led = found.map_or(0, |found| {
            found.partitions().iter().filter(|partition| partition.leader() >= 0).count()
        });
        if led > 0 && found.is_some_and(|found| found.partitions().len() == led) {
            admin.partitions(&topic.name)?;
            return Ok(());
        }
        if Instant::now() >= until {
            return Err(StreamError::Unavailable(format!(
                "topic `{}` was made, and only {led} of its {} partitions have a leader",
                topic.name, topic.partitions
            )));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Asks one broker or topic for its settings.
pub(crate) fn settings_of(
    admin: &Admin,
    of: &ResourceSpecifier<'_>,
) -> Result<ConfigResource, StreamError> {
    let doing = format!("asking for the settings of {of:?}");
    let administrator = administrator(admin)?;
    let asked = block_on(administrator.describe_configs([of], &patient(admin)));
    let answer = asked.map_err(|error| named(&doing, &error))?.into_iter().next();
    let answer = answer.ok_or_else(|| StreamError::Unavailable(format!("{doing}: no answer")))?;
    answer.map_err(|error| named(&doing, &KafkaError::AdminOp(error)))
}

struct Awake(Thread);

impl Wake for Awake {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for one answer. The administrator's client has its own thread and its own time limit.
fn block_on<F: Future>(future: F) -> F::Output {
    let waker = Waker::from(Arc::new(Awake(std::thread::current())));
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(answer) => return answer,
            Poll::Pending => std::thread::park(),
        }
    }
}
