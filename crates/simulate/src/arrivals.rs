//! Events in the order of their arrival, and the weather on their way: some are late by seconds, some
//! overtake each other, some come twice.

use facts::{Event, Fact, Moment, ShortText, Span, Subject};
use fastrand::Rng;
use std::collections::BTreeMap;
use wire::native::{self, Extensions};

/// One event and when it arrived.
#[derive(Debug, Clone, PartialEq)]
pub struct Arrival {
    /// When a log took it.
    pub at: Moment,
    /// What it says.
    pub event: Event,
}

impl Arrival {
    /// As a line of a recording, without its end.
    pub fn line(&self) -> String {
        let beside = Extensions { arrived_at: Some(self.at), ..Extensions::default() };
        native::write(&self.event, &beside)
    }
}

/// Everything that will be reported.
pub(crate) struct Arrivals {
    arrivals: Vec<Arrival>,
    /// How many events each source has sent of each subject.
    sent: BTreeMap<(ShortText, Subject), u32>,
    rng: Rng,
}

/// One event in so many comes twice.
const REPEATED: u32 = 50;

impl Arrivals {
    pub(crate) fn new(rng: Rng) -> Self {
        Self { arrivals: Vec::new(), sent: BTreeMap::new(), rng }
    }

    /// Somebody reports something at once: it arrives within 40 seconds.
    pub(crate) fn at(
        &mut self,
        source: &str,
        subject: &Subject,
        at: Moment,
        fact: Fact,
    ) -> ShortText {
        self.late(source, subject, at, at, fact)
    }

    /// The same within 20 seconds.
    pub(crate) fn soon(
        &mut self,
        source: &str,
        subject: &Subject,
        at: Moment,
        fact: Fact,
    ) -> ShortText {
        let arrived = at + Span::millis(self.rng.i64(1_000..20_000));
        self.put(source, subject, at, arrived, fact)
    }

    /// Somebody reports something that happened then only at a later moment.
    pub(crate) fn late(
        &mut self,
        source: &str,
        subject: &Subject,
        at: Moment,
        sent: Moment,
        fact: Fact,
    ) -> ShortText {
        let arrived = sent + Span::millis(self.rng.i64(1_000..40_000));
        self.put(source, subject, at, arrived, fact)
    }

    /// With its moment of arrival.
    pub(crate) fn put(
        &mut self,
        source: &str,
        subject: &Subject,
        at: Moment,
        arrived: Moment,
        fact: Fact,
    ) -> ShortText {
        let source = ShortText::new(source);
        let sent = self.sent.entry((source.clone(), subject.clone())).or_default();
        *sent += 1;
        let id = ShortText::new(format!("{}-{sent}", subject.id));
        let event = Event {
            source,
            id: id.clone(),
            subject: subject.clone(),
            at,
            counts: None,
            hidden: None,
            fact,
        };
        if self.rng.u32(..REPEATED) == 0 {
            let again = arrived + Span::millis(self.rng.i64(1_000..6 * 3_600_000));
            self.arrivals.push(Arrival { at: again, event: event.clone() });
        }
        self.arrivals.push(Arrival { at: arrived, event });
        id
    }

    /// All of it, as a log takes it.
    pub(crate) fn arrivals(mut self) -> Vec<Arrival> {
        self.arrivals.sort_by_key(|arrival| arrival.at);
        self.arrivals
    }
}
