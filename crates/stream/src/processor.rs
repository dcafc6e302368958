//! What a service brings to the loop, and what the loop shows of it.

use crate::local::lock;
use crate::log::{NewRecord, Record};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// Why a partition cannot go on in this process, whatever is tried again: a person must look.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct FatalError(pub String);

/// One service: how a partition of it begins.
pub trait ProcessorFactory: Sync {
    /// One partition's state.
    type Processor: PartitionProcessor;
    /// Whether what it does with a record depends on the records before it. If not, it begins where its group
    /// has come to, with the note that stands there; if so, at a snapshot or at the very beginning.
    fn is_stateful(&self) -> bool {
        true
    }
    /// The form of its images: a snapshot of another form is not read.
    fn format_id(&self) -> u64 {
        0
    }
    /// The beginning of a partition.
    fn begin(&self, partition: u16, note: &str) -> Result<Self::Processor, FatalError>;
    /// A partition as an image has it; an image that cannot be used is passed over.
    fn resume(&self, partition: u16, image: &[u8]) -> Result<Self::Processor, String>;
}

/// What one partition shows of itself: metric, label, value.
pub type Gauge = (&'static str, &'static str, i64);

/// One partition of one service.
pub trait PartitionProcessor {
    /// Takes one record in; what follows is put behind `out`.
    fn process(&mut self, record: &Record, out: &mut Vec<NewRecord>) -> Result<(), FatalError>;
    /// The whole state as bytes; `None` where there is none.
    fn snapshot(&mut self) -> Option<Vec<u8>> {
        None
    }
    /// What is noted with a commit: its counts.
    fn note(&self) -> String {
        String::new()
    }
    /// A stroke of the clock for its own partition, at that time.
    fn tick(&self, _now: i64) -> Option<NewRecord> {
        None
    }
    /// The next moment at which time alone changes something, by the clock that its strokes tell; `None`: never.
    fn next_deadline(&self) -> Option<i64> {
        None
    }
    /// A record that says nothing: its acknowledgement tells the log's time.
    fn clock_probe(&self) -> Option<NewRecord> {
        None
    }
    /// A record that it sends now and then, whether or not anything happens.
    fn heartbeat(&mut self, _now: i64, _position: u64, _end: u64) -> Option<NewRecord> {
        None
    }
    /// Whether something follows from the record that it took last for which somebody waits.
    fn tells(&self) -> bool {
        false
    }
    /// What it shows.
    fn gauges(&self) -> Vec<Gauge> {
        Vec::new()
    }
}

/// Who is told by which service, and for how many milliseconds, a record had waited in the log when what follows from it was said.
pub type Waited = Arc<dyn Fn(&'static str, i64) + Send + Sync>;

/// What is to be seen of one partition.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartitionStatus {
    /// The next offset that it takes.
    pub position: u64,
    /// The end of the partition, as far as it is known.
    pub end: u64,
    /// Up to where it is worked off.
    pub committed: u64,
    /// Whether it still reads what was worked off before.
    pub catching_up: bool,
    /// When its last snapshot was kept, by the clock of the process.
    pub snapshot: Option<i64>,
    /// What the service shows.
    pub gauges: Vec<Gauge>,
}

/// What is to be seen of one service in this process. The loop writes, doors and metrics read.
#[derive(Debug, Default)]
pub struct Monitor(Mutex<ServiceStatus>);

/// All of it, at one moment.
#[derive(Debug, Clone, Default)]
pub struct ServiceStatus {
    /// Its partitions in this process.
    pub partitions: BTreeMap<u16, PartitionStatus>,
    /// Partitions of its share that have not begun, or begin again.
    pub waiting: BTreeSet<u16>,
    /// Whether it has ever been given its share.
    pub joined: bool,
    /// When the loop came round last.
    pub polled_at: Option<Instant>,
    /// Lives that were begun.
    pub starts: u64,
    /// Lives that ended by an error.
    pub failed: u64,
    /// The last such error.
    pub reason: Option<String>,
    /// Snapshots that could not be written.
    pub snapshots_failed: u64,
    /// Snapshots at which a partition began.
    pub snapshots_used: u64,
    /// Snapshots that were passed over.
    pub snapshots_refused: u64,
    /// The last stroke that every partition here has made, in milliseconds of the group's clock.
    pub ticked: Option<i64>,
    /// Strokes that were not made because clocks differ.
    pub ticks_refused: u64,
    /// Why it ended, if it has.
    pub ended: Option<String>,
}

impl Monitor {
    /// As it is now.
    pub fn status(&self) -> ServiceStatus {
        lock(&self.0).clone()
    }
    /// Notes that the service has ended, and why.
    pub fn end(&self, reason: &str) {
        self.note(|seen| seen.ended = Some(reason.to_owned()));
    }
    pub(crate) fn note<T>(&self, change: impl FnOnce(&mut ServiceStatus) -> T) -> T {
        change(&mut lock(&self.0))
    }
}
