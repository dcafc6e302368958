//! The peak and the minutes of an excursion that goes on are told as they grow, and not reading by reading.

use super::{DiffContext, FindingDiff};
use crate::finding::{Figures, Finding, Severity, State};
use crate::id::{ShipmentId, ShortText};
use crate::message::{Message, Templates};
use crate::moment::{Moment, Span};
use crate::rule::Episode;
use crate::unit::MilliCelsius;
use alloc::{format, vec, vec::Vec};

fn second(n: i64) -> Moment {
    Moment::from_millis(1_772_323_200_000) + Span::seconds(n)
}

fn warm(peak: i64) -> Episode {
    let celsius = |milli| MilliCelsius::from_milli(milli).expect("a temperature");
    let (peak, limit, lasted) = (celsius(peak), celsius(-120_000), Span::ZERO);
    let message = Message::plain(format!("up to {peak}"));
    Episode::new(Severity::P1, second(0), message).figures(Figures { peak, limit, lasted })
}

/// What is said when the rule holds this true at that second.
fn amend(told: &mut FindingDiff, at: i64, episode: Episode) -> Vec<Finding> {
    judge(told, at, vec![episode], false)
}

fn judge(
    told: &mut FindingDiff,
    at: i64,
    found: Vec<Episode>,
    ends_the_watch: bool,
) -> Vec<Finding> {
    let (shipment, rulebook) = (ShipmentId::new("SHP-1"), ShortText::new("r"));
    let context = DiffContext {
        rule: "thermal/above-step",
        code: "THM-05",
        action: "",
        compromises: Some(Severity::P2),
        precedence: crate::Precedence::Ordinary,
        templates: Templates::default(),
        shipment: &shipment,
        offset: u64::try_from(at).unwrap_or_default(),
        index: 0,
        now: second(at),
        settle: Span::seconds(30),
        rejudged: false,
        replaced: false,
        ends_the_watch,
        rulebook: &rulebook,
        behaviour: 2,
    };
    let mut said = Vec::new();
    told.amend(&context, found, &mut said);
    said
}

fn peaks(said: &[Finding]) -> Vec<(State, i32)> {
    let peak = |f: &Finding| f.figures.map_or(0, |figures| figures.peak.milli());
    said.iter().map(|finding| (finding.state, peak(finding))).collect()
}

#[test]
fn a_peak_that_has_moved_by_a_degree_is_told_once_in_the_settling_time() {
    let mut told = FindingDiff::default();
    assert_eq!(peaks(&amend(&mut told, 0, warm(-119_000))), [(State::Raised, -119_000)]);
    assert_eq!(peaks(&amend(&mut told, 10, warm(-80_000))), [], "it was told ten seconds ago");
    assert_eq!(told.next_deadline(Span::seconds(30)), Some(second(30)));
    assert_eq!(peaks(&amend(&mut told, 30, warm(-40_000))), [(State::Changed, -40_000)]);
    assert_eq!(peaks(&amend(&mut told, 200, warm(-39_100))), [], "less than a degree");
    assert_eq!(peaks(&amend(&mut told, 300, warm(20_000))), [(State::Changed, 20_000)]);
    assert_eq!(peaks(&amend(&mut told, 310, warm(21_000))), []);
    assert_eq!(told.next_deadline(Span::seconds(30)), Some(second(330)));
    assert_eq!(peaks(&amend(&mut told, 330, warm(21_000))), [(State::Changed, 21_000)]);
    assert_eq!(told.next_deadline(Span::seconds(30)), None, "nothing is left to be told");
}

/// For so many minutes by now.
fn lasting(minutes: i64) -> Episode {
    let episode = warm(-119_000).latched();
    let lasted = Span::minutes(minutes);
    let figures = episode.figures.map(|figures| Figures { lasted, ..figures });
    Episode { figures, message: Message::plain(format!("for {minutes} min")), ..episode }
}

fn minutes(said: &[Finding]) -> Vec<(State, i64)> {
    let lasted = |f: &Finding| f.figures.map_or(0, |figures| figures.lasted.as_millis() / 60_000);
    said.iter().map(|finding| (finding.state, lasted(finding))).collect()
}

/// What is said when the rule holds this true at that second, and when facts that race have had their time.
fn settle(told: &mut FindingDiff, at: i64, episode: Episode) -> Vec<(State, i64)> {
    let mut said = amend(told, at, episode.clone());
    said.extend(amend(told, at + 30, episode));
    minutes(&said)
}

#[test]
fn minutes_are_told_when_they_have_doubled_or_as_much_time_has_gone_by() {
    let (mut told, minute) = (FindingDiff::default(), 60);
    let due = |told: &FindingDiff| told.next_deadline(Span::seconds(30));
    assert_eq!(settle(&mut told, 0, lasting(0)), [(State::Raised, 0)]);
    assert_eq!(due(&told), None);
    assert_eq!(settle(&mut told, 10 * minute, lasting(10)), []);
    assert_eq!(due(&told), Some(second(15 * minute + 30)));
    assert_eq!(settle(&mut told, 15 * minute + 30, lasting(10)), [(State::Changed, 10)]);
    assert_eq!(settle(&mut told, 20 * minute, lasting(20)), []);
    assert_eq!(settle(&mut told, 30 * minute, lasting(30)), [(State::Changed, 30)]);
    assert_eq!(settle(&mut told, 50 * minute, lasting(50)), []);
    // What a logger had kept comes in one go.
    assert_eq!(settle(&mut told, 51 * minute, lasting(600)), [(State::Changed, 600)]);
    assert_eq!(settle(&mut told, 90 * minute, lasting(640)), []);
    assert_eq!(
        due(&told),
        Some(second(651 * minute + 30)),
        "nothing comes, and it is told all the same"
    );
    assert_eq!(settle(&mut told, 651 * minute + 30, lasting(640)), [(State::Changed, 640)]);
    assert_eq!(due(&told), None);
    // Most of it was wrong.
    assert_eq!(settle(&mut told, 660 * minute, lasting(60)), [(State::Changed, 60)]);
}

#[test]
fn minutes_are_exact_when_it_is_back() {
    let (mut told, minute) = (FindingDiff::default(), 60);
    let due = |told: &FindingDiff| told.next_deadline(Span::seconds(30));
    settle(&mut told, 0, lasting(600));
    assert_eq!(settle(&mut told, 20 * minute, lasting(620)), []);
    let back = || lasting(625).back(Some(second(25 * minute)));
    assert_eq!(settle(&mut told, 25 * minute, back()), [(State::Changed, 625)]);
    assert_eq!(due(&told), None);
    assert_eq!(settle(&mut told, 26 * minute, back()), []);
}

#[test]
fn a_step_further_out_is_told_however_little_warmer_it_is() {
    let mut told = FindingDiff::default();
    amend(&mut told, 0, warm(-119_000));
    let next = warm(-118_900);
    let limit = MilliCelsius::from_milli(-119_000).expect("a temperature");
    let figures = next.figures.map(|figures| Figures { limit, ..figures });
    let said = amend(&mut told, 100, Episode { figures, ..next });
    assert_eq!(peaks(&said), [(State::Changed, -118_900)]);
}

#[test]
fn a_rule_says_from_which_severity_on_its_findings_compromise_the_goods() {
    let mut told = FindingDiff::default();
    assert!(amend(&mut told, 0, warm(-119_000)).iter().all(|finding| finding.compromises));
    let milder = Episode { severity: Severity::P3, ..warm(-119_000) };
    let said = amend(&mut FindingDiff::default(), 0, milder);
    assert!(said.iter().all(|finding| !finding.compromises));
}

fn states(said: &[Finding]) -> Vec<(State, Option<Moment>)> {
    said.iter().map(|finding| (finding.state, finding.until)).collect()
}

#[test]
fn an_act_that_ends_the_watch_clears_what_evidence_would_withdraw() {
    for (act, state, until) in
        [(true, State::Cleared, Some(second(0))), (false, State::Withdrawn, None)]
    {
        let mut told = FindingDiff::default();
        amend(&mut told, 0, warm(-119_000));
        assert_eq!(states(&judge(&mut told, 100, vec![], act)), [], "what races has its time");
        assert_eq!(states(&judge(&mut told, 130, vec![], false)), [(state, until)]);
        assert_eq!(states(&judge(&mut told, 200, vec![], false)), [], "and it is said once");
    }
}

#[test]
fn an_act_that_races_with_the_evidence_does_not_make_true_what_never_was() {
    let mut told = FindingDiff::default();
    amend(&mut told, 0, warm(-119_000));
    assert_eq!(states(&judge(&mut told, 100, vec![], false)), []);
    assert_eq!(states(&judge(&mut told, 110, vec![], true)), []);
    assert_eq!(states(&judge(&mut told, 130, vec![], false)), [(State::Withdrawn, None)]);
}

#[test]
fn the_act_was_wrong_and_the_same_finding_goes_on() {
    let mut told = FindingDiff::default();
    let name = amend(&mut told, 0, warm(-119_000)).pop().map(|finding| finding.name);
    judge(&mut told, 100, vec![], true);
    judge(&mut told, 130, vec![], false);
    let again = amend(&mut told, 500, warm(-119_000)).pop();
    let again = again.map(|finding| (Some(finding.name), finding.state, finding.until));
    assert_eq!(again, Some((name, State::Changed, None)));
}

#[test]
fn what_was_over_before_the_act_is_over_where_it_began() {
    let mut told = FindingDiff::default();
    amend(&mut told, 0, warm(-119_000));
    amend(&mut told, 50, warm(-119_000).until(Some(second(40))));
    assert_eq!(states(&judge(&mut told, 100, vec![], true)), []);
    let said = judge(&mut told, 200, vec![], false);
    assert_eq!(states(&said), [(State::Cleared, Some(second(0)))]);
    assert_eq!(states(&judge(&mut told, 300, vec![], false)), [], "once");
    assert!(!told.is_empty());
}

#[test]
fn an_act_ends_what_is_true_by_then_and_not_what_was_said_before() {
    let mut told = FindingDiff::default();
    let later = Episode { since: second(1000), ..warm(-119_000) };
    let name = amend(&mut told, 2000, later).pop().map(|finding| finding.name);
    // It began earlier than was said. Before that is told, it turns out that the watch had ended by then.
    assert_eq!(states(&amend(&mut told, 2010, warm(-119_000))), []);
    let ended = warm(-119_000).until(Some(second(500)));
    let said = judge(&mut told, 2020, vec![ended], true);
    assert_eq!(states(&said), [(State::Cleared, Some(second(500)))]);
    assert_eq!(said.into_iter().map(|finding| finding.name).next(), name);
}

#[test]
fn an_act_that_comes_as_soon_as_the_alarm_leaves_what_it_would_have_left_had_it_come_first() {
    let mut told = FindingDiff::default();
    amend(&mut told, 0, warm(-119_000));
    assert_eq!(states(&judge(&mut told, 29, vec![], true)), []);
    assert_eq!(states(&judge(&mut told, 59, vec![], false)), [(State::Withdrawn, None)]);
    assert!(told.is_empty());
}
