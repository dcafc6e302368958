//! Metrics in the text form of OpenMetrics. Names, labels and meanings stand in `deploy/metrics.txt`.

use super::{Doors, health};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::collections::BTreeMap;
use std::sync::Arc;

type Labels = Vec<(String, String)>;
type Numbers = Family<Labels, Gauge>;

/// All names with what they mean, in the order in which they are shown.
pub(crate) const NAMES: [(&str, &str); 18] = [
    ("ready", "1 when the process is ready, 0 when not: /readyz says why"),
    ("build_info", "The release"),
    ("events", "What became of events since the log began, by outcome; exact over restarts"),
    ("records", "Records read since the log began, by admission; exact over restarts"),
    ("position", "The next record that a partition takes"),
    ("end", "The end of a partition"),
    ("lag", "Records that wait in a partition"),
    ("log_time_seconds", "Log time of a partition, in seconds since 1970"),
    (
        "clock_age_seconds",
        "How far the clock of the process is ahead of its slowest partition's log time",
    ),
    ("gaps", "Sources with a hole that stands"),
    ("faulted", "Subjects that were put aside"),
    ("snapshot_age_seconds", "Age of a partition's last snapshot in this process"),
    ("snapshot_failures_total", "Snapshots that could not be written"),
    (
        "strikes_refused_total",
        "Strokes of the clock not made because this clock differs from the log's",
    ),
    ("lives_total", "Lives of partitions begun in this process"),
    ("lives_failed_total", "Lives of partitions ended by an error in this process"),
    ("incidents", "Open incidents, by priority and state"),
    ("up", "1 for each service that runs in this process"),
];

/// `/metrics`.
pub(crate) async fn metrics(State(doors): State<Arc<Doors>>) -> Response {
    let mut text = String::new();
    match encode(&mut text, &registry(&doors)) {
        Ok(()) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn registry(doors: &Doors) -> Registry {
    let mut registry = Registry::with_prefix("coldwatch");
    let mut all: BTreeMap<&str, Numbers> = BTreeMap::new();
    for (name, help) in NAMES {
        let family = Numbers::default();
        registry.register(name, help, family.clone());
        all.insert(name, family);
    }
    let set = |name: &str, labels: &[(&str, String)], value: i64| {
        if let Some(family) = all.get(name) {
            let labels = labels.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
            family.get_or_create(&labels).set(value);
        }
    };
    set("ready", &[], i64::from(health::reasons(doors).is_empty()));
    set("build_info", &[("version", env!("CARGO_PKG_VERSION").into())], 1);
    let now = (doors.clock)();
    for watched in &doors.watched {
        services(watched, now, &set);
    }
    registry
}

fn services(watched: &crate::live::Watched, now: i64, set: &impl Fn(&str, &[(&str, String)], i64)) {
    let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let service = || ("service", watched.service.name().to_owned());
    let seen = watched.watch.seen();
    set("up", &[service()], i64::from(seen.ended.is_none()));
    set("lives_total", &[service()], signed(seen.lives));
    set("lives_failed_total", &[service()], signed(seen.failed));
    set("snapshot_failures_total", &[service()], signed(seen.snapshots_failed));
    set("strikes_refused_total", &[service()], signed(seen.strokes_refused));
    let mut oldest = None;
    for (partition, sight) in &seen.partitions {
        let partition = || ("partition", partition.to_string());
        let both = [service(), partition()];
        set("position", &both, signed(sight.position));
        set("end", &both, signed(sight.end));
        set("lag", &both, signed(sight.end.saturating_sub(sight.committed)));
        if let Some(at) = sight.snapshot {
            set("snapshot_age_seconds", &both, (now - at) / 1000);
        }
        for (metric, label, value) in &sight.gauges {
            let name = match *metric {
                "events" => "outcome",
                "records" => "admission",
                _ => "",
            };
            match name {
                "" => set(metric, &both, *value),
                name => set(metric, &[service(), partition(), (name, (*label).into())], *value),
            }
            if *metric == "log_time_seconds" && *value > 0 {
                oldest = oldest.into_iter().chain([*value]).min();
            }
        }
    }
    if let Some(oldest) = oldest {
        set("clock_age_seconds", &[service()], now / 1000 - oldest);
    }
}
