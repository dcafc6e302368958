//! Whether the log answers. It is asked again and again by a thread that nobody waits for: while a log is away such a
//! question hangs for as long as its client may wait.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use stream::Log;

/// How often it is asked.
const ASKED_EVERY: Duration = Duration::from_secs(1);
/// Without an answer for so long, it is away: brokers that change places take some seconds.
const AWAY: Duration = Duration::from_secs(10);
/// What was held up by a log that was away has so long to come round again.
const CATCHES_UP: Duration = Duration::from_secs(60);
/// How often an outage is told.
const TOLD_EVERY: Duration = Duration::from_secs(60);
/// How often the thread looks whether it is asked to stop.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What is known of it.
pub(crate) struct Reach {
    known: Mutex<Known>,
}

struct Known {
    answered: Instant,
    /// When it answered again after it was away.
    returned: Option<Instant>,
    /// What it said instead of an answer.
    said: Option<String>,
}

impl Reach {
    /// It has just answered: whoever starts has asked it.
    pub(crate) fn new(now: Instant) -> Self {
        Self { known: Mutex::new(Known { answered: now, returned: None, said: None }) }
    }

    /// Asks for a topic until it is asked to stop.
    pub(crate) fn start(
        log: Arc<dyn Log>,
        topic: String,
        stop: Arc<AtomicBool>,
    ) -> std::io::Result<Arc<Self>> {
        let reach = Arc::new(Self::new(Instant::now()));
        let (asks, mut told) = (reach.clone(), None);
        let ask = move || {
            while !stop.load(Ordering::Relaxed) {
                let asked = Instant::now();
                let answer = log.partitions(&topic);
                asks.heard(answer.map(drop).map_err(|error| error.to_string()), Instant::now());
                asks.tell(&mut told, Instant::now());
                while asked.elapsed() < ASKED_EVERY && !stop.load(Ordering::Relaxed) {
                    std::thread::sleep(LOOK_EVERY);
                }
            }
        };
        std::thread::Builder::new().name("reach".into()).spawn(ask)?;
        Ok(reach)
    }

    fn heard(&self, answer: Result<(), String>, now: Instant) {
        let mut known = self.known();
        match answer {
            Ok(()) => {
                let was_away = now.saturating_duration_since(known.answered) >= AWAY;
                let returned = if was_away { Some(now) } else { known.returned };
                *known = Known { answered: now, returned, said: None };
            }
            Err(said) => known.said = Some(said),
        }
    }

    /// An outage is told when it begins, each minute, and when it ends: once for the process, whoever waits.
    fn tell(&self, told: &mut Option<(Instant, Instant)>, now: Instant) {
        match (self.away(now), *told) {
            (Some(reason), None) => {
                tracing::warn!(reason, "the log is away: nothing moves until it answers");
                *told = Some((now, now));
            }
            (Some(reason), Some((since, last))) if now - last >= TOLD_EVERY => {
                tracing::warn!(reason, "the log is still away");
                *told = Some((since, now));
            }
            (None, Some((since, _))) => {
                let seconds = (now - since).as_secs();
                tracing::warn!(seconds, "the log answers again");
                *told = None;
            }
            _ => {}
        }
    }

    /// Why it cannot be worked with, in a sentence; `None` while it answers.
    pub(crate) fn away(&self, now: Instant) -> Option<String> {
        let known = self.known();
        let long = now.saturating_duration_since(known.answered);
        let said = known.said.as_deref().unwrap_or("the question hangs");
        (long >= AWAY).then(|| format!("the log has not answered for {} s: {said}", long.as_secs()))
    }

    /// Whether what does not move is held up by a log that is away, or was a moment ago: no restart helps.
    pub(crate) fn excuses(&self, now: Instant) -> bool {
        let returned = self.known().returned;
        self.away(now).is_some()
            || returned.is_some_and(|at| now.saturating_duration_since(at) < CATCHES_UP)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_away_when_it_owes_an_answer_for_ten_seconds() {
        let begun = Instant::now();
        let reach = Reach::new(begun);
        let later = |seconds| begun + Duration::from_secs(seconds);
        assert_eq!(reach.away(later(9)), None);
        let hangs = "the log has not answered for 10 s: the question hangs";
        assert_eq!(reach.away(later(10)).as_deref(), Some(hangs));
        reach.heard(Err("no broker answers".into()), later(12));
        let said = "the log has not answered for 12 s: no broker answers";
        assert_eq!(reach.away(later(12)).as_deref(), Some(said));
        reach.heard(Ok(()), later(13));
        assert_eq!(reach.away(later(14)), None);
        (14..=73).for_each(|second| reach.heard(Ok(()), later(second)));
        assert!(reach.excuses(later(72)) && !reach.excuses(later(73)));
        reach.heard(Err("no broker answers".into()), later(74));
        assert_eq!(reach.away(later(75)), None, "it answered three seconds ago");
    }

    #[test]
    fn an_outage_is_told_when_it_begins_each_minute_and_when_it_ends() {
        let begun = Instant::now();
        let (reach, mut told) = (Reach::new(begun), None);
        let later = |seconds| begun + Duration::from_secs(seconds);
        let mut lines = Vec::new();
        for second in 0..200 {
            if second == 150 {
                reach.heard(Ok(()), later(second));
            }
            let before = told;
            reach.tell(&mut told, later(second));
            if told != before {
                lines.push(second);
            }
        }
        assert_eq!(lines, [10, 70, 130, 150, 160]);
    }
}
