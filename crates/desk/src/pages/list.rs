//! The list of incidents. Its heading answers the first question: is there one that nobody has taken?

use super::Frame;
use super::card::Card;
use super::stages::Stages;
use crate::board::{Board, Counts, Filter, Fineness, STATES, Which, fineness};
use crate::words;
use askama::Template;
use facts::{Moment, Severity};

/// The page.
#[derive(Template)]
#[template(path = "list.html")]
pub(crate) struct List {
    frame: Frame,
    /// The answer, and how loud it is.
    heading: String,
    mood: &'static str,
    counts: Vec<Count>,
    stages: Stages,
    cards: Vec<Card>,
    /// What is said when there are none.
    empty: String,
    filter: Chosen,
}

/// How many in one state, and where they are listed.
struct Count {
    word: &'static str,
    shape: &'static str,
    number: u64,
    href: String,
    chosen: bool,
}

/// What is chosen in the filter.
struct Chosen {
    any: bool,
    states: Vec<(&'static str, &'static str, bool)>,
    priorities: Vec<(String, bool)>,
    shipment: String,
}

impl List {
    pub(crate) fn new(
        board: &Board,
        now: Moment,
        frame: Frame,
        filter: &Filter,
        key: impl Fn() -> String,
    ) -> Self {
        let all = board.incidents(filter).into_iter();
        let mut cards: Vec<Card> = all.map(|(i, d)| Card::new(board, i, d, now, key())).collect();
        // The one that is most urgent can be taken without another touch.
        if let Some(first) = cards.first_mut().filter(|card| card.waiting) {
            first.open_form = true;
        }
        let counts = board.counts();
        let stages = Stages::new(board, now, &key);
        let (heading, mood) = heading(&counts, &stages, &frame);
        let chosen = Chosen::new(filter);
        let empty = match (filter, frame.current) {
            _ if chosen.any => "No incident matches this filter.".into(),
            (_, true) => live(board),
            _ => "No open incident is known here, and that does not mean that there is none: see above what is not current.".into(),
        };
        let counts = STATES.map(|state| {
            let (word, shape) = words::state(state);
            let chosen = filter.state == Some(Which::Only(state));
            Count {
                word,
                shape,
                number: counts.of(state),
                href: format!("/?state={state}"),
                chosen,
            }
        });
        Self { frame, heading, mood, counts: counts.into(), stages, cards, empty, filter: chosen }
    }
}

/// How many shipments that sentence is about.
fn live(board: &Board) -> String {
    let (mut fine, mut planned, mut other) = (0, 0, 0);
    for (_, d) in board.shipments().filter(|(_, d)| d.over().is_none()) {
        match fineness(d, true) {
            Fineness::NothingFound => fine += 1,
            Fineness::NotUnderWay => planned += 1,
            Fineness::Wrong(_) | Fineness::NotKnown(_) => other += 1,
        }
    }
    let planned = match planned {
        0 => String::new(),
        n => format!(" {n} more are planned and not yet under way."),
    };
    match (fine, other) {
        (0, 0) if planned.is_empty() => "No live shipment is known, either.".into(),
        (0, 0) => format!("No shipment is under way.{planned}"),
        (n, 0) => format!("Nothing was found wrong with any of {n} shipments under way.{planned}"),
        (n, m) => format!(
            "Nothing was found wrong with {n} live shipments; of {m} more it is not known or something small is.{planned}"
        ),
    }
}

fn heading(counts: &Counts, stages: &Stages, frame: &Frame) -> (String, &'static str) {
    let least = if frame.current { "" } else { "At least " };
    let taken = counts.active_acked + counts.returned_acked;
    match (counts.active_unacked, counts.returned_unacked, taken) {
        (1, _, _) => (format!("{least}1 incident nobody has taken"), "loud"),
        (n @ 2.., _, _) => (format!("{least}{n} incidents nobody has taken"), "loud"),
        (_, n @ 1.., _) => (format!("{n} over, and nobody has seen it"), "warn"),
        (_, _, 1..) if frame.current => ("Every open incident is taken".into(), "calm"),
        (_, _, 1..) => {
            ("Every incident known here is taken, but this is not current".into(), "warn")
        }
        _ if stages.waiting => {
            ("No open incident of a shipment; a stage is or was silent, see below".into(), "warn")
        }
        _ => match &frame.as_of {
            Some(as_of) if frame.current => (format!("No open incident, as of {as_of}"), "calm"),
            _ => ("Whether an incident is open is not known".into(), "warn"),
        },
    }
}

impl Chosen {
    fn new(filter: &Filter) -> Self {
        let one = |which: Option<Which>| filter.state == which;
        let mut states = vec![("", "all that are not closed", one(None))];
        for (name, state) in NAMES.iter().zip(STATES) {
            states.push((name, words::state(state).0, one(Some(Which::Only(state)))));
        }
        states.push(("all", "all, closed ones too", one(Some(Which::All))));
        let all = [Severity::P1, Severity::P2, Severity::P3, Severity::P4];
        Self {
            any: *filter != Filter::default(),
            states,
            priorities: all.map(|p| (p.to_string(), filter.priority == Some(p))).into(),
            shipment: filter.shipment.clone().unwrap_or_default(),
        }
    }
}

/// The names of `STATES`, as they stand in addresses.
pub(crate) const NAMES: [&str; 5] =
    ["active_unacked", "returned_unacked", "active_acked", "returned_acked", "closed"];
