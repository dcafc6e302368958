//! What is over leaves dispatch, also what nobody has closed: told in the journal, and never while it is still cared for.
#![allow(clippy::unwrap_used)]

mod common;

use common::{World, attached, event, live, planned, reading};
use dispatch::Outcome;
use facts::fact::log::WhyPutAway;
use facts::{DeviceFact, Event, Fact, SystemFact};

const DAY: i64 = 1440;

/// Why a journal says that its shipment was put away, each time.
fn put_away(world: &World, shipment: &str) -> Vec<WhyPutAway> {
    let why = |event: &Event| match &event.fact {
        Fact::System(SystemFact::PutAway(away)) => Some(away.why),
        _ => None,
    };
    world.journals.get(shipment).into_iter().flatten().filter_map(why).collect()
}

fn closed(minute: i64) -> Event {
    event("x", minute, "shipment.closed", "shipment:A", "{}")
}

fn noted(id: &str, day: i64) -> Event {
    let data = r#"{"by":"ANNA","text":"rang the ward"}"#;
    event(id, day * DAY, "shipment.noted", "shipment:A", data)
}

fn detached(device: &str, minute: i64) -> Event {
    let data = r#"{"channel":"1"}"#;
    event(&format!("{device}-off"), minute, "device.detached", &format!("device:{device}"), data)
}

#[test]
fn what_was_closed_is_told_in_the_journal_when_it_is_put_away() {
    let mut world = World::that_puts_away();
    world.hear(&planned("A", 1, "")).hear(&closed(1)).to(30 * DAY);
    assert_eq!(put_away(&world, "A"), []);
    world.to(30 * DAY + 1);
    assert_eq!(put_away(&world, "A"), [WhyPutAway::Closed]);
    assert!(!world.keeps("shipment:A"));
    // What comes late is told once, however often it is put away again.
    let before = world.journals["A"].len();
    world.hear(&noted("n1", 31)).hear(&noted("n2", 32));
    let told: Vec<&str> = world.findings.iter().map(|f| &*f.code).collect();
    assert_eq!((told, world.count(Outcome::Pending)), (vec!["SYS-LATE"], 2));
    assert_eq!(world.journals["A"].len(), before);
    assert!(!world.keeps("shipment:A"));
}

#[test]
fn at_an_earlier_behaviour_nothing_of_it_is_told_and_what_nobody_closed_stays() {
    let mut world = World::at(2);
    world.hear(&planned("A", 1, "")).hear(&planned("B", 1, "")).hear(&closed(1)).to(800 * DAY);
    assert_eq!((put_away(&world, "A"), put_away(&world, "B")), (vec![], vec![]));
    assert!(world.keeps("shipment:B") && world.keeps("shipment:A"), "as before, all of it");
}

#[test]
fn what_nobody_has_closed_is_put_away_half_a_year_after_the_last_word_of_it() {
    let mut world = World::that_puts_away();
    world.hear(&planned("A", 1, "")).hear(&noted("n", 100)).to(280 * DAY - 1);
    assert_eq!(put_away(&world, "A"), []);
    world.to(280 * DAY + 1);
    assert_eq!(put_away(&world, "A"), [WhyPutAway::Silent]);
}

#[test]
fn half_a_year_counts_from_the_last_moment_that_its_plan_names() {
    let mut world = World::that_puts_away();
    world.hear(&planned("A", 1, r#","slot":"2026-12-26T00:00:00Z""#)).to(479 * DAY);
    assert_eq!(put_away(&world, "A"), [], "it is planned for day 300");
    world.to(481 * DAY);
    assert_eq!(put_away(&world, "A"), [WhyPutAway::Silent]);
}

#[test]
fn nothing_is_put_away_while_an_incident_of_it_is_open() {
    let mut world = World::that_puts_away();
    world.hear(&planned("A", 1, "")).hear(&closed(1)).incident("A", true).to(300 * DAY);
    assert_eq!(put_away(&world, "A"), []);
    world.hear(&noted("n", 300));
    assert_eq!(world.count(Outcome::Pending), 0, "what comes late is still judged");
    world.incident("A", false);
    assert_eq!(put_away(&world, "A"), [WhyPutAway::Closed], "with the incident");
    // Nobody closes the shipment, either.
    let mut world = World::that_puts_away();
    world.hear(&planned("A", 1, "")).incident("A", true).to(300 * DAY).incident("A", false);
    assert_eq!(put_away(&world, "A"), [WhyPutAway::Silent]);
}

#[test]
fn goods_that_are_still_measured_are_not_put_away() {
    let mut world = World::that_puts_away();
    world.hear(&planned("A", 1, "")).hear(&attached("LOG", "A", 1));
    for day in 1..400 {
        world.hear(&reading("LOG", day * DAY, -150));
    }
    assert_eq!(put_away(&world, "A"), []);
    assert_eq!(world.readings("A").len(), 399);
    world.to(610 * DAY);
    assert_eq!(put_away(&world, "A"), [WhyPutAway::Silent], "half a year after the last reading");
}

#[test]
fn goods_in_a_freezer_that_still_measures_are_not_put_away() {
    let to_store = r#"{"store":"FRZ","channel":"1","position":"payload","log_every":"10 min"}"#;
    let mut world = World::that_puts_away();
    world
        .hear(&planned("A", 1, ""))
        .hear(&event("a", 1, "device.attached", "device:LOG", to_store))
        .hear(&event("in", 5, "store.holds", "store:FRZ", r#"{"shipment":"A"}"#));
    for day in 1..400 {
        world.hear(&reading("LOG", day * DAY, -80));
    }
    assert_eq!(put_away(&world, "A"), []);
    world.to(610 * DAY);
    assert_eq!(put_away(&world, "A"), [WhyPutAway::Silent]);
    // The freezer forgets it, and what it measures from now on is for those that it holds now.
    world.hear(&event("b", 611 * DAY, "store.holds", "store:FRZ", r#"{"shipment":"B"}"#));
    let (before, held) = (world.journals["A"].len(), world.count(Outcome::Pending));
    world.hear(&reading("LOG", 612 * DAY, -80));
    assert_eq!(world.readings("B").len(), 1);
    assert_eq!((world.journals["A"].len(), world.count(Outcome::Pending)), (before, held));
}

#[test]
fn a_logger_hears_that_its_shipment_is_gone_and_serves_the_next_one() {
    let mut world = World::that_puts_away();
    world.hear(&planned("A", 1, "")).hear(&live("LOG", "A", 1)).hear(&reading("LOG", 2, -150));
    world.hear(&closed(3)).to(31 * DAY);
    assert_eq!(put_away(&world, "A"), [WhyPutAway::Closed]);
    let before = world.journals["A"].len();
    // Left on by mistake: nobody's reading, as after it was taken off.
    world.hear(&reading("LOG", 32 * DAY, 20)).to(33 * DAY);
    assert_eq!((world.journals["A"].len(), world.count(Outcome::Pending)), (before, 1));
    world.hear(&live("LOG", "B", 34 * DAY)).hear(&reading("LOG", 34 * DAY + 1, -150));
    assert_eq!(world.readings("B").len(), 1);
    assert_eq!(world.journals["A"].len(), before);
}

/// A logger is with A for some minutes, with this calibration, and is forgotten; then it is with B. What B hears of it.
fn heard_of_a_logger_that_was_forgotten(calibration: Option<&str>) -> Vec<Fact> {
    let mut world = World::that_puts_away();
    let calibration = calibration.map(|c| event("cal", 0, "device.calibrated", "device:LOG", c));
    if let Some(event) = &calibration {
        world.hear(event);
    }
    world.hear(&planned("A", 1, "")).hear(&attached("LOG", "A", 1));
    world.hear(&reading("LOG", 2, -150)).hear(&detached("LOG", 3)).hear(&closed(4));
    world.to(209 * DAY);
    assert!(world.keeps("device:LOG"), "half a year after it heard that the shipment is gone");
    world.to(211 * DAY);
    assert!(!world.keeps("device:LOG"));
    world.hear(&attached("LOG", "B", 300 * DAY)).hear(&reading("LOG", 300 * DAY + 1, -150));
    assert_eq!(world.readings("B").len(), 1);
    let of = world.journals["B"]
        .iter()
        .filter(|e| matches!(e.fact, Fact::Device(DeviceFact::Calibrated(_))));
    of.map(|event| event.fact.clone()).collect()
}

#[test]
fn a_logger_that_was_forgotten_is_as_fit_as_it_was() {
    assert_eq!(heard_of_a_logger_that_was_forgotten(None), []);
    let calibrations = [
        r#"{"passed":false}"#,
        r#"{"passed":true}"#,
        r#"{"passed":true,"until":"2026-06-01T00:00:00Z"}"#,
        r#"{"passed":true,"until":"2027-06-01T00:00:00Z"}"#,
    ];
    for calibration in calibrations {
        let told = event("cal", 0, "device.calibrated", "device:LOG", calibration).fact;
        assert_eq!(heard_of_a_logger_that_was_forgotten(Some(calibration)), [told]);
    }
}

#[test]
fn a_freezer_that_stood_empty_tells_the_next_goods_of_its_probe() {
    let to_store = r#"{"store":"FRZ","channel":"1","position":"payload","log_every":"10 min"}"#;
    let mut world = World::that_puts_away();
    world
        .hear(&event("a", 1, "device.attached", "device:LOG", to_store))
        .hear(&event("in", 5, "store.holds", "store:FRZ", r#"{"shipment":"A"}"#))
        .hear(&reading("LOG", 10, -80))
        .hear(&closed(20))
        .to(500 * DAY);
    world.hear(&event("b", 500 * DAY, "store.holds", "store:FRZ", r#"{"shipment":"B"}"#));
    world.hear(&reading("LOG", 500 * DAY + 1, -80));
    assert!(
        world.journals["B"]
            .iter()
            .any(|event| matches!(event.fact, Fact::Device(DeviceFact::Attached(_))))
    );
    assert_eq!(world.readings("B").len(), 1);
}

#[test]
fn what_was_silent_before_the_log_came_to_this_behaviour_is_put_away_half_a_year_after() {
    let mut world = World::at(2);
    world.hear(&planned("A", 1, "")).hear(&planned("B", 1, ""));
    world.hear(&event("x", 1, "shipment.closed", "shipment:B", "{}")).to(300 * DAY);
    world.go_on_at(3);
    assert!(!world.keeps("shipment:B"), "it was put away already");
    world.to(479 * DAY);
    assert_eq!(put_away(&world, "A"), []);
    world.to(481 * DAY);
    assert_eq!(put_away(&world, "A"), [WhyPutAway::Silent]);
}

#[test]
fn an_order_keeps_what_a_silent_shipment_did_with_its_dose() {
    let opened = event(
        "o",
        0,
        "order.opened",
        "order:O",
        r#"{"product":"LENTI","units":["BAG-1","BAG-2"]}"#,
    );
    let given = r#"{"by":"WARD","units":["BAG-1"]}"#;
    let mut world = World::that_puts_away();
    world
        .hear(&opened)
        .hear(&planned("A", 1, r#","order":"O""#))
        .hear(&planned("B", 1, r#","order":"O""#))
        .hear(&event("p", 1, "shipment.packed", "shipment:A", r#"{"units":["BAG-1"]}"#))
        .hear(&event("i", 60, "shipment.infused", "shipment:A", given))
        .incident("B", true)
        .to(200 * DAY);
    assert_eq!(put_away(&world, "A"), [WhyPutAway::Silent]);
    let note = r#"{"by":"WARD","units":["BAG-2"]}"#;
    world.hear(&event("p2", 200 * DAY, "shipment.packed", "shipment:B", note));
    let dose = world.latest("B", "order.dose");
    assert!(dose["units"][0]["infused"].is_string(), "{dose}");
}

#[test]
fn a_permit_keeps_what_a_shipment_used_that_was_put_away() {
    let granted = r#"{"kind":"gmo-import","issuer":"ANSM","zone":"Europe/Paris","holder":"PLANT","from":"2026-01-01T00:00:00Z","until":"2027-01-01T00:00:00Z","quantity":{"amount":6,"unit":"vials"}}"#;
    let cites = r#","permits":[{"permit":"P","act":"receipt","waypoint":"end","quantity":{"amount":2,"unit":"vials"}}]"#;
    let mut world = World::that_puts_away();
    world
        .hear(&event("g", 0, "permit.granted", "permit:P", granted))
        .hear(&planned("A", 1, cites))
        .hear(&event("d", 1, "shipment.departed", "shipment:A", r#"{"leg":"L1"}"#))
        .hear(&planned("B", 1, cites));
    let before = world.latest("B", "permit.ledger");
    assert_eq!(before["uses"].as_array().unwrap().len(), 2);
    world.hear(&closed(2)).to(31 * DAY);
    assert_eq!(put_away(&world, "A"), [WhyPutAway::Closed]);
    // The ledger is derived anew when another one cites it.
    world.hear(&planned("C", 1, cites));
    let after = world.latest("C", "permit.ledger");
    assert_eq!(after["uses"].as_array().unwrap()[..2], before["uses"].as_array().unwrap()[..]);
    // Kept while it is valid, and while anybody cites it; then for half a year.
    world.to(300 * DAY);
    assert_eq!(put_away(&world, "C"), [WhyPutAway::Silent]);
    assert!(world.keeps("permit:P"));
    world.to(490 * DAY);
    assert!(!world.keeps("permit:P"));
}

#[test]
fn an_order_is_forgotten_after_its_last_shipment_and_keeps_what_became_of_the_dose_until_then() {
    let opened =
        event("o", 0, "order.opened", "order:O", r#"{"product":"LENTI","units":["BAG-1"]}"#);
    let given = r#"{"by":"WARD","units":["BAG-1"]}"#;
    let mut world = World::that_puts_away();
    world
        .hear(&opened)
        .hear(&planned("A", 1, r#","order":"O""#))
        .hear(&planned("B", 1, r#","order":"O""#))
        .hear(&event("p", 1, "shipment.packed", "shipment:A", r#"{"units":["BAG-1"]}"#))
        .hear(&event("i", 60, "shipment.infused", "shipment:A", given))
        .hear(&closed(70))
        .to(31 * DAY);
    assert_eq!(put_away(&world, "A"), [WhyPutAway::Closed]);
    let dose = world.latest("B", "order.dose");
    assert!(dose["units"][0]["infused"].is_string(), "{dose}");
    // B was never packed: a dose that nobody has given stays for two years, and so does its order.
    world.to(729 * DAY);
    assert!(world.keeps("order:O"));
    world.to((730 + 181) * DAY);
    assert_eq!(put_away(&world, "B"), [WhyPutAway::Silent]);
    assert!(!world.keeps("order:O"));
}
