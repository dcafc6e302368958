//! A thread that writes, so that the loop, which judges all partitions of a service, waits for no store.
//!
//! Of each partition one waits at most: a newer one takes the place of an older. What could not be written is said when
//! the next one of that partition is brought. It never gives up: the next one is tried again.

use super::store::SnapshotStore;
use super::{Snapshot, put};
use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What the last one waits for what is not written yet.
pub(super) const LAST: Duration = Duration::from_secs(10);

pub(super) struct BackgroundWriter {
    queue: Arc<Queue>,
    last: Duration,
}

/// What lies between those who bring and the one who writes.
struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// In the order in which their partitions came, so that none waits for ever.
    waiting: VecDeque<Waiting>,
    /// Partitions of which the last one could not be written, and why.
    failed: BTreeMap<String, String>,
    /// Nothing more is brought.
    closed: bool,
    /// The thread has gone, if only by a panic.
    ended: bool,
}

struct Waiting {
    place: String,
    format_id: u64,
    snapshot: Snapshot,
}

impl BackgroundWriter {
    pub(super) fn start(shelf: Arc<dyn SnapshotStore>, last: Duration) -> io::Result<Self> {
        let desk = Arc::new(Queue { state: Mutex::default(), changed: Condvar::new() });
        let own = Ended(desk.clone());
        let name = "snapshots".to_owned();
        std::thread::Builder::new().name(name).spawn(move || own.0.write_all(&*shelf))?;
        Ok(Self { queue: desk, last })
    }

    /// Takes one to be written. That it is taken is all that can be said of it now; an error is that of the one before.
    pub(super) fn take(&self, place: String, format_id: u64, snapshot: Snapshot) -> io::Result<()> {
        let mut state = self.queue.state();
        if state.ended {
            return Err(io::Error::other("the thread that writes snapshots has ended"));
        }
        let before = state.failed.remove(&place);
        let next = Waiting { place, format_id, snapshot };
        let waits = state.waiting.iter_mut().find(|waiting| waiting.place == next.place);
        let slow = waits.is_some();
        match waits {
            Some(waiting) => *waiting = next,
            None => state.waiting.push_back(next),
        }
        self.queue.changed.notify_all();
        match before {
            Some(reason) => Err(io::Error::other(format!("the one before: {reason}"))),
            // Else nobody would see that what is kept grows old.
            None if slow => Err(io::Error::other(
                "the one before waits still to be written: the store is too slow",
            )),
            None => Ok(()),
        }
    }
}

impl Drop for BackgroundWriter {
    fn drop(&mut self) {
        let mut state = self.queue.state();
        state.closed = true;
        self.queue.changed.notify_all();
        let waits = |state: &mut State| !state.ended;
        let waited = self.queue.changed.wait_timeout_while(state, self.last, waits);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        // Nobody brings another one, to whom it could be said.
        if let Some((place, reason)) = state.failed.first_key_value() {
            let partitions = state.failed.len();
            tracing::error!(partitions, place, reason, "the last snapshots could not be kept");
        }
        if !state.ended {
            let seconds = self.last.as_secs();
            tracing::error!(seconds, "the last snapshots were not written in time");
        }
    }
}

impl Queue {
    /// Nothing that panics holds it.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_all(&self, shelf: &dyn SnapshotStore) {
        loop {
            let idle = |state: &mut State| state.waiting.is_empty() && !state.closed;
            let waited = self.changed.wait_while(self.state(), idle);
            let next = waited.unwrap_or_else(PoisonError::into_inner).waiting.pop_front();
            let Some(Waiting { place, format_id, snapshot }) = next else { return };
            if let Err(error) = put(shelf, &place, format_id, &snapshot) {
                self.state().failed.insert(place, error.to_string());
            }
        }
    }
}

/// Tells that the thread has gone, however it went.
struct Ended(Arc<Queue>);

impl Drop for Ended {
    fn drop(&mut self) {
        self.0.state().ended = true;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshots::Snapshots;
    use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::time::Instant;

    /// A shelf of names only, that tells of each write and then waits until it may go on, and fails where it is told to.
    struct Slow {
        told: Mutex<Sender<String>>,
        go_on: Mutex<Receiver<()>>,
        fails: AtomicBool,
        names: Mutex<Vec<String>>,
    }

    impl SnapshotStore for Slow {
        fn list(&self, _: &str) -> io::Result<Vec<String>> {
            Ok(Vec::new())
        }
        fn read(&self, _: &str, _: &str) -> io::Result<Vec<u8>> {
            Err(io::ErrorKind::NotFound.into())
        }
        fn write(&self, place: &str, name: &str, _: Vec<u8>) -> io::Result<()> {
            let name = format!("{place}/{}", name[..20].trim_start_matches('0'));
            let _ = self.told.lock().unwrap().send(name.clone());
            let _ = self.go_on.lock().unwrap().recv();
            if self.fails.load(SeqCst) {
                return Err(io::Error::other("full"));
            }
            self.names.lock().unwrap().push(name);
            Ok(())
        }
        fn remove(&self, _: &str, _: &str) -> io::Result<()> {
            Ok(())
        }
        fn describe(&self, file: &str) -> String {
            file.into()
        }
    }

    fn slow() -> (Arc<Slow>, Receiver<String>, Sender<()>) {
        let ((told, hears), (go_on, waits)) = (channel(), channel());
        let (told, go_on_) = (Mutex::new(told), Mutex::new(waits));
        let slow = Slow { told, go_on: go_on_, fails: false.into(), names: Mutex::default() };
        (Arc::new(slow), hears, go_on)
    }

    fn keep(all: &Snapshots, partition: u16, offset: u64) -> Result<(), String> {
        let snapshot = Snapshot { offset, state: vec![1] };
        all.save("thermal", partition, 7, snapshot).map_err(|error| error.to_string())
    }

    #[test]
    fn nobody_waits_for_a_shelf_that_stands_still_and_of_each_partition_the_newest_is_written() {
        let (shelf, hears, go_on) = slow();
        let all = Snapshots::in_background(shelf.clone()).unwrap();
        keep(&all, 0, 10).unwrap();
        assert_eq!(hears.recv().unwrap(), "thermal/0/10", "it is being written");
        for offset in [20, 30, 40] {
            for partition in [0, 1] {
                let said = keep(&all, partition, offset + u64::from(partition));
                assert_eq!(
                    said.is_ok(),
                    offset == 20,
                    "that one was not written is said: {said:?}"
                );
            }
        }
        assert_eq!(shelf.names.lock().unwrap().len(), 0, "and nobody has waited for that");
        (0..3).for_each(|_| go_on.send(()).unwrap());
        drop(all);
        let names = shelf.names.lock().unwrap().clone();
        assert_eq!(names, ["thermal/0/10", "thermal/0/40", "thermal/1/41"]);
    }

    #[test]
    fn what_could_not_be_written_is_said_at_the_next_of_its_partition_which_is_taken_all_the_same()
    {
        let (shelf, hears, go_on) = slow();
        shelf.fails.store(true, SeqCst);
        let all = Snapshots::in_background(shelf.clone()).unwrap();
        keep(&all, 0, 10).unwrap();
        hears.recv().unwrap();
        keep(&all, 1, 11).unwrap();
        go_on.send(()).unwrap();
        // When the second one is being written the first one has failed.
        assert_eq!(hears.recv().unwrap(), "thermal/1/11");
        shelf.fails.store(false, SeqCst);
        assert_eq!(keep(&all, 0, 20).unwrap_err(), "the one before: full");
        let again = keep(&all, 0, 30).unwrap_err();
        assert!(!again.contains("full"), "it is said once, and that 20 waits still: {again}");
        assert_eq!(keep(&all, 1, 21), Ok(()), "and of no other partition");
        drop(go_on);
        drop(all);
        let names = shelf.names.lock().unwrap().clone();
        assert_eq!(names, ["thermal/1/11", "thermal/0/30", "thermal/1/21"]);
    }

    #[test]
    fn the_last_one_waits_for_what_is_not_written_but_not_for_ever() {
        let (shelf, hears, go_on) = slow();
        let last = Duration::from_millis(20);
        let aside = BackgroundWriter::start(shelf.clone(), last).unwrap();
        let one = |offset| Snapshot { offset, state: vec![1] };
        aside.take("thermal/0".into(), 7, one(10)).unwrap();
        hears.recv().unwrap();
        let began = Instant::now();
        drop(aside);
        assert!(began.elapsed() >= last);
        assert_eq!(shelf.names.lock().unwrap().len(), 0, "it still stands");
        drop(go_on);
    }

    #[test]
    fn a_thread_that_has_ended_is_told() {
        struct Breaks;
        impl SnapshotStore for Breaks {
            fn list(&self, _: &str) -> io::Result<Vec<String>> {
                Ok(Vec::new())
            }
            fn read(&self, _: &str, _: &str) -> io::Result<Vec<u8>> {
                Err(io::ErrorKind::NotFound.into())
            }
            fn write(&self, _: &str, _: &str, _: Vec<u8>) -> io::Result<()> {
                panic!("on purpose")
            }
            fn remove(&self, _: &str, _: &str) -> io::Result<()> {
                Ok(())
            }
            fn describe(&self, file: &str) -> String {
                file.into()
            }
        }
        let all = Snapshots::in_background(Arc::new(Breaks)).unwrap();
        keep(&all, 0, 10).unwrap();
        let late = Instant::now() + Duration::from_secs(20);
        let ended = "the thread that writes snapshots has ended";
        while keep(&all, 0, 20) != Err(ended.into()) {
            assert!(Instant::now() < late, "it is told");
        }
        assert_eq!(keep(&all, 1, 20).unwrap_err(), ended);
    }
}
