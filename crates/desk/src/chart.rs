//! The temperature chart: what was measured, what is unknown, what was out of range.
//!
//! Integers only, so the same shipment gives the same bytes on every machine. What is not known is drawn
//! as not known: a line never crosses a gap.

mod draw;
mod scale;
mod stroke;
mod table;

pub(crate) use draw::{Size, draw};
pub(crate) use table::{Table, table};

use crate::read_model::{
    Point, ReadModel, ShipmentRecord, TemperatureStatus, is_taken_back, temperature_status,
};
use facts::{Moment, Severity, Shows};

/// All that a chart shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plot {
    /// The window.
    pub(crate) from: Moment,
    pub(crate) until: Moment,
    /// One line per probe; those that the goods are judged by come first.
    pub(crate) lines: Vec<ProbeLine>,
    /// Limits in thousandths of a degree, with their words.
    pub(crate) limits: Vec<(i32, String)>,
    /// Stretches in which no probe with the goods vouches for a temperature.
    pub(crate) unknown: Vec<(Moment, Moment)>,
    /// Stretches out of range, by the findings.
    pub(crate) excursions: Vec<Excursion>,
    /// Probes that are not drawn.
    pub(crate) more: usize,
}

/// What one probe measured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ProbeLine {
    pub(crate) name: String,
    pub(crate) payload: bool,
    pub(crate) points: Vec<Point>,
    pub(crate) gaps: Vec<(Moment, Moment)>,
}

/// A finding of the temperature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Excursion {
    pub(crate) from: Moment,
    pub(crate) until: Moment,
    pub(crate) severity: Severity,
    pub(crate) code: String,
}

/// More lines than this cannot be told apart.
const MOST_LINES: usize = 5;

/// Gathers what the chart shows at `now`; `None` where nothing was measured and nothing should have been.
pub(crate) fn plot(board: &ReadModel, record: &ShipmentRecord, now: Moment) -> Option<Plot> {
    let thermal = record.thermal.clone().unwrap_or_default();
    let measured = record.series.values().flat_map(|series| series.points());
    let first = measured.clone().map(|p| p.at).min().into_iter().chain(thermal.from).min()?;
    let last = measured.map(|p| p.at).max();
    // While the judged window is open the chart reaches to now, so that silence is seen.
    let open = matches!(
        temperature_status(record),
        TemperatureStatus::Known | TemperatureStatus::UnknownSince(_)
    );
    let end = if open && record.over().is_none() { Some(now) } else { thermal.until };
    let until = last.into_iter().chain(end).max()?.max(first);
    let mut lines: Vec<ProbeLine> = record
        .series
        .iter()
        .filter(|(_, series)| !series.points().is_empty())
        .map(|(probe, series)| ProbeLine {
            name: match series.position() {
                Some(position) => format!("{probe}, {}", place(position)),
                None => probe.to_string(),
            },
            payload: series.is_payload(),
            points: series.points().to_vec(),
            gaps: series.gaps(),
        })
        .collect();
    lines.sort_by_key(|line| !line.payload);
    let more = lines.len().saturating_sub(MOST_LINES);
    lines.truncate(MOST_LINES);
    Some(Plot {
        from: first,
        until,
        lines,
        limits: limits(board, record),
        unknown: unknown(record, first, until),
        excursions: excursions(record, until),
        more,
    })
}

fn place(position: facts::fact::device::Position) -> &'static str {
    use facts::fact::device::Position::{Air, Ambient, DewarNeck, Payload};
    match position {
        Payload => "with the goods",
        Air => "air of the box",
        DewarNeck => "neck of the dewar",
        Ambient => "outside",
    }
}

fn limits(board: &ReadModel, record: &ShipmentRecord) -> Vec<(i32, String)> {
    let Some(limits) = board.limits_of(record) else { return Vec::new() };
    let upper = limits.upper.map(|limit| (limit.milli(), format!("upper limit {limit}")));
    let lower = limits.lower.map(|limit| (limit.milli(), format!("lower limit {limit}")));
    let steps = limits.steps.iter().map(|step| (step.milli(), format!("step {step}")));
    upper.into_iter().chain(lower).chain(steps).collect()
}

fn excursions(record: &ShipmentRecord, until: Moment) -> Vec<Excursion> {
    let mut all: Vec<Excursion> = record
        .shown_as(Shows::Excursion)
        .filter(|f| !is_taken_back(f) && f.happened < until)
        .map(|f| Excursion {
            from: f.happened,
            // A latched finding goes on for ever; what it stands on does not.
            until: f.until.unwrap_or(if f.latched { f.happened } else { until }).min(until),
            severity: f.severity,
            code: f.code.to_string(),
        })
        .collect();
    all.sort_by_key(|excursion| (excursion.from, excursion.severity));
    all
}

/// The window without what any probe with the goods vouches for.
fn unknown(record: &ShipmentRecord, from: Moment, until: Moment) -> Vec<(Moment, Moment)> {
    let payload = record.series.values().filter(|series| series.is_payload());
    let mut covered: Vec<(Moment, Moment)> = payload.flat_map(|series| series.covered()).collect();
    covered.sort();
    // Thermal knows more than the chart: probes that are unfit vouch for nothing.
    let since = record.thermal.as_ref().and_then(|t| t.unknown_since.filter(|_| t.until.is_none()));
    let (mut unknown, mut reached) = (Vec::new(), from);
    for (start, end) in covered {
        if start > reached {
            unknown.push((reached, start.min(until)));
        }
        reached = reached.max(end);
    }
    if let Some(since) = since.filter(|since| *since < until) {
        unknown.retain(|(start, _)| *start < since);
        unknown.iter_mut().for_each(|(_, end)| *end = since.min(*end));
        unknown.push((since.max(from), until));
    } else if reached < until {
        unknown.push((reached, until));
    }
    unknown.retain(|(start, end)| start < end && *start < until);
    unknown
}

#[cfg(test)]
mod tests;
