//! What came from outside, in the order in which the old log learnt it: by its clock, and where that stood still, by when
//! it was written down.

use super::standing::Standing;
use crate::exit::Failure;
use crate::exported::reading::{Exported, Records};
use alerts::ExceptionInput;
use facts::{Event, Moment, Origin, Rulebook, ShortText};
use fold::{Admission, DedupTable, Payload};
use pipeline::stage::{Liveness, is_report};
use pipeline::{Topic, bytes, stage_configs};
use replay::Progress;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use stream::Record;

/// Who writes what is fed anew.
const RESTORE: &str = "restore/1";

/// One thing that the old log learnt.
pub(super) struct Learnt {
    /// When, by its clock.
    pub(super) at: Moment,
    /// What it learnt then.
    pub(super) what: What,
}

/// What came from outside.
pub(super) enum What {
    /// Time went on.
    Stroke,
    /// Something was reported.
    Fact(Told),
    /// Staff did something.
    Act(Told),
    /// Other rules were published.
    Rulebook(Box<Rulebook>),
    /// Another behaviour was.
    Behaviour(u32),
    /// Nobody could read it then, either: it stands on the rejects.
    Unreadable,
}

/// What somebody said, and its place in the export; none where its writer had none either, as the desk, which is not
/// counted.
pub(super) struct Told {
    pub(super) event: Event,
    pub(super) place: Option<Origin>,
}

/// All of it.
pub(crate) struct Past {
    /// The first rulebook, the first stroke, and the behaviour that the log began at.
    pub(super) book: Rulebook,
    pub(super) begins: Moment,
    pub(super) behaviour: u32,
    /// What had been found so far.
    pub(super) stood: Standing,
    streams: Vec<Stream>,
    /// The next thing of each stream, the first one on top: when it was learnt, when it was written down, whose it is.
    heads: BinaryHeap<Reverse<(Moment, i64, usize)>>,
    next: Vec<Option<What>>,
}

impl Past {
    /// The past of a log, from its first records on.
    pub(crate) fn open(exported: &Exported, read: &Progress) -> Result<Self, Failure> {
        let mut streams = Vec::new();
        for topic in [Topic::Facts, Topic::Exceptions] {
            let all = exported.topic(topic, read)?.into_iter();
            streams.extend(all.map(|records| Stream::new(topic, records)));
        }
        let first =
            streams.first_mut().ok_or_else(|| Failure::bad_data("the log has no partition"))?;
        let (behaviour, book, begins) = first.begins()?;
        if !stage_configs::BEHAVIOURS.contains(&behaviour) {
            let (from, to) = (stage_configs::BEHAVIOURS.start(), stage_configs::BEHAVIOURS.end());
            return Err(Failure::configuration(format!(
                "the log that was exported began at behaviour {behaviour}, and this release knows {from} to {to}: restore it \
                 with a release that knows {behaviour}"
            )));
        }
        let (count, heads, stood) = (streams.len(), BinaryHeap::new(), Standing::default());
        let next = streams.iter().map(|_| None).collect();
        let mut past = Self { book, begins, behaviour, stood, streams, heads, next };
        (0..count).try_for_each(|n| past.advance(n))?;
        Ok(past)
    }

    /// The next thing that was learnt.
    pub(super) fn take(&mut self) -> Result<Option<Learnt>, Failure> {
        let Some(Reverse((at, _, n))) = self.heads.pop() else { return Ok(None) };
        let what = self.next.get_mut(n).and_then(Option::take);
        self.advance(n)?;
        Ok(what.map(|what| Learnt { at, what }))
    }

    fn advance(&mut self, n: usize) -> Result<(), Failure> {
        let Some(stream) = self.streams.get_mut(n) else { return Ok(()) };
        if let Some(what) = stream.next(&mut self.stood)? {
            self.heads.push(Reverse((stream.now, stream.written, n)));
            self.next[n] = Some(what);
        }
        Ok(())
    }
}

/// One partition of `facts` or of `exceptions`.
struct Stream {
    topic: Topic,
    records: Records,
    /// What its reader had admitted.
    seen: DedupTable,
    /// Log time there.
    now: Moment,
    /// When its last record was written down, by the log's clock, which may go back a little.
    written: i64,
}

impl Stream {
    fn new(topic: Topic, records: Records) -> Self {
        Self {
            topic,
            records,
            seen: DedupTable::default(),
            now: Moment::EARLIEST,
            written: i64::MIN,
        }
    }

    /// The first records: what the log is, its first rules, its first stroke.
    fn begins(&mut self) -> Result<(u32, Rulebook, Moment), Failure> {
        let (mut behaviour, mut rules) = (None, None);
        while let Some(record) = self.records.take()? {
            self.written = self.written.max(record.appended);
            let read = bytes::fact(record.offset, &record.key, &record.value);
            match (read.map(|fact| fact.payload), behaviour, rules.take()) {
                (Ok(Payload::Genesis(genesis)), None, None) => behaviour = Some(genesis.behaviour),
                (Ok(Payload::Rulebook(book)), Some(_), None) => rules = Some(book),
                (Ok(Payload::Tick(now)), Some(behaviour), Some(book)) => {
                    self.now = now;
                    return Ok((behaviour, book, now));
                }
                (Err(rejection), ..) => return Err(self.records.wrong(rejection.reason)),
                _ => break,
            }
        }
        Err(self.records.wrong(
            "a log begins with its genesis, a rulebook and a stroke of the clock, and this is another record",
        ))
    }

    /// The next thing that came from outside, or a stroke.
    fn next(&mut self, stood: &mut Standing) -> Result<Option<What>, Failure> {
        while let Some(record) = self.records.take()? {
            self.written = self.written.max(record.appended);
            let what = match self.topic {
                Topic::Facts => self.fact(&record),
                _ => self.exception(&record, stood),
            };
            if what.is_some() {
                return Ok(what);
            }
        }
        Ok(None)
    }

    fn fact(&mut self, record: &Record) -> Option<What> {
        let Ok(fact) = bytes::fact(record.offset, &record.key, &record.value) else {
            return self.unreadable(record);
        };
        if self.seen.admit(fact.origin.as_ref(), fact.after.as_ref()) != Admission::New {
            return None;
        }
        // What is published is published to the first partition, by nobody's entry.
        let published = self.records.partition == 0 && fact.origin.is_none();
        match fact.payload {
            Payload::Tick(now) => self.strike(now),
            Payload::Input { input: word, .. } => {
                // What dispatch and alerts said there is said again by those that are fed.
                let inside = fact.origin.as_ref().is_some_and(|origin| !is_report(origin));
                (!inside).then(|| What::Fact(self.told(word, fact.origin.is_some(), record)))
            }
            Payload::Rulebook(book) => published.then(|| What::Rulebook(Box::new(book))),
            Payload::Behaviour(number) => published.then_some(What::Behaviour(number)),
            Payload::Inputs { .. } | Payload::Genesis(_) | Payload::Ignored => None,
        }
    }

    fn exception(&mut self, record: &Record, stood: &mut Standing) -> Option<What> {
        let Ok(heard) = bytes::exception(record.offset, &record.value) else {
            return self.unreadable(record);
        };
        let (sign, entry) = (heard.liveness, heard.record);
        if self.seen.admit(entry.origin.as_ref(), entry.after.as_ref()) != Admission::New {
            return None;
        }
        // While nobody struck the clock here, engines passed theirs on: what staff did then came behind what they said.
        if let Some(Liveness::Passed(_, at)) = sign {
            self.now = self.now.max(at);
        }
        match entry.payload {
            Payload::Tick(now) => self.strike(now),
            Payload::Input { input: ExceptionInput::Act(event), .. } => {
                Some(What::Act(self.told(event, entry.origin.is_some(), record)))
            }
            Payload::Input { input: ExceptionInput::Finding(finding), .. } => {
                stood.finding(&finding);
                None
            }
            _ => None,
        }
    }

    fn strike(&mut self, now: Moment) -> Option<What> {
        if now <= self.now {
            return None;
        }
        self.now = now;
        Some(What::Stroke)
    }

    /// It keeps its place in the chain of its source, so that what follows is no repeat.
    fn unreadable(&mut self, record: &Record) -> Option<What> {
        if let Some(link) = bytes::ignored::<Event>(record.offset, &record.value) {
            self.seen.admit(link.origin.as_ref(), link.after.as_ref());
        }
        Some(What::Unreadable)
    }

    fn told(&self, event: Event, placed: bool, record: &Record) -> Told {
        let place = placed.then(|| Origin {
            service: ShortText::new(RESTORE),
            topic: ShortText::new(format!("restored.{}", self.topic.name())),
            partition: self.records.partition,
            offset: record.offset,
            index: 0,
        });
        Told { event, place }
    }
}
