//! The parts of a shipment's page: its findings, the chain of hands, permits and what happened.

use super::card::Deadline;
use super::maybe;
use crate::read_model::{Hand, Paper, ShipmentRecord, TimelineLine, is_open, is_taken_back};
use crate::words::{self, Foreign, When, clock, day, day_short, left, when};
use facts::{Finding, Moment, Shows, Span, State, Verdict};
use std::collections::BTreeSet;

/// What was found.
pub(crate) struct Found {
    pub(crate) severity: String,
    pub(crate) shape: &'static str,
    pub(crate) code: Foreign,
    pub(crate) rule: Foreign,
    pub(crate) about: Foreign,
    pub(crate) standing: &'static str,
    pub(crate) open: bool,
    pub(crate) taken_back: bool,
    pub(crate) unknown: bool,
    pub(crate) latched: bool,
    pub(crate) sentence: Foreign,
    pub(crate) happened: When,
    pub(crate) until: Option<When>,
    pub(crate) learnt: When,
    pub(crate) unknown_for: Option<String>,
    pub(crate) deadline: Option<Deadline>,
    pub(crate) action: Foreign,
    /// Journal offsets; those whose line is told on this page lead there.
    pub(crate) evidence: Vec<(u64, bool)>,
    pub(crate) more_evidence: usize,
    pub(crate) rulebook: Foreign,
    pub(crate) behaviour: u32,
}

/// So many places of evidence are named one by one.
const SHOWN: usize = 24;

/// What was found: what goes on first, what was taken back last, the worst on top of each.
pub(crate) fn findings(d: &ShipmentRecord, now: Moment) -> Vec<Found> {
    let mut all: Vec<&Finding> = d.findings.values().collect();
    all.sort_by_key(|f| (!is_open(f), is_taken_back(f), f.severity, f.happened));
    let told: BTreeSet<u64> = d.lines.all().iter().map(|line| line.offset).collect();
    all.into_iter().map(|f| found(f, &told, now)).collect()
}

fn found(f: &Finding, told: &BTreeSet<u64>, now: Moment) -> Found {
    let standing = match f.state {
        State::Withdrawn => "withdrawn: it never was so",
        State::Superseded => "does not hold under the rules now in force",
        _ if is_open(f) => "going on",
        _ => "over",
    };
    Found {
        severity: f.severity.to_string(),
        shape: words::priority_shape(Some(f.severity)),
        code: Foreign::new(&f.code),
        rule: Foreign::new(&f.name.rule),
        about: Foreign::new(&f.name.about),
        standing,
        open: is_open(f),
        taken_back: is_taken_back(f),
        unknown: f.verdict == Verdict::Unknown,
        latched: f.latched,
        sentence: Foreign::new(words::plain(&f.sentence, now)),
        happened: when(f.happened, now),
        until: maybe(f.until, now),
        learnt: when(f.learnt, now),
        unknown_for: (f.unknown > Span::ZERO).then(|| f.unknown.spoken()),
        deadline: f.deadline.filter(|_| is_open(f)).map(|at| Deadline {
            at: when(at, now),
            left: left(at, now),
            passed: at <= now,
        }),
        action: Foreign::new(&f.action),
        evidence: f.evidence.iter().take(SHOWN).map(|o| (*o, told.contains(o))).collect(),
        more_evidence: f.evidence.len().saturating_sub(SHOWN),
        rulebook: Foreign::new(f.rulebook.chars().take(12).collect::<String>()),
        behaviour: f.behaviour,
    }
}

/// One pair of hands.
pub(crate) struct Held {
    pub(crate) holder: Option<Foreign>,
    /// Whether custody found that nobody held them for too long.
    pub(crate) gap: bool,
    pub(crate) from: Option<When>,
    pub(crate) until: Option<When>,
    pub(crate) lasting: Option<String>,
    pub(crate) places: Vec<(When, Foreign)>,
    pub(crate) notes: Vec<Foreign>,
}

impl Held {
    pub(crate) fn new(d: &ShipmentRecord, hand: Hand, now: Moment) -> Self {
        let gap = hand.holder.is_none() && is_gap(d, &hand);
        let lasting = hand.from.map(|from| hand.until.unwrap_or(now) - from);
        let places =
            hand.places.into_iter().map(|(at, place)| (when(at, now), Foreign::new(place)));
        Self {
            gap,
            holder: hand.holder.map(Foreign::new),
            from: maybe(hand.from, now),
            until: maybe(hand.until, now),
            lasting: lasting.filter(|span| *span > Span::ZERO).map(Span::spoken),
            places: places.collect(),
            notes: hand.notes.into_iter().map(Foreign::new).collect(),
        }
    }
}

/// Whether what custody found of a hand-over that took too long is about this one: how long it may take is said by its rule.
fn is_gap(d: &ShipmentRecord, hand: &Hand) -> bool {
    let gaps = d.shown_as(Shows::NoHolder).filter(|f| !is_taken_back(f));
    let within = |at: Moment| hand.from <= Some(at) && hand.until.is_none_or(|until| at < until);
    gaps.into_iter().any(|gap| within(gap.happened))
}

/// One permit.
pub(crate) struct PermitRow {
    pub(crate) permit: Foreign,
    pub(crate) kind: Option<Foreign>,
    pub(crate) gates: Foreign,
    pub(crate) needed: Option<When>,
    pub(crate) validity: Option<[Foreign; 3]>,
    pub(crate) stopped: Option<Foreign>,
    pub(crate) used: Option<String>,
}

impl PermitRow {
    pub(crate) fn new(paper: &Paper, now: Moment) -> Self {
        Self {
            permit: Foreign::new(&paper.permit),
            kind: paper.granted.as_ref().map(|g| Foreign::new(format!("{}, {}", g.kind, g.issuer))),
            gates: Foreign::new(format!("{} at {}", paper.act, paper.waypoint)),
            needed: maybe(paper.needed, now),
            validity: paper
                .validity()
                .map(|(from, until, zone)| [from, until, zone].map(Foreign::new)),
            stopped: paper.stopped.as_ref().map(Foreign::new),
            used: paper.used.map(|(used, most)| match most {
                Some(most) => format!("{used} of {most} shipments departed"),
                None => format!("{used} shipments departed"),
            }),
        }
    }
}

/// One day of what happened.
pub(crate) struct Day {
    pub(crate) iso: String,
    pub(crate) text: String,
    pub(crate) lines: Vec<Said>,
}

/// One thing that happened.
pub(crate) struct Said {
    pub(crate) offset: u64,
    pub(crate) iso: String,
    pub(crate) clock: String,
    pub(crate) sentence: Foreign,
    pub(crate) learnt: Option<String>,
    pub(crate) wrong: Option<Foreign>,
    pub(crate) source: Foreign,
}

/// What happened, the latest first.
pub(crate) fn days(d: &ShipmentRecord, now: Moment) -> Vec<Day> {
    let mut days: Vec<Day> = Vec::new();
    for line in d.lines.all().iter().rev() {
        let at = line.event.moment();
        let iso = day(at);
        if days.last().is_none_or(|last| last.iso != iso) {
            let text = day_short(at, now);
            days.push(Day { iso, text, lines: Vec::new() });
        }
        if let Some(last) = days.last_mut() {
            last.lines.push(said(d, line, now));
        }
    }
    days
}

fn said(d: &ShipmentRecord, line: &TimelineLine, now: Moment) -> Said {
    let at = line.event.moment();
    // What is learnt within a minute is learnt in time.
    let learnt = line.learnt.filter(|learnt| *learnt - at >= Span::minutes(1));
    Said {
        offset: line.offset,
        iso: at.to_string(),
        clock: clock(at),
        sentence: Foreign::new(words::plain(&words::sentence(&line.event), now)),
        learnt: learnt.map(|learnt| when(learnt, now).text),
        wrong: d.lines.wrong(line).map(Foreign::new),
        source: Foreign::new(&line.event.source),
    }
}
