//! The permits of a shipment: what each one gates, what was reported of it, and when it will be needed.
//!
//! It does not judge whether a permit holds: that is a finding of the permits engine. One of which nothing
//! was reported is not known, and it says so.

use super::ShipmentRecord;
use super::milestone::expected;
use facts::fact::permit::{Bound, Granted};
use facts::fact::shipment::{Act, Gated};
use facts::{Fact, Moment, PermitFact, PermitId, SubjectKind};

/// One permit of the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// Which.
    pub permit: PermitId,
    /// The act that it gates.
    pub act: &'static str,
    /// Where.
    pub waypoint: String,
    /// When that is expected.
    pub needed: Option<Moment>,
    /// What was granted; `None` = nothing was reported.
    pub granted: Option<Granted>,
    /// Why it does not hold, where it was suspended or revoked after that.
    pub stopped: Option<String>,
    /// How many shipments have used it, and how many may.
    pub used: Option<(usize, Option<u32>)>,
}

impl Paper {
    /// From when to when, as the authority's zone has it.
    pub fn validity(&self) -> Option<(String, String, String)> {
        let granted = self.granted.as_ref()?;
        let text = |bound: Bound| match bound {
            Bound::Moment(at) => at.to_string(),
            date @ Bound::Date { .. } => date.to_string(),
        };
        Some((text(granted.from), text(granted.until), granted.zone.to_string()))
    }
}

/// The permits of the plan in force.
pub fn papers(record: &ShipmentRecord) -> Vec<Paper> {
    let Some(plan) = record.plan() else { return Vec::new() };
    plan.permits.iter().map(|gated| paper(record, gated)).collect()
}

fn paper(record: &ShipmentRecord, gated: &Gated) -> Paper {
    let (mut granted, mut stopped) = (None, None);
    for line in record.lines.standing() {
        let subject = &line.event.subject;
        if subject.kind != SubjectKind::Permit || *subject.id != *gated.permit.as_str() {
            continue;
        }
        match &line.event.fact {
            Fact::Permit(PermitFact::Granted(g) | PermitFact::Amended(g)) => {
                (granted, stopped) = (Some((**g).clone()), None);
            }
            Fact::Permit(PermitFact::PermitSuspended(s)) => {
                stopped = Some(format!("suspended: {}", s.reason))
            }
            Fact::Permit(PermitFact::Revoked(r)) => {
                stopped = Some(format!("revoked: {}", r.reason))
            }
            _ => {}
        }
    }
    let plan = record.plan();
    let leg = plan.and_then(|plan| {
        let wanted = gated.leg.as_ref()?;
        plan.legs.iter().find(|leg| leg.id == *wanted)
    });
    let of_leg = leg.map(|leg| match gated.act {
        Act::Departure => leg.departs,
        Act::Import | Act::Receipt => leg.arrives,
    });
    let needed = expected(record, &gated.waypoint).or(of_leg);
    let used = record
        .ledgers
        .get(&gated.permit)
        .map(|ledger| (ledger.uses.iter().filter(|one| one.consumed).count(), granted.as_ref()));
    Paper {
        permit: gated.permit.clone(),
        act: match gated.act {
            Act::Departure => "departure",
            Act::Import => "import",
            Act::Receipt => "receipt",
        },
        waypoint: gated.waypoint.to_string(),
        needed,
        used: used.map(|(n, granted)| (n, granted.and_then(|g: &Granted| g.shipments))),
        granted,
        stopped,
    }
}
