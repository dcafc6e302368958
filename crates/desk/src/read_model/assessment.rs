//! Whether anything is wrong with a shipment, as far as that can be said at all.
//!
//! "Nothing found wrong" takes a plan, engines that spoke, goods that are under way, a logger with them and a temperature
//! that is known. What is planned and not yet under way says so; everything else is "not known", with the reason.

use super::ShipmentRecord;
use facts::{Finding, Moment};

/// What can be said.
#[derive(Debug, Clone, PartialEq)]
pub enum Assessment<'a> {
    /// This is wrong, and it goes on.
    Wrong(&'a Finding),
    /// It cannot be said, and why.
    NotKnown(String),
    /// It is planned, and nothing was packed or moved yet: there is nothing to look at.
    NotUnderWay,
    /// Everything was looked at and nothing was found.
    NothingFound,
}

/// What is known of the temperature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemperatureStatus {
    /// Thermal has said nothing of this shipment.
    NeverJudged,
    /// The goods are not packed yet.
    NotYet,
    /// Known and kept current.
    Known,
    /// Not known since then.
    UnknownSince(Moment),
    /// The judged time is over.
    Ended(Moment),
}

/// What can be said of a shipment; `current` = whether the board is.
pub fn assess(record: &ShipmentRecord, current: bool) -> Assessment<'_> {
    if let Some(worst) = record.open().first().copied() {
        return Assessment::Wrong(worst);
    }
    let not_known = |reason: &str| Assessment::NotKnown(reason.to_owned());
    if record.plan().is_none() {
        return not_known("there is no plan to hold it against");
    }
    if !current {
        return not_known("the board is not current");
    }
    if record.custody.is_none() {
        return not_known("custody has not spoken of it");
    }
    if !under_way(record) {
        return Assessment::NotUnderWay;
    }
    if let Some((probe, _)) = record.silent().first() {
        return Assessment::NotKnown(format!("logger {probe} is silent"));
    }
    match temperature_status(record) {
        TemperatureStatus::NeverJudged => not_known("its temperature has not been judged"),
        TemperatureStatus::UnknownSince(_) => not_known("its temperature is not known"),
        _ if !record.series.values().any(|series| series.is_payload()) => {
            not_known("no logger was attached to the goods")
        }
        _ if !measured(record) => not_known("no temperature of the goods is known"),
        TemperatureStatus::NotYet | TemperatureStatus::Known | TemperatureStatus::Ended(_) => {
            Assessment::NothingFound
        }
    }
}

/// Whether a probe beside the goods ever measured anything.
fn measured(record: &ShipmentRecord) -> bool {
    let payload = record.series.values().filter(|series| series.is_payload());
    payload.into_iter().any(|series| !series.points().is_empty())
}

/// Whether the goods were packed, moved, stored or used.
fn under_way(record: &ShipmentRecord) -> bool {
    record.lines.standing().any(|line| line.event.fact.shows_under_way())
}

/// What is known of a shipment's temperature.
pub fn temperature_status(record: &ShipmentRecord) -> TemperatureStatus {
    let Some(thermal) = &record.thermal else { return TemperatureStatus::NeverJudged };
    match (thermal.from, thermal.until, thermal.unknown_since) {
        (_, Some(until), _) => TemperatureStatus::Ended(until),
        (_, _, Some(since)) => TemperatureStatus::UnknownSince(since),
        (None, _, _) => TemperatureStatus::NotYet,
        (Some(_), None, None) => TemperatureStatus::Known,
    }
}
