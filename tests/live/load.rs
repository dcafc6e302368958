//! A hundred thousand events over every backing: the settled verdicts are those of a replay, and the journal that was
//! recorded, played again, gives the same findings byte for byte.

use crate::driver::Driver;
use crate::is_long;
use crate::outputs::{Outputs, findings};
use crate::site::{Backing, Site};
use crate::verdicts::{Verdict, settled};
use alerts::ExceptionInput;
use coldwatch::services;
use coldwatch::services::names::TopicNames;
use facts::{Event, Fact, Moment, Origin, Rulebook, ShortText, Span, SystemFact};
use fold::{Admission, DedupTable, Payload};
use libtest_mimic::{Failed, Trial};
use pipeline::{GRID, OutputKind, Pipeline, Topic, bytes};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use stream::Log;
use wire::{Limits, native};

/// So many shipments, and so many of their events: as many as two minutes play, or all of a week in the long form.
fn size() -> (u32, usize) {
    if is_long() { (330, 100_000) } else { (110, 30_000) }
}
/// On a broker fewer, because each one is asked over the network how far it has come; and so few that each engine tells its state, which it
/// does every ten thousand entries.
fn partitions(backing: Backing) -> u16 {
    match (backing, is_long()) {
        (_, false) => 2,
        (Backing::Kafka, true) => 4,
        (_, true) => 8,
    }
}
/// Log time goes on in steps of so much: less than any logger may be silent.
const STEP: Span = Span::minutes(10);

pub(crate) fn trials(backing: Backing) -> Vec<Trial> {
    let (_, events) = size();
    let name = format!(
        "{}: {events} events give the verdicts of a replay, and their journal the same findings",
        backing.name()
    );
    vec![Trial::test(name, move || week_over(backing))]
}

/// The events of a week in the order of their arrival.
pub(crate) fn week(shipments: u32) -> Vec<(Moment, Event)> {
    let mut week: Vec<(Moment, Event)> = simulate::make(4, shipments)
        .inbound
        .into_iter()
        .map(|arrival| (arrival.at, arrival.event))
        .collect();
    week.sort_by_key(|(at, _)| *at);
    week
}

/// The rulebook of this release; a stage may be silent for longer than a step of the test's clock takes.
pub(crate) fn book() -> Rulebook {
    let shipped = pipeline::rulebook::shipped().expect("the rulebook is fit").book;
    scenario::beside(shipped, "[\"system/stage-silent\"]\nafter = \"400 d\"").expect("a number")
}

/// When all that follows from a week has followed.
fn end(week: &[(Moment, Event)]) -> Moment {
    week.last().map_or(Moment::EARLIEST, |(at, _)| *at).ceil(Span::days(1)) + Span::days(1)
}

/// The verdicts of a replay of the same events.
fn reference(week: &[(Moment, Event)]) -> &'static [Verdict] {
    static VERDICTS: OnceLock<Vec<Verdict>> = OnceLock::new();
    VERDICTS.get_or_init(|| replayed(week))
}

pub(crate) fn replayed(week: &[(Moment, Event)]) -> Vec<Verdict> {
    let mut pipeline = Pipeline::new(&book()).expect("the rules can be used");
    for (n, (at, event)) in (1..).zip(week) {
        let (service, topic) = (ShortText::new("intake/1"), ShortText::new("week"));
        let origin = Origin { service, topic, partition: 0, offset: n, index: 0 };
        pipeline.feed(*at, event.clone(), origin).expect("nothing stops");
    }
    pipeline.advance(end(week)).expect("nothing stops");
    settled(findings(&pipeline.finish()), &[])
}

/// In how many steps a week is sent.
pub(crate) fn steps(week: &[(Moment, Event)]) -> usize {
    let (mut at, mut next, mut steps) = (Moment::EARLIEST, 0, 0);
    while next < week.len() {
        at = (at + STEP).max(week[next].0).floor(GRID);
        while week.get(next).is_some_and(|(arrived, _)| *arrived <= at + GRID) {
            next += 1;
        }
        steps += 1;
    }
    steps
}

/// Sends a week step by step, and between steps whatever the test does beside.
pub(crate) fn send_week(
    driver: &mut Driver,
    week: &[(Moment, Event)],
    beside: impl FnMut(&mut Driver, usize),
) {
    let mut at = send_part(driver, week, beside);
    let end = end(week);
    while at < end {
        at = (at + Span::hours(3)).min(end);
        driver.strike(&[at]);
    }
}

/// Sends a part of a week in the same way, and says up to where the clock was struck.
pub(crate) fn send_part(
    driver: &mut Driver,
    week: &[(Moment, Event)],
    mut beside: impl FnMut(&mut Driver, usize),
) -> Moment {
    let mut at = week.first().map_or(Moment::EARLIEST, |(at, _)| *at);
    let (mut next, mut steps) = (0, 0);
    while next < week.len() {
        let from = next;
        // Nothing happens for weeks before the first shipment: such steps are long.
        at = (at + STEP).max(week[next].0).floor(GRID);
        while week.get(next).is_some_and(|(arrived, _)| *arrived <= at + GRID) {
            next += 1;
        }
        let events: Vec<Event> = week[from..next].iter().map(|(_, event)| event.clone()).collect();
        driver.send(&events);
        // What has arrived is in `facts` before the clock strikes there, unless intake has just been ended.
        if driver.site.runs(services::all()[0]) {
            driver.drain(&services::all()[..1]);
        }
        driver.strike_topic(Topic::Facts, &[at]);
        driver.strike_topic(Topic::Exceptions, &[at]);
        steps += 1;
        // Time must not run hours ahead of services that are only busy: that would be silence, and rightly found.
        if steps % 5 == 0 && services::all().iter().all(|service| driver.site.runs(*service)) {
            driver.drain_all();
        }
        beside(driver, steps);
    }
    driver.drain_all();
    at
}

fn week_over(backing: Backing) -> Result<(), Failed> {
    let (shipments, events) = size();
    let mut week = week(shipments);
    week.truncate(events);
    assert_eq!(week.len(), events, "the week is long enough");
    let begin = week[0].0.floor(GRID);
    let mut driver = Driver::new(Site::open(backing, partitions(backing), &book(), begin));
    let mut outputs = Outputs::of(&driver.site);
    let began = Instant::now();
    send_week(&mut driver, &week, |_, _| {});
    eprintln!("{}: {events} events in {:.1?}", backing.name(), began.elapsed());
    let came = outputs.take(&driver.site);
    if !outputs.gaps().is_empty() {
        return Err(format!("holes stand: {:?}", outputs.gaps()).into());
    }
    let lived = settled(findings(&came), &[]);
    differ(reference(&week), &lived)?;
    let (recorded, replayed) = (
        recorded(&*driver.site.log, &driver.site.names),
        replay_of_journal(&*driver.site.log, &driver.site.names),
    );
    if recorded.is_empty() || recorded != replayed {
        let only = |a: &[String], b: &[String]| a.iter().find(|line| !b.contains(line)).cloned();
        return Err(format!(
            "{} findings were recorded and {} replayed; only recorded: {:?}; only replayed: {:?}",
            recorded.len(),
            replayed.len(),
            only(&recorded, &replayed),
            only(&replayed, &recorded)
        )
        .into());
    }
    let (log, names) = (&*driver.site.log, &driver.site.names);
    let (told, again) = (states_recorded(log, names), states_replayed(log, names));
    eprintln!("{}: {} states of engines were told", backing.name(), told.len());
    if told.is_empty() || told != again {
        let only = told.symmetric_difference(&again).next();
        return Err(format!("a service's state is not that of its replay: {only:?}").into());
    }
    Ok(())
}

/// Says where two lists of verdicts differ.
pub(crate) fn differ(expected: &[Verdict], lived: &[Verdict]) -> Result<(), Failed> {
    if expected.is_empty() {
        return Err("nothing was found, so nothing was compared".into());
    }
    let only = |a: &[Verdict], b: &[Verdict]| -> Vec<Verdict> {
        a.iter().filter(|verdict| !b.contains(verdict)).take(5).cloned().collect()
    };
    let (missed, added) = (only(expected, lived), only(lived, expected));
    match missed.is_empty() && added.is_empty() && expected.len() == lived.len() {
        true => Ok(()),
        false => Err(format!(
            "{} verdicts in a replay, {} here; missed, for one: {missed:#?}; added: {added:#?}",
            expected.len(),
            lived.len()
        )
        .into()),
    }
}

/// What the engines have written, in the order of partition and of each engine.
pub(crate) fn recorded(log: &dyn Log, names: &TopicNames) -> Vec<String> {
    let mut all: BTreeMap<(u16, String), Vec<String>> = BTreeMap::new();
    let mut seen: BTreeMap<u16, DedupTable> = BTreeMap::new();
    for_each(log, names, Topic::Exceptions, |partition, record| {
        let heard =
            bytes::exception(record.offset, &record.value).expect("our own record can be read");
        // What a process wrote before it died, and had not committed, the next one writes again.
        let (origin, after) = (heard.record.origin.as_ref(), heard.record.after.as_ref());
        if seen.entry(partition).or_default().admit(origin, after) != Admission::New {
            return;
        }
        let engine = heard.record.origin.as_ref().map(|origin| origin.service.to_string());
        let engine = engine.and_then(|service| Some(service.split('/').next()?.to_owned()));
        let Some(engine) = engine.filter(|engine| pipeline::engines::names().contains(&&**engine))
        else {
            return;
        };
        if let Payload::Input { input: ExceptionInput::Finding(finding), .. } = heard.record.payload
        {
            let line = serde_json::to_string(&finding).expect("JSON");
            all.entry((partition, engine)).or_default().push(line);
        }
    });
    all.into_values().flatten().collect()
}

/// The states that engines have told, each with its partition.
pub(crate) fn states_recorded(log: &dyn Log, names: &TopicNames) -> BTreeSet<(u16, String)> {
    let mut all = BTreeSet::new();
    for_each(log, names, Topic::Exceptions, |partition, record| {
        let read = native::read(&record.value, &Limits::of_ours()).map(|read| read.event.fact);
        if let Ok(Fact::System(SystemFact::StateHash(state))) = read {
            all.insert((partition, format!("{state:?}")));
        }
    });
    all
}

/// Those that a replay of the recorded journal comes to.
pub(crate) fn states_replayed(log: &dyn Log, names: &TopicNames) -> BTreeSet<(u16, String)> {
    let mut pipeline = Pipeline::empty();
    for_each(log, names, Topic::Journal, |partition, record| {
        let entry = bytes::journal(partition, record.offset, &record.value);
        pipeline.play(entry.expect("our own record can be read")).expect("nothing stops");
    });
    pipeline.states().map(|(partition, state)| (partition, format!("{state:?}"))).collect()
}

/// What a replay of the recorded journal says.
pub(crate) fn replay_of_journal(log: &dyn Log, names: &TopicNames) -> Vec<String> {
    let mut all: BTreeMap<(u16, String), Vec<String>> = BTreeMap::new();
    let mut pipeline = Pipeline::empty();
    for_each(log, names, Topic::Journal, |partition, record| {
        let entry = bytes::journal(partition, record.offset, &record.value);
        pipeline.play(entry.expect("our own record can be read")).expect("nothing stops");
    });
    for output in pipeline.finish() {
        let OutputKind::Finding(finding) = &output.what else { continue };
        let engine = finding.name.rule.split('/').next().unwrap_or_default().to_owned();
        if pipeline::engines::names().contains(&&*engine) {
            let line = serde_json::to_string(finding).expect("JSON");
            all.entry((output.partition, engine)).or_default().push(line);
        }
    }
    all.into_values().flatten().collect()
}

/// Every record of a topic, partition by partition.
pub(crate) fn for_each(
    log: &dyn Log,
    names: &TopicNames,
    topic: Topic,
    mut take: impl FnMut(u16, stream::Record),
) {
    let name = names.topic(topic);
    for partition in 0..names.partitions {
        let end = log.range(&name, partition).expect("a range").end;
        let mut reader = log.read(&name, &[(partition, 0)]).expect("it can be read");
        let (mut next, mut records) = (0, Vec::new());
        let until = Instant::now() + Duration::from_secs(60);
        while next < end {
            assert!(Instant::now() < until, "{name} shows no more than {next} of {end}");
            reader.poll(Duration::from_millis(100), &mut records).expect("it can be read");
            for (_, record) in records.drain(..).filter(|(_, record)| record.offset < end) {
                next = record.offset + 1;
                take(partition, record);
            }
        }
    }
}
