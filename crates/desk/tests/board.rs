//! What the board says, and what it must never say.
#![allow(missing_docs, clippy::expect_used)] // helpers are tests, too

#[path = "../examples/sample/story.rs"]
mod story;

use alerts::incident::IncidentState;
use desk::ReadModel;
use desk::read_model::{
    Assessment, Choice, Filter, Freshness, IncidentCounts, StageStatus, TemperatureStatus, Which,
    assess, hands, next, temperature_status,
};
use facts::{Moment, Severity, ShipmentId, Span, State};
use pipeline::registry::registry;
use story::{PARTITIONS, Teller, ago, all_fresh, finding, incident, night, plan, tell};

fn board() -> ReadModel {
    let mut board = ReadModel::new(PARTITIONS, registry());
    tell(&mut board);
    all_fresh(&mut board, night());
    board
}

fn of<'a>(board: &'a ReadModel, shipment: &str) -> &'a desk::read_model::ShipmentRecord {
    board.shipment(&ShipmentId::new(shipment)).expect("the story tells of it")
}

fn names(board: &ReadModel, filter: &Filter) -> Vec<String> {
    board.incidents(filter).iter().map(|(i, _)| format!("{}.{}", i.shipment, i.number)).collect()
}

#[test]
fn the_most_urgent_is_first_and_untaken_before_taken() {
    let board = board();
    let all = ["DP-2041.1", "VEC-77.1", "CELLS-118.2", "DP-1990.1", "CELLS-104.1"];
    assert_eq!(names(&board, &Filter::default()), all);
    let only = |state| Filter { state: Some(Which::Only(state)), ..Filter::default() };
    assert_eq!(names(&board, &only(IncidentState::Closed)), ["DP-2033.1"]);
    let p2 = Filter { priority: Some(Severity::P2), ..Filter::default() };
    assert_eq!(names(&board, &p2), ["DP-1990.1"]);
    let of = Choice { shipment: Some("cells".into()), ..Choice::default() };
    let part = Filter { of, ..Filter::default() };
    assert_eq!(names(&board, &part), ["CELLS-118.2", "CELLS-104.1"]);
    let every = Filter { state: Some(Which::All), ..Filter::default() };
    assert_eq!(names(&board, &every).last().map(String::as_str), Some("DP-2033.1"));
    let counts = board.counts();
    assert_eq!((counts.active_unacked, counts.returned_unacked, counts.closed), (2, 1, 1));
    let by_priority = board.counts_by_priority();
    let sum = |of: fn(&IncidentCounts) -> u64| by_priority.values().map(of).sum::<u64>();
    assert_eq!((sum(|c| c.active_unacked), sum(|c| c.closed)), (2, 1), "no one is left out");
    let p1 = by_priority[&Some(Severity::P1)];
    assert_eq!(p1.active_unacked + p1.active_acked + p1.returned_unacked + p1.returned_acked, 3);
}

#[test]
fn at_the_same_priority_less_time_is_more_urgent() {
    let mut board = ReadModel::new(1, registry());
    for (name, minutes) in [("A", Some(300)), ("B", Some(20)), ("C", None)] {
        let mut one = incident(name, 1, IncidentState::ActiveUnacked, Severity::P1, "x");
        one.deadline = minutes.map(|minutes| night() + Span::minutes(minutes));
        board.incident(&one);
    }
    assert_eq!(names(&board, &Filter::default()), ["B.1", "A.1", "C.1"]);
}

#[test]
fn a_stage_is_fresh_late_silent_or_was_never_heard() {
    let mut board = ReadModel::new(2, registry());
    let freshness = Freshness::default();
    let standing = |board: &ReadModel, now: Moment, name: &str| {
        let trust = board.trust(now, &freshness);
        trust.stages.iter().find(|stage| stage.name == name).map(|stage| stage.status)
    };
    assert_eq!(standing(&board, night(), "thermal"), Some(StageStatus::NeverHeard));
    all_fresh(&mut board, night());
    assert!(board.trust(night(), &freshness).is_current());
    let after = |seconds| night() + Span::seconds(seconds);
    for (seconds, is) in [
        (18, StageStatus::Fresh),
        (19, StageStatus::Late),
        (59, StageStatus::Silent),
        (-30, StageStatus::Ahead),
    ] {
        assert_eq!(standing(&board, after(seconds), "thermal"), Some(is), "after {seconds} s");
    }
    // One partition that lags makes its stage late, however fresh the others are.
    for stage in board.stage_names().to_vec() {
        board.beat(stage, 0, after(58));
    }
    let trust = board.trust(after(60), &freshness);
    assert!(!trust.is_current());
    assert_eq!(trust.stages[0].partition, Some(1));
    assert_eq!(trust.as_of, Some(night() - Span::seconds(2)), "as of the slowest, not the fastest");
    assert_eq!(freshness.faster(60).limit(), Span::minutes(20));
}

#[test]
fn one_partition_that_was_never_heard_is_not_taken_for_fresh() {
    let mut board = ReadModel::new(3, registry());
    all_fresh(&mut board, night()); // tells of partitions 0 and 1
    let trust = board.trust(night(), &Freshness::default());
    assert!(!trust.is_current());
    assert_eq!(trust.as_of, None);
    assert_eq!(
        (trust.stages[3].status, trust.stages[3].partition),
        (StageStatus::NeverHeard, Some(2))
    );
    assert_eq!(trust.stages[0].status, StageStatus::Fresh, "intake's partitions are its own");
}

#[test]
fn a_desk_that_has_not_read_to_the_end_is_not_current() {
    let mut board = board();
    let current = |board: &ReadModel| board.trust(night(), &Freshness::default()).is_current();
    assert!(current(&board));
    board.progress("alerts", 1, 100, 301);
    assert!(!current(&board), "201 records behind");
    board.progress("alerts", 1, 101, 301);
    assert!(current(&board));
    assert!(!board.trust(night(), &Freshness { behind: 0, ..Freshness::default() }).is_current());
}

#[test]
fn nothing_found_wrong_is_told_apart_from_not_known() {
    let board = board();
    let says = |name: &str| match assess(of(&board, name), true) {
        Assessment::Wrong(f) => format!("{} {}", f.severity, f.code),
        Assessment::NotKnown(why) => format!("not known: {why}"),
        Assessment::NotUnderWay => "not under way".into(),
        Assessment::NothingFound => "nothing found wrong".into(),
    };
    assert_eq!(says("DP-2041"), "P1 CUS-02");
    assert_eq!(says("DP-2033"), "nothing found wrong");
    assert_eq!(says("SMP-9"), "not known: there is no plan to hold it against");
    assert_eq!(says("DP-1990"), "not known: its temperature has not been judged");
    let stale = assess(of(&board, "DP-2033"), false);
    assert_eq!(stale, Assessment::NotKnown("the board is not current".into()));
}

#[test]
fn a_silent_logger_or_an_unknown_temperature_is_not_fine() {
    let mut board = board();
    let mut teller = Teller::new(&mut board);
    let quiet = format!("has been quiet on 1 since {}, as of {}", ago(40), ago(1));
    teller.says("DP-2033", ago(1), "device:LOG-50", &quiet);
    teller.finish();
    let silent = |board: &ReadModel| {
        board.silent().iter().map(|(s, probe, _)| format!("{s} {probe}")).collect::<Vec<_>>()
    };
    assert_eq!(silent(&board), ["CELLS-104 LOG-40/1", "DP-2033 LOG-50/1"]);
    let why = Assessment::NotKnown("logger LOG-50/1 is silent".into());
    assert_eq!(assess(of(&board, "DP-2033"), true), why);
    // A reading ends the silence.
    let mut teller = Teller::new(&mut board);
    teller.says("DP-2033", ago(0), "device:LOG-50", "reads -181.0 °C at 1");
    teller.finish();
    assert_eq!(silent(&board), ["CELLS-104 LOG-40/1"]);
    assert_eq!(temperature_status(of(&board, "DP-2033")), TemperatureStatus::Known);
}

#[test]
fn a_withdrawn_finding_stays_visible_and_is_not_open() {
    let mut board = ReadModel::new(1, registry());
    let mut f = finding("SHP-1", "CUS-03", "custody/wrong-party", Severity::P2, "x");
    board.finding(&f);
    assert_eq!(of(&board, "SHP-1").open().len(), 1);
    f.state = State::Withdrawn;
    board.finding(&f);
    let record = of(&board, "SHP-1");
    assert_eq!((record.open().len(), record.findings.len()), (0, 1));
    assert_eq!(record.findings.values().next().map(|f| f.state), Some(State::Withdrawn));
}

#[test]
fn the_chain_of_hands_is_as_it_was_reported_without_what_was_corrected() {
    let board = board();
    let told = |name: &str| -> Vec<String> {
        let who = |hand: &desk::read_model::Hand| {
            hand.holder.as_ref().map_or("-".into(), |h| h.to_string())
        };
        hands(of(&board, name)).iter().map(who).collect()
    };
    assert_eq!(told("CELLS-118"), ["PLANT-PUURS", "-", "VITAVAN"], "BAYSTATE was a wrong scan");
    assert_eq!(told("DP-2041"), ["PLANT-PUURS", "-", "VITAVAN", "-"]);
    let last = hands(of(&board, "DP-2041")).pop().expect("four hands");
    let names = (last.gave.map(|p| p.to_string()), last.meant.map(|p| p.to_string()));
    assert_eq!(names, (Some("VITAVAN".into()), Some("KLM-CARGO".into())));
}

#[test]
fn hands_that_overlap_say_so() {
    let mut board = ReadModel::new(1, registry());
    let mut t = Teller::new(&mut board);
    t.of("SHP-1", ago(100), "accepted by VAN");
    t.of("SHP-1", ago(60), "accepted by KLM");
    t.of("SHP-1", ago(50), "released by VAN to KLM");
    t.of("SHP-1", ago(40), "released by XYZ");
    t.of("SHP-1", ago(30), "received by SITE: accept");
    t.finish();
    let all = hands(of(&board, "SHP-1"));
    let notes: Vec<&str> = all.iter().flat_map(|hand| &hand.notes).map(String::as_str).collect();
    let expected = [
        "who had it before is not known",
        "VAN had not let go",
        "VAN reported letting go only afterwards",
        "let go by XYZ, who did not hold it",
        "let go by XYZ",
        "received, acceptance not reported",
    ];
    assert_eq!(notes, expected);
}

#[test]
fn the_next_milestone_is_the_first_that_nothing_proves() {
    let board = board();
    let what = |name: &str| next(of(&board, name)).map(|next| next.what);
    assert_eq!(what("VEC-77").as_deref(), Some("L1 by VITAVAN departs from PLANT-PUURS"));
    assert_eq!(what("DP-2041").as_deref(), Some("L2 by KLM-CARGO departs from KLM-CARGO"));
    assert_eq!(what("DP-2033").as_deref(), Some("L2 by KLM-CARGO arrives at BOSTON-HUB"));
    assert_eq!(what("SMP-9"), None, "without a plan nothing is expected");
    let mut board = board;
    let mut t = Teller::new(&mut board);
    t.of("DP-2033", ago(1), "lost L2, cancelled: strike");
    t.of("VEC-77", ago(1), "received by ATC-BOSTON: accept");
    t.finish();
    let lost = next(of(&board, "DP-2033")).expect("a plan");
    assert_eq!((lost.what.as_str(), lost.broken), ("a new plan: L2 was lost (strike)", true));
    let received = next(of(&board, "VEC-77")).expect("a plan");
    assert_eq!(received.what, "closing: it was received");
}

#[test]
fn a_board_that_is_told_everything_twice_says_the_same() {
    let (once, mut twice) = (board(), board());
    tell(&mut twice);
    for name in ["CELLS-118", "DP-2041", "DP-2033"] {
        let (a, b) = (of(&once, name), of(&twice, name));
        assert_eq!(a.lines.all().len(), b.lines.all().len(), "{name}");
        assert_eq!(hands(a), hands(b));
        let points = |d: &desk::read_model::ShipmentRecord| {
            d.series.values().map(|s| s.points().len()).sum::<usize>()
        };
        assert_eq!(points(a), points(b));
    }
}

#[test]
fn a_shipment_is_live_until_it_is_over_and_a_correction_takes_that_back() {
    let mut board = ReadModel::new(1, registry());
    let mut t = Teller::new(&mut board);
    t.of("SHP-1", ago(100), &plan("cells", "CELL_2_8", ""));
    let cancelled = t.of("SHP-1", ago(90), "cancelled: wrong day");
    t.finish();
    assert_eq!(of(&board, "SHP-1").over(), Some((ago(90), "cancelled")));
    assert_eq!(next(of(&board, "SHP-1")), None, "nothing is overdue of what is over");
    let mut t = Teller::new(&mut board);
    t.of(
        "SHP-1",
        ago(80),
        &format!("is corrected: gateway {cancelled} was wrong: another shipment"),
    );
    t.finish();
    assert_eq!(of(&board, "SHP-1").over(), None);
}

#[test]
fn a_rulebook_in_the_log_brings_the_limits() {
    let mut board = board();
    let limits = |board: &ReadModel| board.limits_of(of(board, "VEC-77")).cloned();
    assert_eq!(limits(&board), None);
    let book = r#"{"profile":{"ULT_80":{"class":"frozen","living":false,"settle_in":"0 min","lower":"-90.0 °C","upper":"-60.0 °C"}}}"#;
    let fact = facts::Fact::System(facts::SystemFact::RulebookPublished(
        facts::fact::log::RulebookPublished {
            hash: facts::ShortText::new("x"),
            book: facts::ShortText::new(book),
        },
    ));
    let event = facts::Event {
        source: facts::ShortText::new("rulebook"),
        id: facts::ShortText::new("1"),
        subject: facts::Subject::new(facts::SubjectKind::Log, "log"),
        at: ago(1),
        counts: None,
        hidden: None,
        fact,
    };
    board.fact(&ShipmentId::default(), 0, 1, &event);
    let known = limits(&board).expect("read from the rulebook");
    assert_eq!(known.upper.map(|t| t.milli()), Some(-60_000));
}

#[test]
fn a_stage_that_alerts_found_silent_is_no_shipment() {
    let mut board = ReadModel::new(1, registry());
    let mut f = finding(
        "partition-3",
        "SYS-STAGE",
        "system/stage-silent",
        Severity::P1,
        "custody is silent",
    );
    board.finding(&f);
    assert_eq!((board.system().count(), board.shipments().count()), (1, 0));
    (f.state, f.until) = (State::Cleared, Some(night()));
    board.finding(&f);
    assert_eq!(board.system().count(), 0);
}

/// The incident of a partition in which stages were found silent.
fn of_partition(n: u16, findings: &[&facts::Finding], state: IncidentState) -> alerts::Incident {
    let one = incident(&format!("partition-{n}"), 1, state, Severity::P1, "thermal is silent");
    alerts::Incident { findings: findings.iter().map(|f| f.name.clone()).collect(), ..one }
}

fn silent(n: u16, stage: &str, minutes: i64) -> facts::Finding {
    let (shipment, rule) = (format!("partition-{n}"), "system/stage-silent");
    let mut f = finding(&shipment, "SYS-STAGE", rule, Severity::P1, "a stage is silent");
    (f.name.about, f.happened) = (facts::ShortText::new(stage), ago(minutes));
    f
}

#[test]
fn a_stage_that_is_silent_in_several_partitions_is_one_line_and_never_a_shipment() {
    let mut board = ReadModel::new(3, registry());
    let (mut first, second, other) =
        (silent(0, "thermal", 9), silent(2, "thermal", 7), silent(2, "custody", 8));
    [&first, &second, &other].into_iter().for_each(|f| board.finding(f));
    board.incident(&of_partition(0, &[&first], IncidentState::ActiveAcked));
    board.incident(&of_partition(2, &[&second, &other], IncidentState::ActiveUnacked));

    assert_eq!(board.shipments().count(), 0, "a partition is no shipment");
    assert_eq!(
        (board.counts(), names(&board, &Filter::default()).len()),
        (IncidentCounts::default(), 0)
    );
    assert!(board.shipment(&ShipmentId::new("partition-2")).is_none(), "it has no page");
    assert!(board.one(&ShipmentId::new("partition-2"), 1).is_some(), "it can be taken and closed");
    let p1 = board.counts_by_priority()[&Some(Severity::P1)];
    assert_eq!(p1.active_unacked, 1, "who is called counts it");

    let lines = board.silences();
    assert_eq!(
        lines.iter().map(|one| (one.stage.as_str(), &one.partitions[..])).collect::<Vec<_>>(),
        [("thermal", &[0, 2][..]), ("custody", &[2][..])]
    );
    let thermal = &lines[0];
    assert_eq!((thermal.since, thermal.until, thermal.silent), (Some(ago(9)), None, true));
    assert_eq!(thermal.state, IncidentState::ActiveUnacked, "the most urgent of its incidents");
    assert_eq!(thermal.incidents.len(), 2);

    (first.state, first.until) = (State::Cleared, Some(ago(1)));
    board.finding(&first);
    board.incident(&of_partition(2, &[&second, &other], IncidentState::Closed));
    let lines = board.silences();
    assert_eq!((lines.len(), lines[0].until), (1, Some(ago(1))), "closed ones are not shown");
}

#[test]
fn one_pause_of_a_stage_is_one_incident_in_however_many_partitions() {
    let mut board = ReadModel::new(3, registry());
    let of = |n: u16| {
        let mut f = silent(0, "thermal", i64::from(9 - n));
        (f.name.about, f.shipment) =
            (facts::ShortText::new(format!("thermal/{n}")), ShipmentId::new("stage-thermal"));
        f
    };
    let (first, second) = (of(0), of(2));
    [&first, &second].into_iter().for_each(|f| board.finding(f));
    let one = of_partition(0, &[&first, &second], IncidentState::ActiveUnacked);
    board.incident(&alerts::Incident { shipment: ShipmentId::new("stage-thermal"), ..one });
    let lines = board.silences();
    assert_eq!((lines.len(), board.shipments().count()), (1, 0));
    assert_eq!((lines[0].stage.as_str(), &lines[0].partitions[..]), ("thermal", &[0, 2][..]));
    assert_eq!(lines[0].incidents, [(ShipmentId::new("stage-thermal"), 1)]);
}

#[test]
fn an_incident_in_which_a_shipment_has_findings_of_its_own_is_the_shipments() {
    let mut board = ReadModel::new(1, registry());
    let warm = finding("partition-0", "THM-01", "thermal/too-warm", Severity::P2, "9 °C");
    let stage = silent(0, "thermal", 5);
    board.incident(&of_partition(0, &[&stage, &warm], IncidentState::ActiveUnacked));
    assert_eq!((board.shipments().count(), board.silences().len()), (1, 0));
}
