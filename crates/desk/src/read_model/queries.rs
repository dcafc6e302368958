//! What is asked of all that is known of a shipment.

use super::shipment_record::{ProbeName, ShipmentRecord, is_open};
use super::timeline::TimelineLine;
use alerts::Incident;
use facts::fact::shipment::Planned;
use facts::{
    DeviceFact, Fact, Finding, Moment, OrderFact, ShipmentFact, ShortText, Shows, SystemFact,
    Timeline, TimelineEntry,
};

/// A line, as the timeline takes it.
fn entry(line: &TimelineLine) -> TimelineEntry<'_> {
    TimelineEntry {
        offset: line.offset,
        at: line.event.moment(),
        ahead: line.event.counts.is_some(),
        learnt: line.learnt.unwrap_or(line.event.moment()),
        identity: line.identity,
        subject: &line.event.subject,
        fact: &line.event.fact,
    }
}

impl ShipmentRecord {
    /// What its facts say together, by the answers that the engines go by.
    pub fn timeline(&self) -> Timeline<'_> {
        let asked = |line: &&TimelineLine| {
            !matches!(
                line.event.fact,
                Fact::System(SystemFact::Quiet(_)) | Fact::Device(DeviceFact::Imported(_))
            )
        };
        Timeline::new(self.lines.standing().filter(asked).map(entry), None)
    }

    /// The plan in force.
    pub fn plan(&self) -> Option<&Planned> {
        self.timeline().plan_in_force().map(|plan| plan.plan)
    }

    /// The product of its order.
    pub fn product(&self) -> Option<&ShortText> {
        self.lines.standing().rev().find_map(|line| match &line.event.fact {
            Fact::Order(OrderFact::OrderOpened(opened)) => Some(&opened.product),
            _ => None,
        })
    }

    /// Since when there is nothing to watch any more, and the word for it.
    pub fn over(&self) -> Option<(Moment, &'static str)> {
        let timeline = self.timeline();
        let closed = timeline
            .entries()
            .iter()
            .find(|e| matches!(e.fact, Fact::Shipment(ShipmentFact::Closed(_))));
        // Thawed goods are still to be given: they are on the board until that is said.
        let used = timeline.units_aboard().left_at.and_then(|_| {
            timeline.entries().iter().rev().find_map(|entry| match entry.fact {
                Fact::Shipment(ShipmentFact::Infused(_)) => Some((entry.at, "infused")),
                Fact::Shipment(ShipmentFact::Destroyed(_)) => Some((entry.at, "destroyed")),
                _ => None,
            })
        });
        let cancelled = timeline.cancelled_at().map(|at| (at, "cancelled"));
        let closed = closed.map(|entry| (entry.at, "closed"));
        [closed, cancelled, used].into_iter().flatten().min_by_key(|(at, _)| *at)
    }

    /// Findings that go on, the worst first.
    pub fn open(&self) -> Vec<&Finding> {
        let mut open: Vec<&Finding> = self.findings.values().filter(|f| is_open(f)).collect();
        open.sort_by_key(|f| (f.severity, f.verdict, f.happened));
        open
    }

    /// The incident that is not closed.
    pub fn incident_open(&self) -> Option<&Incident> {
        self.incidents.values().rev().find(|incident| !incident.is_closed())
    }

    /// Loggers from which nothing comes: dispatch said so and no reading came since, or a finding goes on.
    pub fn silent(&self) -> Vec<(ProbeName, Moment)> {
        let mut silent = self.quiet.clone();
        for finding in self.shown_as(Shows::SilentProbe).filter(|f| is_open(f)) {
            let about = finding.name.about.as_str();
            let (device, channel) = about.rsplit_once('/').unwrap_or((about, ""));
            let probe =
                ProbeName { device: ShortText::new(device), channel: ShortText::new(channel) };
            silent.entry(probe).or_insert(finding.happened);
        }
        silent.into_iter().collect()
    }
}
