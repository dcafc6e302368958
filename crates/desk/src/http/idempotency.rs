//! Acts that were sent lately, by the name that the sender gave them: one that is sent again goes out with
//! the same moment, so that it is the same act.

use facts::{Fact, Moment, ShipmentId};
use std::collections::VecDeque;

/// So many are remembered; a name is sent again within seconds, or not at all.
const KEPT: usize = 1024;

/// Acts by name, the latest last.
#[derive(Debug, Default)]
pub(crate) struct IdempotencyKeys(VecDeque<(String, ShipmentId, Fact, Moment)>);

impl IdempotencyKeys {
    /// The moment of this very act, where it was sent before.
    pub(crate) fn known(&self, name: &str, shipment: &ShipmentId, fact: &Fact) -> Option<Moment> {
        let same = |(known, before, act, _): &&(String, ShipmentId, Fact, Moment)| {
            known == name && before == shipment && act == fact
        };
        self.0.iter().find(same).map(|(.., at)| *at)
    }

    /// The moment of an act: that of its first sending. `None` when another act has its name.
    pub(crate) fn at(
        &mut self,
        name: &str,
        shipment: &ShipmentId,
        fact: &Fact,
        now: Moment,
    ) -> Option<Moment> {
        if let Some((_, before, known, at)) = self.0.iter().find(|(known, ..)| known == name) {
            return (before == shipment && known == fact).then_some(*at);
        }
        if self.0.len() >= KEPT {
            self.0.pop_front();
        }
        self.0.push_back((name.to_owned(), shipment.clone(), fact.clone(), now));
        Some(now)
    }
}
