//! Stages that fell silent. An engine passes its ticks on, and one whose tick stops is a finding; where all of them
//! stop it is dispatch, from whom they have it. Intake writes now and then that it is alive.
//! Its page is `stage_silent.md`.

use alloc::collections::btree_map::Entry;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::{format, string::String, vec::Vec};
use facts::behaviour::PUTS_AWAY;
use facts::{
    Finding, Message, Moment, Severity, ShipmentId, ShortText, Span, State, SystemFinding, say,
};
use serde::{Deserialize, Serialize};

/// Where a silence is noticed.
#[derive(Debug, Clone, Copy)]
pub struct NoticedAt {
    /// The partition.
    pub partition: u16,
    /// The behaviour number in force there.
    pub behaviour: u32,
}

/// The table `["system/stage-silent"]`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageParameters {
    /// How far the log's clock may be ahead of a stage's last sign of life.
    pub after: Span,
    /// A part of what comes in that intake has not named for so long is read no more.
    pub forgets: Span,
}

/// The stages whose signs of life come to one partition.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StageLiveness {
    /// The engines that are watched, in their order.
    engines: Vec<Watched>,
    /// Intake, by what it reads: the stroke behind its last sign of life.
    alive: BTreeMap<String, Moment>,
    /// Parts that have given one since the last stroke.
    fresh: BTreeSet<String>,
    silent: BTreeMap<String, Finding>,
    /// When dispatch came back: engines have their time from then on.
    back: Option<Moment>,
}

facts::messages! {
    "system/stage-silent":
    NO_CLOCK "no-clock" =
        "{stage} has not passed the clock of partition {partition} on since {since}: nothing it would say is known";
    NOT_HEARD "not-heard" =
        "intake has not been heard of at {part} since {since}: nothing that was sent there is known";
}

/// An engine that is watched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Watched {
    name: ShortText,
    /// The first stroke at which it was watched: until it is heard its time counts from there, so that nobody is told of an engine that came
    /// with another release.
    since: Option<Moment>,
    /// The log time inside its last tick.
    heard: Option<Moment>,
}

/// A stage of the log is silent.
pub const SILENT: SystemFinding = SystemFinding::new(
    "system/stage-silent",
    "SYS-STAGE",
    Severity::P1,
    &[MESSAGES],
    include_str!("stage_silent.md"),
)
.of_the_log();

/// What the incident of a stage is called, before the stage's name.
pub(crate) const NAMED: &str = "stage-";
/// Who is silent when all of them fall silent at once: they have their clock from it.
const BEFORE: &str = "dispatch";

/// A stage that is silent: who, since when, and what of it.
struct Silence {
    stage: String,
    since: Moment,
    what: Message,
}

impl StageLiveness {
    /// Watches these engines. What is known of them from before is kept; others are watched no more.
    #[must_use]
    pub fn watching(mut self, engines: &[&str]) -> Self {
        let known = core::mem::take(&mut self.engines);
        let before =
            |engine: &str| known.iter().find(|known| known.name.as_str() == engine).cloned();
        let new = |engine: &str| Watched { name: ShortText::new(engine), since: None, heard: None };
        let watched = engines.iter().map(|engine| before(engine).unwrap_or_else(|| new(engine)));
        self.engines = watched.collect();
        self
    }

    /// An engine passed a tick on.
    pub fn heard(&mut self, engine: &str, now: Moment) {
        let mut watched = self.engines.iter_mut();
        if let Some(watched) = watched.find(|watched| watched.name.as_str() == engine) {
            watched.heard = watched.heard.max(Some(now));
        }
    }

    /// Intake is at work on a part of what it reads. It counts from the next stroke on: while nobody struck the clock,
    /// as while alerts was away, no time went by that it could be late in. What was heard of once is awaited.
    pub fn alive(&mut self, part: &str) {
        self.fresh.insert(String::from(part));
    }

    /// Log time is here: who is silent now, and who no longer.
    pub fn tick(&mut self, now: Moment, of: NoticedAt, numbers: &StageParameters) -> Vec<Finding> {
        for watched in &mut self.engines {
            watched.since.get_or_insert(now);
        }
        let fresh = core::mem::take(&mut self.fresh);
        self.alive.extend(fresh.into_iter().map(|part| (part, now)));
        self.alive.retain(|_, last| now <= *last + numbers.forgets);
        let late = |last: Moment| now > last + numbers.after;
        let last = |watched: &Watched| watched.heard.or(watched.since).unwrap_or(now);
        let any = self.engines.iter().any(|watched| late(last(watched)))
            || self.alive.values().any(|last| late(*last));
        if !any && self.silent.is_empty() {
            return Vec::new();
        }
        let mut silences = self.silent_engines(now, of.partition, late);
        silences.extend(self.parts(late));
        let mut said = Vec::new();
        self.silent.retain(|stage, finding| {
            let stays = silences.iter().any(|silence| silence.stage == *stage);
            if !stays {
                (finding.state, finding.until, finding.learnt) = (State::Cleared, Some(now), now);
                said.push(finding.clone());
            }
            stays
        });
        for silence in silences {
            let finding = finding(&silence, now, of);
            if let Entry::Vacant(place) = self.silent.entry(silence.stage) {
                said.push(place.insert(finding).clone());
            }
        }
        said
    }

    /// Engines that are silent, or dispatch where all fall silent at once. Whoever is told of stays until it is heard;
    /// when dispatch is back, engines have their time to come back, too.
    fn silent_engines(
        &mut self,
        now: Moment,
        partition: u16,
        late: impl Fn(Moment) -> bool,
    ) -> Vec<Silence> {
        let last = self
            .engines
            .iter()
            .map(|watched| (&watched.name, watched.heard.or(watched.since).unwrap_or(now)));
        let silent: Vec<_> = last.filter(|(_, last)| late(*last)).collect();
        let all = silent.len() == self.engines.len();
        if !all && self.silent.contains_key(BEFORE) {
            self.back = Some(now);
        }
        let spared = all || self.back.is_some_and(|back| !late(back));
        let clock = |stage: &str, since| {
            let what = say!(NO_CLOCK, stage, u32::from(partition), since);
            Silence { stage: String::from(stage), since, what }
        };
        let told = |engine: &str| self.silent.contains_key(engine);
        let of_engines = silent.iter().filter(|(engine, _)| told(engine) || !spared);
        let mut silences: Vec<Silence> =
            of_engines.map(|(engine, last)| clock(engine, *last)).collect();
        let since = silent.iter().map(|(_, last)| *last).max().filter(|_| all);
        silences.extend(since.map(|since| clock(BEFORE, since)));
        silences
    }

    /// Parts of what comes in of which intake says nothing.
    fn parts(&self, late: impl Fn(Moment) -> bool) -> impl Iterator<Item = Silence> {
        let parts = self.alive.iter().filter(move |(_, last)| late(**last));
        parts.map(|(part, since)| {
            let what = say!(NOT_HEARD, part.as_str(), *since);
            Silence { stage: format!("intake {part}"), since: *since, what }
        })
    }
}

fn finding(silence: &Silence, now: Moment, of: NoticedAt) -> Finding {
    let NoticedAt { partition, behaviour } = of;
    let (shipment, about) = match behaviour >= PUTS_AWAY {
        true => {
            let stage = silence.stage.split(' ').next().unwrap_or_default();
            (format!("{NAMED}{stage}"), format!("{}/{partition}", silence.stage))
        }
        false => (format!("partition-{partition}"), silence.stage.clone()),
    };
    let mut finding = SILENT.raised(ShipmentId::new(shipment), &about, now, silence.what.clone());
    finding.name.offset = u64::try_from(now.millis()).unwrap_or_default();
    // It is over when the stage is heard again.
    Finding { latched: false, happened: silence.since, behaviour, ..finding }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WATCHED: [&str; 4] = ["custody", "thermal", "permits", "schedule"];

    fn at(seconds: i64) -> Moment {
        Moment::from_millis(1_772_323_200_000 + seconds * 1000)
    }

    fn states(said: &[Finding]) -> Vec<(String, State)> {
        said.iter().map(|f| (String::from(&*f.name.about), f.state)).collect()
    }

    #[test]
    fn an_engine_whose_tick_stops_is_a_finding_and_clears_when_it_comes_back() {
        let numbers = StageParameters { after: Span::seconds(15), forgets: Span::days(1) };
        let mut stages = StageLiveness::default().watching(&WATCHED);
        let hear = |stages: &mut StageLiveness, seconds, who: &[&str]| {
            who.iter().for_each(|engine| stages.heard(engine, at(seconds)));
            stages.tick(at(seconds), NoticedAt { partition: 3, behaviour: 2 }, &numbers)
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
        let numbers = StageParameters { after: Span::seconds(15), forgets: Span::days(1) };
        let mut stages = StageLiveness::default().watching(&WATCHED);
        assert!(stages.tick(at(0), NoticedAt { partition: 0, behaviour: 2 }, &numbers).is_empty());
        stages.heard("custody", at(16));
        let said = stages.tick(at(16), NoticedAt { partition: 0, behaviour: 2 }, &numbers);
        let raised = |name: &str| (name.into(), State::Raised);
        assert_eq!(states(&said), [raised("thermal"), raised("permits"), raised("schedule")]);
    }

    #[test]
    fn an_engine_that_came_with_another_release_has_its_time_first() {
        let numbers = StageParameters { after: Span::seconds(15), forgets: Span::days(1) };
        let mut stages = StageLiveness::default().watching(&WATCHED[..3]);
        let tick = |stages: &mut StageLiveness, seconds, who: &[&str]| {
            who.iter().for_each(|engine| stages.heard(engine, at(seconds)));
            states(&stages.tick(at(seconds), NoticedAt { partition: 0, behaviour: 2 }, &numbers))
        };
        assert_eq!(tick(&mut stages, 0, &WATCHED[..3]), []);
        assert_eq!(tick(&mut stages, 3_600, &WATCHED[..3]), []);
        // From here on a fourth one is watched, which nobody had heard of.
        let mut stages = stages.watching(&WATCHED);
        assert_eq!(tick(&mut stages, 3_605, &WATCHED[..3]), []);
        assert_eq!(
            tick(&mut stages, 3_620, &WATCHED[..3]),
            [],
            "on the stroke it is not yet silent"
        );
        let raised = [(String::from(WATCHED[3]), State::Raised)];
        assert_eq!(tick(&mut stages, 3_625, &WATCHED[..3]), raised);
    }

    #[test]
    fn where_all_engines_stop_at_once_it_is_dispatch() {
        let numbers = StageParameters { after: Span::seconds(15), forgets: Span::days(1) };
        let mut stages = StageLiveness::default().watching(&WATCHED);
        WATCHED.iter().for_each(|engine| stages.heard(engine, at(0)));
        assert!(stages.tick(at(15), NoticedAt { partition: 0, behaviour: 2 }, &numbers).is_empty());
        let said = stages.tick(at(20), NoticedAt { partition: 0, behaviour: 2 }, &numbers);
        assert_eq!(states(&said), [("dispatch".into(), State::Raised)]);
        // It is back, and one engine is not: it has its time, too, and is told then.
        let hear = |stages: &mut StageLiveness, seconds, who: &[&str]| {
            who.iter().for_each(|engine| stages.heard(engine, at(seconds)));
            states(&stages.tick(at(seconds), NoticedAt { partition: 0, behaviour: 2 }, &numbers))
        };
        let others = &WATCHED[1..];
        assert_eq!(hear(&mut stages, 25, others), [("dispatch".into(), State::Cleared)]);
        assert_eq!(hear(&mut stages, 40, others), []);
        assert_eq!(hear(&mut stages, 45, others), [("custody".into(), State::Raised)]);
        // While it is away dispatch stops, and comes back: nobody calls custody well.
        assert_eq!(hear(&mut stages, 65, &[]), [("dispatch".into(), State::Raised)]);
        assert_eq!(hear(&mut stages, 70, others), [("dispatch".into(), State::Cleared)]);
        assert_eq!(hear(&mut stages, 75, &WATCHED), [("custody".into(), State::Cleared)]);
    }

    /// Strokes of a partition that hears of intake.
    fn beat(stages: &mut StageLiveness, seconds: i64, parts: &[&str]) -> Vec<(String, State)> {
        let numbers = StageParameters { after: Span::seconds(15), forgets: Span::days(1) };
        WATCHED.iter().for_each(|engine| stages.heard(engine, at(seconds)));
        parts.iter().for_each(|part| stages.alive(part));
        states(&stages.tick(at(seconds), NoticedAt { partition: 0, behaviour: 2 }, &numbers))
    }

    #[test]
    fn intake_is_awaited_wherever_it_was_heard_of() {
        let mut stages = StageLiveness::default().watching(&WATCHED);
        let both = ["inbound:0", "inbound:4"];
        let of = |part: &str, state| (format!("intake inbound:{part}"), state);
        assert_eq!(beat(&mut stages, 0, &[]), [], "who was never heard of may read no such part");
        assert_eq!(beat(&mut stages, 5, &both), []);
        assert_eq!(beat(&mut stages, 20, &both[..1]), [], "on the stroke it is not yet silent");
        assert_eq!(beat(&mut stages, 25, &both[..1]), [of("4", State::Raised)]);
        assert_eq!(beat(&mut stages, 30, &both[..1]), [], "said once");
        assert_eq!(
            beat(&mut stages, 50, &[]),
            [of("0", State::Raised)],
            "one does not hide the other"
        );
        let back = [of("0", State::Cleared), of("4", State::Cleared)];
        assert_eq!(beat(&mut stages, 55, &both), back);
    }

    #[test]
    fn a_topic_that_is_read_no_more_is_forgotten_after_a_day() {
        let mut stages = StageLiveness::default().watching(&WATCHED);
        assert_eq!(beat(&mut stages, 0, &["old:0"]), []);
        let old = |state| [("intake old:0".into(), state)];
        assert_eq!(beat(&mut stages, 20, &[]), old(State::Raised));
        assert_eq!(beat(&mut stages, 86_400, &[]), []);
        assert_eq!(beat(&mut stages, 86_405, &[]), old(State::Cleared));
        assert_eq!(beat(&mut stages, 90_000, &[]), []);
    }

    #[test]
    fn while_alerts_was_away_intake_was_not_late() {
        let mut stages = StageLiveness::default().watching(&WATCHED);
        assert_eq!(beat(&mut stages, 0, &["inbound:0"]), []);
        // An hour of signs, and no stroke among them: alerts strikes again when it is back.
        (0..720).for_each(|_| stages.alive("inbound:0"));
        assert_eq!(beat(&mut stages, 3_600, &[]), []);
        assert_eq!(beat(&mut stages, 3_620, &[]).len(), 1, "from then on it is awaited");
    }
}
