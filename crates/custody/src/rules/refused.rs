#![doc = include_str!("refused.md")]

use super::CORRECTED;
use crate::earliest::earliest;
use crate::ledger::{CustodyLedger, UnitFate};
use crate::unit::by_name;
use alloc::vec::Vec;
use facts::fact::shipment::Receipt;
use facts::timeline::{ENDS, PartyReport, WHO_HAS_THEM};
use facts::{
    Effects, Episode, FactKind, Family, Hears, Moment, Rule, RuleContext, RuleInfo, Severity, Span,
    UnitId, say,
};
use serde::Deserialize;

facts::messages! {
    "custody/refused":
    OPEN "open" = "{by} refused the goods at {at}, and nobody has decided";
    DECIDED "decided" = "{by} refused the goods at {at}, decided after {span}";
}

/// The goods were refused at the door, and nobody has decided what becomes of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    answer: Span,
    slack: Span,
}

impl Rule for Refused {
    type Memory = CustodyLedger;
    const INFO: RuleInfo = RuleInfo {
        name: "custody/refused",
        code: "CUS-14",
        family: Family::Custody,
        effects: Effects::NONE,
        hears: Hears::Only(&[
            WHO_HAS_THEM,
            ENDS,
            CORRECTED,
            &[FactKind::Dispositioned, FactKind::QualityReleased],
        ]),
        messages: &[MESSAGES],
        page: include_str!("refused.md"),
    };

    fn judge(&self, ledger: &CustodyLedger, context: &RuleContext<'_>, found: &mut Vec<Episode>) {
        let settle = context.reference.settle;
        let mut last: Option<(&PartyReport, Option<Moment>)> = None;
        for (mark, received) in &ledger.received {
            if received.verdict != Receipt::Reject || context.now < mark.learnt + settle {
                continue;
            }
            // The same refusal again is no other one.
            if last.is_some_and(|(_, until)| until.is_none_or(|until| until > mark.at)) {
                continue;
            }
            let until = answered(ledger, mark, &received.units);
            last = Some((mark, until));
            let overdue = mark.at + self.answer;
            let earliest = earliest(ledger, mark.at);
            let late = |limit: Moment| match until {
                Some(until) => until > limit,
                None => context.now >= limit.max(mark.learnt).max(ledger.corrected) + settle,
            };
            let severity = match earliest.map(|end| (end - self.slack).max(overdue)) {
                Some(climbs) if late(climbs) => Severity::P1,
                _ if late(overdue) => Severity::P2,
                _ => Severity::P3,
            };
            let message = match until {
                Some(until) => say!(DECIDED, &mark.by, mark.at, until - mark.at),
                None => say!(OPEN, &mark.by, mark.at),
            };
            let episode = Episode::new(severity, mark.at, message)
                .about(mark.by.as_str())
                .until(until)
                .evidence([mark.offset])
                .deadline(earliest);
            found.push(episode);
        }
    }

    fn next_deadline(&self, ledger: &CustodyLedger, context: &RuleContext<'_>) -> Option<Moment> {
        let settle = context.reference.settle;
        let refused = ledger.received.iter().filter(|(_, r)| r.verdict == Receipt::Reject);
        let strokes = refused.flat_map(|(mark, _)| {
            let overdue = mark.at + self.answer;
            let climbs = earliest(ledger, mark.at).map(|end| (end - self.slack).max(overdue));
            let known = mark.learnt.max(ledger.corrected);
            let later = |limit: Moment| limit.max(known) + settle;
            [Some(mark.learnt + settle), Some(later(overdue)), climbs.map(later)]
        });
        strokes.flatten().filter(|moment| *moment > context.now).min()
    }
}

/// When somebody had decided: taken in after all, taken back by the consignor, planned anew, decided by quality, destroyed.
fn answered(ledger: &CustodyLedger, refused: &PartyReport, units: &[UnitId]) -> Option<Moment> {
    let houses = ledger.parties.houses();
    let consignor = ledger.plan.as_ref().map(|plan| &plan.consignor);
    let goes_back = |mark: &&PartyReport| {
        mark.at > refused.at && consignor.is_some_and(|home| houses.are_one(home, &mark.by))
    };
    let received = ledger.received.iter().filter(|(_, r)| r.verdict != Receipt::Reject);
    let back = ledger.accepted.iter().chain(received.map(|(mark, _)| mark)).filter(goes_back);
    let planned = ledger.planned.iter().copied().filter(|planned| *planned > refused.at);
    let ends = back.map(|mark| mark.at).chain(planned).chain(ledger.over);
    ends.chain(decided(ledger, refused, units)).min()
}

/// When the last of what was refused was taken in, or quality had decided on it. While nobody knows what is aboard, what
/// names units decides nothing, but that something was taken in after all.
fn decided(ledger: &CustodyLedger, refused: &PartyReport, units: &[UnitId]) -> Option<Moment> {
    let aboard = ledger.aboard();
    let mut open = if units.is_empty() { by_name(aboard) } else { by_name(units) };
    let known = !open.is_empty();
    for used in ledger.uses.iter().filter(|used| used.report.at >= refused.at) {
        let taken_in = used.what == UnitFate::TakenIn;
        let decides = match used.what {
            UnitFate::TakenIn => used.report.at > refused.at,
            UnitFate::Discarded | UnitFate::Destroyed | UnitFate::Allowed => true,
            UnitFate::Refused | UnitFate::Thawed | UnitFate::Infused => false,
        };
        if !decides {
            continue;
        }
        if used.units.is_empty() || taken_in && !known {
            return Some(used.report.at);
        }
        for unit in by_name(&used.units).into_keys() {
            open.remove(&unit);
        }
        if known && open.is_empty() {
            return Some(used.report.at);
        }
    }
    None
}
