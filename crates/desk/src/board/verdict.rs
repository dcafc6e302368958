//! Whether anything is wrong with a shipment, as far as that can be said at all.
//!
//! "Nothing found wrong" takes a plan, engines that spoke, goods that are under way, a logger with them and a temperature
//! that is known. What is planned and not yet under way says so; everything else is "not known", with the reason.

use super::Dossier;
use facts::{Finding, Moment};

/// What can be said.
#[derive(Debug, Clone, PartialEq)]
pub enum Fineness<'a> {
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
pub enum Warmth {
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
pub fn fineness(dossier: &Dossier, current: bool) -> Fineness<'_> {
    if let Some(worst) = dossier.open().first().copied() {
        return Fineness::Wrong(worst);
    }
    let not_known = |reason: &str| Fineness::NotKnown(reason.to_owned());
    if dossier.plan().is_none() {
        return not_known("there is no plan to hold it against");
    }
    if !current {
        return not_known("the board is not current");
    }
    if dossier.custody.is_none() {
        return not_known("custody has not spoken of it");
    }
    if !under_way(dossier) {
        return Fineness::NotUnderWay;
    }
    if let Some((probe, _)) = dossier.silent().first() {
        return Fineness::NotKnown(format!("logger {probe} is silent"));
    }
    match warmth(dossier) {
        Warmth::NeverJudged => not_known("its temperature has not been judged"),
        Warmth::UnknownSince(_) => not_known("its temperature is not known"),
        _ if !dossier.series.values().any(|series| series.is_payload()) => {
            not_known("no logger was attached to the goods")
        }
        _ if !measured(dossier) => not_known("no temperature of the goods is known"),
        Warmth::NotYet | Warmth::Known | Warmth::Ended(_) => Fineness::NothingFound,
    }
}

/// Whether a probe beside the goods ever measured anything.
fn measured(dossier: &Dossier) -> bool {
    let payload = dossier.series.values().filter(|series| series.is_payload());
    payload.into_iter().any(|series| !series.points().is_empty())
}

/// Whether the goods were packed, moved, stored or used.
fn under_way(dossier: &Dossier) -> bool {
    dossier.lines.standing().any(|line| line.event.fact.shows_under_way())
}

/// What is known of a shipment's temperature.
pub fn warmth(dossier: &Dossier) -> Warmth {
    let Some(thermal) = &dossier.thermal else { return Warmth::NeverJudged };
    match (thermal.from, thermal.until, thermal.unknown_since) {
        (_, Some(until), _) => Warmth::Ended(until),
        (_, _, Some(since)) => Warmth::UnknownSince(since),
        (None, _, _) => Warmth::NotYet,
        (Some(_), None, None) => Warmth::Known,
    }
}
