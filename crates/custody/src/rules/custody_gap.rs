#![doc = include_str!("custody_gap.md")]

use crate::ledger::{HandOver, Ledger, Mark};
use alloc::{format, vec::Vec};
use facts::context::Class;
use facts::{Episode, Given, Moment, Rule, Severity, Span};
use serde::Deserialize;

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
}

impl Rule for CustodyGap {
    type Memory = Ledger;
    const NAME: &'static str = "custody/custody-gap";
    const CODE: &'static str = "CUS-02";
    const PAGE: &'static str = include_str!("custody_gap.md");
    const COMPROMISES: Option<Severity> = Some(Severity::P1);

    fn judge(&self, ledger: &Ledger, given: &Given<'_>, found: &mut Vec<Episode>) {
        let judged = given.now - given.reference.settle;
        for hand in &ledger.hand_overs {
            let Some(released) = &hand.released else { continue };
            let limit = self.limit(ledger, hand, released, given);
            let end = hand.end();
            if end.is_some_and(|end| end <= released.at + limit) {
                continue;
            }
            if end.is_none() && (judged < released.at + limit || judged < released.learnt) {
                continue;
            }
            // An acceptance that was declared wrong is replaced a moment later.
            if hand.accepted.is_none() && judged < ledger.corrected {
                continue;
            }
            let climbs = self.climbs(ledger, released, limit);
            let severity = match end {
                Some(end) if end > climbs => Severity::P1,
                None if judged >= climbs => Severity::P1,
                _ => Severity::P2,
            };
            let whom = hand.to.as_ref().map_or("nobody", |to| to.as_str());
            let accepted = hand.accepted.as_ref().is_some_and(|accepted| Some(accepted.at) == end);
            let mut sentence = match (end, whom) {
                (Some(end), _) => format!(
                    "{} {} after {} let go at {}",
                    if accepted { "accepted" } else { "not accepted for" },
                    (end - released.at).spoken(),
                    released.by,
                    released.at
                ),
                (None, "nobody") => format!(
                    "nobody has accepted since {}, when {} let go",
                    released.at, released.by
                ),
                (None, whom) => format!(
                    "{whom} has not accepted since {}, when {} let go",
                    released.at, released.by
                ),
            };
            sentence += &format!(" (allowed: {})", limit.spoken());
            let evidence = [Some(released.offset), hand.accepted.as_ref().map(|mark| mark.offset)];
            let episode =
                Episode::new(severity, released.at, sentence).until(end).about(hand.about());
            found.push(episode.evidence(evidence.into_iter().flatten()).deadline(earliest(ledger)));
        }
    }

    fn due(&self, ledger: &Ledger, given: &Given<'_>) -> Option<Moment> {
        let settle = given.reference.settle;
        let open = ledger.hand_overs.iter().filter(|hand| hand.end().is_none());
        let each = open.filter_map(|hand| hand.released.as_ref().map(|released| (hand, released)));
        let strokes = each.flat_map(|(hand, released)| {
            let limit = self.limit(ledger, hand, released, given);
            let first = released.learnt.max(released.at + limit) + settle;
            [first, self.climbs(ledger, released, limit) + settle]
        });
        let corrected = ledger.corrected + settle;
        strokes.chain([corrected]).filter(|moment| *moment > given.now).min()
    }
}

impl CustodyGap {
    /// How long nobody may hold the goods.
    fn limit(&self, ledger: &Ledger, hand: &HandOver, released: &Mark, given: &Given<'_>) -> Span {
        let plan = ledger.plan.as_ref();
        let profile = plan.and_then(|plan| given.reference.profiles.get(&plan.profile));
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

    /// When it is P1: at double the limit, or when little is left of what the goods can bear.
    fn climbs(&self, ledger: &Ledger, released: &Mark, limit: Span) -> Moment {
        let double = released.at + limit * self.double;
        match earliest(ledger) {
            Some(earliest) => double.min((earliest - self.slack).max(released.at + limit)),
            None => double,
        }
    }
}

/// The earliest of expiry, slot and the end of what the shipper is qualified for.
fn earliest(ledger: &Ledger) -> Option<Moment> {
    let plan = ledger.plan.as_ref()?;
    let packed = ledger.packed.first().map(|(mark, _)| mark.at);
    let hold = packed.zip(plan.qualified_hold).map(|(packed, hold)| packed + hold);
    [plan.expires_at, plan.slot, hold].into_iter().flatten().min()
}
