//! The numbers of a chart as a table, for those who cannot see the picture or want to copy it.

use super::Plot;
use super::scale::{degrees, marks_of_time, step_of_time};
use crate::words::{Foreign, When, when};
use facts::{Moment, Span};

/// Rows of equal stretches of time: what each probe measured at lowest and at highest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) step: Span,
    pub(crate) probes: Vec<Foreign>,
    pub(crate) rows: Vec<Row>,
}

/// One stretch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) from: When,
    /// One cell per probe.
    pub(crate) cells: Vec<String>,
    /// How much of it nobody vouches for, and what was found.
    pub(crate) note: String,
}

/// More rows than this are not read.
const MOST_ROWS: i64 = 60;

impl Table {
    /// How long each row is.
    pub(crate) fn every(&self) -> String {
        self.step.spoken()
    }
}

/// The table of a plot.
pub(crate) fn table(plot: &Plot) -> Table {
    let step = step_of_time(plot.from, plot.until, MOST_ROWS);
    let rows = marks_of_time(plot.from.floor(step), plot.until, step);
    Table {
        step,
        probes: plot.lines.iter().map(|line| Foreign::new(&line.name)).collect(),
        rows: rows.into_iter().map(|from| row(plot, from, from + step)).collect(),
    }
}

fn row(plot: &Plot, from: Moment, until: Moment) -> Row {
    let cells = plot.lines.iter().map(|line| {
        let start = line.points.partition_point(|p| p.at < from);
        let end = line.points.partition_point(|p| p.at < until);
        let points = line.points.get(start..end).unwrap_or_default();
        let late = if points.iter().any(|p| p.late) { ", learnt late" } else { "" };
        let low = points.iter().map(|p| p.milli).min();
        let high = points.iter().map(|p| p.milli).max();
        match (low, high) {
            (Some(low), Some(high)) if low == high => format!("{}{late}", degrees(low)),
            (Some(low), Some(high)) => format!("{} to {}{late}", degrees(low), degrees(high)),
            _ => "no reading".into(),
        }
    });
    let within = |a: Moment, b: Moment| (b.min(until) - a.max(from)).max(Span::ZERO);
    let unknown = plot.unknown.iter().fold(Span::ZERO, |sum, (a, b)| sum + within(*a, *b));
    let mut notes = Vec::new();
    if unknown > Span::ZERO {
        notes.push(format!("unknown for {}", unknown.spoken()));
    }
    let hit = plot.excursions.iter().filter(|e| e.from < until && e.until >= from);
    notes.extend(hit.map(|e| format!("{} {}", e.severity, e.code)));
    notes.dedup();
    Row { from: when(from, plot.until), cells: cells.collect(), note: notes.join(", ") }
}
