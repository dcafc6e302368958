#![doc = include_str!("custody_gap.md")]

use super::CORRECTED;
use crate::earliest::earliest;
use crate::ledger::CustodyLedger;
use alloc::vec::Vec;
use facts::context::Class;
use facts::timeline::{ENDS, HandOver, PartyReport, WHO_HAS_THEM};
use facts::{
    Effects, Episode, FactKind, Family, Hears, LegId, Message, Moment, Rule, RuleContext, RuleInfo,
    Severity, Shows, Span, say,
};
use serde::Deserialize;

facts::messages! {
    "custody/custody-gap":
    ACCEPTED_LATE "accepted-late" =
        "accepted {gap} after {by} let go at {at} (allowed: {limit})";
    NOT_ACCEPTED "not-accepted" =
        "not accepted for {gap} after {by} let go at {at} (allowed: {limit})";
    NOBODY_HAS "nobody-has" = "nobody has accepted since {at}, when {by} let go (allowed: {limit})";
    NAMED_HAS_NOT "named-has-not" =
        "{named} has not accepted since {at}, when {by} let go (allowed: {limit})";
    AND_THERE "and-there" = "{message}, and the goods were taken out or put away there";
}

/// Nobody has accepted the goods since they were released.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustodyGap {
    ground: Span,
    airside: Span,
    fresh: Span,
    fresh_from: i64,
    double: i64,
    slack: Span,
    taken_back: Span,
}

/// How a hand-over stands, for this rule.
struct Gap<'a> {
    released: &'a PartyReport,
    /// When somebody had to have taken over.
    allowed: Moment,
    limit: Span,
    /// What ended it, if anything did.
    end: Option<&'a PartyReport>,
    /// When the absence could be known, by log time.
    known: Moment,
    /// Whether the one that was named took them out or put them away in time: they are there, and only the scan is missing.
    there: bool,
}

impl Rule for CustodyGap {
    type Memory = CustodyLedger;
    const INFO: RuleInfo = RuleInfo {
        name: "custody/custody-gap",
        code: "CUS-02",
        family: Family::Custody,
        effects: Effects {
            compromises: Some(Severity::P1),
            shows: Shows::NoHolder,
            ..Effects::NONE
        },
        hears: Hears::Only(&[
            WHO_HAS_THEM,
            ENDS,
            CORRECTED,
            &[FactKind::Unpacked, FactKind::Stowed],
        ]),
        messages: &[MESSAGES],
        page: include_str!("custody_gap.md"),
    };

    fn judge(&self, ledger: &CustodyLedger, context: &RuleContext<'_>, found: &mut Vec<Episode>) {
        for hand in &ledger.hands.hand_overs {
            let Some(gap) = self.gap(ledger, hand, context) else { continue };
            if !self.holds(hand, &gap, context) {
                continue;
            }
            let climbs = self.climbs(ledger, &gap);
            let bad = match gap.end {
                Some(end) => end.at > climbs,
                None => context.now - context.reference.settle >= climbs,
            };
            let severity = match bad {
                _ if gap.there => Severity::P3,
                true => Severity::P1,
                false => Severity::P2,
            };
            let evidence = [Some(gap.released.offset), hand.accepted.as_ref().map(|m| m.offset)];
            let episode = Episode::new(severity, gap.released.at, message(hand, &gap))
                .until(gap.end.map(|end| end.at))
                .about(hand.released_leg.as_ref().map_or("", LegId::as_str))
                .evidence(evidence.into_iter().flatten())
                .deadline(earliest(ledger, gap.released.at));
            found.push(episode);
        }
    }

    fn next_deadline(&self, ledger: &CustodyLedger, context: &RuleContext<'_>) -> Option<Moment> {
        let gaps =
            ledger.hands.hand_overs.iter().filter_map(|hand| self.gap(ledger, hand, context));
        let strokes = gaps.flat_map(|gap| {
            let settle = context.reference.settle;
            let first = gap.known.max(gap.allowed) + settle;
            let learnt = gap.end.map(|end| end.learnt.max(gap.known) + settle);
            let climbs = gap.end.is_none().then(|| self.climbs(ledger, &gap) + settle);
            [Some(first), learnt, climbs].into_iter().flatten()
        });
        strokes.filter(|moment| *moment > context.now).min()
    }
}

impl CustodyGap {
    fn gap<'a>(
        &self,
        ledger: &'a CustodyLedger,
        hand: &'a HandOver,
        context: &RuleContext<'_>,
    ) -> Option<Gap<'a>> {
        let released = hand.released.as_ref()?;
        let limit = self.limit(ledger, hand, released, context);
        // The second person of the acceptance before scans within minutes; who scans later has the goods again.
        let back = hand.taken_back.as_ref().filter(|back| back.at >= released.at + self.taken_back);
        let end = hand.end().into_iter().chain(back).min_by_key(|mark| mark.at);
        let allowed = released.at + limit;
        let shown = shows_them(ledger, hand, released);
        let there = shown.is_some_and(|shown| shown.at <= allowed);
        let late = shown.filter(|_| !there);
        let end = end.into_iter().chain(late).min_by_key(|mark| mark.at);
        // An acceptance that was declared wrong is replaced a moment later.
        let corrected = if hand.accepted.is_none() { ledger.corrected } else { Moment::EARLIEST };
        let known = released.learnt.max(corrected);
        Some(Gap { released, allowed, limit, end, known, there })
    }

    /// Whether it was, or is, too long, and could be known.
    fn holds(&self, hand: &HandOver, gap: &Gap<'_>, context: &RuleContext<'_>) -> bool {
        let settle = context.reference.settle;
        let told = gap.known.max(gap.allowed) + settle;
        let Some(end) = gap.end else { return context.now >= told };
        // Facts of one hand-over race: what was told before its end was known is over now, all else waits for what follows.
        let was_told = told <= end.learnt;
        // An act that ends the watch makes no alarm unseen.
        let by_act = hand.ended.as_ref() == Some(end) && hand.ended_by_act;
        let late = end.at > gap.allowed || by_act && was_told;
        late && (was_told || context.now >= end.learnt.max(gap.known) + settle)
    }

    /// How long nobody may hold the goods.
    fn limit(
        &self,
        ledger: &CustodyLedger,
        hand: &HandOver,
        released: &PartyReport,
        context: &RuleContext<'_>,
    ) -> Span {
        let plan = ledger.plan.as_ref();
        let profile = plan.and_then(|plan| context.reference.profiles.get(&plan.profile));
        if profile.is_some_and(|profile| profile.class == Class::Fresh) {
            let age = plan.and_then(|plan| Some((plan.collection_end?, plan.expires_at?)));
            let old = |(from, until): (Moment, Moment)| {
                released.at >= from + (until - from).percent(self.fresh_from)
            };
            if age.is_none_or(old) {
                return self.fresh;
            }
        }
        if hand.airside { self.airside } else { self.ground }
    }

    /// Beyond this it is P1: double the limit, or when little is left of what the goods can bear.
    fn climbs(&self, ledger: &CustodyLedger, gap: &Gap<'_>) -> Moment {
        let double = gap.released.at + gap.limit * self.double;
        match earliest(ledger, gap.released.at) {
            Some(earliest) => double.min((earliest - self.slack).max(gap.allowed)),
            None => double,
        }
    }
}

/// The first act of the one that was named that shows that it has the goods: who takes them out or puts them away need not have scanned them.
fn shows_them<'a>(
    ledger: &'a CustodyLedger,
    hand: &HandOver,
    released: &PartyReport,
) -> Option<&'a PartyReport> {
    let houses = ledger.parties.houses();
    let named = |mark: &&PartyReport| {
        mark.at >= released.at
            && !houses.are_one(&mark.by, &released.by)
            && hand.named.iter().any(|named| houses.are_one(named, &mark.by))
    };
    ledger.handled.iter().find(named)
}

fn message(hand: &HandOver, gap: &Gap<'_>) -> Message {
    let (by, at, limit) = (&gap.released.by, gap.released.at, gap.limit);
    let accepted = hand.accepted.as_ref().map(|accepted| accepted.at);
    let message = match (gap.end, &hand.to) {
        (Some(end), _) if accepted == Some(end.at) => {
            say!(ACCEPTED_LATE, end.at - at, by, at, limit)
        }
        (Some(end), _) => say!(NOT_ACCEPTED, end.at - at, by, at, limit),
        (None, None) => say!(NOBODY_HAS, at, by, limit),
        (None, Some(to)) => say!(NAMED_HAS_NOT, to, at, by, limit),
    };
    if gap.there { say!(AND_THERE, message) } else { message }
}
