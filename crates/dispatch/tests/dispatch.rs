//! Who hears of what, told as the trade would.
#![allow(clippy::expect_used)]

mod common;

use common::{World, at, attached, event, live, planned, reading};
use dispatch::{DispatchRules, Outcome};
use facts::{DeviceFact, Fact, OrderFact, Rulebook, ShipmentFact, SystemFact};

#[test]
fn a_reading_goes_to_the_shipment_whose_attachment_covers_it() {
    let mut world = World::new();
    world.hear(&attached("LOG", "A", 10)).hear(&attached("LOG", "B", 100));
    for minute in [10, 99, 100] {
        world.hear(&reading("LOG", minute, 5));
    }
    assert_eq!(world.readings("A"), [(10, "5.0 °C".into()), (99, "5.0 °C".into())]);
    assert_eq!(world.readings("B"), [(100, "5.0 °C".into())]);
}

#[test]
fn a_reading_before_any_attachment_waits_and_is_claimed_when_one_is_learnt_late() {
    let mut world = World::new();
    world.hear(&reading("LOG", 20, 5)).hear(&reading("LOG", 5, 5));
    assert_eq!((world.count(Outcome::Pending), world.count(Outcome::Processed)), (2, 0));
    world.to(60).hear(&attached("LOG", "A", 10));
    assert_eq!(world.readings("A"), [(20, "5.0 °C".into())]);
    assert_eq!((world.count(Outcome::Pending), world.count(Outcome::Processed)), (1, 2));
}

#[test]
fn what_nobody_claims_in_fourteen_days_is_rejected_and_not_a_moment_sooner() {
    let mut world = World::new();
    world.hear(&reading("LOG", 0, 5)).to(14 * 1440 - 1);
    assert!(world.expired.is_empty());
    world.to(14 * 1440);
    assert_eq!(world.expired.len(), 1);
    assert_eq!((world.count(Outcome::Pending), world.count(Outcome::Expired)), (0, 1));
}

#[test]
fn what_loses_its_home_after_fourteen_days_is_rejected_at_once_and_the_logger_lives_on() {
    let mut world = World::new();
    world.hear(&attached("LOG", "A", 0));
    for n in 0..6 {
        world.hear(&reading("LOG", 10 * n, 5));
    }
    let off = r#"{"channel":"1"}"#;
    world.to(15 * 1440).hear(&event("off", 25, "device.detached", "device:LOG", off));
    assert_eq!((world.expired.len(), world.count(Outcome::Expired)), (3, 3));
    assert_eq!((world.count(Outcome::Pending), world.count(Outcome::Processed)), (0, 5));
    world.hear(&attached("LOG", "B", 15 * 1440)).hear(&reading("LOG", 15 * 1440 + 5, 15));
    assert_eq!(world.readings("B").len(), 1);
}

#[test]
fn a_number_of_nothing_is_no_rule() {
    for zero in [
        "keep",
        "put_away",
        "put_away_dose",
        "quiet_after",
        "quiet_again",
        "skew",
        "correction_waits",
    ] {
        let mut table = serde_json::json!({ "keep": "14 d", "put_away": "30 d", "put_away_dose": "730 d", "quiet_after": 3, "quiet_again": "1 h", "skew": "2 min", "correction_waits": "60 min" });
        assert!(
            DispatchRules::read(&Rulebook::new([("dispatch".to_owned(), table.clone())].into()), 1)
                .is_ok()
        );
        table[zero] = if zero == "quiet_after" { 0.into() } else { "0 min".into() };
        let wrong = DispatchRules::read(&Rulebook::new([("dispatch".to_owned(), table)].into()), 1);
        assert!(wrong.is_err_and(|e| e.reason.contains(zero)), "{zero}");
    }
}

#[test]
fn a_reading_again_is_a_duplicate_and_another_value_is_another_reading() {
    let mut world = World::new();
    world
        .hear(&attached("LOG", "A", 0))
        .hear(&reading("LOG", 5, 5))
        .hear(&reading("LOG", 5, 5))
        .hear(&reading("LOG", 5, 6));
    assert_eq!(world.readings("A").len(), 2);
    assert_eq!(world.count(Outcome::Duplicate), 1);
}

#[test]
fn a_corrected_reading_is_withdrawn_where_it_went_also_when_the_correction_overtakes_it() {
    let wrong = reading("LOG", 5, 50);
    let correction = event(
        "c1",
        30,
        "device.corrected",
        "device:LOG",
        r#"{"source":"test","id":"LOG-5-50","reason":"unit"}"#,
    );
    for late in [false, true] {
        let mut world = World::new();
        world.hear(&attached("LOG", "A", 0));
        let order = if late { [&correction, &wrong] } else { [&wrong, &correction] };
        order.into_iter().for_each(|e| {
            world.hear(e);
        });
        assert_eq!(world.readings("A"), [], "late: {late}");
    }
}

#[test]
fn a_corrected_attachment_moves_its_readings_to_where_they_belong() {
    let mut world = World::new();
    world
        .hear(&attached("LOG", "A", 0))
        .hear(&attached("LOG", "B", 10))
        .hear(&reading("LOG", 5, 5))
        .hear(&reading("LOG", 15, 5));
    world.hear(&event(
        "c",
        20,
        "device.corrected",
        "device:LOG",
        r#"{"source":"test","id":"LOG-to-B-10","reason":"label"}"#,
    ));
    assert_eq!(world.readings("A").len(), 2);
    assert_eq!(world.readings("B").len(), 0);
    let heard = |shipment: &str| {
        world.journals[shipment]
            .iter()
            .any(|e| matches!(e.fact, Fact::Device(DeviceFact::DeviceCorrected(_))))
    };
    assert!(heard("A") && heard("B"));
}

#[test]
fn the_shipment_that_loses_a_probe_hears_what_took_it() {
    let mut world = World::new();
    world.hear(&attached("LOG", "A", 0)).hear(&attached("LOG", "B", 10));
    assert_eq!(world.journals["A"].len(), 2);
    assert_eq!(world.journals["B"].len(), 1);
}

#[test]
fn calibrations_known_before_come_with_the_attachment() {
    let mut world = World::new();
    world
        .hear(&event("cal", 0, "device.calibrated", "device:LOG", r#"{"passed":false}"#))
        .hear(&attached("LOG", "A", 5));
    assert!(
        world.journals["A"]
            .iter()
            .any(|e| matches!(e.fact, Fact::Device(DeviceFact::Calibrated(_))))
    );
}

#[test]
fn a_live_device_is_stated_quiet_after_three_sending_intervals_and_each_hour_after() {
    let quiet = |world: &World| {
        world.journals["A"]
            .iter()
            .filter(|e| matches!(e.fact, Fact::System(SystemFact::Quiet(_))))
            .count()
    };
    let mut world = World::new();
    world.hear(&live("LOG", "A", 0)).to(10).hear(&reading("LOG", 10, 5)).to(39);
    assert_eq!(quiet(&world), 0);
    world.to(40);
    assert_eq!(quiet(&world), 1);
    world.to(160);
    assert_eq!(quiet(&world), 3);
    world.hear(&reading("LOG", 160, 5)).to(189);
    assert_eq!(quiet(&world), 3);
    world.hear(&event("off", 189, "device.detached", "device:LOG", r#"{"channel":"1"}"#)).to(900);
    assert_eq!(quiet(&world), 3, "never after it was taken off");
}

#[test]
fn a_device_that_is_only_read_out_is_never_stated_quiet() {
    let mut world = World::new();
    world.hear(&attached("LOG", "A", 0)).to(9000);
    assert!(
        !world.journals["A"].iter().any(|e| matches!(e.fact, Fact::System(SystemFact::Quiet(_))))
    );
}

#[test]
fn the_same_event_again_is_a_duplicate_with_other_content_a_finding() {
    let mut world = World::new();
    let first = event("d", 5, "shipment.departed", "shipment:A", r#"{"leg":"L1"}"#);
    let other = event("d", 6, "shipment.departed", "shipment:A", r#"{"leg":"L1"}"#);
    world.hear(&first).hear(&first);
    assert!(world.findings.is_empty());
    world.hear(&other);
    assert_eq!(world.journals["A"].len(), 1);
    assert_eq!(world.count(Outcome::Duplicate), 2);
    assert_eq!(
        world.findings.iter().map(|f| &*f.name.rule).collect::<Vec<_>>(),
        ["system/conflicting-copy"]
    );
}

#[test]
fn a_cited_party_comes_with_all_that_is_known_of_it_and_with_what_is_learnt_later() {
    let mut world = World::new();
    world.hear(&event(
        "p1",
        0,
        "party.described",
        "party:VAN",
        r#"{"name":"Van","role":"courier"}"#,
    ));
    world.hear(&planned("A", 1, ""));
    world.hear(&event("p2", 9, "party.suspended", "party:VAN", r#"{"reason":"audit"}"#));
    let of_van =
        world.journals["A"].iter().filter(|e| e.subject.to_string() == "party:VAN").count();
    assert_eq!(of_van, 2);
}

const PERMIT: &str = r#","permits":[{"permit":"P","act":"import","waypoint":"W","quantity":{"amount":6,"unit":"vials"}}]"#;

#[test]
fn a_permit_tells_every_shipment_who_uses_it() {
    let mut world = World::new();
    world.hear(&planned("A", 1, PERMIT)).hear(&planned("B", 1, PERMIT));
    let uses = |world: &World, of: &str| {
        world.latest(of, "permit.ledger")["uses"].as_array().unwrap().len()
    };
    assert_eq!((uses(&world, "A"), uses(&world, "B")), (2, 2));
    world.hear(&event("x", 5, "shipment.cancelled", "shipment:B", r#"{"reason":"patient"}"#));
    let freed = &world.latest("A", "permit.ledger")["uses"][1]["cancelled_at"];
    assert!(freed.is_string(), "a cancelled shipment frees what it reserved");
}

#[test]
fn a_plan_that_drops_a_permit_frees_it_and_one_that_departed_has_used_it() {
    let mut world = World::new();
    world.hear(&planned("A", 1, PERMIT)).hear(&planned("B", 1, PERMIT)).hear(&planned("B", 2, ""));
    assert_eq!(world.latest("A", "permit.ledger")["uses"].as_array().unwrap().len(), 1);
    world.hear(&event("d", 5, "shipment.departed", "shipment:A", r#"{"leg":"L1"}"#));
    assert_eq!(world.latest("A", "permit.ledger")["uses"][0]["consumed"], true);
}

#[test]
fn the_dose_is_followed_over_all_shipments_of_the_order() {
    let mut world = World::new();
    world.hear(&event(
        "o",
        0,
        "order.opened",
        "order:O",
        r#"{"product":"EXA","units":["U1","U2"]}"#,
    ));
    for shipment in ["A", "B"] {
        world.hear(&planned(shipment, 1, r#","order":"O""#));
    }
    let subject = |s: &str| format!("shipment:{s}");
    for (shipment, unit) in [("A", "U1"), ("B", "U2")] {
        world.hear(&event(
            &format!("p{unit}"),
            5,
            "shipment.packed",
            &subject(shipment),
            &format!(r#"{{"units":["{unit}"]}}"#),
        ));
        let received = format!(r#"{{"by":"WARD","units":["{unit}"],"verdict":"accept"}}"#);
        world.hear(&event(
            &format!("r{unit}"),
            50,
            "shipment.received",
            &subject(shipment),
            &received,
        ));
    }
    let dose = world.latest("A", "order.dose");
    let received: Vec<bool> =
        dose["units"].as_array().unwrap().iter().map(|u| u["received"].is_string()).collect();
    assert_eq!(received, [true, true]);
    assert_eq!(dose, world.latest("B", "order.dose"));
    world.hear(&event(
        "c",
        60,
        "shipment.corrected",
        "shipment:B",
        r#"{"source":"test","id":"rU2","reason":"wrong door"}"#,
    ));
    assert!(world.latest("A", "order.dose")["units"][1]["received"].is_null());
}

#[test]
fn a_closed_shipment_is_put_away_after_thirty_days_and_tells_of_a_late_fact_once() {
    let mut world = World::new();
    world.hear(&planned("A", 1, "")).hear(&event("x", 1, "shipment.closed", "shipment:A", "{}"));
    let before = world.journals["A"].len();
    world.to(30 * 1440 + 1);
    for id in ["n1", "n2"] {
        world.hear(&event(
            id,
            2,
            "shipment.noted",
            "shipment:A",
            r#"{"by":"ANNA","text":"invoice"}"#,
        ));
    }
    assert_eq!(world.journals["A"].len(), before);
    assert_eq!(world.count(Outcome::Pending), 2);
    assert_eq!(
        world.findings.iter().map(|f| &*f.name.rule).collect::<Vec<_>>(),
        ["system/after-closing"]
    );
}

#[test]
fn a_stay_lasts_until_the_last_unit_was_given_out() {
    let mut world = World::new();
    let to_store = r#"{"store":"FRZ","channel":"1","position":"payload","log_every":"10 min"}"#;
    world.hear(&event("a", 0, "device.attached", "device:LOG", to_store));
    let two = r#"{"shipment":"A","units":["BAG-1","BAG-2"]}"#;
    let one = |n: u32| format!(r#"{{"shipment":"A","units":["bag-{n}"]}}"#);
    world
        .hear(&event("in", 5, "store.holds", "store:FRZ", two))
        .hear(&event("in again", 6, "store.holds", "store:FRZ", two))
        .hear(&event("whole", 5, "store.holds", "store:FRZ", r#"{"shipment":"B"}"#))
        .hear(&event("out 1", 20, "store.no-longer-holds", "store:FRZ", &one(1)))
        .hear(&reading("LOG", 30, -80));
    assert_eq!(world.readings("A").len(), 1, "the other bag is still in it");
    let of_b = r#"{"shipment":"B","units":["BAG-7"]}"#;
    world
        .hear(&event("out 2", 40, "store.no-longer-holds", "store:FRZ", &one(2)))
        .hear(&event("out 7", 40, "store.no-longer-holds", "store:FRZ", of_b))
        .hear(&reading("LOG", 50, -80));
    assert_eq!(world.readings("A").len(), 1);
    assert_eq!(world.readings("B").len(), 2, "who came in without names may have more aboard");
    let gone = world.journals["A"]
        .iter()
        .any(|e| matches!(e.fact, Fact::System(SystemFact::Withdrawn(_))));
    world.hear(&event("late", 25, "store.no-longer-holds", "store:FRZ", r#"{"shipment":"B"}"#));
    let late = world.journals["B"]
        .iter()
        .any(|e| matches!(e.fact, Fact::System(SystemFact::Withdrawn(_))));
    assert!(!gone && !late, "what was said of a reading is not taken back by who takes units out");
}

#[test]
fn what_a_freezer_measures_belongs_to_the_shipments_that_it_holds() {
    let mut world = World::new();
    let to_store = r#"{"store":"FRZ","channel":"1","position":"payload","log_every":"10 min"}"#;
    world
        .hear(&event("a", 0, "device.attached", "device:LOG", to_store))
        .hear(&reading("LOG", 10, -80));
    world.hear(&event("h", 5, "store.holds", "store:FRZ", r#"{"shipment":"A"}"#));
    assert_eq!(
        world.readings("A"),
        [(10, "-80.0 °C".into())],
        "learnt late: what it covers is sent"
    );
    world
        .hear(&event("g", 20, "store.no-longer-holds", "store:FRZ", r#"{"shipment":"A"}"#))
        .hear(&reading("LOG", 30, -80));
    assert_eq!(world.readings("A").len(), 1);
    assert!(
        world.journals["A"].iter().any(|e| matches!(e.fact, Fact::Device(DeviceFact::Attached(_))))
    );
    assert_eq!(
        at(0),
        world.journals["A"]
            .iter()
            .find(|e| matches!(e.fact, Fact::Device(DeviceFact::Attached(_))))
            .unwrap()
            .at
    );
}

/// An order of two bags, and what its dose says of one of them after these words, told in this order.
fn bag(words: &[(&str, i64, &str, &str)], unit: &str) -> serde_json::Value {
    let mut world = World::new();
    let opened = r#"{"product":"EXA","units":["BAG-1","BAG-2"]}"#;
    world.hear(&event("o", 0, "order.opened", "order:O", opened));
    world.hear(&planned("A", 1, r#","order":"O","units":["BAG-1","BAG-2"]"#));
    for (id, minute, kind, data) in words {
        world.hear(&event(id, *minute, kind, "shipment:A", data));
    }
    let dose = world.latest("A", "order.dose");
    let units = dose["units"].as_array().expect("the units of a dose");
    units.iter().find(|line| line["unit"] == unit).cloned().expect("a line of this unit")
}

const PACKED_1: (&str, i64, &str, &str) = ("p1", 5, "shipment.packed", r#"{"units":["BAG-1"]}"#);
const PACKED_2: (&str, i64, &str, &str) = ("p2", 8, "shipment.packed", r#"{"units":["BAG-2"]}"#);

fn received(
    id: &'static str,
    minute: i64,
    data: &'static str,
) -> (&'static str, i64, &'static str, &'static str) {
    (id, minute, "shipment.received", data)
}

#[test]
fn what_is_said_of_the_whole_is_said_of_all_packings_however_it_comes() {
    let whole = [
        ("r", 30, "shipment.received", r#"{"by":"WARD","verdict":"accept"}"#),
        ("q", 40, "shipment.quality-released", r#"{"by":"PLANT"}"#),
        ("d", 50, "shipment.destroyed", r#"{"by":"WARD"}"#),
    ];
    let orders = [
        [PACKED_1, PACKED_2, whole[0], whole[1], whole[2]],
        [whole[2], PACKED_2, whole[1], PACKED_1, whole[0]],
    ];
    for words in orders {
        for unit in ["BAG-1", "BAG-2"] {
            let bag = bag(&words, unit);
            for what in ["packed", "received", "released", "lost"] {
                assert!(bag[what].is_string(), "{what} of {unit}");
            }
        }
    }
}

#[test]
fn packings_by_count_add_up_and_the_same_one_under_another_id_is_a_retry() {
    let one = |id, minute| (id, minute, "shipment.packed", r#"{"count":1}"#);
    let destroyed = ("d", 50, "shipment.destroyed", r#"{"by":"WARD"}"#);
    let second = |words: &[_]| bag(words, "BAG-2")["lost"].is_string();
    assert!(second(&[one("p1", 5), one("p2", 8), destroyed]));
    assert!(!second(&[one("p1", 5), one("p2", 5), destroyed]), "a retry");
}

#[test]
fn what_is_released_as_a_whole_before_the_second_packing_is_the_first_one() {
    let released = ("q", 6, "shipment.quality-released", r#"{"by":"PLANT"}"#);
    let words = [PACKED_1, released, PACKED_2];
    assert!(bag(&words, "BAG-1")["released"].is_string());
    assert!(bag(&words, "BAG-2")["released"].is_null());
}

#[test]
fn only_quality_settles_a_deviation() {
    let deviation =
        received("r1", 30, r#"{"by":"WARD","units":["BAG-1"],"verdict":"accept-under-deviation"}"#);
    let accepted = received("r2", 60, r#"{"by":"WARD","units":["BAG-1"],"verdict":"accept"}"#);
    let used = ("u", 90, "shipment.dispositioned", r#"{"by":"PLANT","outcome":"use"}"#);
    let released = ("q", 70, "shipment.quality-released", r#"{"by":"PLANT"}"#);
    let under = |words: &[_]| bag(words, "BAG-1")["deviation"] == true;
    assert!(under(&[PACKED_1, deviation]));
    assert!(under(&[PACKED_1, deviation, accepted]));
    assert!(under(&[PACKED_1, accepted, deviation, released]), "whichever came first");
    let settled = bag(&[PACKED_1, deviation, accepted, used], "BAG-1");
    assert!(settled["deviation"].is_null() && settled["settled"].is_string());
    // The same receipt once more, an hour after quality has decided: no other deviation.
    let again = received(
        "r3",
        120,
        r#"{"by":"WARD","units":["BAG-1"],"verdict":"accept-under-deviation"}"#,
    );
    assert!(!under(&[PACKED_1, deviation, used, again]));
}

#[test]
fn a_receipt_that_is_said_again_moves_nothing_and_a_refusal_is_answered_by_the_door() {
    let accepted = received("r1", 30, r#"{"by":"WARD","units":["BAG-1"],"verdict":"accept"}"#);
    let again = received("r2", 90, r#"{"by":"WARD","units":["BAG-1"],"verdict":"accept"}"#);
    let once = bag(&[PACKED_1, accepted], "BAG-1");
    assert_eq!(bag(&[PACKED_1, accepted, again], "BAG-1"), once);
    assert_eq!(bag(&[PACKED_1, again, accepted], "BAG-1"), once);
    let refused = received("r3", 20, r#"{"by":"WARD","units":["BAG-1"],"verdict":"reject"}"#);
    let bag_refused = bag(&[PACKED_1, refused], "BAG-1");
    assert!(bag_refused["received"].is_null());
    assert_eq!(bag(&[PACKED_1, refused, accepted], "BAG-1"), once);
}

#[test]
fn what_another_party_takes_in_is_not_received_and_is_told_with_its_name() {
    let depot = received("r1", 20, r#"{"by":"DEPOT","units":["BAG-1"],"verdict":"accept"}"#);
    let ward = received("r2", 30, r#"{"by":"WARD","units":["BAG-1"],"verdict":"accept"}"#);
    let at_depot = bag(&[PACKED_1, depot], "BAG-1");
    assert!(at_depot["received"].is_null());
    assert_eq!(at_depot["taken"][0]["by"], "DEPOT");
    let at_ward = bag(&[PACKED_1, depot, ward], "BAG-1");
    assert_eq!(at_ward["received"], bag(&[PACKED_1, ward], "BAG-1")["received"]);
}

#[test]
fn one_bag_in_two_spellings_is_one() {
    let received = received("r1", 30, r#"{"by":"WARD","units":["bag-1"],"verdict":"accept"}"#);
    assert!(bag(&[PACKED_1, received], "BAG-1")["received"].is_string());
}

#[test]
fn of_a_cancelled_shipment_nothing_confirms() {
    let received = received("r1", 30, r#"{"by":"WARD","verdict":"accept"}"#);
    let cancelled = ("c", 10, "shipment.cancelled", r#"{"reason":"wrong button"}"#);
    let plan = planned("A", 1, r#","order":"O","units":["BAG-1","BAG-2"]"#);
    let Fact::Shipment(ShipmentFact::Planned(plan)) = plan.fact else { panic!("a plan") };
    let same = serde_json::to_string(&*plan).unwrap();
    let off = bag(&[PACKED_1, received, cancelled], "BAG-1");
    assert!(off["received"].is_null());
    let sent_again = ("plan", 12, "shipment.planned", same.as_str());
    assert!(bag(&[PACKED_1, cancelled, sent_again, received], "BAG-1")["received"].is_null());
}

fn quiet(world: &World, shipment: &str) -> Vec<(i64, Option<u32>)> {
    let all = world.journals.get(shipment).into_iter().flatten();
    let quiet = |event: &facts::Event| match &event.fact {
        Fact::System(SystemFact::Quiet(q)) => {
            Some(((q.as_of - at(0)).as_minutes(), q.unclaimed.map(|unclaimed| unclaimed.readings)))
        }
        _ => None,
    };
    all.filter_map(quiet).collect()
}

#[test]
fn a_silence_says_what_comes_by_another_probe_that_is_attached_to_nothing() {
    let mut world = World::new();
    world.hear(&live("LOG", "A", 0)).to(1);
    let wrong = r#"{"channel":"01","log_every":"10 min","send_every":"10 min","position":"payload","shipment":"B"}"#;
    world.come(&event("b", 0, "device.attached", "device:LOG-2", wrong));
    for minute in [10, 20, 30] {
        let data = r#"{"channel":"1","temperature":"5.0 °C"}"#;
        world.to(minute).come(&event(
            &format!("r{minute}"),
            minute,
            "device.reading",
            "device:LOG-2",
            data,
        ));
    }
    world.to(40);
    let told = world.journals["B"].iter().find_map(|event| match &event.fact {
        Fact::System(SystemFact::Quiet(quiet)) => Some(quiet.elsewhere.clone()),
        _ => None,
    });
    let told = told.flatten().map(|elsewhere| (elsewhere.channel.to_string(), elsewhere.readings));
    assert_eq!(told, Some(("1".to_string(), 3)));
}

fn clocks(world: &World, shipment: &str) -> Vec<String> {
    let all = world.journals.get(shipment).into_iter().flatten();
    let is_clock = |e: &&facts::Event| {
        matches!(e.fact, Fact::System(SystemFact::ClockAhead(_) | SystemFact::ClockRight(_)))
    };
    all.filter(is_clock).map(|e| format!("{}: {}", (e.at - at(0)).as_minutes(), e.fact)).collect()
}

#[test]
fn a_reading_of_later_waits_until_log_time_has_come_so_far_and_its_clock_is_told_at_the_next_stroke()
 {
    let mut world = World::new();
    world.hear(&live("LOG", "A", 0)).to(10).come(&reading("LOG", 70, 5));
    assert_eq!((world.count(Outcome::Pending), world.readings("A").len()), (1, 0));
    world.to(11);
    assert_eq!(
        clocks(&world, "A"),
        [
            "10: has a clock that is ahead on 1: a reading is dated 2026-03-01T01:10:00Z and came at 2026-03-01T00:10:00Z"
        ]
    );
    world.to(69);
    assert_eq!(world.readings("A"), []);
    world.to(70);
    assert_eq!(world.readings("A"), [(70, "5.0 °C".into())]);
    assert_eq!((world.count(Outcome::Pending), world.count(Outcome::Processed)), (0, 2));
}

#[test]
fn within_the_skew_of_clocks_nothing_is_ahead_and_on_the_stroke_it_is_within() {
    let mut world = World::new();
    world.hear(&live("LOG", "A", 0)).to(10).come(&reading("LOG", 12, 5));
    assert_eq!(world.readings("A"), [(12, "5.0 °C".into())]);
    world.to(60);
    assert_eq!(clocks(&world, "A"), [] as [String; 0]);
}

#[test]
fn where_the_next_stroke_has_come_so_far_it_was_our_clock_that_stood() {
    let mut world = World::new();
    world.hear(&live("LOG", "A", 0)).to(1);
    // Dispatch was away for three hours: no clock struck, and all of this came meanwhile.
    world.come(&reading("LOG", 60, 5)).come(&reading("LOG", 170, 5));
    world.come(&event("p", 90, "shipment.packed", "shipment:A", "{}"));
    world.stroke(180);
    assert_eq!(world.readings("A"), [(60, "5.0 °C".into()), (170, "5.0 °C".into())]);
    assert_eq!(clocks(&world, "A"), [] as [String; 0]);
    let packed = world.journals["A"]
        .iter()
        .find(|e| matches!(e.fact, Fact::Shipment(ShipmentFact::Packed(_))))
        .unwrap();
    assert_eq!((packed.at, packed.counts), (at(90), None));
}

#[test]
fn what_is_dated_months_ahead_is_rejected_when_readings_are_let_go() {
    let mut world = World::new();
    world.hear(&live("LOG", "A", 0)).to(10).come(&reading("LOG", 300 * 1440, 5));
    world.to(10 + 14 * 1440);
    assert_eq!(
        (world.expired.len(), world.count(Outcome::Pending), world.count(Outcome::Expired)),
        (1, 0, 1)
    );
    assert_eq!(world.readings("A"), []);
}

#[test]
fn a_clock_is_right_again_when_nothing_was_ahead_for_three_intervals() {
    let mut world = World::new();
    world.hear(&live("LOG", "A", 0)).to(10).come(&reading("LOG", 500, 5));
    for minute in [20, 30, 40, 50] {
        world.hear(&reading("LOG", minute, 5));
    }
    let told = clocks(&world, "A");
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[1], "40: has a clock that is right again on 1");
}

#[test]
fn a_reading_of_later_that_is_corrected_takes_back_what_was_told_of_its_clock() {
    let mut world = World::new();
    world.hear(&live("LOG", "A", 0)).to(10).come(&reading("LOG", 500, 5)).to(11);
    let data = r#"{"source":"test","id":"LOG-500-5","reason":"clock"}"#;
    world.come(&event("c", 11, "device.corrected", "device:LOG", data));
    let ahead = world.journals["A"]
        .iter()
        .find(|e| matches!(e.fact, Fact::System(SystemFact::ClockAhead(_))))
        .unwrap();
    assert_eq!((&*ahead.source, &*ahead.id), ("test", "LOG-500-5"));
    assert!(
        world.journals["A"]
            .iter()
            .any(|e| matches!(e.fact, Fact::Device(DeviceFact::DeviceCorrected(_))))
    );
    world.to(600);
    assert_eq!(world.readings("A"), []);
    assert_eq!((world.count(Outcome::Pending), world.count(Outcome::Expired)), (0, 0));
}

#[test]
fn a_logger_whose_clock_was_set_back_is_silent_for_what_it_is_with_whatever_it_sends() {
    let mut world = World::new();
    world.hear(&live("LOG", "A", 100)).hear(&reading("LOG", 110, 5));
    for minute in [120, 130, 140] {
        world.to(minute).come(&reading("LOG", minute - 120, 20));
    }
    assert_eq!(quiet(&world, "A"), [(140, Some(2))]);
    world.to(230);
    assert_eq!(quiet(&world, "A"), [(140, Some(2)), (200, Some(3))]);
}

#[test]
fn what_an_earlier_shipment_has_of_a_logger_does_not_make_it_heard_for_the_one_it_is_with() {
    let mut world = World::new();
    world.hear(&live("LOG", "A", 0)).hear(&live("LOG", "B", 100));
    for minute in [110, 120, 130] {
        world.to(minute).come(&reading("LOG", minute - 60, 5));
    }
    assert_eq!(world.readings("A").len(), 3);
    assert_eq!(quiet(&world, "B"), [(130, None)]);
}

#[test]
fn what_a_logger_kept_from_before_is_no_silence() {
    let mut world = World::new();
    world.to(100).come(&live("LOG", "A", 95));
    for minute in (0..90).step_by(10) {
        world.come(&reading("LOG", minute, 21));
    }
    for minute in (100..200).step_by(10) {
        world.hear(&reading("LOG", minute, 5));
    }
    assert_eq!(quiet(&world, "A"), []);
    assert_eq!(clocks(&world, "A"), [] as [String; 0]);
}

#[test]
fn a_use_that_is_booked_ahead_changes_nothing_before_its_time() {
    let mut world = World::new();
    world.hear(&live("LOG", "A", 0)).hear(&reading("LOG", 10, 5)).come(&live("LOG", "B", 2000));
    world.to(45);
    assert_eq!(quiet(&world, "A"), [(40, None)], "it is silent for whom it is with");
    let attached = |world: &World, to: &str| {
        let all = world.journals.get(to).into_iter().flatten();
        all.filter(|e| matches!(e.fact, Fact::Device(DeviceFact::Attached(_)))).count()
    };
    assert_eq!((attached(&world, "A"), attached(&world, "B")), (1, 0));
    world.to(2000);
    assert_eq!((attached(&world, "A"), attached(&world, "B")), (2, 1), "told at its own time");
    world.to(2035);
    assert_eq!(quiet(&world, "B"), [(2030, None)], "silence counts from there");
    assert!(quiet(&world, "A").iter().all(|(minute, _)| *minute < 2000));
}

#[test]
fn to_be_taken_off_tomorrow_does_not_end_the_watch_today() {
    let mut world = World::new();
    world.hear(&live("LOG", "A", 0)).hear(&reading("LOG", 10, 5));
    world.come(&event("off", 1500, "device.detached", "device:LOG", r#"{"channel":"1"}"#));
    world.to(45);
    assert_eq!(quiet(&world, "A"), [(40, None)]);
    world.to(1500);
    let silent = quiet(&world, "A").len();
    world.to(4000);
    assert_eq!(quiet(&world, "A").len(), silent);
}

#[test]
fn an_attachment_that_says_the_same_again_does_not_make_a_logger_heard() {
    let mut world = World::new();
    world.hear(&live("LOG", "A", 0)).to(25).come(&live("LOG", "A", 20)).to(45);
    assert_eq!(quiet(&world, "A"), [(30, None)]);
}

#[test]
fn what_has_happened_cannot_be_of_later_it_counts_as_at_its_arrival_and_its_time_stays_beside_it() {
    let mut world = World::new();
    world.to(10).come(&event("p", 1450, "shipment.packed", "shipment:A", "{}"));
    assert_eq!(world.count(Outcome::Pending), 1);
    world.to(11);
    let packed = &world.journals["A"][0];
    assert_eq!(packed.at, at(1450));
    assert_eq!(packed.counts.map(|counts| counts.floor(facts::Span::minutes(1))), Some(at(10)));
    assert_eq!((world.count(Outcome::Pending), world.count(Outcome::Processed)), (0, 1));
    world.come(&event("p", 1450, "shipment.packed", "shipment:A", "{}"));
    assert_eq!(world.count(Outcome::Duplicate), 1, "the same again is the same");
}

#[test]
fn nobody_outside_says_which_moment_counts() {
    let mut world = World::new();
    let mut packed = event("p", 5, "shipment.packed", "shipment:A", "{}");
    packed.counts = Some(at(0));
    world.hear(&packed);
    assert_eq!((world.journals["A"][0].at, world.journals["A"][0].counts), (at(5), None));
}

#[test]
fn plans_and_schedules_take_effect_at_their_own_time() {
    let mut world = World::new();
    let mut plan = planned("A", 1, "");
    plan.at = at(500);
    world.to(10).come(&plan);
    assert_eq!((world.journals["A"][0].at, world.journals["A"][0].counts), (at(500), None));
}

#[test]
fn a_plan_that_is_booked_ahead_leaves_the_one_before_it_in_force_and_is_told_until_its_time() {
    let mut world = World::new();
    let mut plan = planned("A", 2, r#","slot":"2026-03-09T00:00:00Z""#);
    plan.at = at(300);
    world.hear(&planned("A", 1, "")).to(10).come(&plan).to(20);
    let plans = |world: &World| world.journals["A"].len();
    assert_eq!((plans(&world), told(&world, "A")), (1, vec!["SYS-PLAN raised".to_string()]));
    world.to(299);
    assert_eq!(plans(&world), 1);
    world.to(300);
    assert_eq!((plans(&world), last(&world, "shipment:A").as_str()), (2, "cleared"));
    assert_eq!(world.count(Outcome::Pending), 0);
    // Declared wrong before its time: taken back, and it never holds.
    let mut world = World::new();
    world.hear(&planned("A", 1, "")).to(10).come(&plan).to(20).come(&corrected("c", "A-plan-2"));
    assert_eq!(last(&world, "shipment:A"), "withdrawn");
    world.to(400);
    assert_eq!(standing(&world), ["A-plan-1"]);
    // And the same again.
    world.come(&plan);
    assert_eq!(world.count(Outcome::Duplicate), 1);
}

#[test]
fn a_plan_for_later_that_will_change_nothing_is_not_told() {
    let slot = |day: u8| format!(r#","slot":"2026-03-{day:02}T00:00:00Z""#);
    let later = |version: u32, more: &str, id: &str| {
        let plan = planned("A", version, more);
        facts::Event { id: facts::ShortText::new(id), at: at(9000), ..plan }
    };
    // The same plan with a wrong clock, under the same number and under another one.
    for version in [1, 2] {
        let mut world = World::new();
        world.hear(&planned("A", 1, "")).to(10).come(&later(version, "", "again")).to(50);
        assert_eq!(told(&world, "A"), [""; 0], "version {version}");
    }
    // What a higher version replaces before it begins is over when that one comes.
    let mut world = World::new();
    world.hear(&planned("A", 1, "")).to(10).come(&later(2, &slot(9), "tomorrow")).to(50);
    assert_eq!(told(&world, "A"), ["SYS-PLAN raised"]);
    let mut today = planned("A", 3, &slot(8));
    today.at = at(60);
    world.hear(&today);
    assert_eq!(told(&world, "A"), ["SYS-PLAN raised", "SYS-PLAN cleared"]);
    world.to(9001);
    assert_eq!(told(&world, "A").len(), 2);
}

#[test]
fn a_correction_that_names_nothing_is_told_on_the_shipment_that_has_lost_its_logger_by_one() {
    let mut world = World::new();
    world.hear(&attached("LOG", "A", 0)).hear(&device_corrected("c", "LOG-to-A-0"));
    world.come(&device_corrected("no", "C")).to(100);
    assert_eq!(told(&world, "A"), ["SYS-CORR raised"]);
}

#[test]
fn who_holds_or_postpones_has_said_so_when_it_comes() {
    for kind in ["order.conditioning-held", "order.postponed"] {
        let mut world = World::new();
        world.hear(&planned("A", 1, r#","order":"O""#)).to(10);
        world.come(&event("h", 9000, kind, "order:O", r#"{"by":"WARD","reason":"fever"}"#)).to(11);
        let said = world.journals["A"].iter().find(|e| e.at == at(9000)).expect("it is told");
        assert_eq!(said.counts.map(|counts| counts.floor(facts::Span::minutes(1))), Some(at(10)));
        assert_eq!(world.count(Outcome::Pending), 0, "{kind}");
    }
}

#[test]
fn a_start_that_is_dated_ahead_is_told_as_such_and_counts_at_its_time() {
    let mut world = World::new();
    world.hear(&planned("A", 1, r#","order":"O""#)).to(10);
    let started = event("s", 600, "order.conditioning-started", "order:O", r#"{"by":"WARD"}"#);
    world.come(&started).to(20);
    let kinds = |world: &World, of: &str| -> Vec<i64> {
        let all = world.journals[of].iter().filter_map(|e| {
            let kind = e.fact.parts()?.0;
            kind.contains("start").then(|| (e.at - at(0)).as_minutes())
        });
        all.collect()
    };
    assert_eq!(kinds(&world, "A"), [10], "told at the stroke after it came");
    world.hear(&planned("B", 1, r#","order":"O""#));
    assert_eq!(kinds(&world, "B").len(), 1, "who comes hears of it, too");
    world.to(600);
    assert_eq!((kinds(&world, "A").last(), kinds(&world, "B").last()), (Some(&600), Some(&600)));
    assert_eq!(world.count(Outcome::Pending), 0);
}

#[test]
fn a_stay_that_is_booked_ahead_is_told_at_its_own_time() {
    let mut world = World::new();
    world.to(10).come(&event("h", 300, "store.holds", "store:FRZ", r#"{"shipment":"A"}"#));
    assert!(!world.journals.contains_key("A"));
    world.to(300);
    assert_eq!(world.journals["A"].len(), 1);
}

/// A packing of this unit at minute 5, under this id.
fn packed(id: &str, unit: &str) -> facts::Event {
    let data = format!(r#"{{"units":["{unit}","BAG-2"],"by":"PLANT"}}"#);
    event(id, 5, "shipment.packed", "shipment:A", &data)
}

fn corrected(id: &str, wrong: &str) -> facts::Event {
    let data = format!(r#"{{"source":"test","id":"{wrong}","reason":"label"}}"#);
    event(id, 30, "shipment.corrected", "shipment:A", &data)
}

/// The ids of the facts that stand in the journal of A.
fn standing(world: &World) -> Vec<String> {
    let all = world.journals.get("A").map(Vec::as_slice).unwrap_or_default();
    let mut story = facts::History::default();
    for (offset, event) in (0..).zip(all) {
        story.take(offset, event.at, event);
    }
    let id = |chapter: &facts::HistoryEntry| {
        all.iter().find(|e| e.identity() == chapter.identity).map(|e| e.id.to_string())
    };
    story.as_learnt().into_iter().filter_map(id).collect()
}

/// All orders of these.
fn orders<T: Clone>(of: &[T]) -> Vec<Vec<T>> {
    let Some((first, rest)) = of.split_first() else { return vec![vec![]] };
    let with = |rest: Vec<T>| {
        (0..=rest.len()).map(move |at| [&rest[..at], &[first.clone()][..], &rest[at..]].concat())
    };
    orders(rest).into_iter().flat_map(with).collect()
}

#[test]
fn the_same_moment_and_content_under_a_new_id_is_a_retry() {
    let mut world = World::new();
    world.hear(&packed("p-1", "BAG-1")).hear(&packed("p-2", "BAG-1")).hear(&packed("p-3", "bag-1"));
    let turned = r#"{"units":["BAG-2","BAG-1"],"by":"PLANT"}"#;
    world.hear(&event("p-4", 5, "shipment.packed", "shipment:A", turned));
    assert_eq!(standing(&world), ["p-1"]);
    assert_eq!((world.count(Outcome::Processed), world.count(Outcome::Duplicate)), (1, 3));
    // Another moment, another party, another unit: another packing.
    world.hear(&event("p-5", 6, "shipment.packed", "shipment:A", turned));
    world.hear(&event("p-6", 5, "shipment.packed", "shipment:A", &turned.replace("PLANT", "LAB")));
    world.hear(&packed("p-7", "BAG-9"));
    assert_eq!(standing(&world), ["p-1", "p-5", "p-6", "p-7"]);
    assert_eq!(world.findings, []);
}

#[test]
fn a_correction_may_name_either_id_of_a_retry_in_any_order_of_arrival() {
    for wrong in ["p-1", "p-2"] {
        let all = [packed("p-1", "BAG-1"), packed("p-2", "bag-1"), corrected("c", wrong)];
        for order in orders(&all) {
            let mut world = World::new();
            let ids: Vec<&str> = order.iter().map(|e| e.id.as_str()).collect();
            order.iter().for_each(|e| {
                world.hear(e);
            });
            assert_eq!(standing(&world), [""; 0], "{wrong} of {ids:?}");
            let told: Vec<&str> = world.findings.iter().map(|f| f.code.as_str()).collect();
            assert_eq!(told, ["SYS-WRONG"], "{wrong} of {ids:?}");
        }
    }
    let mut world = World::new();
    world.hear(&packed("p-1", "BAG-1")).hear(&corrected("c", "p-1"));
    assert_eq!((standing(&world).len(), world.findings.len()), (0, 0), "one id, no doubt");
}

#[test]
fn who_takes_a_correction_back_makes_the_report_count_again_in_any_order_of_arrival() {
    let report = packed("p-1", "BAG-1");
    // The correction is taken back under its first id or under that of its retry, the report had one id or two.
    for (wrong, taken_back) in [("p-1", "c"), ("p-1", "c-again"), ("p-2", "c"), ("p-2", "c-again")]
    {
        let all = [
            report.clone(),
            packed("p-2", "bag-1"),
            corrected("c", wrong),
            corrected("c-again", wrong),
            corrected("no", taken_back),
        ];
        for order in orders(&all) {
            let mut world = World::new();
            let ids: Vec<&str> = order.iter().map(|e| e.id.as_str()).collect();
            order.iter().for_each(|e| {
                world.hear(e);
            });
            assert_eq!(standing(&world).len(), 1, "{wrong}, {taken_back}, {ids:?}");
        }
    }
    for order in
        orders(&[report, corrected("c", "p-1"), corrected("no", "c"), corrected("yes", "no")])
    {
        let mut world = World::new();
        order.iter().for_each(|e| {
            world.hear(e);
        });
        assert_eq!(standing(&world), [""; 0]);
    }
}

/// A correction of something that was reported of the logger.
fn device_corrected(id: &str, wrong: &str) -> facts::Event {
    let data = format!(r#"{{"source":"test","id":"{wrong}","reason":"label"}}"#);
    event(id, 30, "device.corrected", "device:LOG", &data)
}

#[test]
fn a_reading_and_an_attachment_count_again_when_their_correction_is_taken_back_in_any_order() {
    for wrong in ["LOG-5-50", "LOG-to-A-0"] {
        let all = [
            attached("LOG", "A", 0),
            reading("LOG", 5, 50),
            device_corrected("c", wrong),
            device_corrected("no", "c"),
        ];
        for order in orders(&all) {
            let mut world = World::new();
            let ids: Vec<&str> = order.iter().map(|e| e.id.as_str()).collect();
            order.iter().for_each(|e| {
                world.hear(e);
            });
            assert_eq!(world.readings("A"), [(5, "50.0 °C".to_string())], "{wrong}: {ids:?}");
            let attached = world.journals["A"]
                .iter()
                .find(|e| matches!(e.fact, Fact::Device(DeviceFact::Attached(_))));
            let attached = attached.map(|e| e.id.to_string()).expect("it is told");
            assert!(standing(&world).contains(&attached), "{wrong}: {ids:?}");
            let open = world.count(Outcome::Processed) + world.count(Outcome::Pending);
            assert_eq!((open, world.count(Outcome::Pending)), (4, 0), "{wrong}: {ids:?}");
        }
    }
}

#[test]
fn a_correction_that_names_nothing_is_told_after_an_hour_and_withdrawn_when_it_comes() {
    let mut world = World::new();
    world.hear(&packed("p-1", "BAG-1")).hear(&corrected("c", "p1")).to(89);
    assert_eq!(told(&world, "A"), [""; 0], "it may have overtaken what it corrects");
    world.to(90);
    assert_eq!(told(&world, "A"), ["SYS-CORR raised"]);
    world.come(&packed("p1", "BAG-9"));
    assert_eq!(told(&world, "A"), ["SYS-CORR raised", "SYS-CORR withdrawn"]);
    assert_eq!(standing(&world), ["p-1"]);

    let mut world = World::new();
    world.hear(&packed("p-1", "BAG-1")).hear(&corrected("c", "p1")).come(&corrected("no", "c"));
    world.to(200);
    assert_eq!(told(&world, "A"), [""; 0], "it was taken back");

    let mut world = World::new();
    world.hear(&corrected("c", "p-1")).come(&packed("p-1", "BAG-1")).to(200);
    assert_eq!(told(&world, "A"), [""; 0], "it came first");
    world.come(&corrected("no", "c")).come(&corrected("again", "no")).to(400);
    assert_eq!(told(&world, "A"), [""; 0], "a correction is a report, too");
}

#[test]
fn a_correction_of_a_logger_or_an_order_that_names_nothing_is_told_where_it_concerns_somebody() {
    let mut world = World::new();
    world.hear(&attached("LOG", "A", 0)).hear(&reading("LOG", 5, 50));
    world.hear(&device_corrected("c", "LOG-5-50")).hear(&device_corrected("d", "LOG-5-5")).to(90);
    assert_eq!(told(&world, "A"), ["SYS-CORR raised"]);
    assert!(world.findings[0].sentence.contains("`d` of device:LOG"), "{}", world.findings[0]);

    let mut world = World::new();
    world.hear(&planned("A", 1, r#","order":"ORD""#));
    let data = r#"{"source":"test","id":"s-1","reason":"wrong day"}"#;
    world.hear(&event("c", 5, "order.corrected", "order:ORD", data)).to(65);
    assert_eq!(told(&world, "A"), ["SYS-CORR raised"]);
}

#[test]
fn a_report_of_a_logger_in_doubt_is_told_on_the_shipment_that_it_spoke_of() {
    let mut world = World::new();
    let again = facts::Event { id: facts::ShortText::new("again"), ..attached("LOG", "A", 0) };
    world.hear(&attached("LOG", "A", 0)).hear(&device_corrected("c", "LOG-to-A-0")).come(&again);
    assert_eq!(told(&world, "A"), ["SYS-WRONG raised"]);
}

#[test]
fn an_attachment_a_stay_and_a_schedule_sent_again_are_retries_too() {
    let mut world = World::new();
    let again = |e: facts::Event| facts::Event {
        id: facts::ShortText::new(format!("{}-again", e.id)),
        ..e
    };
    let attached = attached("LOG", "A", 0);
    let holds = event("h", 3, "store.holds", "store:TANK", r#"{"shipment":"A","units":["BAG-1"]}"#);
    for event in [attached, holds] {
        world.hear(&event).hear(&again(event.clone()));
    }
    assert_eq!(world.journals["A"].len(), 2);
    assert_eq!(world.count(Outcome::Duplicate), 2);
}

#[test]
fn a_dose_that_nobody_has_given_is_not_put_away_with_its_papers() {
    let opened =
        event("o", 0, "order.opened", "order:O", r#"{"product":"LENTI","units":["BAG-1"]}"#);
    let closed = event("x", 2, "shipment.closed", "shipment:A", "{}");
    let packed = event("p", 1, "shipment.packed", "shipment:A", r#"{"units":["BAG-1"]}"#);
    let start = |day: i64| {
        let at = day * 1440;
        event("s", at, "order.conditioning-started", "order:O", r#"{"by":"WARD"}"#)
    };
    let begun = |world: &World| {
        let begun =
            |e: &facts::Event| matches!(e.fact, Fact::Order(OrderFact::ConditioningStarted(_)));
        world.journals["A"].iter().any(begun)
    };
    let mut world = World::new();
    world.hear(&opened).hear(&planned("A", 1, r#","order":"O""#)).hear(&packed).hear(&closed);
    world.hear(&start(200));
    assert!(begun(&world), "its dose lies frozen, and its patient is conditioned");
    let given = r#"{"by":"WARD","units":["BAG-1"]}"#;
    let given = event("i", 60 * 1440, "shipment.infused", "shipment:A", given);
    let mut world = World::new();
    world.hear(&opened).hear(&planned("A", 1, r#","order":"O""#)).hear(&packed).hear(&closed);
    world.hear(&given).hear(&start(91));
    assert!(!begun(&world), "a month after it was given");
}

#[test]
fn what_is_learnt_late_of_a_closed_dose_puts_it_away_and_ends_nothing_else() {
    let closed = event("x", 2, "shipment.closed", "shipment:A", "{}");
    let packed = event("p", 1, "shipment.packed", "shipment:A", r#"{"units":["BAG-1"]}"#);
    let given = r#"{"by":"WARD","units":["BAG-1"]}"#;
    let given = event("i", 5 * 1440, "shipment.infused", "shipment:A", given);
    let called_off =
        event("c", 60 * 1440, "shipment.cancelled", "shipment:A", r#"{"reason":"tidying up"}"#);
    for late in [given, called_off] {
        let mut world = World::new();
        world.hear(&planned("A", 1, r#","order":"O""#)).hear(&packed).hear(&closed);
        world.to(60 * 1440).come(&late);
        assert_eq!(told(&world, "A"), [""; 0]);
        let note =
            event("n", 61 * 1440, "shipment.noted", "shipment:A", r#"{"by":"A","text":"b"}"#);
        world.hear(&note);
        assert_eq!(told(&world, "A"), ["SYS-LATE raised"], "it was to be put away before");
    }
}

#[test]
fn a_plan_for_later_holds_at_once_where_the_one_before_it_was_a_mistake() {
    let mut later = planned("A", 2, r#","slot":"2026-03-09T00:00:00Z""#);
    later.at = at(9000);
    let mut world = World::new();
    world.hear(&planned("A", 1, "")).to(10).come(&later).to(20).come(&corrected("c", "A-plan-1"));
    assert_eq!(standing(&world), ["A-plan-2"]);
    assert_eq!(last(&world, "shipment:A"), "cleared");
    // Declared wrong before anybody was told of it.
    let mut world = World::new();
    world.hear(&planned("A", 1, "")).to(10).come(&corrected("c", "A-plan-2")).come(&later).to(50);
    assert_eq!(told(&world, "A"), [""; 0]);
}

/// The codes and states that were told on a shipment.
fn told(world: &World, shipment: &str) -> Vec<String> {
    let mine = world.findings.iter().filter(|f| f.shipment.as_str() == shipment);
    mine.map(|f| format!("{} {}", f.code, f.state)).collect()
}

/// What became last of what was told of this subject.
fn last(world: &World, about: &str) -> String {
    let mut mine = world.findings.iter().filter(|f| &*f.name.about == about);
    mine.next_back().map(|f| f.state.to_string()).unwrap_or_default()
}

#[test]
fn a_near_twin_is_told_where_it_concerns_somebody() {
    // A party: by whom the release is signed is not known, its twin is.
    let described = |party: &str| {
        let data = r#"{"name":"Van","role":"courier"}"#;
        event(&format!("d-{party}"), 0, "party.described", &format!("party:{party}"), data)
    };
    let released = event("r", 5, "shipment.released", "shipment:A", r#"{"by":"PLANT","to":"van"}"#);
    let all = [planned("A", 1, ""), described("VAN"), released];
    for order in orders(&all) {
        let mut world = World::new();
        order.iter().for_each(|e| {
            world.hear(e);
        });
        assert_eq!(last(&world, "party:van"), "raised");
        world.hear(&described("van"));
        assert_eq!(last(&world, "party:van"), "withdrawn", "two that are described are two");
    }
    // A device: readings of its twin find nobody.
    let mut world = World::new();
    world
        .hear(&attached("LOG-7", "A", 0))
        .hear(&reading("log-7", 5, 5))
        .hear(&reading("log-7", 6, 5));
    assert_eq!(told(&world, "A"), ["SYS-TWIN raised"]);
    // Two shipments: on both.
    let mut world = World::new();
    world
        .hear(&planned("SHP-1", 1, ""))
        .hear(&planned("shp-1", 1, ""))
        .hear(&planned("Shp-1", 1, ""));
    for shipment in ["SHP-1", "shp-1", "Shp-1"] {
        assert_eq!(told(&world, shipment), ["SYS-TWIN raised"], "{shipment}");
    }
    // A permit that is cited in another spelling than it is granted in.
    let mut world = World::new();
    let permits = r#","permits":[{"permit":"imp-7","act":"import","waypoint":"border"}]"#;
    let granted = r#"{"kind":"import","issuer":"A","zone":"UTC","holder":"WARD","from":"2026-01-01T00:00:00Z","until":"2026-04-01T00:00:00Z"}"#;
    world.hear(&planned("A", 1, permits));
    world.hear(&event("g", 0, "permit.granted", "permit:IMP-7", granted));
    assert_eq!(told(&world, "A"), ["SYS-TWIN raised"]);
    // The order of the plan is known, and its schedule and its start come under another spelling.
    let opened = r#"{"product":"LENTI","units":["BAG-1"]}"#;
    let all = [
        planned("A", 1, r#","order":"ORD-1""#),
        event("o", 0, "order.opened", "order:ORD-1", opened),
        event("s", 5, "order.conditioning-started", "order:ord-1", r#"{"by":"WARD"}"#),
    ];
    for order in orders(&all) {
        let mut world = World::new();
        order.iter().for_each(|e| {
            world.hear(e);
        });
        assert_eq!(last(&world, "order:ORD-1"), "raised");
        world.hear(&event("o2", 6, "order.opened", "order:ord-1", opened));
        assert_eq!(last(&world, "order:ORD-1"), "withdrawn", "two that are opened are two");
    }
    // Neighbours that are none.
    let mut world = World::new();
    world
        .hear(&planned("SHP-11", 1, ""))
        .hear(&planned("SHP-1-1", 1, ""))
        .hear(&planned("shp-2", 1, ""));
    assert_eq!(world.findings, []);
}
