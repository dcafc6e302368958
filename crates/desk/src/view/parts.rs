//! The parts of a shipment: hands, permits, readings, what happened.

use crate::read_model::{Hand, Paper, ProbeName, Series, ShipmentRecord, TimelineLine};
use crate::words;
use facts::{MilliCelsius, Moment};
use serde::Serialize;
use utoipa::ToSchema;

/// One pair of hands that the goods were in, or a stretch in which they were in nobody's.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct HandView {
    /// The party that held the goods; null where they were let go and nobody accepted them.
    holder: Option<String>,
    /// Since when, by the reporters' clocks; null means from before anything was reported.
    #[schema(value_type = Option<String>, format = DateTime)]
    from: Option<Moment>,
    /// Until when, by the reporters' clocks; null means that it goes on.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Moment>,
    /// Where the goods were meanwhile, and what is odd about it.
    notes: Vec<String>,
}

/// One permit of the plan, with the act that it gates.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct PermitView {
    /// The permit, by the number that its issuer gave it.
    permit: String,
    /// The act that it gates: `departure`, `import` or `receipt`.
    act: String,
    /// The waypoint of the plan at which the act happens.
    waypoint: String,
    /// When that act is expected; null where that is not known.
    #[schema(value_type = Option<String>, format = DateTime)]
    needed: Option<Moment>,
    /// From when it is valid, as a date or a moment; null where nothing was reported of it.
    from: Option<String>,
    /// Until when it is valid, as a date or a moment; null where nothing was reported of it.
    until: Option<String>,
    /// Why it does not hold: it was suspended or revoked, with the reason; null where neither was reported.
    stopped: Option<String>,
}

/// What one probe of the shipment measured.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct SeriesView {
    /// The probe, as device and channel: `LOG-7/1`.
    probe: String,
    /// Whether the goods are judged by this probe.
    payload: bool,
    /// The moment up to which only minima and maxima are kept; null where all readings are.
    #[schema(value_type = Option<String>, format = DateTime)]
    thinned_until: Option<Moment>,
    /// The readings that are kept, in the order in which they were measured.
    points: Vec<PointView>,
}

/// One reading of a probe.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct PointView {
    /// When it was measured, by the device's clock.
    #[schema(value_type = String, format = DateTime)]
    at: Moment,
    /// The temperature that was measured, with its unit: `5.3 °C`.
    #[schema(value_type = String)]
    temperature: MilliCelsius,
    /// Whether it was learnt long after it was measured.
    late: bool,
}

/// One thing that happened, as it was reported.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct LineView {
    /// When it happened, by the reporter's clock; when the report came, where it was dated later than that.
    #[schema(value_type = String, format = DateTime)]
    at: Moment,
    /// When it was learnt, by log time; null where that is not known.
    #[schema(value_type = Option<String>, format = DateTime)]
    learnt: Option<Moment>,
    /// Its offset in the journal, within the partition of the shipment.
    offset: u64,
    /// What happened, in one sentence.
    sentence: String,
    /// Why it does not hold, where it was declared wrong; null where it holds.
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
    pub(super) fn new(probe: &ProbeName, series: &Series) -> Self {
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
    pub(super) fn new(d: &ShipmentRecord, line: &TimelineLine) -> Self {
        Self {
            at: line.event.moment(),
            learnt: line.learnt,
            offset: line.offset,
            sentence: words::sentence(&line.event),
            corrected: d.lines.wrong(line).map(str::to_owned),
        }
    }
}
