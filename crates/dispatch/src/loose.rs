//! Corrections that name something of which nothing has come. They may have overtaken it; after a while that is told.

use crate::rules::DispatchParameters;
use crate::sink::RouteSink;
use alloc::vec::Vec;
use facts::{
    DeviceFact, Event, Fact, Finding, Moment, OrderFact, ShipmentFact, ShipmentId, ShortText, State,
};
use serde::{Deserialize, Serialize};

/// The corrections about one subject that have met nothing yet.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Loose(Vec<Waits>);

/// What a correction names.
#[derive(Debug, Serialize, Deserialize)]
struct Waits {
    source: ShortText,
    id: ShortText,
    /// What the correction itself is called: its source and its id.
    by: (ShortText, ShortText),
    /// When it was learnt, by log time.
    learnt: Moment,
    /// Whether it has waited long enough, and nobody was concerned then.
    late: bool,
    /// Whether it was told, and on which shipments.
    told: Option<Vec<Finding>>,
}

impl Loose {
    /// An event has come, for the first time or once more. Nothing may be known of what it corrects, or it is what another
    /// correction was waiting for.
    pub(crate) fn hear(
        &mut self,
        event: &Event,
        is_new: bool,
        has_come: impl Fn(&str, &str) -> bool,
        sink: &mut RouteSink<'_>,
    ) {
        self.take_back(|waits| (&waits.source, &waits.id) == (&event.source, &event.id), sink);
        if !is_new {
            return;
        }
        if let Fact::Shipment(ShipmentFact::ShipmentCorrected(c))
        | Fact::Order(OrderFact::OrderCorrected(c))
        | Fact::Device(DeviceFact::DeviceCorrected(c)) = &event.fact
        {
            // Whoever takes a correction back corrects nothing by it any more.
            let taken_back = (c.source.clone(), c.id.clone());
            self.take_back(|waits| waits.by == taken_back, sink);
            let (source, id) = taken_back;
            if !has_come(&source, &id) {
                let by = (event.source.clone(), event.id.clone());
                self.0.push(Waits { source, id, by, learnt: sink.now, late: false, told: None });
            }
        }
    }

    fn take_back(&mut self, which: impl Fn(&Waits) -> bool, sink: &mut RouteSink<'_>) {
        for met in self.0.extract_if(.., |waits| which(waits)) {
            for finding in met.told.into_iter().flatten() {
                sink.over(finding, State::Withdrawn);
            }
        }
    }

    /// When the next one has waited long enough.
    pub(crate) fn next_deadline(&self, numbers: &DispatchParameters) -> Option<Moment> {
        let waits = self.0.iter().filter(|waits| !waits.late && waits.told.is_none());
        waits.map(|waits| waits.learnt + numbers.correction_waits).min()
    }

    /// Tells those that have waited long enough on these shipments; where nobody is concerned, when somebody is.
    pub(crate) fn tell(
        &mut self,
        numbers: &DispatchParameters,
        concerned: &[ShipmentId],
        sink: &mut RouteSink<'_>,
    ) {
        for waits in self.0.iter_mut().filter(|waits| waits.told.is_none()) {
            if waits.learnt + numbers.correction_waits <= sink.now {
                waits.late = true;
                if concerned.is_empty() {
                    continue;
                }
                let Waits { source, id, by, .. } = &*waits;
                let told = concerned
                    .iter()
                    .map(|shipment| sink.corrects_nothing(shipment, (source, id), &by.1));
                waits.told = Some(told.collect());
            }
        }
    }
}
