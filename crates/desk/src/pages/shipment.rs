//! The page of one shipment: its incident, its temperature, its findings, its hands, its papers, its story.

use super::Frame;
use super::card::Card;
use super::chain::{Day, Found, Held, PermitRow, days, findings};
use super::overview::Row;
use crate::chart::{Plot, Size, Table, draw, plot, table};
use crate::read_model::{ReadModel, ShipmentRecord, hands, papers};
use crate::words::{Foreign, when};
use askama::Template;
use facts::{Moment, ShipmentId, Span};

/// The page.
#[derive(Template)]
#[template(path = "shipment.html")]
pub(crate) struct ShipmentPage {
    frame: Frame,
    row: Row,
    /// Since when there is nothing to watch any more.
    over: Option<String>,
    cards: Vec<Card>,
    findings: Vec<Found>,
    chart: Option<Chart>,
    hands: Vec<Held>,
    permits: Vec<PermitRow>,
    /// Whether there is a plan, which would name them.
    planned: bool,
    days: Vec<Day>,
    /// What is not kept any more, in sentences.
    missing: Vec<String>,
    partition: Option<u16>,
}

/// The picture, its legend and its numbers.
pub(crate) struct Chart {
    pub(crate) wide: String,
    pub(crate) narrow: String,
    pub(crate) told: String,
    /// Number of the line's colour, whether the goods are judged by it, name.
    pub(crate) probes: Vec<(usize, bool, Foreign)>,
    pub(crate) late: bool,
    pub(crate) unknown: bool,
    pub(crate) excursions: bool,
    pub(crate) no_limits: bool,
    pub(crate) more: usize,
    pub(crate) table: Table,
}

impl ShipmentPage {
    pub(crate) fn new(
        board: &ReadModel,
        id: &ShipmentId,
        d: &ShipmentRecord,
        now: Moment,
        frame: Frame,
        key: impl Fn() -> String,
    ) -> Self {
        let card = |i| Card { back: "shipment", ..Card::new(board, i, d, now, key()) };
        let mut cards: Vec<Card> = d.incidents.values().rev().map(card).collect();
        if let Some(first) = cards.first_mut().filter(|card| card.waiting) {
            first.open_form = true;
        }
        Self {
            row: Row::new(board, id, d, now, frame.current),
            over: d.over().map(|(at, word)| format!("{word} {}", when(at, now).text)),
            cards,
            findings: findings(d, now),
            chart: plot(board, d, now).map(|plot| Chart::new(id, &plot, now)),
            hands: hands(d).into_iter().map(|hand| Held::new(d, hand, now)).collect(),
            permits: papers(d).iter().map(|paper| PermitRow::new(paper, now)).collect(),
            planned: d.plan().is_some(),
            days: days(d, now),
            missing: missing(d),
            partition: d.partition,
            frame,
        }
    }
}

fn missing(d: &ShipmentRecord) -> Vec<String> {
    let mut missing = Vec::new();
    if d.lines.dropped() > 0 {
        missing.push(format!(
            "{} older lines are not kept here; the journal has them.",
            d.lines.dropped()
        ));
    }
    if d.taken_back > 0 {
        missing.push(format!("{} readings were declared wrong and are not shown.", d.taken_back));
    }
    if d.forgotten > 0 {
        let n = d.forgotten;
        missing.push(format!(
            "{n} findings, incidents or readings are too many to be kept here; the log has them."
        ));
    }
    if let Some(thinned) = d.series.values().filter_map(|series| series.thinned()).max() {
        missing.push(format!("Of readings before {thinned} only minima and maxima are kept here."));
    }
    missing
}

impl Chart {
    fn new(id: &ShipmentId, plot: &Plot, now: Moment) -> Self {
        let told = told(plot, now);
        let title = format!("Temperature of {id}");
        Self {
            wide: draw(plot, Size::Wide, &title, &told),
            narrow: draw(plot, Size::Narrow, &title, &told),
            probes: plot
                .lines
                .iter()
                .enumerate()
                .map(|(n, line)| (n, line.payload, Foreign::new(&line.name)))
                .collect(),
            late: plot.lines.iter().any(|line| line.points.iter().any(|p| p.late)),
            unknown: !plot.unknown.is_empty(),
            excursions: !plot.excursions.is_empty(),
            no_limits: plot.limits.is_empty(),
            more: plot.more,
            table: table(plot),
            told,
        }
    }
}

/// The picture in words.
fn told(plot: &Plot, now: Moment) -> String {
    let probes = plot.lines.len();
    let probes = if probes == 1 { "1 probe".into() } else { format!("{probes} probes") };
    let (from, until) = (when(plot.from, now).text, when(plot.until, now).text);
    let unknown = plot.unknown.iter().fold(Span::ZERO, |sum, (from, until)| sum + (*until - *from));
    let gaps = match plot.unknown.len() {
        0 => "no time is unknown".into(),
        1 => format!("1 stretch is unknown, {}", unknown.spoken()),
        n => format!("{n} stretches are unknown, {} in all", unknown.spoken()),
    };
    let out = match plot.excursions.len() {
        0 => "no excursion was found".into(),
        1 => "1 excursion was found".into(),
        n => format!("{n} excursions were found"),
    };
    format!("{probes}, from {from} to {until}: {gaps}; {out}.")
}
