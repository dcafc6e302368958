//! A watchdog for every partition of every service here: work that waits and does not move, and a loop that does not
//! come round. The process is unready first; after longer it ends, so that another takes its partitions over.
//!
//! An orchestrator that only asks `/livez` does not see one partition stand still behind fifteen that move.

use crate::config::{WatchdogConfig, duration};
use crate::services::Service;
use crate::supervisor::SupervisedService;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use stream::processor::{PartitionStatus, ServiceStatus};

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
        let (unready, ends) = (duration(config.unready_after), duration(config.exit_after));
        Self { unready, ends, begun: now, still: BTreeMap::new(), told }
    }

    /// The log is away, or was a moment ago: nothing can move, and no restart helps. From here on everything has its time anew.
    pub(crate) fn wait(&mut self, now: Instant) {
        self.begun = now;
        self.still.clear();
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// Looks once; says why the process must end, if it must.
    pub(crate) fn look(&mut self, watched: &[SupervisedService], now: Instant) -> Option<String> {
        let seen: Vec<_> = watched.iter().map(|w| (w.service.name(), w.watch.status())).collect();
        self.judge(&seen, now)
    }

    fn judge(&mut self, seen: &[(&str, ServiceStatus)], now: Instant) -> Option<String> {
        let (mut told, mut last) = (Vec::new(), None);
        for (n, (service, seen)) in seen.iter().enumerate() {
            let turned = seen.polled_at.unwrap_or(self.begun).max(self.begun);
            let turned = now.saturating_duration_since(turned);
            let round = (turned, format!("{service} has not come round"));
            let waiting = seen.waiting.iter().map(|partition| {
                let what = format!("{service} cannot begin partition {partition}");
                (self.stood((n, *partition), BEGINS, true, now), what)
            });
            let waiting: Vec<_> = waiting.collect();
            let begun = seen.partitions.iter().filter(|(p, _)| !seen.waiting.contains(p));
            let still = begun.map(|(partition, sight)| {
                let waits = end(service, sight).saturating_sub(done(sight));
                let what = format!(
                    "{service} does not move in partition {partition}: it stands at {} and {waits} records wait",
                    sight.position
                );
                let at = (sight.position, sight.committed);
                (self.stood((n, *partition), at, waits > 0, now), what)
            });
            let still: Vec<_> = still.collect();
            for (long, what) in waiting.into_iter().chain(still).chain([round]) {
                if long >= self.unready {
                    told.push(format!("{what}, for {} s", long.as_secs()));
                }
                if long >= self.ends {
                    last = last.or(told.last().cloned());
                }
            }
        }
        let here = |(n, partition): &(usize, u16)| {
            seen.get(*n).is_some_and(|(_, seen)| {
                seen.partitions.contains_key(partition) || seen.waiting.contains(partition)
            })
        };
        self.still.retain(|place, _| here(place));
        *self.told.lock().unwrap_or_else(PoisonError::into_inner) = told;
        last
    }

    /// For how long a partition has stood there with work before it.
    fn stood(
        &mut self,
        place: (usize, u16),
        at: (u64, u64),
        works: bool,
        now: Instant,
    ) -> Duration {
        let still = self.still.entry(place).or_insert(Still { at, since: now });
        if still.at != at || !works {
            *still = Still { at, since: now };
        }
        now.saturating_duration_since(still.since)
    }
}

/// Where a partition stands that has not begun.
const BEGINS: (u64, u64) = (u64::MAX, u64::MAX);

/// Up to where nothing is left to do: what is folded again has not been reached, what is read not committed.
fn done(sight: &PartitionStatus) -> u64 {
    sight.position.min(sight.committed)
}

/// Where a partition ends. In what comes from outside that is not known: a producer with transactions leaves marks
/// behind its last record that nobody is handed. There what was read must be committed.
fn end(service: &str, sight: &PartitionStatus) -> u64 {
    if service == Service::Intake.name() { sight.position } else { sight.end }
}

#[cfg(test)]
mod tests {
    use super::*;
    use facts::Span;

    fn watchdog(now: Instant) -> Watchdog {
        let config =
            WatchdogConfig { unready_after: Span::seconds(30), exit_after: Span::seconds(300) };
        Watchdog::new(&config, Told::default(), now)
    }

    fn at(
        now: Instant,
        position: u64,
        committed: u64,
        end: u64,
    ) -> [(&'static str, ServiceStatus); 1] {
        let sight = PartitionStatus { position, committed, end, ..PartitionStatus::default() };
        let moves =
            PartitionStatus { position: end, committed: end, end, ..PartitionStatus::default() };
        let partitions = [(3, sight), (4, moves)].into();
        [(
            "thermal",
            ServiceStatus { partitions, polled_at: Some(now), ..ServiceStatus::default() },
        )]
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
    fn while_the_log_is_away_nothing_is_told_or_ended_and_then_everything_has_its_time() {
        let begun = Instant::now();
        let mut dog = watchdog(begun);
        let later = |seconds| begun + Duration::from_secs(seconds);
        assert_eq!(dog.judge(&at(begun, 10, 10, 20), begun), None);
        assert_eq!(dog.judge(&at(begun, 10, 10, 20), later(40)), None);
        assert_eq!(told(&dog).len(), 2, "it does not move, and does not come round");
        dog.wait(later(1_000));
        assert_eq!(told(&dog), Vec::<String>::new());
        for seconds in [1_001, 1_029] {
            assert_eq!(dog.judge(&at(begun, 10, 10, 20), later(seconds)), None);
            assert_eq!(told(&dog), Vec::<String>::new());
        }
        assert!(dog.judge(&at(begun, 10, 10, 20), later(1_301)).is_some(), "it still hangs");
    }

    #[test]
    fn a_partition_that_went_away_and_came_back_begins_anew() {
        let begun = Instant::now();
        let mut dog = watchdog(begun);
        let later = |seconds| begun + Duration::from_secs(seconds);
        assert_eq!(dog.judge(&at(begun, 10, 10, 20), begun), None);
        let gone = [(
            "thermal",
            ServiceStatus { polled_at: Some(later(100)), ..ServiceStatus::default() },
        )];
        assert_eq!(dog.judge(&gone, later(100)), None);
        assert_eq!(dog.judge(&at(later(310), 10, 10, 20), later(310)), None);
        assert_eq!(told(&dog), Vec::<String>::new());
    }

    #[test]
    fn a_partition_that_cannot_begin_stands_still_too() {
        let begun = Instant::now();
        let mut dog = watchdog(begun);
        let waits = |now| {
            [(
                "alerts",
                ServiceStatus {
                    waiting: [7].into(),
                    polled_at: Some(now),
                    ..ServiceStatus::default()
                },
            )]
        };
        assert_eq!(dog.judge(&waits(begun), begun), None);
        let later = begun + Duration::from_secs(31);
        assert_eq!(dog.judge(&waits(later), later), None);
        assert_eq!(told(&dog), ["alerts cannot begin partition 7, for 31 s"]);
    }

    #[test]
    fn marks_of_foreign_transactions_behind_the_last_record_are_no_work_for_intake() {
        let begun = Instant::now();
        let mut dog = watchdog(begun);
        let later = begun + Duration::from_secs(400);
        let sight = |position, committed| PartitionStatus {
            position,
            committed,
            end: 12,
            ..PartitionStatus::default()
        };
        let intake = |now, sight| {
            [(
                "intake",
                ServiceStatus {
                    partitions: [(0, sight)].into(),
                    polled_at: Some(now),
                    ..ServiceStatus::default()
                },
            )]
        };
        assert_eq!(dog.judge(&intake(begun, sight(11, 11)), begun), None);
        assert_eq!(dog.judge(&intake(later, sight(11, 11)), later), None);
        assert_eq!(told(&dog), Vec::<String>::new());
        // What it has read it must commit, here as elsewhere.
        assert_eq!(dog.judge(&intake(later, sight(11, 9)), later), None);
        let last = later + Duration::from_secs(301);
        assert!(dog.judge(&intake(last, sight(11, 9)), last).is_some());
    }
}
