//! The list of incidents: which ones, in which order, and how many there are in each state.

use super::position::{ListPage, ListPosition};
use super::search::{Search, holds};
use super::{ReadModel, ShipmentRecord};
use alerts::Incident;
use alerts::incident::IncidentState;
use facts::{Moment, Severity, ShipmentId};
use std::collections::{BTreeMap, BTreeSet};

/// Which incidents are asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// In this state; `None` = every one that is not closed.
    pub state: Option<Which>,
    /// Of this priority.
    pub priority: Option<Severity>,
    /// Of which shipments.
    pub of: Choice,
}

/// A choice of shipments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// Those whose name holds this, in any case of its letters.
    pub shipment: Option<String>,
    /// Those whose name holds this, or that of their order, a unit, a device, a permit, a party or a paper.
    pub search: Option<String>,
    /// These and no others, by their whole names.
    pub named: Option<BTreeSet<ShipmentId>>,
}

/// A choice of states.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Closed ones, too.
    All,
    /// One state.
    Only(IncidentState),
    /// All that are not closed, but for one state.
    OpenBut(IncidentState),
}

/// How many incidents are in each state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IncidentCounts {
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
    /// Never more than a race.
    pub withdrawn: u64,
}

/// Every state, the most urgent first.
pub(crate) const STATES: [IncidentState; 6] = [
    IncidentState::ActiveUnacked,
    IncidentState::ReturnedUnacked,
    IncidentState::ActiveAcked,
    IncidentState::ReturnedAcked,
    IncidentState::Closed,
    IncidentState::Withdrawn,
];

impl IncidentCounts {
    /// Of one state.
    pub fn of(&self, state: IncidentState) -> u64 {
        match state {
            IncidentState::ActiveUnacked => self.active_unacked,
            IncidentState::ActiveAcked => self.active_acked,
            IncidentState::ReturnedUnacked => self.returned_unacked,
            IncidentState::ReturnedAcked => self.returned_acked,
            IncidentState::Closed => self.closed,
            IncidentState::Withdrawn => self.withdrawn,
        }
    }
    fn count(&mut self, state: IncidentState) {
        let place = match state {
            IncidentState::ActiveUnacked => &mut self.active_unacked,
            IncidentState::ActiveAcked => &mut self.active_acked,
            IncidentState::ReturnedUnacked => &mut self.returned_unacked,
            IncidentState::ReturnedAcked => &mut self.returned_acked,
            IncidentState::Closed => &mut self.closed,
            IncidentState::Withdrawn => &mut self.withdrawn,
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
            Some(Which::OpenBut(state)) => !incident.is_closed() && incident.state != state,
        };
        state && self.priority.is_none_or(|wanted| incident.priority == Some(wanted))
    }
}

/// The most urgent first: priority, then whether somebody has it, then the time that is left.
fn place(incident: &Incident) -> ListPosition {
    let state = STATES.iter().position(|state| *state == incident.state);
    let state = state.and_then(|state| u16::try_from(state).ok()).unwrap_or(0xf);
    let priority = incident.priority.map_or(5, |priority| priority as u16);
    ListPosition {
        rank: u16::from(incident.is_closed()) << 8 | priority << 4 | state,
        until: incident.deadline.unwrap_or(Moment::LATEST),
        since: incident.opened.unwrap_or(Moment::EARLIEST),
        shipment: incident.shipment.clone(),
        number: incident.number,
    }
}

impl ReadModel {
    /// The shipments of a choice.
    pub(crate) fn chosen<'a>(
        &'a self,
        of: &'a Choice,
    ) -> impl Iterator<Item = (&'a ShipmentId, &'a ShipmentRecord)> {
        let search = of.search.as_deref().map(|word| Search::new(self, word));
        self.shipments.iter().filter(move |(id, record)| {
            of.named.as_ref().is_none_or(|named| named.contains(id))
                && of.shipment.as_ref().is_none_or(|part| holds(id.as_str(), part))
                && search.as_ref().is_none_or(|search| search.finds(id, record))
        })
    }

    fn asked<'a>(
        &'a self,
        filter: &'a Filter,
    ) -> Vec<(ListPosition, (&'a Incident, &'a ShipmentRecord))> {
        let all = self.chosen(&filter.of);
        let all = all.flat_map(|(_, d)| d.incidents.values().map(move |i| (i, d)));
        let taken = all.filter(|(incident, _)| filter.takes(incident));
        taken.map(|(incident, record)| (place(incident), (incident, record))).collect()
    }

    /// The incidents that are asked for, the most urgent first.
    pub fn incidents<'a>(&'a self, filter: &'a Filter) -> Vec<(&'a Incident, &'a ShipmentRecord)> {
        let mut all = self.asked(filter);
        all.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        all.into_iter().map(|(_, one)| one).collect()
    }

    /// One page of them: what comes behind a place, or the most urgent ones.
    pub fn page<'a>(
        &'a self,
        filter: &'a Filter,
        after: Option<&ListPosition>,
    ) -> ListPage<(&'a Incident, &'a ShipmentRecord)> {
        ListPage::new(self.asked(filter), after)
    }

    /// One incident; of a stage, too.
    pub fn one(&self, shipment: &ShipmentId, number: u32) -> Option<(&Incident, &ShipmentRecord)> {
        let known = [&self.shipments, &self.stages].into_iter().filter_map(|all| all.get(shipment));
        known.filter_map(|d| d.incidents.get(&number).map(|incident| (incident, d))).next()
    }

    /// How many there are in each state, of all shipments.
    pub fn counts(&self) -> IncidentCounts {
        let mut counts = IncidentCounts::default();
        let all = self.shipments.values().flat_map(|record| record.incidents.values());
        all.for_each(|incident| counts.count(incident.state));
        counts
    }

    /// The same by priority, incidents of stages too; `None` = all that was reported has been withdrawn.
    pub fn counts_by_priority(&self) -> BTreeMap<Option<Severity>, IncidentCounts> {
        let mut counts: BTreeMap<_, IncidentCounts> = BTreeMap::new();
        let all = self.shipments.values().chain(self.stages.values());
        for incident in all.flat_map(|record| record.incidents.values()) {
            counts.entry(incident.priority).or_default().count(incident.state);
        }
        counts
    }
}
