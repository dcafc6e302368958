//! Who reads which partition, for logs that live in one process. Partitions stay with whom they are with
//! as far as fair shares allow, and move only once they have been given back.

use crate::log::ConsumerEvent;
use std::collections::{BTreeMap, BTreeSet};

/// The members of one group of one topic.
#[derive(Debug, Default)]
pub(crate) struct Group {
    members: BTreeMap<u64, Seat>,
    next: u64,
}

#[derive(Debug, Default)]
struct Seat {
    owned: BTreeSet<u16>,
    target: BTreeSet<u16>,
    asked_back: BTreeSet<u16>,
    news: Vec<ConsumerEvent>,
    /// Given up, and asks so many times more before it hears of it; until then it has no share.
    deaf: u32,
}

impl Group {
    pub(crate) fn join(&mut self, partitions: u16) -> u64 {
        self.next += 1;
        self.members.insert(self.next, Seat::default());
        self.share_out(partitions);
        self.next
    }

    pub(crate) fn leave(&mut self, member: u64, partitions: u16) {
        if self.members.remove(&member).is_some() {
            self.share_out(partitions);
        }
    }

    /// Whether a partition is a member's own, and the member has heard all of that: one that was taken from it and given
    /// back while it was not listening is worked on by what it knew before.
    pub(crate) fn owns(&self, member: u64, partition: u16) -> bool {
        let heard = |seat: &Seat| !seat.news.iter().any(|news| is_about(news, partition));
        self.members.get(&member).is_some_and(|seat| seat.owned.contains(&partition) && heard(seat))
    }

    pub(crate) fn news(&mut self, member: u64, partitions: u16) -> Vec<ConsumerEvent> {
        let Some(seat) = self.members.get_mut(&member) else { return Vec::new() };
        if seat.deaf > 0 {
            seat.deaf -= 1;
            if seat.deaf > 0 {
                return Vec::new();
            }
            self.share_out(partitions);
        }
        self.members.get_mut(&member).map(|seat| std::mem::take(&mut seat.news)).unwrap_or_default()
    }

    /// Gives one member up, as a broker does that has not heard of it: others take over, and it hears of it only when
    /// it has asked so often. Says whether it had anything.
    pub(crate) fn give_up(&mut self, nth: usize, partitions: u16, deaf: u32) -> bool {
        let Some(seat) = self.members.values_mut().nth(nth) else { return false };
        if seat.owned.is_empty() {
            return false;
        }
        seat.lose();
        seat.deaf = deaf.max(1);
        self.share_out(partitions);
        true
    }

    pub(crate) fn release(&mut self, member: u64, partitions: &[u16]) {
        if let Some(seat) = self.members.get_mut(&member) {
            for partition in partitions {
                seat.owned.remove(partition);
                seat.asked_back.remove(partition);
            }
        }
        self.hand_over();
    }

    /// Takes everything from everybody at once, as when a broker has given a member up.
    pub(crate) fn scatter(&mut self, partitions: u16) {
        self.members.values_mut().for_each(Seat::lose);
        self.share_out(partitions);
    }

    /// Fair shares: each member keeps what it has up to its share, the rest goes round.
    fn share_out(&mut self, partitions: u16) {
        let count = self.members.values().filter(|seat| seat.deaf == 0).count();
        self.members.values_mut().for_each(|seat| seat.target.clear());
        if count == 0 {
            return;
        }
        let (share, extra) = (usize::from(partitions) / count, usize::from(partitions) % count);
        let mut free: BTreeSet<u16> = (0..partitions).collect();
        let mut shares = Vec::new();
        for (n, seat) in self.members.values_mut().filter(|seat| seat.deaf == 0).enumerate() {
            let fair = share + usize::from(n < extra);
            seat.target = seat.owned.iter().copied().take(fair).collect();
            free.retain(|partition| !seat.target.contains(partition));
            shares.push(fair);
        }
        let present = self.members.values_mut().filter(|seat| seat.deaf == 0);
        for (seat, fair) in present.zip(shares) {
            while seat.target.len() < fair {
                let Some(partition) = free.pop_first() else { break };
                seat.target.insert(partition);
            }
            let back: Vec<u16> = seat.owned.difference(&seat.target).copied().collect();
            let back: Vec<u16> = back.into_iter().filter(|p| seat.asked_back.insert(*p)).collect();
            if !back.is_empty() {
                seat.news.push(ConsumerEvent::Revoked(back));
            }
        }
        self.hand_over();
    }

    /// Gives every partition that nobody holds to the member that is to have it.
    fn hand_over(&mut self) {
        let held: BTreeSet<u16> =
            self.members.values().flat_map(|seat| seat.owned.iter().copied()).collect();
        for seat in self.members.values_mut() {
            let new: Vec<u16> = seat.target.difference(&held).copied().collect();
            if !new.is_empty() {
                seat.owned.extend(&new);
                seat.news.push(ConsumerEvent::Assigned(new));
            }
        }
    }
}

/// Whether a member that has not heard this does not know whose a partition is.
fn is_about(news: &ConsumerEvent, partition: u16) -> bool {
    match news {
        ConsumerEvent::Assigned(partitions) | ConsumerEvent::Lost(partitions) => {
            partitions.contains(&partition)
        }
        ConsumerEvent::Revoked(_) | ConsumerEvent::Record(..) => false,
    }
}

impl Seat {
    /// Everything is taken at once, and what was said before and not heard yet holds no more.
    fn lose(&mut self) {
        let lost: Vec<u16> = std::mem::take(&mut self.owned).into_iter().collect();
        self.asked_back.clear();
        self.news
            .retain(|news| !matches!(news, ConsumerEvent::Assigned(_) | ConsumerEvent::Revoked(_)));
        if !lost.is_empty() {
            self.news.push(ConsumerEvent::Lost(lost));
        }
    }
}
