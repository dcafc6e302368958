//! The watch over the log itself: stages that `alerts` found silent, and the incidents of that.
//!
//! Such an incident stands under the stage's name, `stage-thermal`, as it concerns every shipment; at earlier behaviours under
//! that of a partition, `partition-3`. It is no shipment, so it is kept apart: it is never counted, listed or shown as one.

use super::{ReadModel, STATES, ShipmentRecord};
use alerts::Incident;
use alerts::incident::IncidentState;
use facts::{Concerns, Finding, Moment, Name, Registry, ShipmentId};
use std::collections::BTreeMap;

/// One stage that is silent, or was, in however many partitions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Silence {
    /// Which stage.
    pub stage: String,
    /// In which partitions.
    pub partitions: Vec<u16>,
    /// Since when, at the earliest.
    pub since: Option<Moment>,
    /// When the last of them was heard again; `None` while one is silent.
    pub until: Option<Moment>,
    /// Whether one is silent now.
    pub silent: bool,
    /// The most urgent state of its incidents.
    pub state: IncidentState,
    /// The incidents that it belongs to.
    pub incidents: Vec<(ShipmentId, u32)>,
}

/// Whether a finding speaks of a stage.
pub(super) fn is_stage(rules: Registry, name: &Name) -> bool {
    rules.effects(&name.rule).concerns == Concerns::Log
}

/// Whether an incident is about stages and nothing else.
pub(super) fn is_of_stages(rules: Registry, incident: &Incident) -> bool {
    let mut names = incident.findings.iter();
    !incident.findings.is_empty() && names.all(|name| is_stage(rules, name))
}

/// The stage that a finding is about, and the partition: `thermal/3`. Of a log at an earlier behaviour the incident is named
/// after the partition.
fn about<'a>(name: &'a Name, incident: &ShipmentId) -> (&'a str, Option<u16>) {
    let both = name.about.rsplit_once('/').and_then(|(stage, n)| Some((stage, n.parse().ok()?)));
    let (stage, partition) =
        both.map_or((name.about.as_str(), None), |(stage, n)| (stage, Some(n)));
    let named = || incident.as_str().strip_prefix("partition-")?.parse().ok();
    (stage, partition.or_else(named))
}

fn place(state: IncidentState) -> usize {
    STATES.iter().position(|one| *one == state).unwrap_or(STATES.len())
}

impl ReadModel {
    /// Stages that `alerts` finds silent now.
    pub fn system(&self) -> impl Iterator<Item = &Finding> {
        self.stages.values().flat_map(|d| d.findings.values()).filter(|f| super::is_open(f))
    }

    /// Incidents of stages that are not closed, by partition.
    pub fn stage_incidents(&self) -> impl Iterator<Item = (&Incident, &ShipmentRecord)> {
        let all = self.stages.values().flat_map(|d| d.incidents.values().map(move |i| (i, d)));
        all.filter(|(incident, _)| !incident.is_closed())
    }

    /// The same, one for each stage: what nobody has taken first.
    pub fn silences(&self) -> Vec<Silence> {
        let mut by_stage: BTreeMap<&str, Silence> = BTreeMap::new();
        for (incident, record) in self.stage_incidents() {
            for name in &incident.findings {
                let known = record.findings.get(name);
                let open = known.is_some_and(super::is_open);
                let (stage, partition) = about(name, &incident.shipment);
                let one = by_stage.entry(stage).or_insert_with(|| Silence {
                    stage: stage.to_owned(),
                    partitions: Vec::new(),
                    since: None,
                    until: None,
                    silent: false,
                    state: incident.state,
                    incidents: Vec::new(),
                });
                let since = known.map(|f| f.happened).or(incident.opened);
                one.since = one.since.into_iter().chain(since).min();
                one.until = one.until.max(known.and_then(|f| f.until));
                one.silent |= open;
                if place(incident.state) < place(one.state) {
                    one.state = incident.state;
                }
                one.partitions.extend(partition);
                let id = (incident.shipment.clone(), incident.number);
                if !one.incidents.contains(&id) {
                    one.incidents.push(id);
                }
            }
        }
        let mut all: Vec<Silence> = by_stage.into_values().collect();
        for one in &mut all {
            one.partitions.sort_unstable();
            one.partitions.dedup();
            one.until = one.until.filter(|_| !one.silent);
        }
        all.sort_by_key(|one| (place(one.state), one.since));
        all
    }
}
