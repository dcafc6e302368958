//! A plan whose id was pasted with a character that nobody sees, as bytes on the inbound topic: it is judged under the id that is
//! left, that is told once, and a replay of the same bytes says the same.

use crate::driver::Driver;
use crate::outputs::{Outputs, findings};
use crate::site::{Backing, Site};
use facts::{Finding, Moment, Origin, ShortText, Span, Subject, SubjectKind};
use libtest_mimic::{Failed, Trial};
use pipeline::{GRID, OutputKind, Pipeline};
use std::collections::BTreeSet;
use stream::NewRecord;
use wire::{Limits, native};

const PARTITIONS: u16 = 4;

pub(crate) fn trials(backing: Backing) -> Vec<Trial> {
    let name = format!("{}: a plan with a hidden character is judged", backing.name());
    vec![Trial::test(name, move || hidden_over(backing))]
}

fn line(id: &str, kind: &str, subject: &str, minute: u32, data: &str) -> String {
    format!(
        r#"{{"specversion":"1.0","id":"{id}","source":"planner","type":"coldwatch.{kind}.v1","subject":"{subject}","time":"2026-03-01T08:{minute:02}:00Z","arrivedat":"2026-03-01T08:{minute:02}:00Z","data":{data}}}"#
    )
}

/// What a planner pastes, a courier scans, and a clerk types.
fn lines() -> Vec<String> {
    let plan = r#"{"version":1,"kind":"vector","profile":"PHARM_2_8","consignor":"PUURS","consignee":"LEUVEN","legs":[{"id":"L1","mode":"road","carrier":"VAN\u200b","from":"PUURS","to":"LEUVEN","departs":"2026-03-01T08:00:00Z","arrives":"2026-03-01T12:00:00Z"}]}"#;
    let qualified = r#"{"scope":"custody","from":"2026-01-01T00:00:00Z"}"#;
    let qualified =
        |party: &str| line(&format!("q-{party}"), "party.qualified", party, 0, qualified);
    let mut all: Vec<String> = ["PUURS", "VAN", "LEUVEN"].map(qualified).into();
    all.extend([
        line("p-1", "shipment.planned", "SHP-\u{200b}0001", 1, plan),
        line("r-1", "shipment.released", "SHP-0001", 5, r#"{"by":"PUURS","to":"VAN"}"#),
        line("a-1", "shipment.accepted", "\\u202eSHP-0001", 6, r#"{"by":"VAN"}"#),
        line("p-2", "shipment.planned", "SHP-OOO1", 8, plan),
    ]);
    all.extend((0..20).map(|n| {
        let id = format!("n-{n}");
        line(
            &id,
            "shipment.noted",
            "SHP-\u{feff}0001",
            10 + n,
            r#"{"by":"ANNA","text":"on its way"}"#,
        )
    }));
    all
}

/// Code, state, shipment and sentence of each.
fn said<'f>(findings: impl Iterator<Item = &'f Finding>) -> BTreeSet<String> {
    let say = |f: &Finding| format!("{} {} {}: {}", f.code, f.state, f.shipment, f.sentence);
    findings.map(say).collect()
}

/// A replay of the same bytes.
fn replayed(lines: &[String], until: Moment) -> Result<BTreeSet<String>, Failed> {
    let book = crate::load::book();
    let mut pipeline = Pipeline::new(&book).map_err(|stop| stop.to_string())?;
    for (offset, line) in (0..).zip(lines) {
        let read = native::read(line.as_bytes(), &Limits::default()).map_err(|e| e.to_string())?;
        let (service, topic) = (ShortText::new("intake/1"), ShortText::new("recording"));
        let origin = Origin { service, topic, partition: 0, offset, index: 0 };
        let arrived = read.extensions.arrived_at.ok_or("a line says when it arrived")?;
        pipeline.feed(arrived, read.event, origin).map_err(|stop| stop.to_string())?;
    }
    pipeline.advance(until).map_err(|stop| stop.to_string())?;
    let outputs = pipeline.take_outputs();
    let finding = |what: &OutputKind| match what {
        OutputKind::Finding(finding) => Some((**finding).clone()),
        _ => None,
    };
    let all: Vec<Finding> = outputs.iter().filter_map(|output| finding(&output.what)).collect();
    Ok(said(all.iter()))
}

fn hidden_over(backing: Backing) -> Result<(), Failed> {
    let begin: Moment = "2026-03-01T08:00:00Z".parse()?;
    let lines = lines();
    let driver = Driver::new(Site::open(backing, PARTITIONS, &crate::load::book(), begin));
    let mut outputs = Outputs::of(&driver.site);
    let names = &driver.site.names;
    let topic = names.other("inbound.events");
    let mut now = begin;
    for line in &lines {
        // A foreign producer keys by the id as it wrote it: that decides nothing.
        let value: serde_json::Value = serde_json::from_str(line)?;
        let arrived: Moment = value["arrivedat"].as_str().unwrap_or_default().parse()?;
        while now < arrived {
            now = now + GRID;
            driver.strike(&[now]);
        }
        let key =
            Subject::new(SubjectKind::Shipment, value["subject"].as_str().unwrap_or_default());
        let new_record = NewRecord {
            topic: topic.as_str().into(),
            partition: key.partition(names.partitions),
            key: key.to_string().into_bytes(),
            value: line.clone().into_bytes(),
        };
        coldwatch::topics::append(&*driver.site.log, vec![new_record])?;
        driver.drain_all();
    }
    let until = now + Span::hours(1);
    while now < until {
        now = now + Span::minutes(5);
        driver.strike(&[now.floor(GRID)]);
    }
    let taken = outputs.take(&driver.site);
    let lived = said(findings(&taken));
    let hidden: Vec<&String> = lived.iter().filter(|said| said.starts_with("SYS-HIDE")).collect();
    let sentence = "SYS-HIDE raised SHP-0001: planner wrote `p-1` with hidden characters, U+200B in /subject, U+200B in /data/legs/0/carrier: without them it speaks of shipment:SHP-0001, and so it is judged";
    if hidden.len() != 2 || !hidden.iter().any(|said| *said == sentence) {
        return Err(format!("told: {hidden:#?}").into());
    }
    let twins = lived.iter().filter(|said| said.starts_with("SYS-TWIN raised")).count();
    let shipments: BTreeSet<&str> =
        findings(&taken).map(|finding| finding.shipment.as_str()).collect();
    if twins != 2 || shipments != BTreeSet::from(["SHP-0001", "SHP-OOO1"]) {
        return Err(format!("{twins} twins on {shipments:?}").into());
    }
    // No release by a stranger to a stranger: the plan stands, and the courier of the plan is the one that scanned.
    if let Some(wrong) = lived.iter().find(|said| said.starts_with("CUS-03")) {
        return Err(format!("judged without its plan: {wrong}").into());
    }
    let replayed = replayed(&lines, until)?;
    let differ: Vec<&String> = lived.symmetric_difference(&replayed).collect();
    match differ[..] {
        [] => Ok(()),
        _ => Err(format!("live and replay differ: {differ:#?}").into()),
    }
}
