//! The same facts give the same answers, in whatever order they arrived; and what the answers are.

use super::{Cancellation, End, Timeline};
use crate::event::Event;
use crate::fact::shipment::{
    Accepted, Cancelled, Closed, Destroyed, EtaChanged, Goods, Infused, Packed, Planned, Receipt,
    Received, Released, Unpacked, Waypoint,
};
use crate::fact::{Fact, ShipmentFact};
use crate::history::History;
use crate::id::{PartyId, ShipmentId, ShortText, UnitId};
use crate::moment::{Moment, Span};
use crate::spelling::Label;
use crate::subject::Subject;
use alloc::{boxed::Box, format, string::ToString, vec, vec::Vec};
use proptest::prelude::*;

fn minute(n: i64) -> Moment {
    Moment::from_millis(1_772_323_200_000) + Span::minutes(n)
}

fn event(id: usize, at: i64, fact: Fact) -> Event {
    let subject = Subject::from(&ShipmentId::new("SHP-1"));
    Event {
        source: ShortText::new("s"),
        id: ShortText::new(format!("{id}")),
        subject,
        at: minute(at),
        counts: None,
        hidden: None,
        fact,
    }
}

fn plan(version: u32, profile: &str) -> Planned {
    Planned {
        version,
        kind: Goods::DrugProduct,
        profile: ShortText::new(profile),
        order: None,
        coi: None,
        units: vec![UnitId::new("BAG-1"), UnitId::new("BAG-2")],
        consignor: PartyId::new("PLANT"),
        consignee: PartyId::new(if version > 2 { "OTHER" } else { "WARD" }),
        legs: Vec::new(),
        waypoints: vec![Waypoint { name: Label::new("ward"), eta: Some(minute(600)) }],
        permits: Vec::new(),
        slot: None,
        collection_end: None,
        expires_at: None,
        shipper: None,
        qualified_hold: None,
        air_waybill: None,
    }
}

fn planned(version: u32, profile: &str) -> Fact {
    Fact::Shipment(ShipmentFact::Planned(Box::new(plan(version, profile))))
}
fn cancelled() -> Fact {
    Fact::Shipment(ShipmentFact::Cancelled(Cancelled { reason: ShortText::new("wrong button") }))
}
fn units(names: &[&str]) -> Vec<UnitId> {
    names.iter().map(UnitId::new).collect()
}
fn packed(names: &[&str]) -> Fact {
    Fact::Shipment(ShipmentFact::Packed(Packed {
        units: units(names),
        count: None,
        order: None,
        by: None,
    }))
}
fn received(by: &str, verdict: Receipt) -> Fact {
    let (by, units, count, order) = (PartyId::new(by), Vec::new(), None, None);
    Fact::Shipment(ShipmentFact::Received(Received { by, units, count, verdict, order }))
}
fn infused(names: &[&str]) -> Fact {
    Fact::Shipment(ShipmentFact::Infused(Infused { by: PartyId::new("WARD"), units: units(names) }))
}
fn destroyed(names: &[&str]) -> Fact {
    Fact::Shipment(ShipmentFact::Destroyed(Destroyed {
        by: PartyId::new("WARD"),
        units: units(names),
    }))
}
fn released(by: &str, to: &str) -> Fact {
    let (by, to) = (PartyId::new(by), Some(PartyId::new(to)));
    Fact::Shipment(ShipmentFact::Released(Released {
        by,
        to,
        person: None,
        verified_by: None,
        leg: None,
        airside: false,
    }))
}
fn accepted(by: &str) -> Fact {
    let by = PartyId::new(by);
    Fact::Shipment(ShipmentFact::Accepted(Accepted {
        by,
        from: None,
        person: None,
        verified_by: None,
        leg: None,
    }))
}
fn unpacked(by: &str) -> Fact {
    Fact::Shipment(ShipmentFact::Unpacked(Unpacked { by: PartyId::new(by) }))
}
fn eta(at: i64) -> Fact {
    Fact::Shipment(ShipmentFact::EtaChanged(EtaChanged {
        waypoint: Label::new("ward"),
        eta: minute(at),
    }))
}

/// A story of facts, each with the minute at which it happened and the one at which it was learnt.
fn story(facts: &[(i64, i64, Fact)]) -> History {
    let mut story = History::default();
    for (n, (at, learnt, fact)) in facts.iter().enumerate() {
        story.take(n as u64, minute(*learnt), &event(n, *at, fact.clone()));
    }
    story
}

/// Each learnt when it happened.
fn at_once(facts: &[(i64, Fact)]) -> History {
    story(&facts.iter().map(|(at, fact)| (*at, *at, fact.clone())).collect::<Vec<_>>())
}

#[test]
fn a_plan_of_a_higher_version_made_after_the_cancellation_revives_the_shipment() {
    let story = at_once(&[(0, planned(1, "a")), (5, cancelled()), (8, planned(2, "a"))]);
    let timeline = story.timeline();
    let revived = Cancellation::Revived { at: minute(5), planned: minute(8) };
    assert_eq!(timeline.cancellation(), revived);
    assert_eq!((timeline.cancelled_at(), timeline.over()), (None, None));
}

#[test]
fn at_the_moment_of_the_cancellation_the_plan_comes_after_it() {
    let story = at_once(&[(0, planned(1, "a")), (5, planned(2, "a")), (5, cancelled())]);
    assert_eq!(story.timeline().cancelled_at(), None);
}

#[test]
fn the_same_version_does_not_revive_it_and_the_plan_before_it_does_not() {
    let again = at_once(&[(0, planned(1, "a")), (5, cancelled()), (8, planned(1, "b"))]);
    let refused = Cancellation::Cancelled { at: minute(5), refused: Some(minute(8)) };
    assert_eq!(again.timeline().cancellation(), refused);
    let before = at_once(&[(0, planned(1, "a")), (4, planned(2, "a")), (5, cancelled())]);
    assert_eq!(before.timeline().cancelled_at(), Some(minute(5)));
    assert_eq!(before.timeline().over(), Some((minute(5), End::Cancelled)));
}

#[test]
fn a_cancellation_that_arrives_before_its_plan_cancels_it() {
    let story = story(&[(5, 5, cancelled()), (0, 6, planned(1, "a"))]);
    assert_eq!(story.timeline().cancelled_at(), Some(minute(5)));
}

#[test]
fn a_plan_that_was_known_before_the_cancellation_came_stands_against_it() {
    let facts = [(0, 0, planned(1, "a")), (8, 8, planned(2, "a")), (5, 20, cancelled())];
    let disputed = Cancellation::Disputed { at: minute(5), planned: minute(8), learnt: minute(20) };
    assert_eq!(story(&facts).timeline().cancellation(), disputed);
    assert_eq!(story(&facts).timeline().cancelled_at(), None, "it is watched");
    let mut settled = facts.to_vec();
    settled.push((30, 30, planned(3, "a")));
    let revived = Cancellation::Revived { at: minute(5), planned: minute(30) };
    assert_eq!(story(&settled).timeline().cancellation(), revived);
}

#[test]
fn after_closing_nothing_revives_it_and_a_second_cancellation_counts() {
    let closed = Fact::Shipment(ShipmentFact::Closed(Closed { retain_until: None }));
    let story =
        at_once(&[(0, planned(1, "a")), (5, cancelled()), (6, closed), (8, planned(2, "a"))]);
    assert_eq!(story.timeline().cancelled_at(), Some(minute(5)));
    let twice =
        at_once(&[(0, planned(1, "a")), (5, cancelled()), (8, planned(2, "a")), (9, cancelled())]);
    assert_eq!(twice.timeline().cancelled_at(), Some(minute(9)));
}

#[test]
fn of_one_version_the_later_plan_is_in_force_whichever_was_learnt_last() {
    let (early, late) = ((1, 9, planned(1, "early")), (2, 3, planned(1, "late")));
    for facts in [[early.clone(), late.clone()], [late, early]] {
        let story = story(&facts);
        let timeline = story.timeline();
        let plan = timeline.plan_in_force().expect("a plan");
        assert_eq!((&*plan.plan.profile, plan.contradicted), ("late", true));
    }
}

#[test]
fn a_plan_for_tomorrow_that_a_higher_version_replaces_today_is_never_in_force() {
    let facts = [(0, planned(1, "a")), (90, planned(2, "b")), (10, planned(3, "c"))];
    let story = at_once(&facts);
    let timeline = story.timeline();
    let profiles: Vec<&str> = timeline.plans().iter().map(|plan| &*plan.plan.profile).collect();
    assert_eq!(profiles, ["a", "c"]);
    assert_eq!(timeline.plan_at(minute(95)).map(|plan| plan.plan.version), Some(3));
}

#[test]
fn a_plan_that_says_the_same_again_changes_nothing() {
    let story = at_once(&[(0, planned(1, "a")), (10, eta(700)), (60, planned(2, "a"))]);
    let timeline = story.timeline();
    let plans = timeline.plans();
    assert_eq!((plans.len(), plans[0].from, plans[0].plan.version), (1, minute(0), 2));
    assert_eq!(
        timeline.eta(&Label::new("ward")),
        Some(minute(700)),
        "the new time was told after that plan"
    );
    let other = at_once(&[(0, planned(1, "a")), (10, eta(700)), (60, planned(2, "b"))]);
    assert_eq!(other.timeline().eta(&Label::new("ward")), Some(minute(600)));
}

#[test]
fn the_consignee_is_that_of_the_plan_in_force_then() {
    let story = at_once(&[(0, planned(1, "a")), (60, planned(3, "a"))]);
    let at = |n| story.timeline().consignee_at(minute(n)).map(|party| party.to_string());
    assert_eq!((at(30).as_deref(), at(60).as_deref()), (Some("WARD"), Some("OTHER")));
    assert_eq!(at(-5).as_deref(), Some("WARD"), "before the first plan it is the first one's");
}

#[test]
fn it_is_over_when_the_consignee_has_it_and_not_when_somebody_else_has() {
    let other = at_once(&[(0, planned(1, "a")), (9, received("DEPOT", Receipt::Accept))]);
    assert_eq!(other.timeline().over(), None);
    let refused = at_once(&[(0, planned(1, "a")), (9, received("WARD", Receipt::Reject))]);
    assert_eq!(refused.timeline().over(), None);
    let there = at_once(&[(0, planned(1, "a")), (9, received("WARD", Receipt::Accept))]);
    assert_eq!(there.timeline().over(), Some((minute(9), End::Received)));
}

#[test]
fn the_last_unit_aboard_has_left_however_that_was_said() {
    let bags = packed(&["BAG-1", "BAG-2"]);
    let one = at_once(&[(0, bags.clone()), (9, infused(&["BAG-1"]))]);
    assert_eq!(one.timeline().units_aboard().left_at, None);
    let both = at_once(&[(0, bags.clone()), (9, infused(&["BAG-1"])), (30, destroyed(&["BAG-2"]))]);
    assert_eq!(both.timeline().units_aboard().left_at, Some(minute(30)));
    let all = at_once(&[(0, bags), (9, infused(&[]))]);
    assert_eq!(all.timeline().over(), Some((minute(9), End::Used)));
}

#[test]
fn who_cannot_have_the_goods_ends_nothing() {
    let on_the_road =
        [(0, planned(1, "a")), (1, packed(&["BAG-1"])), (5, released("PLANT", "VAN"))];
    let mut facts = on_the_road.to_vec();
    facts.extend([(7, accepted("VAN")), (90, infused(&["BAG-1"]))]);
    assert_eq!(at_once(&facts).timeline().over(), None, "the van has it");
    facts.push((400, released("VAN", "WARD")));
    assert_eq!(at_once(&facts).timeline().over(), None, "and had it for hours after that");
    facts.extend([(402, accepted("WARD")), (410, infused(&["BAG-1"]))]);
    assert_eq!(at_once(&facts).timeline().over(), Some((minute(410), End::Used)));
    let mut missing = on_the_road.to_vec();
    missing.extend([(300, released("VAN", "WARD")), (310, infused(&["BAG-1"]))]);
    assert_eq!(at_once(&missing).timeline().over(), Some((minute(310), End::Used)), "let go to it");
    let mut late = on_the_road.to_vec();
    late.extend([(7, accepted("VAN")), (590, infused(&["BAG-1"]))]);
    assert_eq!(at_once(&late).timeline().over(), Some((minute(590), End::Used)), "due at 600");
}

#[test]
fn with_contents_unknown_a_word_about_one_unit_ends_nothing() {
    let unknown = at_once(&[(0, packed(&[])), (9, infused(&["BAG-1"]))]);
    assert_eq!(unknown.timeline().units_aboard().left_at, None);
    let planned =
        at_once(&[(-1, planned(1, "a")), (0, packed(&[])), (9, infused(&["BAG-1", "BAG-2"]))]);
    assert_eq!(planned.timeline().units_aboard().left_at, Some(minute(9)), "planned is known");
}

/// Any fact that the answers look at.
fn any_fact() -> impl Strategy<Value = Fact> {
    let profile = prop_oneof![Just("a"), Just("b")];
    prop_oneof![
        4 => (1..4u32, profile).prop_map(|(version, profile)| planned(version, profile)),
        2 => Just(cancelled()),
        1 => Just(Fact::Shipment(ShipmentFact::Closed(Closed { retain_until: None }))),
        2 => (0..3i64).prop_map(|n| eta(700 + n)),
        2 => prop_oneof![Just(packed(&[])), Just(packed(&["BAG-1"])), Just(packed(&["BAG-2"]))],
        2 => prop_oneof![Just(infused(&["BAG-1"])), Just(destroyed(&["BAG-2"])), Just(infused(&[]))],
        2 => prop_oneof![
            Just(received("WARD", Receipt::Accept)),
            Just(received("DEPOT", Receipt::Accept)),
            Just(received("WARD", Receipt::Reject)),
        ],
        3 => prop_oneof![
            Just(released("PLANT", "VAN")),
            Just(released("VAN", "WARD")),
            Just(accepted("VAN")),
            Just(accepted("WARD")),
        ],
        2 => prop_oneof![Just(unpacked("WARD")), Just(unpacked("PLANT")), Just(unpacked("VAN"))],
    ]
}

/// All that can be asked, in one text.
fn answers(timeline: &Timeline<'_>) -> alloc::string::String {
    let at: Vec<_> = (0..6).map(|n| timeline.consignee_at(minute(n))).collect();
    let plans: Vec<_> =
        timeline.plans().iter().map(|p| (p.plan.clone(), p.from, p.contradicted)).collect();
    let strange: Vec<_> =
        timeline.strange_acts().iter().map(|act| (act.entry.identity, act.has_a_part)).collect();
    format!(
        "{plans:?} {at:?} {:?} {:?} {:?} {:?} {strange:?}",
        timeline.cancellation(),
        timeline.over(),
        timeline.units_aboard(),
        timeline.eta(&Label::new("ward")),
    )
}

proptest! {
    #[test]
    fn any_order_of_arrival_gives_the_same_answers(
        facts in proptest::collection::vec((0..6i64, any_fact()), 1..9),
        order in any::<proptest::sample::Index>(),
        reversed in any::<bool>(),
    ) {
        // What was learnt when is part of the facts; only the order in which they are taken in differs.
        let told: Vec<Event> =
            facts.iter().enumerate().map(|(n, (at, fact))| event(n, *at, fact.clone())).collect();
        let mut straight = History::default();
        for (n, event) in told.iter().enumerate() {
            straight.take(n as u64, event.at, event);
        }
        let mut turned: Vec<&Event> = told.iter().collect();
        turned.rotate_left(order.index(told.len()));
        if reversed {
            turned.reverse();
        }
        let mut other = History::default();
        for (n, event) in turned.into_iter().enumerate() {
            other.take(n as u64, event.at, event);
        }
        prop_assert_eq!(answers(&straight.timeline()), answers(&other.timeline()));
        // Whoever keeps its facts otherwise gets the same from the same entries.
        let timeline = straight.timeline();
        let mut entries = timeline.entries().to_vec();
        entries.extend(timeline.strange_acts().iter().map(|act| act.entry));
        entries.reverse();
        prop_assert_eq!(answers(&straight.timeline()), answers(&Timeline::new(entries, None)));
    }
}
