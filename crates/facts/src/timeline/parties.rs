//! Which parties are one house, and whom a receipt is by: the consignee, a place on the way, or somebody for whom the
//! goods are not.
//!
//! A dock, a laboratory and a ward are their hospital. What a party is part of says its description; it is followed one
//! step, so that nobody becomes the consignee through a chain of names.

use super::Timeline;
use crate::fact::Fact;
use crate::fact::party::Described;
use crate::fact::shipment::{Planned, Receipt, Received};
use crate::id::PartyId;
use crate::moment::Moment;
use alloc::collections::BTreeMap;

/// The parties of which somebody said what they are. Of several descriptions of a party the last one holds, at any moment:
/// a hospital did not become one on the day on which it was entered.
#[derive(Debug, Clone, Default)]
pub struct Houses<'a>(BTreeMap<&'a str, &'a Described>);

/// Whom a receipt is by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Receiver {
    /// The consignee of the plan in force then, or a part of its house.
    Consignee,
    /// The consignor, a carrier or a place of the plan's legs: the goods are on their way, and not there yet.
    OnTheWay,
    /// Described as a site or a plant, and not one of this plan.
    AnotherSite,
    /// Described as anything else, and no part of this plan.
    Outsider,
    /// Nobody ever said what it is.
    NeverDescribed,
}

impl Receiver {
    /// Whether the receipt confirms that the goods are where they are to be; `None` where that is unknown.
    pub fn confirms(self) -> Option<bool> {
        match self {
            Self::Consignee => Some(true),
            Self::OnTheWay | Self::AnotherSite | Self::Outsider => Some(false),
            Self::NeverDescribed => None,
        }
    }
}

impl<'a> Houses<'a> {
    /// Takes in what was said of a party; what is taken in later holds.
    pub fn hear(&mut self, party: &'a str, described: &'a Described) {
        self.0.insert(party, described);
    }

    /// What was said of a party.
    pub fn described(&self, party: &PartyId) -> Option<&'a Described> {
        self.0.get(party.as_str()).copied()
    }

    /// What a party is part of, one step up.
    pub fn whole(&self, party: &PartyId) -> Option<&'a PartyId> {
        self.described(party)?.part_of.as_ref()
    }

    /// Whether two names are one house: the same, one a part of the other, or two parts of one. Two plants of one
    /// maker are two: what is meant for the one is not where it should be in the other.
    pub fn are_one(&self, one: &PartyId, other: &PartyId) -> bool {
        if one == other {
            return true;
        }
        let (above_one, above_other) = (self.whole(one), self.whole(other));
        if above_one == Some(other) || above_other == Some(one) {
            return true;
        }
        let plant = |party| self.described(party).is_some_and(|known| &*known.role == "plant");
        above_one.is_some() && above_one == above_other && !(plant(one) && plant(other))
    }

    /// Whom a receipt is by, under the plan that was in force then.
    pub fn receiver(&self, by: &PartyId, plan: &Planned) -> Receiver {
        if self.are_one(by, &plan.consignee) {
            return Receiver::Consignee;
        }
        let legs = plan.legs.iter().flat_map(|leg| [&leg.carrier, &leg.from, &leg.to]);
        let mut on_the_way = legs.chain([&plan.consignor]);
        if on_the_way.any(|party| self.are_one(by, party)) {
            return Receiver::OnTheWay;
        }
        match self.described(by).map(|known| &*known.role) {
            Some("site" | "plant") => Receiver::AnotherSite,
            Some(_) => Receiver::Outsider,
            None => Receiver::NeverDescribed,
        }
    }
}

impl<'a> Timeline<'a> {
    /// Which parties are one house.
    pub fn houses(&self) -> Houses<'a> {
        let mut houses = Houses::default();
        for entry in self.entries() {
            if let Fact::Described(described) = entry.fact {
                houses.hear(&entry.subject.id, described);
            }
        }
        houses
    }

    /// Whom a receipt at a moment is by; `None` without any plan.
    pub fn receiver(&self, by: &PartyId, at: Moment) -> Option<Receiver> {
        Some(self.houses().receiver(by, self.plan_at(at)?.plan))
    }

    /// From when on a receipt confirms that the goods are where they are to be: from the receipt itself where the
    /// plan in force then names the receiver, else from the first plan after it that does. `None` for a refusal,
    /// and while no such plan is known.
    pub fn confirmed_at(&self, received: &Received, at: Moment) -> Option<Moment> {
        if received.verdict == Receipt::Reject {
            return None;
        }
        let houses = self.houses();
        let confirms = |at| {
            let plan = self.plan_at(at)?.plan;
            (houses.receiver(&received.by, plan) == Receiver::Consignee).then_some(at)
        };
        confirms(at).or_else(|| {
            let later = self
                .entries()
                .iter()
                .filter(|entry| entry.at > at && matches!(entry.fact, Fact::Planned(_)));
            later.map(|entry| entry.at).find_map(confirms)
        })
    }
}
