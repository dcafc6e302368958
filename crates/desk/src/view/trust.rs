//! How current an answer is.

use crate::read_model::{ReadModel, StageStatus, Trust};
use facts::Moment;
use serde::Serialize;
use utoipa::ToSchema;

/// How current the answer is. Where `current` is false, an empty list does not mean that all is well.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct TrustView {
    /// Whether every stage is fresh and the desk has read its topics to the end.
    pub(crate) current: bool,
    /// The log time of the slowest stage; null while one was never heard.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) as_of: Option<Moment>,
    /// Each stage of the log, and when it was last heard.
    pub(crate) stages: Vec<StageView>,
    /// How far the desk has read each topic of the log.
    pub(crate) readers: Vec<ReaderView>,
    /// The loggers of live shipments from which nothing comes.
    pub(crate) silent_loggers: Vec<SilentLogger>,
    /// The stages that `alerts` found silent, each in one sentence.
    pub(crate) silent_stages: Vec<String>,
}

/// One stage of the log, and when it was last heard.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct StageView {
    /// The stage: `intake`, `dispatch`, `custody`, `thermal`, `permits`, `schedule`, `alerts`.
    pub(crate) stage: String,
    /// How current it is: `fresh`, `late`, `silent`, `never-heard`, `ahead` (of the desk's clock).
    pub(crate) standing: String,
    /// The log time of its slowest partition, of those that were heard; null while none was.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) heard: Option<Moment>,
    /// The number of a partition that was never heard, else of the slowest one; null where none is known.
    pub(crate) partition: Option<u16>,
}

/// How far the desk has read one topic of the log.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ReaderView {
    /// The topic that is read: `journal`, `exceptions` or `alerts`.
    pub(crate) topic: String,
    /// Whether it was read near enough to its end, and the log answers.
    pub(crate) current: bool,
    /// The number of the partition that is furthest behind.
    pub(crate) partition: u16,
    /// How many records are unread in it, when that was last known; null while reading has not begun.
    pub(crate) behind: Option<u64>,
    /// Since when the log has not answered the desk any more; null while it does.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) unanswered_since: Option<Moment>,
}

/// A logger of a live shipment from which nothing comes.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct SilentLogger {
    /// The shipment that the logger belongs to.
    pub(crate) shipment: String,
    /// The probe, as device and channel: `LOG-7/1`.
    pub(crate) probe: String,
    /// Since when nothing has come from it.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) since: Moment,
}

/// A standing in one word.
pub(crate) fn word(standing: StageStatus) -> &'static str {
    match standing {
        StageStatus::Fresh => "fresh",
        StageStatus::Late => "late",
        StageStatus::Silent => "silent",
        StageStatus::NeverHeard => "never-heard",
        StageStatus::Ahead => "ahead",
    }
}

impl TrustView {
    pub(crate) fn new(board: &ReadModel, trust: &Trust) -> Self {
        let silent = board.silent().into_iter();
        Self {
            current: trust.is_current(),
            as_of: trust.as_of,
            stages: trust
                .stages
                .iter()
                .map(|s| StageView {
                    stage: s.name.into(),
                    standing: word(s.status).into(),
                    heard: s.heard,
                    partition: s.partition,
                })
                .collect(),
            readers: trust
                .readers
                .iter()
                .map(|r| ReaderView {
                    topic: r.topic.into(),
                    current: r.current,
                    partition: r.partition,
                    behind: r.behind,
                    unanswered_since: r.unanswered,
                })
                .collect(),
            silent_loggers: silent
                .map(|(shipment, probe, since)| SilentLogger {
                    shipment: shipment.to_string(),
                    probe: probe.to_string(),
                    since,
                })
                .collect(),
            silent_stages: board.system().map(|finding| finding.sentence.clone()).collect(),
        }
    }

    /// What an entity tag covers: whether it is current and who stands how, not how old it is.
    pub(crate) fn standings(&self) -> String {
        let stages = self.stages.iter().map(|s| s.standing.as_str());
        let readers = self.readers.iter().map(|r| if r.current { "current" } else { "behind" });
        let loggers = self.silent_loggers.iter().map(|l| l.probe.as_str());
        let system = self.silent_stages.iter().map(String::as_str);
        stages.chain(readers).chain(loggers).chain(system).collect::<Vec<_>>().join(" ")
    }
}
