//! The state of a partition as canonical bytes: explicit order, one form, so that two replicas, or a
//! replay and a service, can be compared by a hash.

use crate::partition::{PartitionConfig, PartitionState, Stop};
use crate::record::Counts;
use crate::{DedupTable, SequenceLinks};
use alloc::{string::String, string::ToString, vec::Vec};
use facts::{Engine, Moment, Rulebook, Subject};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The version of how a stage's state is framed: what stands before the values of its engine, in a fold and in the stage around it.
/// Whoever changes that, or what it means, raises it.
pub const FRAME: u32 = 1;

/// What stands before the values.
#[derive(Serialize, Deserialize)]
struct Header {
    dedup: DedupTable,
    links: SequenceLinks,
    now: Moment,
    rulebook: Option<String>,
    behaviour: u32,
    counts: Counts,
    values: u64,
    put_away: u64,
}

/// An image that cannot be read back.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// The bytes are not an image.
    #[error("not an image of this engine: {0}")]
    Bytes(String),
    /// The rules in it cannot be used.
    #[error(transparent)]
    Rules(#[from] Stop),
}

impl<E: Engine> PartitionState<E> {
    /// The whole state, values in the order of their ids.
    pub fn snapshot(&mut self) -> Result<Vec<u8>, SnapshotError> {
        let wrong = |e: postcard::Error| SnapshotError::Bytes(e.to_string());
        let head = Header {
            dedup: self.dedup.clone(),
            links: self.links.clone(),
            now: self.now,
            rulebook: self.rulebook.as_ref().map(Rulebook::json),
            behaviour: self.behaviour,
            counts: self.counts,
            values: self.store.len() as u64,
            put_away: self.store.all_put_away().len() as u64,
        };
        let mut bytes = postcard::to_allocvec(&head).map_err(wrong)?;
        for place in self.store.in_order() {
            let Some(slot) = self.store.slot(place) else { continue };
            bytes.extend(postcard::to_allocvec(&(&slot.key, &slot.value)).map_err(wrong)?);
        }
        for marked in self.store.all_put_away() {
            bytes.extend(postcard::to_allocvec(&marked).map_err(wrong)?);
        }
        Ok(bytes)
    }

    /// SHA-256 of the image.
    pub fn hash(&mut self) -> Result<[u8; 32], SnapshotError> {
        Ok(Sha256::digest(self.snapshot()?).into())
    }

    /// A fold that goes on where the image was taken.
    pub fn from_snapshot(role: PartitionConfig<E>, bytes: &[u8]) -> Result<Self, SnapshotError> {
        let wrong = |e: postcard::Error| SnapshotError::Bytes(e.to_string());
        let (head, mut rest): (Header, _) = postcard::take_from_bytes(bytes).map_err(wrong)?;
        let mut fold = PartitionState::new(role);
        (fold.dedup, fold.links, fold.now) = (head.dedup, head.links, head.now);
        (fold.behaviour, fold.counts) = (head.behaviour, head.counts);
        if let Some(json) = head.rulebook {
            let book = Rulebook::read(&json).map_err(|e| SnapshotError::Bytes(e.to_string()))?;
            fold.read_rules(&book, head.behaviour)?;
            fold.rulebook = Some(book);
        }
        for _ in 0..head.values {
            let ((key, value), after): ((Subject, Option<E>), _) =
                postcard::take_from_bytes(rest).map_err(wrong)?;
            fold.store.put(key, value);
            rest = after;
        }
        for _ in 0..head.put_away {
            let ((key, mark), after): ((Subject, u32), _) =
                postcard::take_from_bytes(rest).map_err(wrong)?;
            fold.store.was_put_away(key, mark);
            rest = after;
        }
        if !rest.is_empty() {
            return Err(SnapshotError::Bytes("bytes are left over".to_string()));
        }
        fold.arm_all();
        Ok(fold)
    }
}
