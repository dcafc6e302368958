//! Every live shipment, so that "nothing wrong" can be seen, too. It is told apart from "not known".

use super::card::{Deadline, goods};
use super::turn::{Address, Turn};
use super::{Frame, href};
use crate::read_model::{
    Assessment, Choice, ListPosition, NextMilestone, ReadModel, ShipmentRecord, TemperatureStatus,
    assess, next, temperature_status,
};
use crate::view::no_return;
use crate::words::{self, Foreign, When, left, when};
use askama::Template;
use facts::{MilliCelsius, Moment, ShipmentId};

/// The page.
#[derive(Template)]
#[template(path = "board.html")]
pub(crate) struct Overview {
    frame: Frame,
    rows: Vec<Row>,
    turn: Turn,
    /// What is searched for.
    search: String,
    /// Shipments that are closed, cancelled, infused or destroyed.
    over: usize,
    /// Shipments that were put away, and those of them that nobody had closed.
    gone: usize,
    silent: usize,
}

/// One shipment.
pub(crate) struct Row {
    /// Where it stands on the board; empty outside of it.
    pub(crate) at: String,
    /// The shipment, safe as a part of an address.
    pub(crate) url: String,
    pub(crate) shipment: Foreign,
    pub(crate) href: String,
    pub(crate) goods: Foreign,
    pub(crate) verdict: &'static str,
    pub(crate) verdict_shape: &'static str,
    pub(crate) word: String,
    pub(crate) sentence: Foreign,
    pub(crate) next: Option<Next>,
    /// What is said where nothing is next.
    pub(crate) no_next: &'static str,
    pub(crate) holder: Option<Foreign>,
    /// What is said without a holder: that custody said nothing is not that nobody has it.
    pub(crate) no_holder: &'static str,
    pub(crate) held_since: Option<When>,
    pub(crate) place: Option<Foreign>,
    pub(crate) temperature: String,
    /// `bad`, `unsure` or nothing.
    pub(crate) temperature_class: &'static str,
    pub(crate) deadline: Option<Deadline>,
    pub(crate) no_return: Option<Deadline>,
    pub(crate) patient: String,
}

/// What is expected next.
pub(crate) struct Next {
    pub(crate) what: Foreign,
    pub(crate) due: Option<When>,
    pub(crate) left: String,
    pub(crate) late: bool,
}

impl Overview {
    pub(crate) fn new(
        board: &ReadModel,
        now: Moment,
        frame: Frame,
        of: &Choice,
        after: Option<&ListPosition>,
    ) -> Self {
        let page = board.live(of, frame.current, after);
        let here = Address::new("/board", of);
        let turn = Turn::new(&page, after.map_or(String::new(), ListPosition::to_string), &here);
        let row = |(place, d): &(ListPosition, &ShipmentRecord)| Row {
            at: place.to_string(),
            ..Row::new(board, &place.shipment, d, now, frame.current)
        };
        let rows = page.items.iter().map(row).collect();
        let over = board.shipments().filter(|(_, d)| d.over().is_some()).count();
        let search = of.search.clone().unwrap_or_default();
        let (gone, silent) = board.all_gone();
        Self { rows, turn, search, over, gone, silent, frame }
    }
}

impl Row {
    pub(crate) fn new(
        board: &ReadModel,
        id: &ShipmentId,
        d: &ShipmentRecord,
        now: Moment,
        current: bool,
    ) -> Self {
        let (verdict, verdict_shape, word, sentence) = match assess(d, current) {
            Assessment::Wrong(f) => (
                words::priority_shape(Some(f.severity)),
                words::priority_shape(Some(f.severity)),
                f.severity.to_string(),
                words::plain(&f.sentence, now),
            ),
            Assessment::NotKnown(why) => ("unknown", "unknown", "not known".into(), why),
            Assessment::NotUnderWay => {
                ("unknown", "unknown", "not under way yet".into(), "planned, and not packed".into())
            }
            Assessment::NothingFound => {
                ("fine", "fresh", "nothing found wrong".into(), String::new())
            }
        };
        let custody = d.custody.as_ref();
        let (temperature, temperature_class) = temperature(board, d, now);
        let slack =
            |at: Moment| Deadline { at: when(at, now), left: left(at, now), passed: at <= now };
        Self {
            at: String::new(),
            url: words::url(id.as_str()),
            shipment: Foreign::new(id),
            href: href(id.as_str()),
            goods: Foreign::new(goods(d)),
            verdict,
            verdict_shape,
            word,
            sentence: Foreign::new(sentence),
            no_next: if d.over().is_some() { "nothing: it is over" } else { "not known: no plan" },
            next: next(d).map(|milestone| Next::new(milestone, now)),
            holder: custody.and_then(|c| c.holder.as_ref()).map(Foreign::new),
            no_holder: if custody.is_some() { "nobody that is known" } else { "not known" },
            held_since: custody.and_then(|c| c.since).map(|at| when(at, now)),
            place: custody.and_then(|c| c.place.as_ref()).map(Foreign::new),
            temperature,
            temperature_class,
            deadline: d.incident_open().and_then(|incident| incident.deadline).map(slack),
            no_return: no_return(d).map(slack),
            patient: words::tight(&words::patient(d.schedule.as_ref(), now)),
        }
    }
}

impl Next {
    fn new(milestone: NextMilestone, now: Moment) -> Self {
        let late = milestone.broken || milestone.due.is_some_and(|due| due < now);
        let left = match milestone.due {
            Some(due) if due >= now => format!("in {}", (due - now).spoken()),
            Some(due) => format!("{} overdue", (now - due).spoken()),
            None if milestone.broken => "the plan does not hold".into(),
            None => "when is not known".into(),
        };
        Self {
            what: Foreign::new(milestone.what),
            due: milestone.due.map(|due| when(due, now)),
            left: words::tight(&left),
            late,
        }
    }
}

/// Until when the temperature is known, and what it was last.
fn temperature(board: &ReadModel, d: &ShipmentRecord, now: Moment) -> (String, &'static str) {
    let payload = d.series.values().filter(|series| series.is_payload());
    let last = payload.filter_map(|series| series.points().last()).max_by_key(|point| point.at);
    let limits = board.limits_of(d);
    let out = |milli: i32| {
        let warmer = |limit: MilliCelsius| milli > limit.milli();
        let colder = |limit: MilliCelsius| milli < limit.milli();
        limits.is_some_and(|l| l.upper.is_some_and(warmer) || l.lower.is_some_and(colder))
    };
    let bad = last.is_some_and(|point| out(point.milli));
    let last = last.map(|p| {
        let outside = if out(p.milli) { ", outside of its limits" } else { "" };
        format!("{} at {}{outside}", MilliCelsius(p.milli), when(p.at, now).text)
    });
    let said = |text: String| match &last {
        Some(last) => words::tight(&format!("{text}; last {last}")),
        None => words::tight(&text),
    };
    let outside = if bad { "bad" } else { "" };
    match temperature_status(d) {
        TemperatureStatus::NeverJudged => (said("not known".into()), "unsure"),
        TemperatureStatus::NotYet => ("not packed yet".into(), ""),
        TemperatureStatus::Known => (said("known".into()), outside),
        TemperatureStatus::UnknownSince(at) => {
            (said(format!("not known since {}", when(at, now).text)), "unsure")
        }
        TemperatureStatus::Ended(at) => (format!("judged until {}", when(at, now).text), ""),
    }
}
