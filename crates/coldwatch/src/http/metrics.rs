//! Metrics in the text form of OpenMetrics. Names, labels and meanings stand in `deploy/metrics.txt`, too: people's
//! alerts and boards hold on to that list.
//!
//! - `show`: what a process and its desk show of themselves
//! - `process`: what the system says of the process
//!
//! How long things take is counted where they are done, see `measures`.

mod process;
mod show;

use super::HttpState;
use crate::measures::{Labels, Measures};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::collections::BTreeMap;
use std::sync::Arc;

/// All names as they are scraped, with what they mean, in the order in which they are shown. A counter, and nothing
/// else, ends in `_total`.
pub(crate) const NAMES: [(&str, &str); 21] = [
    ("ready", "1 when the process is ready, 0 when not: /readyz says why"),
    ("build_info", "The release"),
    ("events", "What became of events since the log began, by outcome; exact over restarts"),
    ("records", "Records read since the log began, by admission; exact over restarts"),
    ("position", "The next record that a partition takes"),
    ("end", "The end of a partition"),
    ("lag", "Records of a partition that are not worked off: its end minus what is committed"),
    ("log_time_seconds", "Log time of a partition, in seconds since 1970"),
    (
        "clock_age_seconds",
        "How far the clock of the process is ahead of its slowest partition's log time",
    ),
    ("sequence_gaps", "Sources with a hole that stands"),
    ("quarantined_subjects", "Subjects that were put aside"),
    ("put_away", "Shipments that were put away: of them nothing more is kept than that"),
    ("too_late", "Records for shipments that were put away: nobody heard them"),
    ("snapshot_age_seconds", "Age of a partition's last snapshot in this process"),
    ("snapshot_failures_total", "Snapshots that could not be written"),
    (
        "ticks_refused_total",
        "Strokes of the clock not made because this clock differs from the log's",
    ),
    ("partition_starts_total", "Lives of partitions begun in this process"),
    ("lives_failed_total", "Lives of partitions ended by an error in this process"),
    ("incidents", "Incidents, by priority and state"),
    ("shipments", "Shipments that the desk keeps: what is put away is none"),
    ("up", "1 for each service that runs in this process, 0 when it has ended"),
];

/// Histograms, by the names under which they are shown.
pub(crate) const HISTOGRAMS: [(&str, &str); 4] = [
    (
        "waited_seconds",
        "From when the log took a record until the service has said what follows from it",
    ),
    ("http_seconds", "From when a request was read until its answer began, by route"),
    ("snapshot_seconds", "How long it took until a snapshot lay in its place"),
    ("snapshot_bytes", "How large a snapshot is"),
];

/// `/metrics`.
pub(crate) async fn metrics(State(state): State<Arc<HttpState>>) -> Response {
    // It may have to wait for the board: not on a thread that answers others.
    let text = tokio::task::spawn_blocking(move || {
        let shown = Shown::new(&state.measures);
        show::process(&state, &shown);
        let mut text = String::new();
        encode(&mut text, &shown.registry).map(|()| text)
    });
    match text.await {
        Ok(Ok(text)) => {
            let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text).into_response()
        }
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// All metrics of one scrape. Nothing is kept between two: services count, and this only shows.
struct Shown {
    registry: Registry,
    gauges: BTreeMap<&'static str, Family<Labels, Gauge>>,
    counters: BTreeMap<&'static str, Family<Labels, Counter>>,
}

impl Shown {
    fn new(measures: &Measures) -> Self {
        let mut all = Registry::default();
        process::show(&mut all);
        let registry = all.sub_registry_with_prefix("coldwatch");
        let Measures { waited, answered, kept, images } = measures.clone();
        for ((name, help), sizes) in HISTOGRAMS.into_iter().zip([waited, answered, kept, images]) {
            registry.register(name, help, sizes);
        }
        let (mut gauges, mut counters) = (BTreeMap::new(), BTreeMap::new());
        for (name, help) in NAMES {
            // The encoder puts the ending there itself.
            if let Some(bare) = name.strip_suffix("_total") {
                let family = Family::<Labels, Counter>::default();
                registry.register(bare, help, family.clone());
                counters.insert(name, family);
            } else {
                let family = Family::<Labels, Gauge>::default();
                registry.register(name, help, family.clone());
                gauges.insert(name, family);
            }
        }
        Self { registry: all, gauges, counters }
    }

    fn set(&self, name: &str, labels: &[(&str, String)], value: i64) {
        if let Some(family) = self.gauges.get(name) {
            family.get_or_create(&owned(labels)).set(value);
        }
    }

    fn count(&self, name: &str, labels: &[(&str, String)], value: u64) {
        if let Some(family) = self.counters.get(name) {
            family.get_or_create(&owned(labels)).inc_by(value);
        }
    }
}

fn owned(labels: &[(&str, String)]) -> Labels {
    labels.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name and type of each line.
    fn listed() -> Vec<(&'static str, &'static str)> {
        let rows = include_str!("../../../../deploy/metrics.txt").lines();
        let rows = rows.filter(|row| !row.is_empty() && !row.starts_with('#'));
        rows.map(|row| {
            let parts: Vec<&str> = row.split(" | ").collect();
            assert_eq!(parts.len(), 4, "name | type | labels | meaning: {row}");
            (parts[0], parts[1])
        })
        .collect()
    }

    #[test]
    fn what_is_shown_is_what_operators_are_told_of() {
        let measures = Measures::default();
        let Measures { waited, answered, kept, images } = &measures;
        for sizes in [waited, answered, kept, images] {
            crate::measures::note(sizes, &[("service", "custody")], 0.03);
        }
        let shown = Shown::new(&measures);
        for (name, _) in NAMES {
            shown.set(name, &[("service", "custody".into())], 1);
            shown.count(name, &[("service", "custody".into())], 1);
        }
        let mut text = String::new();
        encode(&mut text, &shown.registry).expect("text");
        let mut types = BTreeMap::new();
        for line in text.lines().filter_map(|line| line.strip_prefix("# TYPE ")) {
            let (name, kind) = line.split_once(' ').expect("name and type");
            let ending = if kind == "counter" { "_total" } else { "" };
            types.insert(format!("{name}{ending}"), kind);
        }
        let listed = listed();
        let mut told = BTreeMap::new();
        for (name, kind) in &listed {
            assert_eq!(*kind == "counter", name.ends_with("_total"), "{name} is a {kind}");
            let one = match *kind {
                "histogram" => format!("\n{name}_count{{service=\"custody\"}} 1\n"),
                _ if name.starts_with("process_") => format!("\n{name} "),
                _ => format!("\n{name}{{service=\"custody\"}} 1\n"),
            };
            assert!(format!("\n{text}").contains(&one), "{name}: {text}");
            told.insert((*name).to_owned(), *kind);
        }
        assert_eq!(types, told, "deploy/metrics.txt and the code name the same metrics");
        let names = NAMES.len() + HISTOGRAMS.len() + process::NAMES.len();
        assert_eq!(listed.len(), names, "a name stands twice");
    }
}
