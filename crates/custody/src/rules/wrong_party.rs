#![doc = include_str!("wrong_party.md")]

use crate::ledger::{HandOver, Ledger, Mark};
use crate::parties::Standing;
use alloc::{format, vec::Vec};
use facts::fact::shipment::Planned;
use facts::{Episode, Given, Moment, PartyId, Rule, Severity};
use serde::Deserialize;

/// A party that should not have the goods has or had them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrongParty {}

impl Rule for WrongParty {
    type Memory = Ledger;
    const NAME: &'static str = "custody/wrong-party";
    const CODE: &'static str = "CUS-03";
    const PAGE: &'static str = include_str!("wrong_party.md");
    const COMPROMISES: Option<Severity> = Some(Severity::P1);

    fn judge(&self, ledger: &Ledger, given: &Given<'_>, found: &mut Vec<Episode>) {
        for (n, hand) in ledger.hand_overs.iter().enumerate() {
            let next =
                ledger.hand_overs.get(n + 1..).unwrap_or_default().iter().find_map(HandOver::end);
            if let (true, Some(released)) = (hand.stranger, &hand.released) {
                let holder = hand.holder.as_ref().map_or("nobody", |holder| holder.as_str());
                let sentence =
                    format!("{} let the goods go, while {holder} held them", released.by);
                let episode =
                    Episode::new(Severity::P1, released.at, sentence).until(hand.end().or(next));
                found.push(episode.about(hand.about()).evidence([released.offset]));
            }
            if let Some(accepted) = &hand.accepted {
                found
                    .extend(accepted_wrongly(ledger, hand, accepted, given).map(|e| e.until(next)));
            }
        }
    }

    fn due(&self, ledger: &Ledger, given: &Given<'_>) -> Option<Moment> {
        let accepted = ledger.hand_overs.iter().filter_map(|hand| hand.accepted.as_ref());
        accepted
            .map(|mark| mark.learnt + given.reference.settle)
            .filter(|due| *due > given.now)
            .min()
    }
}

fn accepted_wrongly(
    ledger: &Ledger,
    hand: &HandOver,
    accepted: &Mark,
    given: &Given<'_>,
) -> Option<Episode> {
    let (by, at) = (&accepted.by, accepted.at);
    // What is known of a party comes after the hand-over that first names it.
    let judged = given.now >= accepted.learnt + given.reference.settle;
    let standing = ledger.parties.standing(by, at);
    let named = named(ledger.plan.as_ref(), hand);
    let episode = match standing {
        Standing::NotQualified if judged => {
            Episode::new(Severity::P1, at, format!("{by} accepted at {at}, and is not qualified"))
        }
        Standing::Unknown if judged => {
            let sentence =
                format!("{by} accepted at {at}, and nothing is known of its qualification");
            Episode::new(Severity::P2, at, sentence).unknown()
        }
        Standing::Qualified if !named.is_empty() && !named.contains(&by) => {
            let sentence = format!(
                "{by} accepted at {at}, and {} was named",
                named.iter().map(|p| p.as_str()).collect::<Vec<_>>().join(" or ")
            );
            Episode::new(Severity::P2, at, sentence)
        }
        _ => return None,
    };
    Some(episode.about(hand.about()).evidence([accepted.offset]))
}

/// Whom the release named; without that whom the plan has for the leg, or at all.
fn named<'a>(plan: Option<&'a Planned>, hand: &'a HandOver) -> Vec<&'a PartyId> {
    if let Some(to) = &hand.to {
        return Vec::from([to]);
    }
    let Some(plan) = plan else { return Vec::new() };
    let leg = hand.leg.as_ref().and_then(|leg| plan.legs.iter().find(|l| l.id == *leg));
    let mut parties: Vec<&PartyId> = match leg {
        Some(leg) => Vec::from([&leg.carrier]),
        None => plan
            .legs
            .iter()
            .flat_map(|leg| [&leg.carrier, &leg.to])
            .chain([&plan.consignor])
            .collect(),
    };
    parties.push(&plan.consignee);
    parties.sort();
    parties.dedup();
    parties
}
