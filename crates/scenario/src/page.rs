//! A rule's page: its parameters and its scenarios, as written in Markdown.

use crate::clock;
use facts::{Moment, Span};

/// One `###` section with a `scenario` block.
#[derive(Debug, Default, Clone)]
pub struct Scenario {
    /// The section's heading.
    pub title: String,
    /// Its lines, in order.
    pub steps: Vec<ScenarioStep>,
}

/// One line of a scenario, `every` expanded.
#[derive(Debug, Clone)]
pub enum ScenarioStep {
    /// `given`: heard, not looked at.
    Given(HeardEvent),
    /// `when`: heard, and what comes of it is looked at.
    When(HeardEvent),
    /// `then`: what must have come, in order; empty for `then nothing`.
    Then(Vec<String>),
}

/// Something that is heard.
#[derive(Debug, Clone)]
pub struct HeardEvent {
    /// Log time.
    pub learnt: Moment,
    /// When it happened.
    pub at: Moment,
    /// The sentence, subject first; `None` when only the clock strikes.
    pub words: Option<String>,
    /// The event's id.
    pub id: String,
}

/// A rule's page, taken apart.
#[derive(Debug, Default)]
pub struct ScenarioPage {
    /// The `toml` blocks: every parameter.
    pub parameters: String,
    /// What every scenario starts from, unless it says `given  no background`: the block under `## Background`.
    pub background: Vec<ScenarioStep>,
    /// The scenarios, in the order of the page.
    pub scenarios: Vec<Scenario>,
}

/// The first line of a scenario that starts from nothing.
const NO_BACKGROUND: &str = "given  no background";

/// A line of a page that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("line {line}: {reason}")]
pub struct PageError {
    line: usize,
    reason: String,
}

impl ScenarioPage {
    /// Reads a page.
    pub fn read(text: &str) -> Result<Self, PageError> {
        let mut page = ScenarioPage::default();
        let (mut section, mut title, mut block) = (String::new(), String::new(), "");
        for (index, line) in text.lines().enumerate() {
            let wrong = |reason: String| PageError { line: index + 1, reason };
            match (block, line.trim_end()) {
                ("", "```toml") => block = "toml",
                ("", "```scenario") if section == "Background" => block = "background",
                ("", "```scenario") => {
                    block = "scenario";
                    let steps = page.background.clone();
                    page.scenarios.push(Scenario { title: title.clone(), steps });
                }
                ("", line) => {
                    if let Some(heading) = line.strip_prefix("## ") {
                        section = heading.to_owned();
                    }
                    if let Some(heading) = line.strip_prefix("### ") {
                        title = heading.to_owned();
                    }
                }
                (_, "```") => block = "",
                ("toml", _) => page.parameters += &format!("{line}\n"),
                (_, "") => {}
                ("background", line) => page.take_background(index + 1, line).map_err(wrong)?,
                (_, NO_BACKGROUND) => page.start_from_nothing().map_err(wrong)?,
                (_, line) => {
                    if let Some(scenario) = page.scenarios.last_mut() {
                        scenario.take_line(index + 1, line).map_err(wrong)?;
                    }
                }
            }
        }
        if page
            .scenarios
            .iter()
            .any(|s| !s.steps.iter().any(|step| matches!(step, ScenarioStep::Then(_))))
        {
            return Err(PageError {
                line: 0,
                reason: "a scenario without `then` checks nothing".into(),
            });
        }
        Ok(page)
    }
}

impl ScenarioPage {
    /// A line under `## Background`, which stands before all scenarios.
    fn take_background(&mut self, number: usize, line: &str) -> Result<(), String> {
        if !self.scenarios.is_empty() {
            return Err("the background stands before the first scenario".into());
        }
        let mut given = Scenario::default();
        given.take_line(number, line)?;
        if !given.steps.iter().all(|step| matches!(step, ScenarioStep::Given(_))) {
            return Err("a background has `given` lines only".into());
        }
        self.background.append(&mut given.steps);
        Ok(())
    }

    /// The scenario that has just begun leaves the background out.
    fn start_from_nothing(&mut self) -> Result<(), String> {
        let all = self.background.len();
        match self.scenarios.last_mut().filter(|one| all > 0 && one.steps.len() == all) {
            Some(scenario) => scenario.steps.clear(),
            None => {
                return Err(format!(
                    "`{NO_BACKGROUND}` is a scenario's first line, on a page that has one"
                ));
            }
        }
        Ok(())
    }
}

impl Scenario {
    /// All that is heard in it, in its order.
    pub fn heard(self) -> Vec<HeardEvent> {
        let heard = |step| match step {
            ScenarioStep::Given(heard) | ScenarioStep::When(heard) => Some(heard),
            ScenarioStep::Then(_) => None,
        };
        self.steps.into_iter().filter_map(heard).collect()
    }

    fn take_line(&mut self, number: usize, line: &str) -> Result<(), String> {
        let (keyword, rest) =
            line.split_once(' ').ok_or("a keyword and two spaces begin a line")?;
        let rest = rest.trim();
        if keyword == "then" {
            match (self.steps.last_mut(), rest) {
                (Some(ScenarioStep::Then(_)), "nothing") => {
                    return Err("`then nothing` stands alone".into());
                }
                (Some(ScenarioStep::Then(lines)), _) => lines.push(rest.to_owned()),
                (_, "nothing") => self.steps.push(ScenarioStep::Then(Vec::new())),
                _ => self.steps.push(ScenarioStep::Then(vec![rest.to_owned()])),
            }
            return Ok(());
        }
        let (time, words) = rest.split_once("  ").ok_or("two spaces follow the time")?;
        let (words, id) = match words.trim().rsplit_once("  #") {
            Some((words, id)) => (words.trim(), id.to_owned()),
            None => (words.trim(), format!("line-{number}")),
        };
        for (n, (learnt, at)) in times(time)?.into_iter().enumerate() {
            let words = (words != "the clock strikes").then(|| words.to_owned());
            let id = if n == 0 { id.clone() } else { format!("{id}-{n}") };
            let heard = HeardEvent { learnt, at, words, id };
            self.steps.push(match keyword {
                "given" => ScenarioStep::Given(heard),
                "when" => ScenarioStep::When(heard),
                _ => return Err(format!("`{keyword}` is not given, when or then")),
            });
        }
        Ok(())
    }
}

/// `08:00`, `09:00, at 08:00`, `08:00..10:00 every 10 min`, `09:00, at 08:00..09:00 every 10 min`.
fn times(text: &str) -> Result<Vec<(Moment, Moment)>, String> {
    let (learnt, happened) = match text.split_once(", at ") {
        Some((learnt, happened)) => (Some(clock::read(learnt.trim())?), happened),
        None => (None, text),
    };
    let series = match happened.split_once(" every ") {
        Some((range, every)) => {
            let (from, to) =
                range.split_once("..").ok_or("a series is `08:00..10:00 every 10 min`")?;
            let (from, to) = (clock::read(from.trim())?, clock::read(to.trim())?);
            let every: Span = every.trim().parse()?;
            if every <= Span::ZERO {
                return Err("a series goes forward".into());
            }
            let next = |at: &Moment| Some(*at + every).filter(|at| *at <= to);
            std::iter::successors(Some(from), next).collect()
        }
        None => vec![clock::read(happened.trim())?],
    };
    Ok(series.into_iter().map(|at| (learnt.unwrap_or(at), at)).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const BACKGROUND: &str =
        "## Background\n```scenario\ngiven  07:00  SHP-1 released by A to B\n```\n## Scenarios\n";

    fn page(scenarios: &str) -> Result<ScenarioPage, String> {
        ScenarioPage::read(&format!("{BACKGROUND}{scenarios}")).map_err(|error| error.to_string())
    }

    fn heard(scenario: &Scenario) -> Vec<&str> {
        let words = |step| match step {
            &ScenarioStep::Given(ref heard) | &ScenarioStep::When(ref heard) => {
                heard.words.as_deref()
            }
            &ScenarioStep::Then(_) => None,
        };
        scenario.steps.iter().filter_map(words).collect()
    }

    #[test]
    fn every_scenario_starts_from_the_background_unless_it_says_otherwise() {
        let own = "```scenario\nwhen   08:00  SHP-1 accepted by B\nthen   nothing\n```\n";
        let none = own.replace("when ", "given  no background\nwhen ");
        let page = page(&format!("### One\n{own}### Two\n{none}")).unwrap();
        let both = ["SHP-1 released by A to B", "SHP-1 accepted by B"];
        let heard: Vec<_> = page.scenarios.iter().map(heard).collect();
        assert_eq!(heard, [&both[..], &both[1..]]);
    }

    #[test]
    fn a_background_that_expects_something_or_comes_late_is_refused() {
        let late = "### One\n```scenario\nwhen   08:00  the clock strikes\nthen   nothing\n```\n";
        let says = page(&format!("{late}{BACKGROUND}")).unwrap_err();
        assert!(says.ends_with("the background stands before the first scenario"), "{says}");
        let says =
            ScenarioPage::read("## Background\n```scenario\nthen   nothing\n```\n").unwrap_err();
        assert_eq!(says.to_string(), "line 3: a background has `given` lines only");
        let opted_out =
            late.replace("when ", "when   07:30  the clock strikes\ngiven  no background\nwhen ");
        let says = page(&opted_out).unwrap_err();
        assert!(says.contains("is a scenario's first line"), "{says}");
    }
}
