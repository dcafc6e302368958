//! What a service brings to the loop, and what the loop shows of it.

use crate::local::lock;
use crate::log::{Draft, Record};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// Why a partition cannot go on in this process, whatever is tried again: a person must look.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Halt(pub String);

/// One service: how a partition of it begins.
pub trait Stage: Sync {
    /// One partition's state.
    type Life: Life;
    /// Whether what it does with a record depends on the records before it. If not, it begins where its group
    /// has come to, with the note that stands there; if so, at a snapshot or at the very beginning.
    fn remembers(&self) -> bool {
        true
    }
    /// The form of its images: a snapshot of another form is not read.
    fn form(&self) -> u64 {
        0
    }
    /// The beginning of a partition.
    fn begin(&self, partition: u16, note: &str) -> Result<Self::Life, Halt>;
    /// A partition as an image has it; an image that cannot be used is passed over.
    fn resume(&self, partition: u16, image: &[u8]) -> Result<Self::Life, String>;
}

/// What one partition shows of itself: metric, label, value.
pub type Gauge = (&'static str, &'static str, i64);

/// One partition of one service.
pub trait Life {
    /// Takes one record in; what follows is put behind `out`.
    fn take(&mut self, record: &Record, out: &mut Vec<Draft>) -> Result<(), Halt>;
    /// The whole state as bytes; `None` where there is none.
    fn image(&mut self) -> Option<Vec<u8>> {
        None
    }
    /// What is noted with a commit: its counts.
    fn note(&self) -> String {
        String::new()
    }
    /// A stroke of the clock for its own partition, at that time.
    fn stroke(&self, _now: i64) -> Option<Draft> {
        None
    }
    /// The next moment at which time alone changes something, by the clock that its strokes tell; `None`: never.
    fn due(&self) -> Option<i64> {
        None
    }
    /// A record that says nothing: its acknowledgement tells the log's time.
    fn asks_the_time(&self) -> Option<Draft> {
        None
    }
    /// A record that it sends now and then, whether or not anything happens.
    fn sign_of_life(&mut self, _now: i64, _position: u64, _end: u64) -> Option<Draft> {
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
pub struct Sight {
    /// The next offset that it takes.
    pub position: u64,
    /// The end of the partition, as far as it is known.
    pub end: u64,
    /// Up to where it is worked off.
    pub committed: u64,
    /// Whether it still reads what was worked off before.
    pub refolding: bool,
    /// When its last snapshot was kept, by the clock of the process.
    pub snapshot: Option<i64>,
    /// What the service shows.
    pub gauges: Vec<Gauge>,
}

/// What is to be seen of one service in this process. The loop writes, doors and metrics read.
#[derive(Debug, Default)]
pub struct Watch(Mutex<Seen>);

/// All of it, at one moment.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// Its partitions in this process.
    pub partitions: BTreeMap<u16, Sight>,
    /// Partitions of its share that have not begun, or begin again.
    pub waiting: BTreeSet<u16>,
    /// Whether it has ever been given its share.
    pub joined: bool,
    /// When the loop came round last.
    pub turned: Option<Instant>,
    /// Lives that were begun.
    pub lives: u64,
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
    pub struck: Option<i64>,
    /// Strokes that were not made because clocks differ.
    pub strokes_refused: u64,
    /// Why it ended, if it has.
    pub ended: Option<String>,
}

impl Watch {
    /// As it is now.
    pub fn seen(&self) -> Seen {
        lock(&self.0).clone()
    }
    /// Notes that the service has ended, and why.
    pub fn end(&self, reason: &str) {
        self.note(|seen| seen.ended = Some(reason.to_owned()));
    }
    pub(crate) fn note<T>(&self, change: impl FnOnce(&mut Seen) -> T) -> T {
        change(&mut lock(&self.0))
    }
}
