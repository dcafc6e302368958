//! For what people were called, and when: so that they are called again for what is worse or new, and not every few
//! minutes for one thing that comes and goes while somebody has it in hand.
//!
//! It decides only whether an incident that somebody owns must be taken again. Nothing is hidden by it: what calls nobody
//! stands on the card all the same, and what still goes on when the time is over calls then.

use crate::incident::IncidentParameters;
use crate::memory::{AlertMemory, is_open};
use alloc::vec::Vec;
use facts::{Figures, Finding, MilliCelsius, Moment, Name, Severity};
use serde::{Deserialize, Serialize};

/// All calls of a shipment, also of incidents that are closed.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Calls {
    last: Vec<Call>,
    /// How bad each finding was when somebody last looked at it, or was called for it.
    seen: Vec<Seen>,
}

/// The last call for one rule about one thing.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Call {
    /// The finding that people were called for.
    name: Name,
    severity: Severity,
    at: Moment,
    /// A finding that came again too soon to call for, and may still go on when the time is over.
    waiting: Option<Name>,
}

/// A finding as somebody knows it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Seen {
    name: Name,
    figures: Option<Figures>,
    latched: bool,
}

/// What a finding is to those who were called before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum News {
    /// Nothing that anybody must look at.
    None,
    /// It is new, goes on again or is more severe: worth a call, but not for the same thing within the hour.
    Again,
    /// It is worse than what people were called for: worth a call at once.
    Worse,
}

impl Calls {
    fn of(&self, finding: &Finding) -> Option<&Call> {
        self.last.iter().find(|call| same_thing(&call.name, &finding.name))
    }

    fn seen_of(&self, name: &Name) -> Option<&Seen> {
        self.seen.iter().find(|seen| seen.name == *name)
    }

    /// What this finding is, against what was known of it and what people were called for.
    pub(crate) fn news(
        &self,
        known: Option<&Finding>,
        finding: &Finding,
        numbers: &IncidentParameters,
    ) -> News {
        let Some(call) = self.of(finding) else {
            return if known.is_none() { News::Worse } else { News::None };
        };
        let seen = self.seen_of(&finding.name).or_else(|| self.seen_of(&call.name));
        let exceeds = seen.is_some_and(|seen| seen.is_exceeded_by(finding, numbers));
        let severer = known.is_none_or(|known| finding.severity < known.severity);
        // What has ended may have turned out worse than it was while it went on.
        let goes_on_again = known.is_some_and(|known| !is_open(known) && is_open(finding));
        if exceeds || (severer && finding.severity < call.severity) {
            News::Worse
        } else if severer || goes_on_again {
            News::Again
        } else {
            News::None
        }
    }

    /// Whether people were called for a thing of this kind so lately that it is the same one to them. What became known within
    /// that time and is over by now calls nobody only because it is heard of late here.
    pub(crate) fn too_soon(
        &self,
        finding: &Finding,
        now: Moment,
        numbers: &IncidentParameters,
    ) -> bool {
        let Some(call) = self.of(finding) else { return false };
        let until = call.at + numbers.again;
        now < until || (finding.learnt < until && !is_open(finding))
    }

    /// People are called for this finding.
    pub(crate) fn call(&mut self, finding: &Finding, now: Moment) {
        let (name, severity) = (finding.name.clone(), finding.severity);
        self.last.retain(|call| !same_thing(&call.name, &name));
        self.last.push(Call { name, severity, at: now, waiting: None });
        self.look(finding);
    }

    /// Nobody is called for this finding yet.
    pub(crate) fn wait(&mut self, finding: &Finding) {
        let call = self.last.iter_mut().find(|call| same_thing(&call.name, &finding.name));
        if let Some(call) = call {
            call.waiting = Some(finding.name.clone());
        }
    }

    /// Somebody has seen all that stands: only what is worse than that is news.
    pub(crate) fn all_seen(&mut self, memory: &AlertMemory) {
        self.last.iter_mut().for_each(|call| call.waiting = None);
        memory.findings.iter().for_each(|finding| self.look(finding));
    }

    fn look(&mut self, finding: &Finding) {
        let Finding { name, figures, latched, .. } = finding;
        self.seen.retain(|seen| seen.name != *name);
        self.seen.push(Seen { name: name.clone(), figures: *figures, latched: *latched });
    }

    /// What waited, and goes on now that the time is over.
    pub(crate) fn overdue(
        &mut self,
        memory: &AlertMemory,
        now: Moment,
        numbers: &IncidentParameters,
    ) -> Vec<Finding> {
        let mut overdue = Vec::new();
        for call in self.last.iter_mut().filter(|call| now >= call.at + numbers.again) {
            let Some(name) = call.waiting.take() else { continue };
            let open = |finding: &&Finding| finding.name == name && is_open(finding);
            overdue.extend(memory.findings.iter().find(open).cloned());
        }
        overdue
    }

    /// When that is for the first of them.
    pub(crate) fn next_deadline(
        &self,
        now: Moment,
        numbers: &IncidentParameters,
    ) -> Option<Moment> {
        let waiting = self.last.iter().filter(|call| call.waiting.is_some());
        waiting.map(|call| call.at + numbers.again).filter(|due| *due > now).min()
    }
}

/// Whether two findings are of one rule about one thing.
fn same_thing(a: &Name, b: &Name) -> bool {
    a.rule == b.rule && a.about == b.about
}

impl Seen {
    /// Whether a finding is worse than somebody knows: beyond another step, irreversible, or twice as far out of range.
    fn is_exceeded_by(&self, finding: &Finding, numbers: &IncidentParameters) -> bool {
        if finding.latched && !self.latched {
            return true;
        }
        let Some((seen, now)) = self.figures.zip(finding.figures) else { return false };
        beyond(seen, now) || doubled(seen, now, numbers.grown)
    }
}

/// Whether another limit, further out, has been passed.
fn beyond(seen: Figures, now: Figures) -> bool {
    if now.peak > now.limit { now.limit > seen.limit } else { now.limit < seen.limit }
}

/// Whether the distance to the limit has doubled; what is a fraction of a degree doubles easily and says little.
fn doubled(seen: Figures, now: Figures, grown: MilliCelsius) -> bool {
    let (seen, now) = (seen.distance(), now.distance());
    now >= seen.saturating_mul(2) && now.saturating_sub(seen) >= grown.milli()
}

#[cfg(test)]
mod tests {
    use super::*;
    use facts::Span;

    fn figures(peak: i32, limit: i32) -> Figures {
        let of = |milli| MilliCelsius(milli);
        Figures { peak: of(peak), limit: of(limit), lasted: Span::ZERO }
    }

    #[test]
    fn a_step_further_out_is_worse_on_either_side() {
        assert!(beyond(figures(-119_000, -120_000), figures(-99_000, -100_000)));
        assert!(!beyond(figures(-99_000, -100_000), figures(-119_000, -120_000)));
        assert!(beyond(figures(1_500, 2_000), figures(-500, 0)));
        assert!(!beyond(figures(-500, 0), figures(1_500, 2_000)));
    }

    #[test]
    fn a_distance_that_doubles_within_a_degree_is_nothing() {
        let degree = MilliCelsius(1_000);
        assert!(!doubled(figures(8_100, 8_000), figures(8_900, 8_000), degree));
        assert!(doubled(figures(8_100, 8_000), figures(9_200, 8_000), degree));
        assert!(!doubled(figures(10_000, 8_000), figures(11_900, 8_000), degree));
        assert!(doubled(figures(0, 2_000), figures(-2_000, 2_000), degree));
    }
}
