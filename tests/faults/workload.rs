//! What happens in the world of a seed: a few shipments of the simulator with their loggers thinned out, a device that
//! is attached late, readings that come hours late, an event that comes twice, a record that is none, what staff do, and
//! other rules half-way. All of it in rounds: what a round brings is in the log before the clock goes on to its end.

use crate::releases::NEXT;
use facts::fact::incident::{Acknowledged, IncidentClosed, IncidentNoted};
use facts::{
    DeviceFact, Event, Fact, Moment, PartyId, Rulebook, ShortText, Span, StaffFact, Subject,
    SubjectKind,
};
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};
use wire::native::{self, Extensions};

/// What one round brings.
#[derive(Default)]
pub(crate) struct Round {
    /// The time at its end.
    pub(crate) until: i64,
    /// Key, partition's subject and bytes of each record.
    pub(crate) records: Vec<(Subject, Vec<u8>)>,
    /// Rules that are published at its beginning.
    pub(crate) book: Option<Rulebook>,
    /// A behaviour that is switched to at its beginning.
    pub(crate) behaviour: Option<u32>,
}

/// A world.
pub(crate) struct Workload {
    pub(crate) begin: i64,
    pub(crate) book: Rulebook,
    pub(crate) rounds: Vec<Round>,
    pub(crate) partitions: u16,
    /// Whether a behaviour is switched to amid records.
    pub(crate) amid: bool,
}

/// A round is not longer than this, and not fuller.
const LONGEST: Span = Span::hours(36);
const FULL: usize = 40;
/// So many seeds are played one after another; all but the first have their world in common.
pub(crate) const BLOCK: u64 = 20;

impl Workload {
    /// All but one of twenty seeds are over a small world.
    pub(crate) fn is_small(seed: u64) -> bool {
        !seed.is_multiple_of(BLOCK)
    }

    /// Of the world of a seed: those of a block that are small have the same one.
    pub(crate) fn number(seed: u64) -> u64 {
        if Self::is_small(seed) { seed - seed % BLOCK + 1 } else { seed }
    }

    pub(crate) fn of(seed: u64) -> Self {
        let (small, rng) = (Self::is_small(seed), &mut Rng::with_seed(Self::number(seed)));
        let shipments = if small { 1 } else { rng.u32(2..4) };
        let readings = if small { rng.usize(12..25) } else { rng.usize(40..90) };
        let inbound = simulate::make(rng.u64(..), shipments).inbound;
        let mut arrivals = thinned(inbound, readings, rng);
        staff(&mut arrivals, rng);
        arrivals.sort_by_key(|(at, _)| *at);
        let begin = arrivals.first().map_or(0, |(at, _)| at.millis());
        let book = rules("");
        let mut rounds = in_rounds(&arrivals, rng);
        // Half-way other rules come: gaps of custody are told sooner.
        let middle = rounds.len() / 2 + rng.usize(..3);
        if let Some(round) = rounds.get_mut(middle) {
            round.book =
                Some(rules("[\"custody/custody-gap\"]\nground = \"10 min\"\nairside = \"60 min\""));
        }
        let amid = behave(&mut rounds, rng);
        let mut last = rounds.last().map_or(begin, |round| round.until);
        for span in [Span::hours(1), Span::hours(12), Span::days(2)] {
            last += span.as_millis();
            rounds.push(Round { until: last, ..Round::default() });
        }
        let partitions = *rng.choice(&[2, 2, 2, 3, 3, 4]).unwrap_or(&2);
        Self { begin, book, rounds, partitions, amid }
    }
}

/// In two worlds of three the next behaviour comes, and in every second of these the one before comes back: amid the
/// records of a round, or between two rounds. Says whether amid: what is told for a moment and withdrawn, because a
/// record was judged by the one behaviour and then by the other, depends on which came first: it may wake an incident.
fn behave(rounds: &mut Vec<Round>, rng: &mut Rng) -> bool {
    let (amid, mut at) = (rng.bool(), 0);
    if rng.u8(..3) == 0 {
        return false;
    }
    for number in [NEXT, NEXT - 1] {
        let beyond = if number == NEXT { rounds.len() } else { 2 * rounds.len() - at };
        at = rng.usize(at..beyond.max(at + 1));
        if at >= rounds.len() {
            break;
        }
        if !amid {
            let until = at.checked_sub(1).map_or(rounds[at].until, |before| rounds[before].until);
            rounds.insert(at, Round { until, ..Round::default() });
        }
        rounds[at].behaviour = Some(number);
        at += 1;
    }
    amid
}

/// The rulebook of this release; a service that is killed may be silent for longer than its finding allows, since here
/// hours go by in one step. For the same reason what a round brings is in the log before the clock has come so far, and
/// must not be taken for what a wrong clock dates ahead.
fn rules(more: &str) -> Rulebook {
    let shipped = pipeline::rulebook::shipped().expect("the rulebook is fit").book;
    let book = scenario::beside(
        shipped,
        "[\"system/stage-silent\"]\nafter = \"400 d\"\n[\"dispatch\"]\nskew = \"400 d\"",
    );
    scenario::beside(book.expect("a number"), more).expect("numbers")
}

/// About so many readings stay, and those who take no part are not described.
fn thinned(inbound: Vec<simulate::Arrival>, stay: usize, rng: &mut Rng) -> Vec<(Moment, Event)> {
    let readings = inbound
        .iter()
        .filter(|a| matches!(a.event.fact, Fact::Device(DeviceFact::Reading(_))))
        .count();
    let every = (readings / stay).max(1);
    // For a while each is heard, as one that is calm is passed over only where others are near.
    let begin = rng.usize(..(readings / 3).max(1));
    let dense = begin..begin + 6;
    let said: String = inbound
        .iter()
        .filter(|arrival| arrival.event.subject.kind != SubjectKind::Party)
        .map(|arrival| arrival.line())
        .collect();
    let (mut of, mut all) = (BTreeMap::<Subject, usize>::new(), Vec::new());
    for arrival in inbound {
        let (mut at, event) = (arrival.at, arrival.event);
        match &event.fact {
            Fact::Device(DeviceFact::Reading(_)) => {
                let n = of.entry(event.subject.clone()).or_default();
                *n += 1;
                if *n % every != 0 && !dense.contains(n) {
                    continue;
                }
                if rng.u8(..12) == 0 {
                    at = at + Span::minutes(rng.i64(1..600));
                }
            }
            Fact::Device(DeviceFact::Attached(_)) if rng.bool() => {
                at = at + Span::minutes(rng.i64(1..2_000))
            }
            _ if event.subject.kind == SubjectKind::Party && !said.contains(&*event.subject.id) => {
                continue;
            }
            _ => {}
        }
        if rng.u8(..30) == 0 {
            all.push((at + Span::minutes(rng.i64(1..600)), event.clone()));
        }
        all.push((at, event));
    }
    all
}

/// Anna takes what there is of each shipment, says something, and closes it with Ben.
fn staff(arrivals: &mut Vec<(Moment, Event)>, rng: &mut Rng) {
    let shipments: BTreeSet<Subject> = arrivals
        .iter()
        .filter(|(_, event)| event.subject.kind == SubjectKind::Shipment)
        .map(|(_, event)| event.subject.clone())
        .collect();
    let last = arrivals.iter().map(|(at, _)| *at).max().unwrap_or(Moment::EARLIEST);
    let (anna, ben) = (PartyId::new("ANNA"), PartyId::new("BEN"));
    let mut number = 0;
    for subject in &shipments {
        let acts = [
            Fact::Staff(StaffFact::Acknowledged(Acknowledged {
                by: anna.clone(),
                reason: ShortText::new("calling"),
            })),
            Fact::Staff(StaffFact::IncidentNoted(IncidentNoted {
                by: anna.clone(),
                text: ShortText::new("in a tunnel"),
            })),
            Fact::Staff(StaffFact::IncidentClosed(IncidentClosed {
                by: anna.clone(),
                reason: ShortText::new("all is well"),
                second: Some(ben.clone()),
            })),
        ];
        // Each has rounds of its own: in a small world not all of them happen.
        let skipped = if shipments.len() == 1 { rng.usize(1..acts.len()) } else { 0 };
        for fact in acts.into_iter().skip(skipped) {
            number += 1;
            let at = last - Span::minutes(rng.i64(0..6 * 24 * 60));
            let (source, id) = (ShortText::new("desk"), ShortText::new(format!("act-{number}")));
            arrivals.push((
                at,
                Event {
                    source,
                    id,
                    subject: subject.clone(),
                    at,
                    counts: None,
                    hidden: None,
                    fact,
                },
            ));
        }
    }
}

fn in_rounds(arrivals: &[(Moment, Event)], rng: &mut Rng) -> Vec<Round> {
    let mut rounds: Vec<Round> = Vec::new();
    let (mut began, mut acted) = (Moment::EARLIEST, false);
    for (at, event) in arrivals {
        let full = rounds.last().is_none_or(|round| round.records.len() >= FULL);
        // What staff do meets what stands: a finding that is on its way at that moment may come before or after it. So
        // the clock goes on to that moment first, and everything that time brings is worked off.
        let act = event.source == ShortText::new("desk");
        if act {
            rounds.push(Round { until: at.millis(), ..Round::default() });
        }
        if full || act || acted || *at - began > LONGEST {
            rounds.push(Round::default());
            began = *at;
        }
        acted = act;
        let Some(round) = rounds.last_mut() else { continue };
        round.until = at.millis();
        let bytes = native::write(event, &Extensions::default()).into_bytes();
        if rng.u8(..60) == 0 {
            let broken = bytes[..bytes.len() / 2].to_vec();
            round.records.push((event.subject.clone(), broken));
        }
        round.records.push((event.subject.clone(), bytes));
    }
    rounds
}
