//! *Every event is counted*, at work: every event that was sent is told of, once, on every backing.

use crate::driver::Driver;
use crate::load;
use crate::site::{Backing, Site, program};
use coldwatch::services::{CommitMetadata, Service};
use facts::{Event, Moment};
use libtest_mimic::{Failed, Trial};
use pipeline::{GRID, Topic};
use std::process::Command;
use stream::NewRecord;

pub(crate) fn trials(backing: Backing) -> Vec<Trial> {
    let name = format!(
        "{}: what was sent is processed, pending, expired, duplicate or rejected, exactly",
        backing.name()
    );
    vec![Trial::test(name, move || counted_over(backing))]
}

/// The counts of a service at what it has committed.
pub(crate) fn note(site: &Site, service: Service) -> CommitMetadata {
    let topic = match service.reads() {
        Some(topic) => site.names.topic(topic).to_string(),
        None => site.names.other("inbound.events"),
    };
    let group = site.names.other(service.name());
    let points = site.asks(|log| log.committed(&group, &topic));
    let mut sum = CommitMetadata::default();
    for note in points.values().map(|point| CommitMetadata::read(&point.note)) {
        sum.read += note.read;
        sum.routed += note.routed;
        sum.rejected += note.rejected;
        sum.processed += note.processed;
        sum.pending += note.pending;
        sum.expired += note.expired;
        sum.duplicate += note.duplicate;
        sum.unreadable += note.unreadable;
        sum.gaps += note.gaps;
    }
    sum
}

fn counted_over(backing: Backing) -> Result<(), Failed> {
    let week = load::week(8);
    let begin = week[0].0.floor(GRID);
    let mut driver = Driver::new(Site::open(backing, 4, &load::book(), begin));
    load::send_week(&mut driver, &week, |_, _| {});
    let events: Vec<Event> = week.iter().map(|(_, event)| event.clone()).collect();
    // The same again, a staff act twice, and records that nobody can read.
    driver.send(&events[..500]);
    let shipment = events.iter().find_map(|event| event.subject.shipment()).expect("a shipment");
    let act = scenario::event(
        week.last().map_or(Moment::EARLIEST, |(at, _)| *at),
        &format!("{shipment} incident acknowledged by DUTY-ANNA: seen"),
        "act-1",
    )?;
    driver.send(&[act.clone(), act]);
    let broken = [&b"not json"[..], b"{\"specversion\":\"1.0\"}", b"\xff\xff", b""];
    let topic = driver.site.names.other("inbound.events");
    let new_record = |value: &[u8]| NewRecord {
        topic: topic.as_str().into(),
        partition: 1,
        key: Vec::new(),
        value: value.to_vec(),
    };
    let new_records = broken.into_iter().map(new_record).collect();
    coldwatch::topics::append(&*driver.site.log, new_records).expect("the log takes them");
    driver.drain_all();

    let site = &driver.site;
    let intake = note(site, Service::Intake);
    let (dispatch, alerts) = (note(site, Service::Dispatch), note(site, Service::Alerts));
    let sent = (events.len() + 500 + 2 + broken.len()) as u64;
    assert_eq!((intake.read, intake.rejected), (sent, broken.len() as u64));
    assert_eq!(intake.routed, intake.read - intake.rejected);
    assert_eq!((alerts.processed, alerts.duplicate), (1, 1), "the act, and the act again");
    assert!(dispatch.duplicate >= 500, "{dispatch:?}");
    let fates = |n: &CommitMetadata| n.processed + n.pending + n.expired + n.duplicate;
    assert_eq!(intake.routed, fates(&dispatch) + fates(&alerts), "{dispatch:?}");
    assert_eq!((dispatch.unreadable, dispatch.gaps), (0, 0));
    let mut rejects = Vec::new();
    load::for_each(&*site.log, &site.names, Topic::Rejects, |_, record| {
        let event: serde_json::Value = serde_json::from_slice(&record.value).expect("JSON");
        rejects.push(event["data"]["code"].as_str().unwrap_or_default().to_owned());
    });
    rejects.sort();
    assert_eq!(rejects, ["missing-member", "not-json", "not-json", "not-utf8"]);
    if backing == Backing::Kafka {
        doctor(site)?;
    }
    Ok(())
}

/// The same counts, as people ask for them.
fn doctor(site: &Site) -> Result<(), Failed> {
    let output =
        Command::new(program()).arg("doctor").arg("--config").arg(site.configuration()).output()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    match output.status.code() == Some(0)
        && text.contains("ok     routed")
        && text.contains("nothing is wrong")
    {
        true => Ok(()),
        false => Err(format!("{text}{}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}
