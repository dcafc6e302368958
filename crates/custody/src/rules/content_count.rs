#![doc = include_str!("content_count.md")]

use crate::ledger::Ledger;
use alloc::{collections::BTreeSet, format, string::String, vec::Vec};
use facts::{Episode, Given, Moment, Rule, Severity, UnitId};
use serde::Deserialize;

/// What was received is not what was packed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContentCount {}

/// What one side says that there is.
#[derive(Default)]
struct Content<'a> {
    units: BTreeSet<&'a UnitId>,
    count: Option<u32>,
}

impl Content<'_> {
    fn number(&self) -> Option<u32> {
        if self.units.is_empty() { self.count } else { u32::try_from(self.units.len()).ok() }
    }
}

impl Rule for ContentCount {
    type Memory = Ledger;
    const NAME: &'static str = "custody/content-count";
    const CODE: &'static str = "CUS-09";
    const PAGE: &'static str = include_str!("content_count.md");
    const COMPROMISES: Option<Severity> = Some(Severity::P1);

    fn judge(&self, ledger: &Ledger, _: &Given<'_>, found: &mut Vec<Episode>) {
        let Some(packed) = packed(ledger) else { return };
        let mut received = Content::default();
        let mut open: Option<Episode> = None;
        for (mark, fact) in &ledger.received {
            received.units.extend(&fact.units);
            received.count = fact
                .count
                .map(|n| n.saturating_add(received.count.unwrap_or(0)))
                .or(received.count);
            let now = compare(&packed, &received);
            match (now, &mut open) {
                (None, Some(_)) => found.extend(
                    open.take().map(|e| Episode { latched: false, ..e }.until(Some(mark.at))),
                ),
                (None, None) => {}
                (Some((severity, sentence, known)), open) => {
                    let since = open.as_ref().map_or(mark.at, |e| e.since);
                    let episode =
                        Episode::new(severity, since, sentence).latched().evidence([mark.offset]);
                    *open = Some(if known { episode } else { episode.unknown() });
                }
            }
        }
        found.extend(open);
    }

    fn due(&self, _: &Ledger, _: &Given<'_>) -> Option<Moment> {
        None
    }
}

/// What was packed, in all; what the plan names where the packer neither scanned nor counted.
fn packed(ledger: &Ledger) -> Option<Content<'_>> {
    let mut content = Content::default();
    if ledger.packed.is_empty() {
        return None;
    }
    for (_, packed) in &ledger.packed {
        content.units.extend(&packed.units);
        content.count =
            packed.count.map(|n| n.saturating_add(content.count.unwrap_or(0))).or(content.count);
    }
    if let (true, None, Some(plan)) = (content.units.is_empty(), content.count, &ledger.plan) {
        content.units.extend(&plan.units);
    }
    Some(content)
}

/// So many units are named in a sentence, the others are counted.
const MOST_NAMED: usize = 20;

/// How bad it is, what to say, and whether that is certain.
fn compare(packed: &Content<'_>, received: &Content<'_>) -> Option<(Severity, String, bool)> {
    if !packed.units.is_empty() && !received.units.is_empty() {
        let list = |units: &mut dyn Iterator<Item = &&UnitId>| {
            let all: Vec<&str> = units.map(|u| u.as_str()).collect();
            match all.split_at_checked(MOST_NAMED) {
                Some((named, more)) if !more.is_empty() => {
                    format!("{} and {} more", named.join(", "), more.len())
                }
                _ => all.join(", "),
            }
        };
        let missing = list(&mut packed.units.difference(&received.units));
        let more = list(&mut received.units.difference(&packed.units));
        return match (missing.as_str(), more.as_str()) {
            ("", "") => None,
            (missing, "") => {
                Some((Severity::P1, format!("packed and not received: {missing}"), true))
            }
            ("", more) => Some((Severity::P1, format!("received and not packed: {more}"), true)),
            (missing, more) => Some((
                Severity::P1,
                format!("packed and not received: {missing}; received and not packed: {more}"),
                true,
            )),
        };
    }
    match (packed.number(), received.number()) {
        (Some(p), Some(r)) if p != r => {
            Some((Severity::P1, format!("{p} packed, {r} received"), true))
        }
        (Some(p), Some(_)) => Some((
            Severity::P2,
            format!(
                "{p} packed and received, by count alone: whether they are the same units is unknown"
            ),
            false,
        )),
        (None, _) => Some((
            Severity::P2,
            String::from("what was packed is unknown, neither scanned nor counted"),
            false,
        )),
        (_, None) => Some((
            Severity::P2,
            String::from("what was received is unknown, neither scanned nor counted"),
            false,
        )),
    }
}
