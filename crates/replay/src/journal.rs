//! A journal as lines: native events, each with its origin, its link, its identity and its place.

use crate::source::{Source, SourceError};
use facts::fact::log::{BehaviourSwitched, RulebookPublished, Tick};
use facts::{Event, Fact, Moment, ShortText, Subject, SubjectKind, SystemFact};
use pipeline::JournalRecord;
use pipeline::journal::JournalEntry;
use std::io::{self, Write};
use wire::lines::LineReader;
use wire::native::{self, DecodedEvent, Extensions};
use wire::{Code, Limits, Rejection};

/// Writes one record as a line.
pub fn write(to: &mut dyn Write, record: &JournalRecord) -> io::Result<()> {
    let mut beside = Extensions {
        origin: record.origin.clone(),
        after: record.after.clone(),
        partition: Some(record.partition),
        offset: Some(record.offset),
        ..Extensions::default()
    };
    let line = match &record.entry {
        JournalEntry::Fact(shipment, event) => {
            beside.shipment = Some(shipment.clone());
            native::write(event, &beside)
        }
        JournalEntry::Tick(now) => {
            native::write(&of_log(record, *now, Fact::System(SystemFact::Tick(Tick {}))), &beside)
        }
        JournalEntry::Rulebook(book) => {
            let published =
                RulebookPublished { hash: book.hash.clone(), book: ShortText::new(book.json()) };
            native::write(
                &of_log(
                    record,
                    Moment::EARLIEST,
                    Fact::System(SystemFact::RulebookPublished(published)),
                ),
                &beside,
            )
        }
        JournalEntry::Behaviour(number) => {
            let switched =
                Fact::System(SystemFact::BehaviourSwitched(BehaviourSwitched { number: *number }));
            native::write(&of_log(record, Moment::EARLIEST, switched), &beside)
        }
        JournalEntry::Genesis(genesis) => {
            let genesis = Fact::System(SystemFact::Genesis(genesis.clone()));
            native::write(&of_log(record, Moment::EARLIEST, genesis), &beside)
        }
        JournalEntry::Beside(event) => native::write(event, &beside),
    };
    to.write_all(line.as_bytes())?;
    to.write_all(b"\n")
}

fn of_log(record: &JournalRecord, at: Moment, fact: Fact) -> Event {
    let id = ShortText::new(format!("{}:{}", record.partition, record.offset));
    let subject = Subject::new(SubjectKind::Log, "journal");
    Event { source: ShortText::new("coldwatch"), id, subject, at, counts: None, hidden: None, fact }
}

/// Reads every record of a journal; what cannot be read is handed on as a rejection.
pub fn read<E: From<SourceError>>(
    source: Source,
    mut take: impl FnMut(Result<JournalRecord, Rejection>) -> Result<(), E>,
) -> Result<(), E> {
    // A rulebook stands in one line, and it is longer than an event.
    let limits = Limits::of_ours();
    let mut lines = LineReader::new(source.bytes, limits.clone());
    loop {
        let line = lines.line().map_err(|e| Source::failed(&source.name, e))?;
        let Some((number, line)) = line else { return Ok(()) };
        let record = line.and_then(|bytes| {
            native::read(bytes, &limits).and_then(|read| record(read).map_err(|r| r.keeping(bytes)))
        });
        take(record.map_err(|rejection| rejection.at(&source.name, number)))?;
    }
}

fn record(read: DecodedEvent) -> Result<JournalRecord, Rejection> {
    let missing = |member: &str| {
        let reason = format!("`{member}` is missing: this is no record of a journal");
        Rejection::new(Code::MissingMember, reason).member(format!("/{member}"))
    };
    let wrong = |member: &str, reason: &str| {
        Rejection::new(Code::BadValue, format!("`{member}` {reason}")).member(format!("/{member}"))
    };
    let partition = read.extensions.partition.ok_or_else(|| missing("partition"))?;
    let offset = read.extensions.offset.ok_or_else(|| missing("offset"))?;
    if partition >= pipeline::PARTITIONS {
        return Err(wrong("partition", "is beyond the 16 of a replay"));
    }
    if offset > u64::from(u32::MAX) << 16 {
        return Err(wrong("offset", "is no place that a journal can have"));
    }
    JournalRecord::read(partition, offset, read)
}
