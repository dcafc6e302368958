#![doc = include_str!("package_opened.md")]

use super::CORRECTED;
use crate::ledger::{CustodyLedger, Customs, Opening};
use alloc::vec::Vec;
use facts::timeline::{ENDS, PartyReport, WHO_HAS_THEM};
use facts::{
    Effects, Episode, FactKind, Family, Hears, Moment, Rule, RuleContext, RuleInfo, Severity, Span,
    say,
};
use serde::Deserialize;

facts::messages! {
    "custody/package-opened":
    OPENED "opened" = "opened by {by} at {at} without leave";
}

/// The package was opened, and nobody had given leave.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackageOpened {
    repacked: Span,
}

impl Rule for PackageOpened {
    type Memory = CustodyLedger;
    const INFO: RuleInfo = RuleInfo {
        name: "custody/package-opened",
        code: "CUS-06",
        family: Family::Custody,
        effects: Effects::NONE,
        hears: Hears::Only(&[
            WHO_HAS_THEM,
            ENDS,
            CORRECTED,
            &[FactKind::CustomsCleared, FactKind::Opened, FactKind::Unpacked],
        ]),
        messages: &[MESSAGES],
        page: include_str!("package_opened.md"),
    };

    fn judge(&self, ledger: &CustodyLedger, context: &RuleContext<'_>, found: &mut Vec<Episode>) {
        for opening in &ledger.opened {
            let mark = &opening.report;
            let known = mark.learnt.max(ledger.corrected) + context.reference.settle;
            if opening.has_leave || context.now < known {
                continue;
            }
            if !is_watched(ledger, mark.at) || self.is_its_own_work(ledger, opening) {
                continue;
            }
            let severity = if in_customs(ledger, mark.at) { Severity::P3 } else { Severity::P2 };
            let episode = Episode::new(severity, mark.at, say!(OPENED, &mark.by, mark.at))
                .about(mark.by.as_str())
                .until(ends(ledger, mark.at))
                .evidence([mark.offset]);
            found.push(episode);
        }
    }

    fn next_deadline(&self, ledger: &CustodyLedger, context: &RuleContext<'_>) -> Option<Moment> {
        let opened = ledger.opened.iter().map(|it| it.report.learnt.max(ledger.corrected));
        opened.map(|known| known + context.reference.settle).filter(|due| *due > context.now).min()
    }
}

impl PackageOpened {
    /// Whoever moves the goods into another box opens the first; the consignor closes its own box until it lets go of
    /// it; the consignee opens what it has accepted.
    fn is_its_own_work(&self, ledger: &CustodyLedger, opening: &Opening) -> bool {
        let opened = &opening.report;
        let houses = ledger.parties.houses();
        let own = |mark: &PartyReport| houses.are_one(&mark.by, &opened.by);
        let near = |at: Moment| at <= opened.at + self.repacked && opened.at <= at + self.repacked;
        if ledger.repacked.iter().any(|(mark, _)| own(mark) && near(mark.at)) {
            return true;
        }
        if opening.by_consignor {
            let mut released =
                ledger.hands.hand_overs.iter().filter_map(|hand| hand.released.as_ref());
            return released.all(|released| released.at >= opened.at);
        }
        let took = |mark: &PartyReport| mark.at <= opened.at && own(mark);
        opening.by_consignee && ledger.accepted.iter().any(took)
    }
}

/// From packing, or the first release, until the consignee has received the goods or they were taken out; again from
/// when they were put back.
fn is_watched(ledger: &CustodyLedger, at: Moment) -> bool {
    let packed = ledger.packed.iter().map(|(mark, _)| mark.at);
    let released = ledger.hands.hand_overs.iter().filter_map(|hand| hand.released.as_ref());
    let begun = packed.chain(released.map(|mark| mark.at)).min();
    let ended = ledger.confirmed.into_iter().chain(ledger.over).min();
    begun.is_some_and(|begun| begun <= at)
        && ended.is_none_or(|end| at < end)
        && !lies_unpacked(ledger, at)
}

/// Whether the goods were taken out and neither packed nor put into another box since.
fn lies_unpacked(ledger: &CustodyLedger, at: Moment) -> bool {
    let out = ledger.unpacked.iter().copied().filter(|out| *out <= at).max();
    let packed = ledger.packed.iter().map(|(mark, _)| mark.at);
    let mut put_back = packed.chain(ledger.repacked.iter().map(|(mark, _)| mark.at));
    out.is_some_and(|out| !put_back.any(|back| out <= back && back <= at))
}

/// The goods were received, taken out or put into another box, or there is nothing to guard any more.
fn ends(ledger: &CustodyLedger, at: Moment) -> Option<Moment> {
    let repacked = ledger.repacked.iter().map(|(mark, _)| mark.at);
    let out = ledger.unpacked.iter().copied().chain(repacked).filter(|end| *end > at);
    out.chain(ledger.confirmed).chain(ledger.over).min()
}

fn in_customs(ledger: &CustodyLedger, at: Moment) -> bool {
    let last = ledger.customs.iter().rev().find(|(moment, _)| *moment <= at);
    last.is_some_and(|(_, customs)| *customs == Customs::Entered)
}
