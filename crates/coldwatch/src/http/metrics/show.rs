//! What a process shows of the services that run in it, and of the desk, which is in no group and commits nothing.

use super::Shown;
use crate::http::{HttpState, health};
use crate::supervisor::SupervisedService;
use ::desk::ReadModel;
use alerts::incident::IncidentState;
use facts::Severity;
use std::sync::PoisonError;

/// Everything.
pub(super) fn process(state: &HttpState, shown: &Shown) {
    shown.set("ready", &[], i64::from(health::reasons(state).is_empty()));
    shown.set("build_info", &[("version", env!("CARGO_PKG_VERSION").into())], 1);
    let now = (state.clock)();
    for watched in &state.watched {
        service(watched, now, shown);
    }
    if let Some(board) = &state.board {
        let board = board.read().unwrap_or_else(PoisonError::into_inner);
        desk(&board, now, shown);
        incidents(&board, shown);
        shown.set("shipments", &[], signed(board.shipments().count() as u64));
    }
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn service(watched: &SupervisedService, now: i64, shown: &Shown) {
    let service = || ("service", watched.service.name().to_owned());
    let seen = watched.watch.status();
    shown.set("up", &[service()], i64::from(seen.ended.is_none()));
    shown.count("partition_starts_total", &[service()], seen.starts);
    shown.count("lives_failed_total", &[service()], seen.failed);
    shown.count("snapshot_failures_total", &[service()], seen.snapshots_failed);
    shown.count("ticks_refused_total", &[service()], seen.ticks_refused);
    let mut oldest = None;
    for (partition, sight) in &seen.partitions {
        let partition = || ("partition", partition.to_string());
        let both = [service(), partition()];
        shown.set("position", &both, signed(sight.position));
        shown.set("end", &both, signed(sight.end));
        shown.set("lag", &both, signed(sight.end.saturating_sub(sight.committed)));
        if let Some(at) = sight.snapshot {
            shown.set("snapshot_age_seconds", &both, (now - at) / 1000);
        }
        for (metric, label, value) in &sight.gauges {
            let name = match *metric {
                "events" => "outcome",
                "records" => "admission",
                _ => "",
            };
            match name {
                "" => shown.set(metric, &both, *value),
                name => {
                    let all = [service(), partition(), (name, (*label).into())];
                    shown.set(metric, &all, *value);
                }
            }
            if *metric == "log_time_seconds" && *value > 0 {
                oldest = oldest.into_iter().chain([*value]).min();
            }
        }
    }
    if let Some(oldest) = oldest {
        shown.set("clock_age_seconds", &[service()], now / 1000 - oldest);
    }
}

/// How far the desk has come in `alerts`, the last topic: whoever is current there has seen what all stages said.
fn desk(board: &ReadModel, now: i64, shown: &Shown) {
    let service = || ("service", "desk".to_owned());
    let both = |partition: u16| [service(), ("partition", partition.to_string())];
    shown.set("up", &[service()], 1);
    for (partition, position, end) in board.read("alerts") {
        shown.set("position", &both(partition), signed(position));
        shown.set("end", &both(partition), signed(end));
        shown.set("lag", &both(partition), signed(end.saturating_sub(position)));
    }
    let mut oldest = None;
    for (partition, heard) in board.heard("alerts") {
        let seconds = heard.millis() / 1000;
        shown.set("log_time_seconds", &both(partition), seconds);
        oldest = oldest.into_iter().chain([seconds]).min();
    }
    if let Some(oldest) = oldest {
        shown.set("clock_age_seconds", &[service()], now / 1000 - oldest);
    }
}

const STATES: [IncidentState; 6] = [
    IncidentState::ActiveUnacked,
    IncidentState::ActiveAcked,
    IncidentState::ReturnedUnacked,
    IncidentState::ReturnedAcked,
    IncidentState::Closed,
    IncidentState::Withdrawn,
];

/// Noughts, too: an alert must be able to tell "none" from "not known".
fn incidents(board: &ReadModel, shown: &Shown) {
    let counts = board.counts_by_priority();
    let priorities = [Severity::P1, Severity::P2, Severity::P3, Severity::P4].map(Some);
    for priority in priorities.into_iter().chain([None]) {
        let counts = counts.get(&priority).copied().unwrap_or_default();
        let name = priority.map_or("none".to_owned(), |priority| priority.to_string());
        for state in STATES {
            let labels = [("priority", name.clone()), ("state", state.to_string())];
            shown.set("incidents", &labels, signed(counts.of(state)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alerts::Incident;
    use facts::{Moment, ShipmentId};
    use pipeline::registry::registry;
    use prometheus_client::encoding::text::encode;

    #[test]
    fn the_desk_shows_where_it_is_and_how_many_incidents_there_are() {
        let mut board = ReadModel::new(2, registry());
        for (n, shipment) in (1..).zip(["SHP-1", "SHP-2"]) {
            let (shipment, priority) = (ShipmentId::new(shipment), Some(Severity::P1));
            board.incident(&Incident { shipment, number: n, priority, ..Incident::default() });
        }
        for (partition, position, heard) in [(0, 7, 1_772_352_000_000), (1, 9, 1_772_352_005_000)] {
            board.progress("alerts", partition, position, 9);
            board.beat("alerts", partition, Moment::from_millis(heard));
        }
        let shown = Shown::new(&crate::measures::Measures::default());
        desk(&board, 1_772_352_007_000, &shown);
        incidents(&board, &shown);
        let mut text = String::new();
        encode(&mut text, &shown.registry).expect("text");
        for line in [
            r#"coldwatch_position{service="desk",partition="0"} 7"#,
            r#"coldwatch_lag{service="desk",partition="0"} 2"#,
            r#"coldwatch_clock_age_seconds{service="desk"} 7"#,
            r#"coldwatch_up{service="desk"} 1"#,
            r#"coldwatch_incidents{priority="P1",state="active_unacked"} 2"#,
            r#"coldwatch_incidents{priority="P4",state="closed"} 0"#,
        ] {
            assert!(text.lines().any(|shown| shown == line), "{line} is not in\n{text}");
        }
    }
}
