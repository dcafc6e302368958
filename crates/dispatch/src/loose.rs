//! Corrections that name something of which nothing has come. They may have overtaken it; after a while that is told.

use crate::mail::Mail;
use crate::rules::Numbers;
use alloc::vec::Vec;
use facts::{Event, Fact, Finding, Moment, ShipmentId, State, Text};
use serde::{Deserialize, Serialize};

/// The corrections about one subject that have met nothing yet.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Loose(Vec<Waits>);

/// What a correction names.
#[derive(Debug, Serialize, Deserialize)]
struct Waits {
    source: Text,
    id: Text,
    /// What the correction itself is called.
    by: Text,
    /// When it was learnt, by log time.
    learnt: Moment,
    /// Whether it was told, and on which shipments.
    told: Option<Vec<Finding>>,
}

impl Loose {
    /// An event has come: what it corrects may not be known, and it may be what another one corrects.
    pub(crate) fn hear(
        &mut self,
        event: &Event,
        has_come: impl Fn(&str, &str) -> bool,
        mail: &mut Mail<'_>,
    ) {
        if let Fact::ShipmentCorrected(c) | Fact::OrderCorrected(c) | Fact::DeviceCorrected(c) =
            &event.fact
        {
            let (source, id, by) = (c.source.clone(), c.id.clone(), event.id.clone());
            self.0.push(Waits { source, id, by, learnt: mail.now, told: None });
        }
        for met in self.0.extract_if(.., |waits| has_come(&waits.source, &waits.id)) {
            for finding in met.told.into_iter().flatten() {
                mail.over(finding, State::Withdrawn);
            }
        }
    }

    /// When the next one has waited long enough.
    pub(crate) fn due(&self, numbers: &Numbers) -> Option<Moment> {
        let waits = self.0.iter().filter(|waits| waits.told.is_none());
        waits.map(|waits| waits.learnt + numbers.correction_waits).min()
    }

    /// Tells those that have waited long enough on these shipments.
    pub(crate) fn tell(
        &mut self,
        numbers: &Numbers,
        concerned: &[ShipmentId],
        mail: &mut Mail<'_>,
    ) {
        for waits in self.0.iter_mut().filter(|waits| waits.told.is_none()) {
            if waits.learnt + numbers.correction_waits <= mail.now {
                let Waits { source, id, by, .. } = &*waits;
                let told = concerned
                    .iter()
                    .map(|shipment| mail.corrects_nothing(shipment, (source, id), by));
                waits.told = Some(told.collect());
            }
        }
    }
}
