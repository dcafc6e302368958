//! A watchdog for every partition of every service here: work that waits and does not move, and a loop that does not
//! come round. The process is unready first; after longer it ends, so that another takes its partitions over.
//!
//! An orchestrator that only asks `/livez` does not see one partition stand still behind fifteen that move.

use crate::config::{WatchdogConfig, duration};
use crate::live::Watched;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use stream::stage::{Seen, Sight};

/// What stands still now, as sentences; doors show it.
pub(crate) type Told = Arc<Mutex<Vec<String>>>;

/// Looks at what runs here, again and again.
pub(crate) struct Watchdog {
    unready: Duration,
    ends: Duration,
    begun: Instant,
    still: BTreeMap<(usize, u16), Still>,
    told: Told,
}

/// Where a partition was seen last, and since when it is there.
struct Still {
    at: (u64, u64),
    since: Instant,
}

impl Watchdog {
    /// From now on.
    pub(crate) fn new(config: &WatchdogConfig, told: Told, now: Instant) -> Self {
        let (unready, ends) = (duration(config.unready), duration(config.ends));
        Self { unready, ends, begun: now, still: BTreeMap::new(), told }
    }

    /// Looks once; says why the process must end, if it must.
    pub(crate) fn look(&mut self, watched: &[Watched], now: Instant) -> Option<String> {
        let seen: Vec<_> = watched.iter().map(|w| (w.service.name(), w.watch.seen())).collect();
        self.judge(&seen, now)
    }

    fn judge(&mut self, seen: &[(&str, Seen)], now: Instant) -> Option<String> {
        let (mut told, mut last) = (Vec::new(), None);
        for (n, (service, seen)) in seen.iter().enumerate() {
            let turned = now.saturating_duration_since(seen.turned.unwrap_or(self.begun));
            let round = (turned, format!("{service} has not come round"));
            let still = seen.partitions.iter().map(|(partition, sight)| {
                let waits = sight.end.saturating_sub(done(sight));
                let what = format!(
                    "{service} does not move in partition {partition}: it stands at {} and {waits} records wait",
                    sight.position
                );
                (self.stood((n, *partition), sight, now), what)
            });
            let still: Vec<_> = still.collect();
            for (long, what) in still.into_iter().chain([round]) {
                if long >= self.unready {
                    told.push(format!("{what}, for {} s", long.as_secs()));
                }
                if long >= self.ends {
                    last = last.or(told.last().cloned());
                }
            }
        }
        let here = |(n, partition): &(usize, u16)| {
            seen.get(*n).is_some_and(|(_, seen)| seen.partitions.contains_key(partition))
        };
        self.still.retain(|place, _| here(place));
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = told;
        last
    }

    /// For how long a partition has stood still with work before it.
    fn stood(&mut self, place: (usize, u16), sight: &Sight, now: Instant) -> Duration {
        let at = (sight.position, sight.committed);
        let still = self.still.entry(place).or_insert(Still { at, since: now });
        if still.at != at || sight.end <= done(sight) {
            *still = Still { at, since: now };
        }
        now.saturating_duration_since(still.since)
    }
}

/// Up to where nothing is left to do: what is folded again has not been reached, what is read not committed.
fn done(sight: &Sight) -> u64 {
    sight.position.min(sight.committed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use facts::Span;

    fn watchdog(now: Instant) -> Watchdog {
        let config = WatchdogConfig { unready: Span::seconds(30), ends: Span::seconds(300) };
        Watchdog::new(&config, Told::default(), now)
    }

    fn at(now: Instant, position: u64, committed: u64, end: u64) -> [(&'static str, Seen); 1] {
        let sight = Sight { position, committed, end, ..Sight::default() };
        let moves = Sight { position: end, committed: end, end, ..Sight::default() };
        let partitions = [(3, sight), (4, moves)].into();
        [("thermal", Seen { partitions, turned: Some(now), ..Seen::default() })]
    }

    fn told(watchdog: &Watchdog) -> Vec<String> {
        watchdog.told.lock().expect("nobody panicked").clone()
    }

    #[test]
    fn work_that_waits_and_does_not_move_is_told_and_then_ends_the_process() {
        let begun = Instant::now();
        let mut dog = watchdog(begun);
        let later = |seconds| begun + Duration::from_secs(seconds);
        assert_eq!(dog.judge(&at(begun, 10, 10, 20), begun), None);
        assert_eq!(dog.judge(&at(later(29), 10, 10, 25), later(29)), None);
        assert_eq!(told(&dog), Vec::<String>::new());
        assert_eq!(dog.judge(&at(later(31), 10, 10, 25), later(31)), None);
        let sentence =
            "thermal does not move in partition 3: it stands at 10 and 15 records wait, for 31 s";
        assert_eq!(told(&dog), [sentence]);
        let last = dog.judge(&at(later(300), 10, 10, 25), later(300));
        assert!(last.is_some_and(|why| why.contains("partition 3")));
    }

    #[test]
    fn what_moves_or_has_nothing_to_do_is_left_alone() {
        let begun = Instant::now();
        let mut dog = watchdog(begun);
        for n in 0..100 {
            let now = begun + Duration::from_secs(n * 20);
            // It reads on, or commits what it has read.
            assert_eq!(dog.judge(&at(now, 10 + n / 2, 10 + n.div_ceil(2), 500), now), None);
            assert_eq!(told(&dog), Vec::<String>::new());
        }
        for n in 0..100 {
            let now = begun + Duration::from_secs(10_000 + n * 20);
            assert_eq!(dog.judge(&at(now, 500, 500, 500), now), None, "all is worked off");
        }
        // Work that comes after a long rest has its whole time.
        let now = begun + Duration::from_secs(13_000);
        assert_eq!(dog.judge(&at(now, 500, 500, 500), now), None);
        let now = now + Duration::from_secs(29);
        assert_eq!(dog.judge(&at(now, 500, 500, 501), now), None);
        assert_eq!(told(&dog), Vec::<String>::new());
    }

    #[test]
    fn what_was_read_and_is_never_committed_does_not_move() {
        let begun = Instant::now();
        let mut dog = watchdog(begun);
        for n in 0..16 {
            let now = begun + Duration::from_secs(n * 20);
            let last = dog.judge(&at(now, 20, 10, 20), now);
            assert_eq!(last.is_some(), n >= 15, "after {} s", n * 20);
        }
    }

    #[test]
    fn a_loop_that_hangs_is_told_also_where_nothing_waits() {
        let begun = Instant::now();
        let mut dog = watchdog(begun);
        let later = begun + Duration::from_secs(40);
        assert_eq!(dog.judge(&at(begun, 5, 5, 5), later), None);
        assert_eq!(told(&dog), ["thermal has not come round, for 40 s"]);
    }

    #[test]
    fn a_partition_that_went_away_and_came_back_begins_anew() {
        let begun = Instant::now();
        let mut dog = watchdog(begun);
        let later = |seconds| begun + Duration::from_secs(seconds);
        assert_eq!(dog.judge(&at(begun, 10, 10, 20), begun), None);
        let gone = [("thermal", Seen { turned: Some(later(100)), ..Seen::default() })];
        assert_eq!(dog.judge(&gone, later(100)), None);
        assert_eq!(dog.judge(&at(later(310), 10, 10, 20), later(310)), None);
        assert_eq!(told(&dog), Vec::<String>::new());
    }
}
