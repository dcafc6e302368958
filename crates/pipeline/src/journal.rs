//! The journal as records: what dispatch writes, and what a replay plays again.

use facts::{Book, Event, Moment, Origin, ShipmentId};

/// One record of a journal partition.
#[derive(Debug, Clone)]
pub struct JournalRecord {
    /// Its partition.
    pub partition: u16,
    /// Its place there.
    pub offset: u64,
    /// What caused it.
    pub origin: Option<Origin>,
    /// What was attempted just before it to this partition by the same source.
    pub after: Option<Origin>,
    /// What it says.
    pub entry: JournalEntry,
}

/// What a journal record says.
#[derive(Debug, Clone)]
pub enum JournalEntry {
    /// A fact for a shipment.
    Fact(ShipmentId, Box<Event>),
    /// Time passed.
    Tick(Moment),
    /// From here on these rules are in force.
    Rulebook(Book),
    /// From here on this behaviour is in force.
    Behaviour(u32),
}

impl JournalRecord {
    /// The fact that it tells, and whose; `None` for what the log says of itself.
    pub fn fact(&self) -> Option<(&ShipmentId, &Event)> {
        match &self.entry {
            JournalEntry::Fact(shipment, event) => Some((shipment, event)),
            _ => None,
        }
    }
}
