//! Time as this world counts it: no machine's clock is looked at.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};
use stream::Clock;

/// The true time, and the time that only goes forward, as a process feels it.
pub(crate) struct Hours {
    wall: AtomicI64,
    steady: AtomicU64,
    begun: Instant,
}

impl Hours {
    pub(crate) fn begin(wall: i64) -> Arc<Self> {
        let (wall, steady) = (AtomicI64::new(wall), AtomicU64::new(0));
        Arc::new(Self { wall, steady, begun: Instant::now() })
    }
    /// Milliseconds go by.
    pub(crate) fn pass(&self, ms: u32) {
        self.steady.fetch_add(u64::from(ms), Relaxed);
        self.wall.fetch_add(i64::from(ms), Relaxed);
    }
    /// Nothing happens until then.
    pub(crate) fn skip_to(&self, wall: i64) {
        self.wall.fetch_max(wall, Relaxed);
    }
    pub(crate) fn wall(&self) -> i64 {
        self.wall.load(Relaxed)
    }
    pub(crate) fn now(&self) -> Instant {
        self.begun + Duration::from_millis(self.steady.load(Relaxed))
    }
    /// A clock on somebody's wall, which may be wrong by so much.
    pub(crate) fn clock(self: &Arc<Self>, wrong_by: &Arc<AtomicI64>) -> Clock {
        let (hours, wrong_by) = (self.clone(), wrong_by.clone());
        Arc::new(move || hours.wall() + wrong_by.load(Relaxed))
    }
}
