//! The services: each is a codec, a stage and the loop. Nothing is decided here.
//!
//! [`intake`] and [`stateful`] (dispatch, one engine or alerts) have one
//! shape: a `ProcessorFactory` that begins or resumes a partition, and a `PartitionProcessor` that takes its records.

pub mod intake;
pub mod names;
mod snapshot;
pub mod stateful;

use clap::builder::PossibleValue;
use facts::fact::log::{ClockProbe, Tick};
use facts::{Event, Fact, Moment, ShortText, Subject, SubjectKind, SystemFact};
use fold::{Counts, Stats};
use names::TopicNames;
use pipeline::processor::StageKind;
use pipeline::stage::Outcomes;
use pipeline::{ENGINES, EngineSpec, OutRecord, Topic, bytes};
use serde::Serialize;
use std::sync::LazyLock;
use stream::{FatalError, Gauge, NewRecord};
use wire::Rejection;
use wire::native::{self, Extensions};

/// One of the services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    /// Takes events in and finds their subjects.
    Intake,
    /// Passes facts on to whom they concern.
    Dispatch,
    /// Judges by the rules of one engine.
    Engine(&'static EngineSpec),
    /// Makes incidents of findings.
    Alerts,
    /// Shows pages and the live feed.
    Desk,
}

/// Every service that reads a topic as a member of a group, in the way of the data.
pub fn all() -> &'static [Service] {
    static ALL: LazyLock<Vec<Service>> = LazyLock::new(|| {
        let engines = ENGINES.iter().map(Service::Engine);
        let before = [Service::Intake, Service::Dispatch].into_iter();
        before.chain(engines).chain([Service::Alerts]).collect()
    });
    &ALL
}

/// What can be asked for by name: the desk, too, which reads without a group.
impl clap::ValueEnum for Service {
    fn value_variants<'a>() -> &'a [Self] {
        static NAMED: LazyLock<Vec<Service>> = LazyLock::new(|| [all(), &[Service::Desk]].concat());
        &NAMED
    }
    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self {
            Self::Intake => "Takes events in and finds their subjects",
            Self::Dispatch => "Passes facts on to whom they concern",
            Self::Engine(engine) => engine.judges,
            Self::Alerts => "Incidents",
            Self::Desk => "Pages and live feed",
        };
        Some(PossibleValue::new(self.name()).help(help))
    }
}

impl Service {
    /// Its name, which is its group's too.
    pub fn name(self) -> &'static str {
        match self {
            Self::Intake => "intake",
            Self::Dispatch => "dispatch",
            Self::Engine(engine) => engine.name,
            Self::Alerts => "alerts",
            Self::Desk => "desk",
        }
    }
    /// The stage that it runs, where that keeps a state.
    pub fn stage(self) -> Option<StageKind> {
        match self {
            Self::Intake | Self::Desk => None,
            Self::Dispatch => Some(StageKind::Dispatch),
            Self::Engine(engine) => Some(StageKind::Engine(engine)),
            Self::Alerts => Some(StageKind::Alerts),
        }
    }
    /// What it reads; intake reads what the configuration names.
    pub fn reads(self) -> Option<Topic> {
        self.stage().map(StageKind::reads)
    }
}

/// What a group works off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    /// The group's name.
    pub group: String,
    /// The topic's.
    pub topic: String,
}

impl Service {
    /// What it works off, by its full names.
    pub fn work(self, names: &TopicNames, inbound: &[String]) -> Vec<Work> {
        let group = names.other(self.name());
        match self.reads() {
            Some(topic) => {
                vec![Work { group, topic: names.topic(topic).to_string() }]
            }
            None => {
                let work = |name: &String| Work { group: group.clone(), topic: names.other(name) };
                inbound.iter().map(work).collect()
            }
        }
    }
}

/// What is noted with a commit: the counts at that place of the log. A commit of an earlier release has other names for some.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(default)]
pub struct CommitMetadata {
    /// Events, and records that could not be decoded.
    pub read: u64,
    /// Events that found a subject.
    #[serde(alias = "homed")]
    pub routed: u64,
    /// What was not taken in.
    pub rejected: u64,
    /// Passed on to whom they concern.
    #[serde(alias = "judged")]
    pub processed: u64,
    /// Waiting for whom they may concern.
    #[serde(alias = "held")]
    pub pending: u64,
    /// Claimed by nobody in time.
    pub expired: u64,
    /// The same outside event again.
    pub duplicate: u64,
    /// Records admitted.
    pub admitted: u64,
    /// Records dropped as repeats.
    pub repeated: u64,
    /// Records dropped behind a hole.
    pub unlinked: u64,
    /// Records of our own topics that could not be read.
    pub unreadable: u64,
    /// Subjects put aside.
    pub faulted: u64,
    /// Shipments put away.
    pub put_away: u64,
    /// Records for a shipment that was put away, and that nobody heard.
    pub too_late: u64,
    /// Holes that stand.
    pub gaps: u64,
    /// Log time, in milliseconds since 1970; 0 before the first stroke.
    pub now_ms: i64,
    /// Of intake: what the first record of its partition is called, where it was read from there; 0 otherwise.
    pub made: u64,
}

impl CommitMetadata {
    /// Of a stage and what became of outside events.
    pub fn of(stats: &Stats, fates: &Outcomes, unreadable: u64) -> Self {
        let Counts { admitted, repeated, unlinked, quarantined: faulted, too_late, .. } =
            stats.counts;
        let Outcomes { processed, pending, expired, duplicate } = *fates;
        let now_ms = if stats.now == Moment::EARLIEST { 0 } else { stats.now.millis() };
        Self {
            processed,
            pending,
            expired,
            duplicate,
            admitted,
            repeated,
            unlinked,
            unreadable,
            faulted,
            put_away: stats.put_away as u64,
            too_late,
            gaps: stats.gaps as u64,
            now_ms,
            ..Self::default()
        }
    }
    /// As it stands in the log.
    pub fn write(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
    /// What an empty or foreign note says is nothing.
    pub fn read(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or_default()
    }
    /// As metrics show it.
    pub fn gauges(&self, events: &[(&'static str, u64)]) -> Vec<Gauge> {
        let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let mut gauges: Vec<Gauge> =
            events.iter().map(|(outcome, n)| ("events", *outcome, signed(*n))).collect();
        gauges.extend([
            ("records", "admitted", signed(self.admitted)),
            ("records", "repeated", signed(self.repeated)),
            ("records", "unlinked", signed(self.unlinked)),
            ("records", "unreadable", signed(self.unreadable)),
            ("sequence_gaps", "", signed(self.gaps)),
            ("quarantined_subjects", "", signed(self.faulted)),
            ("put_away", "", signed(self.put_away)),
            ("too_late", "", signed(self.too_late)),
            ("log_time_seconds", "", self.now_ms / 1000),
        ]);
        gauges
    }
}

/// A service must not judge before the log has named its rules: what it hears would be lost.
pub fn without_rules(service: &str, partition: u16) -> FatalError {
    FatalError(format!(
        "{service}: partition {partition} has no rulebook yet: run `coldwatch topics create`, which writes it first"
    ))
}

/// A stroke of the clock by the owner of a partition.
pub fn tick(names: &TopicNames, topic: Topic, partition: u16, now: i64) -> NewRecord {
    of_log(names, topic, partition, now, Fact::System(SystemFact::Tick(Tick {})))
}

/// Asks what time it is.
pub fn clock_probe(names: &TopicNames, topic: Topic, partition: u16) -> NewRecord {
    of_log(names, topic, partition, 0, Fact::System(SystemFact::ClockProbe(ClockProbe {})))
}

/// What nobody caused, about the log.
pub fn of_log(names: &TopicNames, topic: Topic, partition: u16, at: i64, fact: Fact) -> NewRecord {
    let subject = Subject::new(SubjectKind::Log, topic.name());
    let id = ShortText::new(format!("{}:{partition}:{at}", topic.name()));
    let at = Moment::from_millis(at);
    let event = Event {
        source: ShortText::new("coldwatch"),
        id,
        subject,
        at,
        counts: None,
        hidden: None,
        fact,
    };
    let value = native::write(&event, &Extensions::default()).into_bytes();
    NewRecord { topic: names.topic(topic), partition, key: b"log".to_vec(), value }
}

/// A letter as the log takes it.
pub fn new_record(names: &TopicNames, letter: &OutRecord) -> NewRecord {
    let (key, value) = bytes::write(letter);
    NewRecord { topic: names.topic(letter.topic), partition: letter.partition, key, value }
}

/// How long an event's id may be.
const LONGEST_ID: usize = 512;

/// A record that was not taken in, as the rejects have it: whole, with reason and place; who refused it, and when by
/// the clock that this service goes by.
pub fn rejected(
    names: &TopicNames,
    partition: u16,
    service: &str,
    now: Moment,
    rejection: &Rejection,
) -> NewRecord {
    let place = &rejection.place;
    let id = format!("{}:{partition}:{}:{}", place.file, place.record, place.member);
    let id: String = id.chars().take(LONGEST_ID).collect();
    let event = serde_json::json!({
        "specversion": "1.0",
        "id": id,
        "source": service,
        "type": bytes::REJECTION,
        "subject": place.file,
        "time": now,
        "datacontenttype": "application/json",
        "data": rejection,
    });
    let value = event.to_string().into_bytes();
    let topic = names.topic(Topic::Rejects);
    NewRecord { topic, partition: partition % names.partitions, key: id.into_bytes(), value }
}

/// A record of our own topics that cannot be read: nobody but us should write there. All are counted; of many in
/// a row, fewer and fewer are told.
pub fn unreadable(
    (topic, partition, offset): (&str, u16, u64),
    count: &mut u64,
    rejection: Rejection,
) -> Rejection {
    *count += 1;
    if count.is_power_of_two() {
        let (code, reason) = (rejection.code, &rejection.reason);
        tracing::error!(topic, partition, offset, %code, reason, count, "a record of our own topic cannot be read");
    }
    rejection.at(&format!("{topic}:{partition}"), offset)
}
