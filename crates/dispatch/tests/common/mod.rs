//! A whole dispatch in one process: every subject a value, facts passed on at once.
#![allow(clippy::unwrap_used)]
#![allow(dead_code)] // each test file uses its part

use dispatch::{Dispatch, DispatchRules, Outcome, Routed};
use facts::{
    DeviceFact, Engine, Event, Fact, Finding, Keeps, Moment, Rulebook, ShortText, Step, Subject,
    SystemFact, Trigger,
};
use std::collections::{BTreeMap, VecDeque};

/// All subjects, and what came out.
pub(crate) struct World {
    rules: DispatchRules,
    values: BTreeMap<Subject, Dispatch>,
    /// What was kept of subjects that were put away.
    marks: BTreeMap<Subject, u32>,
    now: Moment,
    /// How far the clock has come: it strikes on a grid of five seconds.
    reached: Moment,
    offset: u64,
    pub(crate) journals: BTreeMap<String, Vec<Event>>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) expired: Vec<Event>,
    pub(crate) counts: BTreeMap<Outcome, i64>,
}

pub(crate) fn at(minute: i64) -> Moment {
    Moment::from_millis(1_772_323_200_000 + minute * 60_000)
}

/// An outside event: type without `coldwatch.` and `.v1`, and its data.
pub(crate) fn event(id: &str, minute: i64, kind: &str, subject: &str, data: &str) -> Event {
    let fact: Fact = serde_json::from_str(&format!("{{\"coldwatch.{kind}.v1\":{data}}}")).unwrap();
    let subject: Subject = subject.parse().unwrap();
    Event {
        source: ShortText::new("test"),
        id: ShortText::new(id),
        subject,
        at: at(minute),
        counts: None,
        hidden: None,
        fact,
    }
}

pub(crate) fn reading(device: &str, minute: i64, celsius: i64) -> Event {
    let data = format!(r#"{{"temperature":"{celsius} °C","channel":"1"}}"#);
    event(
        &format!("{device}-{minute}-{celsius}"),
        minute,
        "device.reading",
        &format!("device:{device}"),
        &data,
    )
}

pub(crate) fn attached(device: &str, shipment: &str, minute: i64) -> Event {
    let data = format!(
        r#"{{"shipment":"{shipment}","channel":"1","position":"payload","log_every":"10 min"}}"#
    );
    event(
        &format!("{device}-to-{shipment}-{minute}"),
        minute,
        "device.attached",
        &format!("device:{device}"),
        &data,
    )
}

pub(crate) fn live(device: &str, shipment: &str, minute: i64) -> Event {
    let data = format!(
        r#"{{"shipment":"{shipment}","channel":"1","position":"payload","log_every":"10 min","send_every":"10 min"}}"#
    );
    event(
        &format!("{device}-to-{shipment}-{minute}"),
        minute,
        "device.attached",
        &format!("device:{device}"),
        &data,
    )
}

pub(crate) fn planned(shipment: &str, version: u32, more: &str) -> Event {
    let data = format!(
        r#"{{"version":{version},"kind":"drug-product","profile":"CRYO_LN2V","consignor":"PLANT","consignee":"WARD",
        "legs":[{{"id":"L1","mode":"road","carrier":"VAN","from":"PLANT","to":"WARD","departs":"2026-03-01T00:00:00Z","arrives":"2026-03-01T09:00:00Z"}}]{more}}}"#
    );
    event(
        &format!("{shipment}-plan-{version}"),
        0,
        "shipment.planned",
        &format!("shipment:{shipment}"),
        &data,
    )
}

/// The numbers, with those for what is silent and for floods or without.
fn rules(behaviour: u32, whole: bool) -> DispatchRules {
    let mut table = serde_json::json!({ "keep": "14 d", "put_away": "30 d", "put_away_dose": "730 d", "quiet_after": 3, "quiet_again": "1 h", "skew": "2 min", "correction_waits": "60 min" });
    if whole {
        table["silent"] = serde_json::json!({ "put_away": "180 d", "watched_again": "30 d" });
        table["flood"] =
            serde_json::json!({ "at_once": 20, "wait": "1 min", "told_again": "24 h" });
    }
    let book = Rulebook::new([("dispatch".to_string(), table)].into_iter().collect());
    DispatchRules::read(&book, behaviour).unwrap()
}

impl World {
    pub(crate) fn new() -> Self {
        Self::with(rules(3, false))
    }

    /// One that puts away what nobody has closed.
    pub(crate) fn that_puts_away() -> Self {
        Self::with(rules(facts::behaviour::PUTS_AWAY, true))
    }

    /// At a behaviour.
    pub(crate) fn at(behaviour: u32) -> Self {
        Self::with(rules(behaviour, true))
    }

    fn with(rules: DispatchRules) -> Self {
        Self {
            rules,
            values: BTreeMap::new(),
            marks: BTreeMap::new(),
            now: at(0),
            reached: at(0),
            offset: 0,
            journals: BTreeMap::new(),
            findings: Vec::new(),
            expired: Vec::new(),
            counts: BTreeMap::new(),
        }
    }

    /// From here on the log is at another behaviour.
    pub(crate) fn go_on_at(&mut self, behaviour: u32) {
        self.rules = rules(behaviour, true);
        for subject in self.values.keys().cloned().collect::<Vec<_>>() {
            self.step(&subject, &Trigger::RulesChanged);
        }
    }

    /// How many words and strokes were heard so far.
    pub(crate) fn asked(&self) -> u64 {
        self.offset
    }

    /// Lets the clock run to a minute, striking whatever is due.
    pub(crate) fn to(&mut self, minute: i64) -> &mut Self {
        loop {
            let due = self
                .values
                .iter()
                .filter_map(|(s, v)| Some((v.next_deadline(&self.rules)?, s.clone())))
                .min();
            let Some((due, subject)) = due.filter(|(due, _)| *due <= at(minute)) else { break };
            self.now = self.now.max(due);
            self.reached = (due + facts::Span::millis(4_999)).floor(facts::Span::seconds(5));
            self.step(&subject, &Trigger::Timer);
        }
        self.now = self.now.max(at(minute));
        self.reached = self.now;
        self
    }

    /// The clock stood, and strikes now: what was due before is asked at its own time.
    pub(crate) fn stroke(&mut self, minute: i64) -> &mut Self {
        loop {
            let due = self
                .values
                .iter()
                .filter_map(|(s, v)| Some((v.next_deadline(&self.rules)?, s.clone())))
                .min();
            let Some((due, subject)) = due.filter(|(due, _)| *due <= at(minute)) else { break };
            (self.now, self.reached) = (self.now.max(due), at(minute));
            self.step(&subject, &Trigger::Timer);
        }
        (self.now, self.reached) = (at(minute), at(minute));
        self
    }

    /// It happens and is reported: the clock has come so far by then.
    pub(crate) fn hear(&mut self, event: &Event) -> &mut Self {
        let minute = (event.at - at(0)).as_minutes();
        self.to(minute.max((self.now - at(0)).as_minutes())).come(event)
    }

    /// It is reported now, whatever time it bears.
    pub(crate) fn come(&mut self, event: &Event) -> &mut Self {
        self.step(&event.subject.clone(), &Trigger::Input(event));
        self
    }

    fn step(&mut self, subject: &Subject, cause: &Trigger<'_, Event>) {
        let mut queue = VecDeque::new();
        self.ask(subject, cause, &mut queue);
        while let Some((to, event)) = queue.pop_front() {
            self.ask(&to, &Trigger::Input(&event), &mut queue);
        }
    }

    fn ask(
        &mut self,
        subject: &Subject,
        cause: &Trigger<'_, Event>,
        queue: &mut VecDeque<(Subject, Event)>,
    ) {
        self.offset += 1;
        let cause = match cause {
            Trigger::Input(word) => Trigger::Input(*word),
            Trigger::Timer => Trigger::Timer,
            Trigger::RulesChanged => Trigger::RulesChanged,
        };
        let entry = Step {
            offset: self.offset,
            index: 0,
            now: self.now,
            reached: self.reached,
            subject,
            cause,
        };
        let mut said = Vec::new();
        let mark = self.marks.remove(subject);
        let revived = mark.and_then(|mark| Dispatch::revived(mark, &self.rules));
        let value = self.values.entry(subject.clone()).or_insert(revived.unwrap_or_default());
        value.step(&self.rules, &entry, &mut said);
        let (due, keeps) = (value.next_deadline(&self.rules), value.keeps(&self.rules));
        match keeps {
            Keeps::All => assert!(due.is_none_or(|due| due > self.now), "{subject}: {due:?}"),
            Keeps::Nothing => drop(self.values.remove(subject)),
            Keeps::Mark(mark) => {
                self.values.remove(subject);
                self.marks.insert(subject.clone(), mark);
            }
        }
        for passed in said {
            match passed {
                Routed::Journal { shipment, event } => {
                    self.journals.entry(shipment.to_string()).or_default().push(event)
                }
                Routed::Facts { to, event } => queue.push_back((to, event)),
                Routed::Expired { event, .. } => self.expired.push(event),
                Routed::Finding(finding) => self.findings.push(*finding),
                Routed::Count(Outcome::FromPending, n) => {
                    *self.counts.entry(Outcome::Pending).or_default() -= i64::from(n)
                }
                Routed::Count(Outcome::FromProcessed, n) => {
                    *self.counts.entry(Outcome::Processed).or_default() -= i64::from(n)
                }
                Routed::Count(fate, n) => *self.counts.entry(fate).or_default() += i64::from(n),
            }
        }
    }

    /// Whether anything but a mark is kept of a subject.
    pub(crate) fn keeps(&self, subject: &str) -> bool {
        self.values.contains_key(&subject.parse::<Subject>().unwrap())
    }

    /// What alerts says of the shipment's incident.
    pub(crate) fn incident(&mut self, shipment: &str, open: bool) -> &mut Self {
        let data = format!(r#"{{"shipment":"{shipment}","open":{open}}}"#);
        let minute = (self.now - at(0)).as_minutes();
        let word = event("stands", minute, "log.incident-stands", "log:alerts", &data);
        self.step(&format!("shipment:{shipment}").parse().unwrap(), &Trigger::Input(&word));
        self
    }

    pub(crate) fn count(&self, fate: Outcome) -> i64 {
        self.counts.get(&fate).copied().unwrap_or_default()
    }

    /// The readings that stand in a journal: minute and degrees, without those that were withdrawn.
    pub(crate) fn readings(&self, shipment: &str) -> Vec<(i64, String)> {
        let mut stand = BTreeMap::new();
        for event in self.journals.get(shipment).into_iter().flatten() {
            match &event.fact {
                Fact::Device(DeviceFact::Reading(r)) => {
                    *stand.entry((event.at, r.temperature.to_string())).or_insert(0) += 1
                }
                Fact::System(SystemFact::Withdrawn(w)) => {
                    *stand.entry((w.at, w.temperature.to_string())).or_insert(0) -= 1
                }
                _ => {}
            }
        }
        assert!(
            stand.values().all(|n| *n == 0 || *n == 1),
            "twice or withdrawn before it came: {stand:?}"
        );
        let minute = |m: Moment| (m - at(0)).as_minutes();
        stand.into_iter().filter(|(_, n)| *n == 1).map(|((m, t), _)| (minute(m), t)).collect()
    }

    /// The latest fact of a kind in a journal, as JSON.
    pub(crate) fn latest(&self, shipment: &str, kind: &str) -> serde_json::Value {
        let parts =
            self.journals.get(shipment).into_iter().flatten().filter_map(|e| e.fact.parts());
        let mut mine = parts.filter(|(name, _)| name == &format!("coldwatch.{kind}.v1"));
        mine.next_back().map(|(_, data)| data).unwrap_or_default()
    }
}
