//! Ids that were written with characters that nobody sees. They were taken off where the report came in; here that is told, once for
//! each sender: a report that is written so every minute is one finding.

use crate::findings::words::hidden_characters as words;
use crate::sink::RouteSink;
use alloc::collections::BTreeMap;
use alloc::format;
use facts::{Event, Message, ShipmentId, ShortText, say};
use serde::{Deserialize, Serialize};

/// So many senders are told of one subject.
const MOST: usize = 20;

/// Who wrote ids of a subject so.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hidden {
    /// By sender what is to be told, until there is a shipment on which people look; nothing once it is told.
    senders: BTreeMap<ShortText, Option<Message>>,
}

impl Hidden {
    /// A report came, perhaps with something taken off its ids.
    pub(crate) fn note(&mut self, event: &Event) {
        let Some(taken) = &event.hidden else { return };
        if self.senders.len() >= MOST || self.senders.contains_key(&event.source) {
            return;
        }
        let subject = format!("{}", event.subject);
        let message = say!(words::HIDDEN, &event.source, &event.id, taken, subject);
        self.senders.insert(event.source.clone(), Some(message));
    }

    /// Whether there is anything to tell.
    pub(crate) fn is_to_tell(&self) -> bool {
        self.senders.values().any(Option::is_some)
    }

    /// Tells it on this shipment.
    pub(crate) fn tell(&mut self, shipment: &ShipmentId, sink: &mut RouteSink<'_>) {
        for message in self.senders.values_mut().filter_map(Option::take) {
            sink.hidden_characters(shipment, message);
        }
    }
}
