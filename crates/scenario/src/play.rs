//! Plays one scenario to one engine.

use crate::page::{HeardEvent, Scenario, ScenarioStep};
use facts::{
    Engine, EngineOutput, Event, Fact, Moment, ShortText, Step, Subject, SubjectKind, Trigger,
};

/// One line of what an engine did, as a page writes it.
pub type SaidLine = String;

/// What plays a scenario's lines: an engine and what its lines mean.
pub trait Player {
    /// Hears one line; gives back what came of it, timers before it included.
    fn hear(
        &mut self,
        learnt: Moment,
        at: Moment,
        words: Option<&str>,
        id: &str,
    ) -> Result<Vec<SaidLine>, String>;
}

/// What the page promised and what the engine did.
#[derive(Debug, thiserror::Error)]
#[error("{title}\n  the page says:\n{promised}\n  the engine did:\n{happened}")]
pub struct Mismatch {
    title: String,
    promised: String,
    happened: String,
}

/// Plays the story and compares what came with the `then` lines.
pub fn play(scenario: &Scenario, player: impl Player) -> Result<(), Mismatch> {
    compare(scenario, player, |lines| lines.to_vec())
}

/// The same, where what comes at one moment has no order: facts of several subjects race.
pub fn play_racing(scenario: &Scenario, player: impl Player) -> Result<(), Mismatch> {
    compare(scenario, player, |lines| {
        let mut lines = lines.to_vec();
        lines.sort();
        lines
    })
}

fn compare(
    scenario: &Scenario,
    mut player: impl Player,
    order: fn(&[SaidLine]) -> Vec<SaidLine>,
) -> Result<(), Mismatch> {
    let show = |lines: &[SaidLine]| match lines {
        [] => "    then   nothing".to_owned(),
        some => some.iter().map(|l| format!("    then   {l}")).collect::<Vec<_>>().join("\n"),
    };
    let (mut came, mut looking) = (Vec::new(), false);
    for step in &scenario.steps {
        let wrong = |promised: String, happened: String| Mismatch {
            title: scenario.title.clone(),
            promised,
            happened,
        };
        let mut hear = |heard: &HeardEvent| {
            player
                .hear(heard.learnt, heard.at, heard.words.as_deref(), &heard.id)
                .map_err(|e| wrong("    a line that can be read".into(), format!("    {e}")))
        };
        match step {
            ScenarioStep::Given(heard) => {
                let lines = hear(heard)?;
                if looking {
                    came.extend(lines);
                }
            }
            ScenarioStep::When(heard) => {
                looking = true;
                came.extend(hear(heard)?);
            }
            ScenarioStep::Then(promised) if order(promised) != order(&came) => {
                return Err(wrong(show(promised), show(&came)));
            }
            ScenarioStep::Then(_) => (came, looking) = (Vec::new(), false),
        }
    }
    Ok(())
}

/// A sentence with its subject first, as an event of its fact's subject.
pub fn event(at: Moment, words: &str, id: &str) -> Result<Event, String> {
    let (subject, sentence) = words.split_once(' ').ok_or("a subject comes before its sentence")?;
    let fact: Fact = sentence.parse()?;
    let (kind, _) = fact.parts().ok_or("a fact has a type")?;
    let kind = SubjectKind::of_type(&kind).ok_or("a type names its subject")?;
    let subject = Subject::new(kind, subject);
    Ok(Event {
        source: ShortText::new("scenario"),
        id: ShortText::new(id),
        subject,
        at,
        counts: None,
        hidden: None,
        fact,
    })
}

/// A rule engine and its rules: all events go to one shipment, `SHP-1`.
pub struct OneShipment<E: Engine> {
    engine: E,
    rules: E::Rules,
    subject: Subject,
    offset: u64,
    heard: bool,
}

impl<E: Engine> OneShipment<E> {
    /// A fresh engine.
    pub fn new(rules: E::Rules) -> Self {
        Self::about(Subject::new(SubjectKind::Shipment, "SHP-1"), rules)
    }
    /// A fresh engine of some shipment.
    pub fn about(subject: Subject, rules: E::Rules) -> Self {
        Self { engine: E::default(), rules, subject, offset: 0, heard: false }
    }
    /// The rules, to be asked.
    pub fn rules(&self) -> &E::Rules {
        &self.rules
    }
    /// The engine, to be looked at.
    pub fn engine(&self) -> &E {
        &self.engine
    }
    fn step(&mut self, now: Moment, cause: Trigger<'_, E::Input>, said: &mut Vec<E::Output>) {
        let entry = Step {
            offset: self.offset,
            index: 0,
            now,
            reached: now,
            subject: &self.subject,
            cause,
        };
        self.engine.step(&self.rules, &entry, said);
        self.offset += 1;
    }
    /// Fires what is due up to log time, then hears a word.
    pub fn hear(
        &mut self,
        learnt: Moment,
        word: Option<&E::Input>,
    ) -> Result<Vec<E::Output>, String> {
        let mut said = Vec::new();
        let mut last = Moment::EARLIEST;
        while let Some(due) = self
            .heard
            .then(|| self.engine.next_deadline(&self.rules))
            .flatten()
            .filter(|due| *due <= learnt)
        {
            if due <= last {
                return Err(format!(
                    "the engine named {due} as due again: `next_deadline` must move on"
                ));
            }
            last = due;
            self.step(due, Trigger::Timer, &mut said);
        }
        match word {
            Some(word) if E::accepts(word) => {
                self.heard = true;
                self.step(learnt, Trigger::Input(word), &mut said);
            }
            _ => {}
        }
        Ok(said)
    }
}

impl<E: Engine<Input = Event, Output = EngineOutput>> Player for OneShipment<E> {
    fn hear(
        &mut self,
        learnt: Moment,
        at: Moment,
        words: Option<&str>,
        id: &str,
    ) -> Result<Vec<SaidLine>, String> {
        let event = words.map(|words| stamped(learnt, at, words, id)).transpose()?;
        Ok(lines(OneShipment::hear(self, learnt, event.as_ref())?))
    }
}

/// A sentence as an event that dispatch has stamped.
pub(crate) fn stamped(learnt: Moment, at: Moment, words: &str, id: &str) -> Result<Event, String> {
    let mut event = event(at, words, id)?;
    event.counts = (at > learnt && event.fact.has_happened()).then_some(learnt);
    Ok(event)
}

/// The findings among what an engine says, as a page writes them.
pub(crate) fn lines(said: Vec<EngineOutput>) -> Vec<SaidLine> {
    let findings = said.into_iter().filter_map(|said| match said {
        EngineOutput::Finding(finding) => Some(finding.to_string()),
        EngineOutput::Context(_) | EngineOutput::PutAway => None,
    });
    findings.collect()
}
