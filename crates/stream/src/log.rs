//! What a backing offers.
//!
//! A topic has partitions; a partition is an ordered list of records, each at its offset, from 0 on
//! without holes. A group shares a topic's partitions out among its members and keeps, for each of them,
//! up to where it was worked off.

use crate::error::StreamError;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Duration;

/// Milliseconds since 1970, as somebody counts them: this machine, or a test, or a demonstration.
pub type Clock = Arc<dyn Fn() -> i64 + Send + Sync>;

/// The clock of this machine.
pub fn wall_clock() -> Clock {
    Arc::new(|| {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    })
}

/// A topic that is to be there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicSpec {
    /// Its name.
    pub name: String,
    /// How many partitions it has, for ever.
    pub partitions: u16,
    /// Whether its records carry the time at which the log took them, not the one that the writer gave.
    pub stamped_by_log: bool,
}

impl TopicSpec {
    /// A topic that is there must have as many partitions as are asked for; `false`: it need not be made.
    ///
    /// # Errors
    ///
    /// `Configuration`: it has another number of them.
    pub fn fits(&self, there: usize) -> Result<bool, StreamError> {
        match usize::from(self.partitions) == there {
            true => Ok(false),
            false => Err(StreamError::Configuration(format!(
                "topic `{}` has {there} partitions, and {} are asked for: their number is fixed for ever",
                self.name, self.partitions
            ))),
        }
    }
}

/// A record that is to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRecord {
    /// To which topic.
    pub topic: Arc<str>,
    /// To which partition.
    pub partition: u16,
    /// What it is about.
    pub key: Vec<u8>,
    /// What it says.
    pub value: Vec<u8>,
}

/// A record that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its place in its partition.
    pub offset: u64,
    /// When it was taken, by the log's clock, in milliseconds since 1970.
    pub appended: i64,
    /// What it is about.
    pub key: Vec<u8>,
    /// What it says.
    pub value: Vec<u8>,
}

impl Record {
    /// A name by what it is and when it was taken, never 0: at the same place of a topic that was made anew, or of a
    /// partition that was cut and has grown again, stands a record that is called otherwise.
    pub fn fingerprint(&self) -> u64 {
        let key = self.key.len() as u64;
        let hash = Sha256::new()
            .chain_update(self.appended.to_le_bytes())
            .chain_update(key.to_le_bytes())
            .chain_update(&self.key)
            .chain_update(&self.value)
            .finalize();
        hash.iter().take(8).fold(0, |n, byte| n << 8 | u64::from(*byte)).max(1)
    }
}

/// Whose write it was: comes back with its acknowledgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WriteId {
    /// The input partition.
    pub partition: u16,
    /// Which life of that partition in this process.
    pub generation: u32,
    /// Which commit point of that life.
    pub mark: u64,
}

/// Where a record was put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Placed {
    /// Its offset.
    pub offset: u64,
    /// When, by the log's clock.
    pub appended: i64,
}

/// The answer to one write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ack {
    /// Whose.
    pub write_id: WriteId,
    /// Where it is, or why it is not known to be anywhere.
    pub placed: Result<Placed, Unwritten>,
}

/// Why a record is not known to be anywhere.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unwritten {
    /// It may have landed, and may yet land.
    #[error("{0}")]
    Unknown(String),
    /// The log will never take it as it is, however often it is written.
    #[error("{0}")]
    Never(String),
}

impl From<String> for Unwritten {
    fn from(reason: String) -> Self {
        Self::Unknown(reason)
    }
}

/// Up to where a group has worked a partition off.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Committed {
    /// The next offset.
    pub offset: u64,
    /// What the record before it is called, by [`Record::fingerprint`]; 0 where that is not known.
    pub last: u64,
    /// What the service noted with it: its counts.
    pub note: String,
}

/// Hexadecimal digits of what a record is called.
const DIGITS: usize = 16;

impl Committed {
    /// What a log keeps beside the offset: what the last record is called, a space, the note.
    pub fn text(&self) -> String {
        format!("{:0DIGITS$x} {}", self.last, self.note)
    }

    /// The point that such a text belongs to. One without a name is all note.
    pub fn read(offset: u64, text: &str) -> Self {
        let named = text.split_once(' ').filter(|(name, _)| name.len() == DIGITS);
        let named =
            named.and_then(|(name, note)| Some((u64::from_str_radix(name, 16).ok()?, note)));
        let (last, note) = named.unwrap_or((0, text));
        Self { offset, last, note: note.to_owned() }
    }
}

/// What a member of a group learns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConsumerEvent {
    /// These partitions are its own; each is read once [`GroupConsumer::seek`] says from where.
    Assigned(Vec<u16>),
    /// These are asked back: finish, commit, [`GroupConsumer::release`].
    Revoked(Vec<u16>),
    /// These are gone already: nothing may be committed for them.
    Lost(Vec<u16>),
    /// A record of one of its partitions.
    Record(u16, Record),
}

/// A log.
pub trait Log: Send + Sync {
    /// Makes a topic; `false` if it was there, with as many partitions.
    fn create(&self, topic: &TopicSpec) -> Result<bool, StreamError>;
    /// How many partitions a topic has; `None` if there is no such topic.
    fn partitions(&self, topic: &str) -> Result<Option<u16>, StreamError>;
    /// The partitions of a topic that can be neither read nor written now, because no broker leads them. A log without
    /// brokers has none.
    fn without_leader(&self, _topic: &str) -> Result<Vec<u16>, StreamError> {
        Ok(Vec::new())
    }
    /// The offsets that a partition holds.
    fn range(&self, topic: &str, partition: u16) -> Result<Range<u64>, StreamError>;
    /// Up to where a group has come, for each partition in which it has.
    fn committed(&self, group: &str, topic: &str) -> Result<BTreeMap<u16, Committed>, StreamError>;
    /// Writes; the answers come one by one. What goes to one partition keeps its order.
    fn append(&self, new_records: Vec<(WriteId, NewRecord)>, answers: &Sender<Ack>);
    /// Becomes a member of a group; `instance` keeps a member's partitions over a quick restart.
    fn join(
        &self,
        group: &str,
        topic: &str,
        instance: Option<&str>,
    ) -> Result<Box<dyn GroupConsumer>, StreamError>;
    /// Reads partitions from given places on, in no group.
    fn read(&self, topic: &str, from: &[(u16, u64)]) -> Result<Box<dyn Reader>, StreamError>;
}

/// A member of a group.
pub trait GroupConsumer: Send {
    /// Waits at most that long for something to happen.
    fn poll(&mut self, wait: Duration, to: &mut Vec<ConsumerEvent>) -> Result<(), StreamError>;
    /// Reads an assigned partition from there on; asked again, it goes back.
    fn seek(&mut self, partition: u16, from: u64) -> Result<(), StreamError>;
    /// Notes how far its partitions are worked off.
    fn commit(&mut self, points: &[(u16, Committed)]) -> Result<(), StreamError>;
    /// Where its partitions end, as far as it knows without asking at length.
    fn high_watermarks(&mut self) -> BTreeMap<u16, u64>;
    /// Gives revoked partitions back.
    fn release(&mut self, partitions: &[u16]) -> Result<(), StreamError>;
    /// Leaves the group, so that others take over at once.
    fn leave(&mut self) -> Result<(), StreamError>;
}

/// A reader in no group.
pub trait Reader: Send {
    /// Waits at most that long for records.
    fn poll(&mut self, wait: Duration, to: &mut Vec<(u16, Record)>) -> Result<(), StreamError>;
}
