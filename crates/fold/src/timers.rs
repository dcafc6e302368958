//! Who wants to be asked when. One lazy heap: an entry that is no longer true is moved on when its
//! moment comes, so that a reading costs nothing here.

use alloc::collections::BinaryHeap;
use alloc::vec::Vec;
use core::cmp::Reverse;
use facts::Moment;

/// Moments at which values are to be asked.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    heap: BinaryHeap<Reverse<(Moment, u32)>>,
}

impl Timers {
    /// Asks for a moment; `armed` is the earliest that stands for this place already.
    pub(crate) fn arm(&mut self, place: u32, due: Option<Moment>, armed: &mut Option<Moment>) {
        let Some(due) = due else { return };
        if armed.is_none_or(|armed| due < armed) {
            *armed = Some(due);
            self.heap.push(Reverse((due, place)));
        }
    }
    /// The earliest moment that may be due.
    pub(crate) fn next(&self) -> Option<Moment> {
        self.heap.peek().map(|Reverse((due, _))| *due)
    }
    /// Takes every entry of the earliest moment, if that is not after `now`.
    pub(crate) fn take(&mut self, now: Moment, places: &mut Vec<u32>) -> Option<Moment> {
        places.clear();
        let due = self.next().filter(|due| *due <= now)?;
        while let Some(Reverse((at, place))) =
            self.heap.peek().copied().filter(|Reverse((at, _))| *at == due)
        {
            debug_assert_eq!(at, due);
            self.heap.pop();
            places.push(place);
        }
        Some(due)
    }
}
