//! What the routes share: the desk, fresh names, and what was sent already.

use super::idempotency::IdempotencyKeys;
use crate::desk::Desk;
use crate::pages::Frame;
use crate::read_model::{ReadModel, Trust};
use crate::refusal::Refusal;
use facts::Moment;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLockReadGuard, TryLockError};
use std::time::Duration;

pub(crate) type SharedState = Arc<DeskState>;

pub(crate) struct DeskState {
    pub(crate) desk: Desk,
    sent: Mutex<IdempotencyKeys>,
    /// Tells this process's names from those of every other.
    seed: u64,
    next: AtomicU64,
}

/// A board is written for some milliseconds at a time.
const LOOK_EVERY: Duration = Duration::from_millis(2);
/// After so many looks whoever asks is told to come again.
const LOOKS: u32 = 2_500;

fn broke() -> Refusal {
    Refusal::Unavailable(
        "the desk's board broke: start the desk again, it is made anew from the log".into(),
    )
}

impl DeskState {
    pub(crate) fn shared(desk: Desk) -> SharedState {
        let seed = RandomState::new().hash_one("desk");
        Arc::new(Self { desk, sent: Mutex::default(), seed, next: AtomicU64::new(0) })
    }

    pub(crate) fn now(&self) -> Moment {
        (self.desk.clock)()
    }

    /// The board, for whoever is on a thread that may wait. One whose writer broke down in the middle of a change is not shown: it
    /// might look fine.
    pub(crate) fn board(&self) -> Result<RwLockReadGuard<'_, ReadModel>, Refusal> {
        self.desk.board.read().map_err(|_| broke())
    }

    /// The same, for whoever is on a thread that answers others.
    pub(crate) async fn board_soon(&self) -> Result<RwLockReadGuard<'_, ReadModel>, Refusal> {
        for _ in 0..LOOKS {
            if let Some(board) = self.board_now()? {
                return Ok(board);
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        Err(Refusal::Unavailable("the board is being written: ask again".into()))
    }

    fn board_now(&self) -> Result<Option<RwLockReadGuard<'_, ReadModel>>, Refusal> {
        match self.desk.board.try_read() {
            Ok(board) => Ok(Some(board)),
            Err(TryLockError::Poisoned(_)) => Err(broke()),
            Err(TryLockError::WouldBlock) => Ok(None),
        }
    }

    pub(crate) fn trust(&self, board: &ReadModel, now: Moment) -> Trust {
        board.trust(now, &self.desk.freshness)
    }

    pub(crate) fn frame(&self, board: &ReadModel, now: Moment, here: &'static str) -> Frame {
        let frame = Frame::new(board, now, &self.desk.freshness, here);
        Frame { signed_in: self.desk.signed_in, ..frame }
    }

    /// A name that no act had before.
    pub(crate) fn fresh_name(&self) -> String {
        let n = self.next.fetch_add(1, Ordering::Relaxed);
        format!("{:x}-{:016x}-{n:x}", self.now().millis(), self.seed)
    }

    pub(crate) fn sent(&self) -> MutexGuard<'_, IdempotencyKeys> {
        // A list of names is never left half changed.
        self.sent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
