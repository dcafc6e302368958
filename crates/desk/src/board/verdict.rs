//! Whether anything is wrong with a shipment, as far as that can be said at all.
//!
//! "Nothing found wrong" takes a plan, engines that spoke, a logger with the goods and a temperature that
//! is known. Everything less is "not known", with the reason.

use super::Dossier;
use facts::{Finding, Moment};

/// What can be said.
#[derive(Debug, Clone, PartialEq)]
pub enum Fineness<'a> {
    /// This is wrong, and it goes on.
    Wrong(&'a Finding),
    /// It cannot be said, and why.
    NotKnown(String),
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
    if let Some((probe, _)) = dossier.silent().first() {
        return Fineness::NotKnown(format!("logger {probe} is silent"));
    }
    match warmth(dossier) {
        Warmth::NeverJudged => not_known("its temperature has not been judged"),
        Warmth::UnknownSince(_) => not_known("its temperature is not known"),
        _ if !dossier.series.values().any(|series| series.is_payload()) => {
            not_known("no logger was attached to the goods")
        }
        Warmth::NotYet | Warmth::Known | Warmth::Ended(_) => Fineness::NothingFound,
    }
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
