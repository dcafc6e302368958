//! The watch over the log itself: one line for each stage that is silent or was, in however many partitions; and
//! below it the incidents of the partitions, to be taken and closed like others.

use super::card::Card;
use crate::read_model::{ReadModel, Silence};
use crate::words::{self, Foreign, When, when};
use facts::Moment;

/// What is shown of stages; nothing while none has an incident that is not closed.
pub(crate) struct Stages {
    pub(crate) lines: Vec<StageLine>,
    pub(crate) cards: Vec<Card>,
    /// Whether nobody has taken one of them, or seen that it is over.
    pub(crate) waiting: bool,
}

/// One stage.
pub(crate) struct StageLine {
    pub(crate) stage: Foreign,
    pub(crate) shape: &'static str,
    /// `is silent`, `was silent`.
    pub(crate) word: &'static str,
    /// `in partition 3`, `in 4 partitions (0, 2, 5, 6)`.
    pub(crate) places: String,
    pub(crate) since: Option<When>,
    pub(crate) until: Option<When>,
    pub(crate) state: &'static str,
    pub(crate) state_shape: &'static str,
}

impl Stages {
    pub(crate) fn new(board: &ReadModel, now: Moment, key: impl Fn() -> String) -> Self {
        let cards = board.stage_incidents().map(|(incident, record)| Card {
            shipment: Foreign::new(incident.shipment.as_str().replacen('-', " ", 1)),
            href: "/#watch".into(),
            of_stages: true,
            ..Card::new(board, incident, record, now, key())
        });
        let cards: Vec<Card> = cards.collect();
        let waiting = cards.iter().any(|card| card.waiting);
        let lines = board.silences().into_iter().map(|one| StageLine::new(one, now)).collect();
        Self { lines, cards, waiting }
    }
}

impl StageLine {
    fn new(one: Silence, now: Moment) -> Self {
        let (state, state_shape) = words::state(one.state);
        let (shape, word) =
            if one.silent { ("silent", "is silent") } else { ("tick", "was silent") };
        Self {
            stage: Foreign::new(one.stage),
            shape,
            word,
            places: places(&one.partitions),
            since: one.since.map(|at| when(at, now)),
            until: one.until.map(|at| when(at, now)),
            state,
            state_shape,
        }
    }
}

/// `in partition 3`, `in 4 partitions (0, 2, 5, 6)`.
pub(super) fn places(partitions: &[u16]) -> String {
    let numbers: Vec<String> = partitions.iter().map(u16::to_string).collect();
    match &numbers[..] {
        [] => "in the log".into(),
        [only] => format!("in partition {only}"),
        all => format!("in {} partitions ({})", all.len(), all.join(", ")),
    }
}
