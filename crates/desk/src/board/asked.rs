//! What is asked of all that is known of a shipment.

use super::dossier::{Dossier, Probe, is_open};
use alerts::Incident;
use facts::fact::shipment::Planned;
use facts::{Fact, Finding, Moment, Text};

impl Dossier {
    /// The plan in force: the highest version, of the same version the one learnt last.
    pub fn plan(&self) -> Option<&Planned> {
        let plans = self.lines.standing().filter_map(|line| match &line.event.fact {
            Fact::Planned(plan) => Some((plan.version, line.offset, &**plan)),
            _ => None,
        });
        plans.max_by_key(|(version, offset, _)| (*version, *offset)).map(|(_, _, plan)| plan)
    }

    /// The product of its order.
    pub fn product(&self) -> Option<&Text> {
        self.lines.standing().rev().find_map(|line| match &line.event.fact {
            Fact::OrderOpened(opened) => Some(&opened.product),
            _ => None,
        })
    }

    /// Since when there is nothing to watch any more, and the word for it.
    pub fn over(&self) -> Option<(Moment, &'static str)> {
        self.lines.standing().find_map(|line| {
            let word = match &line.event.fact {
                Fact::Closed(_) => "closed",
                Fact::Cancelled(_) => "cancelled",
                Fact::Infused(given) if given.units.is_empty() => "infused",
                Fact::Destroyed(lost) if lost.units.is_empty() => "destroyed",
                _ => return None,
            };
            Some((line.event.at, word))
        })
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
    pub fn silent(&self) -> Vec<(Probe, Moment)> {
        let mut silent = self.quiet.clone();
        for finding in self.findings.values().filter(|f| &*f.code == "DAT-03" && is_open(f)) {
            let about = finding.name.about.as_str();
            let (device, channel) = about.rsplit_once('/').unwrap_or((about, ""));
            let probe = Probe { device: Text::new(device), channel: Text::new(channel) };
            silent.entry(probe).or_insert(finding.happened);
        }
        silent.into_iter().collect()
    }
}
