//! One partition in the loop: what it has taken, what of that is acknowledged, what may be committed.

use crate::log::{Ack, Committed, NewRecord, Record, Unwritten, WriteId};
use crate::processor::{FatalError, PartitionProcessor};
use crate::snapshots::Snapshot;
use std::collections::VecDeque;
use std::time::Instant;

/// A clock that differs from the log's by more milliseconds than this strikes nothing.
pub(crate) const MOST_SKEW: i64 = 2_000;

/// The mark of writes that no input caused: strokes and signs of life.
pub(crate) const OWN: u64 = u64::MAX;

/// A partition at work.
pub(crate) struct Running<L> {
    pub(crate) processor: L,
    partition: u16,
    number: u32,
    /// The next offset that it takes.
    pub(crate) position: u64,
    /// What lies before was worked off by an earlier life: it is folded again, silently.
    pub(crate) committed_at_start: u64,
    pub(crate) committed: u64,
    /// Whether a hole in the offsets is a fault: where every record counts.
    strict: bool,
    marks: VecDeque<Mark>,
    first: u64,
    /// What it has taken last.
    last: Option<Record>,
    /// Taken, and waiting for what it says to be committed.
    pub(crate) snapshot: Option<Snapshot>,
    pub(crate) saved: u64,
    /// When that was, by the clock of the process.
    pub(crate) saved_at: Option<i64>,
    /// Where its partition ends, as far as it is known.
    pub(crate) end: u64,
    pub(crate) snapshot_due: Instant,
    pub(crate) failed: Option<String>,
    /// What it says can never be written: the place, and the log's reason.
    pub(crate) unwritable: Option<String>,
    /// It is asked back: it takes nothing more, and waits for what it has written.
    pub(crate) leaving: bool,
    pub(crate) ticker: Ticker,
}

/// What its striker knows.
#[derive(Debug, Default)]
pub(crate) struct Ticker {
    pub(crate) last: i64,
    /// How far the log's clock and ours differed when the last answer came.
    pub(crate) skew: Option<i64>,
    pub(crate) probed_at: Option<Instant>,
    pub(crate) last_heartbeat: i64,
    /// Own writes that are not answered, and when the first of them was sent.
    open: usize,
    sent: Option<Twice>,
    /// When the last of them was answered.
    heard: Option<Twice>,
}

/// One moment by two clocks: the group's, which may be set, and that of the process, which only goes forward.
type Twice = (i64, Instant);

/// By how much the group's clock was set between two moments.
fn set_by((from, began): Twice, (to, at): Twice) -> i64 {
    let passed = i64::try_from((at - began).as_millis()).unwrap_or(i64::MAX);
    (to - from).saturating_sub(passed)
}

impl Ticker {
    /// A write of our own goes out.
    pub(crate) fn sends(&mut self, now: Twice) {
        if self.open == 0 {
            self.sent = Some(now);
        }
        self.open += 1;
    }

    /// Whether the log has answered so lately that our clock cannot have been set unnoticed.
    pub(crate) fn knows_the_time(&self, now: Twice, longest: i64) -> bool {
        let lately = |heard: Twice| (0..=longest).contains(&(now.0 - heard.0));
        self.heard.is_some_and(|heard| lately(heard) && set_by(heard, now).abs() <= MOST_SKEW)
    }

    /// The log's stamp lies between sending and hearing, or our clock differs from the log's. A clock that was set
    /// between the two would have any stamp lie there.
    fn hears(&mut self, appended: i64, now: i64, at: Instant) {
        self.open = self.open.saturating_sub(1);
        (self.heard, self.probed_at) = (Some((now, at)), None);
        let sent = self.sent.unwrap_or((now, at));
        self.skew = match appended {
            _ if set_by(sent, (now, at)).abs() > MOST_SKEW => None,
            stamp if stamp < sent.0 => Some(sent.0 - stamp),
            stamp if stamp > now => Some(now - stamp),
            _ => Some(0),
        };
        // Asked and refused: not at once again.
        if self.skew.is_some_and(|skew| skew.abs() > MOST_SKEW) {
            self.probed_at = Some(at);
        }
    }
}

/// A point up to which everything can be committed once nothing is open.
struct Mark {
    position: u64,
    open: usize,
    last: u64,
    note: String,
}

impl<L: PartitionProcessor> Running<L> {
    pub(crate) fn new(
        processor: L,
        (partition, number): (u16, u32),
        position: u64,
        worked_off: u64,
        strict: bool,
        snapshot_due: Instant,
    ) -> Self {
        Self {
            processor,
            partition,
            number,
            position,
            committed_at_start: worked_off,
            committed: worked_off,
            strict,
            marks: VecDeque::new(),
            first: 0,
            last: None,
            snapshot: None,
            saved: position,
            saved_at: None,
            end: position,
            snapshot_due,
            failed: None,
            unwritable: None,
            leaving: false,
            ticker: Ticker::default(),
        }
    }

    /// Takes one record in. What was worked off before is said a second time by nobody.
    pub(crate) fn take(
        &mut self,
        record: Record,
        new_records: &mut Vec<(WriteId, NewRecord)>,
        room: &mut Vec<NewRecord>,
    ) -> Result<(), FatalError> {
        if record.offset < self.position || self.failed.is_some() || self.leaving {
            return Ok(());
        }
        if self.strict && record.offset > self.position {
            return Err(FatalError(format!(
                "partition {}: offset {} follows {}: records are missing from the log",
                self.partition, record.offset, self.position
            )));
        }
        self.processor.process(&record, room)?;
        self.position = record.offset + 1;
        let silent = record.offset < self.committed_at_start;
        self.last = Some(record);
        if silent {
            room.clear();
            return Ok(());
        }
        let write_id = self.write_id(self.first + self.marks.len() as u64);
        new_records.extend(room.drain(..).map(|new_record| (write_id, new_record)));
        Ok(())
    }

    pub(crate) fn write_id(&self, mark: u64) -> WriteId {
        WriteId { partition: self.partition, generation: self.number, mark }
    }

    /// Sets a point behind what was taken; `open` writes belong to it.
    pub(crate) fn mark(&mut self, open: usize) {
        let last = self.marks.back().map_or(self.committed, |mark| mark.position);
        if self.position > last {
            let (note, last) =
                (self.processor.note(), self.last.as_ref().map_or(0, Record::fingerprint));
            self.marks.push_back(Mark { position: self.position, open, last, note });
        }
    }

    /// An answer, heard then by the group's clock and by ours; one to another life is none of ours.
    pub(crate) fn answer(&mut self, ack: &Ack, now: i64, at: Instant) {
        if ack.write_id.generation != self.number {
            return;
        }
        match &ack.placed {
            Err(Unwritten::Unknown(reason)) => self.failed = Some(reason.clone()),
            Err(Unwritten::Never(reason)) => {
                let mark = self.open_mark(ack.write_id.mark).map(|mark| mark.position);
                let before = mark.unwrap_or(self.position);
                self.unwritable = Some(format!(
                    "what follows from partition {} before offset {before} can never be written: {reason}",
                    self.partition
                ));
            }
            Ok(placed) if ack.write_id.mark == OWN => self.ticker.hears(placed.appended, now, at),
            Ok(_) => {
                if let Some(mark) = self.open_mark(ack.write_id.mark) {
                    mark.open = mark.open.saturating_sub(1);
                }
            }
        }
    }

    fn open_mark(&mut self, number: u64) -> Option<&mut Mark> {
        let at = number.checked_sub(self.first)?;
        self.marks.get_mut(usize::try_from(at).ok()?)
    }

    /// Up to where everything is acknowledged, if that is further than before.
    pub(crate) fn commit_point(&mut self) -> Option<Committed> {
        let mut point = None;
        while self.failed.is_none() && self.marks.front().is_some_and(|mark| mark.open == 0) {
            self.first += 1;
            point = self.marks.pop_front();
        }
        point.map(|Mark { position, last, note, .. }| Committed { offset: position, last, note })
    }

    /// Writes that are not answered yet.
    pub(crate) fn open(&self) -> usize {
        self.marks.iter().map(|mark| mark.open).sum()
    }

    /// Whether something was taken that is not committed.
    pub(crate) fn uncommitted(&self) -> bool {
        !self.marks.is_empty()
    }

    pub(crate) fn catching_up(&self) -> bool {
        self.position < self.committed_at_start
    }

    /// The image, once everything in it is committed.
    pub(crate) fn ripe(&mut self) -> Option<Snapshot> {
        let committed = self.committed;
        let ripe = self.snapshot.take_if(|image| image.offset <= committed)?;
        assert!(ripe.offset <= self.committed, "a snapshot is never ahead of what is committed");
        Some(ripe)
    }
}
