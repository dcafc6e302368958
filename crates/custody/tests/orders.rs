//! Whatever the order in which facts arrive, the same findings stand at the end.
#![allow(clippy::expect_used)]

use custody::{CustodyEngine, rules::ALL};
use facts::{Episode, Moment, Rules};
use proptest::prelude::*;
use proptest::sample::subsequence;
use scenario::OneShipment;

const NUMBERS: &str = concat!(
    include_str!("../../../config/rulebook/log.toml"),
    include_str!("../../../config/rulebook/profiles.toml"),
    include_str!("../../../config/rulebook/custody.toml")
);

/// What may be said of a shipment, with when it happened; many things at one minute, as scanners stamp them.
const SAID: &[(&str, &str)] = &[
    ("07:00", "VAN is qualified for custody from 2026-01-01T00:00:00Z"),
    ("07:20", "VAN is suspended as a party: audit"),
    ("07:40", "VAN is qualified for cells from 2026-01-01T00:00:00Z"),
    ("07:00", "HUB is qualified for custody from 2026-01-01T00:00:00Z"),
    ("07:00", "DOCK is a site named Goods in with {\"part_of\":\"PLANT\"}"),
    ("07:00", "OTHER is a site named Another hospital"),
    ("07:30", "SHP-1 packed [\"BAG-1\",\"BAG-2\"] with {\"order\":\"ORD-1\"}"),
    ("07:30", "SHP-1 packed [\"BAG-1\",\"BAG-2\"] with {\"order\":\"ORD-2\"}"),
    ("08:00", "SHP-1 released by CLINIC to VAN with {\"leg\":\"L1\"}"),
    ("08:00", "SHP-1 released by CLINIC to HUB"),
    ("08:00", "SHP-1 accepted by VAN"),
    ("08:02", "SHP-1 released by CLINIC to VAN with {\"person\":\"P-2\"}"),
    ("08:03", "SHP-1 accepted by VAN with {\"leg\":\"L1\"}"),
    ("11:00", "SHP-1 released by VAN to HUB"),
    ("11:00", "SHP-1 accepted by HUB from VAN"),
    ("11:00", "SHP-1 released by HUB to TRK with {\"leg\":\"L2\"}"),
    ("11:00", "SHP-1 accepted by TRK with {\"leg\":\"L2\"}"),
    ("11:00", "SHP-1 received by HUB: accept"),
    ("11:30", "SHP-1 released by KLM to PLANT"),
    ("12:00", "SHP-1 opened by PASSER-BY"),
    ("13:00", "SHP-1 accepted by VAN"),
    ("14:00", "SHP-1 received by OTHER: accept"),
    ("15:00", "SHP-1 released by TRK to PLANT"),
    ("15:00", "SHP-1 accepted by DOCK"),
    ("15:00", "SHP-1 received by PLANT: reject"),
    ("15:30", "SHP-1 received by DOCK: accept, [\"BAG-1\"]"),
    ("15:30", "SHP-1 received by PLANT: accept, [\"bag-2\"]"),
    ("16:00", "SHP-1 decided on by QA: discard with {\"units\":[\"BAG-1\"]}"),
    ("16:00", "SHP-1 thawed by PLANT with {\"units\":[\"BAG-1\"]}"),
    ("16:30", "SHP-1 is corrected: order line-14 was wrong: other box"),
];

/// Where the correction stands, the last that may be said: it takes back one report, and not the same under another name.
const CORRECTION: usize = SAID.len() - 1;

const PLANS: &[(&str, &str)] = &[
    (
        "06:00",
        "version 1 with {\"kind\":\"cells\",\"consignor\":\"CLINIC\",\"consignee\":\"PLANT\",\"order\":\"ORD-1\",\"units\":[\"BAG-1\",\"BAG-2\"],LEGS}",
    ),
    (
        "06:05",
        "version 1 with {\"kind\":\"cells\",\"consignor\":\"CLINIC\",\"consignee\":\"OTHER\",\"order\":\"ORD-1\",\"units\":[\"BAG-1\",\"BAG-2\"],LEGS}",
    ),
    (
        "14:30",
        "version 2 with {\"kind\":\"cells\",\"consignor\":\"CLINIC\",\"consignee\":\"OTHER\",\"order\":\"ORD-1\",\"units\":[\"BAG-1\",\"BAG-2\"],LEGS}",
    ),
];

const LEGS: &str = r#""legs":[{"id":"L1","mode":"road","carrier":"VAN","from":"CLINIC","to":"HUB","departs":"2026-03-01T08:00:00Z","arrives":"2026-03-01T11:00:00Z"},{"id":"L2","mode":"road","carrier":"TRK","from":"HUB","to":"PLANT","departs":"2026-03-01T12:00:00Z","arrives":"2026-03-01T15:00:00Z"}]"#;

fn moment(clock: &str, day: u32) -> Moment {
    format!("2026-03-{day:02}T{clock}:00Z").parse().expect("a moment")
}

fn events(said: &[usize], plans: &[usize]) -> Vec<facts::Event> {
    let of = |n: usize, clock: &str, words: &str| {
        let event = scenario::event(moment(clock, 1), words, &format!("line-{n}"));
        event.unwrap_or_else(|e| panic!("{words}: {e}"))
    };
    let said = said.iter().map(|n| {
        let (clock, words) = SAID[*n];
        of(*n, clock, &words.replace("order line", "scenario line"))
    });
    let plans = plans.iter().map(|n| {
        let (clock, words) = PLANS[*n];
        of(100 + n, clock, &format!("SHP-1 planned as PHARM_2_8, {}", words.replace("LEGS", LEGS)))
    });
    said.chain(plans).collect()
}

/// What stands when all of it is known, as (rule, episode without what only the log knows).
fn standing(events: &[facts::Event]) -> Vec<(String, Episode)> {
    let book = scenario::book(NUMBERS).expect("a rulebook");
    let rules = Rules::read(ALL, &book, 2).expect("rules");
    let mut player = OneShipment::<CustodyEngine>::new(rules);
    let all = events.iter().enumerate();
    for (n, event) in all {
        let learnt = moment("09:00", 3) + facts::Span::seconds(i64::try_from(n).expect("few"));
        player.hear(learnt, Some(event)).expect("`due` moves on");
    }
    player.hear(moment("09:00", 9), None).expect("`due` moves on");
    let mut standing: Vec<(String, Episode)> = player
        .engine()
        .diff()
        .standing()
        .map(|(name, episode)| {
            (name.rule.to_string(), Episode { evidence: Vec::new(), ..episode.clone() })
        })
        .collect();
    standing.sort_by_key(|(rule, e)| {
        (rule.clone(), e.about.clone(), e.since, format!("{:?}", e.message))
    });
    standing
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_order_of_arrival_gives_the_same_end(
        said in subsequence((0..SAID.len()).collect::<Vec<_>>(), 4..22),
        plans in subsequence((0..PLANS.len()).collect::<Vec<_>>(), 1..=3),
        shuffle in proptest::collection::vec(any::<u32>(), 40),
    ) {
        let in_order = events(&said, &plans);
        let mut keyed: Vec<(u32, facts::Event)> = in_order
            .iter()
            .enumerate()
            .map(|(n, event)| (shuffle[n % shuffle.len()], event.clone()))
            .collect();
        keyed.sort_by_key(|(key, _)| *key);
        let shuffled: Vec<facts::Event> = keyed.into_iter().map(|(_, event)| event).collect();
        prop_assert_eq!(standing(&in_order), standing(&shuffled));
    }

    #[test]
    fn what_is_said_again_under_another_name_changes_nothing(
        said in subsequence((0..CORRECTION).collect::<Vec<_>>(), 4..22),
        again in any::<prop::sample::Index>(),
    ) {
        let once = events(&said, &[0]);
        let mut twice = once.clone();
        let mut repeat = again.get(&once).clone();
        repeat.id = facts::ShortText::new("again");
        twice.push(repeat);
        prop_assert_eq!(standing(&once), standing(&twice));
    }
}
