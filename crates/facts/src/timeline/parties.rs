//! Which parties are one house, and whom a receipt is by: the consignee, a place on the way, or somebody for whom the
//! goods are not.
//!
//! A dock, a laboratory and a ward are their hospital. What a party is part of says its description; it is followed one
//! step, so that nobody becomes the consignee through a chain of names.

use super::{Timeline, TimelineEntry};
use crate::fact::party::Described;
use crate::fact::shipment::{Leg, Planned, Receipt, Received};
use crate::fact::{Fact, PartyFact, ShipmentFact};
use crate::id::PartyId;
use crate::moment::Moment;
use alloc::collections::BTreeMap;

/// The parties of which somebody said what they are. Of several descriptions of a party the one holds that was known when it first acted here:
/// what is entered a week later undoes no receipt. Where there was none by then, the last one holds: a hospital did not become one
/// on the day on which it was entered.
#[derive(Debug, Clone, Default)]
pub struct Houses<'a>(BTreeMap<&'a str, &'a Described>);

/// Whom a receipt is by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Receiver {
    /// The consignee of the plan in force then, or a part of its house.
    Consignee,
    /// The consignor, a carrier or a place of the plan's legs: the goods are on their way. Another site or plant at the end of
    /// the last leg is none of these.
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
    /// The parties of which some facts, in their order, tell.
    pub fn of(entries: impl Iterator<Item = TimelineEntry<'a>> + Clone) -> Self {
        let mut houses = Houses::default();
        let acted_first = |party: &str| {
            let by = |entry: &TimelineEntry<'a>| {
                entry.fact.actor().is_some_and(|by| by.as_str() == party)
            };
            entries.clone().filter(by).map(|entry| entry.at).min()
        };
        for entry in entries.clone() {
            let Fact::Party(PartyFact::Described(described)) = entry.fact else { continue };
            let party: &str = &entry.subject.id;
            // The one before it holds, where the party had acted by then.
            let too_late = houses.0.contains_key(party)
                && acted_first(party).is_some_and(|first| first < entry.at)
                && described_by(&entries, party, acted_first(party));
            if !too_late {
                houses.hear(party, described);
            }
        }
        houses
    }

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
        // Another hospital at the end of the last leg is where the goods were to go before: it is not on their way to anybody.
        let is_end = |place: usize, leg: &Leg| {
            let known = self.described(&leg.to).map(|known| &*known.role);
            place + 1 == plan.legs.len() && matches!(known, Some("site" | "plant"))
        };
        let ends = plan.legs.iter().enumerate().filter(|(place, leg)| !is_end(*place, leg));
        let legs = plan.legs.iter().flat_map(|leg| [&leg.carrier, &leg.from]);
        let mut on_the_way = legs.chain(ends.map(|(_, leg)| &leg.to)).chain([&plan.consignor]);
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

/// Whether a party had been described by a moment.
fn described_by<'a>(
    entries: &(impl Iterator<Item = TimelineEntry<'a>> + Clone),
    party: &str,
    by: Option<Moment>,
) -> bool {
    entries.clone().any(|entry| {
        let described = matches!(entry.fact, Fact::Party(PartyFact::Described(_)))
            && *entry.subject.id == *party;
        described && by.is_some_and(|by| entry.at <= by)
    })
}

impl<'a> Timeline<'a> {
    /// Which parties are one house.
    pub fn houses(&self) -> Houses<'a> {
        Houses::of(self.entries().iter().copied())
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
            let later = self.entries().iter().filter(|entry| {
                entry.at > at && matches!(entry.fact, Fact::Shipment(ShipmentFact::Planned(_)))
            });
            later.map(|entry| entry.at).find_map(confirms)
        })
    }
}
