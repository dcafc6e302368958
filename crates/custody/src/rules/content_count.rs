#![doc = include_str!("content_count.md")]

use super::CORRECTED;
use crate::ledger::{CustodyLedger, UnitFate};
use crate::unit::{by_name, list};
use alloc::{collections::BTreeMap, string::String, vec::Vec};
use facts::fact::shipment::{Packed, Receipt, Received};
use facts::timeline::{ENDS, PartyReport, WHO_HAS_THEM};
use facts::{
    Effects, Episode, FactKind, Family, Hears, Message, Moment, Rule, RuleContext, RuleInfo,
    Severity, Span, UnitId, say,
};
use serde::Deserialize;

facts::messages! {
    "custody/content-count":
    MISSING "missing" = "packed and not received: {missing}";
    MORE "more" = "received and not packed: {more}";
    MISSING_AND_MORE "missing-and-more" =
        "packed and not received: {missing}; received and not packed: {more}";
    FOREIGN "foreign" = "received, and named by neither plan nor order: {units}";
    FOREIGN_AND_COUNTS "foreign-and-counts" =
        "received, and named by neither plan nor order: {units}; {packed} packed, {received} received";
    COUNTS "counts" = "{packed} packed, {received} received";
    OTHERS_ACCOUNTED_FOR "others-accounted-for" =
        "{received} of {packed} received and the others accounted for, by count alone: whether they are the same units is unknown";
    BY_COUNT_ALONE "by-count-alone" =
        "{count} packed and received, by count alone: whether they are the same units is unknown";
    PACKED_UNKNOWN "packed-unknown" = "what was packed is unknown, neither scanned nor counted";
    RECEIVED_UNKNOWN "received-unknown" =
        "what was received is unknown, neither scanned nor counted";
}

/// What was received is not what was packed.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContentCount {
    scanning: Span,
}

/// What one side says that there is.
#[derive(Clone, Default)]
struct Content<'a> {
    /// By what they are compared by.
    units: BTreeMap<String, &'a UnitId>,
    count: Option<u32>,
    /// Of what was packed by count: the units that plan or order name.
    meant: BTreeMap<String, &'a UnitId>,
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
    fn beyond(&self, other: &Self) -> Vec<&'a UnitId> {
        let more = self.units.iter().filter(|(name, _)| !other.units.contains_key(*name));
        more.map(|(_, unit)| *unit).collect()
    }
}

impl Rule for ContentCount {
    type Memory = CustodyLedger;
    const INFO: RuleInfo = RuleInfo {
        name: "custody/content-count",
        code: "CUS-09",
        family: Family::Custody,
        effects: Effects { compromises: Some(Severity::P1), ..Effects::NONE },
        hears: Hears::Only(&[
            WHO_HAS_THEM,
            ENDS,
            CORRECTED,
            &[FactKind::OrderOpened, FactKind::Dispositioned],
        ]),
        messages: &[MESSAGES, crate::unit::MESSAGES],
        page: include_str!("content_count.md"),
    };

    fn judge(&self, ledger: &CustodyLedger, context: &RuleContext<'_>, found: &mut Vec<Episode>) {
        let (open, over) = self.walk(ledger);
        found.extend(over);
        let told = |open: &Open| open.stands || context.now >= self.known(open, ledger, context);
        found.extend(open.filter(told).map(Open::episode));
    }

    fn next_deadline(&self, ledger: &CustodyLedger, context: &RuleContext<'_>) -> Option<Moment> {
        let (open, _) = self.walk(ledger);
        let known = self.known(&open.filter(|open| !open.stands)?, ledger, context);
        (known > context.now).then_some(known)
    }
}

/// A difference that no receipt has mended yet.
struct Open {
    /// The first receipt that left it.
    since: Moment,
    /// The last one.
    last: PartyReport,
    differs: Difference,
    /// Whether it is one whatever is scanned next: not only units that may still be in somebody's hands.
    stands: bool,
}

impl Open {
    fn episode(self) -> Episode {
        let Difference { severity, message, known, .. } = self.differs;
        let episode = Episode::new(severity, self.since, message).latched();
        let episode = episode.evidence([self.last.offset]);
        if known { episode } else { episode.unknown() }
    }
}

impl ContentCount {
    /// Goes through the receipts: what is open behind the last one, and what was open and is over.
    fn walk(&self, ledger: &CustodyLedger) -> (Option<Open>, Vec<Episode>) {
        let (mut open, mut over) = (None::<Open>, Vec::new());
        let Some(packed) = packed(ledger) else { return (open, over) };
        // What was refused comes again: it counts until the next receipt.
        let mut taken_in = Content::default();
        let mut before: Vec<&(PartyReport, Received)> = Vec::new();
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
            if let Some(open) = &mut open {
                open.stands |= mark.at > open.last.at + self.scanning;
            }
            let elsewhere = accounted_for(ledger, mark.at);
            open = match (compare(&packed, &received, &elsewhere), open.take()) {
                (None, Some(open)) if open.stands => {
                    let episode = Episode { latched: false, ..open.episode() };
                    over.push(episode.until(Some(mark.at)));
                    None
                }
                (None, _) => None,
                (Some(differs), before) => Some(Open {
                    since: before.as_ref().map_or(mark.at, |open| open.since),
                    last: mark.clone(),
                    stands: before.is_some_and(|open| open.stands) || !differs.may_follow,
                    differs,
                }),
            };
        }
        (open, over)
    }

    /// When it is known, by log time, that what is missing is not merely scanned next.
    fn known(&self, open: &Open, ledger: &CustodyLedger, context: &RuleContext<'_>) -> Moment {
        let learnt = open.last.learnt.max(ledger.corrected);
        (open.last.at + self.scanning).max(learnt) + context.reference.settle
    }
}

/// The receipts by the consignee of the plan in force then; all of them while no plan says who that is.
fn receipts(ledger: &CustodyLedger) -> impl Iterator<Item = &(PartyReport, Received)> {
    let strange = &ledger.hands.strange_receipts;
    ledger.received.iter().filter(move |(mark, received)| {
        let of_another = strange.iter().any(|strange| strange.received.offset == mark.offset);
        !of_another && (received.verdict != Receipt::Reject || ledger.is_for(&mark.by))
    })
}

/// The same receipt under another name: of the same moment; or by count alone, when all that was packed was counted before.
/// Whoever counts it once more, and with what verdict, the goods are the same.
fn is_said_again(
    (mark, fact): &(PartyReport, Received),
    before: &[&(PartyReport, Received)],
    packed: &Content<'_>,
    taken_in: &Content<'_>,
) -> bool {
    let counted = taken_in.units.is_empty() && fact.units.is_empty() && fact.count.is_some();
    let complete = counted && taken_in.number() == packed.number();
    let all_again = complete && fact.count == taken_in.number();
    let part_again = |said: &Received| complete && said.count == fact.count;
    all_again
        || before.iter().any(|(known, said)| {
            let again = said.verdict != Receipt::Reject && part_again(said);
            said == fact && known.at == mark.at || again
        })
}

/// What was packed, in all; what the plan names where the packer neither scanned nor counted.
fn packed(ledger: &CustodyLedger) -> Option<Content<'_>> {
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
    if content.units.is_empty() {
        let planned = ledger.plan.iter().flat_map(|plan| &plan.units);
        content.meant = by_name(planned.chain(ledger.scans.iter().flat_map(|scan| &scan.planned)));
        if content.meant.is_empty() {
            content.meant = by_name(&ledger.ordered);
        }
    }
    Some(content)
}

/// How the two sides differ.
struct Difference {
    severity: Severity,
    message: Message,
    /// Whether that is certain.
    known: bool,
    /// Whether units are missing and nothing else is wrong: the next scan may bring them.
    may_follow: bool,
}

impl Difference {
    fn wrong(message: Message) -> Self {
        Self { severity: Severity::P1, message, known: true, may_follow: false }
    }
    fn missing(message: Message) -> Self {
        Self { may_follow: true, ..Self::wrong(message) }
    }
    fn unknown(message: Message) -> Self {
        Self { severity: Severity::P2, message, known: false, may_follow: false }
    }
}

/// The units of which is known what became of them, so that nobody misses them at the door: refused there by name, thawed or given,
/// destroyed before it, or discarded and no longer planned.
fn accounted_for(ledger: &CustodyLedger, at: Moment) -> BTreeMap<String, &UnitId> {
    let planned = ledger.plan.as_ref().map(|plan| by_name(&plan.units)).unwrap_or_default();
    let refused = receipts(ledger).filter(|(_, received)| received.verdict == Receipt::Reject);
    let mut units = by_name(refused.flat_map(|(_, received)| &received.units));
    for used in &ledger.uses {
        let named = by_name(&used.units).into_iter();
        match used.what {
            UnitFate::Thawed | UnitFate::Infused => units.extend(named),
            UnitFate::Destroyed if used.report.at <= at => units.extend(named),
            UnitFate::Discarded if !planned.is_empty() => {
                units.extend(named.filter(|(name, _)| !planned.contains_key(name)));
            }
            _ => {}
        }
    }
    units
}

fn compare(
    packed: &Content<'_>,
    received: &Content<'_>,
    elsewhere: &BTreeMap<String, &UnitId>,
) -> Option<Difference> {
    if !packed.units.is_empty() && !received.units.is_empty() {
        let mut there = received.clone();
        there.units.extend(elsewhere.iter().map(|(name, unit)| (name.clone(), *unit)));
        let missing = packed.beyond(&there);
        let more = received.beyond(packed);
        return match (missing.is_empty(), more.is_empty()) {
            (true, true) => None,
            (false, true) => Some(Difference::missing(say!(MISSING, list(missing)))),
            (true, false) => Some(Difference::wrong(say!(MORE, list(more)))),
            (false, false) => {
                Some(Difference::wrong(say!(MISSING_AND_MORE, list(missing), list(more))))
            }
        };
    }
    let foreign = received.units.iter().filter(|(name, _)| !packed.meant.contains_key(*name));
    let foreign: Vec<&UnitId> = foreign.map(|(_, unit)| *unit).collect();
    if !packed.meant.is_empty() && !foreign.is_empty() {
        let foreign = list(foreign);
        return Some(Difference::wrong(match (packed.number(), received.number()) {
            (Some(p), Some(r)) if p != r => say!(FOREIGN_AND_COUNTS, foreign, p, r),
            _ => say!(FOREIGN, foreign),
        }));
    }
    let without = |p: u32| {
        let known = |name: &String| packed.units.is_empty() || packed.units.contains_key(name);
        let gone =
            elsewhere.keys().filter(|name| known(name) && !received.units.contains_key(*name));
        p.saturating_sub(u32::try_from(gone.count()).unwrap_or(u32::MAX))
    };
    Some(match (packed.number(), received.number()) {
        // All that was not accounted for by name came.
        (Some(p), Some(r)) if p != r && without(p) == r => {
            Difference::unknown(say!(OTHERS_ACCOUNTED_FOR, r, p))
        }
        (Some(p), Some(r)) if p != r => Difference::wrong(say!(COUNTS, p, r)),
        (Some(p), Some(_)) => Difference::unknown(say!(BY_COUNT_ALONE, p)),
        (None, _) => Difference::unknown(say!(PACKED_UNKNOWN)),
        (_, None) => Difference::unknown(say!(RECEIVED_UNKNOWN)),
    })
}
