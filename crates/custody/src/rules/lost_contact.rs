#![doc = include_str!("lost_contact.md")]

use super::CORRECTED;
use crate::earliest::earliest;
use crate::journey::{Sighting, UnderWay};
use crate::ledger::CustodyLedger;
use alloc::vec::Vec;
use facts::context::Class;
use facts::timeline::{ENDS, WHO_HAS_THEM};
use facts::{
    Effects, Episode, FactKind, Family, Hears, Moment, Rule, RuleContext, RuleInfo, Severity, Span,
    say,
};
use serde::Deserialize;

facts::messages! {
    "custody/lost-contact":
    LOST "lost" =
        "nobody knows where the goods are: {leg} of {carrier} was due at {due}, and the last word is of {last}";
}

/// Nobody knows where the goods are.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LostContact {
    grace: Span,
    word: Span,
    fresh: Span,
    late: i64,
    slack: Span,
}

/// From one word to the next.
struct Silence<'a> {
    word: &'a Sighting,
    leg: &'a UnderWay,
    /// The next word, and when that was learnt; the end of the way is one, too.
    next: Option<(Moment, Moment)>,
    /// Beyond this it is too long.
    limit: Moment,
    /// Beyond this it is P1.
    climbs: Moment,
}

impl Rule for LostContact {
    type Memory = CustodyLedger;
    const INFO: RuleInfo = RuleInfo {
        name: "custody/lost-contact",
        code: "CUS-11",
        family: Family::Custody,
        effects: Effects { compromises: Some(Severity::P1), ..Effects::NONE },
        hears: Hears::Only(&[
            WHO_HAS_THEM,
            ENDS,
            CORRECTED,
            &[FactKind::CustomsCleared, FactKind::Stowed, FactKind::Opened, FactKind::Unpacked],
        ]),
        messages: &[MESSAGES],
        page: include_str!("lost_contact.md"),
    };

    fn judge(&self, ledger: &CustodyLedger, context: &RuleContext<'_>, found: &mut Vec<Episode>) {
        let settle = context.reference.settle;
        for silence in self.silences(ledger, context) {
            let told = silence.limit.max(known(ledger, &silence)) + settle;
            let late = |limit: Moment| match silence.next {
                Some((next, _)) => next > limit,
                None => context.now >= limit.max(known(ledger, &silence)) + settle,
            };
            let settled = match silence.next {
                Some((_, learnt)) => told <= learnt || context.now >= learnt + settle,
                None => true,
            };
            if !late(silence.limit) || !settled {
                continue;
            }
            let severity = if late(silence.climbs) { Severity::P1 } else { Severity::P2 };
            let UnderWay { leg, due, carrier, .. } = silence.leg;
            let message = say!(LOST, leg, carrier, *due, silence.word.at);
            let episode = Episode::new(severity, silence.word.at.max(*due), message)
                .about(leg.as_str())
                .until(silence.next.map(|(next, _)| next))
                .evidence([silence.word.offset])
                .deadline(earliest(ledger, silence.word.at));
            found.push(episode);
        }
    }

    fn next_deadline(&self, ledger: &CustodyLedger, context: &RuleContext<'_>) -> Option<Moment> {
        let settle = context.reference.settle;
        let silences = self.silences(ledger, context);
        let strokes = silences.iter().flat_map(|silence| {
            let known = known(ledger, silence);
            let learnt = silence.next.map(|(_, learnt)| learnt + settle);
            let first = silence.limit.max(known) + settle;
            let climbs = silence.climbs.max(known) + settle;
            [Some(first), Some(climbs), learnt]
        });
        strokes.flatten().filter(|moment| *moment > context.now).min()
    }
}

fn known(ledger: &CustodyLedger, silence: &Silence<'_>) -> Moment {
    silence.word.learnt.max(ledger.corrected)
}

impl LostContact {
    fn silences<'a>(
        &self,
        ledger: &'a CustodyLedger,
        context: &RuleContext<'_>,
    ) -> Vec<Silence<'a>> {
        let plan = ledger.plan.as_ref();
        let profile = plan.and_then(|plan| context.reference.profiles.get(&plan.profile));
        let fresh = profile.is_some_and(|profile| profile.class == Class::Fresh);
        let words = &ledger.journey.sightings;
        let mut silences = Vec::new();
        for (place, word) in words.iter().enumerate() {
            let Some(leg) = &word.leg else { continue };
            let next = words.get(place + 1).map(|next| (next.at, next.learnt));
            let next =
                next.or(ledger.journey.ended.map(|ended| (ended, ledger.journey.ended_learnt)));
            let grace = if fresh && !leg.in_the_air { self.fresh } else { self.grace };
            let silent = if fresh { self.fresh } else { self.word };
            let limit = (leg.due + grace).max(word.at + silent);
            let far = leg.due + grace * self.late;
            let little = earliest(ledger, word.at).map(|end| end - self.slack);
            let climbs = little.into_iter().chain([far]).min().unwrap_or(far).max(limit);
            silences.push(Silence { word, leg, next, limit, climbs });
        }
        silences
    }
}
