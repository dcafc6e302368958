//! What holds whatever the order of arrival.

mod common;

use common::{World, attached, event, reading};
use dispatch::Outcome;
use facts::Event;
use proptest::prelude::*;

fn arrival() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (0i64..60, 3i64..6).prop_map(|(minute, celsius)| reading("LOG", minute, celsius)),
        1 => (0i64..60, prop_oneof!["A", "B", "C"]).prop_map(|(minute, to)| attached("LOG", &to, minute * 2 + 1)),
        1 => (0i64..60).prop_map(|minute| {
            event(&format!("off-{minute}"), minute * 3 + 2, "device.detached", "device:LOG", r#"{"channel":"1"}"#)
        }),
        1 => (0i64..60, 3i64..6).prop_map(|(minute, celsius)| {
            let data = format!(r#"{{"source":"test","id":"LOG-{minute}-{celsius}","reason":"x"}}"#);
            event(&format!("c-{minute}-{celsius}"), 99, "device.corrected", "device:LOG", &data)
        }),
    ]
}

/// One event has one name.
fn distinct(events: Vec<Event>) -> Vec<Event> {
    let mut seen = std::collections::BTreeSet::new();
    events.into_iter().filter(|e| seen.insert((e.at, e.fact.kind(), e.id.clone()))).collect()
}

fn play(events: &[Event]) -> World {
    let mut world = World::new();
    for event in events {
        world.hear(event);
    }
    world
}

fn stand(world: &World) -> Vec<Vec<(i64, String)>> {
    ["A", "B", "C"].iter().map(|shipment| world.readings(shipment)).collect()
}

proptest! {
    #[test]
    fn the_order_of_arrival_does_not_matter(
        (events, other) in prop::collection::vec(arrival(), 0..40).prop_map(distinct)
            .prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle()))
    ) {
        prop_assert_eq!(stand(&play(&events)), stand(&play(&other)));
    }

    #[test]
    fn doubling_every_event_changes_nothing_but_the_duplicates(events in prop::collection::vec(arrival(), 0..40).prop_map(distinct)) {
        let once = play(&events);
        let twice: Vec<Event> = events.iter().flat_map(|e| [e.clone(), e.clone()]).collect();
        let twice = play(&twice);
        prop_assert_eq!(stand(&once), stand(&twice));
        let counts = |w: &World| (w.count(Outcome::Processed), w.count(Outcome::Pending), w.count(Outcome::Expired));
        prop_assert_eq!(counts(&once), counts(&twice));
    }

    #[test]
    fn every_event_is_counted_once(events in prop::collection::vec(arrival(), 0..60), days in 0i64..20) {
        let mut world = play(&events);
        world.to(days * 1440);
        let all = [Outcome::Processed, Outcome::Pending, Outcome::Expired, Outcome::Duplicate];
        let sum: i64 = all.iter().map(|fate| world.count(*fate)).sum();
        prop_assert_eq!(sum, events.len() as i64);
        prop_assert!(all.iter().all(|fate| world.count(*fate) >= 0));
    }
}
