//! Whether the log answers. It is asked again and again by a thread that nobody waits for: while a log is away such a
//! question hangs for as long as its client may wait.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use stream::{Log, StreamError};

/// How often it is asked.
const ASKED_EVERY: Duration = Duration::from_secs(1);
/// How often it is asked which partitions no broker leads: that takes a question for each topic.
const LEADERS_ASKED_EVERY: Duration = Duration::from_secs(5);
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
    /// What no broker leads, as a sentence, and since when something is not led.
    headless: Option<(Instant, String)>,
}

impl Reach {
    /// It has just answered: whoever starts has asked it.
    pub(crate) fn new(now: Instant) -> Self {
        let known = Known { answered: now, returned: None, said: None, headless: None };
        Self { known: Mutex::new(known) }
    }

    /// Asks for the first of these topics until it is asked to stop, and for the leaders of all.
    pub(crate) fn start(
        log: Arc<dyn Log>,
        topics: Vec<String>,
        stop: Arc<AtomicBool>,
    ) -> std::io::Result<Arc<Self>> {
        let reach = Arc::new(Self::new(Instant::now()));
        let (asks, mut told, mut leaders_asked) = (reach.clone(), None, Instant::now());
        let ask = move || {
            while !stop.load(Ordering::Relaxed) {
                let asked = Instant::now();
                let answer = topics.first().map_or(Ok(None), |topic| log.partitions(topic));
                let answers = answer.is_ok();
                asks.heard(answer.map(drop).map_err(|error| error.to_string()), Instant::now());
                if answers && leaders_asked.elapsed() >= LEADERS_ASKED_EVERY {
                    leaders_asked = Instant::now();
                    if let Ok(headless) = headless(&*log, &topics) {
                        asks.leads(headless, Instant::now());
                    }
                }
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
                if now.saturating_duration_since(known.answered) >= AWAY {
                    known.returned = Some(now);
                }
                known.answered = now;
                known.said = None;
            }
            Err(said) => known.said = Some(said),
        }
    }

    /// What no broker leads now, as a sentence; `None` where every partition is led.
    fn leads(&self, headless: Option<String>, now: Instant) {
        let mut known = self.known();
        let before = known.headless.take();
        match (headless, before) {
            (Some(which), before) => {
                known.headless = Some((before.map_or(now, |(since, _)| since), which));
            }
            (None, Some((since, _))) if now.saturating_duration_since(since) >= AWAY => {
                known.returned = Some(now);
            }
            (None, _) => {}
        }
    }

    /// An outage is told when it begins, each minute, and when it ends: once for the process, whoever waits.
    fn tell(&self, told: &mut Option<(Instant, Instant)>, now: Instant) {
        match (self.fails(now), *told) {
            (Some(reason), None) => {
                tracing::warn!(reason, "the log is away, whole or in part: what needs it waits");
                *told = Some((now, now));
            }
            (Some(reason), Some((since, last))) if now - last >= TOLD_EVERY => {
                tracing::warn!(reason, "the log is still away, whole or in part");
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

    /// Why it cannot be worked with as a whole: it is away, or some partitions have had no leader for as long. The others
    /// are read and written all the while.
    pub(crate) fn fails(&self, now: Instant) -> Option<String> {
        self.away(now).or_else(|| {
            let headless = self.known().headless.clone();
            let long = headless.filter(|(since, _)| now.saturating_duration_since(*since) >= AWAY);
            long.map(|(since, which)| {
                let seconds = now.saturating_duration_since(since).as_secs();
                format!("{which}, for {seconds} s: bring the brokers back that held them")
            })
        })
    }

    /// Whether what does not move is held up by a log that is away, or was a moment ago: no restart helps.
    pub(crate) fn excuses(&self, now: Instant) -> bool {
        let returned = self.known().returned;
        self.fails(now).is_some()
            || returned.is_some_and(|at| now.saturating_duration_since(at) < CATCHES_UP)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which partitions no broker leads, as a sentence.
fn headless(log: &dyn Log, topics: &[String]) -> Result<Option<String>, StreamError> {
    let mut said = Vec::new();
    for topic in topics {
        let headless = log.without_leader(topic)?;
        if !headless.is_empty() {
            said.push(format!("{headless:?} of `{topic}`"));
        }
    }
    let said = (!said.is_empty()).then(|| said.join(", "));
    Ok(said.map(|which| format!("no broker leads partitions {which}")))
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
    fn a_partition_that_nobody_leads_is_told_after_ten_seconds_and_excuses_what_waits_for_it() {
        let begun = Instant::now();
        let reach = Reach::new(begun);
        let later = |seconds| begun + Duration::from_secs(seconds);
        let hear = |second, headless: Option<&str>| {
            reach.heard(Ok(()), later(second));
            reach.leads(headless.map(str::to_owned), later(second));
        };
        hear(0, None);
        hear(5, Some("no broker leads partitions [3] of `journal`"));
        assert_eq!(reach.fails(later(14)), None, "brokers that change places take some seconds");
        hear(15, Some("no broker leads partitions [3, 4] of `journal`"));
        let says = "no broker leads partitions [3, 4] of `journal`, for 10 s: bring the brokers back that held them";
        assert_eq!(reach.fails(later(15)).as_deref(), Some(says));
        assert_eq!(reach.away(later(15)), None, "the others are read and written");
        assert!(reach.excuses(later(15)));
        hear(20, None);
        assert_eq!(reach.fails(later(20)), None);
        (21..=80).for_each(|second| hear(second, None));
        assert!(reach.excuses(later(79)) && !reach.excuses(later(80)), "what waited comes round");
        hear(85, Some("no broker leads partitions [3] of `journal`"));
        hear(90, None);
        assert!(!reach.excuses(later(91)), "a change of leaders is no outage");
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
