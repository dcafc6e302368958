//! Engines that fell silent: an engine passes its ticks on, and one whose tick stops is a finding.
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

/// The engines of one partition, by the log time inside their last tick.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stages {
    /// In the order of `WATCHED`.
    heard: [Option<Moment>; WATCHED.len()],
    silent: BTreeMap<String, Finding>,
    first: Option<Moment>,
}

/// The stages whose ticks are watched.
pub const WATCHED: [&str; 4] = ["custody", "thermal", "permits", "schedule"];

impl Stages {
    /// An engine passed a tick on.
    pub fn heard(&mut self, engine: &str, now: Moment) {
        let watched = WATCHED.iter().zip(&mut self.heard).find(|(name, _)| **name == engine);
        if let Some((_, last)) = watched {
            *last = (*last).max(Some(now));
        }
    }

    /// Log time is here: who is silent now, and who no longer.
    pub fn tick(&mut self, now: Moment, partition: u16, numbers: &Numbers) -> Vec<Finding> {
        let first = *self.first.get_or_insert(now);
        let mut said = Vec::new();
        for (engine, last) in WATCHED.into_iter().zip(self.heard) {
            let last = last.unwrap_or(first);
            let silent = now > last + numbers.after;
            if !silent && self.silent.is_empty() {
                continue;
            }
            match (silent, self.silent.get(engine)) {
                (true, None) => {
                    let finding = finding(engine, last, now, partition);
                    self.silent.insert(String::from(engine), finding.clone());
                    said.push(finding);
                }
                (false, Some(_)) => {
                    if let Some(mut finding) = self.silent.remove(engine) {
                        (finding.state, finding.until, finding.learnt) =
                            (State::Cleared, Some(last), now);
                        said.push(finding);
                    }
                }
                _ => {}
            }
        }
        said
    }
}

fn finding(engine: &str, last: Moment, now: Moment, partition: u16) -> Finding {
    let page = include_str!("stage_silent.md");
    let action = page.lines().find_map(|line| line.strip_prefix("1. ")).unwrap_or_default();
    let offset = u64::try_from(now.millis()).unwrap_or_default();
    let sentence: String = format!(
        "{engine} has not passed the clock of partition {partition} on since {last}: nothing it would say is known"
    );
    Finding {
        name: Name {
            rule: Text::new("system/stage-silent"),
            about: Text::new(engine),
            offset,
            index: 0,
        },
        code: Text::new("SYS-STAGE"),
        shipment: ShipmentId::new(format!("partition-{partition}")),
        state: State::Raised,
        severity: Severity::P1,
        verdict: Verdict::Unknown,
        latched: false,
        happened: last,
        until: None,
        learnt: now,
        sentence,
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
        assert_eq!(stages.tick(at(16), 0, &numbers).len(), 4);
    }
}
