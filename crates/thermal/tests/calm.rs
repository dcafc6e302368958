//! The fast way of a calm reading is honest: an engine that judges each reading says what one does that passes calm ones over.

#![allow(clippy::expect_used)]

use facts::{
    Engine, EngineOutput, Event, Finding, Moment, Rules, Span, State, Step, Subject, SubjectKind,
    Trigger,
};
use proptest::prelude::*;
use std::collections::BTreeMap;
use thermal::{ThermalEngine, ThermalMemory, rules::ALL};

const NUMBERS: &str = concat!(
    include_str!("../../../config/rulebook/log.toml"),
    include_str!("../../../config/rulebook/profiles.toml"),
    include_str!("../../../config/rulebook/thermal.toml")
);

fn rules() -> Rules<ThermalMemory> {
    Rules::read(ALL, &scenario::book(NUMBERS).expect("a rulebook"), 1).expect("rules")
}

/// One engine, and what stands of what it said.
struct Player {
    engine: ThermalEngine,
    rules: Rules<ThermalMemory>,
    subject: Subject,
    offset: u64,
    stands: BTreeMap<String, String>,
    hasty: bool,
}

impl Player {
    fn new(hasty: bool) -> Self {
        let subject = Subject::new(SubjectKind::Shipment, "SHP-1");
        let (engine, stands) = (ThermalEngine::default(), BTreeMap::new());
        Self { engine, rules: rules(), subject, offset: 0, stands, hasty }
    }
    fn step(&mut self, now: Moment, cause: Trigger<'_, Event>) {
        let mut said = Vec::new();
        let entry = Step {
            offset: self.offset,
            index: 0,
            now,
            reached: now,
            subject: &self.subject,
            cause,
        };
        self.engine.step(&self.rules, &entry, &mut said);
        for said in said {
            if let EngineOutput::Finding(finding) = said {
                self.note(&finding);
            }
        }
    }
    fn note(&mut self, finding: &Finding) {
        let name = format!("{} {} {}", finding.name.rule, finding.name.about, finding.happened);
        if matches!(finding.state, State::Withdrawn | State::Superseded) {
            self.stands.remove(&name);
        } else {
            let until = finding.until.map(|until| until.to_string()).unwrap_or_default();
            let (severity, verdict, latched) = (finding.severity, finding.verdict, finding.latched);
            self.stands.insert(name, format!("{severity} {verdict:?} {latched} {until}"));
        }
    }
    fn until(&mut self, now: Moment) {
        let mut last = Moment::EARLIEST;
        while let Some(due) = self.engine.next_deadline(&self.rules).filter(|due| *due <= now) {
            assert!(due > last, "the engine named {due} as due again: `due` must move on");
            last = due;
            self.step(due, Trigger::Timer);
        }
    }
    fn hear(&mut self, now: Moment, event: &Event) {
        self.until(now);
        self.step(now, Trigger::Input(event));
        if self.hasty {
            self.step(now, Trigger::Timer);
        }
        self.offset += 1;
    }
}

#[derive(Debug, Clone)]
struct Word {
    /// Minutes after the one before it.
    after: i64,
    /// Minutes for which it was on its way.
    late: i64,
    device: usize,
    milli: i32,
    /// Whether quality decides, or a probe is calibrated, and not a reading comes.
    other: u8,
}

fn words() -> impl Strategy<Value = Vec<Word>> {
    let milli = prop_oneof![
        20 => Just(0), 4 => -3..4_i32, 3 => Just(9), 2 => Just(-9), 1 => Just(100), 1 => Just(-100)
    ];
    let late = prop_oneof![12 => Just(0_i64), 1 => 1..90_i64];
    let after = prop_oneof![20 => 2..11_i64, 1 => 11..50_i64];
    let word = (after, late, 0..2_usize, milli, 0..40_u8)
        .prop_map(|(after, late, device, milli, other)| Word { after, late, device, milli, other });
    prop::collection::vec(word, 1..80)
}

fn play(profile: &str, at_zero: i32, per: i32, words: &[Word]) {
    let day = Moment::from_millis(1_772_323_200_000);
    let (mut calm, mut hasty) = (Player::new(false), Player::new(true));
    let mut told = 0;
    let mut tell = |now: Moment, at: Moment, words: &str| {
        told += 1;
        let event = scenario::event(at, words, &told.to_string()).expect("a fact reads so");
        calm.hear(now, &event);
        hasty.hear(now, &event);
        let settled = now + Span::seconds(61);
        calm.until(settled);
        hasty.until(settled);
        assert_eq!(calm.stands, hasty.stands, "after `{words}` of {at}, learnt at {now}");
    };
    let attached = r#"with {"channel":"1","log_every":"10 min","send_every":"10 min"}"#;
    let planned = format!(
        r#"SHP-1 planned as {profile}, version 1 with {{"kind":"cells","consignor":"CLINIC","consignee":"PLANT","legs":[]}}"#
    );
    tell(day, day, &planned);
    for device in ["LOG-1", "LOG-2"] {
        tell(day, day, &format!("{device} attached to SHP-1 at payload {attached}"));
    }
    let packed = day + Span::minutes(5);
    tell(packed, packed, "SHP-1 packed");
    let mut now = packed;
    for word in words {
        now = now + Span::minutes(word.after);
        let at = now - Span::minutes(word.late);
        let device = ["LOG-1", "LOG-2"][word.device];
        let value = (at_zero + word.milli * per).max(-196_000);
        match word.other {
            0 => tell(now, at, "SHP-1 decided on by PLANT: use"),
            1 => tell(now, at, &format!("{device} was calibrated, passed: false")),
            2 => tell(now, at, &format!("{device} was calibrated, passed: true")),
            _ => tell(now, at, &format!("{device} reads {}.0 °C at 1", value / 1000)),
        }
    }
}

/// A probe that sends two values of one moment, the loud one first: the next calm reading ends what the loud one began.
#[test]
fn after_two_values_of_one_moment() {
    let word = |after, late, device, milli| Word { after, late, device, milli, other: 3 };
    let words = [(30, 0, 1, 0), (2, 0, 0, -9), (2, 2, 0, 0), (2, 0, 0, 0)];
    let words = words.map(|(after, late, device, milli)| word(after, late, device, milli));
    play("PHARM_2_8", 6_000, 1_000, &words);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn cells(words in words()) {
        play("CELL_2_8", 5_000, 1_000, &words);
    }
    #[test]
    fn medicines(words in words()) {
        play("PHARM_2_8", 6_000, 1_000, &words);
    }
    #[test]
    fn dewars(words in words()) {
        play("CRYO_LN2V", -160_000, 6_000, &words);
    }
}
