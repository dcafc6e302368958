//! Who had the goods, from when to when, and where: the chain of hands as it was reported.
//!
//! It tells what was said; what is wrong with it are custody's findings, and who holds the goods now is
//! custody's context.

use super::ShipmentRecord;
use facts::{Fact, Moment, PartyId, ShipmentFact};

/// One pair of hands, or a stretch in nobody's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hand {
    /// Who; `None` = let go, and nobody accepted.
    pub holder: Option<PartyId>,
    /// In nobody's: who let go.
    pub gave: Option<PartyId>,
    /// In nobody's: for whom it was meant, where that was said.
    pub meant: Option<PartyId>,
    /// Since when; `None` = from before anything was reported.
    pub from: Option<Moment>,
    /// Until when; `None` = still.
    pub until: Option<Moment>,
    /// Where the goods were meanwhile.
    pub places: Vec<(Moment, String)>,
    /// What is odd about it.
    pub notes: Vec<String>,
}

/// The chain of hands, in order.
pub fn hands(record: &ShipmentRecord) -> Vec<Hand> {
    let mut chain = Chain::default();
    if let Some(plan) = record.plan() {
        chain.0.push(Hand { holder: Some(plan.consignor.clone()), ..Hand::default() });
    }
    for line in record.lines.standing() {
        let at = line.event.moment();
        match &line.event.fact {
            Fact::Shipment(ShipmentFact::Released(r)) => chain.released(&r.by, r.to.as_ref(), at),
            Fact::Shipment(ShipmentFact::Accepted(a)) => chain.accepted(&a.by, at),
            Fact::Shipment(ShipmentFact::Received(r)) => chain.received(&r.by, at),
            Fact::Shipment(ShipmentFact::Stowed(s)) => {
                chain.place(at, format!("stowed at {}", s.place))
            }
            Fact::Shipment(ShipmentFact::Departed(d)) => {
                chain.place(at, format!("departed on {}", d.leg))
            }
            Fact::Shipment(ShipmentFact::Arrived(a)) => {
                let legs = record.plan().into_iter().flat_map(|plan| &plan.legs);
                let to = legs.filter(|leg| leg.id == a.leg).map(|leg| leg.to.as_str()).next();
                let to = to.map_or(String::new(), |to| format!(" at {to}"));
                chain.place(at, format!("arrived{to} on {}", a.leg));
            }
            Fact::Shipment(ShipmentFact::CustomsEntered(_)) => {
                chain.place(at, "entered customs".into())
            }
            Fact::Shipment(ShipmentFact::CustomsCleared(_)) => {
                chain.place(at, "cleared customs".into())
            }
            _ => {}
        }
    }
    chain.0
}

#[derive(Default)]
struct Chain(Vec<Hand>);

impl Chain {
    fn released(&mut self, by: &PartyId, to: Option<&PartyId>, at: Moment) {
        let note = to.map(|to| format!("let go by {by}, for {to}"));
        let open = Hand {
            gave: Some(by.clone()),
            meant: to.cloned(),
            from: Some(at),
            notes: vec![note.unwrap_or_else(|| format!("let go by {by}"))],
            ..Hand::default()
        };
        let before = self.0.iter().rev().nth(1).and_then(|hand| hand.holder.clone());
        match self.0.last_mut() {
            Some(now) if now.holder.as_ref() == Some(by) => now.until = Some(at),
            Some(now) if now.holder.is_some() && before.as_ref() == Some(by) => {
                // The release of a hand-over whose acceptance came before it.
                let late = format!("{by} reported letting go only afterwards");
                return now.notes.push(late);
            }
            Some(now) if now.holder.is_some() => {
                now.until = Some(at);
                now.notes.push(format!("let go by {by}, who did not hold it"));
            }
            Some(nobody) => {
                nobody.until = Some(at);
                let note = format!("then let go by {by}, who had not accepted it");
                nobody.notes.push(note);
            }
            None => {
                self.0.push(Hand { holder: Some(by.clone()), until: Some(at), ..Hand::default() })
            }
        }
        self.0.push(open);
    }

    fn accepted(&mut self, by: &PartyId, at: Moment) {
        let mut hand = Hand { holder: Some(by.clone()), from: Some(at), ..Hand::default() };
        match self.0.last_mut() {
            Some(now) if now.holder.as_ref() == Some(by) => {
                now.from.get_or_insert(at);
                return;
            }
            Some(now) => {
                now.until = Some(at);
                if let Some(holder) = &now.holder {
                    hand.notes.push(format!("{holder} had not let go"));
                }
            }
            None => hand.notes.push("who had it before is not known".into()),
        }
        self.0.push(hand);
    }

    fn received(&mut self, by: &PartyId, at: Moment) {
        match self.0.last_mut() {
            Some(now) if now.holder.is_none() => now.until = Some(at),
            Some(_) => return self.place(at, format!("received by {by}")),
            None => {}
        }
        let notes = vec!["received, acceptance not reported".into()];
        self.0.push(Hand { holder: Some(by.clone()), from: Some(at), notes, ..Hand::default() });
    }

    fn place(&mut self, at: Moment, place: String) {
        if let Some(hand) = self.0.last_mut() {
            hand.places.push((at, place));
        }
    }
}
