//! Plays the pages of this engine's rules, and of the incident.

#![allow(clippy::expect_used)]

use alerts::rules::{ALL, AlertRules};
use alerts::{Alerts, ExceptionInput, Notice};
use facts::{
    Context, Effects, Figures, Finding, Message, MilliCelsius, Moment, Name, Severity, ShipmentId,
    ShortText, Span, State, Verdict,
};
use pipeline::engines;
use pipeline::registry::registry;
use scenario::{OneShipment, Player, ScenarioPage};

const COMMON: &str = include_str!("../../../config/rulebook/log.toml");
const PAGES: [&str; 4] = [
    include_str!("../src/incident.md"),
    include_str!("../src/stage_silent.md"),
    include_str!("../src/rules/hold_conditioning.md"),
    include_str!("../src/rules/after_no_return.md"),
];

/// Every table of every page: the rules meet in one incident.
fn rules() -> AlertRules {
    let tables: String = PAGES
        .iter()
        .map(|page| ScenarioPage::read(page).map(|page| page.parameters).unwrap_or_default())
        .collect();
    let book = scenario::book(&format!("{COMMON}\n{tables}")).expect("the pages' tables are TOML");
    let rules = AlertRules::read(&book, facts::behaviour::LATEST, engines::names());
    rules.expect("the pages' tables are complete").speaking(registry().words())
}

struct Desk(OneShipment<Alerts>);

impl Player for Desk {
    fn hear(
        &mut self,
        learnt: Moment,
        at: Moment,
        words: Option<&str>,
        id: &str,
    ) -> Result<Vec<String>, String> {
        let word = words.map(|words| word(learnt, at, words, id)).transpose()?;
        let said = self.0.hear(learnt, word.as_ref())?;
        Ok(said
            .into_iter()
            .filter_map(|notice| match notice {
                Notice::Finding(finding) => Some(finding.to_string()),
                Notice::Incident(incident) => Some(incident.to_string()),
                Notice::Stands(..) => None,
            })
            .collect())
    }
}

/// A finding, a context or an act.
fn word(learnt: Moment, at: Moment, words: &str, id: &str) -> Result<ExceptionInput, String> {
    let (_, rest) = words.split_once(' ').ok_or("a shipment comes first")?;
    let (kind, data) = rest.split_once(' ').ok_or("and then what it is")?;
    let wrong = |e: serde_json::Error| e.to_string();
    // An engine learnt it then; alerts may hear of it later, or stand at an earlier time itself.
    let context = |context| ExceptionInput::Context(at, context);
    Ok(match kind {
        "finding" => ExceptionInput::Finding(Box::new(finding(learnt, at, data, id)?)),
        "custody" => context(Context::Custody(serde_json::from_str(data).map_err(wrong)?)),
        "thermal" => context(Context::Thermal(serde_json::from_str(data).map_err(wrong)?)),
        "schedule" => context(Context::Schedule(serde_json::from_str(data).map_err(wrong)?)),
        _ => ExceptionInput::Act(scenario::event(at, words, id)?),
    })
}

/// What the findings of another engine's rule do, as that rule says.
fn effects(rule: &str) -> Result<Effects, String> {
    let info = registry().find(rule);
    info.map(|info| info.effects).ok_or_else(|| format!("no engine has a rule {rule}"))
}

/// ` peak 9.0 °C over 8.0 °C`, behind the sentence.
fn figures(text: &str) -> Result<Option<Figures>, String> {
    let Some(text) = text.trim().strip_prefix("peak ") else { return Ok(None) };
    let (peak, limit) = text.split_once(" over ").ok_or("a peak is over a limit")?;
    let read = |text: &str| text.parse::<MilliCelsius>().map_err(|e| e.to_string());
    Ok(Some(Figures { peak: read(peak)?, limit: read(limit)?, lasted: Span::ZERO }))
}

/// `CUS-02 P2 raised [latched|over] custody/custody-gap "sentence"`; a cleared one is over now. One with `#2` behind it
/// is another one than that without.
fn finding(learnt: Moment, at: Moment, text: &str, id: &str) -> Result<Finding, String> {
    let (head, sentence) = text.split_once(" \"").ok_or("a finding has a sentence")?;
    let (sentence, figured) = sentence.rsplit_once('"').ok_or("a sentence ends")?;
    let mut head: Vec<&str> = head.split(' ').collect();
    let word = |head: &mut Vec<&str>, word| {
        head.iter().position(|w| *w == word).map(|at| head.remove(at)).is_some()
    };
    let (latched, over) = (word(&mut head, "latched"), word(&mut head, "over"));
    let [code, severity, state, rule] = head.as_slice() else {
        return Err(format!("`{text}` is no finding"));
    };
    let read = |text: &str| serde_json::Value::from(text);
    let severity: Severity = serde_json::from_value(read(severity)).map_err(|e| e.to_string())?;
    let state: State = serde_json::from_value(read(state)).map_err(|e| e.to_string())?;
    let effects = effects(rule)?;
    Ok(Finding {
        name: Name {
            rule: ShortText::new(rule),
            about: ShortText::default(),
            offset: id.parse().unwrap_or(1),
            index: 0,
        },
        code: ShortText::new(code),
        shipment: ShipmentId::new("SHP-1"),
        state,
        severity,
        verdict: Verdict::Violated,
        latched,
        happened: if state == State::Cleared { at - Span::minutes(30) } else { at },
        until: (over || state == State::Cleared).then_some(at + Span::minutes(i64::from(over))),
        learnt,
        message: Message::plain(sentence),
        sentence: sentence.to_owned(),
        evidence: Vec::new(),
        unknown: Span::ZERO,
        deadline: None,
        figures: figures(figured)?,
        compromises: effects.compromises.is_some_and(|from| severity <= from),
        precedence: effects.precedence,
        action: ShortText::default(),
        rulebook: ShortText::default(),
        behaviour: 1,
    })
}

fn main() -> std::process::ExitCode {
    let mut pages: Vec<(String, &'static str)> = vec![("incident".into(), PAGES[0])];
    for kind in ALL {
        pages.push((kind.info.name.replace("alerts/", ""), kind.info.page));
    }
    scenario::play_pages(&pages, || Desk(OneShipment::new(rules())))
}
