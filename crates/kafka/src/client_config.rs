//! The client's settings that are not left at its defaults, and why. What stands under `FIXED` is refused
//! from outside; what stands in [`defaults`] may be set otherwise.

use rdkafka::config::ClientConfig;
use std::time::Duration;

/// What a client is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ClientRole<'a> {
    /// Writes.
    Producer,
    /// Reads as a member of a group, perhaps under a name that outlives a restart.
    Member(&'a str, Option<&'a str>),
    /// Reads in no group.
    Reader,
    /// Asks; where a group is named, how far that has come.
    Admin(Option<&'a str>),
}

impl ClientRole<'_> {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Producer => "writer",
            Self::Member(..) => "member",
            Self::Reader => "reader",
            Self::Admin(_) => "desk",
        }
    }
}

const OURS: &str = "it has a field of its own";
const PLACES: &str = "where a partition is read from is said by the service, never by the group";
const HELD: &str = "the promises about loss and order rest on it";
const FAST: &str = "measured; other values cost throughput or memory several times over";

/// Name, value for a producer, value for a consumer, why.
type Fixed = (&'static str, Option<&'static str>, Option<&'static str>, &'static str);

const FIXED: &[Fixed] = &[
    ("bootstrap.servers", None, None, OURS),
    ("metadata.broker.list", None, None, OURS),
    ("client.id", None, None, OURS),
    ("session.timeout.ms", None, None, OURS),
    ("group.id", None, None, "each service names its own group"),
    ("group.instance.id", None, None, "each member is given its own"),
    ("group.protocol", None, None, "static members and own assignments need the classic protocol"),
    ("enable.idempotence", Some("true"), None, HELD),
    ("acks", Some("all"), None, HELD),
    ("request.required.acks", None, None, HELD),
    ("transactional.id", None, None, "nothing here is written in transactions"),
    ("compression.type", Some("lz4"), None, FAST),
    ("compression.codec", None, None, FAST),
    ("linger.ms", Some("5"), None, FAST),
    ("queue.buffering.max.ms", None, None, FAST),
    ("partitioner", None, None, "every record names its partition"),
    ("auto.offset.reset", None, Some("error"), PLACES),
    ("enable.auto.commit", None, Some("false"), PLACES),
    ("auto.commit.enable", None, None, PLACES),
    ("enable.auto.offset.store", None, Some("false"), PLACES),
    // A dose of many units is a larger record than any that came in; one that cannot be written would stop its partition.
    ("message.max.bytes", Some("4194304"), None, "an output must be writable"),
    ("enable.partition.eof", None, Some("false"), "the end of a partition is not an event here"),
    ("check.crcs", None, Some("true"), "a damaged record must be noticed"),
    (
        "partition.assignment.strategy",
        None,
        Some("cooperative-sticky"),
        "members of one group must agree, and keep their partitions while others move",
    ),
    // The client's default of a second costs three to six times the throughput.
    ("fetch.queue.backoff.ms", None, Some("5"), FAST),
    ("queued.max.messages.kbytes", None, Some("32768"), FAST),
    ("fetch.message.max.bytes", None, Some("1048576"), FAST),
    ("max.partition.fetch.bytes", None, None, FAST),
    // By it is known whether a broker is there at all, and where partitions end.
    ("statistics.interval.ms", None, Some("1000"), "readiness and lag are read from it"),
    ("allow.auto.create.topics", Some("false"), Some("false"), "topics are made on purpose"),
];

/// Why a setting cannot be changed, if it cannot.
pub(crate) fn fixed(name: &str) -> Option<&'static str> {
    FIXED.iter().find(|(fixed, ..)| *fixed == name).map(|(.., why)| *why)
}

/// What may be set otherwise.
pub(crate) fn defaults(role: &ClientRole<'_>, config: &mut ClientConfig) {
    // A broker that hangs is given up after this; 60 s would be longer than an alert may take. A commit may wait
    // as long as a session lasts behind a join that waits for a dead member: this must be longer than that.
    config.set("socket.timeout.ms", "20000");
    config.set("reconnect.backoff.max.ms", "2000");
    config.set("topic.metadata.refresh.interval.ms", "60000");
    config.set("log.connection.close", "false");
    match role {
        ClientRole::Producer => {
            // An outage that is shorter costs no life; a longer one must not hide what was not written.
            config.set("message.timeout.ms", "60000");
            config.set("queue.buffering.max.kbytes", "131072");
        }
        ClientRole::Member(..) | ClientRole::Reader => {
            // A partition that starts waits for the fetch that is under way: half a second by default.
            config.set("fetch.wait.max.ms", "100");
            config.set("fetch.error.backoff.ms", "100");
            // For so long a topic that no broker knows is taken for a new one; half a minute by default.
            config.set("topic.metadata.propagation.max.ms", "3000");
        }
        ClientRole::Admin(_) => {}
    }
}

/// What may not.
pub(crate) fn fix(role: &ClientRole<'_>, session: Duration, config: &mut ClientConfig) {
    let admin = matches!(role, ClientRole::Admin(_));
    for (name, producer, consumer, _) in FIXED {
        let value = if matches!(role, ClientRole::Producer) { producer } else { consumer };
        if let Some(value) = value.filter(|_| !admin || *name != "statistics.interval.ms") {
            config.set(*name, value);
        }
    }
    match role {
        ClientRole::Producer => {}
        ClientRole::Member(group, instance) => {
            let session = session.as_millis().max(1);
            config.set("group.id", *group);
            config.set("session.timeout.ms", session.to_string());
            // A member learns by its heartbeat that the group has changed.
            config.set("heartbeat.interval.ms", (session / 4).clamp(1, 1_000).to_string());
            if let Some(instance) = instance {
                config.set("group.instance.id", *instance);
            }
        }
        // The client wants a group even where none is joined; nothing is ever committed under this one.
        ClientRole::Reader => {
            config.set("group.id", format!("reader-{:016x}", fastrand::u64(..)));
        }
        ClientRole::Admin(group) => {
            if let Some(group) = group {
                config.set("group.id", *group);
            }
        }
    }
}
