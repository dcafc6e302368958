//! The parties of a shipment: who is named in what was reported, and what part each has in it.

use super::{ShipmentRecord, papers};
use alerts::Incident;
use facts::fact::shipment::Planned;
use facts::{Fact, PartyId, PermitFact, ShipmentFact};
use std::collections::BTreeSet;

/// A party, and what part it has: who is to be rung is named by that on a rule's page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The party that is named.
    pub party: PartyId,
    /// What for: `sends`, `carries L2`.
    pub parts: Vec<String>,
}

/// Everybody whom what is wrong may concern: of the plan in its order, then who holds its permits, then who is named in the
/// evidence.
pub fn parts(d: &ShipmentRecord, incident: &Incident) -> Vec<Part> {
    let mut all: Vec<Part> = Vec::new();
    let mut add = |party: &PartyId, part: String| match all.iter_mut().find(|p| p.party == *party) {
        Some(known) => known.parts.push(part),
        None => all.push(Part { party: party.clone(), parts: vec![part] }),
    };
    if let Some(plan) = d.plan() {
        add(&plan.consignor, "sends".into());
        plan.legs.iter().for_each(|leg| add(&leg.carrier, format!("carries {}", leg.id)));
        add(&plan.consignee, "receives".into());
    }
    for paper in papers(d) {
        if let Some(granted) = &paper.granted {
            add(&granted.holder, format!("holds permit {}", paper.permit));
        }
    }
    let mine = d.findings.values().filter(|f| incident.findings.contains(&f.name));
    let evidence: BTreeSet<u64> = mine.flat_map(|f| f.evidence.iter().copied()).collect();
    for line in d.lines.all().iter().filter(|line| evidence.contains(&line.offset)) {
        // A plan names many; these were told above.
        if !matches!(line.event.fact, Fact::Shipment(ShipmentFact::Planned(_))) {
            let named = named(&line.event.fact);
            named.into_iter().for_each(|party| add(party, "is named in the evidence".into()));
        }
    }
    for part in &mut all {
        let mut said = BTreeSet::new();
        part.parts.retain(|part| said.insert(part.clone()));
        // Who has a part is not told by being named, too.
        if part.parts.len() > 1 {
            part.parts.retain(|part| part != "is named in the evidence");
        }
    }
    all
}

/// The parties that a fact names.
pub(super) fn named(fact: &Fact) -> Vec<&PartyId> {
    match fact {
        Fact::Shipment(ShipmentFact::Planned(plan)) => planned(plan),
        Fact::Shipment(ShipmentFact::Packed(packed)) => packed.by.iter().collect(),
        Fact::Shipment(ShipmentFact::Released(released)) => both(&released.by, &released.to),
        Fact::Shipment(ShipmentFact::Accepted(accepted)) => both(&accepted.by, &accepted.from),
        Fact::Shipment(ShipmentFact::Opened(opened)) => both(&opened.by, &opened.authorised_by),
        Fact::Shipment(ShipmentFact::Stowed(stowed)) => vec![&stowed.by],
        Fact::Shipment(ShipmentFact::Unpacked(unpacked)) => vec![&unpacked.by],
        Fact::Shipment(ShipmentFact::Repacked(repacked)) => vec![&repacked.by],
        Fact::Shipment(ShipmentFact::Received(received)) => vec![&received.by],
        Fact::Shipment(ShipmentFact::QualityReleased(released)) => vec![&released.by],
        Fact::Permit(PermitFact::Granted(granted) | PermitFact::Amended(granted)) => {
            vec![&granted.holder]
        }
        _ => Vec::new(),
    }
}

fn both<'a>(by: &'a PartyId, other: &'a Option<PartyId>) -> Vec<&'a PartyId> {
    [Some(by), other.as_ref()].into_iter().flatten().collect()
}

fn planned(plan: &Planned) -> Vec<&PartyId> {
    let legs = plan.legs.iter().flat_map(|leg| [&leg.carrier, &leg.from, &leg.to]);
    legs.chain([&plan.consignor, &plan.consignee]).collect()
}
