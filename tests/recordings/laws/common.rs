//! Pairs of recordings, how they are judged, and how a counterexample is made small.

use crate::common::{Outcome, judge};
use facts::{
    DeviceFact, Event, Fact, Finding, Moment, Severity, ShipmentFact, ShipmentId, Span, State,
    Subject, SubjectKind,
};
use fastrand::Rng;
use proptest::test_runner::{Config as ProptestConfig, TestCaseError};
use simulate::{Arrival, Field};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// How many shipments a history has.
const SHIPMENTS: u32 = 10;

/// A recording, in the order of arrival.
pub(super) type Recording = Vec<Arrival>;

/// Two recordings that a law compares, and up to when each of them is played.
#[derive(Debug, Clone)]
pub(super) struct Pair {
    pub(super) without: Recording,
    pub(super) with: Recording,
    /// Log time goes on to here in each of them; without it, to two days after the last arrival of either.
    pub(super) until: Option<(Moment, Moment)>,
}

/// What was said of a pair.
pub(super) struct Said {
    pub(super) without: Outcome,
    pub(super) with: Outcome,
}

/// A law over a pair: what is wrong, in words.
pub(super) type Law<'a> = &'a dyn Fn(&Said, &Pair) -> Vec<Broken>;

/// Where a law is broken.
#[derive(Debug, Clone)]
pub(super) struct Broken {
    pub(super) shipment: ShipmentId,
    /// How it is broken, without bounds: a smaller counterexample is one of the same.
    pub(super) how: String,
    pub(super) what: String,
}

/// A history of some shipments in the field.
pub(super) fn history(seed: u64) -> Recording {
    simulate::make_in(Field::ALL, seed, SHIPMENTS).inbound
}

/// What is said in a history of the shipments in which a fault of one of these codes was planted.
pub(super) fn history_of(codes: &[&str], seed: u64) -> Option<Recording> {
    let mut made = simulate::make_in(Field::ALL, seed, SHIPMENTS);
    made.truth.retain(|t| codes.contains(&&*t.code));
    let faulty: BTreeSet<&ShipmentId> = made.truth.iter().map(|t| &t.shipment).collect();
    made.inbound.retain(|a| {
        let subject = &a.event.subject;
        let own = faulty.iter().any(|shipment| subject.id.contains(shipment.as_str()));
        own || subject.kind == SubjectKind::Party
    });
    (!faulty.is_empty()).then_some(made.inbound)
}

/// In the order of arrival; what arrives together keeps its order.
pub(super) fn in_order(mut all: Recording) -> Recording {
    all.sort_by_key(|arrival| arrival.at);
    all
}

impl Pair {
    /// The recording as it is, and with something more in it.
    pub(super) fn adding(without: Recording, more: impl IntoIterator<Item = Arrival>) -> Self {
        let with = in_order(without.iter().cloned().chain(more).collect());
        Self { without, with, until: None }
    }

    fn said(&self) -> Said {
        let last = |all: &Recording| all.last().map_or(Moment::EARLIEST, |arrival| arrival.at);
        let end = last(&self.without).max(last(&self.with)).ceil(Span::days(1)) + Span::days(2);
        let (a, b) = self.until.unwrap_or((end, end));
        let play = |all: &Recording, until| {
            judge(all.iter().map(|arrival| (arrival.at, arrival.event.clone())), Some(until))
        };
        Said { without: play(&self.without, a), with: play(&self.with, b) }
    }
}

/// What stands at the end: each finding as it was said last, if it was not taken back.
pub(super) fn standing(outcome: &Outcome) -> Vec<&Finding> {
    let mut last = BTreeMap::new();
    for finding in &outcome.findings {
        last.insert((finding.shipment.clone(), finding.name.clone()), finding);
    }
    let mut all: Vec<&Finding> = last
        .into_values()
        .filter(|f| !matches!(f.state, State::Withdrawn | State::Superseded))
        .collect();
    all.sort_by_key(|f| (f.shipment.clone(), f.code.clone(), f.name.about.clone(), f.happened));
    all
}

/// Whether it is open at the end: it goes on, or only a person ends it.
pub(super) fn is_open(finding: &Finding) -> bool {
    finding.latched || finding.until.is_none()
}

/// Rules that speak of when something was learnt: they are compared without their bounds.
const BY_LOG_TIME: [&str; 5] = ["DAT-01", "DAT-03", "DAT-06", "PRM-05", "SCH-02"];

/// A finding without its name, as it is compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Verdict {
    pub(super) shipment: String,
    pub(super) code: String,
    pub(super) about: String,
    pub(super) bounds: Option<(Moment, Option<Moment>, Severity, bool)>,
}

impl Broken {
    /// A finding that is not as it should be.
    pub(super) fn of(f: &Finding, how: &str) -> Self {
        Self { what: format!("{how}: {f}"), ..Verdict::of(f).broken(how) }
    }
}

impl Verdict {
    pub(super) fn of(f: &Finding) -> Self {
        let (shipment, code) = (f.shipment.to_string(), f.code.to_string());
        let bounds = (f.happened, f.until, f.severity, f.latched);
        let bounds = (!BY_LOG_TIME.contains(&&*code)).then_some(bounds);
        Self { shipment, code, about: f.name.about.to_string(), bounds }
    }
    /// Whether it says the same of the same time, with a higher severity.
    fn is_worse_than(&self, other: &Verdict) -> bool {
        let same = (&self.shipment, &self.code, &self.about)
            == (&other.shipment, &other.code, &other.about);
        let worse = match (self.bounds, other.bounds) {
            (Some((from, until, severity, latched)), Some((was_from, was_until, was, had))) => {
                let time = (from, until, latched) == (was_from, was_until, had);
                time && severity < was
            }
            _ => false,
        };
        same && worse
    }
    pub(super) fn broken(&self, how: &str) -> Broken {
        let bounds = self.bounds.map_or(String::new(), |(from, until, severity, latched)| {
            let until = until.map_or("open".to_owned(), |until| until.to_string());
            format!(" {severity} {from} to {until}{}", if latched { " latched" } else { "" })
        });
        let how = format!("{how}: {} {} {}", self.shipment, self.code, self.about);
        let what = format!("{how}{bounds}");
        Broken { shipment: ShipmentId::new(&self.shipment), how, what }
    }
}

/// All verdicts that stand.
pub(super) fn verdicts(outcome: &Outcome) -> Vec<Verdict> {
    let mut all: Vec<Verdict> = standing(outcome).into_iter().map(Verdict::of).collect();
    all.sort();
    all
}

/// What stands in the one and not in the other.
pub(super) fn missing(in_one: &[Verdict], in_other: &[Verdict], how: &str) -> Vec<Broken> {
    let mut rest = in_other.to_vec();
    let mut all = Vec::new();
    for verdict in in_one {
        match rest.iter().position(|other| other == verdict) {
            Some(n) => drop(rest.remove(n)),
            None => all.push(verdict.broken(how)),
        }
    }
    all
}

/// The same stands in both.
pub(super) fn the_same(said: &Said, _: &Pair) -> Vec<Broken> {
    let (without, with) = (verdicts(&said.without), verdicts(&said.with));
    let mut all = missing(&without, &with, "only without");
    all.extend(missing(&with, &without, "only with"));
    all
}

/// All that stands without it stands with it, or stands with it and is worse.
pub(super) fn nothing_is_lost(said: &Said, _: &Pair) -> Vec<Broken> {
    let (without, with) = (verdicts(&said.without), verdicts(&said.with));
    let is_worse = |verdict: &Verdict| with.iter().any(|other| other.is_worse_than(verdict));
    missing(&without.into_iter().filter(|v| !is_worse(v)).collect::<Vec<_>>(), &with, "lost")
}

/// Whether a law holds for one history; a history that has nothing to compare does not count as tried.
pub(super) type Tried = Result<(), TestCaseError>;

/// This history has nothing that the law speaks of: another one is drawn.
pub(super) fn nothing() -> Tried {
    Err(TestCaseError::reject("nothing to compare"))
}

/// Plays the pair and fails with a small counterexample where the law is broken.
pub(super) fn hold(name: &str, seed: u64, pair: &Pair, law: Law<'_>) -> Tried {
    let broken = law(&pair.said(), pair);
    let Some(first) = broken.first() else { return Ok(()) };
    let small = smaller(pair, first, law);
    let left = law(&small.said(), &small);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("laws");
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let write = |all: &Recording, which: &str| {
        let path = folder.join(format!("{name}-{seed}-{which}.ndjson"));
        let text: String = all.iter().map(|arrival| arrival.line() + "\n").collect();
        std::fs::write(&path, text).expect("a recording is written");
        path.display().to_string()
    };
    let files = [write(&small.without, "without"), write(&small.with, "with")];
    let words =
        |all: &[Broken]| all.iter().map(|b| format!("  {}", b.what)).collect::<Vec<_>>().join("\n");
    Err(TestCaseError::fail(format!(
        "{name}, seed {seed}:\n{}\nmade small ({} and {} events, until {:?}):\n{}\n{}",
        words(&broken),
        small.without.len(),
        small.with.len(),
        small.until,
        words(&left),
        files.join("\n")
    )))
}

/// What names an event in both recordings.
type Key = (facts::ShortText, Subject, facts::ShortText);

fn key(event: &Event) -> Key {
    (event.source.clone(), event.subject.clone(), event.id.clone())
}

fn keeping(pair: &Pair, keys: &BTreeSet<Key>) -> Pair {
    let kept = |all: &Recording| {
        all.iter().filter(|arrival| keys.contains(&key(&arrival.event))).cloned().collect()
    };
    Pair { without: kept(&pair.without), with: kept(&pair.with), until: pair.until }
}

/// What stays in a small counterexample, so that it is still one of the same law: what differs between the two, what it was
/// made of, and that the shipment was planned and packed.
fn needed(pair: &Pair, shipment: &ShipmentId) -> BTreeSet<Key> {
    let differs = |a: &Arrival| !(pair.without.contains(a) && pair.with.contains(a));
    let whole = pair.without.len() > pair.with.len() / 2;
    let changed: Vec<&Arrival> =
        pair.without.iter().chain(&pair.with).filter(|a| whole && differs(a)).collect();
    let made_of = |a: &Arrival| changed.iter().any(|c| c.event.fact == a.event.fact);
    let own = |a: &Arrival| {
        a.event.subject.id.contains(shipment.as_str())
            && matches!(
                a.event.fact,
                Fact::Shipment(ShipmentFact::Planned(_) | ShipmentFact::Packed(_))
                    | Fact::Device(DeviceFact::Attached(_) | DeviceFact::Calibrated(_))
            )
    };
    let few = changed.len() < 20;
    let all = pair.without.iter().chain(&pair.with);
    all.filter(|a| own(a) || (few && made_of(a))).map(|a| key(&a.event)).collect()
}

/// Takes out of both recordings whatever they can do without and still break the law for that shipment.
fn smaller(pair: &Pair, broken: &Broken, law: Law<'_>) -> Pair {
    let shipment = &broken.shipment;
    // A shorter recording must not end earlier.
    let last = |all: &Recording| all.last().map_or(Moment::EARLIEST, |arrival| arrival.at);
    let end = last(&pair.without).max(last(&pair.with)).ceil(Span::days(1)) + Span::days(2);
    let whole = Pair { until: Some(pair.until.unwrap_or((end, end))), ..pair.clone() };
    let breaks = |pair: &Pair| law(&pair.said(), pair).iter().any(|b| b.how == broken.how);
    let all: BTreeSet<Key> =
        whole.without.iter().chain(&whole.with).map(|arrival| key(&arrival.event)).collect();
    // What names the shipment, and parties.
    let own: BTreeSet<Key> = all
        .iter()
        .filter(|(_, subject, _)| {
            subject.kind == SubjectKind::Party || subject.id.contains(shipment.as_str())
        })
        .cloned()
        .collect();
    let mut kept = if breaks(&keeping(&whole, &own)) { own } else { all };
    let stays = needed(&whole, shipment);
    let mut chunk = kept.len() / 2;
    while chunk > 0 {
        let keys: Vec<Key> = kept.iter().cloned().collect();
        for piece in keys.chunks(chunk) {
            let fewer: BTreeSet<Key> =
                kept.iter().filter(|k| !piece.contains(k) || stays.contains(*k)).cloned().collect();
            if fewer.len() < kept.len() && breaks(&keeping(&whole, &fewer)) {
                kept = fewer;
            }
        }
        chunk /= 2;
    }
    keeping(&whole, &kept)
}

/// An event of somebody who reports at once.
pub(super) fn said_at(at: Moment, subject: &Subject, id: &str, fact: Fact) -> Arrival {
    let (source, id) = (facts::ShortText::new("somebody"), facts::ShortText::new(id));
    let event =
        Event { source, id, subject: subject.clone(), at, counts: None, hidden: None, fact };
    Arrival { at: at + Span::seconds(20), event }
}

/// The shipments of a recording.
pub(super) fn shipments(all: &Recording) -> BTreeSet<Subject> {
    let packed =
        all.iter().filter(|a| matches!(a.event.fact, Fact::Shipment(ShipmentFact::Packed(_))));
    packed.map(|a| a.event.subject.clone()).collect()
}

/// Whether anybody has planned a shipment.
pub(super) fn is_planned(all: &Recording, shipment: &Subject) -> bool {
    all.iter().any(|a| {
        a.event.subject == *shipment
            && matches!(a.event.fact, Fact::Shipment(ShipmentFact::Planned(_)))
    })
}

/// One of the shipments of a recording.
pub(super) fn a_shipment(all: &Recording, rng: &mut Rng) -> Option<Subject> {
    rng.choice(shipments(all))
}

/// When a shipment is under way: from packing to unpacking or receipt.
pub(super) fn under_way(all: &Recording, shipment: &Subject) -> Option<(Moment, Moment)> {
    let of = |want: fn(&Fact) -> bool| {
        let wanted = move |a: &&Arrival| a.event.subject == *shipment && want(&a.event.fact);
        all.iter().filter(wanted).map(|a| a.at)
    };
    let from = of(|fact| matches!(fact, Fact::Shipment(ShipmentFact::Packed(_)))).min()?;
    let until = of(|fact| {
        matches!(fact, Fact::Shipment(ShipmentFact::Unpacked(_) | ShipmentFact::Received(_)))
    })
    .min()?;
    (from < until).then_some((from, until))
}

/// How far the clocks of two people may be apart.
const SKEW: Span = Span::minutes(2);

/// The moment at which a report counts: what was done cannot be of a later time than its report.
pub(super) fn counted(arrival: &Arrival) -> Moment {
    if arrival.event.at > arrival.at + SKEW { arrival.at } else { arrival.event.at }
}

/// Some moment between two.
pub(super) fn between(from: Moment, until: Moment, rng: &mut Rng) -> Moment {
    from + Span::seconds(rng.i64(0..=((until - from).as_millis() / 1_000).max(1)))
}

/// How many histories each law is tried on: such as have something to compare.
pub(super) fn tries() -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok());
    ProptestConfig {
        cases: asked.unwrap_or(16),
        failure_persistence: None,
        max_shrink_iters: 0,
        max_global_rejects: u32::MAX,
        ..ProptestConfig::default()
    }
}
