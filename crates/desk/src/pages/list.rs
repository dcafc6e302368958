//! The list of incidents. Its heading answers the first question: is there one that nobody has taken?

use super::Frame;
use super::card::Card;
use super::chosen::{Chosen, address};
use super::stages::Stages;
use super::turn::Turn;
use crate::read_model::{
    Assessment, Choice, Filter, IncidentCounts, ListPosition, ReadModel, STATES, Which, assess,
};
use crate::words;
use alerts::incident::IncidentState::ReturnedUnacked;
use askama::Template;
use facts::{Moment, Severity};
use std::collections::BTreeMap;

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
    /// What is over and was seen by nobody, in one line.
    unseen: Option<Unseen>,
    cards: Vec<Card>,
    turn: Turn,
    /// What is said when there are none.
    empty: String,
    filter: Chosen,
    /// Whether there is anything that an act may be done to.
    can_act: bool,
    /// The name that an act over several of them gets.
    key: String,
    /// The address of this page.
    here: String,
    /// The same among those that are closed, too.
    among_all: String,
}

/// How many in one state, and where they are listed.
struct Count {
    word: &'static str,
    shape: &'static str,
    number: u64,
    href: String,
    chosen: bool,
}

/// What is over and was seen by nobody: how many, and where they are listed.
struct Unseen {
    number: usize,
    href: String,
    /// The worst of them first.
    by_priority: Vec<(&'static str, String, usize, String)>,
}

impl List {
    pub(crate) fn new(
        board: &ReadModel,
        now: Moment,
        frame: Frame,
        filter: &Filter,
        after: Option<&ListPosition>,
        key: impl Fn() -> String,
    ) -> Self {
        let unseen = Unseen::new(board, filter);
        let unfolded = match unseen {
            Some(_) => Filter { state: Some(Which::OpenBut(ReturnedUnacked)), ..filter.clone() },
            None => filter.clone(),
        };
        let page = board.page(&unfolded, after);
        let here = address(filter);
        let turn = Turn::new(&page, after.map_or(String::new(), ListPosition::to_string), &here);
        let card = |(at, (i, d))| Card { at, ..Card::new(board, i, d, now, key()) };
        let items = page.items.into_iter().map(|(place, one)| (place.to_string(), one));
        let mut cards: Vec<Card> = items.map(card).collect();
        // The one that is most urgent can be taken without another touch.
        if let Some(first) = cards.first_mut().filter(|card| card.waiting && after.is_none()) {
            first.open_form = true;
        }
        let counts = board.counts();
        let stages = Stages::new(board, now, &key);
        let (heading, mood) = heading(&counts, &stages, &frame);
        let chosen = Chosen::new(filter);
        let other = if unseen.is_some() { "other " } else { "" };
        let empty = match frame.current {
            _ if page.total > 0 => "Nothing comes behind this place any more.".into(),
            _ if chosen.any => format!("No {other}incident matches this filter."),
            true if unseen.is_some() => "No other incident is open.".into(),
            true => live(board),
            false => format!(
                "No {other}open incident is known here, and that does not mean that there is none: see above what is not current."
            ),
        };
        let counts = STATES.map(|state| {
            let (word, shape) = words::state(state);
            let chosen = filter.state == Some(Which::Only(state));
            let href = format!("/?state={state}");
            Count { word, shape, number: counts.of(state), href, chosen }
        });
        let among_all = match filter.state {
            None if chosen.any => here.with("state", "all").to_string(),
            _ => String::new(),
        };
        let counts = counts.into();
        let mut all = cards.iter().chain(&stages.cards);
        let can_act = all.any(|card| !card.closed);
        let (key, here) = (key(), here.with("after", &turn.after).to_string());
        Self {
            frame,
            heading,
            mood,
            counts,
            stages,
            unseen,
            cards,
            turn,
            empty,
            filter: chosen,
            among_all,
            can_act,
            key,
            here,
        }
    }
}

impl Unseen {
    /// Those of a list of what is not closed. What somebody searches for is not folded away.
    fn new(board: &ReadModel, filter: &Filter) -> Option<Self> {
        let searched = filter.of.search.is_some() || filter.of.shipment.is_some();
        if filter.state.is_some() || searched {
            return None;
        }
        let state = Some(Which::Only(ReturnedUnacked));
        let all = Filter { state, priority: filter.priority, of: Choice::default() };
        let href = |all: &Filter| address(all).to_string();
        let mut by_priority: BTreeMap<Option<Severity>, usize> = BTreeMap::new();
        let incidents = board.incidents(&all);
        for (incident, _) in &incidents {
            *by_priority.entry(incident.priority).or_default() += 1;
        }
        let one = |(priority, number): (Option<Severity>, usize)| {
            let word = priority.map_or("no priority".into(), |priority| priority.to_string());
            let some = Filter { priority: priority.or(all.priority), ..all.clone() };
            (words::priority_shape(priority), word, number, href(&some))
        };
        // Without a priority comes last.
        let (none, some): (Vec<_>, Vec<_>) =
            by_priority.into_iter().partition(|(priority, _)| priority.is_none());
        let by_priority = some.into_iter().chain(none).map(one).collect();
        let number = incidents.len();
        (number > 0).then(|| Self { number, href: href(&all), by_priority })
    }
}

/// How many shipments that sentence is about.
fn live(board: &ReadModel) -> String {
    let (mut fine, mut planned, mut other) = (0, 0, 0);
    for (_, d) in board.shipments().filter(|(_, d)| d.over().is_none()) {
        match assess(d, true) {
            Assessment::NothingFound => fine += 1,
            Assessment::NotUnderWay => planned += 1,
            Assessment::Wrong(_) | Assessment::NotKnown(_) => other += 1,
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

fn heading(counts: &IncidentCounts, stages: &Stages, frame: &Frame) -> (String, &'static str) {
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
