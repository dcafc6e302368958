//! The parts of a shipment: hands, permits, readings, what happened.

use crate::board::{Dossier, Hand, Line, Paper, Probe, Series};
use crate::words;
use facts::{MilliCelsius, Moment};
use serde::Serialize;
use utoipa::ToSchema;

/// One pair of hands.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct HandView {
    /// Who; absent = let go, and nobody accepted.
    holder: Option<String>,
    /// Since when; absent = from before anything was reported.
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Moment>,
    /// Until when; absent = still.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Moment>,
    /// Where it was, and what is odd.
    notes: Vec<String>,
}

/// One permit of the plan.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct PermitView {
    /// Its number.
    permit: String,
    /// The act that it gates.
    act: String,
    /// Where.
    waypoint: String,
    /// When that is expected.
    #[schema(value_type = Option<String>, format = DateTime)]
    needed: Option<Moment>,
    /// From when it is valid; absent = nothing was reported of it.
    from: Option<String>,
    /// Until when.
    until: Option<String>,
    /// Why it does not hold.
    stopped: Option<String>,
}

/// What one probe measured.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct SeriesView {
    /// Device and channel.
    probe: String,
    /// Whether the goods are judged by it.
    payload: bool,
    /// Up to here only minima and maxima are kept.
    #[schema(value_type = Option<String>, format = DateTime)]
    thinned_until: Option<Moment>,
    /// The readings.
    points: Vec<PointView>,
}

/// One reading.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct PointView {
    /// When, by the device.
    #[schema(value_type = String, format = DateTime)]
    at: Moment,
    /// `5.3 °C`.
    #[schema(value_type = String)]
    temperature: MilliCelsius,
    /// Whether it was learnt long after it was measured.
    late: bool,
}

/// One thing that happened.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct LineView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Moment,
    /// When it was learnt, by log time.
    #[schema(value_type = Option<String>, format = DateTime)]
    learnt: Option<Moment>,
    /// Its place in the journal.
    offset: u64,
    /// In words.
    sentence: String,
    /// Why it does not hold, where it was declared wrong.
    corrected: Option<String>,
}

impl From<Hand> for HandView {
    fn from(hand: Hand) -> Self {
        let places = hand.places.into_iter().map(|(at, place)| format!("{at} {place}"));
        Self {
            holder: hand.holder.map(|holder| holder.to_string()),
            from: hand.from,
            until: hand.until,
            notes: places.chain(hand.notes).collect(),
        }
    }
}

impl From<&Paper> for PermitView {
    fn from(paper: &Paper) -> Self {
        let (from, until) = paper.validity().map(|(from, until, _)| (from, until)).unzip();
        Self {
            permit: paper.permit.to_string(),
            act: paper.act.into(),
            waypoint: paper.waypoint.clone(),
            needed: paper.needed,
            from,
            until,
            stopped: paper.stopped.clone(),
        }
    }
}

impl SeriesView {
    pub(super) fn new(probe: &Probe, series: &Series) -> Self {
        let points = series.points().iter().map(|point| PointView {
            at: point.at,
            temperature: MilliCelsius(point.milli),
            late: point.late,
        });
        Self {
            probe: probe.to_string(),
            payload: series.is_payload(),
            thinned_until: series.thinned(),
            points: points.collect(),
        }
    }
}

impl LineView {
    pub(super) fn new(d: &Dossier, line: &Line) -> Self {
        Self {
            at: line.event.moment(),
            learnt: line.learnt,
            offset: line.offset,
            sentence: words::sentence(&line.event),
            corrected: d.lines.wrong(line).map(str::to_owned),
        }
    }
}
