//! Shipments that were put away: nothing of them stands on the board any more but when and why.
//!
//! The three topics are read side by side, so old words about such a shipment may be read after the fact that it was put
//! away. Its dossier goes when each engine has said its last word on it and no incident of it is open.

use super::{ReadModel, ShipmentRecord};
use alerts::Incident;
use facts::fact::log::{PutAway, WhyPutAway};
use facts::{Moment, ShipmentId};

/// What is kept of a shipment that was put away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gone {
    /// When and why, once the journal was read up to there.
    said: Option<(Moment, WhyPutAway)>,
    /// The engines that have said their last word on it, a bit for each.
    engines: u64,
}

impl Gone {
    /// When it was put away, by log time, and why.
    pub fn since(&self) -> Option<(Moment, WhyPutAway)> {
        self.said
    }
    /// Whether each of so many engines has said its last word, too.
    fn is_whole(&self, engines: usize) -> bool {
        self.said.is_some() && self.engines.count_ones() as usize == engines
    }
}

impl ReadModel {
    /// What is known of a shipment that was put away.
    pub fn gone(&self, shipment: &ShipmentId) -> Option<&Gone> {
        self.gone.get(shipment)
    }

    /// How many shipments were put away, and how many of these because nothing was heard of them for long.
    pub fn all_gone(&self) -> (usize, usize) {
        let silent = |gone: &&Gone| matches!(gone.said, Some((_, WhyPutAway::Silent)));
        (self.gone.len(), self.gone.values().filter(silent).count())
    }

    /// The journal says that it was put away.
    pub(super) fn put_away(&mut self, away: &PutAway, at: Moment) {
        self.gone.entry(away.shipment.clone()).or_default().said = Some((at, away.why));
        self.clear(&away.shipment);
    }

    /// Whether the journal and every engine have said that a shipment was put away.
    pub(super) fn is_gone(&self, shipment: &ShipmentId) -> bool {
        let engines = self.rules.engines().len();
        self.gone(shipment).is_some_and(|gone| gone.is_whole(engines))
    }

    /// An engine has said its last word on it.
    pub(super) fn last_word(&mut self, shipment: &ShipmentId, engine: &str) {
        let place = self.rules.engines().iter().position(|name| *name == engine);
        let bit = place.map_or(0, |place| 1 << place);
        self.gone.entry(shipment.clone()).or_default().engines |= bit;
        self.clear(shipment);
    }

    /// Lets go of what is kept of a shipment that was put away, unless an incident of it is open.
    pub(super) fn clear(&mut self, shipment: &ShipmentId) {
        let open = |record: &ShipmentRecord| !record.incidents.values().all(Incident::is_closed);
        let whole = self.is_gone(shipment);
        match self.shipments.get_mut(shipment).filter(|_| whole) {
            // Nobody will say any more that something is over: only people can end it.
            Some(record) if open(record) => {
                record.findings.values_mut().for_each(|finding| finding.latched = true);
            }
            Some(_) => drop(self.shipments.remove(shipment)),
            None => {}
        }
    }
}
