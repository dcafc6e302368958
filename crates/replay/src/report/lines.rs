//! One JSON object a line, the summary last; every line before it goes into the summary's hash.

use super::Report;
use crate::ahead::Ahead;
use crate::run::Summary;
use alerts::Incident;
use facts::{Event, Finding, Moment};
use pipeline::{Output, OutputKind};
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::io::{self, Write};
use wire::Rejection;

/// Writes lines, for one shipment or for all.
pub struct LinesReport<W: Write> {
    to: W,
    shipment: Option<String>,
    hash: Sha256,
}

impl<W: Write> LinesReport<W> {
    /// Writes to `to`; only one shipment's, where one is named.
    pub fn new(to: W, shipment: Option<String>) -> Self {
        Self { to, shipment, hash: Sha256::new() }
    }
    fn wants(&self, shipment: &str) -> bool {
        self.shipment.as_deref().is_none_or(|wanted| wanted == shipment)
    }
    fn line(&mut self, value: &Value) -> io::Result<()> {
        let mut text = value.to_string();
        text.push('\n');
        self.hash.update(text.as_bytes());
        self.to.write_all(text.as_bytes())
    }
}

impl<W: Write> Report for LinesReport<W> {
    fn output(&mut self, output: &Output) -> io::Result<()> {
        match &output.what {
            OutputKind::Finding(f) if self.wants(f.shipment.as_str()) => self.line(&finding(f)),
            OutputKind::Incident(i) if self.wants(i.shipment.as_str()) => self.line(&incident(i)),
            OutputKind::Expired(event, reason) => self.line(&expired(event, reason, output.learnt)),
            _ => Ok(()),
        }
    }
    fn rejection(&mut self, rejection: &Rejection) -> io::Result<()> {
        self.line(&with_kind("rejection", rejection))
    }
    fn ahead(&mut self, ahead: &Ahead) -> io::Result<()> {
        self.line(&with_kind("ahead", ahead))
    }
    fn summary(&mut self, summary: &Summary) -> io::Result<()> {
        let mut value = with_kind("summary", summary);
        let hash = self.hash.clone().finalize();
        value["hash"] = hash.iter().map(|b| format!("{b:02x}")).collect::<String>().into();
        writeln!(self.to, "{value}")?;
        self.to.flush()
    }
}

fn with_kind(kind: &str, of: &impl Serialize) -> Value {
    let mut value = serde_json::to_value(of).unwrap_or_default();
    value["kind"] = kind.into();
    value
}

/// A finding as programs read it.
pub fn finding(f: &Finding) -> Value {
    json!({
        "kind": "finding",
        "code": f.code,
        "rule": f.name.rule,
        "name": format!("{}/{}:{}", f.name.rule, f.name.offset, f.name.index),
        "shipment": f.shipment,
        "about": f.name.about,
        "state": f.state,
        "severity": f.severity,
        "verdict": f.verdict,
        "latched": f.latched,
        "happened": f.happened,
        "until": f.until,
        "learnt": f.learnt,
        "sentence": f.sentence,
        "evidence": f.evidence,
        "unknown_minutes": f.unknown.as_minutes(),
        "figures": f.figures,
        "compromises": f.compromises,
        "deadline": f.deadline,
        "action": f.action,
        "rulebook": f.rulebook,
        "behaviour": f.behaviour,
    })
}

/// The card as people read it: what it says as data stands in the log.
pub fn incident(i: &Incident) -> Value {
    let mut card = with_kind("incident", i);
    if let Some(members) = card.as_object_mut() {
        for as_data in ["headline_message", "missed_message", "refused_act"] {
            members.remove(as_data);
        }
    }
    card
}

fn expired(event: &Event, reason: &str, learnt: Moment) -> Value {
    json!({
        "kind": "rejection",
        "code": "unclaimed",
        "reason": reason,
        "place": { "source": event.source, "id": event.id },
        "record": wire::native::write(event, &wire::native::Extensions::default()),
        "subject": event.subject.to_string(),
        "happened": event.at,
        "learnt": learnt,
    })
}
