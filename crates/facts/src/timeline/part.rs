//! Who has a part in a shipment: an act on the way by anybody else changes nothing of what is known of the goods.
//!
//! Before pick-up the goods are with their consignor, and after its receipt with their consignee: whoever takes them out or uses
//! them there does it for that house, whether or not anybody described it. In between they are in the hands of those whom
//! a plan names, or who took them over, or who packed them: customs brokers, depots and handling agents that move goods into another box
//! stand in no plan. One statement by somebody else would end the watch over goods that travel on.

use super::{Receiver, TimelineEntry};
use crate::fact::Fact;
use crate::fact::shipment::{Planned, Receipt};
use crate::id::PartyId;
use crate::timeline::Houses;
use alloc::vec::Vec;

/// Whose act it is, where one takes the goods out of their box, puts them away or uses them up.
fn acts(fact: &Fact) -> Option<&PartyId> {
    Some(match fact {
        Fact::Unpacked(it) => &it.by,
        Fact::Stowed(it) => &it.by,
        Fact::Thawed(it) => &it.by,
        Fact::Infused(it) => &it.by,
        Fact::Destroyed(it) => &it.by,
        _ => return None,
    })
}

/// Takes out of the facts, which are in order, what somebody without a part did on the way.
pub(super) fn take_strange<'a>(entries: &mut Vec<TimelineEntry<'a>>) -> Vec<TimelineEntry<'a>> {
    if !entries.iter().any(|entry| acts(entry.fact).is_some()) {
        return Vec::new();
    }
    let parts = Parts::read(entries);
    // Without a plan nobody knows who has a part.
    if parts.plans.is_empty() {
        return Vec::new();
    }
    let mut on_the_way = false;
    let mut is_strange: Vec<bool> = Vec::new();
    for entry in entries.iter() {
        match entry.fact {
            Fact::Released(released) if parts.has(&released.by) => on_the_way = true,
            Fact::Departed(_) => on_the_way = true,
            Fact::Accepted(accepted) => on_the_way = !parts.is_consignee(&accepted.by),
            Fact::Received(received) if received.verdict != Receipt::Reject => {
                on_the_way &= !parts.is_consignee(&received.by);
            }
            _ => {}
        }
        is_strange.push(on_the_way && acts(entry.fact).is_some_and(|by| !parts.has(by)));
    }
    let mut each = is_strange.iter();
    let all = core::mem::take(entries);
    let (strange, kept) = all.into_iter().partition(|_| each.next().is_some_and(|is| *is));
    *entries = kept;
    strange
}

/// What says who has a part, whenever that was said.
struct Parts<'a> {
    houses: Houses<'a>,
    plans: Vec<&'a Planned>,
    /// Who took the goods over, or was to.
    hands: Vec<&'a PartyId>,
}

impl<'a> Parts<'a> {
    fn read(entries: &[TimelineEntry<'a>]) -> Self {
        let mut parts = Self { houses: Houses::default(), plans: Vec::new(), hands: Vec::new() };
        for entry in entries {
            match entry.fact {
                Fact::Described(described) => parts.houses.hear(&entry.subject.id, described),
                Fact::Planned(plan) => parts.plans.push(plan),
                Fact::Packed(packed) => parts.hands.extend(&packed.by),
                Fact::Repacked(repacked) => parts.hands.push(&repacked.by),
                Fact::Accepted(accepted) => parts.hands.push(&accepted.by),
                Fact::Received(received) => parts.hands.push(&received.by),
                _ => {}
            }
        }
        // Whom somebody with a part named may have taken the goods, whether or not that was scanned.
        let mut named = Vec::new();
        for entry in entries {
            if let Fact::Released(released) = entry.fact
                && parts.has(&released.by)
            {
                named.extend(&released.to);
            }
        }
        parts.hands.extend(named);
        parts
    }

    fn has(&self, party: &PartyId) -> bool {
        let planned = |plan: &&&Planned| {
            let receiver = self.houses.receiver(party, plan);
            matches!(receiver, Receiver::Consignee | Receiver::OnTheWay)
        };
        self.plans.iter().any(|plan| planned(&plan))
            || self.hands.iter().any(|known| self.houses.are_one(known, party))
    }

    fn is_consignee(&self, party: &PartyId) -> bool {
        self.plans.iter().any(|plan| self.houses.are_one(party, &plan.consignee))
    }
}
