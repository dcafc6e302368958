//! What stands on every page: when it was made, how current each stage is, and which loggers are silent.
//!
//! It never says "fresh" of what was not heard, and it says loudly what is not.

use super::href;
use super::stages::places;
use crate::read_model::{Freshness, ReadModel, StageStatus, TopicReader, Trust, WatchedStage};
use crate::words::{Foreign, When, age, clock_seconds, day_short, when};
use facts::Moment;

/// The top of a page.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    /// Which page it is, for the menu.
    pub(crate) here: &'static str,
    /// When it was made.
    pub(crate) made: When,
    /// As of which log time it holds.
    pub(crate) as_of: Option<String>,
    /// Whether all is current.
    pub(crate) current: bool,
    pub(crate) stages: Vec<Chip>,
    /// How many loggers are silent, and the first of them.
    pub(crate) silent_loggers: usize,
    pub(crate) silent: Vec<SilentRow>,
    /// What is not current, in sentences.
    pub(crate) complaints: Vec<Foreign>,
    /// How many incidents nobody has taken.
    pub(crate) untaken: u64,
    /// What came of an act.
    pub(crate) note: Option<Note>,
    /// Whether one may sign out.
    pub(crate) signed_in: bool,
}

/// One stage: shape, word, age.
#[derive(Debug, Clone)]
pub(crate) struct Chip {
    pub(crate) name: &'static str,
    pub(crate) shape: &'static str,
    pub(crate) word: String,
}

/// One silent logger.
#[derive(Debug, Clone)]
pub(crate) struct SilentRow {
    pub(crate) shipment: Foreign,
    pub(crate) href: String,
    pub(crate) probe: Foreign,
    pub(crate) since: When,
}

/// What came of an act, told on the page that follows it.
#[derive(Debug, Clone)]
pub(crate) struct Note {
    pub(crate) good: bool,
    pub(crate) text: Foreign,
}

/// So many silent loggers are named on every page.
const NAMED: usize = 20;

impl Frame {
    pub(crate) fn new(
        board: &ReadModel,
        now: Moment,
        freshness: &Freshness,
        here: &'static str,
    ) -> Self {
        let trust = board.trust(now, freshness);
        let all_silent = board.silent();
        let silent_loggers = all_silent.len();
        let silent = all_silent.into_iter().take(NAMED).map(|(shipment, probe, since)| SilentRow {
            shipment: Foreign::new(shipment),
            href: href(shipment.as_str()),
            probe: Foreign::new(probe),
            since: when(since, now),
        });
        let chips = trust.stages.iter().map(stage_chip).chain([reader_chip(&trust.readers)]);
        Self {
            here,
            made: When { iso: now.to_string(), text: dated(now) },
            as_of: trust.as_of.map(|at| seconds(at, now)),
            current: trust.is_current(),
            stages: chips.collect(),
            silent_loggers,
            silent: silent.collect(),
            complaints: complaints(board, &trust, freshness, now)
                .into_iter()
                .map(Foreign::new)
                .collect(),
            untaken: board.counts().active_unacked,
            note: None,
            signed_in: false,
        }
    }

    /// How many silent loggers are not named.
    pub(crate) fn more_silent(&self) -> usize {
        self.silent_loggers - self.silent.len()
    }

    /// What the window is called: how many incidents wait comes first, as tabs are narrow.
    pub(crate) fn title(&self, page: &str) -> String {
        let waiting = match self.untaken {
            0 => String::new(),
            n => format!("({n}) "),
        };
        let stale = if self.current { "" } else { "not current! " };
        format!("{stale}{waiting}{page} · coldwatch")
    }
}

/// `2 Mar, 03:12:05 UTC`: a page may be left open overnight.
fn dated(at: Moment) -> String {
    format!("{}, {} UTC", day_short(at, at), clock_seconds(at))
}

/// `03:12:05 UTC`, with the day where it is another.
fn seconds(at: Moment, now: Moment) -> String {
    let day = match day_short(at, now) {
        day if day == day_short(now, now) => String::new(),
        day => format!("{day}, "),
    };
    format!("{day}{} UTC", clock_seconds(at))
}

fn stage_chip(stage: &WatchedStage) -> Chip {
    let old = stage.age.map(age).unwrap_or_default();
    let (shape, word) = match stage.status {
        StageStatus::Fresh => ("fresh", format!("fresh, {old}")),
        StageStatus::Late => ("late", format!("late, {old}")),
        StageStatus::Silent => ("silent", format!("silent, {old}")),
        StageStatus::NeverHeard => ("unknown", "never heard".into()),
        StageStatus::Ahead => ("unknown", "age not known".into()),
    };
    Chip { name: stage.name, shape, word }
}

fn reader_chip(readers: &[TopicReader]) -> Chip {
    let worst = readers.iter().find(|reader| !reader.current);
    let (shape, word) = match worst {
        None => ("fresh", "has read all".into()),
        Some(TopicReader { unanswered: Some(_), .. }) => {
            ("silent", "the log does not answer".into())
        }
        Some(TopicReader { behind: Some(n), .. }) => ("late", format!("{n} records behind")),
        Some(_) => ("unknown", "still reading".into()),
    };
    Chip { name: "this desk", shape, word }
}

/// Everything that is not current, in sentences.
fn complaints(board: &ReadModel, trust: &Trust, freshness: &Freshness, now: Moment) -> Vec<String> {
    let limit = freshness.limit().spoken();
    let stages = trust.stages.iter().filter_map(|stage| {
        let (name, place) = (stage.name, stage.partition);
        let place = place.map_or(String::new(), |partition| format!(" in partition {partition}"));
        let old = stage.age.map(|a| a.spoken()).unwrap_or_default();
        match stage.status {
            StageStatus::Fresh => None,
            StageStatus::Late | StageStatus::Silent => Some(format!(
                "{name} was last heard {old} ago{place} (expected within {limit}): what it would have said since is missing here."
            )),
            StageStatus::NeverHeard => {
                Some(format!("{name} has not been heard{place} since this desk began to read."))
            }
            StageStatus::Ahead => Some(format!(
                "{name} is ahead of this desk's clock: the clock is wrong, and no age can be told."
            )),
        }
    });
    let unanswered = trust.readers.iter().filter_map(|reader| reader.unanswered).min().map(|since| {
        format!(
            "The log has not answered this desk since {}: what has happened since then is not shown here.",
            seconds(since, now)
        )
    });
    let behind = trust.readers.iter().filter(|r| !r.current && r.unanswered.is_none());
    let readers = behind.map(|reader| {
        let TopicReader { topic, partition, .. } = reader;
        match reader.behind {
            Some(n) => format!(
                "This desk has {n} records of {topic} (partition {partition}) still to read."
            ),
            None => format!("This desk has not begun to read {topic} (partition {partition})."),
        }
    });
    // One sentence for a stage, in however many partitions it is silent.
    let system = board.silences().into_iter().filter(|one| one.silent).map(|one| {
        let since = one.since.map_or(String::new(), |at| format!(" since {}", when(at, now).text));
        match one.stage.strip_prefix("intake ") {
            Some(part) => format!(
                "intake has not been heard of at {part}{since}: nothing that was sent there is known."
            ),
            None => format!(
                "{} does not pass the clock on {}{since}: nothing it would say is known.",
                one.stage,
                places(&one.partitions)
            ),
        }
    });
    unanswered.into_iter().chain(stages).chain(readers).chain(system).collect()
}
