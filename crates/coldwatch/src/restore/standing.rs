//! What stands in the end, of findings and incidents, without what names a place in a log: so two logs can be compared that
//! have another number of partitions.

use alerts::incident::IncidentState;
use alerts::{ExceptionInput, Incident};
use facts::{Concerns, Finding, Name, ShipmentId, State};
use fold::Payload;
use pipeline::Topic;
use pipeline::bytes::{self, Alert};
use pipeline::registry::registry;
use std::collections::BTreeMap;

/// Whether it speaks of a log and of no shipment: stages fall silent on one log, and not on another.
fn is_of_the_log(name: &Name) -> bool {
    registry().effects(&name.rule).concerns == Concerns::Log
}

/// Each finding and each incident, as it was told last; none where it was taken back.
#[derive(Default)]
pub(crate) struct Standing {
    findings: BTreeMap<(ShipmentId, Name), Option<String>>,
    incidents: BTreeMap<(ShipmentId, u32), Option<String>>,
}

impl Standing {
    /// A record of `exceptions` or `alerts`; nothing else is heard.
    pub(crate) fn hear(&mut self, topic: Topic, offset: u64, value: &[u8]) {
        match topic {
            Topic::Exceptions => {
                let heard = bytes::exception(offset, value).map(|heard| heard.record.payload);
                if let Ok(Payload::Input { input: ExceptionInput::Finding(finding), .. }) = heard {
                    self.finding(&finding);
                }
            }
            Topic::Alerts => match bytes::alert(value) {
                Ok(Alert::Finding(finding)) => self.finding(&finding),
                Ok(Alert::Incident(incident)) => self.incident(&incident),
                Ok(Alert::Beat(_) | Alert::Beside) | Err(_) => {}
            },
            Topic::Facts | Topic::Journal | Topic::Rejects => {}
        }
    }

    /// A finding, as it is now. One that was taken back stands no more.
    pub(crate) fn finding(&mut self, finding: &Finding) {
        if is_of_the_log(&finding.name) {
            return;
        }
        let Finding { name, shipment, state, severity, happened, until, code, .. } = finding;
        let stands = !matches!(state, State::Withdrawn | State::Superseded);
        let says = stands.then(|| {
            let until = until.map_or("now".to_owned(), |until| until.to_string());
            let about = &name.about;
            format!("{shipment} finding {code} {about} {severity} from {happened} to {until}")
        });
        self.findings.insert((shipment.clone(), name.clone()), says);
    }

    /// An incident, as it is now. One that nobody closed, and of which all was taken back, stands no more: whether it was told
    /// at all hung on which of two facts came first, and so may the numbers of those behind it.
    fn incident(&mut self, incident: &Incident) {
        let Incident { shipment, number, state, priority, acknowledged, closed, second, .. } =
            incident;
        if incident.findings.iter().all(is_of_the_log) {
            return;
        }
        let state = match state {
            IncidentState::ActiveUnacked => "goes on, taken by nobody",
            IncidentState::ActiveAcked => "goes on, taken",
            IncidentState::ReturnedUnacked => "is over, seen by nobody",
            IncidentState::ReturnedAcked => "is over, seen",
            IncidentState::Closed => "is closed",
            IncidentState::Withdrawn => "was a race",
        };
        let nothing = priority.is_none() && closed.is_none();
        let priority = priority.map_or_else(String::new, |priority| format!(" {priority}"));
        let mut says = format!("{shipment} incident{priority} {state}");
        let acts = [("taken", acknowledged), ("closed", closed)];
        for (did, act) in acts.iter().filter_map(|(did, act)| Some((did, act.as_ref()?))) {
            says += &format!(", {did} by {} at {}", act.by, act.at);
        }
        says.extend(second.iter().map(|second| format!(", with {second}")));
        self.incidents.insert((shipment.clone(), *number), (!nothing).then_some(says));
    }

    /// How many stand.
    pub(crate) fn count(&self) -> usize {
        self.lines().count()
    }

    fn lines(&self) -> impl Iterator<Item = &String> {
        self.findings.values().chain(self.incidents.values()).flatten()
    }

    /// Each line that stands here or there only.
    pub(crate) fn differ(&self, now: &Self) -> Vec<String> {
        let mut lines: BTreeMap<&String, i64> = BTreeMap::new();
        self.lines().for_each(|line| *lines.entry(line).or_default() += 1);
        now.lines().for_each(|line| *lines.entry(line).or_default() -= 1);
        let only = lines.into_iter().filter(|(_, more)| *more != 0);
        only.map(|(line, more)| {
            let when = if more > 0 { "before only" } else { "now only   " };
            format!("{when} {line}")
        })
        .collect()
    }
}
