//! Who took the dose in: its consignee, a part of that, somebody else, or nobody knows.
#![allow(clippy::unwrap_used)]

mod common;

use common::{World, event};
use facts::Event;
use proptest::prelude::*;
use serde_json::{Value, json};

fn opened() -> Event {
    event("o", 0, "order.opened", "order:O", r#"{"product":"EXA","units":["U1"]}"#)
}

fn plan(shipment: &str, version: u32, minute: i64, consignee: &str) -> Event {
    let data = format!(
        r#"{{"version":{version},"kind":"drug-product","profile":"CRYO_LN2V","order":"O","consignor":"PLANT","consignee":"{consignee}",
        "legs":[{{"id":"L1","mode":"road","carrier":"VAN","from":"PLANT","to":"DEPOT","departs":"2026-03-01T00:00:00Z","arrives":"2026-03-01T09:00:00Z"}}],"units":["U1"]}}"#
    );
    let id = format!("{shipment}-plan-{version}");
    event(&id, minute, "shipment.planned", &format!("shipment:{shipment}"), &data)
}

fn received(minute: i64, by: &str) -> Event {
    let data = format!(r#"{{"by":"{by}","units":["U1"],"verdict":"accept"}}"#);
    event(&format!("r-{by}"), minute, "shipment.received", "shipment:A", &data)
}

fn described(party: &str, minute: i64, more: &str) -> Event {
    let data = format!(r#"{{"name":"x","role":"site"{more}}}"#);
    event(&format!("d-{party}"), minute, "party.described", &format!("party:{party}"), &data)
}

fn part_of(party: &str, minute: i64, whole: &str) -> Event {
    described(party, minute, &format!(r#","part_of":"{whole}""#))
}

/// When the unit was received, by minutes, and by whom it was taken in of whom nobody knows.
fn unit(world: &World, reader: &str) -> (Option<i64>, Vec<String>) {
    let dose = world.latest(reader, "order.dose");
    let unit = &dose["units"][0];
    let received = unit["received"].as_str().map(|at| {
        let at: facts::Moment = at.parse().unwrap();
        (at - common::at(0)).as_minutes()
    });
    let by = |taken: &Value| taken["by"].as_str().unwrap().to_owned();
    (received, unit["taken"].as_array().map(|all| all.iter().map(by).collect()).unwrap_or_default())
}

fn hear(events: &[Event]) -> World {
    let mut world = World::new();
    for event in events {
        world.hear(event);
    }
    world
}

/// What two shipments of the order hear in the end: the one that carries it, and another that was never near the dock.
fn told(events: &[Event]) -> (Option<i64>, Vec<String>) {
    let world = hear(events);
    let (mine, other) = (unit(&world, "A"), unit(&world, "B"));
    assert_eq!(mine, other, "every shipment of the order hears the same");
    mine
}

fn all(more: &[Event]) -> Vec<Event> {
    let mut events = vec![opened(), plan("A", 1, 0, "WARD"), plan("B", 1, 0, "WARD")];
    events.extend_from_slice(more);
    events
}

#[test]
fn a_dock_is_its_hospital_whenever_that_is_said() {
    let (receipt, dock) = (received(50, "DOCK"), part_of("DOCK", -600, "WARD"));
    let none = || Vec::<String>::new();
    assert_eq!(told(&all(&[dock.clone(), receipt.clone()])), (Some(50), none()));
    assert_eq!(told(&all(&[receipt, dock])), (Some(50), none()));
}

#[test]
fn two_parts_of_one_hospital_are_one() {
    let house = [part_of("DOCK", -600, "HOSPITAL"), part_of("WARD", -600, "HOSPITAL")];
    let events = all(&[received(50, "DOCK"), house[0].clone(), house[1].clone()]);
    assert_eq!(told(&events).0, Some(50));
}

#[test]
fn who_was_never_described_may_be_the_consignee_and_who_is_another_site_is_not() {
    let receipt = received(50, "DOCK");
    assert_eq!(told(&all(core::slice::from_ref(&receipt))), (None, vec!["DOCK".to_owned()]));
    assert_eq!(told(&all(&[receipt, described("DOCK", -600, "")])), (None, Vec::new()));
}

#[test]
fn a_place_on_the_way_has_not_received_it_described_or_not() {
    assert_eq!(told(&all(&[received(50, "DEPOT")])), (None, Vec::new()));
    let gate = part_of("GATE", -600, "DEPOT");
    assert_eq!(told(&all(&[received(50, "GATE"), gate])), (None, Vec::new()));
}

#[test]
fn who_is_named_by_a_later_plan_has_received_it_from_that_plan_on() {
    let events = [received(50, "OTHER"), described("OTHER", -600, ""), plan("A", 2, 90, "OTHER")];
    assert_eq!(told(&all(&events)), (Some(90), Vec::new()));
}

#[test]
fn what_is_heard_of_a_party_counts_for_no_fact_from_outside() {
    let events = all(&[received(50, "DOCK"), part_of("DOCK", -600, "WARD")]);
    let world = hear(&events);
    let counted: i64 = world.counts.values().sum();
    assert_eq!(counted, i64::try_from(events.len()).unwrap());
    assert_eq!(json!(world.findings.len()), json!(0));
}

fn packed(shipment: &str, minute: i64) -> Event {
    let subject = format!("shipment:{shipment}");
    event(&format!("p-{shipment}"), minute, "shipment.packed", &subject, r#"{"units":["U1"]}"#)
}

fn released(by: &str, to: &str, minute: i64) -> Event {
    let data = format!(r#"{{"by":"{by}","to":"{to}"}}"#);
    event(&format!("l-{by}-{to}"), minute, "shipment.released", "shipment:A", &data)
}

/// When the unit was with the consignee and was shipped on, by minutes.
fn stays(world: &World) -> Vec<(i64, i64)> {
    let minute = |at: &Value| {
        let at: facts::Moment = at.as_str().unwrap().parse().unwrap();
        (at - common::at(0)).as_minutes()
    };
    let dose = world.latest("A", "order.dose");
    let stays = dose["units"][0]["stays"].as_array().cloned().unwrap_or_default();
    stays.iter().map(|stay| (minute(&stay["from"]), minute(&stay["until"]))).collect()
}

/// The second shipment goes on from the ward to another hospital.
fn on_to(consignee: &str) -> Vec<Event> {
    vec![opened(), plan("A", 1, 0, "WARD"), plan("B", 1, 0, consignee), packed("A", 5)]
}

#[test]
fn what_is_packed_for_another_hospital_after_its_receipt_is_received_no_longer() {
    let mut events = on_to("CLINIC");
    events.extend([received(50, "WARD"), packed("B", 80)]);
    let world = hear(&events);
    assert_eq!((unit(&world, "A").0, stays(&world)), (None, vec![(50, 80)]));
    // Received there, it is received again.
    let data = r#"{"by":"CLINIC","units":["U1"],"verdict":"accept"}"#;
    events.push(event("r-there", 200, "shipment.received", "shipment:B", data));
    let world = hear(&events);
    assert_eq!((unit(&world, "A").0, stays(&world)), (Some(200), vec![(50, 80)]));
}

#[test]
fn what_is_packed_again_for_the_same_house_stays_received() {
    let mut events = on_to("WARD");
    events.extend([received(50, "WARD"), packed("B", 80)]);
    let world = hear(&events);
    assert_eq!((unit(&world, "A").0, stays(&world)), (Some(50), vec![]));
    // The laboratory of the same hospital is the same house.
    let mut events = on_to("LAB");
    events.extend([part_of("LAB", -600, "WARD"), received(50, "WARD"), packed("B", 80)]);
    assert_eq!(unit(&hear(&events), "A").0, Some(50));
    // And so does what was packed for elsewhere before it was received here.
    let mut events = on_to("CLINIC");
    events.extend([packed("B", 40), received(50, "WARD")]);
    assert_eq!(unit(&hear(&events), "A").0, Some(50));
}

#[test]
fn a_shipment_on_that_was_called_off_took_nothing_away() {
    let mut events = on_to("CLINIC");
    let off = event("x", 90, "shipment.cancelled", "shipment:B", r#"{"reason":"stays here"}"#);
    events.extend([received(50, "WARD"), packed("B", 80), off]);
    let world = hear(&events);
    assert_eq!((unit(&world, "A").0, stays(&world)), (Some(50), vec![]));
}

#[test]
fn what_the_consignee_gives_to_a_courier_is_on_its_way_again_until_it_is_received_anew() {
    let mut events = on_to("WARD");
    events.extend([received(50, "WARD"), released("WARD", "VAN", 80)]);
    let world = hear(&events);
    assert_eq!((unit(&world, "A").0, stays(&world)), (None, vec![(50, 80)]));
    let data = r#"{"by":"WARD","units":["U1"],"verdict":"accept"}"#;
    events.push(event("back", 120, "shipment.received", "shipment:A", data));
    assert_eq!(unit(&hear(&events), "A").0, Some(120));
    // Within the house it stays where it is; with somebody whom nobody knows it is nobody knows where.
    let mut events = on_to("WARD");
    events.extend([received(50, "WARD"), released("WARD", "LAB", 80)]);
    let world = hear(&events);
    assert_eq!((unit(&world, "A"), stays(&world)), ((None, vec!["LAB".into()]), vec![(50, 80)]));
    events.push(part_of("LAB", -600, "WARD"));
    let world = hear(&events);
    assert_eq!((unit(&world, "A"), stays(&world)), ((Some(50), vec![]), vec![]));
}

#[test]
fn the_shipments_that_are_to_bring_the_dose_are_those_that_take_place() {
    let carriers = |events: &[Event]| -> Vec<String> {
        let dose = hear(events).latest("B", "order.dose");
        let of = |carrier: &Value| carrier["shipment"].as_str().unwrap().to_owned();
        dose["carriers"].as_array().map(|all| all.iter().map(of).collect()).unwrap_or_default()
    };
    let mut events = all(&[]);
    assert_eq!(carriers(&events), vec!["A".to_owned(), "B".to_owned()]);
    events.push(event("x", 20, "shipment.cancelled", "shipment:A", r#"{"reason":"flight full"}"#));
    assert_eq!(carriers(&events), vec!["B".to_owned()]);
    events.push(plan("A", 2, 30, "WARD"));
    assert_eq!(carriers(&events), vec!["A".to_owned(), "B".to_owned()]);
}

#[test]
fn what_quality_says_again_changes_nothing() {
    let mut events = all(&[packed("A", 5), received(50, "WARD")]);
    for (id, minute) in [("q1", 60), ("q2", 90)] {
        let said = r#"{"by":"PLANT","units":["U1"]}"#;
        events.push(event(id, minute, "shipment.quality-released", "shipment:A", said));
    }
    let dose = hear(&events).latest("A", "order.dose");
    assert_eq!(dose["units"][0]["released"], json!(common::at(60).to_string()));
}

proptest! {
    #[test]
    fn the_order_of_arrival_does_not_matter(
        events in prop::sample::subsequence(vec![
            received(50, "DOCK"), received(55, "DEPOT"), received(60, "OTHER"), received(70, "WARD"),
            part_of("DOCK", -600, "HOSPITAL"), part_of("WARD", -600, "HOSPITAL"), described("OTHER", -600, ""),
            plan("A", 2, 90, "OTHER"), plan("A", 3, 100, "WARD"), packed("A", 5), packed("B", 65),
            released("WARD", "DEPOT", 75), released("WARD", "DOCK", 76), plan("B", 2, 20, "DOCK"),
        ], 1..12).prop_flat_map(|events| Just(all(&events)).prop_shuffle())
    ) {
        let mut sorted = events.clone();
        sorted.sort_by(|a, b| a.id.cmp(&b.id));
        // At one moment of log time.
        let play = |events: &[Event]| {
            let mut world = World::new();
            world.to(200);
            for event in events {
                world.come(event);
            }
            [unit(&world, "A"), unit(&world, "B")]
        };
        let (one, other) = (play(&events), play(&sorted));
        prop_assert_eq!(&one[0], &one[1]);
        prop_assert_eq!(one, other);
    }
}
