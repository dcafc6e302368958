#![doc = include_str!("wrong_party.md")]

use super::CORRECTED;
use crate::ledger::{CustodyLedger, Did, StrangeAct};
use crate::parties::PartyStanding;
use crate::unit;
use alloc::vec::Vec;
use facts::behaviour::SIGNED_AGAIN;
use facts::timeline::{
    ENDS, HandOver, PartyReport, Receiver, StrangeReceipt, StrangeRelease, WHO_HAS_THEM,
};
use facts::{
    Argument, Effects, Episode, FactKind, Family, Hears, LegId, Message, Moment, PartyId, Rule,
    RuleContext, RuleInfo, Severity, Span, say,
};
use serde::Deserialize;

facts::messages! {
    "custody/wrong-party":
    NOT_QUALIFIED "not-qualified" = "{by} accepted at {at}, and is not qualified";
    NOTHING_KNOWN "nothing-known" =
        "{by} accepted at {at}, and nothing is known of its qualification";
    NOT_NAMED "not-named" = "{by} accepted at {at}, and {named} was named";
    RELEASED "released" = "{by} let the goods go, while {holder} held them";
    RELEASED_BY_NONE "released-by-none" = "{by} let the goods go, while nobody held them";
    FOR_ANOTHER "for-another" = "{by} received the goods at {at}, and they are for {consignee}";
    OUTSIDER "outsider" =
        "{by} received the goods at {at}, and has no part in the plan: they are for {consignee}";
    ON_THE_WAY "on-the-way" =
        "{by} received the goods at {at}, on the way to {consignee}: that is no receipt";
    NEVER_DESCRIBED "never-described" =
        "{by} received the goods at {at}, nobody knows who that is, and they are for {consignee}";
    DONE "done" = "{by} {did} {what} at {at}, and {why}: it counts for nothing";
    WHICH_BAG "which-bag" = "{by} infused {what} at {at}, and {why}: which bag was given";
    DID_RECEIVE "did-receive" = "received";
    DID_UNPACK "did-unpack" = "unpacked";
    DID_STOW "did-stow" = "stowed";
    DID_THAW "did-thaw" = "thawed";
    DID_INFUSE "did-infuse" = "infused";
    DID_DESTROY "did-destroy" = "destroyed";
    THE_GOODS "the-goods" = "the goods";
    NOT_LET_GO_YET "not-let-go-yet" = "nobody had let them go yet";
    ANOTHER_HAD "another-had" = "{party} had them";
    LET_GO_TO_OTHERS "let-go-to-others" = "{party} had let them go to others";
    HAS_THEM_NOT "has-them-not" = "does not have them";
    NOBODY_KNOWS "nobody-knows" = "nobody knows who that is";
    NO_PART "no-part" = "has no part in their way";
}

/// A party that should not have the goods has or had them, or lets go of what it does not hold.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrongParty {
    again: Span,
}

impl Rule for WrongParty {
    type Memory = CustodyLedger;
    const INFO: RuleInfo = RuleInfo {
        name: "custody/wrong-party",
        code: "CUS-03",
        family: Family::Custody,
        effects: Effects { compromises: Some(Severity::P1), ..Effects::NONE },
        hears: Hears::Only(&[
            WHO_HAS_THEM,
            ENDS,
            CORRECTED,
            &[FactKind::Qualified, FactKind::PartySuspended, FactKind::Unpacked, FactKind::Stowed],
        ]),
        messages: &[MESSAGES, unit::MESSAGES],
        page: include_str!("wrong_party.md"),
    };

    fn judge(&self, ledger: &CustodyLedger, context: &RuleContext<'_>, found: &mut Vec<Episode>) {
        let ripe = |known: Moment| context.now >= known + context.reference.settle;
        let mut told: Vec<&StrangeRelease> = Vec::new();
        for strange in &ledger.hands.strange_releases {
            let again = told.iter().any(|first| is_released_again(ledger, first, strange));
            let signed = context.behaviour >= SIGNED_AGAIN
                && (self.is_signed_again(ledger, strange)
                    || told.iter().any(|first| self.is_strange_again(ledger, first, strange)));
            if again || signed || self.is_second_scan(strange) {
                continue;
            }
            told.push(strange);
            if ripe(release_known(ledger, strange)) {
                found.push(released_strangely(ledger, strange));
            }
        }
        for (n, hand) in ledger.hands.hand_overs.iter().enumerate() {
            let Some(accepted) = &hand.accepted else { continue };
            if ripe(acceptance_known(ledger, hand, accepted)) {
                found.extend(accepted_wrongly(ledger, hand, accepted, n + 1));
            }
        }
        for accepted in within_a_house(ledger) {
            let known = accepted.learnt.max(ledger.parties.learnt(&accepted.by));
            if ripe(known.max(ledger.corrected)) {
                found.extend(taken_wrongly(ledger, accepted));
            }
        }
        for (n, strange) in ledger.hands.strange_receipts.iter().enumerate() {
            let before = ledger.hands.strange_receipts.get(..n).unwrap_or_default();
            let again = before.iter().any(|first| is_scanned_again(ledger, first, strange));
            if !again && ripe(receipt_known(ledger, strange)) {
                found.push(received_strangely(ledger, strange));
            }
        }
        for (n, act) in ledger.strange_acts.iter().enumerate() {
            let before = ledger.strange_acts.get(..n).unwrap_or_default();
            let again = before.iter().any(|first| is_done_again(ledger, first, act));
            if !again && ripe(act_known(ledger, &act.report)) {
                found.push(done_strangely(ledger, act));
            }
        }
        found.sort_by_key(|episode| episode.since);
    }

    fn next_deadline(&self, ledger: &CustodyLedger, context: &RuleContext<'_>) -> Option<Moment> {
        let hands = &ledger.hands;
        let releases = hands.strange_releases.iter().map(|strange| release_known(ledger, strange));
        let acceptances = hands.hand_overs.iter().filter_map(|hand| {
            hand.accepted.as_ref().map(|accepted| acceptance_known(ledger, hand, accepted))
        });
        let receipts = hands.strange_receipts.iter().map(|strange| receipt_known(ledger, strange));
        let acts = ledger.strange_acts.iter().map(|act| act_known(ledger, &act.report));
        let within = within_a_house(ledger).map(|accepted| {
            let known = accepted.learnt.max(ledger.parties.learnt(&accepted.by));
            known.max(ledger.corrected)
        });
        let known = releases.chain(acceptances).chain(receipts).chain(acts).chain(within);
        known.map(|known| known + context.reference.settle).filter(|due| *due > context.now).min()
    }
}

impl WrongParty {
    /// Whether a second person of the party scanned the release again that the hand-over before began with.
    fn is_second_scan(&self, strange: &StrangeRelease) -> bool {
        strange.after_acceptance.is_some_and(|at| strange.released.at <= at + self.again)
    }

    /// Whether it is a second scan of the release that any hand-over began with: couriers may hand the goods on in the minutes in
    /// which they get them.
    fn is_signed_again(&self, ledger: &CustodyLedger, strange: &StrangeRelease) -> bool {
        let houses = ledger.parties.houses();
        ledger.hands.hand_overs.iter().any(|hand| {
            let (Some(released), Some(taken)) = (&hand.released, hand.taken()) else {
                return false;
            };
            houses.are_one(&released.by, &strange.released.by)
                && (&hand.to, &hand.released_leg) == (&strange.to, &strange.leg)
                && self.is_soon_after(taken.at.max(released.at), strange)
        })
    }

    /// Whether it is a second scan of a release that was told as strange, and somebody has taken the goods over in between.
    fn is_strange_again(
        &self,
        ledger: &CustodyLedger,
        first: &StrangeRelease,
        again: &StrangeRelease,
    ) -> bool {
        let one = ledger.parties.houses().are_one(&first.released.by, &again.released.by);
        let taken = next(ledger, first.hand_overs.saturating_sub(1), &first.released);
        one && (&first.to, &first.leg) == (&again.to, &again.leg)
            && taken.is_some_and(|taken| self.is_soon_after(taken, again))
    }

    fn is_soon_after(&self, taken: Moment, strange: &StrangeRelease) -> bool {
        taken <= strange.released.at && strange.released.at <= taken + self.again
    }
}

/// The party of a release was not shown to hold the goods: that is judged when all of it has had its time.
fn release_known(ledger: &CustodyLedger, strange: &StrangeRelease) -> Moment {
    strange.released.learnt.max(strange.held_learnt).max(ledger.corrected)
}

/// What is known of a party comes a moment after the hand-over that first names it.
fn acceptance_known(ledger: &CustodyLedger, hand: &HandOver, accepted: &PartyReport) -> Moment {
    let released = hand.released.as_ref().map_or(Moment::EARLIEST, |released| released.learnt);
    // Of four scans of one minute those of the hand-over before may come first, and the release that names this party last.
    let known = accepted.learnt.max(released).max(hand.held_learnt);
    known.max(ledger.parties.learnt(&accepted.by))
}

fn receipt_known(ledger: &CustodyLedger, strange: &StrangeReceipt) -> Moment {
    strange.received.learnt.max(ledger.parties.learnt(&strange.received.by))
}

fn act_known(ledger: &CustodyLedger, mark: &PartyReport) -> Moment {
    mark.learnt.max(ledger.parties.learnt(&mark.by)).max(ledger.corrected)
}

/// Whether a receipt says again, word for word, what its party said before, and nobody has had the goods in between.
fn is_scanned_again(
    ledger: &CustodyLedger,
    first: &StrangeReceipt,
    again: &StrangeReceipt,
) -> bool {
    let said = |strange: &StrangeReceipt| {
        let offset = strange.received.offset;
        let mut all = ledger.received.iter();
        all.find(|(mark, _)| mark.offset == offset).map(|(_, received)| received)
    };
    let ended = back_in_right_hands(ledger, first);
    said(first) == said(again)
        && first.receiver == again.receiver
        && ended.is_none_or(|end| end > again.received.at)
}

/// Whether a release says again what its party said before, and nothing has moved in between.
fn is_released_again(
    ledger: &CustodyLedger,
    first: &StrangeRelease,
    again: &StrangeRelease,
) -> bool {
    let one = ledger.parties.houses().are_one(&first.released.by, &again.released.by);
    let same = (&first.to, &first.leg, &first.holder) == (&again.to, &again.leg, &again.holder);
    one && same && first.hand_overs == again.hand_overs
}

/// Whether an act says again what its party said before, and nobody has taken the goods over in between.
fn is_done_again(ledger: &CustodyLedger, first: &StrangeAct, again: &StrangeAct) -> bool {
    let one = ledger.parties.houses().are_one(&first.report.by, &again.report.by);
    let same = first.did == again.did && first.units == again.units;
    // Two patients may have been given something under this name, and nobody says which bag.
    let same = same && (first.did != Did::Infused || !first.units.is_empty());
    one && same && next_taken(ledger, first.report.at).is_none_or(|taken| taken > again.report.at)
}

fn done_strangely(ledger: &CustodyLedger, act: &StrangeAct) -> Episode {
    let StrangeAct { report: mark, did, units, has_a_part } = act;
    let (by, at) = (&mark.by, mark.at);
    let unknown = !has_a_part && ledger.parties.houses().described(by).is_none();
    let what = if units.is_empty() { say!(THE_GOODS).into() } else { unit::list(units) };
    let why = match has_a_part {
        true if *did == Did::Received => say!(NOT_LET_GO_YET),
        true => does_not_have_them(ledger, at),
        false if unknown => say!(NOBODY_KNOWS),
        false => say!(NO_PART),
    };
    // Something was given to a patient under this name, and it was not these goods.
    if *did == Did::Infused && !unknown {
        let message = say!(WHICH_BAG, by, what, at, why);
        let episode = Episode::new(Severity::P1, at, message).latched();
        return episode.about(by.as_str()).evidence([mark.offset]);
    }
    let message = say!(DONE, by, done(*did), what, at, why);
    let opens_a_gate = *did == Did::Received;
    let severity = if did.uses_up() || opens_a_gate { Severity::P2 } else { Severity::P3 };
    let episode = Episode::new(severity, at, message)
        .about(by.as_str())
        .until(if *has_a_part { next_taken(ledger, at) } else { next(ledger, 0, mark) })
        .evidence([mark.offset]);
    if unknown { episode.unknown() } else { episode }
}

/// What was done, in a word.
fn done(did: Did) -> Message {
    match did {
        Did::Received => say!(DID_RECEIVE),
        Did::Unpacked => say!(DID_UNPACK),
        Did::Stowed => say!(DID_STOW),
        Did::Thawed => say!(DID_THAW),
        Did::Infused => say!(DID_INFUSE),
        Did::Destroyed => say!(DID_DESTROY),
    }
}

/// When anybody next took the goods over, be it the one that had said too much.
fn next_taken(ledger: &CustodyLedger, after: Moment) -> Option<Moment> {
    let taken = ledger.hands.hand_overs.iter().filter_map(HandOver::taken).map(|mark| mark.at);
    taken.filter(|at| *at > after).chain(ledger.over).min()
}

/// In whose hands the goods were at a moment, in words.
fn does_not_have_them(ledger: &CustodyLedger, at: Moment) -> Message {
    let begun = |hand: &&HandOver| hand.released.as_ref().is_some_and(|mark| mark.at <= at);
    let taken = |hand: &&HandOver| hand.taken().is_some_and(|mark| mark.at <= at);
    let hands = || ledger.hands.hand_overs.iter().rev();
    match hands().find(|hand| begun(hand) || taken(hand)) {
        Some(hand) if taken(&hand) => match hand.taken() {
            Some(mark) => say!(ANOTHER_HAD, &mark.by),
            None => say!(HAS_THEM_NOT),
        },
        Some(hand) => match &hand.released {
            Some(mark) => say!(LET_GO_TO_OTHERS, &mark.by),
            None => say!(HAS_THEM_NOT),
        },
        None => say!(HAS_THEM_NOT),
    }
}

fn released_strangely(ledger: &CustodyLedger, strange: &StrangeRelease) -> Episode {
    let StrangeRelease { released, holder, .. } = strange;
    let message = match holder {
        Some(holder) => say!(RELEASED, &released.by, holder),
        None => say!(RELEASED_BY_NONE, &released.by),
    };
    // An acceptance that the last hand-over still lacks comes after it, too.
    let from = strange.hand_overs.saturating_sub(1);
    Episode::new(Severity::P1, released.at, message)
        .about(released.by.as_str())
        .until(next(ledger, from, released))
        .evidence([released.offset])
}

fn accepted_wrongly(
    ledger: &CustodyLedger,
    hand: &HandOver,
    accepted: &PartyReport,
    after: usize,
) -> Option<Episode> {
    let (by, at) = (&accepted.by, accepted.at);
    let goods = ledger.plan.as_ref().map(|plan| plan.kind);
    let houses = ledger.parties.houses();
    let is_named = hand.to_consignee || hand.named.iter().any(|named| houses.are_one(named, by));
    let episode = match ledger.parties.standing(by, at, goods) {
        PartyStanding::NotQualified => Episode::new(Severity::P1, at, say!(NOT_QUALIFIED, by, at)),
        PartyStanding::Unknown => {
            Episode::new(Severity::P2, at, say!(NOTHING_KNOWN, by, at)).unknown()
        }
        PartyStanding::Qualified if is_named => return None,
        PartyStanding::Qualified => {
            Episode::new(Severity::P2, at, say!(NOT_NAMED, by, at, either(&hand.named)?))
        }
    };
    let leg = hand.accepted_leg.as_ref().map_or("", LegId::as_str);
    Some(episode.about(leg).until(next(ledger, after, accepted)).evidence([accepted.offset]))
}

/// What a part of a house takes over from the house is no hand-over. But where something of its own is said of its qualification, that counts.
fn within_a_house(ledger: &CustodyLedger) -> impl Iterator<Item = &PartyReport> {
    let hands = &ledger.hands.hand_overs;
    let handed = move |mark: &PartyReport| {
        let of = |known: &Option<PartyReport>| {
            known.as_ref().is_some_and(|known| known.by == mark.by && known.at <= mark.at)
        };
        hands.iter().any(|hand| of(&hand.accepted) || of(&hand.released))
    };
    let own = |mark: &&PartyReport| ledger.parties.has_papers_of_its_own(&mark.by);
    ledger.accepted.iter().filter(own).filter(move |mark| !handed(mark))
}

fn taken_wrongly(ledger: &CustodyLedger, accepted: &PartyReport) -> Option<Episode> {
    let (by, at) = (&accepted.by, accepted.at);
    let goods = ledger.plan.as_ref().map(|plan| plan.kind);
    if ledger.parties.standing(by, at, goods) != PartyStanding::NotQualified {
        return None;
    }
    // Its house, or another part of it, may take the goods from it.
    let others = ledger.accepted.iter().filter(|mark| mark.at > at && mark.by != *by);
    let until = others.map(|mark| mark.at).chain(next(ledger, 0, accepted)).min();
    let message = say!(NOT_QUALIFIED, by, at);
    let episode = Episode::new(Severity::P1, at, message).about(by.as_str());
    Some(episode.until(until).evidence([accepted.offset]))
}

fn received_strangely(ledger: &CustodyLedger, strange: &StrangeReceipt) -> Episode {
    let StrangeReceipt { received, receiver, consignee, .. } = strange;
    let (by, at) = (&received.by, received.at);
    let (severity, template) = match receiver {
        Receiver::AnotherSite | Receiver::Consignee => (Severity::P1, FOR_ANOTHER),
        Receiver::Outsider => (Severity::P2, OUTSIDER),
        Receiver::OnTheWay => (Severity::P3, ON_THE_WAY),
        Receiver::NeverDescribed => (Severity::P2, NEVER_DESCRIBED),
    };
    let episode = Episode::new(severity, at, say!(template, by, at, consignee))
        .about(by.as_str())
        .until(back_in_right_hands(ledger, strange))
        .evidence([received.offset]);
    if *receiver == Receiver::NeverDescribed { episode.unknown() } else { episode }
}

/// One or another of them; `None` where there is none.
fn either(parties: &[PartyId]) -> Option<Argument> {
    let any = Argument::AnyOf(parties.iter().map(Argument::from).collect());
    (!parties.is_empty()).then_some(any)
}

/// When another party had the goods, by the hand-overs from a place on.
fn next(ledger: &CustodyLedger, from: usize, after: &PartyReport) -> Option<Moment> {
    let houses = ledger.parties.houses();
    let later = ledger.hands.hand_overs.get(from..).unwrap_or_default();
    let taken = later.iter().filter_map(HandOver::taken);
    let other = |mark: &&PartyReport| mark.at >= after.at && !houses.are_one(&mark.by, &after.by);
    taken.filter(other).map(|mark| mark.at).chain(ledger.over).min()
}

/// A receipt by the wrong party is mended when another one takes the goods, or when a plan has the receiver as consignee.
fn back_in_right_hands(ledger: &CustodyLedger, strange: &StrangeReceipt) -> Option<Moment> {
    let received = &strange.received;
    let houses = ledger.parties.houses();
    let mut ends: Vec<Moment> = Vec::new();
    ends.extend(next(ledger, strange.hand_overs.saturating_sub(1), received));
    for ((mark, _), confirmed) in ledger.received.iter().zip(&ledger.confirmed_each) {
        let other = !houses.are_one(&mark.by, &received.by) && mark.at > received.at;
        if other || mark.offset == received.offset {
            ends.extend(*confirmed);
        }
    }
    ends.extend(ledger.signed_again(&received.by, received.at));
    ends.into_iter().min()
}
