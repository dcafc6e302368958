//! Walks through releases, acceptances and receipts in the order in which they happened.

use crate::ledger::{HandOver, Mark};
use alloc::{collections::BTreeSet, vec::Vec};
use facts::fact::shipment::{Planned, Released};
use facts::{Fact, LegId, Moment, PartyId, Story};

/// In whose hands the goods are, on the way through the story.
pub(crate) struct Walk<'a> {
    hands: Hands,
    done: Vec<HandOver>,
    releases: Vec<(u64, Moment, &'a PartyId)>,
    acceptances: Vec<(Moment, &'a PartyId)>,
    /// Releases that were counted with an acceptance before them.
    used: BTreeSet<u64>,
    plan: Option<&'a Planned>,
}

enum Hands {
    /// No plan says who had them first.
    Unknown,
    Held(PartyId, Moment),
    /// Let go, not yet accepted: the hand-over is the last of those done.
    Released,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(plan: Option<&'a Planned>, story: &'a Story) -> Self {
        let hands = match plan {
            Some(plan) => Hands::Held(plan.consignor.clone(), Moment::EARLIEST),
            None => Hands::Unknown,
        };
        let mut releases = Vec::new();
        let mut acceptances = Vec::new();
        for chapter in story.chapters() {
            match &chapter.fact {
                Fact::Released(r) => releases.push((chapter.offset, chapter.at, &r.by)),
                Fact::Accepted(a) => acceptances.push((chapter.at, &a.by)),
                _ => {}
            }
        }
        Self { hands, done: Vec::new(), releases, acceptances, used: BTreeSet::new(), plan }
    }

    pub(crate) fn released(&mut self, mark: Mark, released: &Released) {
        if self.used.contains(&mark.offset) {
            return;
        }
        let mut hand = HandOver {
            leg: released.leg.clone(),
            to: released.to.clone(),
            airside: released.airside,
            ..HandOver::default()
        };
        match core::mem::replace(&mut self.hands, Hands::Released) {
            Hands::Unknown => hand.holder = Some(mark.by.clone()),
            Hands::Held(holder, _) => {
                hand.stranger = holder != mark.by;
                hand.holder = Some(holder);
            }
            Hands::Released => {
                let expected = self.done.last().and_then(|last| self.expects(last));
                hand.stranger = expected.as_ref() != Some(&mark.by);
                if let Some(last) = self.done.last_mut() {
                    // Who lets go of the goods had them, whether or not that was reported.
                    last.over = Some(mark.at);
                }
            }
        }
        hand.released = Some(mark);
        self.done.push(hand);
    }

    pub(crate) fn accepted(&mut self, mark: Mark, leg: Option<&LegId>) {
        match core::mem::replace(&mut self.hands, Hands::Held(mark.by.clone(), mark.at)) {
            Hands::Released => {
                if let Some(hand) = self.done.last_mut() {
                    hand.leg = hand.leg.take().or_else(|| leg.cloned());
                    hand.accepted = Some(mark);
                }
            }
            Hands::Held(holder, since) if holder == mark.by => {
                self.hands = Hands::Held(holder, since)
            }
            Hands::Held(holder, _) => {
                let late = self.late_release(&holder, mark.at);
                let released = late.map(|(offset, at)| Mark {
                    by: holder.clone(),
                    at,
                    learnt: mark.learnt,
                    offset,
                });
                self.used.extend(late.map(|(offset, _)| offset));
                let (leg, holder, accepted) = (leg.cloned(), Some(holder), Some(mark));
                self.done.push(HandOver { leg, holder, released, accepted, ..HandOver::default() });
            }
            Hands::Unknown => {
                let (leg, accepted) = (leg.cloned(), Some(mark));
                self.done.push(HandOver { leg, accepted, ..HandOver::default() });
            }
        }
    }

    /// A receipt shows that the receiver has the goods; it is not a signature for them.
    pub(crate) fn received(&mut self, mark: Mark) {
        if let Hands::Released = self.hands {
            if let Some(last) = self.done.last_mut() {
                last.over = Some(mark.at);
            }
            self.hands = Hands::Held(mark.by, mark.at);
        }
    }

    /// There is nothing to hand over any more.
    pub(crate) fn over(&mut self, at: Moment) {
        if let (Hands::Released, Some(last)) = (&self.hands, self.done.last_mut()) {
            last.over.get_or_insert(at);
        }
    }

    pub(crate) fn end(self) -> (Vec<HandOver>, Option<(PartyId, Moment)>) {
        let holder = match self.hands {
            Hands::Held(holder, since) => Some((holder, since)),
            Hands::Released | Hands::Unknown => None,
        };
        (self.done, holder)
    }

    /// The holder's release after somebody else accepted, unless the holder accepted again before it.
    fn late_release(&self, holder: &PartyId, accepted: Moment) -> Option<(u64, Moment)> {
        let again = self
            .acceptances
            .iter()
            .find(|(at, by)| *at > accepted && *by == holder)
            .map(|(at, _)| *at);
        let late = |(offset, at, by): &&(u64, Moment, &PartyId)| {
            *at >= accepted
                && *by == holder
                && !self.used.contains(offset)
                && again.is_none_or(|again| *at <= again)
        };
        self.releases.iter().find(late).map(|(offset, at, _)| (*offset, *at))
    }

    /// Whom a release names, else whom the plan has for its leg.
    fn expects(&self, hand: &HandOver) -> Option<PartyId> {
        hand.to.clone().or_else(|| {
            let leg = hand.leg.as_ref()?;
            self.plan?.legs.iter().find(|l| l.id == *leg).map(|l| l.carrier.clone())
        })
    }
}
