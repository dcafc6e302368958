//! A timeline per shipment, for a coordinator: what happened, what was wrong, what to do.
//!
//! Shipments with something wrong come first, the worst on top and what goes on before what is over; those
//! without are named in one line, and in lines of their own those of which nobody can say that nothing is wrong. What
//! happened stands where it happened; a finding stands where it was learnt, with the time since when it is so.

mod known;
mod shipment_lines;

use super::Report;
use crate::ahead::Ahead;
use crate::run::Summary;
use facts::{DeviceFact, Event, Fact, Identity, StoreFact, Subject, SubjectKind, SystemFact};
use known::{Known, Probes};
use pipeline::{Output, OutputKind};
use shipment_lines::ShipmentLines;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use wire::Rejection;

/// Gathers, and writes at the end.
pub struct TimelineReport<W: Write> {
    to: W,
    shipment: Option<String>,
    shipments: BTreeMap<String, ShipmentLines>,
    probes: Probes,
    /// What happened to orders and permits, told with every shipment whose plan names them.
    others: BTreeMap<Subject, Vec<Event>>,
    told: BTreeSet<(Subject, Identity)>,
    rejections: Vec<String>,
    more_rejections: u64,
    /// Records whose stamp must not, or may not, be believed.
    ahead: Vec<String>,
}

/// How many rejections, and how many clean shipments, are shown one by one.
const SHOWN: usize = 20;

impl<W: Write> TimelineReport<W> {
    /// Writes to `to`; only one shipment's, where one is named.
    pub fn new(to: W, shipment: Option<String>) -> Self {
        Self {
            to,
            shipment,
            shipments: BTreeMap::new(),
            probes: Probes::default(),
            others: BTreeMap::new(),
            told: BTreeSet::new(),
            rejections: Vec::new(),
            more_rejections: 0,
            ahead: Vec::new(),
        }
    }

    fn refuse(&mut self, line: String) {
        if self.rejections.len() < SHOWN {
            self.rejections.push(line);
        } else {
            self.more_rejections += 1;
        }
    }

    fn story(&mut self, shipment: &str) -> Option<&mut ShipmentLines> {
        let wanted = self.shipment.as_deref().is_none_or(|wanted| wanted == shipment);
        wanted.then(|| self.shipments.entry(shipment.to_owned()).or_default())
    }
}

impl<W: Write> Report for TimelineReport<W> {
    fn output(&mut self, output: &Output) -> io::Result<()> {
        match &output.what {
            OutputKind::Finding(finding) => {
                let Some(story) = self.story(finding.shipment.as_str()) else { return Ok(()) };
                story.find(finding);
            }
            OutputKind::Incident(incident) => {
                let Some(story) = self.story(incident.shipment.as_str()) else { return Ok(()) };
                story.incident = Some(incident.clone());
            }
            OutputKind::Expired(event, reason) => {
                self.refuse(format!("{} {}: {reason}", event.subject, event.at));
            }
        }
        Ok(())
    }

    fn rejection(&mut self, rejection: &Rejection) -> io::Result<()> {
        self.refuse(rejection.to_string());
        Ok(())
    }

    fn ahead(&mut self, ahead: &Ahead) -> io::Result<()> {
        self.ahead.push(format!("{}:{}: {}", ahead.file, ahead.record, ahead.reason));
        Ok(())
    }

    fn fact(&mut self, event: &Event) {
        self.probes.take(event);
        let with = match (&event.fact, event.subject.kind) {
            (_, SubjectKind::Shipment) => Some(event.subject.id.to_string()),
            (Fact::Device(DeviceFact::Attached(a)), _) => {
                a.shipment.as_ref().map(ToString::to_string)
            }
            (Fact::Store(StoreFact::Holds(h)), _) => Some(h.shipment.to_string()),
            (Fact::Store(StoreFact::NoLongerHolds(h)), _) => Some(h.shipment.to_string()),
            (Fact::System(SystemFact::Dose(_) | SystemFact::Ledger(_)), _) => None,
            (_, SubjectKind::Order | SubjectKind::Permit) => {
                if self.told.insert((event.subject.clone(), event.identity())) {
                    self.others.entry(event.subject.clone()).or_default().push(event.clone());
                }
                None
            }
            _ => None,
        };
        // The same report again is told once.
        if let Some(shipment) = with
            && self.told.insert((event.subject.clone(), event.identity()))
            && let Some(story) = self.story(&shipment)
        {
            story.fact(event);
        }
    }

    fn summary(&mut self, summary: &Summary) -> io::Result<()> {
        for story in self.shipments.values_mut() {
            for subject in story.cites.clone() {
                self.others.get(&subject).into_iter().flatten().for_each(|event| story.fact(event));
            }
        }
        let only = self.shipment.is_some();
        let mut told: Vec<(&String, &mut ShipmentLines)> =
            self.shipments.iter_mut().filter(|(_, story)| only || story.worst.is_some()).collect();
        told.sort_by_key(|(id, story)| (story.worst, story.is_over(), (*id).clone()));
        if !told.is_empty() {
            writeln!(self.to, "All times are UTC.\n")?;
        }
        for (id, story) in &mut told {
            story.write(id, story.words.known(&self.probes, id), &mut self.to)?;
        }
        let mut clean: BTreeMap<Known, Vec<&str>> = BTreeMap::new();
        for (id, story) in &self.shipments {
            if !only && story.worst.is_none() {
                clean.entry(story.words.known(&self.probes, id)).or_default().push(id);
            }
        }
        for known in Known::ALL {
            let Some(shipments) = clean.get(&known) else { continue };
            let first = shipments.get(..SHOWN.min(shipments.len())).unwrap_or_default().join(", ");
            let more = if shipments.len() > SHOWN { ", …" } else { "" };
            let (sentence, count) = (known.of_several(), count_of(shipments.len()));
            writeln!(self.to, "{sentence} {count}: {first}{more}\n")?;
        }
        self.write_ahead()?;
        self.write_rejections()?;
        write_summary(&mut self.to, summary)?;
        self.to.flush()
    }
}

impl<W: Write> TimelineReport<W> {
    fn write_ahead(&mut self) -> io::Result<()> {
        if self.ahead.is_empty() {
            return Ok(());
        }
        writeln!(self.to, "Stamps that are ahead:")?;
        for line in self.ahead.iter().take(SHOWN) {
            writeln!(self.to, "  {line}")?;
        }
        if let Some(more) = self.ahead.len().checked_sub(SHOWN + 1) {
            writeln!(self.to, "  … and {} more (--output ndjson shows all)", more + 1)?;
        }
        writeln!(self.to)
    }

    fn write_rejections(&mut self) -> io::Result<()> {
        if self.rejections.is_empty() {
            return Ok(());
        }
        writeln!(self.to, "Not taken in:")?;
        for line in &self.rejections {
            writeln!(self.to, "  {line}")?;
        }
        if self.more_rejections > 0 {
            writeln!(self.to, "  … and {} more (--output ndjson shows all)", self.more_rejections)?;
        }
        writeln!(self.to)
    }
}

fn count_of(shipments: usize) -> String {
    if shipments == 1 { "1 shipment".to_owned() } else { format!("{shipments} shipments") }
}

fn write_summary(to: &mut impl Write, s: &Summary) -> io::Result<()> {
    writeln!(to, "read {}: routed {}, rejected {}", s.read, s.routed, s.rejected)?;
    if s.unstamped > 0 {
        writeln!(
            to,
            "{} did not say when they arrived (`arrivedat`) and count as arriving behind all others: nothing before that was judged as late or missing",
            s.unstamped
        )?;
    }
    let waiting = if s.pending > 0 { " (waiting for an attachment, or for a person)" } else { "" };
    let lost = if s.expired > 0 { " (claimed by no attachment in time)" } else { "" };
    let Summary { routed, processed, pending, expired, duplicate, .. } = s;
    writeln!(
        to,
        "routed {routed}: processed {processed}, pending {pending}{waiting}, expired {expired}{lost}, duplicate {duplicate}"
    )?;
    let counts: Vec<String> = s.rules.iter().map(|(rule, n)| format!("{rule} {n}")).collect();
    writeln!(
        to,
        "raised: {}",
        if counts.is_empty() { "nothing".to_owned() } else { counts.join(", ") }
    )
}
