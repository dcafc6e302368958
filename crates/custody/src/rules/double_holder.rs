#![doc = include_str!("double_holder.md")]

use super::CORRECTED;
use crate::ledger::CustodyLedger;
use alloc::vec::Vec;
use facts::timeline::{ENDS, HandOver, PartyReport, WHO_HAS_THEM};
use facts::{
    Effects, Episode, Family, Hears, LegId, Message, Moment, PartyId, Rule, RuleContext, RuleInfo,
    Severity, Span, say,
};
use serde::Deserialize;

facts::messages! {
    "custody/double-holder":
    LATE_AFTER_ACCEPTED "late-after-accepted" =
        "{holder} let go only {late} after {by} had accepted";
    LATE_AFTER_RECEIVED "late-after-received" =
        "{holder} let go only {late} after {by} had received";
    ACCEPTED "accepted" = "{by} accepted at {at}, and {holder} has not let go";
    RECEIVED "received" = "{by} received at {at}, and {holder} has not let go";
}

/// Two organisations hold the goods at once.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoubleHolder {
    skew: Span,
    unknown_after: Span,
}

/// Somebody took over, and the holder had not let go.
struct Overlap<'a> {
    holder: &'a PartyId,
    taken: &'a PartyReport,
    /// Whether it is signed for, or only received.
    accepted: bool,
    /// When we learnt the last of what the hand-over stands on.
    learnt: Moment,
}

impl Rule for DoubleHolder {
    type Memory = CustodyLedger;
    const INFO: RuleInfo = RuleInfo {
        name: "custody/double-holder",
        code: "CUS-01",
        family: Family::Custody,
        effects: Effects { compromises: Some(Severity::P2), ..Effects::NONE },
        hears: Hears::Only(&[WHO_HAS_THEM, ENDS, CORRECTED]),
        messages: &[MESSAGES],
        page: include_str!("double_holder.md"),
    };

    fn judge(&self, ledger: &CustodyLedger, context: &RuleContext<'_>, found: &mut Vec<Episode>) {
        for hand in &ledger.hands.hand_overs {
            let Some(overlap) = overlap(hand) else { continue };
            let taken = overlap.taken;
            let overdue = self.overdue(ledger, &overlap, context);
            let (until, message) = match &hand.released {
                Some(released) => {
                    let settled = released.learnt.max(overlap.learnt) + context.reference.settle;
                    let in_time = released.at <= taken.at + self.allowed(&overlap);
                    // What was told before the release was known is over now; else what races with it has its time.
                    let was_told = overdue <= released.learnt;
                    if in_time || !was_told && context.now < settled {
                        continue;
                    }
                    (Some(released.at), late(&overlap, released))
                }
                None if context.now >= overdue => (None, open(&overlap)),
                None => continue,
            };
            let offsets = hand.released.as_ref().map(|released| released.offset);
            let episode = Episode::new(severity(ledger, hand, &overlap), taken.at, message)
                .until(until)
                .about(hand.accepted_leg.as_ref().map_or("", LegId::as_str))
                .evidence(offsets.into_iter().chain([taken.offset]));
            found.push(episode);
        }
    }

    fn next_deadline(&self, ledger: &CustodyLedger, context: &RuleContext<'_>) -> Option<Moment> {
        let overlaps = ledger.hands.hand_overs.iter().filter_map(|hand| {
            let overlap = overlap(hand)?;
            let released = hand.released.as_ref();
            let settled = released
                .map(|released| released.learnt.max(overlap.learnt) + context.reference.settle);
            Some([Some(self.overdue(ledger, &overlap, context)), settled])
        });
        overlaps.flatten().flatten().filter(|due| *due > context.now).min()
    }
}

impl DoubleHolder {
    /// How long after somebody took over the release may come.
    fn allowed(&self, overlap: &Overlap<'_>) -> Span {
        if overlap.accepted { self.skew } else { self.unknown_after }
    }

    /// When a release that nobody has reported counts as not given. One that was declared wrong is replaced a moment later.
    fn overdue(
        &self,
        ledger: &CustodyLedger,
        overlap: &Overlap<'_>,
        context: &RuleContext<'_>,
    ) -> Moment {
        let known = overlap.learnt.max(ledger.corrected);
        known.max(overlap.taken.at + self.unknown_after) + context.reference.settle
    }
}

fn overlap(hand: &HandOver) -> Option<Overlap<'_>> {
    let holder = hand.holder.as_ref()?;
    let learnt = |taken: &PartyReport| taken.learnt.max(hand.held_learnt);
    match (&hand.accepted, &hand.received) {
        (Some(taken), _) => Some(Overlap { holder, taken, accepted: true, learnt: learnt(taken) }),
        // Where no hand-over was ever scanned, a receipt alone is how these goods are handed over.
        (None, Some(taken)) if !hand.holder_by_plan => {
            Some(Overlap { holder, taken, accepted: false, learnt: learnt(taken) })
        }
        _ => None,
    }
}

/// The goods are with the consignee, and only the scan is missing: that is for the morning's list.
fn severity(ledger: &CustodyLedger, hand: &HandOver, overlap: &Overlap<'_>) -> Severity {
    let houses = ledger.parties.houses();
    let confirms = |((mark, _), confirmed): (&(PartyReport, _), &Option<Moment>)| {
        confirmed.is_some()
            && mark.at >= overlap.taken.at
            && houses.are_one(&mark.by, &overlap.taken.by)
    };
    let received = || ledger.received.iter().zip(&ledger.confirmed_each).any(confirms);
    if !overlap.accepted || hand.to_consignee && (hand.received.is_some() || received()) {
        Severity::P3
    } else {
        Severity::P1
    }
}

/// The holder let go late.
fn late(overlap: &Overlap<'_>, released: &PartyReport) -> Message {
    let Overlap { holder, taken, accepted, .. } = *overlap;
    let template = if accepted { LATE_AFTER_ACCEPTED } else { LATE_AFTER_RECEIVED };
    say!(template, holder, released.at - taken.at, &taken.by)
}

/// The holder has not let go.
fn open(overlap: &Overlap<'_>) -> Message {
    let Overlap { holder, taken, accepted, .. } = *overlap;
    let template = if accepted { ACCEPTED } else { RECEIVED };
    say!(template, &taken.by, taken.at, holder)
}
