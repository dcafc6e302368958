#![doc = include_str!("content_count.md")]

use crate::ledger::Ledger;
use crate::unit::{by_name, list};
use alloc::{collections::BTreeMap, format, string::String, vec::Vec};
use facts::fact::shipment::{Packed, Receipt, Received};
use facts::timeline::Mark;
use facts::{Episode, Given, Moment, Rule, Severity, UnitId};
use serde::Deserialize;

/// What was received is not what was packed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContentCount {}

/// What one side says that there is.
#[derive(Clone, Default)]
struct Content<'a> {
    /// By what they are compared by.
    units: BTreeMap<String, &'a UnitId>,
    count: Option<u32>,
}

impl<'a> Content<'a> {
    fn number(&self) -> Option<u32> {
        if self.units.is_empty() { self.count } else { u32::try_from(self.units.len()).ok() }
    }
    fn add(&mut self, units: &'a [UnitId], count: Option<u32>) {
        self.units.extend(by_name(units));
        self.count = count.map(|n| n.saturating_add(self.count.unwrap_or(0))).or(self.count);
    }
    /// What is there and not on the other side.
    fn beyond(&self, other: &Self) -> String {
        let more = self.units.iter().filter(|(name, _)| !other.units.contains_key(*name));
        list(more.map(|(_, unit)| *unit))
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
        // What was refused comes again: it counts until the next receipt.
        let mut taken_in = Content::default();
        let mut before: Vec<&(Mark, Received)> = Vec::new();
        let mut open: Option<Episode> = None;
        for receipt in receipts(ledger) {
            let (mark, fact) = receipt;
            if is_said_again(receipt, &before, &packed, &taken_in) {
                continue;
            }
            before.push(receipt);
            let mut received = taken_in.clone();
            received.add(&fact.units, fact.count);
            if fact.verdict != Receipt::Reject {
                taken_in.clone_from(&received);
            }
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

/// The receipts by the consignee of the plan in force then; all of them while no plan says who that is.
fn receipts(ledger: &Ledger) -> impl Iterator<Item = &(Mark, Received)> {
    let strange = &ledger.hands.strange_receipts;
    ledger.received.iter().filter(move |(mark, received)| {
        let of_another = strange.iter().any(|strange| strange.received.offset == mark.offset);
        !of_another && (received.verdict != Receipt::Reject || ledger.is_for(&mark.by))
    })
}

/// The same receipt under another name: of the same moment; or by count alone, when all that was packed was counted before.
fn is_said_again(
    (mark, fact): &(Mark, Received),
    before: &[&(Mark, Received)],
    packed: &Content<'_>,
    taken_in: &Content<'_>,
) -> bool {
    let complete = taken_in.units.is_empty() && taken_in.number() == packed.number();
    let by_count = complete && fact.units.is_empty();
    before.iter().any(|(known, said)| {
        said == fact && (known.at == mark.at || by_count && said.verdict != Receipt::Reject)
    })
}

/// What was packed, in all; what the plan names where the packer neither scanned nor counted.
fn packed(ledger: &Ledger) -> Option<Content<'_>> {
    let mut content = Content::default();
    if ledger.packed.is_empty() {
        return None;
    }
    let mut before: Vec<(Moment, &Packed)> = Vec::new();
    for (mark, packed) in &ledger.packed {
        // The same packing under another name is the same packing.
        if !before.contains(&(mark.at, packed)) {
            before.push((mark.at, packed));
            content.add(&packed.units, packed.count);
        }
    }
    if let (true, None, Some(plan)) = (content.units.is_empty(), content.count, &ledger.plan) {
        content.add(&plan.units, None);
    }
    Some(content)
}

/// How bad it is, what to say, and whether that is certain.
fn compare(packed: &Content<'_>, received: &Content<'_>) -> Option<(Severity, String, bool)> {
    if !packed.units.is_empty() && !received.units.is_empty() {
        let missing = packed.beyond(received);
        let more = received.beyond(packed);
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
