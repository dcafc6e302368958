//! One shipment in full, with what was found.

use super::parts::{HandView, LineView, PermitView, SeriesView};
use super::{IncidentView, ShipmentRow, TrustView};
use crate::board::{Board, Dossier, hands, papers};
use facts::{Finding, Moment, ShipmentId, Verdict};
use serde::Serialize;
use utoipa::ToSchema;

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
