//! How current the board is: when each stage was last heard, and how far the desk itself has read.
//!
//! It never calls fresh what it has not heard: one silent partition makes its stage silent, and a
//! partition that was never heard of makes it "never heard".

use facts::{Moment, Span};
use std::collections::BTreeMap;

/// The topics that the desk reads.
pub const TOPICS: [&str; 3] = ["journal", "exceptions", "alerts"];

/// When a stage counts as fresh.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Freshness {
    /// How often the clock strikes.
    pub tick: Span,
    /// How much later than that it may be heard.
    pub grace: Span,
    /// How many records the desk may be behind the end of a partition: a busy log always has some
    /// that were written since the last look, and a reader that stands still is seen by its stages' age.
    pub behind: u64,
}

impl Default for Freshness {
    /// 5 s, 15 s and 200 records.
    fn default() -> Self {
        Self { tick: Span::seconds(5), grace: Span::seconds(15), behind: 200 }
    }
}

impl Freshness {
    /// For a log whose time runs `times` as fast.
    pub fn faster(self, times: i64) -> Self {
        Self { tick: self.tick * times, grace: self.grace * times, ..self }
    }
    /// The age above which a stage is late.
    pub fn limit(&self) -> Span {
        self.tick + self.grace
    }
}

/// Where a stage stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StageStatus {
    /// Heard within the limit.
    Fresh,
    /// Not heard for longer than the limit.
    Late,
    /// Not heard for longer than three times the limit.
    Silent,
    /// Nothing has come from it, or from one of its partitions, since the desk began to read.
    NeverHeard,
    /// The log's time is ahead of the desk's clock, so no age can be told.
    Ahead,
}

/// One stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WatchedStage {
    /// Its name.
    pub name: &'static str,
    /// Where it stands.
    pub status: StageStatus,
    /// The log time of its slowest partition.
    pub heard: Option<Moment>,
    /// Which partition that is, or which one was never heard.
    pub partition: Option<u16>,
    /// How old that is.
    pub age: Option<Span>,
}

/// How far the desk has read a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicReader {
    /// The topic.
    pub topic: &'static str,
    /// The partition that is furthest behind, or was never read.
    pub partition: u16,
    /// How many records are unread in it; `None` when reading it has not begun.
    pub behind: Option<u64>,
    /// Since when the log has not said any more where the topic ends, where that is longer than it may be.
    pub unanswered: Option<Moment>,
    /// Whether that is near enough, and the log answers.
    pub current: bool,
}

/// How current the board is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    /// Every stage.
    pub stages: Vec<WatchedStage>,
    /// Every topic.
    pub readers: Vec<TopicReader>,
    /// What is shown holds as of this log time, the slowest stage's; `None` if one was never heard.
    pub as_of: Option<Moment>,
}

impl Trust {
    /// Whether every stage is fresh and the desk has read to the end.
    pub fn is_current(&self) -> bool {
        self.stages.iter().all(|stage| stage.status == StageStatus::Fresh)
            && self.readers.iter().all(|reader| reader.current)
    }
}

/// When each partition of each stage was heard, and how far each topic was read.
#[derive(Debug, Default)]
pub(super) struct StageWatch {
    partitions: u16,
    /// The stages, in the order in which data pass through them.
    stages: Vec<&'static str>,
    beats: BTreeMap<&'static str, BTreeMap<u16, Moment>>,
    read: BTreeMap<(&'static str, u16), (u64, u64)>,
    /// Since when the log does not say any more where a topic ends.
    unanswered: BTreeMap<&'static str, Moment>,
}

impl StageWatch {
    pub(super) fn new(partitions: u16, engines: &[&'static str]) -> Self {
        let stages = [&["intake", "dispatch"], engines, &["alerts"]].concat();
        Self { partitions, stages, ..Self::default() }
    }

    pub(super) fn stages(&self) -> &[&'static str] {
        &self.stages
    }

    pub(super) fn partitions(&self) -> u16 {
        self.partitions
    }

    pub(super) fn beat(&mut self, stage: &str, partition: u16, log_time: Moment) {
        if let Some(stage) = self.stages.iter().find(|known| **known == stage) {
            let heard = self.beats.entry(stage).or_default().entry(partition).or_insert(log_time);
            *heard = log_time.max(*heard);
        }
    }

    pub(super) fn progress(&mut self, topic: &str, partition: u16, position: u64, end: u64) {
        if let Some(topic) = TOPICS.iter().find(|known| **known == topic) {
            self.read.insert((topic, partition), (position, end));
        }
    }

    pub(super) fn unanswered(&mut self, topic: &str, since: Option<Moment>) {
        let Some(topic) = TOPICS.iter().find(|known| **known == topic) else { return };
        match since {
            Some(since) => drop(self.unanswered.insert(topic, since)),
            None => drop(self.unanswered.remove(topic)),
        }
    }

    pub(super) fn beats<'a>(
        &'a self,
        stage: &str,
    ) -> impl Iterator<Item = (u16, Moment)> + use<'a> {
        self.beats.get(stage).into_iter().flatten().map(|(partition, heard)| (*partition, *heard))
    }

    pub(super) fn read<'a>(
        &'a self,
        topic: &'a str,
    ) -> impl Iterator<Item = (u16, u64, u64)> + use<'a> {
        let of_topic = self.read.iter().filter(move |((read, _), _)| *read == topic);
        of_topic.map(|((_, partition), (position, end))| (*partition, *position, *end))
    }

    pub(super) fn heard(&self, stage: &str, partition: u16) -> Option<Moment> {
        self.beats.get(stage)?.get(&partition).copied()
    }

    pub(super) fn trust(&self, now: Moment, freshness: &Freshness) -> Trust {
        let stages: Vec<WatchedStage> =
            self.stages.iter().map(|name| self.stage(name, now, freshness)).collect();
        let readers = TOPICS.iter().map(|topic| self.reader(topic, freshness)).collect();
        let never = stages.iter().any(|stage| stage.status == StageStatus::NeverHeard);
        let oldest = stages.iter().filter_map(|stage| stage.heard).min();
        Trust { stages, readers, as_of: oldest.filter(|_| !never) }
    }

    fn stage(&self, name: &'static str, now: Moment, freshness: &Freshness) -> WatchedStage {
        let beats = self.beats.get(name);
        // What intake reads has partitions of its own, and nobody told the desk how many.
        let expected = if name == "intake" { 0 } else { self.partitions };
        let heard = |partition: &u16| beats.is_some_and(|beats| beats.contains_key(partition));
        let missing = (0..expected).find(|partition| !heard(partition));
        let slowest = beats.and_then(|b| b.iter().min_by_key(|(_, heard)| **heard));
        let (partition, heard) = slowest.map(|(partition, heard)| (*partition, *heard)).unzip();
        let age = heard.map(|heard| now - heard);
        let limit = freshness.limit();
        let standing = match age {
            _ if missing.is_some() => StageStatus::NeverHeard,
            None => StageStatus::NeverHeard,
            Some(age) if age + limit < Span::ZERO => StageStatus::Ahead,
            Some(age) if age <= limit => StageStatus::Fresh,
            Some(age) if age <= limit * 3 => StageStatus::Late,
            Some(_) => StageStatus::Silent,
        };
        WatchedStage { name, status: standing, heard, partition: missing.or(partition), age }
    }

    fn reader(&self, topic: &'static str, freshness: &Freshness) -> TopicReader {
        let behind = |partition| {
            let (position, end) = self.read.get(&(topic, partition))?;
            Some(end.saturating_sub(*position))
        };
        // Reading that has not begun is worse than any number.
        let rank = |(_, behind): &(u16, Option<u64>)| behind.map_or(u64::MAX, |n| n);
        let all = (0..self.partitions.max(1)).map(|partition| (partition, behind(partition)));
        let (partition, behind) = all.max_by_key(rank).unwrap_or((0, None));
        let unanswered = self.unanswered.get(topic).copied();
        let near = behind.is_some_and(|behind| behind <= freshness.behind);
        TopicReader { topic, partition, behind, unanswered, current: near && unanswered.is_none() }
    }
}
