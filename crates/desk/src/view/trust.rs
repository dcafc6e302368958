//! How current an answer is.

use crate::board::{Board, Standing, Trust};
use facts::Moment;
use serde::Serialize;
use utoipa::ToSchema;

/// How current the answer is. Where `current` is false, an empty list does not mean that all is well.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct TrustView {
    /// Whether every stage is fresh and the desk has read its topics to the end.
    pub(crate) current: bool,
    /// The log time of the slowest stage; absent while one was never heard.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) as_of: Option<Moment>,
    /// Each stage.
    pub(crate) stages: Vec<StageView>,
    /// How far the desk has read.
    pub(crate) readers: Vec<ReaderView>,
    /// Loggers of live shipments from which nothing comes.
    pub(crate) silent_loggers: Vec<SilentLogger>,
    /// Stages that `alerts` found silent, in its own sentences.
    pub(crate) silent_stages: Vec<String>,
}

/// One stage.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct StageView {
    /// `intake`, `dispatch`, `custody`, `thermal`, `permits`, `schedule`, `alerts`.
    pub(crate) stage: String,
    /// `fresh`, `late`, `silent`, `never-heard`, `ahead` (of the desk's clock).
    pub(crate) standing: String,
    /// The log time of its slowest partition.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) heard: Option<Moment>,
    /// Which partition that is, or which one was never heard.
    pub(crate) partition: Option<u16>,
}

/// How far one topic was read.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ReaderView {
    /// The topic.
    pub(crate) topic: String,
    /// Whether it was read near enough to its end.
    pub(crate) current: bool,
    /// The partition that is furthest behind.
    pub(crate) partition: u16,
    /// Records that are unread in it, when that was last known; absent while reading has not begun.
    pub(crate) behind: Option<u64>,
    /// Since when the log has not answered the desk any more; absent while it does.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) unanswered_since: Option<Moment>,
}

/// A logger from which nothing comes.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct SilentLogger {
    /// The shipment.
    pub(crate) shipment: String,
    /// Device and channel.
    pub(crate) probe: String,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) since: Moment,
}

/// A standing in one word.
pub(crate) fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Fresh => "fresh",
        Standing::Late => "late",
        Standing::Silent => "silent",
        Standing::NeverHeard => "never-heard",
        Standing::Ahead => "ahead",
    }
}

impl TrustView {
    pub(crate) fn new(board: &Board, trust: &Trust) -> Self {
        let silent = board.silent().into_iter();
        Self {
            current: trust.is_current(),
            as_of: trust.as_of,
            stages: trust
                .stages
                .iter()
                .map(|s| StageView {
                    stage: s.name.into(),
                    standing: word(s.standing).into(),
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
