//! When an engine tells what its state is: so that two who have folded the same entries, two replicas or a replay and
//! a service, can be compared without one seeing the other's state.

use facts::fact::log::StateHash;
use facts::{Engine, ShortText};
use fold::PartitionState;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Entries between two.
const EVERY: u64 = 10_000;
/// A large state is told more rarely: an entry for each so many bytes of it, so that hashing stays a small part of
/// folding.
const BYTES: u64 = 64;

/// The next entry at which it is told. It depends on the entries alone, so all who fold them tell it at the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct States {
    next: u64,
}

impl Default for States {
    fn default() -> Self {
        Self { next: EVERY }
    }
}

impl States {
    /// The state behind this entry, if it is to be told here.
    pub(super) fn at<E: Engine>(
        &mut self,
        service: &str,
        offset: u64,
        fold: &mut PartitionState<E>,
    ) -> Option<StateHash> {
        if offset < self.next {
            return None;
        }
        let image = fold.snapshot().ok();
        let bytes = image.as_ref().map_or(0, |image| image.len() as u64);
        self.next = offset + EVERY.max(bytes / BYTES);
        let hash: String =
            Sha256::digest(image?).iter().map(|byte| format!("{byte:02x}")).collect();
        Some(StateHash {
            service: ShortText::new(service),
            offset,
            hash: ShortText::new(hash),
            bytes,
        })
    }
}
