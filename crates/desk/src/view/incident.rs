//! Incidents, as the HTTP interface gives them.

use super::TrustView;
use crate::board::{Board, Counts, Dossier, Silence};
use crate::words;
use alerts::Incident;
use alerts::incident::Act;
use facts::Moment;
use facts::context::Phase;
use serde::Serialize;
use utoipa::ToSchema;

/// A page of a list of incidents, the most urgent first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Incidents {
    /// What is shown holds as of this log time; absent while that cannot be said.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) as_of: Option<Moment>,
    /// When the answer was made, by the desk's clock.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) made_at: Moment,
    /// How many incidents of all shipments are in each state.
    pub(crate) counts: StateCounts,
    /// How many were asked for, on all pages.
    pub(crate) total: usize,
    /// Those of this page, up to 50.
    pub(crate) items: Vec<IncidentView>,
    /// Where the next page begins, for `after`; absent on the last one.
    pub(crate) next: Option<String>,
    /// The watch over the log itself: stages that are or were silent, with incidents that are not closed. They
    /// belong to no shipment, so neither `items` nor `counts` holds them.
    pub(crate) stages: Vec<SilenceView>,
    /// How current this is.
    pub(crate) trust: TrustView,
}

/// One stage that is silent, or was, in however many partitions.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct SilenceView {
    /// `dispatch`, `custody`, `thermal`, `permits`, `schedule`, or `intake` with what it reads: `intake inbound.events:3`.
    stage: String,
    /// In which partitions of the log.
    partitions: Vec<u16>,
    /// Whether it is silent now in one of them.
    silent: bool,
    /// The most urgent state of its incidents.
    state: String,
    /// Since when, at the earliest.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Moment>,
    /// When the last of them was heard again; absent while one is silent.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<Moment>,
    /// Its incidents, one for each partition: they are taken and closed like those of shipments.
    incidents: Vec<String>,
}

impl From<Silence> for SilenceView {
    fn from(one: Silence) -> Self {
        let incidents = one.incidents.iter().map(|(name, number)| format!("{name}.{number}"));
        Self {
            incidents: incidents.collect(),
            stage: one.stage,
            partitions: one.partitions,
            silent: one.silent,
            state: one.state.to_string(),
            since: one.since,
            until: one.until,
        }
    }
}

/// How many incidents are in each state.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct StateCounts {
    /// Going on, taken by nobody.
    active_unacked: u64,
    /// Going on, taken.
    active_acked: u64,
    /// Over, seen by nobody.
    returned_unacked: u64,
    /// Over, seen.
    returned_acked: u64,
    /// Closed by a person.
    closed: u64,
    /// Never more than facts that raced: all was taken back within moments, and nobody had seen it.
    withdrawn: u64,
}

impl From<Counts> for StateCounts {
    fn from(counts: Counts) -> Self {
        let Counts {
            active_unacked,
            active_acked,
            returned_unacked,
            returned_acked,
            closed,
            withdrawn,
        } = counts;
        Self { active_unacked, active_acked, returned_unacked, returned_acked, closed, withdrawn }
    }
}

/// One incident.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct IncidentView {
    /// Shipment and number, `SHP-1.2`.
    pub(crate) id: String,
    /// Whose.
    pub(crate) shipment: String,
    /// Counts up with each incident of the shipment.
    pub(crate) number: u32,
    /// `active_unacked`, `active_acked`, `returned_unacked`, `returned_acked`, `closed`, `withdrawn`.
    pub(crate) state: String,
    /// How urgent, `P1` to `P4`; absent when all that was reported has been withdrawn.
    pub(crate) priority: Option<String>,
    /// Whether time alone never ends it.
    latched: bool,
    /// What is wrong, in one sentence.
    headline: String,
    /// What is over, was seen by nobody, and was worse than what goes on.
    missed: Option<String>,
    /// The first thing to do.
    action: String,
    /// When it was opened, by log time.
    #[schema(value_type = Option<String>, format = DateTime)]
    opened: Option<Moment>,
    /// When it changed last, by log time.
    #[schema(value_type = String, format = DateTime)]
    changed: Moment,
    /// After this it cannot be undone.
    #[schema(value_type = Option<String>, format = DateTime)]
    deadline: Option<Moment>,
    /// What is shipped, and the profile that it is held to; absent without a plan.
    goods: Option<String>,
    /// The temperature profile of the plan.
    profile: Option<String>,
    /// The patient's order.
    order: Option<String>,
    /// Where the patient stands; absent = not known.
    patient: Option<PatientView>,
    /// Who holds the goods; absent = nobody, or nobody knows.
    holder: Option<HolderView>,
    /// Where they were last.
    place: Option<String>,
    /// Since when they are held so.
    #[schema(value_type = Option<String>, format = DateTime)]
    held_since: Option<Moment>,
    /// When the consignee is expected to have them.
    #[schema(value_type = Option<String>, format = DateTime)]
    eta: Option<Moment>,
    /// Who has it now.
    acknowledged: Option<ActView>,
    /// Everybody who took it, the first of them first.
    takers: Vec<ActView>,
    /// What was said about it.
    notes: Vec<ActView>,
    /// The last act that was refused, and why.
    refused: Option<String>,
    /// Who closed it.
    closed: Option<ActView>,
    /// Who agreed to that.
    second: Option<String>,
    /// The rules whose findings belong to it.
    findings: Vec<String>,
}

/// Where the patient stands.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct PatientView {
    /// `unscheduled`, `scheduled`, `started`, `held`, `infused`; absent where no patient's schedule
    /// depends on the shipment.
    phase: Option<String>,
    /// When conditioning begins: the point of no return.
    #[schema(value_type = Option<String>, format = DateTime)]
    conditioning_start: Option<Moment>,
    /// Whether rescue cells are confirmed.
    rescue: bool,
}

/// Who holds the goods.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct HolderView {
    /// The party.
    party: String,
    /// Its name for people.
    name: Option<String>,
    /// The telephone that is answered at any hour.
    duty: Option<String>,
}

/// What somebody did.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ActView {
    /// Who.
    by: String,
    /// When, by their clock.
    #[schema(value_type = String, format = DateTime)]
    at: Moment,
    /// Why, or what they say.
    text: String,
}

impl From<&Act> for ActView {
    fn from(act: &Act) -> Self {
        Self { by: act.by.to_string(), at: act.at, text: act.text.to_string() }
    }
}

impl IncidentView {
    pub(crate) fn new(board: &Board, i: &Incident, dossier: &Dossier) -> Self {
        let plan = dossier.plan();
        let holder = i.holder.as_ref().map(|party| {
            let described = board.party(party);
            HolderView {
                party: party.to_string(),
                name: described.map(|d| d.name.to_string()),
                duty: described.and_then(|d| d.duty.as_ref()).map(ToString::to_string),
            }
        });
        let patient = dossier.schedule.as_ref().map(|s| PatientView {
            phase: s.order.then(|| phase(s.phase).into()),
            conditioning_start: s.conditioning_start,
            rescue: s.rescue,
        });
        let mut rules: Vec<String> = i.findings.iter().map(|name| name.rule.to_string()).collect();
        rules.dedup();
        Self {
            id: format!("{}.{}", i.shipment, i.number),
            shipment: i.shipment.to_string(),
            number: i.number,
            state: i.state.to_string(),
            priority: i.priority.map(|priority| priority.to_string()),
            latched: i.latched,
            headline: i.headline.clone(),
            missed: i.missed.clone(),
            action: i.action.to_string(),
            opened: i.opened,
            changed: i.changed,
            deadline: i.deadline,
            goods: plan.map(|plan| words::goods(plan.kind).into()),
            profile: plan.map(|plan| plan.profile.to_string()),
            order: plan.and_then(|plan| plan.order.as_ref()).map(ToString::to_string),
            patient,
            holder,
            place: i.place.as_ref().map(ToString::to_string),
            held_since: i.since,
            eta: i.eta,
            acknowledged: i.acknowledged.as_ref().map(ActView::from),
            takers: dossier.takers(i.number).iter().map(ActView::from).collect(),
            notes: i.notes.iter().map(ActView::from).collect(),
            refused: i.refused.clone(),
            closed: i.closed.as_ref().map(ActView::from),
            second: i.second.as_ref().map(ToString::to_string),
            findings: rules,
        }
    }
}

fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::Unscheduled => "unscheduled",
        Phase::Scheduled => "scheduled",
        Phase::Started => "started",
        Phase::Held => "held",
        Phase::Infused => "infused",
    }
}
