//! Puts the hand-overs of one moment into the order in which the chain holds together, walked from the holder: its
//! release, the acceptance of whom it names, that party's release. What fits nowhere comes last, by identity.

use super::TimelineEntry;
use super::hands::{At, HandOverBuilder};
use crate::fact::shipment::Receipt;
use crate::fact::{Fact, ShipmentFact};
use crate::id::PartyId;

/// How well a fact fits as the next one. The first of these that there is goes first; of equals the least identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum NextFact {
    /// Who was named takes over, or the holder's own people sign again.
    TakesOver,
    /// The same with a receipt, which is no signature.
    Receives,
    /// The holder lets go, or names another addressee, of whom nothing more is said at this moment.
    LetsGo,
    /// The holder lets go for somebody who goes on at this moment.
    LetsGoForTheNext,
    /// Who was named lets go without having accepted.
    PassesOn,
    /// A second scan of a release that was accepted.
    LetsGoAgain,
    /// Somebody takes over for whom no release of this moment speaks: the chain may go on from there.
    TakesUnnamed,
    /// Somebody takes over whom a release of this moment names, and that release fits nowhere either.
    TakesNamed,
    /// Fits nowhere.
    Nowhere,
}

/// Which of the facts that are left at one moment, in the order of their identities, is the next one.
pub(super) fn steps(
    builder: &HandOverBuilder<'_, '_>,
    rest: &[TimelineEntry<'_>],
) -> Option<usize> {
    let best =
        rest.iter().enumerate().min_by_key(|(place, entry)| (step(builder, entry, rest), *place));
    best.map(|(place, _)| place)
}

fn step(
    builder: &HandOverBuilder<'_, '_>,
    entry: &TimelineEntry<'_>,
    rest: &[TimelineEntry<'_>],
) -> NextFact {
    match entry.fact {
        Fact::Shipment(ShipmentFact::Released(released)) => {
            lets_go(builder, &released.by, released.to.as_ref(), rest)
        }
        Fact::Shipment(ShipmentFact::Accepted(accepted)) => {
            takes(builder, &accepted.by, NextFact::TakesOver, rest)
        }
        Fact::Shipment(ShipmentFact::Received(received)) if received.verdict == Receipt::Reject => {
            NextFact::Receives
        }
        Fact::Shipment(ShipmentFact::Received(received)) => {
            takes(builder, &received.by, NextFact::Receives, rest)
        }
        _ => NextFact::Nowhere,
    }
}

fn lets_go(
    builder: &HandOverBuilder<'_, '_>,
    by: &PartyId,
    to: Option<&PartyId>,
    rest: &[TimelineEntry<'_>],
) -> NextFact {
    let goes_on = to.is_some_and(|to| acts(builder, to, rest));
    let lets_go = if goes_on { NextFact::LetsGoForTheNext } else { NextFact::LetsGo };
    let last = builder.hands.hand_overs.last();
    match &builder.at {
        At::Held { by: holder, .. } if builder.houses.are_one(holder, by) => lets_go,
        At::Held { .. } if builder.let_go_last(by) => NextFact::LetsGoAgain,
        At::Held { .. } => NextFact::Nowhere,
        At::Released if builder.let_go_last(by) => lets_go,
        At::Released if last.is_some_and(|hand| builder.names(hand, by)) => NextFact::PassesOn,
        At::Released => NextFact::Nowhere,
        // Nobody knows who held them: whoever accepts at this moment does so before it lets go.
        At::Unknown if accepts(builder, by, rest) => NextFact::Nowhere,
        At::Unknown => lets_go,
    }
}

fn takes(
    builder: &HandOverBuilder<'_, '_>,
    by: &PartyId,
    fits: NextFact,
    rest: &[TimelineEntry<'_>],
) -> NextFact {
    let named = is_named(builder, by, rest);
    let unfit = if named { NextFact::TakesNamed } else { NextFact::TakesUnnamed };
    let last = builder.hands.hand_overs.last();
    match &builder.at {
        // The goods may come back to the holder at this moment.
        At::Held { by: holder, .. } if builder.houses.are_one(holder, by) && !named => fits,
        At::Released if last.is_some_and(|hand| builder.names(hand, by)) => fits,
        At::Held { .. } | At::Released | At::Unknown => unfit,
    }
}

/// Whether a release that is left names a party.
fn is_named(
    builder: &HandOverBuilder<'_, '_>,
    party: &PartyId,
    rest: &[TimelineEntry<'_>],
) -> bool {
    rest.iter().any(|entry| match entry.fact {
        Fact::Shipment(ShipmentFact::Released(released)) => {
            released.to.as_ref().is_some_and(|to| builder.houses.are_one(to, party))
        }
        _ => false,
    })
}

fn accepts(builder: &HandOverBuilder<'_, '_>, party: &PartyId, rest: &[TimelineEntry<'_>]) -> bool {
    rest.iter().any(|entry| match entry.fact {
        Fact::Shipment(ShipmentFact::Accepted(accepted)) => {
            builder.houses.are_one(&accepted.by, party)
        }
        _ => false,
    })
}

/// Whether anything that is left is by a party.
fn acts(builder: &HandOverBuilder<'_, '_>, party: &PartyId, rest: &[TimelineEntry<'_>]) -> bool {
    rest.iter().any(|entry| {
        let by = match entry.fact {
            Fact::Shipment(ShipmentFact::Released(released)) => &released.by,
            Fact::Shipment(ShipmentFact::Accepted(accepted)) => &accepted.by,
            Fact::Shipment(ShipmentFact::Received(received)) => &received.by,
            _ => return false,
        };
        builder.houses.are_one(by, party)
    })
}
