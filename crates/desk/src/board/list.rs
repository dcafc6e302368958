//! The list of incidents: which ones, in which order, and how many there are in each state.

use super::{Board, Dossier};
use alerts::Incident;
use alerts::incident::IncidentState;
use facts::{Moment, Severity, ShipmentId};
use std::collections::BTreeMap;

/// Which incidents are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// In this state; `None` = every one that is not closed.
    pub state: Option<Which>,
    /// Of this priority.
    pub priority: Option<Severity>,
    /// Of shipments whose name holds this, in any case of its letters.
    pub shipment: Option<String>,
}

/// A choice of states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Closed ones, too.
    All,
    /// One state.
    Only(IncidentState),
}

/// How many incidents are in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Going on, taken by nobody.
    pub active_unacked: u64,
    /// Going on, taken.
    pub active_acked: u64,
    /// Over, seen by nobody.
    pub returned_unacked: u64,
    /// Over, seen.
    pub returned_acked: u64,
    /// Closed.
    pub closed: u64,
}

/// Every state, the most urgent first.
pub(crate) const STATES: [IncidentState; 5] = [
    IncidentState::ActiveUnacked,
    IncidentState::ReturnedUnacked,
    IncidentState::ActiveAcked,
    IncidentState::ReturnedAcked,
    IncidentState::Closed,
];

impl Counts {
    /// Of one state.
    pub fn of(&self, state: IncidentState) -> u64 {
        match state {
            IncidentState::ActiveUnacked => self.active_unacked,
            IncidentState::ActiveAcked => self.active_acked,
            IncidentState::ReturnedUnacked => self.returned_unacked,
            IncidentState::ReturnedAcked => self.returned_acked,
            IncidentState::Closed => self.closed,
        }
    }
    fn count(&mut self, state: IncidentState) {
        let place = match state {
            IncidentState::ActiveUnacked => &mut self.active_unacked,
            IncidentState::ActiveAcked => &mut self.active_acked,
            IncidentState::ReturnedUnacked => &mut self.returned_unacked,
            IncidentState::ReturnedAcked => &mut self.returned_acked,
            IncidentState::Closed => &mut self.closed,
        };
        *place += 1;
    }
}

impl Filter {
    fn takes(&self, incident: &Incident) -> bool {
        let state = match self.state {
            None => !incident.is_closed(),
            Some(Which::All) => true,
            Some(Which::Only(state)) => incident.state == state,
        };
        let priority = self.priority.is_none_or(|wanted| incident.priority == Some(wanted));
        let name = || incident.shipment.as_str().to_lowercase();
        let named = self.shipment.as_ref().is_none_or(|part| name().contains(&part.to_lowercase()));
        state && priority && named
    }
}

/// The most urgent first: priority, then whether somebody has it, then the time that is left.
fn urgency(incident: &Incident) -> impl Ord + use<> {
    let place = STATES.iter().position(|state| *state == incident.state);
    let closed = incident.is_closed();
    let deadline = incident.deadline.unwrap_or(Moment::LATEST);
    let priority = incident.priority.map_or(5, |priority| priority as u8);
    (closed, priority, place, deadline, incident.opened, incident.shipment.clone())
}

impl Board {
    /// The incidents that are asked for, the most urgent first.
    pub fn incidents(&self, filter: &Filter) -> Vec<(&Incident, &Dossier)> {
        let all = self.shipments.values().flat_map(|d| d.incidents.values().map(move |i| (i, d)));
        let mut list: Vec<_> = all.filter(|(incident, _)| filter.takes(incident)).collect();
        list.sort_by_cached_key(|(incident, _)| urgency(incident));
        list
    }

    /// One incident; of a stage, too.
    pub fn one(&self, shipment: &ShipmentId, number: u32) -> Option<(&Incident, &Dossier)> {
        let known = [&self.shipments, &self.stages].into_iter().filter_map(|all| all.get(shipment));
        known.filter_map(|d| d.incidents.get(&number).map(|incident| (incident, d))).next()
    }

    /// How many there are in each state, of all shipments.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        let all = self.shipments.values().flat_map(|dossier| dossier.incidents.values());
        all.for_each(|incident| counts.count(incident.state));
        counts
    }

    /// The same by priority, incidents of stages too; `None` = all that was reported has been withdrawn.
    pub fn counts_by_priority(&self) -> BTreeMap<Option<Severity>, Counts> {
        let mut counts: BTreeMap<_, Counts> = BTreeMap::new();
        let all = self.shipments.values().chain(self.stages.values());
        for incident in all.flat_map(|dossier| dossier.incidents.values()) {
            counts.entry(incident.priority).or_default().count(incident.state);
        }
        counts
    }
}
