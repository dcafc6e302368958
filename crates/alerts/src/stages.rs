//! Stages that fell silent. An engine passes its ticks on, and one whose tick stops is a finding; where all of them
//! stop it is dispatch, from whom they have it. Intake writes now and then that it is alive.
//! Its page is `stage_silent.md`.

use alloc::{collections::BTreeMap, format, string::String, vec::Vec};
use facts::{Finding, Moment, Name, Severity, ShipmentId, Span, State, Text, Verdict};
use serde::{Deserialize, Serialize};

/// The table `["system/stage-silent"]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbers {
    /// How far the log's clock may be ahead of an engine's last tick.
    pub after: Span,
}

/// The stages whose signs of life come to one partition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stages {
    /// Engines, in the order of `WATCHED`: the log time inside their last tick.
    heard: [Option<Moment>; WATCHED.len()],
    /// Intake, by what it reads: when it was heard.
    alive: BTreeMap<String, Moment>,
    silent: BTreeMap<String, Finding>,
    first: Option<Moment>,
}

/// The engines whose ticks are watched.
pub const WATCHED: [&str; 4] = ["custody", "thermal", "permits", "schedule"];
/// Who is silent when all of them are: they have their clock from it.
const BEFORE: &str = "dispatch";
const INTAKE: &str = "intake";

/// Since when a stage is silent, and what of it.
struct Silence {
    stage: &'static str,
    since: Moment,
    what: String,
}

impl Stages {
    /// An engine passed a tick on.
    pub fn heard(&mut self, engine: &str, now: Moment) {
        let watched = WATCHED.iter().zip(&mut self.heard).find(|(name, _)| **name == engine);
        if let Some((_, last)) = watched {
            *last = (*last).max(Some(now));
        }
    }

    /// Intake is at work on a part of what it reads, as of this log time. What was heard of once is awaited.
    pub fn alive(&mut self, part: &str, now: Moment) {
        self.alive.insert(String::from(part), now);
    }

    /// Log time is here: who is silent now, and who no longer.
    pub fn tick(&mut self, now: Moment, partition: u16, numbers: &Numbers) -> Vec<Finding> {
        let first = *self.first.get_or_insert(now);
        let late = |last: Moment| now > last + numbers.after;
        let any = self.heard.iter().any(|last| late(last.unwrap_or(first)))
            || self.alive.values().any(|last| late(*last));
        if !any && self.silent.is_empty() {
            return Vec::new();
        }
        let silences = self.silences(first, late, partition);
        let mut said = Vec::new();
        self.silent.retain(|stage, finding| {
            let stays = silences.iter().any(|silence| silence.stage == stage);
            if !stays {
                (finding.state, finding.until, finding.learnt) = (State::Cleared, Some(now), now);
                said.push(finding.clone());
            }
            stays
        });
        for silence in silences {
            if !self.silent.contains_key(silence.stage) {
                let finding = finding(&silence, now, partition);
                self.silent.insert(String::from(silence.stage), finding.clone());
                said.push(finding);
            }
        }
        said
    }

    fn silences(
        &self,
        first: Moment,
        late: impl Fn(Moment) -> bool,
        partition: u16,
    ) -> Vec<Silence> {
        let clock = |stage, since| {
            let what = format!(
                "{stage} has not passed the clock of partition {partition} on since {since}: nothing it would say is known"
            );
            Silence { stage, since, what }
        };
        let last =
            WATCHED.into_iter().zip(self.heard).map(|(name, at)| (name, at.unwrap_or(first)));
        let silent: Vec<_> = last.filter(|(_, last)| late(*last)).collect();
        let earliest = silent.iter().map(|(_, last)| *last).min();
        let mut silences: Vec<Silence> = match earliest.filter(|_| silent.len() == WATCHED.len()) {
            Some(since) => [clock(BEFORE, since)].into(),
            None => silent.into_iter().map(|(engine, last)| clock(engine, last)).collect(),
        };
        let mut parts: Vec<_> = self.alive.iter().filter(|(_, last)| late(**last)).collect();
        parts.sort_by_key(|(_, last)| **last);
        if let Some((part, since)) = parts.first() {
            let what = format!(
                "intake has not been heard of at {part} since {since}: nothing that was sent there is known"
            );
            silences.push(Silence { stage: INTAKE, since: **since, what });
        }
        silences
    }
}

fn finding(silence: &Silence, now: Moment, partition: u16) -> Finding {
    let page = include_str!("stage_silent.md");
    let action = page.lines().find_map(|line| line.strip_prefix("1. ")).unwrap_or_default();
    let offset = u64::try_from(now.millis()).unwrap_or_default();
    let (rule, about) = (Text::new("system/stage-silent"), Text::new(silence.stage));
    Finding {
        name: Name { rule, about, offset, index: 0 },
        code: Text::new("SYS-STAGE"),
        shipment: ShipmentId::new(format!("partition-{partition}")),
        state: State::Raised,
        severity: Severity::P1,
        verdict: Verdict::Unknown,
        latched: false,
        happened: silence.since,
        until: None,
        learnt: now,
        sentence: silence.what.clone(),
        evidence: Vec::new(),
        unknown: Span::ZERO,
        deadline: None,
        action: Text::new(action),
        rulebook: Text::default(),
        behaviour: 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Moment {
        Moment::from_millis(1_772_323_200_000 + seconds * 1000)
    }

    fn states(said: &[Finding]) -> Vec<(String, State)> {
        said.iter().map(|f| (String::from(&*f.name.about), f.state)).collect()
    }

    #[test]
    fn an_engine_whose_tick_stops_is_a_finding_and_clears_when_it_comes_back() {
        let numbers = Numbers { after: Span::seconds(15) };
        let mut stages = Stages::default();
        let hear = |stages: &mut Stages, seconds, who: &[&str]| {
            who.iter().for_each(|engine| stages.heard(engine, at(seconds)));
            stages.tick(at(seconds), 3, &numbers)
        };
        assert!(hear(&mut stages, 0, &WATCHED).is_empty());
        let alive = ["custody", "permits", "schedule"];
        assert!(hear(&mut stages, 15, &alive).is_empty(), "on the stroke it is not yet silent");
        let said = hear(&mut stages, 20, &alive);
        assert_eq!(states(&said), [("thermal".into(), State::Raised)]);
        assert!(hear(&mut stages, 25, &alive).is_empty(), "said once");
        assert_eq!(states(&hear(&mut stages, 30, &WATCHED)), [("thermal".into(), State::Cleared)]);
    }

    #[test]
    fn an_engine_that_never_spoke_is_silent_too() {
        let numbers = Numbers { after: Span::seconds(15) };
        let mut stages = Stages::default();
        assert!(stages.tick(at(0), 0, &numbers).is_empty());
        stages.heard("custody", at(16));
        let said = stages.tick(at(16), 0, &numbers);
        let raised = |name: &str| (name.into(), State::Raised);
        assert_eq!(states(&said), [raised("thermal"), raised("permits"), raised("schedule")]);
    }

    #[test]
    fn where_all_engines_stop_at_once_it_is_dispatch() {
        let numbers = Numbers { after: Span::seconds(15) };
        let mut stages = Stages::default();
        WATCHED.iter().for_each(|engine| stages.heard(engine, at(0)));
        assert!(stages.tick(at(15), 0, &numbers).is_empty());
        let said = stages.tick(at(20), 0, &numbers);
        assert_eq!(states(&said), [("dispatch".into(), State::Raised)]);
        // It is back, and one engine is not.
        WATCHED[1..].iter().for_each(|engine| stages.heard(engine, at(25)));
        let said = stages.tick(at(25), 0, &numbers);
        let (back, left) = (("dispatch".into(), State::Cleared), ("custody".into(), State::Raised));
        assert_eq!(states(&said), [back, left]);
    }

    #[test]
    fn intake_is_awaited_wherever_it_was_heard_of() {
        let numbers = Numbers { after: Span::seconds(15) };
        let mut stages = Stages::default();
        let mut beat = |seconds, parts: &[&str]| {
            WATCHED.iter().for_each(|engine| stages.heard(engine, at(seconds)));
            parts.iter().for_each(|part| stages.alive(part, at(seconds)));
            stages.tick(at(seconds), 0, &numbers)
        };
        assert!(beat(0, &[]).is_empty(), "one that was never heard of may read no such partition");
        assert!(beat(5, &["inbound:0", "inbound:4"]).is_empty());
        assert!(beat(20, &["inbound:0"]).is_empty(), "on the stroke it is not yet silent");
        let said = beat(25, &["inbound:0"]);
        assert_eq!(states(&said), [("intake".into(), State::Raised)]);
        assert!(said[0].sentence.contains("at inbound:4 since"), "{}", said[0].sentence);
        assert!(beat(30, &["inbound:0"]).is_empty(), "said once");
        let said = beat(35, &["inbound:0", "inbound:4"]);
        assert_eq!(states(&said), [("intake".into(), State::Cleared)]);
    }
}
