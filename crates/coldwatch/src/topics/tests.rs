#![allow(clippy::unwrap_used)]

use super::*;
use facts::{Moment, SystemFact};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use stream::MemoryLog;

const DAY: i64 = 86_400_000;
/// 1 March 2026, 08:00:02.
const NOW: i64 = 1_772_352_002_000;

fn clock_at(time: &Arc<AtomicI64>) -> Clock {
    let time = time.clone();
    Arc::new(move || time.load(Ordering::Relaxed))
}

/// A log and its clock, and a machine and its clock.
struct Place {
    log: MemoryLog,
    machine: Arc<AtomicI64>,
    names: TopicNames,
    book: Rulebook,
    inbound: Vec<String>,
}

impl Place {
    fn new(ahead: i64) -> Self {
        Self {
            log: MemoryLog::new(Arc::new(|| NOW)),
            machine: Arc::new(AtomicI64::new(NOW + ahead)),
            names: TopicNames::with("", 2),
            book: pipeline::rulebook::shipped().unwrap().book,
            inbound: vec!["inbound.events".into()],
        }
    }
    fn plan(&self) -> TopicPlan<'_> {
        TopicPlan { names: &self.names, generation: 1, inbound: &self.inbound }
    }
    fn create(&self) -> Result<Made, StreamError> {
        self.plan().create(&self.log, &self.book, clock_at(&self.machine))
    }
    /// The moments of all strokes that stand in the log.
    fn strokes(&self) -> Vec<i64> {
        let mut strokes = Vec::new();
        for topic in [Topic::Facts, Topic::Journal, Topic::Exceptions] {
            for partition in 0..self.names.partitions {
                let name = self.names.topic(topic);
                for at in self.log.range(&name, partition).unwrap() {
                    let record = record(&self.log, &name, partition, at).unwrap();
                    let read = native::read(&record.value, &Limits::of_ours()).unwrap();
                    if matches!(read.event.fact, Fact::System(SystemFact::Tick(_))) {
                        strokes.push(read.event.at.millis());
                    }
                }
            }
        }
        strokes
    }
}

#[test]
fn a_clock_that_is_a_day_ahead_or_behind_begins_nothing() {
    for ahead in [DAY, -DAY, 2_001, -2_001] {
        let place = Place::new(ahead);
        let Err(StreamError::Configuration(refused)) = place.create() else {
            panic!("a clock {ahead} ms ahead began time")
        };
        let both = [Moment::from_millis(NOW + ahead), Moment::from_millis(NOW)];
        assert!(both.iter().all(|at| refused.contains(&at.to_string())), "{refused}");
        assert_eq!(place.strokes(), Vec::<i64>::new());
        assert!(!place.plan().check(&place.log).unwrap().is_empty());
        // Put right, it goes on where it was.
        place.machine.store(NOW, Ordering::Relaxed);
        place.create().unwrap();
        assert_eq!(place.plan().check(&place.log).unwrap(), Vec::<String>::new());
        assert_eq!(place.strokes(), [NOW - 2_000; 6], "on the grid of strokes, and not ahead");
    }
}

#[test]
fn a_clock_that_differs_by_two_seconds_is_right_enough() {
    for ahead in [2_000, -2_000] {
        let place = Place::new(ahead);
        assert_eq!(place.create().unwrap().records, 20);
        assert_eq!(place.strokes(), [NOW - 2_000; 6]);
        assert_eq!(place.create().unwrap().records, 0, "done twice it does nothing");
    }
}

#[test]
fn what_was_left_before_the_stroke_goes_on_by_the_logs_clock() {
    let place = Place::new(DAY);
    let plan = place.plan();
    plan.create_topics(&place.log, &mut Made::default()).unwrap();
    for step in 0..2 {
        plan.step(&place.log, step, &place.book, &mut Begin::At(NOW)).unwrap();
    }
    place.create().ok();
    assert!(place.strokes().iter().all(|at| *at <= NOW), "{:?}", place.strokes());
}

#[test]
fn topics_that_are_half_made_are_named_one_by_one() {
    let place = Place::new(0);
    let plan = place.plan();
    let wrong = || plan.check(&place.log).unwrap();
    assert_eq!(wrong().len(), 6, "every topic is missing: {:?}", wrong());
    assert!(wrong().iter().all(|w| w.contains("is missing: run `coldwatch topics create`")));
    plan.create_topics(&place.log, &mut Made::default()).unwrap();
    for step in 0..2 {
        let lacks = wrong();
        for topic in ["facts", "journal", "exceptions"] {
            for partition in 0..2 {
                let line = format!("partition {partition} of {topic} lacks its first records");
                assert!(lacks.iter().any(|w| w.starts_with(&line)), "{line}: {lacks:?}");
            }
        }
        plan.step(&place.log, step, &place.book, &mut Begin::At(NOW)).unwrap();
    }
    assert_eq!(wrong().len(), 6, "each lacks its stroke, and alerts needs none: {:?}", wrong());
    place.create().unwrap();
    assert_eq!(wrong(), Vec::<String>::new());
}

#[test]
fn a_trimmed_topic_is_called_so_but_facts_may_be() {
    for (topic, partitions) in [("journal", 2), ("exceptions", 2), ("alerts", 2), ("facts", 0)] {
        let place = Place::new(0);
        place.create().unwrap();
        (0..2).for_each(|partition| place.log.trim(topic, partition, 1));
        let wrong = place.plan().check(&place.log).unwrap();
        assert_eq!(wrong.len(), partitions, "each partition of {topic}: {wrong:?}");
        let says = format!("of {topic} begins at 1: it was trimmed, and is needed whole");
        assert!(wrong.iter().all(|wrong| wrong.contains(&says)), "{wrong:?}");
        let made = place.plan().create_at(&place.log, &place.book, NOW).map(|made| made.records);
        match topic {
            "facts" => assert_eq!(made, Ok(0)),
            _ => assert_eq!(made, Err(StreamError::Configuration(wrong[0].clone()))),
        }
    }
}

#[test]
fn a_log_is_known_by_a_record_that_stays() {
    let place = Place::new(0);
    place.create().unwrap();
    let of = |place: &Place, topic: &str| identity(&place.log, &place.names, topic);
    // The same, begun a minute later.
    let later = Place { log: MemoryLog::new(Arc::new(|| NOW + 60_000)), ..Place::new(60_000) };
    later.create().unwrap();
    for topic in ["facts", "journal", "exceptions"] {
        assert_ne!(of(&place, topic), of(&later, topic), "{topic}");
    }
    let facts = of(&place, "facts").unwrap();
    place.log.trim("facts", 0, 2);
    assert_eq!(of(&place, "facts"), Ok(facts), "it is the same log");
    place.log.trim("journal", 0, 2);
    let Err(StreamError::Stop(says)) = of(&place, "journal") else {
        panic!("a log is not known by whatever record is there still")
    };
    assert!(says.starts_with("partition 0 of journal begins at 2: it was trimmed"), "{says}");
}
