//! All that is known of one shipment.

use super::series::{Point, Series};
use super::timeline::{TimelineLine, TimelineLines};
use alerts::Incident;
use alerts::incident::StaffAct;
use facts::context::{Custody, Schedule, Thermal};
use facts::fact::order::Dose;
use facts::fact::permit::Ledger;
use facts::{
    Context, DeviceFact, Event, Fact, Finding, Moment, Name, PartyFact, PermitId, Registry,
    ShortText, Shows, Span, State, SystemFact,
};
use std::collections::BTreeMap;
use std::fmt;

/// One channel of one device.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProbeName {
    /// The device.
    pub device: ShortText,
    /// The channel.
    pub channel: ShortText,
}

impl fmt::Display for ProbeName {
    /// `LOG-7/1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.device, self.channel)
    }
}

/// One shipment: what happened, what was measured, what is wrong, who takes care of it.
#[derive(Debug, Default)]
pub struct ShipmentRecord {
    /// The partition of its journal, where something of it was read.
    pub partition: Option<u16>,
    /// What happened.
    pub lines: TimelineLines,
    /// What was measured, by probe.
    pub series: BTreeMap<ProbeName, Series>,
    /// What was found, by name, in its last state.
    pub findings: BTreeMap<Name, Finding>,
    /// What custody said last.
    pub custody: Option<Custody>,
    /// What thermal said last.
    pub thermal: Option<Thermal>,
    /// What schedule said last.
    pub schedule: Option<Schedule>,
    /// Its incidents by number.
    pub incidents: BTreeMap<u32, Incident>,
    /// What became of the units of its order.
    pub dose: Option<Dose>,
    /// Who uses how much of its permits.
    pub ledgers: BTreeMap<PermitId, Ledger>,
    /// How many readings were declared wrong.
    pub taken_back: u64,
    /// How many findings and closed incidents are not kept any more.
    pub forgotten: u64,
    pub(super) quiet: BTreeMap<ProbeName, Moment>,
    /// What each rule says of itself.
    rules: Registry,
    /// Who took each incident, the first of them first.
    takers: BTreeMap<u32, Vec<StaffAct>>,
    /// The event in which the alerts topic told of each incident last, while that is not closed.
    events: BTreeMap<u32, Box<str>>,
}

/// A reading that is learnt so long after it was measured is marked as late: longer than loggers usually
/// gather before they send.
const LATE: Span = Span::minutes(15);
/// More probes, findings, closed incidents than these are not kept.
const MOST_PROBES: usize = 16;
const MOST_FINDINGS: usize = 400;
const MOST_INCIDENTS: usize = 50;

/// Whether a finding goes on.
pub(crate) fn is_open(finding: &Finding) -> bool {
    finding.until.is_none() && matches!(finding.state, State::Raised | State::Changed)
}

/// Whether a finding was taken back.
pub(crate) fn is_taken_back(finding: &Finding) -> bool {
    matches!(finding.state, State::Withdrawn | State::Superseded)
}

impl ShipmentRecord {
    pub(super) fn new(rules: Registry) -> Self {
        Self { rules, ..Self::default() }
    }

    /// The findings of which a page shows this beside their sentence.
    pub fn shown_as(&self, shows: Shows) -> impl Iterator<Item = &Finding> {
        let all = self.findings.values();
        all.filter(move |finding| self.rules.effects(&finding.name.rule).shows == shows)
    }

    pub(super) fn fact(
        &mut self,
        partition: u16,
        offset: u64,
        event: &Event,
        learnt: Option<Moment>,
    ) {
        self.partition = Some(partition);
        let probe = |channel: &ShortText| ProbeName {
            device: event.subject.id.clone(),
            channel: channel.clone(),
        };
        match &event.fact {
            Fact::Device(DeviceFact::Reading(reading)) => {
                let probe = probe(&reading.channel);
                self.quiet.remove(&probe);
                let late = learnt.is_some_and(|learnt| learnt - event.at > LATE);
                let point = Point { at: event.at, milli: reading.temperature.milli(), late };
                if let Some(series) = self.series(probe) {
                    series.add(point);
                }
                return;
            }
            Fact::System(SystemFact::Withdrawn(w)) => {
                let known = self.series.get_mut(&probe(&w.channel));
                known.into_iter().for_each(|s| s.withdraw(w.at, w.temperature.milli()));
                self.taken_back += 1;
                return;
            }
            Fact::System(SystemFact::Dose(dose)) => return self.dose = Some(dose.clone()),
            Fact::System(SystemFact::Ledger(ledger)) => {
                let permit = PermitId::new(&*event.subject.id);
                return drop(self.ledgers.insert(permit, ledger.clone()));
            }
            Fact::Party(PartyFact::Qualified(_)) => return,
            Fact::Device(DeviceFact::Attached(attached)) => {
                let (position, every) = (attached.position, attached.log_every);
                if let Some(series) = self.series(probe(&attached.channel)) {
                    series.attach(position, every);
                }
            }
            Fact::Device(DeviceFact::Detached(detached)) => {
                self.quiet.remove(&probe(&detached.channel));
            }
            Fact::System(SystemFact::Quiet(quiet)) => {
                self.quiet.insert(probe(&quiet.channel), quiet.since);
            }
            _ => {}
        }
        self.lines.add(TimelineLine::new(offset, event.clone(), learnt));
    }

    pub(super) fn finding(&mut self, finding: &Finding) {
        self.findings.insert(finding.name.clone(), finding.clone());
        if self.findings.len() > MOST_FINDINGS {
            let rank = |f: &&Finding| (is_open(f), !is_taken_back(f), f.learnt);
            let least = self.findings.values().min_by_key(rank).map(|f| f.name.clone());
            self.forgotten += u64::from(least.is_some_and(|n| self.findings.remove(&n).is_some()));
        }
    }

    pub(super) fn context(&mut self, context: &Context) {
        match context {
            Context::Custody(custody) => self.custody = Some(custody.clone()),
            Context::Thermal(thermal) => self.thermal = Some(thermal.clone()),
            Context::Schedule(schedule) => self.schedule = Some((**schedule).clone()),
            Context::PutAway(_) => {}
        }
    }

    pub(super) fn incident(&mut self, incident: &Incident) {
        // The incident itself names the last one only.
        let takers = self.takers.entry(incident.number).or_default();
        if let Some(act) = incident.acknowledged.as_ref().filter(|act| !takers.contains(act)) {
            takers.push(act.clone());
        }
        self.incidents.insert(incident.number, incident.clone());
        if self.incidents.len() > MOST_INCIDENTS {
            let oldest = self.incidents.values().find(|i| i.is_closed()).map(|i| i.number);
            oldest.iter().for_each(|n| drop(self.takers.remove(n)));
            self.forgotten +=
                u64::from(oldest.is_some_and(|n| self.incidents.remove(&n).is_some()));
        }
    }

    pub(super) fn told(&mut self, incident: &Incident, event: &str) {
        match incident.is_closed() {
            true => drop(self.events.remove(&incident.number)),
            false => drop(self.events.insert(incident.number, event.into())),
        }
    }

    /// The event in which the alerts topic told of an incident last, while that is not closed.
    pub fn event(&self, number: u32) -> Option<&str> {
        self.events.get(&number).map(|event| &**event)
    }

    /// Everybody who took an incident, the first of them first.
    pub fn takers(&self, number: u32) -> &[StaffAct] {
        self.takers.get(&number).map_or(&[], Vec::as_slice)
    }

    fn series(&mut self, probe: ProbeName) -> Option<&mut Series> {
        let full = self.series.len() >= MOST_PROBES;
        match self.series.entry(probe) {
            std::collections::btree_map::Entry::Occupied(known) => Some(known.into_mut()),
            std::collections::btree_map::Entry::Vacant(_) if full => {
                self.forgotten += 1;
                None
            }
            std::collections::btree_map::Entry::Vacant(free) => {
                Some(free.insert(Series::default()))
            }
        }
    }
}
