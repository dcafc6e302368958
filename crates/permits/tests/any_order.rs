//! What stands does not depend on the order in which the facts arrived.
#![allow(clippy::unwrap_used)]

use facts::{
    Engine, Event, Fact, Moment, Rules, ShipmentFact, Span, Step, Subject, SubjectKind, Trigger,
};
use permits::{PermitsEngine, rules::ALL};
use proptest::prelude::*;

const COMMON: &str = concat!(
    include_str!("../../../config/rulebook/log.toml"),
    include_str!("../../../config/rulebook/profiles.toml"),
    include_str!("../../../config/rulebook/permits.toml")
);

/// An hour of the first days of March 2026.
fn hour(n: i64) -> Moment {
    Moment::from_millis(1_772_323_200_000) + Span::hours(n)
}

fn moment(n: i64) -> String {
    hour(n).to_string()
}

/// What happened, and when.
type Told = (i64, String);

fn plan() -> impl Strategy<Value = Told> {
    let act = (
        prop_oneof![Just("departure"), Just("import"), Just("receipt")],
        prop_oneof![Just("border"), Just("door")],
        prop_oneof![Just(""), Just(r#","leg":"L1""#), Just(r#","leg":"L2""#)],
    );
    let acts = prop::collection::vec(act, 0..3);
    (0..40i64, 1..4u32, acts, prop::option::of(20..60i64)).prop_map(|(at, version, acts, eta)| {
        let gated = |(act, waypoint, leg)| {
            format!(r#"{{"permit":"P","act":"{act}","waypoint":"{waypoint}"{leg}}}"#)
        };
        let acts: Vec<String> = acts.into_iter().map(gated).collect();
        let eta = eta.map(|eta| format!(r#","eta":"{}""#, moment(eta))).unwrap_or_default();
        let leg = format!(
            r#"{{"id":"L1","mode":"air","carrier":"AIR","from":"PLANT","to":"HUB","departs":"{}","arrives":"{}"}}"#,
            moment(30),
            moment(40)
        );
        let words = format!(
            r#"SHP-1 planned as ULT_80, version {version} with {{"kind":"vector","consignor":"PLANT","consignee":"SITE","legs":[{leg}],"waypoints":[{{"name":"border"{eta}}},{{"name":"door"{eta}}}],"permits":[{}]}}"#,
            acts.join(",")
        );
        (at, words)
    })
}

fn grant() -> impl Strategy<Value = Told> {
    (0..60i64, prop_oneof![Just("is granted to"), Just("is amended for")], 0..40i64, 20..80i64)
        .prop_map(|(at, word, from, until)| {
            let more = r#"{"kind":"import","issuer":"A","zone":"UTC"}"#;
            let (from, until) = (moment(from), moment(until));
            (at, format!("P {word} SITE from {from} until {until} with {more}"))
        })
}

fn told() -> impl Strategy<Value = Told> {
    let words = prop_oneof![
        2 => Just("P is suspended as a permit: inspection".to_owned()),
        1 => Just("SHP-1 cancelled: patient ill".to_owned()),
        3 => prop_oneof![Just("L1"), Just("L2")].prop_map(|leg| format!("SHP-1 departed on {leg}")),
        3 => prop_oneof![Just("L1"), Just("L2")].prop_map(|leg| format!("SHP-1 arrived on {leg}")),
        3 => prop_oneof![Just("L1"), Just("L2")].prop_map(|leg| format!("SHP-1 entered customs on {leg}")),
        1 => prop_oneof![
            Just("DOCK is a site named Goods in with {\"part_of\":\"SITE\"}".to_owned()),
            Just("DOCK is a site named Another hospital".to_owned()),
        ],
        3 => prop_oneof![Just("SITE: accept"), Just("HUB: accept"), Just("SITE: reject"), Just("DOCK: accept")]
            .prop_map(|how| format!("SHP-1 received by {how}")),
        3 => (prop_oneof![Just("border"), Just("door")], 20..80i64)
            .prop_map(|(waypoint, at)| format!("SHP-1 is expected at {waypoint} by {}", moment(at))),
        1 => (0..12usize).prop_map(|n| format!("SHP-1 is corrected: scenario e{n} was wrong: not so")),
    ];
    prop_oneof![3 => plan(), 2 => grant(), 5 => (0..60i64, words)]
}

fn play(events: &[Event]) -> Vec<String> {
    let rules = Rules::read(ALL, &scenario::book(COMMON).unwrap(), 2).unwrap();
    let subject = Subject::new(SubjectKind::Shipment, "SHP-1");
    let (mut permits, mut said) = (PermitsEngine::default(), Vec::new());
    let learnt = hour(90);
    for (offset, event) in (0..).zip(events) {
        if !PermitsEngine::accepts(event) {
            continue;
        }
        let cause = Trigger::Input(event);
        let entry =
            Step { offset, index: 0, now: learnt, reached: learnt, subject: &subject, cause };
        permits.step(&rules, &entry, &mut said);
    }
    let mut offset = 1_000;
    while let Some(due) = permits.next_deadline(&rules) {
        offset += 1;
        let cause = Trigger::Timer;
        let entry = Step { offset, index: 0, now: due, reached: due, subject: &subject, cause };
        permits.step(&rules, &entry, &mut said);
    }
    let mut stands: Vec<String> = permits
        .diff()
        .standing()
        .map(|(name, e)| {
            format!(
                "{} {} {}..{:?} {} {:?} {} {:?}",
                name.rule,
                name.about,
                e.since,
                e.until,
                e.severity,
                e.verdict,
                e.latched,
                e.message
            )
        })
        .collect();
    stands.sort();
    stands
}

proptest! {
    #[test]
    fn the_order_of_arrival_does_not_matter(
        told in prop::collection::vec(told(), 1..12),
        turn in any::<prop::sample::Index>(),
        reversed in any::<bool>(),
    ) {
        let read = |(n, (at, words)): (usize, &Told)| {
            scenario::event(hour(*at), words, &format!("e{n}")).unwrap()
        };
        let events: Vec<Event> = told.iter().enumerate().map(read).collect();
        let mut other = events.clone();
        other.rotate_left(turn.index(events.len()));
        if reversed {
            other.reverse();
        }
        prop_assert_eq!(play(&events), play(&other));
        // What is said again under another name changes nothing. Of two words of one moment that contradict each other
        // names decide, and a correction takes back one report and not the other.
        let again = |event: &Event| {
            let id = facts::ShortText::new(format!("{}-again", event.id));
            Event { id, ..event.clone() }
        };
        let mut moments: Vec<i64> = told.iter().map(|(at, _)| *at).collect();
        moments.sort();
        moments.dedup();
        let corrected = events.iter().any(|e| matches!(e.fact, Fact::Shipment(ShipmentFact::ShipmentCorrected(_))));
        if !corrected && moments.len() == told.len() {
            let twice: Vec<Event> = events.iter().cloned().chain(events.iter().map(again)).collect();
            prop_assert_eq!(play(&events), play(&twice));
        }
    }
}
