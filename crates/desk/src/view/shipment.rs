//! One shipment in full, with what was found.

use super::parts::{HandView, LineView, PermitView, SeriesView};
use super::{IncidentView, ShipmentRow, TrustView};
use crate::read_model::{ReadModel, ShipmentRecord, hands, papers};
use facts::{Finding, Moment, ShipmentId, Verdict};
use serde::Serialize;
use utoipa::ToSchema;

/// Everything that is known of one shipment.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ShipmentView {
    /// The log time as of which all that is shown holds; null while that cannot be said.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) as_of: Option<Moment>,
    /// The shipment in short, as it stands in a list.
    pub(crate) summary: ShipmentRow,
    /// The incidents of the shipment, the latest first.
    pub(crate) incidents: Vec<IncidentView>,
    /// What was found, in the order in which it was learnt; what was taken back, too.
    pub(crate) findings: Vec<FindingView>,
    /// Who had the goods and from when to when, in order.
    pub(crate) custody: Vec<HandView>,
    /// The permits of the plan that is in force.
    pub(crate) permits: Vec<PermitView>,
    /// What each probe of the shipment measured.
    pub(crate) series: Vec<SeriesView>,
    /// What happened, in the order in which it happened.
    pub(crate) timeline: Vec<LineView>,
    /// How many lines of the timeline are not kept any more.
    pub(crate) lines_dropped: u64,
    /// How current this answer is, stage by stage.
    pub(crate) trust: TrustView,
}

/// One thing that was found, in its latest state.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct FindingView {
    /// The rule that raised it, such as `custody/late-handover`.
    rule: String,
    /// The code of the rule in the catalogue, such as `CUS-02`.
    code: String,
    /// What it is about, such as a unit, probe, permit or leg; empty for the whole shipment.
    about: String,
    /// What became of it: `raised`, `changed`, `cleared`, `withdrawn`, `superseded`.
    state: String,
    /// How bad it is, from `P1`, the worst, to `P4`.
    severity: String,
    /// How sure it is: `violated` or `unknown`.
    verdict: String,
    /// Whether only people can end it, as time alone never clears it.
    latched: bool,
    /// What is wrong, in one sentence with its figures.
    sentence: String,
    /// The first thing to do, by the page of the rule.
    action: String,
    /// When it began, by the reporters' clocks.
    #[schema(value_type = String, format = DateTime)]
    happened: Moment,
    /// When it ended, by the reporters' clocks; null while it goes on.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Moment>,
    /// When the log could know this, by log time.
    #[schema(value_type = String, format = DateTime)]
    learnt: Moment,
    /// The moment after which it cannot be undone; null where there is none.
    #[schema(value_type = Option<String>, format = DateTime)]
    deadline: Option<Moment>,
    /// How many milliseconds of its time are unknown, because nothing vouches for them.
    unknown_ms: i64,
    /// The offsets, in the journal, of the facts that it stands on.
    evidence: Vec<u64>,
    /// The SHA-256 of the rulebook that judged, in hexadecimal.
    rulebook: String,
    /// The number of the behaviour of the code that judged.
    behaviour: u32,
}

impl ShipmentView {
    pub(crate) fn new(
        board: &ReadModel,
        id: &ShipmentId,
        d: &ShipmentRecord,
        trust: TrustView,
    ) -> Self {
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
