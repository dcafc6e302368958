//! Who has a part in a shipment, and can have the goods: an act on the way by anybody else changes nothing of what is known of them.
//!
//! Before pick-up the goods are with their consignor, and after its receipt with their consignee: whoever takes them out or uses
//! them there does it for that house, whether or not anybody described it. In between they are in the hands of those whom
//! a plan names, or who took them over, or who packed them: customs brokers, depots and handling agents that move goods into another box
//! stand in no plan. One statement by somebody else would end the watch over goods that travel on, and so would one by a party of the plan
//! that does not have them (see [`super::reach`]).

use super::reach::Reach;
use super::{Receiver, TimelineEntry};
use crate::fact::shipment::{Planned, Receipt};
use crate::fact::{Fact, ShipmentFact};
use crate::id::PartyId;
use crate::timeline::Houses;
use alloc::vec::Vec;

/// An act on the way by somebody who has no part in it, or cannot have had the goods.
#[derive(Debug, Clone, Copy)]
pub struct StrangeEntry<'a> {
    /// What was said.
    pub entry: TimelineEntry<'a>,
    /// Whether its party has a part: it does not have the goods then.
    pub has_a_part: bool,
}

/// Whose act it is, where one opens the box, takes the goods out of it, puts them away or uses them up.
fn acts(fact: &Fact) -> Option<&PartyId> {
    let out = matches!(
        fact,
        Fact::Shipment(
            ShipmentFact::Opened(_) | ShipmentFact::Unpacked(_) | ShipmentFact::Stowed(_)
        )
    );
    let used = matches!(
        fact,
        Fact::Shipment(
            ShipmentFact::Thawed(_) | ShipmentFact::Infused(_) | ShipmentFact::Destroyed(_)
        )
    );
    fact.actor().filter(|_| out || used)
}

/// Takes out of the facts, which are in order, what somebody did on the way who has no part in it or cannot have the goods.
pub(super) fn take_strange<'a>(entries: &mut Vec<TimelineEntry<'a>>) -> Vec<StrangeEntry<'a>> {
    let is_meant = |entry: &TimelineEntry<'_>| {
        matches!(entry.fact, Fact::Shipment(ShipmentFact::Received(_)))
            || acts(entry.fact).is_some()
    };
    if !entries.iter().any(is_meant) {
        return Vec::new();
    }
    let parts = Parts::read(entries);
    // Without a plan nobody knows who has a part.
    if parts.plans.is_empty() {
        return Vec::new();
    }
    let reach = Reach::read(&parts, entries);
    // Who has a part, of each act that counts for nothing.
    let mut is_strange: Vec<Option<bool>> = Vec::new();
    for (place, entry) in entries.iter().enumerate() {
        if let Fact::Shipment(ShipmentFact::Received(received)) = entry.fact {
            let counts = received.verdict == Receipt::Reject
                || !parts.is_consignee(&received.by)
                || !reach.is_before_pick_up(place);
            is_strange.push((!counts).then_some(true));
            continue;
        }
        is_strange.push(acts(entry.fact).filter(|_| reach.on_the_way(place)).and_then(|by| {
            let has_a_part = parts.has(by);
            // Whoever has no part and opens the box ends nothing by that.
            let opens = matches!(entry.fact, Fact::Shipment(ShipmentFact::Opened(_)));
            let counts = if has_a_part { reach.can_have(by, place) } else { opens };
            (!counts).then_some(has_a_part)
        }));
    }
    let mut strange = Vec::new();
    let mut each = is_strange.into_iter();
    entries.retain(|entry| match each.next().flatten() {
        Some(has_a_part) => {
            strange.push(StrangeEntry { entry: *entry, has_a_part });
            false
        }
        None => true,
    });
    strange
}

/// What says who has a part, whenever that was said.
pub(super) struct Parts<'a> {
    pub(super) houses: Houses<'a>,
    pub(super) plans: Vec<&'a Planned>,
    /// Who took the goods over, or was to.
    hands: Vec<&'a PartyId>,
}

impl<'a> Parts<'a> {
    fn read(entries: &[TimelineEntry<'a>]) -> Self {
        let houses = Houses::of(entries.iter().copied());
        let mut parts = Self { houses, plans: Vec::new(), hands: Vec::new() };
        for entry in entries {
            match entry.fact {
                Fact::Shipment(ShipmentFact::Planned(plan)) => parts.plans.push(plan),
                Fact::Shipment(ShipmentFact::Packed(packed)) => parts.hands.extend(&packed.by),
                Fact::Shipment(ShipmentFact::Accepted(accepted)) => parts.hands.push(&accepted.by),
                Fact::Shipment(ShipmentFact::Received(received)) => parts.hands.push(&received.by),
                _ => {}
            }
        }
        // Nobody gets a part by its own word alone, and another hospital that moves them has the wrong box in hand.
        for entry in entries {
            if let Fact::Shipment(ShipmentFact::Repacked(repacked)) = entry.fact
                && let Some(known) = parts.houses.described(&repacked.by)
                && !matches!(&*known.role, "site" | "plant")
            {
                parts.hands.push(&repacked.by);
            }
        }
        // Whom somebody with a part named may have taken the goods, whether or not that was scanned.
        let mut named = Vec::new();
        for entry in entries {
            if let Fact::Shipment(ShipmentFact::Released(released)) = entry.fact
                && parts.has(&released.by)
            {
                named.extend(&released.to);
            }
        }
        parts.hands.extend(named);
        parts
    }

    pub(super) fn has(&self, party: &PartyId) -> bool {
        let planned = |plan: &&&Planned| {
            let receiver = self.houses.receiver(party, plan);
            matches!(receiver, Receiver::Consignee | Receiver::OnTheWay)
        };
        self.plans.iter().any(|plan| planned(&plan))
            || self.hands.iter().any(|known| self.houses.are_one(known, party))
    }

    pub(super) fn is_consignee(&self, party: &PartyId) -> bool {
        self.plans.iter().any(|plan| self.houses.are_one(party, &plan.consignee))
    }
}
