//! Alive, and ready. Unready says why, and what it waits for.

use super::Doors;
use super::problem::Problem;
use crate::live::Watched;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// A loop that has not come round for this long is not at work.
const TURNED: Duration = Duration::from_secs(15);

/// Whether the process is alive: everything in it still turns.
pub(crate) async fn livez(State(doors): State<Arc<Doors>>) -> Response {
    let stuck: Vec<String> = doors.watched.iter().filter_map(stuck).collect();
    match stuck.is_empty() {
        true => "alive\n".into_response(),
        false => problem(&stuck),
    }
}

/// Whether it works: has its share, is not refolding, nothing has ended.
pub(crate) async fn readyz(State(doors): State<Arc<Doors>>) -> Response {
    let reasons = reasons(&doors);
    match reasons.is_empty() {
        true => "ready\n".into_response(),
        false => problem(&reasons),
    }
}

fn problem(reasons: &[String]) -> Response {
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, reasons.join("; "))
        .with("reasons", reasons.into())
        .into_response()
}

/// Everything that keeps it from being ready.
pub(crate) fn reasons(doors: &Doors) -> Vec<String> {
    let mut reasons: Vec<String> = doors.watched.iter().flat_map(of).collect();
    if doors.stop.load(Ordering::Relaxed) {
        reasons.push("it is stopping".into());
    }
    reasons
}

fn stuck(watched: &Watched) -> Option<String> {
    let seen = watched.watch.seen();
    let long = seen.turned.is_some_and(|at| at.elapsed() > TURNED);
    let name = watched.service.name();
    match seen.ended {
        Some(reason) => Some(format!("{name} has ended: {reason}")),
        None if long => Some(format!("{name} has not come round for {} s", TURNED.as_secs())),
        None => None,
    }
}

fn of(watched: &Watched) -> Vec<String> {
    let seen = watched.watch.seen();
    let name = watched.service.name();
    let mut reasons: Vec<String> = stuck(watched).into_iter().collect();
    if !seen.joined {
        reasons.push(format!("{name} waits for its share of the partitions"));
    }
    for (partition, sight) in &seen.partitions {
        if sight.refolding {
            reasons.push(format!(
                "{name} folds partition {partition} again: {} of {}",
                sight.position, sight.committed
            ));
        }
        let gaps = sight.gauges.iter().any(|(metric, _, n)| *metric == "gaps" && *n > 0);
        if gaps {
            reasons.push(format!(
                "{name} sees a hole in partition {partition} that nobody has filled"
            ));
        }
    }
    reasons
}
