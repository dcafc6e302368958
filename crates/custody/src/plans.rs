//! Plans of one version that say different things.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;
use core::ops::Bound::{Excluded, Unbounded};
use facts::fact::shipment::Planned;
use facts::timeline::says_the_same;
use facts::{Fact, Moment, ShipmentFact, Timeline, TimelineEntry};

/// A version that was planned twice, with other content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contradiction {
    /// The version.
    pub version: u32,
    /// When it was first planned.
    pub first: Moment,
    /// When it was first planned otherwise.
    pub since: Moment,
    /// When a higher version was planned.
    pub until: Option<Moment>,
    /// When the plan was made that is in force of this version.
    pub in_force: Moment,
    /// Whether they differ in expected times alone.
    pub times_alone: bool,
    /// Their places in the journal.
    pub offsets: Vec<u64>,
}

pub(crate) fn contradictions(timeline: &Timeline<'_>) -> Vec<Contradiction> {
    let mut versions: BTreeMap<u32, Vec<(TimelineEntry<'_>, &Planned)>> = BTreeMap::new();
    for entry in timeline.entries() {
        if let Fact::Shipment(ShipmentFact::Planned(plan)) = entry.fact {
            versions.entry(plan.version).or_default().push((*entry, plan));
        }
    }
    let mut found = Vec::new();
    for (version, said) in &versions {
        let (Some((first, plan)), Some((last, _))) = (said.first(), said.last()) else { continue };
        let Some((other, _)) = said.iter().find(|(_, other)| !says_the_same(other, plan)) else {
            continue;
        };
        let higher = versions.range((Excluded(version), Unbounded)).flat_map(|(_, said)| said);
        let until = higher.map(|(entry, _)| entry.at).min();
        // What was replaced before it was contradicted was never in force twice.
        if until.is_some_and(|until| until <= other.at) {
            continue;
        }
        found.push(Contradiction {
            version: *version,
            first: first.at,
            since: other.at,
            until,
            in_force: last.at,
            times_alone: said
                .iter()
                .all(|(_, other)| says_the_same(&without_times(other), &without_times(plan))),
            offsets: said.iter().map(|(entry, _)| entry.offset).collect(),
        });
    }
    found
}

/// A plan without the times at which places are expected to be reached.
fn without_times(plan: &Planned) -> Planned {
    let mut plan = plan.clone();
    for waypoint in &mut plan.waypoints {
        waypoint.eta = None;
    }
    plan
}
