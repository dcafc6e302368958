//! What a shipment is found by: its own name and those of its order, units, devices, permits, parties and papers.
//!
//! It looks at what was reported, also at what was declared wrong later: who looks for a mistyped bag wants to find it. It
//! does not look into reasons and notes.

use super::parties::named;
use super::{ReadModel, ShipmentRecord};
use facts::fact::shipment::Planned;
use facts::{Fact, OrderFact, PartyId, ShipmentFact, ShipmentId};

/// What is searched for.
pub(super) struct Search<'a> {
    word: &'a str,
    /// Parties whose name for people holds it.
    parties: Vec<&'a PartyId>,
}

impl<'a> Search<'a> {
    pub(super) fn new(board: &'a ReadModel, word: &'a str) -> Self {
        let named = board.parties.iter().filter(|(_, described)| holds(&described.name, word));
        Self { word, parties: named.map(|(party, _)| party).collect() }
    }

    /// Whether a shipment is found.
    pub(super) fn finds(&self, id: &ShipmentId, d: &ShipmentRecord) -> bool {
        self.is(id.as_str())
            || d.custody.as_ref().and_then(|c| c.holder.as_ref()).is_some_and(|p| self.party(p))
            || d.incidents.values().any(|i| i.holder.as_ref().is_some_and(|p| self.party(p)))
            || d.series.keys().any(|probe| self.is(&probe.device))
            || d.ledgers.keys().any(|permit| self.is(permit.as_str()))
            || d.lines
                .all()
                .iter()
                .any(|line| self.is(&line.event.subject.id) || self.names(&line.event.fact))
    }

    fn is(&self, name: &str) -> bool {
        holds(name, self.word)
    }

    fn party(&self, party: &PartyId) -> bool {
        self.is(party.as_str()) || self.parties.contains(&party)
    }

    /// Whether a fact names it beside its subject.
    fn names(&self, fact: &Fact) -> bool {
        let units = |units: &[facts::UnitId]| units.iter().any(|unit| self.is(unit.as_str()));
        let other = match fact {
            Fact::Shipment(ShipmentFact::Planned(plan)) => self.plan(plan),
            Fact::Shipment(ShipmentFact::Packed(packed)) => units(&packed.units),
            Fact::Shipment(ShipmentFact::Received(received)) => units(&received.units),
            Fact::Shipment(ShipmentFact::Repacked(again)) => {
                units(&again.units) || self.is(again.shipper.as_str())
            }
            Fact::Order(OrderFact::OrderOpened(opened)) => units(&opened.units),
            _ => false,
        };
        other || named(fact).into_iter().any(|party| self.party(party))
    }

    fn plan(&self, plan: &Planned) -> bool {
        let ids = plan.units.iter().map(facts::UnitId::as_str);
        let ids = ids.chain(plan.permits.iter().map(|gated| gated.permit.as_str()));
        let ids = ids.chain(plan.order.as_ref().map(facts::OrderId::as_str));
        let ids = ids.chain(plan.shipper.as_ref().map(facts::ShipperId::as_str));
        let ids = ids.chain(plan.air_waybill.as_deref());
        let mut ids = ids.chain(plan.coi.as_ref().map(|coi| coi.value.as_str()));
        ids.any(|id| self.is(id))
    }
}

/// Whether a text holds a word, in any case of their letters.
pub(super) fn holds(text: &str, word: &str) -> bool {
    if !(text.is_ascii() && word.is_ascii()) {
        return text.to_lowercase().contains(&word.to_lowercase());
    }
    let (text, word) = (text.as_bytes(), word.as_bytes());
    word.is_empty() || text.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn a_word_is_found_in_any_case() {
        for (text, word, found) in [
            ("LOG-7", "log-7", true),
            ("LOG-7", "G-", true),
            ("LOG-7", "", true),
            ("LOG", "LOG-7", false),
            ("", "x", false),
            ("Köln", "KÖLN", true),
            ("Koln", "KÖLN", false),
        ] {
            assert_eq!(holds(text, word), found, "{text} {word}");
        }
    }
}
