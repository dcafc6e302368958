//! Alive, and ready. Unready says why, and what it waits for.

use super::HttpState;
use super::problem::Problem;
use crate::supervisor::SupervisedService;
use ::desk::{Freshness, ReadModel};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use facts::Moment;
use serde::Deserialize;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

/// A loop that has not come round for this long is not at work.
const TURNED: Duration = Duration::from_secs(15);

/// Whether the process is alive: everything in it still turns.
pub(crate) async fn livez(State(state): State<Arc<HttpState>>) -> Response {
    // A log that is away holds everything up, and to be started again would only lose what is known here.
    let excused = state.reach.excuses(Instant::now());
    let stuck: Vec<String> = state.watched.iter().filter_map(|w| stuck(w, excused)).collect();
    match stuck.is_empty() {
        true => "alive\n".into_response(),
        false => problem(&stuck),
    }
}

/// Whether it works: has its share, is not refolding, nothing has ended, the log answers in all its parts. `?exclude=log` leaves the last
/// one out: who needs to see what was known is not helped by a desk that is taken away while the log is.
pub(crate) async fn readyz(
    State(state): State<Arc<HttpState>>,
    asked: Result<Query<Excluding>, QueryRejection>,
) -> Response {
    let excluded = match asked.map(|Query(asked)| asked.log()) {
        Ok(Ok(excluded)) => excluded,
        Ok(Err(wrong)) => return Problem::new(StatusCode::BAD_REQUEST, wrong).into_response(),
        Err(wrong) => {
            return Problem::new(StatusCode::BAD_REQUEST, wrong.body_text()).into_response();
        }
    };
    // It may have to wait for the board: not on a thread that answers others.
    let reasons = tokio::task::spawn_blocking(move || {
        let away = state.reach.fails(Instant::now()).filter(|_| !excluded);
        away.into_iter().chain(within(&state)).collect::<Vec<_>>()
    });
    let reasons = reasons.await;
    let reasons = reasons.unwrap_or_else(|broke| vec![broke.to_string()]);
    match reasons.is_empty() {
        true => "ready\n".into_response(),
        false => problem(&reasons),
    }
}

/// What is left out of the answer.
#[derive(Deserialize)]
pub(crate) struct Excluding {
    exclude: Option<String>,
}

impl Excluding {
    /// Whether that is the log; nothing else can be left out.
    fn log(&self) -> Result<bool, String> {
        match self.exclude.as_deref() {
            None | Some("") => Ok(false),
            Some("log") => Ok(true),
            Some(other) => Err(format!("`exclude` leaves out `log`, and nothing called `{other}`")),
        }
    }
}

fn problem(reasons: &[String]) -> Response {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, reasons.join("; "))
        .with("reasons", reasons.into())
        .into_response()
}

/// Everything that keeps it from being ready.
pub(crate) fn reasons(state: &HttpState) -> Vec<String> {
    let away = state.reach.fails(Instant::now());
    away.into_iter().chain(within(state)).collect()
}

/// What of that is within this process.
fn within(state: &HttpState) -> Vec<String> {
    let mut reasons: Vec<String> = state.watched.iter().flat_map(of).collect();
    reasons.extend(state.still.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned());
    // Once it has caught up it stays: who needs to see is not helped by a desk that is taken away under load, and
    // its pages say themselves how old they are.
    if let Some(board) = state.board.as_ref().filter(|_| !state.caught_up.load(Ordering::Relaxed)) {
        let unread = unread(board);
        state.caught_up.store(unread.is_empty(), Ordering::Relaxed);
        reasons.extend(unread);
    }
    if state.stop.load(Ordering::Relaxed) {
        reasons.push("it is stopping".into());
    }
    reasons
}

/// A desk that has just started shows nothing of what it has not read again.
fn unread(board: &RwLock<ReadModel>) -> Vec<String> {
    let board = board.read().unwrap_or_else(PoisonError::into_inner);
    let readers = board.trust(Moment::EARLIEST, &Freshness::default()).readers;
    let behind = readers.into_iter().filter(|reader| !reader.current);
    behind
        .map(|reader| match reader.behind {
            Some(n) => {
                format!(
                    "desk has {n} records of {} to read, in partition {}",
                    reader.topic, reader.partition
                )
            }
            None => format!("desk has not begun to read {}", reader.topic),
        })
        .collect()
}

fn stuck(watched: &SupervisedService, excused: bool) -> Option<String> {
    let seen = watched.watch.status();
    let long = !excused && seen.polled_at.is_some_and(|at| at.elapsed() > TURNED);
    let name = watched.service.name();
    match seen.ended {
        Some(reason) => Some(format!("{name} has ended: {reason}")),
        None if long => Some(format!("{name} has not come round for {} s", TURNED.as_secs())),
        None => None,
    }
}

fn of(watched: &SupervisedService) -> Vec<String> {
    let seen = watched.watch.status();
    let name = watched.service.name();
    let mut reasons: Vec<String> = stuck(watched, false).into_iter().collect();
    if !seen.joined {
        reasons.push(format!("{name} waits for its share of the partitions"));
    }
    for (partition, sight) in &seen.partitions {
        if sight.catching_up {
            reasons.push(format!(
                "{name} folds partition {partition} again: {} of {}",
                sight.position, sight.committed
            ));
        }
        let gaps = sight.gauges.iter().any(|(metric, _, n)| *metric == "sequence_gaps" && *n > 0);
        if gaps {
            reasons.push(format!(
                "{name} sees a hole in partition {partition} that nobody has filled"
            ));
        }
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;
    use pipeline::registry::registry;

    #[test]
    fn only_the_log_can_be_left_out() {
        let asked = |exclude: Option<&str>| Excluding { exclude: exclude.map(str::to_owned) }.log();
        assert_eq!((asked(None), asked(Some("log"))), (Ok(false), Ok(true)));
        assert!(asked(Some("logs")).is_err_and(|why| why.contains("nothing called `logs`")));
    }

    #[test]
    fn a_desk_that_has_not_read_its_topics_says_so() {
        let board = RwLock::new(ReadModel::new(1, registry()));
        assert_eq!(unread(&board).len(), 3, "it has read nothing");
        let progress = |topic: &str, position| {
            board.write().expect("no panic").progress(topic, 0, position, 1_000);
        };
        for topic in ["journal", "exceptions", "alerts"] {
            progress(topic, 990);
        }
        assert_eq!(unread(&board), Vec::<String>::new(), "near enough to the end");
        progress("alerts", 20);
        assert_eq!(unread(&board), ["desk has 980 records of alerts to read, in partition 0"]);
    }
}
