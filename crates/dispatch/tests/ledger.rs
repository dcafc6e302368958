//! A permit's ledger: who uses how much of it, since when and until when, whatever the order of arrival.
#![allow(clippy::unwrap_used)]

mod common;

use common::{World, event};
use facts::{Event, Fact, PermitFact};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A plan of a shipment, made at a minute, with what it says of permits.
fn plan(shipment: &str, version: u32, minute: i64, permits: &str) -> Event {
    let data = format!(
        r#"{{"version":{version},"kind":"vector","profile":"ULT_80","consignor":"PLANT","consignee":"WARD",
        "legs":[{{"id":"L1","mode":"road","carrier":"VAN","from":"PLANT","to":"WARD","departs":"2026-03-01T00:00:00Z","arrives":"2026-03-01T09:00:00Z"}}],
        "permits":[{permits}]}}"#
    );
    let id = format!("{shipment}-plan-{version}-{minute}");
    event(&id, minute, "shipment.planned", &format!("shipment:{shipment}"), &data)
}

fn cites(act: &str, leg: &str, quantity: &str) -> String {
    format!(r#"{{"permit":"P","act":"{act}","waypoint":"W","leg":"{leg}"{quantity}}}"#)
}

fn of(amount: u32, unit: &str) -> String {
    format!(r#","quantity":{{"amount":{amount},"unit":"{unit}"}}"#)
}

fn six() -> String {
    cites("import", "L1", &of(6, "vials"))
}

fn cancelled(shipment: &str, minute: i64) -> Event {
    let subject = format!("shipment:{shipment}");
    let reason = r#"{"reason":"patient ill"}"#;
    event(&format!("{shipment}-x-{minute}"), minute, "shipment.cancelled", &subject, reason)
}

fn departed(shipment: &str, minute: i64) -> Event {
    let subject = format!("shipment:{shipment}");
    event(
        &format!("{shipment}-d-{minute}"),
        minute,
        "shipment.departed",
        &subject,
        r#"{"leg":"L1"}"#,
    )
}

fn wrong(shipment: &str, id: &str) -> Event {
    let data = format!(r#"{{"source":"test","id":"{id}","reason":"not so"}}"#);
    let subject = format!("shipment:{shipment}");
    event(&format!("c-{id}"), 500, "shipment.corrected", &subject, &data)
}

fn granted(unit: &str) -> Event {
    let data = format!(
        r#"{{"kind":"import","issuer":"A","zone":"UTC","holder":"WARD","from":"2026-01-01T00:00:00Z","until":"2026-12-31T00:00:00Z","quantity":{{"amount":10,"unit":"{unit}"}}}}"#
    );
    event("grant", -60, "permit.granted", "permit:P", &data)
}

/// The ledger that a shipment heard last, its moments as minutes.
fn ledger(world: &World, shipment: &str) -> Vec<Value> {
    let mut uses = world.latest(shipment, "permit.ledger")["uses"].as_array().cloned();
    for used in uses.iter_mut().flatten() {
        for member in ["planned_at", "cancelled_at"] {
            if let Some(at) = used.get(member).and_then(Value::as_str) {
                let at: facts::Moment = at.parse().unwrap();
                used[member] = json!((at - common::at(0)).as_minutes());
            }
        }
    }
    uses.unwrap_or_default()
}

fn hear(events: &[Event]) -> World {
    let mut world = World::new();
    for (minute, event) in events.iter().enumerate() {
        world.to(minute as i64).hear(event);
    }
    world
}

fn use_of(shipment: &str, planned_at: i64, cancelled_at: Option<i64>) -> Value {
    let mut used = json!({ "shipment": shipment, "planned_at": planned_at,
        "quantity": { "amount": 6, "unit": "vials" }, "consumed": false });
    if let Some(at) = cancelled_at {
        used["cancelled_at"] = json!(at);
    }
    used
}

#[test]
fn a_cancelled_shipment_gave_up_its_part_when_it_was_cancelled_whenever_that_is_learnt() {
    let events =
        [plan("A", 1, 0, &six()), plan("B", 1, 5, &six()), departed("B", 90), cancelled("A", 30)];
    let world = hear(&events);
    let mut b = use_of("B", 5, None);
    b["consumed"] = json!(true);
    for reader in ["A", "B"] {
        assert_eq!(ledger(&world, reader), [use_of("A", 0, Some(30)), b.clone()], "{reader}");
    }
}

#[test]
fn a_cancelled_shipment_that_leaves_all_the_same_uses_the_permit() {
    let world = hear(&[plan("A", 1, 0, &six()), cancelled("A", 30), departed("A", 60)]);
    let all = ledger(&world, "A");
    assert_eq!(all.len(), 2);
    assert_eq!((&all[0]["cancelled_at"], &all[1]["planned_at"]), (&json!(30), &json!(60)));
    assert_eq!(all[1]["consumed"], true);
}

#[test]
fn a_cancellation_that_arrives_before_its_plan_leaves_the_permit_known() {
    let world = hear(&[granted("vials"), cancelled("A", 30), plan("A", 1, 0, &six())]);
    assert!(
        world.journals["A"].iter().any(|e| matches!(e.fact, Fact::Permit(PermitFact::Granted(_))))
    );
    assert_eq!(ledger(&world, "A"), [use_of("A", 0, Some(30))]);
    // What is learnt of the permit afterwards counts for the time before, too.
    let world = hear(&[cancelled("A", 30), plan("A", 1, 0, &six()), granted("vials")]);
    assert!(
        world.journals["A"].iter().any(|e| matches!(e.fact, Fact::Permit(PermitFact::Granted(_))))
    );
}

#[test]
fn a_shipment_that_is_planned_again_reserves_anew_and_its_permit_hears_all_of_it() {
    let events = [
        plan("A", 1, 0, &six()),
        plan("B", 1, 5, &six()),
        cancelled("A", 10),
        plan("A", 2, 20, &six()),
        departed("A", 30),
    ];
    let mut again = use_of("A", 20, None);
    again["consumed"] = json!(true);
    let all = [use_of("A", 0, Some(10)), use_of("B", 5, None), again];
    assert_eq!(ledger(&hear(&events), "B"), all);
    assert_eq!(ledger(&hear(&events), "A"), all);
}

#[test]
fn the_same_version_and_a_plan_from_before_revive_nothing() {
    let same = [plan("A", 1, 0, &six()), cancelled("A", 10), plan("A", 1, 20, &six())];
    assert_eq!(ledger(&hear(&same), "A"), [use_of("A", 0, Some(10))]);
    let before = [plan("A", 1, 0, &six()), cancelled("A", 10), plan("A", 2, 5, &six())];
    assert_eq!(ledger(&hear(&before), "A"), [use_of("A", 0, Some(10))]);
}

#[test]
fn a_plan_that_was_known_before_the_cancellation_keeps_the_reservation() {
    let events = [plan("A", 1, 0, &six()), plan("A", 2, 20, &six()), cancelled("A", 10)];
    let all = ledger(&hear(&events), "A");
    assert!(all.last().unwrap().get("cancelled_at").is_none(), "{all:?}");
}

#[test]
fn a_plan_that_drops_the_permit_gives_it_up_then_and_the_shipment_still_hears_of_it() {
    let events = [plan("A", 1, 0, &six()), plan("A", 2, 20, ""), granted("vials")];
    let world = hear(&events);
    assert_eq!(ledger(&world, "A"), [use_of("A", 0, Some(20))]);
    assert!(
        world.journals["A"].iter().any(|e| matches!(e.fact, Fact::Permit(PermitFact::Granted(_))))
    );
    let after = [plan("A", 1, 0, &six()), departed("A", 10), plan("A", 2, 20, "")];
    let all = ledger(&hear(&after), "A");
    assert_eq!(
        (all.len(), &all[0]["consumed"], all[0].get("cancelled_at")),
        (1, &json!(true), None)
    );
}

#[test]
fn a_plan_that_was_a_mistake_was_never_in_the_ledger() {
    let events = [plan("A", 1, 0, &six()), plan("B", 1, 5, &six()), wrong("A", "A-plan-1-0")];
    assert_eq!(ledger(&hear(&events), "B"), [use_of("B", 5, None)]);
    // Cited again, it is there once.
    let mut again = events.to_vec();
    again.push(plan("A", 1, 7, &six()));
    let all = [use_of("B", 5, None), use_of("A", 7, None)];
    assert_eq!(ledger(&hear(&again), "B"), all);
}

#[test]
fn a_shipment_whose_only_plan_was_a_mistake_is_told_of_nobody_else_whenever_that_is_learnt() {
    let (first, second) = (plan("A", 1, 0, &six()), plan("B", 2, 24, &six()));
    let mistake = wrong("B", "B-plan-2-24");
    let after = hear(&[first.clone(), second.clone(), mistake.clone()]);
    let before = hear(&[first, mistake, second]);
    for world in [after, before] {
        assert_eq!(ledger(&world, "A"), [use_of("A", 0, None)]);
        assert_eq!(ledger(&world, "B"), [Value::Null; 0]);
    }
}

#[test]
fn another_quantity_in_a_later_plan_counts_from_then_on() {
    let four = cites("import", "L1", &of(4, "vials"));
    let all = ledger(&hear(&[plan("A", 1, 0, &four), plan("A", 2, 20, &six())]), "A");
    assert_eq!(all.len(), 1);
    assert_eq!((&all[0]["planned_at"], &all[0]["quantity"]["amount"]), (&json!(0), &json!(6)));
    assert_eq!(all[0]["earlier"][0]["quantity"]["amount"], 4);
    let only_first = ledger(
        &hear(&[plan("A", 1, 0, &six()), plan("A", 2, 20, &cites("import", "L1", ""))]),
        "A",
    );
    assert_eq!(
        (only_first[0].get("quantity"), &only_first[0]["earlier"][0]["quantity"]["amount"]),
        (None, &json!(6))
    );
}

/// The quantity of a plan that says this of its permits, and whether it leaves out a part.
fn quantity(unit: &str, permits: &[String]) -> (Value, bool) {
    let world = hear(&[granted(unit), plan("A", 1, 0, &permits.join(","))]);
    let all = ledger(&world, "A");
    let partly = all[0].get("partly").is_some();
    (all[0].get("quantity").cloned().unwrap_or_default(), partly)
}

#[test]
fn quantities_of_one_act_add_up_and_of_several_acts_the_largest_counts() {
    let vials = |n: u32| json!({ "amount": n, "unit": "vials" });
    let import = |leg: &str, n: u32| cites("import", leg, &of(n, "vials"));
    let receipt = |n: u32| cites("receipt", "L1", &of(n, "vials"));
    assert_eq!(quantity("vials", &[import("L1", 3), import("L2", 4)]), (vials(7), false));
    assert_eq!(quantity("vials", &[import("L1", 3), import("L1", 3)]), (vials(6), false));
    assert_eq!(quantity("vials", &[import("L1", 5), receipt(5)]), (vials(5), false));
    assert_eq!(
        quantity("vials", &[receipt(5), import("L1", 3), import("L2", 4)]),
        (vials(7), false)
    );
    // An act without a quantity is done with the goods of the other one.
    assert_eq!(
        quantity("vials", &[cites("receipt", "L1", ""), import("L1", 5)]),
        (vials(5), false)
    );
    // Of one act, a part without a quantity is other goods.
    assert_eq!(quantity("vials", &[import("L1", 5), cites("import", "L2", "")]), (vials(5), true));
    assert_eq!(quantity("vials", &[cites("import", "L1", "")]), (Value::Null, false));
}

#[test]
fn what_is_said_in_other_units_is_a_part_that_is_not_known() {
    let vials = |n: u32| json!({ "amount": n, "unit": "vials" });
    let both = [cites("import", "L1", &of(5, "vials")), cites("import", "L2", &of(1, "boxes"))];
    assert_eq!(quantity("vials", &both), (vials(5), true));
    assert_eq!(quantity("boxes", &both), (json!({ "amount": 1, "unit": "boxes" }), true));
    // The same goods, said in two units.
    let acts = [cites("import", "L1", &of(5, "vials")), cites("receipt", "L1", &of(1, "boxes"))];
    assert_eq!(quantity("vials", &acts), (vials(5), false));
    assert_eq!(quantity("ml", &acts[..1]), (vials(5), false));
}

fn any_event() -> impl Strategy<Value = Event> {
    let shipment = prop_oneof![Just("A"), Just("B")];
    let permits = prop_oneof![
        Just(six()),
        Just(cites("import", "L1", &of(4, "vials"))),
        Just(String::new()),
    ];
    prop_oneof![
        4 => (shipment.clone(), 1..4u32, 0..40i64, permits)
            .prop_map(|(shipment, version, at, permits)| plan(shipment, version, at, &permits)),
        2 => (shipment.clone(), 0..40i64).prop_map(|(shipment, at)| cancelled(shipment, at)),
        1 => (shipment.clone(), 0..40i64).prop_map(|(shipment, at)| departed(shipment, at)),
        1 => (shipment, 1..4u32, 0..40i64)
            .prop_map(|(shipment, version, at)| wrong(shipment, &format!("{shipment}-plan-{version}-{at}"))),
    ]
}

proptest! {
    #[test]
    fn the_order_of_arrival_does_not_matter(
        (events, other) in prop::collection::vec(any_event(), 1..10).prop_map(|mut events| {
            // One id names one event.
            events.sort_by(|a, b| a.id.cmp(&b.id));
            events.dedup_by(|a, b| a.id == b.id);
            events
        }).prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle()))
    ) {
        // At one moment of log time: whether a plan was known before a cancellation came is a matter of arrival.
        let play = |events: &[Event]| {
            let mut world = World::new();
            for event in events {
                world.hear(event);
            }
            ["A", "B"].map(|shipment| ledger(&world, shipment))
        };
        prop_assert_eq!(play(&events), play(&other));
    }
}
