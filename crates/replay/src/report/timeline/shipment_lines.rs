//! One shipment's story: the card of its incident, and line after line what happened and what was said of it.

use super::known::{Known, Words};
use alerts::Incident;
use alerts::incident::IncidentState;
use facts::{
    Event, Fact, Finding, Moment, Name, Severity, ShipmentFact, Span, State, Subject, SubjectKind,
    Verdict,
};
use std::collections::BTreeMap;
use std::io::{self, Write};

#[derive(Default)]
pub(super) struct ShipmentLines {
    what: String,
    lines: Vec<Line>,
    pub(super) worst: Option<Severity>,
    /// How bad each finding was when it was spoken of last.
    last: BTreeMap<Name, Severity>,
    findings: u64,
    pub(super) incident: Option<Box<Incident>>,
    /// What tells whether "nothing wrong" may be said of it.
    pub(super) words: Words,
    /// The order and the permits that its plans name.
    pub(super) cites: Vec<Subject>,
}

struct Line {
    at: Moment,
    /// Whether it says that something is wrong; what happened at the same moment stands before it.
    finding: bool,
    text: String,
    todo: Option<String>,
}

impl ShipmentLines {
    pub(super) fn is_over(&self) -> bool {
        use IncidentState::{Closed, ReturnedAcked, ReturnedUnacked};
        let over = |i: &Incident| matches!(i.state, ReturnedUnacked | ReturnedAcked | Closed);
        self.incident.as_deref().is_none_or(over)
    }

    pub(super) fn fact(&mut self, event: &Event) {
        if let Fact::Shipment(ShipmentFact::Planned(plan)) = &event.fact {
            let kind = serde_json::to_value(plan.kind).unwrap_or_default();
            self.what = format!("{} under {}", kind.as_str().unwrap_or_default(), plan.profile);
            let order = plan.order.as_ref().map(Subject::from);
            let cited =
                order.into_iter().chain(plan.permits.iter().map(|g| Subject::from(&g.permit)));
            let new: Vec<Subject> = cited.filter(|subject| !self.cites.contains(subject)).collect();
            self.cites.extend(new);
        }
        self.words.take(event);
        let sentence = event.fact.to_string();
        let short = sentence.split(" with {").next().unwrap_or_default();
        let plain: String = short.chars().filter(|c| !matches!(c, '[' | ']' | '"')).collect();
        let whose = match event.subject.kind {
            SubjectKind::Shipment => String::new(),
            _ => format!("{} ", event.subject.id),
        };
        let text = format!("{whose}{}", plain.replace(',', ", ").replace(",  ", ", "));
        self.lines.push(Line { at: event.at, finding: false, text, todo: None });
    }

    pub(super) fn find(&mut self, f: &Finding) {
        let before = self.last.insert(f.name.clone(), f.severity);
        let unknown = if f.verdict == Verdict::Unknown { " (unknown)" } else { "" };
        let about =
            if f.name.about.is_empty() { String::new() } else { format!(" {}", f.name.about) };
        let what = match f.state {
            State::Raised => format!("raised: {}{}", f.sentence, since(f)),
            State::Changed => {
                let was = before.filter(|before| *before != f.severity);
                let was = was.map_or(String::new(), |before| format!(", was {before}"));
                format!("changed{was}: {}{}", f.sentence, since(f))
            }
            State::Cleared => {
                let at = f.until.filter(|until| f.learnt - *until >= Span::minutes(1));
                let at = at.map_or(String::new(), |at| format!(" since {}", short(at)));
                format!("is over{at}. It was: {}", f.sentence)
            }
            State::Withdrawn => format!("is taken back. It was: {}", f.sentence),
            State::Superseded => {
                format!("does not hold under the new rules. It was: {}", f.sentence)
            }
        };
        let text = format!("{} {}{about}{unknown} {what}", f.severity, f.code);
        let todo = (f.state == State::Raised).then(|| f.action.to_string());
        self.lines.push(Line { at: f.learnt, finding: true, text, todo });
        self.findings += u64::from(f.state == State::Raised);
        self.worst = self.worst.into_iter().chain([f.severity]).min();
    }

    pub(super) fn write(&mut self, id: &str, known: Known, to: &mut impl Write) -> io::Result<()> {
        let count = match (self.findings, self.worst) {
            (_, None) => known.of_one().to_owned(),
            (1, Some(worst)) => format!("1 finding, {worst}"),
            (n, Some(worst)) => format!("{n} findings, worst {worst}"),
        };
        // Unknown is not fine, also beside what was found.
        let beside = match known {
            Known::NoPlan | Known::NoLogger | Known::NoTemperature if self.worst.is_some() => {
                format!("; {}", known.of_one())
            }
            _ => String::new(),
        };
        writeln!(to, "{id}  {}  ({count}{beside})", self.what)?;
        if let Some(incident) = &self.incident {
            card(incident, to)?;
        }
        self.lines.sort_by_key(|line| (line.at, line.finding));
        let mut day = String::new();
        for Line { at, finding, text, todo } in &self.lines {
            let (date, time) = (at.to_string().chars().take(10).collect::<String>(), clock(*at));
            if date != day {
                writeln!(to, "  {date}")?;
                day = date;
            }
            writeln!(to, "  {} {time}  {text}", if *finding { '!' } else { ' ' })?;
            if let Some(todo) = todo {
                writeln!(to, "             do: {todo}")?;
            }
        }
        writeln!(to)
    }
}

/// Where the incident stands, who holds the goods, by when it matters, and what to do.
fn card(incident: &Incident, to: &mut impl Write) -> io::Result<()> {
    let by = |act: &Option<alerts::incident::StaffAct>| {
        act.as_ref().map_or_else(|| "nobody".to_owned(), |act| act.by.to_string())
    };
    let state = match incident.state {
        IncidentState::ActiveUnacked => "going on, and nobody has taken it".to_owned(),
        IncidentState::ActiveAcked => format!("going on, taken by {}", by(&incident.acknowledged)),
        IncidentState::ReturnedUnacked => "over, and nobody has seen it".to_owned(),
        IncidentState::ReturnedAcked => format!("over, seen by {}", by(&incident.acknowledged)),
        IncidentState::Closed => format!("closed by {}", by(&incident.closed)),
        IncidentState::Withdrawn => "taken back within moments, as facts raced".to_owned(),
    };
    let latched = if incident.latched { "; only a person can end it" } else { "" };
    let priority = incident.priority.map_or(String::new(), |priority| format!("{priority} "));
    writeln!(to, "  at the end: {state}{latched}. {priority}{}", incident.headline)?;
    if let Some(missed) = &incident.missed {
        writeln!(to, "  the priority is that of what is over and was seen by nobody: {missed}")?;
    }
    let holder = incident.holder.as_ref().map_or("nobody that is known", |holder| holder.as_str());
    let place = incident.place.as_ref().map_or(String::new(), |place| format!(", last at {place}"));
    let since = incident.since.map_or(String::new(), |since| format!(" since {}", short(since)));
    let deadline =
        incident.deadline.map_or(String::new(), |by| format!("; it matters before {}", short(by)));
    writeln!(to, "  held by {holder}{since}{place}{deadline}")
}

/// Since when it is so, or from when to when it was, where that is not the moment at which it was learnt.
fn since(f: &Finding) -> String {
    match f.until {
        Some(until) => format!(" (from {} to {})", short(f.happened), short(until)),
        None if f.learnt - f.happened >= Span::minutes(1) => {
            format!(" (since {})", short(f.happened))
        }
        None => String::new(),
    }
}

/// `08:00`.
fn clock(at: Moment) -> String {
    at.to_string().chars().skip(11).take(5).collect()
}

/// `03-02 08:00`.
fn short(at: Moment) -> String {
    let text = at.to_string();
    let part = text.chars().skip(5).take(11);
    part.map(|c| if c == 'T' { ' ' } else { c }).collect()
}
