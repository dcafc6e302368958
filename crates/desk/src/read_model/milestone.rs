//! What is expected next of a shipment, and when, from its plan and from what was reported.
//!
//! It refuses to guess: without a plan there is no next milestone, and a lost leg asks for a new plan.

use super::ShipmentRecord;
use facts::fact::shipment::{Goods, Leg, Planned};
use facts::{Fact, Label, LegId, Moment, OrderFact, ShipmentFact};

/// The next thing that should happen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextMilestone {
    /// What, in words.
    pub what: String,
    /// When; `None` where nobody said.
    pub due: Option<Moment>,
    /// Whether the plan itself does not hold any more.
    pub broken: bool,
}

/// What is expected next; nothing of a shipment that is over.
pub fn next(record: &ShipmentRecord) -> Option<NextMilestone> {
    let plan = record.plan().filter(|_| record.over().is_none())?;
    let seen = |leg: &LegId| LegProgress::of(record, leg);
    if received(record) {
        return Some(after_receipt(record, plan));
    }
    // What a later leg proves need not be reported of the legs before it.
    let reached = plan.legs.iter().rposition(|leg| seen(&leg.id).any()).unwrap_or(0);
    for leg in plan.legs.iter().skip(reached) {
        let found = seen(&leg.id);
        if let Some(reason) = &found.lost {
            let what = format!("a new plan: {} was lost ({reason})", leg.id);
            return Some(NextMilestone { what, due: None, broken: true });
        }
        match (found.departed, found.arrived) {
            (_, true) => {}
            (true, false) => {
                let what = format!("{} by {} arrives at {}", leg.id, leg.carrier, leg.to);
                return Some(milestone(what, Some(arrival(record, leg))));
            }
            (false, false) => {
                let what = format!("{} by {} departs from {}", leg.id, leg.carrier, leg.from);
                return Some(milestone(what, Some(leg.departs)));
            }
        }
    }
    let due = plan.waypoints.last().and_then(|last| expected(record, &last.name));
    let due = due.or_else(|| plan.legs.last().map(|leg| leg.arrives));
    Some(milestone(format!("receipt by {}", plan.consignee), due))
}

/// When a waypoint of the plan in force is expected to be reached.
pub(crate) fn expected(record: &ShipmentRecord, waypoint: &Label) -> Option<Moment> {
    record.timeline().eta(waypoint)
}

/// The planned time, or a later one that was reported for the place where the leg ends.
fn arrival(record: &ShipmentRecord, leg: &Leg) -> Moment {
    let changed = record.lines.standing().rev().find_map(|line| match &line.event.fact {
        Fact::Shipment(ShipmentFact::EtaChanged(changed))
            if changed.waypoint.is(leg.to.as_str()) =>
        {
            Some(changed.eta)
        }
        _ => None,
    });
    changed.unwrap_or(leg.arrives)
}

fn milestone(what: String, due: Option<Moment>) -> NextMilestone {
    NextMilestone { what, due, broken: false }
}

fn received(record: &ShipmentRecord) -> bool {
    record.custody.as_ref().is_some_and(|custody| custody.received)
        || record
            .lines
            .standing()
            .any(|line| matches!(line.event.fact, Fact::Shipment(ShipmentFact::Received(_))))
}

fn after_receipt(record: &ShipmentRecord, plan: &Planned) -> NextMilestone {
    let released = record.lines.standing().any(|line| {
        matches!(
            line.event.fact,
            Fact::Shipment(ShipmentFact::QualityReleased(_) | ShipmentFact::Dispositioned(_))
        )
    });
    if plan.kind != Goods::DrugProduct {
        return milestone("closing: it was received".into(), plan.slot);
    }
    if !released {
        return milestone("release for use by quality".into(), None);
    }
    let infusion = record.lines.standing().rev().find_map(|line| match &line.event.fact {
        Fact::Order(OrderFact::PatientScheduled(steps)) => Some(steps.infusion),
        _ => None,
    });
    milestone("infusion".into(), infusion.flatten())
}

#[derive(Default)]
struct LegProgress {
    departed: bool,
    arrived: bool,
    lost: Option<String>,
}

impl LegProgress {
    fn of(record: &ShipmentRecord, leg: &LegId) -> Self {
        let mut seen = Self::default();
        for line in record.lines.standing() {
            match &line.event.fact {
                Fact::Shipment(ShipmentFact::Departed(d)) if d.leg == *leg => {
                    (seen.departed, seen.lost) = (true, None)
                }
                Fact::Shipment(ShipmentFact::Arrived(a)) if a.leg == *leg => {
                    (seen.arrived, seen.lost) = (true, None)
                }
                Fact::Shipment(ShipmentFact::LegCancelled(c)) if c.leg == *leg => {
                    seen.lost = Some(c.reason.to_string())
                }
                Fact::Shipment(ShipmentFact::LegOffloaded(o)) if o.leg == *leg => {
                    seen.lost = Some(o.reason.to_string())
                }
                // A new plan answers a lost leg.
                Fact::Shipment(ShipmentFact::Planned(_)) => seen.lost = None,
                _ => {}
            }
        }
        seen
    }
    fn any(&self) -> bool {
        self.departed || self.arrived
    }
}
