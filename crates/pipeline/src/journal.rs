//! The journal as records: what dispatch writes, and what a replay plays again.

use crate::bytes;
use facts::fact::log::Genesis;
use facts::{Event, Fact, Moment, Origin, Rulebook, ShipmentId, Subject, SystemFact};
use fold::{InputRecord, Payload};
use wire::native::DecodedEvent;
use wire::{Code, Rejection};

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
    Rulebook(Rulebook),
    /// From here on this behaviour is in force.
    Behaviour(u32),
    /// What the log is, and the behaviour that it begins at.
    Genesis(Genesis),
    /// What the log says of itself and no engine hears.
    Beside(Box<Event>),
}

impl JournalRecord {
    /// A record of a partition, as it is kept.
    pub(crate) fn of(partition: u16, record: &InputRecord<Event>) -> Option<Self> {
        let entry = match &record.payload {
            Payload::Input { key, input: word } => {
                JournalEntry::Fact(key.shipment()?, Box::new(word.clone()))
            }
            Payload::Tick(now) => JournalEntry::Tick(*now),
            Payload::Rulebook(book) => JournalEntry::Rulebook(book.clone()),
            Payload::Behaviour(number) => JournalEntry::Behaviour(*number),
            Payload::Genesis(genesis) => JournalEntry::Genesis(genesis.clone()),
            Payload::Inputs { .. } | Payload::Ignored => return None,
        };
        let (offset, origin, after) = (record.offset, record.origin.clone(), record.after.clone());
        Some(Self { partition, offset, origin, after, entry })
    }

    /// What stands at a place of a journal.
    pub fn read(partition: u16, offset: u64, read: DecodedEvent) -> Result<Self, Rejection> {
        let DecodedEvent { event, extensions: beside } = read;
        let entry = match &event.fact {
            Fact::System(SystemFact::Tick(_)) => JournalEntry::Tick(event.at),
            Fact::System(SystemFact::RulebookPublished(published)) => {
                JournalEntry::Rulebook(bytes::book(published)?)
            }
            Fact::System(SystemFact::BehaviourSwitched(switched)) => {
                JournalEntry::Behaviour(switched.number)
            }
            Fact::System(SystemFact::Genesis(genesis)) => JournalEntry::Genesis(genesis.clone()),
            Fact::System(
                SystemFact::ClockProbe(_) | SystemFact::Heartbeat(_) | SystemFact::StateHash(_),
            ) => JournalEntry::Beside(Box::new(event)),
            _ => match beside.shipment {
                Some(shipment) => JournalEntry::Fact(shipment, Box::new(event)),
                None => {
                    let reason = "`shipment` is missing: this is no record of a journal";
                    return Err(Rejection::new(Code::MissingMember, reason).member("/shipment"));
                }
            },
        };
        Ok(Self { partition, offset, origin: beside.origin, after: beside.after, entry })
    }

    /// As a fold takes it.
    pub fn into_record(self) -> InputRecord<Event> {
        let Self { offset, origin, after, entry, .. } = self;
        let matter = match entry {
            JournalEntry::Fact(shipment, event) => {
                Payload::Input { key: Subject::from(&shipment), input: *event }
            }
            JournalEntry::Tick(now) => Payload::Tick(now),
            JournalEntry::Rulebook(book) => Payload::Rulebook(book),
            JournalEntry::Behaviour(number) => Payload::Behaviour(number),
            JournalEntry::Genesis(genesis) => Payload::Genesis(genesis),
            JournalEntry::Beside(_) => Payload::Ignored,
        };
        InputRecord { offset, origin, after, payload: matter }
    }

    /// The fact that it tells, and whose; `None` for what the log says of itself.
    pub fn fact(&self) -> Option<(&ShipmentId, &Event)> {
        match &self.entry {
            JournalEntry::Fact(shipment, event) => Some((shipment, event)),
            _ => None,
        }
    }
}
