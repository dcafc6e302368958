//! Ids that look alike, and ids that were written with hidden characters: both are told, once, where people look.
#![allow(missing_docs, clippy::unwrap_used)]

mod common;

use common::{World, attached, event, planned, reading};
use facts::{Event, Severity, ShortText};

/// The findings on a shipment: code, state, sentence.
fn told(world: &World, shipment: &str) -> Vec<(String, String)> {
    let mine = world.findings.iter().filter(|f| f.shipment.as_str() == shipment);
    mine.map(|f| (format!("{} {} {}", f.severity, f.code, f.state), f.sentence.clone())).collect()
}

fn codes(world: &World, shipment: &str) -> Vec<String> {
    told(world, shipment).into_iter().map(|(code, _)| code).collect()
}

fn soiled(event: Event, taken: &str) -> Event {
    Event { hidden: Some(ShortText::new(taken)), ..event }
}

#[test]
fn a_shipment_that_looks_like_another_is_told_on_both_with_the_characters_that_differ() {
    let mut world = World::new();
    world.hear(&planned("SHP-0001", 1, "")).hear(&planned("SHP-OOO1", 1, ""));
    let sentence = |a: &str, b: &str, differ: &str| {
        format!(
            "shipment `{a}` is in use, and so is `{b}` with {differ}: they look alike and count as two, and what is said of the one is not heard of the other"
        )
    };
    let code = "P3 SYS-TWIN raised".to_owned();
    let zero = sentence("SHP-0001", "SHP-OOO1", "O (U+004F) for 0 (U+0030)");
    assert_eq!(told(&world, "SHP-0001"), [(code.clone(), zero)]);
    let letter = sentence("SHP-OOO1", "SHP-0001", "0 (U+0030) for O (U+004F)");
    assert_eq!(told(&world, "SHP-OOO1"), [(code, letter)]);
    // It is told once: later words of theirs, and of a third that looks so, add nothing on these two.
    world.hear(&planned("SHP-0001", 2, "")).hear(&planned("\u{405}HP-0001", 1, ""));
    assert_eq!(codes(&world, "SHP-0001").len(), 1);
    let third = told(&world, "\u{405}HP-0001");
    assert!(third[0].1.contains("S (U+0053) for \u{405} (U+0405)"), "{third:?}");
}

#[test]
fn every_way_to_look_alike_is_told_and_neighbours_are_not() {
    for (a, b) in [
        ("SHP-0001", "shp-0001"),
        ("SHP-0001", "shp-ooo1"),
        ("SHP-1001", "SHP-l001"),
        ("SHP-0001", "SHP\u{2010}0001"),
        ("SHP-0001", "\u{441}SHP-0001"),
        ("ship-1", "sh\u{456}p-1"),
    ] {
        let near = facts::alike::near_twins(a, b);
        for (first, second) in [(a, b), (b, a)] {
            let mut world = World::new();
            world.hear(&planned(first, 1, "")).hear(&planned(second, 1, ""));
            let expected: &[&str] = if near { &["P3 SYS-TWIN raised"] } else { &[] };
            assert_eq!(codes(&world, a), expected, "{first} {second}");
            assert_eq!(codes(&world, b), expected, "{first} {second}");
        }
    }
    let mut world = World::new();
    for id in ["SHP-0001", "SHP-0002", "SHP-0010", "BOX-L", "BOX-1", "BOX-5", "BOX-S"] {
        world.hear(&planned(id, 1, ""));
    }
    assert_eq!(world.findings, []);
}

#[test]
fn where_one_is_known_by_a_look_alike_s_report_its_shipment_hears_of_it() {
    let mut world = World::new();
    world.hear(&attached("LOG-70", "A", 0)).hear(&reading("LOG-7O", 5, 5));
    assert_eq!(codes(&world, "A"), ["P3 SYS-TWIN raised"]);
    let described = |party: &str| {
        let data = r#"{"name":"Van","role":"courier"}"#;
        event(&format!("d-{party}"), 0, "party.described", &format!("party:{party}"), data)
    };
    let mut world = World::new();
    world.hear(&planned("A", 1, "")).hear(&described("V\u{410}N"));
    let [(code, sentence)] = &told(&world, "A")[..] else { panic!("{:?}", told(&world, "A")) };
    assert_eq!(code, "P3 SYS-TWIN raised");
    assert!(sentence.starts_with(
        "party `VAN` is in use, and so is `V\u{410}N` with \u{410} (U+0410) for A (U+0041)"
    ));
}

#[test]
fn a_sender_of_a_thousand_look_alikes_makes_no_million_letters() {
    let mut world = World::new();
    for n in 0..1_024_u32 {
        let id: String = (0..10).map(|bit| if n >> bit & 1 == 0 { '0' } else { 'O' }).collect();
        world.hear(&planned(&id, 1, ""));
    }
    assert!(world.findings.len() <= 1_024, "{}", world.findings.len());
    assert!(world.asked() < 1_024 * 120, "{}", world.asked());
}

#[test]
fn at_behaviour_2_only_case_makes_near_twins_and_who_goes_on_from_there_is_found() {
    let mut world = World::at(2);
    world.hear(&planned("SHP-0001", 1, "")).hear(&planned("SHP-OOO1", 1, ""));
    world.hear(&soiled(planned("SHP-3", 1, ""), "U+200B in /subject"));
    assert_eq!(world.findings, []);
    world.hear(&planned("shp-0001", 1, ""));
    let sentence = "shipment `SHP-0001` and `shp-0001` are both in use and differ in capital letters alone: they count as two, and what is said of the one is not heard of the other";
    assert_eq!(told(&world, "SHP-0001")[0].1, sentence);
    world.go_on_at(3);
    world.hear(&planned("SHP-0001", 2, "")).hear(&planned("SHP-OOO1", 2, ""));
    assert_eq!(codes(&world, "SHP-OOO1"), ["P3 SYS-TWIN raised"]);
    assert_eq!(codes(&world, "SHP-0001"), ["P3 SYS-TWIN raised"], "told before, and once");
}

#[test]
fn hidden_characters_are_told_once_for_each_sender_and_wake_nobody() {
    let mut world = World::new();
    world.hear(&soiled(planned("SHP-1", 1, ""), "U+200B in /subject"));
    let sentence = "test wrote `SHP-1-plan-1` with hidden characters, U+200B in /subject: without them it speaks of shipment:SHP-1, and so it is judged";
    assert_eq!(told(&world, "SHP-1"), [("P3 SYS-HIDE raised".into(), sentence.into())]);
    assert!(world.findings.iter().all(|f| f.severity == Severity::P3 && !f.compromises));
    for n in 0..1_000 {
        let noted = r#"{"by":"A","text":"b"}"#;
        let note = event(&format!("n-{n}"), 1, "shipment.noted", "shipment:SHP-1", noted);
        world.hear(&soiled(note, "U+200B in /subject"));
    }
    assert_eq!(codes(&world, "SHP-1").len(), 1);
    let other = soiled(planned("SHP-1", 2, ""), "U+FEFF in /data/carrier");
    world.hear(&Event { source: ShortText::new("planner"), ..other });
    assert_eq!(codes(&world, "SHP-1").len(), 2, "another sender is another one to ask");
    // What is passed on bears no mark.
    assert!(world.journals["SHP-1"].iter().all(|event| event.hidden.is_none()));
}

#[test]
fn what_is_not_with_a_shipment_yet_is_told_on_the_first_one() {
    let mut world = World::new();
    world.hear(&soiled(reading("LOG-7", 1, 5), "U+200B in /subject"));
    assert_eq!(world.findings, []);
    world.hear(&attached("LOG-7", "A", 2));
    assert_eq!(codes(&world, "A"), ["P3 SYS-HIDE raised"]);
    world
        .hear(&attached("LOG-7", "B", 9))
        .hear(&soiled(reading("LOG-7", 10, 5), "U+200B in /subject"));
    assert_eq!(codes(&world, "B"), [""; 0]);
}
