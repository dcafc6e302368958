//! Sends events, strikes the clock, waits until everything is worked off.

use crate::site::Site;
use coldwatch::services::{self, Service};
use coldwatch::supervisor::is_drained;
use coldwatch::topics;
use facts::{Event, Moment};
use pipeline::Topic;
use std::time::{Duration, Instant};
use stream::NewRecord;
use wire::native::{self, Extensions};

/// What a site must have worked off by now.
const SOON: Duration = Duration::from_secs(90);

pub(crate) struct Driver {
    pub(crate) site: Site,
}

impl Driver {
    pub(crate) fn new(site: Site) -> Self {
        Self { site }
    }

    /// Puts events on the inbound topic, as a gateway does.
    pub(crate) fn send(&self, events: &[Event]) {
        let names = &self.site.names;
        let topic = names.other("inbound.events");
        let new_record = |event: &Event| NewRecord {
            topic: topic.as_str().into(),
            partition: event.subject.partition(names.partitions),
            key: event.subject.to_string().into_bytes(),
            value: native::write(event, &Extensions::default()).into_bytes(),
        };
        topics::append(&*self.site.log, events.iter().map(new_record).collect())
            .expect("the log takes them");
    }

    /// Strikes one topic's clock in every partition, at each of these moments.
    pub(crate) fn strike_topic(&self, topic: Topic, at: &[Moment]) {
        let names = &self.site.names;
        let stroke =
            |now: &Moment, partition| services::tick(names, topic, partition, now.millis());
        let all = |now| (0..names.partitions).map(move |partition| stroke(now, partition));
        let new_records = at.iter().flat_map(all).collect();
        topics::append(&*self.site.log, new_records).expect("the log takes strokes");
    }

    /// Strikes the clock the whole way, and waits for all that follows.
    pub(crate) fn strike(&self, now: &[Moment]) {
        self.strike_topic(Topic::Facts, now);
        let all = services::all();
        self.drain(&all[..all.len() - 1]);
        self.strike_topic(Topic::Exceptions, now);
        self.drain(services::all());
    }

    /// Waits until these services have worked off all there is, in the way of the data.
    pub(crate) fn drain(&self, of: &[Service]) {
        let until = Instant::now() + SOON;
        for service in of {
            while !self.is_drained(*service) {
                assert!(
                    Instant::now() < until,
                    "{} has not worked off what there is within {SOON:?}: {}",
                    service.name(),
                    self.site.said()
                );
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }

    pub(crate) fn drain_all(&self) {
        self.drain(services::all());
    }

    fn is_drained(&self, service: Service) -> bool {
        let names = &self.site.names;
        let topic = match service.reads() {
            Some(topic) => names.topic(topic).to_string(),
            None => names.other("inbound.events"),
        };
        // A log that does not answer at the moment is asked again.
        is_drained(&*self.site.log, &names.other(service.name()), &topic).unwrap_or(false)
    }
}
