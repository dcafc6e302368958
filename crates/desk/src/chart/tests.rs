//! Pictures as text: small, the same on every machine.

use super::*;
use facts::{
    Effects, Family, Hears, Registry, RuleInfo, ShipmentId, ShortText, Span, State, Verdict,
};

fn at(minutes: i64) -> Moment {
    Moment::from_millis(1_772_323_200_000) + Span::minutes(minutes) // 2026-03-01T00:00:00Z
}

fn small() -> Plot {
    let point = |minute, milli, late| Point { at: at(minute), milli, late };
    Plot {
        from: at(0),
        until: at(60),
        lines: vec![ProbeLine {
            name: "LOG-1/1".into(),
            payload: true,
            points: vec![
                point(0, 5_000, false),
                point(10, 5_500, false),
                point(40, 9_000, true),
                point(50, 9_500, false),
            ],
            gaps: vec![(at(20), at(40))],
        }],
        limits: vec![(8_000, "upper limit 8.0 °C".into())],
        unknown: vec![(at(20), at(40))],
        excursions: vec![Excursion {
            from: at(40),
            until: at(60),
            severity: Severity::P1,
            code: "THM-01".into(),
        }],
        more: 0,
    }
}

#[test]
fn a_small_chart() {
    let svg = draw(&small(), Size::Narrow, "Temperature of <SHP-1>", "1 probe");
    assert_eq!(svg, include_str!("small.svg"), "the picture is another one:\n{svg}");
    assert_eq!(svg, draw(&small(), Size::Narrow, "Temperature of <SHP-1>", "1 probe"));
}

#[test]
fn a_line_never_crosses_a_gap() {
    let svg = draw(&small(), Size::Wide, "t", "d");
    let path = svg.split(r#"class="line payload p0" d=""#).nth(1).and_then(|s| s.split('"').next());
    let strokes = path.unwrap_or_default().matches('M').count();
    assert_eq!(strokes, 2, "one stroke before the gap, one behind it");
    assert!(svg.contains(r#"class="unknown""#) && svg.contains(">unknown</text>"));
}

#[test]
fn the_name_of_an_excursion_stands_where_no_line_runs() {
    let mut plot = small();
    // Deep cold runs along the lower edge.
    plot.lines[0].points.iter_mut().for_each(|point| point.milli = -180_000);
    for size in [Size::Wide, Size::Narrow] {
        let svg = draw(&plot, size, "t", "d");
        let number = |text: &str, before: &str, after: &str| -> i64 {
            let found = text.split(before).nth(1).and_then(|rest| rest.split(after).next());
            found.and_then(|n| n.parse().ok()).expect("a number")
        };
        let label = svg.split("excursion-label").nth(1).unwrap_or_default();
        let top = svg.split(r#"class="excursion p1""#).nth(1).unwrap_or_default();
        let (baseline, top) = (number(label, "y=\"", "\""), number(top, "y=\"", "\""));
        assert!((12..top).contains(&baseline), "{size:?}: {baseline} is not above {top}");
    }
}

#[test]
fn text_in_a_picture_is_text() {
    let mut plot = small();
    plot.limits = vec![(8_000, "<script>alert(1)</script>".into())];
    let svg = draw(&plot, Size::Wide, "</title><script>", "\"quoted\" & more");
    assert!(!svg.contains("<script"), "{svg}");
    assert!(svg.contains("&#60;script&#62;alert(1)"));
}

#[test]
fn the_table_says_what_is_unknown_and_what_was_late() {
    let table = table(&small());
    assert_eq!(table.every(), "2 min");
    let row = |minute: usize| &table.rows[minute / 2];
    assert_eq!(row(0).cells, ["5 °C"]);
    assert_eq!(
        (row(20).cells[0].as_str(), row(20).note.as_str()),
        ("no reading", "unknown for 2 min")
    );
    assert_eq!(
        (row(40).cells[0].as_str(), row(40).note.as_str()),
        ("9 °C, learnt late", "P1 THM-01")
    );
}

#[test]
fn a_chart_of_nothing_and_of_one_reading() {
    let mut plot = small();
    plot.lines.clear();
    plot.limits.clear();
    assert!(draw(&plot, Size::Wide, "t", "d").contains("0 °C"));
    let mut plot = small();
    (plot.until, plot.unknown, plot.excursions) = (plot.from, Vec::new(), Vec::new());
    plot.lines[0].points.truncate(1);
    plot.lines[0].gaps.clear();
    assert!(draw(&plot, Size::Wide, "t", "d").contains("<circle"), "one reading is a dot");
}

const WARM: RuleInfo = RuleInfo {
    name: "thermal/too-warm",
    code: "THM-01",
    family: Family::Thermal,
    effects: Effects { shows: Shows::Excursion, ..Effects::NONE },
    hears: Hears::Nothing,
    messages: &[],
    page: "",
};

const EXPIRES: RuleInfo = RuleInfo {
    name: "schedule/expires-before-use",
    code: "THM-09",
    effects: Effects::NONE,
    ..WARM
};

fn found(rule: &str, code: &str) -> facts::Finding {
    facts::Finding {
        name: facts::Name {
            rule: ShortText::new(rule),
            about: ShortText::default(),
            offset: 1,
            index: 0,
        },
        code: ShortText::new(code),
        shipment: ShipmentId::new("SHP-1"),
        state: State::Raised,
        severity: Severity::P2,
        verdict: Verdict::Violated,
        latched: false,
        happened: at(10),
        until: Some(at(20)),
        learnt: at(11),
        message: facts::Message::default(),
        sentence: "x".into(),
        evidence: Vec::new(),
        unknown: Span::ZERO,
        deadline: None,
        figures: None,
        compromises: false,
        precedence: facts::Precedence::Ordinary,
        action: ShortText::default(),
        rulebook: ShortText::default(),
        behaviour: 1,
    }
}

#[test]
fn a_finding_is_drawn_where_its_rule_says_so_whatever_its_code() {
    static RULES: [&RuleInfo; 2] = [&WARM, &EXPIRES];
    let mut board = ReadModel::new(1, Registry::new(&["thermal", "schedule"], &RULES));
    board.finding(&found("thermal/too-warm", "THM-01"));
    board.finding(&found("schedule/expires-before-use", "THM-09"));
    // One that a newer release has found: it is told, and nobody guesses what it is by its name or its code.
    board.finding(&found("thermal/too-warm-by-night", "THM-77"));
    let record = board.shipment(&ShipmentId::new("SHP-1")).expect("a shipment");
    assert_eq!(record.open().len() + record.findings.len(), 3, "all three are told");
    let drawn: Vec<String> = excursions(record, at(60)).into_iter().map(|e| e.code).collect();
    assert_eq!(drawn, ["THM-01"]);
}
