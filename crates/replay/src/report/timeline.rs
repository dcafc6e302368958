//! A timeline per shipment, for a coordinator: what happened, what was wrong, what to do.
//!
//! Shipments with something wrong come first, the worst on top; those without are named in one line.

use super::Report;
use crate::run::Summary;
use alerts::Incident;
use facts::{Event, Fact, Finding, Identity, Moment, Severity, Span, State, SubjectKind, Verdict};
use pipeline::{Output, What};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use wire::Rejection;

/// Gathers, and writes at the end.
pub struct Timeline<W: Write> {
    to: W,
    shipment: Option<String>,
    shipments: BTreeMap<String, Story>,
    rejections: Vec<String>,
    more_rejections: u64,
}

#[derive(Default)]
struct Story {
    what: String,
    told: BTreeSet<Identity>,
    lines: Vec<(Moment, u8, String)>,
    worst: Option<Severity>,
    findings: u64,
    incident: Option<Box<Incident>>,
}

/// How many rejections are shown one by one.
const SHOWN: usize = 20;

impl<W: Write> Timeline<W> {
    /// Writes to `to`; only one shipment's, where one is named.
    pub fn new(to: W, shipment: Option<String>) -> Self {
        let (shipments, rejections) = (BTreeMap::new(), Vec::new());
        Self { to, shipment, shipments, rejections, more_rejections: 0 }
    }
    fn refuse(&mut self, line: String) {
        if self.rejections.len() < SHOWN {
            self.rejections.push(line);
        } else {
            self.more_rejections += 1;
        }
    }
    fn story(&mut self, shipment: &str) -> Option<&mut Story> {
        let wanted = self.shipment.as_deref().is_none_or(|wanted| wanted == shipment);
        wanted.then(|| self.shipments.entry(shipment.to_owned()).or_default())
    }
}

impl<W: Write> Report for Timeline<W> {
    fn output(&mut self, output: &Output) -> io::Result<()> {
        match &output.what {
            What::Finding(finding) => {
                let Some(story) = self.story(finding.shipment.as_str()) else { return Ok(()) };
                story.find(finding);
            }
            What::Incident(incident) => {
                let Some(story) = self.story(incident.shipment.as_str()) else { return Ok(()) };
                story.incident = Some(incident.clone());
            }
            What::Expired(event, reason) => {
                self.refuse(format!("{} {}: {reason}", event.subject, event.at));
            }
        }
        Ok(())
    }

    fn rejection(&mut self, rejection: &Rejection) -> io::Result<()> {
        self.refuse(rejection.to_string());
        Ok(())
    }

    fn fact(&mut self, event: &Event) {
        if event.subject.kind != SubjectKind::Shipment {
            return;
        }
        let Some(story) = self.story(&event.subject.id) else { return };
        if !story.told.insert(event.identity()) {
            return; // the same report again
        }
        if let Fact::Planned(plan) = &event.fact {
            let kind = serde_json::to_value(plan.kind).unwrap_or_default();
            story.what = format!("{} under {}", kind.as_str().unwrap_or_default(), plan.profile);
        }
        let sentence = event.fact.to_string();
        let short = sentence.split(" with {").next().unwrap_or_default().to_owned();
        story.lines.push((event.at, 0, short));
    }

    fn summary(&mut self, summary: &Summary) -> io::Result<()> {
        let mut wrong: Vec<(&String, &mut Story)> =
            self.shipments.iter_mut().filter(|(_, s)| s.worst.is_some()).collect();
        wrong.sort_by_key(|(id, story)| (story.worst, (*id).clone()));
        for (id, story) in &mut wrong {
            story.write(id, &mut self.to)?;
        }
        let clean: Vec<&String> =
            self.shipments.iter().filter(|(_, s)| s.worst.is_none()).map(|(id, _)| id).collect();
        if self.shipment.is_some() {
            for (id, story) in self.shipments.iter_mut().filter(|(_, s)| s.worst.is_none()) {
                story.write(id, &mut self.to)?;
            }
        } else if !clean.is_empty() {
            writeln!(
                self.to,
                "Nothing wrong with {} shipments: {}\n",
                clean.len(),
                some_of(&clean)
            )?;
        }
        if !self.rejections.is_empty() {
            writeln!(self.to, "Not taken in:")?;
            for line in &self.rejections {
                writeln!(self.to, "  {line}")?;
            }
            if self.more_rejections > 0 {
                writeln!(
                    self.to,
                    "  … and {} more (--output ndjson shows all)",
                    self.more_rejections
                )?;
            }
            writeln!(self.to)?;
        }
        write_summary(&mut self.to, summary)?;
        self.to.flush()
    }
}

impl Story {
    fn find(&mut self, finding: &Finding) {
        let (at, what) = match finding.state {
            State::Raised => (finding.happened, "raised"),
            State::Changed => (finding.learnt, "changed"),
            State::Cleared => (finding.until.unwrap_or(finding.learnt), "over"),
            State::Withdrawn => (finding.learnt, "withdrawn"),
            State::Superseded => (finding.learnt, "superseded"),
        };
        let late = finding.learnt - at > Span::minutes(30);
        let learnt =
            if late { format!(" (learnt {})", short(finding.learnt)) } else { String::new() };
        let unknown = if finding.verdict == Verdict::Unknown { " unknown" } else { "" };
        let about = if finding.name.about.is_empty() {
            String::new()
        } else {
            format!(" {}", finding.name.about)
        };
        let (code, severity, sentence) = (&finding.code, finding.severity, &finding.sentence);
        self.lines.push((
            at,
            1,
            format!("{severity} {code}{about}{unknown} {what}: {sentence}{learnt}"),
        ));
        if finding.state == State::Raised {
            self.findings += 1;
            self.lines.push((at, 2, format!("do: {}", finding.action)));
        }
        self.worst = self.worst.into_iter().chain([severity]).min();
    }

    fn write(&mut self, id: &str, to: &mut impl Write) -> io::Result<()> {
        let worst = self.worst.map_or_else(
            || "nothing wrong".to_owned(),
            |s| format!("{} findings, worst {s}", self.findings),
        );
        writeln!(to, "{id}  {}  ({worst})", self.what)?;
        self.lines.sort_by_key(|(at, kind, _)| (*at, *kind == 0));
        let mut day = String::new();
        for (at, kind, line) in &self.lines {
            let (date, time) = (at.to_string().chars().take(10).collect::<String>(), clock(*at));
            if date != day {
                writeln!(to, "  {date}")?;
                day = date;
            }
            match kind {
                0 => writeln!(to, "    {time}  {line}")?,
                1 => writeln!(to, "  ! {time}  {line}")?,
                _ => writeln!(to, "              {line}")?,
            }
        }
        if let Some(incident) = &self.incident {
            writeln!(to, "  incident: {incident}")?;
        }
        writeln!(to)
    }
}

fn write_summary(to: &mut impl Write, s: &Summary) -> io::Result<()> {
    writeln!(to, "read {}: homed {}, rejected {}", s.read, s.homed, s.rejected)?;
    writeln!(
        to,
        "homed {}: judged {}, held {}, expired {}, duplicate {}",
        s.homed, s.judged, s.held, s.expired, s.duplicate
    )?;
    let counts: Vec<String> = s.rules.iter().map(|(rule, n)| format!("{rule} {n}")).collect();
    writeln!(
        to,
        "raised: {}",
        if counts.is_empty() { "nothing".to_owned() } else { counts.join(", ") }
    )
}

/// `08:00`, by UTC.
fn clock(at: Moment) -> String {
    at.to_string().chars().skip(11).take(5).collect()
}

/// `03-02 08:00`, by UTC.
fn short(at: Moment) -> String {
    at.to_string().chars().skip(5).take(11).map(|c| if c == 'T' { ' ' } else { c }).collect()
}

fn some_of(ids: &[&String]) -> String {
    let first: Vec<&str> = ids.iter().take(12).map(|id| id.as_str()).collect();
    let more = if ids.len() > first.len() { ", …" } else { "" };
    format!("{}{more}", first.join(", "))
}
