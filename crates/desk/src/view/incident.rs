//! Incidents, as the HTTP interface gives them.

use super::TrustView;
use crate::read_model::{IncidentCounts, ReadModel, ShipmentRecord, Silence};
use crate::words;
use alerts::Incident;
use alerts::incident::StaffAct;
use facts::Moment;
use facts::context::Phase;
use serde::Serialize;
use utoipa::ToSchema;

/// A page of a list of incidents, the most urgent first.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct Incidents {
    /// The log time as of which all that is shown holds; null while that cannot be said.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(crate) as_of: Option<Moment>,
    /// When the answer was made, by the desk's clock.
    #[schema(value_type = String, format = DateTime)]
    pub(crate) made_at: Moment,
    /// How many incidents of all shipments are in each state.
    pub(crate) counts: StateCounts,
    /// How many incidents match what was asked for, on all pages together.
    pub(crate) total: usize,
    /// The incidents of this page, up to 50.
    pub(crate) items: Vec<IncidentView>,
    /// The place where the next page begins, to be sent as `after`; null on the last page.
    pub(crate) next: Option<String>,
    /// The watch over the log itself: stages that are or were silent, with incidents that are not closed. They
    /// belong to no shipment, so neither `items` nor `counts` holds them.
    pub(crate) stages: Vec<SilenceView>,
    /// How current this answer is, stage by stage.
    pub(crate) trust: TrustView,
}

/// One stage of the log that is silent, or was, in however many partitions.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct SilenceView {
    /// The stage: `dispatch`, `custody`, `thermal`, `permits`, `schedule`, or `intake` with what it reads: `intake
    /// inbound.events:3`.
    stage: String,
    /// The numbers of the partitions of the log in which it is or was silent.
    partitions: Vec<u16>,
    /// Whether the stage is silent now in one of them.
    silent: bool,
    /// The most urgent state of its incidents.
    state: String,
    /// Since when the stage was silent in the first of them; null where that is not known.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Moment>,
    /// When the last of them was heard again; null while one is silent.
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

/// How many incidents of all shipments are in each state.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct StateCounts {
    /// How many go on and were taken by nobody.
    active_unacked: u64,
    /// How many go on and were taken by somebody.
    active_acked: u64,
    /// How many are over and were seen by nobody.
    returned_unacked: u64,
    /// How many are over and were seen by somebody.
    returned_acked: u64,
    /// How many were closed by a person.
    closed: u64,
    /// How many were never more than facts that raced: all was taken back within moments, and nobody had seen it.
    withdrawn: u64,
}

impl From<IncidentCounts> for StateCounts {
    fn from(counts: IncidentCounts) -> Self {
        let IncidentCounts {
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

/// One incident of a shipment, as it stands now.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct IncidentView {
    /// The name of the incident: the shipment and the number, such as `SHP-1.2`.
    pub(crate) id: String,
    /// The shipment that this incident is about.
    pub(crate) shipment: String,
    /// The number of the incident, which counts up with each one of the shipment.
    pub(crate) number: u32,
    /// Where it stands: `active_unacked`, `active_acked`, `returned_unacked`, `returned_acked`, `closed`, `withdrawn`.
    pub(crate) state: String,
    /// How urgent it is, `P1` to `P4`; null when all that was reported has been withdrawn.
    pub(crate) priority: Option<String>,
    /// Whether only people can end it, as time alone never does.
    latched: bool,
    /// What is wrong, in one sentence.
    headline: String,
    /// What is over, was seen by nobody, and was worse than what goes on, in one sentence; null where there is no such
    /// thing.
    missed: Option<String>,
    /// The first thing to do; empty when there is nothing to do.
    action: String,
    /// When it was opened, by log time; null where that is not known.
    #[schema(value_type = Option<String>, format = DateTime)]
    opened: Option<Moment>,
    /// When it changed last, by log time.
    #[schema(value_type = String, format = DateTime)]
    changed: Moment,
    /// The moment after which it cannot be undone; null where there is none.
    #[schema(value_type = Option<String>, format = DateTime)]
    deadline: Option<Moment>,
    /// What is shipped, in words such as `finished dose`; null without a plan.
    goods: Option<String>,
    /// The temperature profile of the plan; null without a plan.
    profile: Option<String>,
    /// The patient's order, by its id; null where the plan names none.
    order: Option<String>,
    /// Where the patient stands; null where that is not known.
    patient: Option<PatientView>,
    /// The party that holds the goods; null while nobody does, or nobody knows.
    holder: Option<HolderView>,
    /// Where the goods were last, as it was reported; null where nothing was.
    place: Option<String>,
    /// Since when the holder has held the goods, by the reporters' clocks; null where that was not reported.
    #[schema(value_type = Option<String>, format = DateTime)]
    held_since: Option<Moment>,
    /// When the consignee is expected to have the goods; null where that is not known.
    #[schema(value_type = Option<String>, format = DateTime)]
    eta: Option<Moment>,
    /// Who has it now, with when and why; null while nobody does.
    acknowledged: Option<ActView>,
    /// Everybody who took it, the first of them first.
    takers: Vec<ActView>,
    /// The notes that were written on it, the oldest first.
    notes: Vec<ActView>,
    /// Why the last act on it was refused; null where it was not.
    refused: Option<String>,
    /// Who closed it, with when and why; null while it is not closed.
    closed: Option<ActView>,
    /// The second person, who agreed to the closing; null where there was none.
    second: Option<String>,
    /// The rules whose findings belong to it.
    findings: Vec<String>,
}

/// Where the patient stands on the way through the treatment.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct PatientView {
    /// The phase: `unscheduled`, `scheduled`, `started`, `held`, `infused`; null where no patient's schedule depends on
    /// the shipment.
    phase: Option<String>,
    /// When conditioning is planned to begin, which is the point of no return; null where no start was planned.
    #[schema(value_type = Option<String>, format = DateTime)]
    conditioning_start: Option<Moment>,
    /// Whether rescue cells are confirmed.
    rescue: bool,
}

/// The party that holds the goods, and how to reach it.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct HolderView {
    /// The party, by its id.
    party: String,
    /// The name of the party for people to read; null where nobody described it.
    name: Option<String>,
    /// The telephone number of the party that is answered at any hour; null where nobody said.
    duty: Option<String>,
}

/// What somebody did about an incident, and when.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct ActView {
    /// The person who did it, by their id.
    by: String,
    /// When they did it, by the clock of whoever reported it.
    #[schema(value_type = String, format = DateTime)]
    at: Moment,
    /// Why they did it, or what they say.
    text: String,
}

impl From<&StaffAct> for ActView {
    fn from(act: &StaffAct) -> Self {
        Self { by: act.by.to_string(), at: act.at, text: act.text.to_string() }
    }
}

impl IncidentView {
    pub(crate) fn new(board: &ReadModel, i: &Incident, record: &ShipmentRecord) -> Self {
        let plan = record.plan();
        let holder = i.holder.as_ref().map(|party| {
            let described = board.party(party);
            HolderView {
                party: party.to_string(),
                name: described.map(|d| d.name.to_string()),
                duty: described.and_then(|d| d.duty.as_ref()).map(ToString::to_string),
            }
        });
        let patient = record.schedule.as_ref().map(|s| PatientView {
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
            takers: record.takers(i.number).iter().map(ActView::from).collect(),
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
