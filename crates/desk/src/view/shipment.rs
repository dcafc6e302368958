//! Shipments, as the HTTP interface gives them.

use super::{IncidentView, TrustView};
use crate::board::{Board, Dossier, Fineness, Hand, Warmth, fineness, hands, next, papers, warmth};
use crate::words;
use facts::{Finding, MilliCelsius, Moment, ShipmentId, Verdict};
use serde::Serialize;
use utoipa::ToSchema;

/// Every live shipment.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Shipments {
    /// What is shown holds as of this log time; absent while that cannot be said.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) as_of: Option<Moment>,
    /// When the answer was made, by the desk's clock.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) made_at: Moment,
    /// In the order of their names.
    pub(crate) items: Vec<ShipmentRow>,
    /// How current this is.
    pub(crate) trust: TrustView,
}

/// One shipment in short.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ShipmentRow {
    /// Its name.
    shipment: String,
    /// What is shipped.
    goods: Option<String>,
    /// The temperature profile that it is held to.
    profile: Option<String>,
    /// Whether anything is wrong.
    verdict: VerdictView,
    /// What is expected next.
    next: Option<String>,
    /// When.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_due: Option<Moment>,
    /// Who holds it; absent = nobody, or nobody knows.
    holder: Option<String>,
    /// Where it was last.
    place: Option<String>,
    /// After this it cannot be undone.
    #[schema(value_type = Option<String>, format = DateTime)]
    deadline: Option<Moment>,
    /// The patient's point of no return, while it lies ahead.
    #[schema(value_type = Option<String>, format = DateTime)]
    no_return: Option<Moment>,
    /// `never-judged`, `not-yet`, `known`, `unknown`, `ended`.
    temperature: String,
    /// Since when it is not known, or when judging ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    temperature_since: Option<Moment>,
    /// Its incident that is not closed.
    incident: Option<String>,
    /// `closed`, `cancelled`, `infused`, `destroyed`; absent while it is live.
    over: Option<String>,
}

/// Whether anything is wrong.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct VerdictView {
    /// `wrong`, `not-known`, `nothing-found`.
    verdict: String,
    /// What is wrong, or why it is not known.
    sentence: Option<String>,
    /// How bad.
    severity: Option<String>,
}

/// One shipment in full.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ShipmentView {
    /// What is shown holds as of this log time; absent while that cannot be said.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) as_of: Option<Moment>,
    /// In short.
    pub(crate) summary: ShipmentRow,
    /// Its incidents, the latest first.
    pub(crate) incidents: Vec<IncidentView>,
    /// What was found, in the order in which it was learnt; what was taken back, too.
    pub(crate) findings: Vec<FindingView>,
    /// Who had it.
    pub(crate) custody: Vec<HandView>,
    /// Its permits.
    pub(crate) permits: Vec<PermitView>,
    /// What was measured.
    pub(crate) series: Vec<SeriesView>,
    /// What happened, in the order in which it happened.
    pub(crate) timeline: Vec<LineView>,
    /// How many older lines are not kept.
    pub(crate) lines_dropped: u64,
    /// How current this is.
    pub(crate) trust: TrustView,
}

/// What was found.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct FindingView {
    /// The rule.
    rule: String,
    /// Its code in the catalogue.
    code: String,
    /// What it is about; empty for the whole shipment.
    about: String,
    /// `raised`, `changed`, `cleared`, `withdrawn`, `superseded`.
    state: String,
    /// `P1` to `P4`.
    severity: String,
    /// `violated` or `unknown`.
    verdict: String,
    /// Whether time alone never clears it.
    latched: bool,
    /// One sentence with its figures.
    sentence: String,
    /// The first thing to do.
    action: String,
    /// Its onset.
    #[schema(value_type = String, format = DateTime)]
    happened: Moment,
    /// Its end.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Moment>,
    /// When it was learnt.
    #[schema(value_type = String, format = DateTime)]
    learnt: Moment,
    /// After this it cannot be undone.
    #[schema(value_type = Option<String>, format = DateTime)]
    deadline: Option<Moment>,
    /// Milliseconds in it that nobody vouches for.
    unknown_ms: i64,
    /// Journal offsets of the facts that it stands on.
    evidence: Vec<u64>,
    /// SHA-256 of the rulebook that judged.
    rulebook: String,
    /// The behaviour number that judged.
    behaviour: u32,
}

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

impl ShipmentRow {
    pub(crate) fn new(id: &ShipmentId, d: &Dossier, current: bool) -> Self {
        let (plan, next, incident) = (d.plan(), next(d), d.incident_open());
        let (temperature, temperature_since) = match warmth(d) {
            Warmth::NeverJudged => ("never-judged", None),
            Warmth::NotYet => ("not-yet", None),
            Warmth::Known => ("known", None),
            Warmth::UnknownSince(since) => ("unknown", Some(since)),
            Warmth::Ended(at) => ("ended", Some(at)),
        };
        let custody = d.custody.as_ref();
        Self {
            shipment: id.to_string(),
            goods: plan.map(|plan| words::goods(plan.kind).into()),
            profile: plan.map(|plan| plan.profile.to_string()),
            verdict: VerdictView::new(d, current),
            next_due: next.as_ref().and_then(|next| next.due),
            next: next.map(|next| next.what),
            holder: custody.and_then(|c| c.holder.as_ref()).map(ToString::to_string),
            place: custody.and_then(|c| c.place.as_ref()).map(ToString::to_string),
            deadline: incident.and_then(|incident| incident.deadline),
            no_return: no_return(d),
            temperature: temperature.into(),
            temperature_since,
            incident: incident.map(|incident| format!("{id}.{}", incident.number)),
            over: d.over().map(|(_, word)| word.into()),
        }
    }
}

/// The patient's point of no return, while it lies ahead.
pub(crate) fn no_return(d: &Dossier) -> Option<Moment> {
    let schedule = d.schedule.as_ref().filter(|s| s.order)?;
    (schedule.phase == facts::Phase::Scheduled).then_some(schedule.conditioning_start).flatten()
}

impl VerdictView {
    fn new(d: &Dossier, current: bool) -> Self {
        let (verdict, sentence, severity) = match fineness(d, current) {
            Fineness::Wrong(f) => ("wrong", Some(f.sentence.clone()), Some(f.severity.to_string())),
            Fineness::NotKnown(why) => ("not-known", Some(why), None),
            Fineness::NothingFound => ("nothing-found", None, None),
        };
        Self { verdict: verdict.into(), sentence, severity }
    }
}

impl ShipmentView {
    pub(crate) fn new(board: &Board, id: &ShipmentId, d: &Dossier, trust: TrustView) -> Self {
        let mut findings: Vec<&Finding> = d.findings.values().collect();
        findings.sort_by_key(|f| (f.learnt, f.happened));
        let incidents = d.incidents.values().rev().map(|i| IncidentView::new(board, i, d));
        Self {
            as_of: trust.as_of,
            summary: ShipmentRow::new(id, d, trust.current),
            incidents: incidents.collect(),
            findings: findings.into_iter().map(FindingView::from).collect(),
            custody: hands(d).into_iter().map(HandView::from).collect(),
            permits: papers(d).iter().map(PermitView::from).collect(),
            series: d.series.iter().map(|(probe, s)| SeriesView::new(probe, s)).collect(),
            timeline: d.lines.all().iter().map(|line| LineView::new(d, line)).collect(),
            lines_dropped: d.lines.dropped(),
            trust,
        }
    }
}

impl From<&Finding> for FindingView {
    fn from(f: &Finding) -> Self {
        let verdict = if f.verdict == Verdict::Unknown { "unknown" } else { "violated" };
        Self {
            rule: f.name.rule.to_string(),
            code: f.code.to_string(),
            about: f.name.about.to_string(),
            state: f.state.to_string(),
            severity: f.severity.to_string(),
            verdict: verdict.into(),
            latched: f.latched,
            sentence: f.sentence.clone(),
            action: f.action.to_string(),
            happened: f.happened,
            until: f.until,
            learnt: f.learnt,
            deadline: f.deadline,
            unknown_ms: f.unknown.as_millis(),
            evidence: f.evidence.clone(),
            rulebook: f.rulebook.to_string(),
            behaviour: f.behaviour,
        }
    }
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

impl From<&crate::board::Paper> for PermitView {
    fn from(paper: &crate::board::Paper) -> Self {
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
    fn new(probe: &crate::board::Probe, series: &crate::board::Series) -> Self {
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
    fn new(d: &Dossier, line: &crate::board::Line) -> Self {
        Self {
            at: line.event.at,
            learnt: line.learnt,
            offset: line.offset,
            sentence: words::sentence(&line.event),
            corrected: d.lines.wrong(line).map(str::to_owned),
        }
    }
}
