//! Who is qualified when, as far as it is known.
//!
//! At a moment the last word that was said at or before it counts. A certificate that is said later reaches back to its
//! first day, because papers come late; but not across a suspension: who took goods while suspended was suspended.
//! Certificates stand beside each other: a new one takes no old one away.

use alloc::{collections::BTreeMap, vec::Vec};
use facts::fact::party::{Described, Qualified};
use facts::fact::shipment::Goods;
use facts::timeline::Houses;
use facts::{Fact, Moment, PartyFact, PartyId, TimelineEntry};

/// What is known of a party at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartyStanding {
    /// Qualified.
    Qualified,
    /// Described, and not qualified or suspended.
    NotQualified,
    /// Never described: unknown, which is not qualified.
    Unknown,
}

/// Every party that the journal tells of.
#[derive(Debug, Default)]
pub struct Parties(BTreeMap<PartyId, Party>);

#[derive(Debug, Default)]
struct Party {
    described: Option<Described>,
    /// What was said of its qualification, in the order in which it was said.
    words: Vec<StatusReport>,
    /// When anything of it was learnt last.
    learnt: Option<Moment>,
}

#[derive(Debug)]
struct StatusReport {
    said: Moment,
    what: What,
}

#[derive(Debug)]
enum What {
    Certificate(Qualified),
    Suspended,
}

impl Party {
    /// Whether anything that was said of it is about carrying goods.
    fn has_papers(&self) -> bool {
        self.words.iter().any(|word| match &word.what {
            What::Certificate(certificate) => covers(&certificate.scope, None),
            What::Suspended => true,
        })
    }
}

impl StatusReport {
    fn is_suspension(&self) -> bool {
        matches!(self.what, What::Suspended)
    }
    /// Whether it is a certificate that holds at a moment.
    fn holds(&self, at: Moment, goods: Option<Goods>) -> bool {
        match &self.what {
            What::Certificate(certificate) => {
                covers(&certificate.scope, goods)
                    && certificate.from <= at
                    && certificate.until.is_none_or(|until| at < until)
            }
            What::Suspended => false,
        }
    }
}

/// Whether a scope is about carrying these goods. While no plan says what the goods are, any kind of goods may be meant.
fn covers(scope: &str, goods: Option<Goods>) -> bool {
    let kind = match scope {
        "custody" => return true,
        "cells" => Goods::Cells,
        "vector" => Goods::Vector,
        "drug-product" => Goods::DrugProduct,
        "sample" => Goods::Sample,
        _ => return false,
    };
    goods.is_none_or(|goods| goods == kind)
}

impl Parties {
    /// Takes in what a fact says of a party, in the order of the timeline.
    pub(crate) fn hear(&mut self, entry: &TimelineEntry<'_>) {
        if !matches!(
            entry.fact,
            Fact::Party(
                PartyFact::Described(_) | PartyFact::Qualified(_) | PartyFact::PartySuspended(_)
            )
        ) {
            return;
        }
        let party = self.0.entry(PartyId::new(&*entry.subject.id)).or_default();
        party.learnt = party.learnt.max(Some(entry.learnt));
        let what = match entry.fact {
            Fact::Party(PartyFact::Qualified(certificate)) => {
                What::Certificate(certificate.clone())
            }
            Fact::Party(PartyFact::PartySuspended(_)) => What::Suspended,
            _ => return,
        };
        party.words.push(StatusReport { said: entry.at, what });
    }

    /// Takes in what the timeline says that the parties are.
    pub(crate) fn describe(&mut self, houses: &Houses<'_>) {
        for (id, party) in &mut self.0 {
            party.described = houses.described(id).cloned();
        }
    }

    /// Which parties are one house.
    pub fn houses(&self) -> Houses<'_> {
        let mut houses = Houses::default();
        for (id, party) in &self.0 {
            if let Some(described) = &party.described {
                houses.hear(id.as_str(), described);
            }
        }
        houses
    }

    /// When anything of a party, or of the one that it is part of, was learnt last.
    pub fn learnt(&self, party: &PartyId) -> Moment {
        let whole = self.houses().whole(party).and_then(|whole| self.0.get(whole));
        let both = self.0.get(party).into_iter().chain(whole);
        both.filter_map(|party| party.learnt).max().unwrap_or(Moment::EARLIEST)
    }

    /// Whether something was said of a party's own qualification.
    pub fn has_papers_of_its_own(&self, party: &PartyId) -> bool {
        self.0.get(party).is_some_and(Party::has_papers)
    }

    /// Whether a party is qualified for goods at a moment. A part of which nothing of its own is said stands as its
    /// house does.
    pub fn standing(&self, party: &PartyId, at: Moment, goods: Option<Goods>) -> PartyStanding {
        let Some(known) = self.0.get(party) else { return PartyStanding::Unknown };
        let whole = self.houses().whole(party).and_then(|whole| self.0.get(whole));
        let words = match whole {
            Some(whole) if !known.has_papers() => &whole.words,
            _ => &known.words,
        };
        match qualified(words, at, goods) {
            true => PartyStanding::Qualified,
            false => PartyStanding::NotQualified,
        }
    }
}

fn qualified(words: &[StatusReport], at: Moment, goods: Option<Goods>) -> bool {
    let suspended = words.iter().rposition(|word| word.said <= at && word.is_suspension());
    let after = suspended.map_or(0, |place| place + 1);
    let next = words.iter().position(|word| word.said > at && word.is_suspension());
    let words = words.get(after..next.unwrap_or(words.len())).unwrap_or_default();
    let said_by_then = |word: &&StatusReport| word.said <= at && word.holds(at, goods);
    let lifted = |word: &&StatusReport| match &word.what {
        What::Certificate(certificate) => {
            word.said <= at && certificate.from <= at && covers(&certificate.scope, goods)
        }
        What::Suspended => false,
    };
    let reaches_back = suspended.is_none() || words.iter().any(|word| lifted(&word));
    words.iter().any(|word| said_by_then(&word) || reaches_back && word.holds(at, goods))
}

#[cfg(test)]
mod tests {
    use super::*;
    use facts::ShortText;

    fn day(day: u32) -> Moment {
        alloc::format!("2026-02-{day:02}T00:00:00Z").parse().expect("a day")
    }
    fn certificate(said: u32, from: u32, until: Option<u32>) -> StatusReport {
        let (scope, from, until) = (ShortText::new("custody"), day(from), until.map(day));
        StatusReport { said: day(said), what: What::Certificate(Qualified { scope, from, until }) }
    }
    fn suspended(said: u32) -> StatusReport {
        StatusReport { said: day(said), what: What::Suspended }
    }
    fn on(words: &[StatusReport], at: u32) -> bool {
        qualified(words, day(at), Some(Goods::Cells))
    }

    #[test]
    fn what_was_said_last_counts() {
        let words = [certificate(2, 1, None), suspended(10), certificate(20, 1, None)];
        assert!(on(&words, 5) && !on(&words, 10) && !on(&words, 15) && on(&words, 20));
    }

    #[test]
    fn a_certificate_reaches_back_but_not_across_a_suspension() {
        assert!(on(&[certificate(20, 1, None)], 5));
        let words = [suspended(10), certificate(20, 1, None)];
        assert!(!on(&words, 5) && !on(&words, 15) && on(&words, 25));
        // It was qualified again in between, and the paper of that time came late.
        let words = [suspended(10), certificate(12, 11, Some(14)), certificate(20, 11, None)];
        assert!(on(&words, 13) && on(&words, 16));
    }

    #[test]
    fn certificates_stand_beside_each_other() {
        let words = [certificate(1, 1, Some(10)), certificate(2, 10, Some(20))];
        assert!(on(&words, 5) && on(&words, 10) && !on(&words, 20));
        // One that begins later does not lift a suspension before it begins.
        let words = [certificate(1, 1, None), suspended(3), certificate(4, 10, None)];
        assert!(!on(&words, 5) && on(&words, 10));
    }

    #[test]
    fn scopes_that_are_not_about_carrying_these_goods_say_nothing() {
        assert!(covers("custody", Some(Goods::Cells)) && covers("cells", Some(Goods::Cells)));
        assert!(!covers("vector", Some(Goods::Cells)) && covers("vector", None));
        assert!(!covers("receive:EXA", Some(Goods::Cells)) && !covers("dg-air", None));
    }
}
