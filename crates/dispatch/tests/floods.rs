//! What is said of a party or a permit without end becomes few records, and nobody judges otherwise because of that.
#![allow(clippy::unwrap_used)]

mod common;

use common::{World, at, event, planned};
use facts::{Event, Fact, PartyFact, Span, Timeline, TimelineEntry};
use proptest::prelude::*;

const SHIPMENTS: usize = 90;

/// A van that carries all of these shipments.
fn world(shipments: usize) -> World {
    let mut world = World::that_puts_away();
    world.hear(&described("first", 0, "Van"));
    for n in 0..shipments {
        world.hear(&planned(&format!("S{n}"), 1, ""));
    }
    world
}

fn described(id: &str, minute: i64, name: &str) -> Event {
    let data = format!(r#"{{"name":"{name}","role":"courier"}}"#);
    event(id, minute, "party.described", "party:VAN", &data)
}

fn qualified(id: &str, minute: i64, until: &str) -> Event {
    let data = format!(r#"{{"scope":"custody","from":"2026-01-01T00:00:00Z","until":"{until}"}}"#);
    event(id, minute, "party.qualified", "party:VAN", &data)
}

fn suspended(id: &str, minute: i64) -> Event {
    event(id, minute, "party.suspended", "party:VAN", r#"{"reason":"audit"}"#)
}

fn records(world: &World) -> usize {
    world.journals.values().map(Vec::len).sum()
}

/// What a journal says of the van, in the order of what happened, word by word.
fn of_the_van(world: &World, shipment: &str) -> Vec<Event> {
    let journal = world.journals[shipment].iter();
    let each = journal.flat_map(|event| event.several().unwrap_or_else(|| vec![event.clone()]));
    each.filter(|event| event.subject.to_string() == "party:VAN").collect()
}

#[test]
fn master_data_that_is_sent_again_and_again_is_one_word() {
    let mut world = world(SHIPMENTS);
    let before = records(&world);
    for n in 0..1_000 {
        world.hear(&described(&format!("again {n}"), 10 + n, "Van"));
    }
    world.to(2_000);
    assert_eq!(records(&world), before, "nobody needs to hear what everybody knows");
    // What is new in it is heard at once, by all.
    world.hear(&described("other", 2_001, "Van and Sons"));
    assert_eq!(records(&world), before + SHIPMENTS);
}

#[test]
fn a_thousand_new_words_at_once_are_a_few_records_for_each_shipment() {
    let mut world = world(SHIPMENTS);
    let before = records(&world);
    for n in 0..1_000 {
        world.hear(&described(&format!("new {n}"), 10, &format!("Van {n}")));
    }
    assert_eq!(records(&world), before + 20 * SHIPMENTS, "so many pass at once");
    world.to(12);
    assert_eq!(records(&world), before + 21 * SHIPMENTS, "and all others in one record");
    assert_eq!(of_the_van(&world, "S7").len(), 1_001, "nothing is missing");
    // Whoever comes later hears all of it in one record, and nobody hears anything twice.
    world.hear(&planned("LATE", 1, ""));
    let words = of_the_van(&world, "LATE");
    let mut names: Vec<_> = words.iter().map(Event::identity).collect();
    names.sort();
    names.dedup();
    assert_eq!((words.len(), names.len()), (1_001, 1_001));
    assert!(world.journals["LATE"].len() < 10, "{}", world.journals["LATE"].len());
}

#[test]
fn a_suspension_in_the_middle_of_a_flood_is_heard_within_a_minute() {
    let mut world = world(2);
    for n in 0..30 {
        world.hear(&described(&format!("new {n}"), 10, &format!("Van {n}")));
    }
    world.hear(&suspended("stop", 10)).to(11);
    let stopped = |e: &Event| matches!(e.fact, Fact::Party(PartyFact::PartySuspended(_)));
    assert!(of_the_van(&world, "S0").iter().any(stopped));
}

#[test]
fn whoever_is_qualified_again_after_a_suspension_says_something_new() {
    let mut world = world(1);
    world.hear(&qualified("q1", 10, "2027-01-01T00:00:00Z")).hear(&suspended("s", 20));
    world.hear(&qualified("q2", 30, "2027-01-01T00:00:00Z"));
    assert_eq!(of_the_van(&world, "S0").len(), 4);
    // Learnt late: between two words that were the same there is another one, so the second counts again.
    let mut world = self::world(1);
    world.hear(&qualified("q1", 10, "2027-01-01T00:00:00Z"));
    world.hear(&qualified("q2", 30, "2027-01-01T00:00:00Z"));
    assert_eq!(of_the_van(&world, "S0").len(), 2);
    world.to(40).come(&suspended("s", 20));
    assert_eq!(of_the_van(&world, "S0").len(), 4);
}

#[test]
fn ids_that_are_used_again_are_told_so_often_and_no_more() {
    let mut world = world(3);
    for n in 0..1_000 {
        world.hear(&described("first", 10 + n, &format!("Van {n}")));
    }
    let told = world.findings.iter().filter(|f| &*f.code == "SYS-COPY");
    let told: Vec<&str> = told.map(|finding| finding.sentence.as_str()).collect();
    assert_eq!(told.len(), 20 * 3);
    assert!(told[59].ends_with("and if that goes on it is not told again"), "{}", told[59]);
}

/// What the van is, and may do, before and after each moment, by what a journal says.
fn judged(words: &[Event]) -> Vec<String> {
    let entry = |event: &Event| {
        let (at, identity) = (event.moment(), event.identity());
        (at, identity, event.clone())
    };
    let all: Vec<_> = words.iter().map(entry).collect();
    let until = |minute: i64| {
        let known = all.iter().filter(move |(moment, ..)| *moment < at(minute + 1));
        let entries = known.map(|(moment, identity, event)| TimelineEntry {
            offset: 0,
            at: *moment,
            ahead: false,
            learnt: *moment,
            identity: *identity,
            subject: &event.subject,
            fact: &event.fact,
        });
        let timeline = Timeline::new(entries, None);
        let last = |is: fn(&Fact) -> bool| {
            let mut mine = timeline.entries().iter().filter(|entry| is(entry.fact));
            mine.next_back().map(|entry| serde_json::to_string(entry.fact).unwrap())
        };
        let is = last(|fact| matches!(fact, Fact::Party(PartyFact::Described(_))));
        let may = last(|fact| {
            matches!(fact, Fact::Party(PartyFact::Qualified(_) | PartyFact::PartySuspended(_)))
        });
        format!("{is:?} {may:?}")
    };
    (0..40).map(until).collect()
}

proptest! {
    #[test]
    fn whatever_is_said_in_whatever_order_the_same_is_known_of_each_moment(
        words in proptest::collection::vec((0u8..3, 0i64..40, 0u8..3), 1..60),
        when in 40i64..45,
    ) {
        let (mut few, mut all) = (world(1), Vec::new());
        all.push(described("first", 0, "Van"));
        few.to(when);
        for (n, (kind, minute, content)) in words.iter().enumerate() {
            let id = format!("w{n}");
            let mut word = match kind {
                0 => described(&id, *minute, &format!("Van {content}")),
                1 => qualified(&id, *minute, &format!("2027-01-0{}T00:00:00Z", content + 1)),
                _ => suspended(&id, *minute),
            };
            // The same of the same moment would be one report under two names.
            word.at = word.at + Span::seconds(n as i64);
            few.come(&word);
            all.push(word);
        }
        few.to(60);
        prop_assert_eq!(judged(&of_the_van(&few, "S0")), judged(&all));
    }
}
