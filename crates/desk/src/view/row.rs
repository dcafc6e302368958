//! A shipment in short: whether anything is wrong, what is next, who holds it.

use super::TrustView;
use crate::read_model::{
    Assessment, ShipmentRecord, TemperatureStatus, assess, next, temperature_status,
};
use crate::words;
use facts::{Moment, ShipmentId};
use serde::Serialize;
use utoipa::ToSchema;

/// A page of the live shipments, the worst first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Shipments {
    /// The log time as of which all that is shown holds; null while that cannot be said.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) as_of: Option<Moment>,
    /// When the answer was made, by the desk's clock.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) made_at: Moment,
    /// How many shipments match what was asked for, on all pages together.
    pub(crate) total: usize,
    /// The shipments of this page, up to 50.
    pub(crate) items: Vec<ShipmentRow>,
    /// The place where the next page begins, to be sent as `after`; null on the last page.
    pub(crate) next: Option<String>,
    /// How current this answer is, stage by stage.
    pub(crate) trust: TrustView,
}

/// One shipment in short: what is wrong, what is next, and who holds it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ShipmentRow {
    /// The shipment, by its id.
    shipment: String,
    /// What is shipped, in words such as `finished dose`; null without a plan.
    goods: Option<String>,
    /// The temperature profile that it is held to; null without a plan.
    profile: Option<String>,
    /// Whether anything is wrong, as far as that can be said.
    verdict: VerdictView,
    /// What is expected next, in words; null where nothing is, or there is no plan.
    next: Option<String>,
    /// When that is expected; null where nobody said.
    #[schema(value_type = Option<String>, format = DateTime)]
    next_due: Option<Moment>,
    /// The party that holds the goods; null while nobody does, or nobody knows.
    holder: Option<String>,
    /// Where the goods were last, as it was reported; null where nothing was.
    place: Option<String>,
    /// The moment after which it cannot be undone, by its open incident; null where there is none.
    #[schema(value_type = Option<String>, format = DateTime)]
    deadline: Option<Moment>,
    /// The patient's point of no return, while it lies ahead; otherwise null.
    #[schema(value_type = Option<String>, format = DateTime)]
    no_return: Option<Moment>,
    /// What is known of the temperature: `never-judged`, `not-yet`, `known`, `unknown`, `ended`.
    temperature: String,
    /// Since when the temperature is not known, or when judging ended; otherwise null.
    #[schema(value_type = Option<String>, format = DateTime)]
    temperature_since: Option<Moment>,
    /// The incident that is not closed, such as `SHP-1.2`; null where there is none.
    incident: Option<String>,
    /// Why it is over: `closed`, `cancelled`, `infused`, `destroyed`; null while it is live.
    over: Option<String>,
}

/// Whether anything is wrong, as far as that can be said.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct VerdictView {
    /// The verdict in one word: `wrong`, `not-known`, `not-under-way`, `nothing-found`.
    verdict: String,
    /// What is wrong, or why it is not known; otherwise null.
    sentence: Option<String>,
    /// How bad it is, `P1` to `P4`; null where nothing is found wrong.
    severity: Option<String>,
}

impl ShipmentRow {
    pub(crate) fn new(id: &ShipmentId, d: &ShipmentRecord, current: bool) -> Self {
        let (plan, next, incident) = (d.plan(), next(d), d.incident_open());
        let (temperature, temperature_since) = match temperature_status(d) {
            TemperatureStatus::NeverJudged => ("never-judged", None),
            TemperatureStatus::NotYet => ("not-yet", None),
            TemperatureStatus::Known => ("known", None),
            TemperatureStatus::UnknownSince(since) => ("unknown", Some(since)),
            TemperatureStatus::Ended(at) => ("ended", Some(at)),
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
pub(crate) fn no_return(d: &ShipmentRecord) -> Option<Moment> {
    let schedule = d.schedule.as_ref().filter(|s| s.order)?;
    (schedule.phase == facts::Phase::Scheduled).then_some(schedule.conditioning_start).flatten()
}

impl VerdictView {
    fn new(d: &ShipmentRecord, current: bool) -> Self {
        let (verdict, sentence, severity) = match assess(d, current) {
            Assessment::Wrong(f) => {
                ("wrong", Some(f.sentence.clone()), Some(f.severity.to_string()))
            }
            Assessment::NotKnown(why) => ("not-known", Some(why), None),
            Assessment::NotUnderWay => ("not-under-way", None, None),
            Assessment::NothingFound => ("nothing-found", None, None),
        };
        Self { verdict: verdict.into(), sentence, severity }
    }
}
