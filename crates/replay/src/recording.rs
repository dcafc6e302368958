//! Inbound recordings as events in the order of their arrival.
//!
//! A log takes its records one after the other, so within a file no record arrives before the one above
//! it. Records without `arrivedat` arrive at the moment that is given; without one they wait until all
//! others are in and arrive at the greatest time that is known: when a record arrived, or, of records without
//! `arrivedat`, when something happened.
//!
//! No single stamp makes time run: `ahead` tells which record's is far later than those of the records
//! around it. It arrives with the record above it, and is told.

use crate::ahead::{Ahead, GATEWAY_BATCH, RecordPosition, is_ahead, is_last_and_far};
use crate::source::{Source, SourceError, SourceKind};
use facts::{Event, Moment, ShortText};
use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::io::{self, Read};
use std::sync::mpsc;
use wire::lines::LineReader;
use wire::{Limits, Rejection, native};

/// One record, decoded.
#[derive(Debug)]
pub struct Decoded {
    /// When it arrived.
    pub arrived: Moment,
    /// In which file.
    pub file: ShortText,
    /// Which record of it, from 1.
    pub record: u64,
    /// Whether it waited for all others, because it does not say when it arrived.
    pub waited: bool,
    /// What it says, or why it cannot be taken in.
    pub event: Result<Event, Box<Rejection>>,
    /// What is wrong with its stamp, where that is far ahead of its neighbours'.
    pub ahead: Option<Box<Ahead>>,
}

/// So many records go from thread to thread at a time.
const BATCH: usize = 512;

/// Several files, read as one.
pub struct Recording {
    streams: Vec<Stream>,
    /// The next record of each stream, the earliest first.
    heads: BinaryHeap<Reverse<(Moment, usize)>>,
    next: Vec<Option<Decoded>>,
    at: Option<Moment>,
    waiting: Vec<Decoded>,
    /// The greatest time that is known, without those that are ahead.
    latest: Moment,
}

impl Recording {
    /// Over these sources.
    pub fn new(sources: Vec<Source>, at: Option<Moment>) -> Result<Self, SourceError> {
        let streams: Vec<Stream> =
            sources.into_iter().map(Stream::new).collect::<Result<_, _>>()?;
        let next = streams.iter().map(|_| None).collect();
        let (heads, waiting) = (BinaryHeap::new(), Vec::new());
        let mut all = Self { streams, heads, next, at, waiting, latest: Moment::EARLIEST };
        for n in 0..all.streams.len() {
            all.advance(n)?;
        }
        Ok(all)
    }

    /// The next record in the order of arrival.
    pub fn take(&mut self) -> Result<Option<Decoded>, SourceError> {
        if let Some(Reverse((_, n))) = self.heads.pop() {
            let head = self.next.get_mut(n).and_then(Option::take);
            self.advance(n)?;
            return Ok(head);
        }
        // All others are in: those that wait arrive, in the order in which they stand.
        if !self.waiting.is_empty() {
            let latest = self.latest;
            self.waiting.reverse();
            for decoded in &mut self.waiting {
                decoded.waited = true;
                // What is no later than all that is known moves no clock.
                let moves = |ahead: &Ahead| match ahead.clamped {
                    Some(_) => ahead.says > latest,
                    None => ahead.says == latest,
                };
                decoded.ahead = decoded.ahead.take().filter(|ahead| moves(ahead));
                if let Some(ahead) = decoded.ahead.as_mut().filter(|a| a.clamped.is_some()) {
                    ahead.clamps_to(latest);
                }
            }
            self.at = Some(latest);
            let late = std::mem::take(&mut self.waiting);
            self.streams = vec![Stream::waiting(late, latest)];
            self.next = vec![None];
            self.advance(0)?;
            return self.take();
        }
        Ok(None)
    }

    /// Puts the next record of a stream to the others.
    fn advance(&mut self, n: usize) -> Result<(), SourceError> {
        while let Some(stream) = self.streams.get_mut(n) {
            let Some(mut decoded) = stream.next()? else { return Ok(()) };
            let clamped = decoded.ahead.as_ref().is_some_and(|ahead| ahead.clamped.is_some());
            let unstamped = decoded.arrived == UNSTAMPED;
            if let Ok(event) = &decoded.event
                && unstamped
                && !clamped
            {
                self.latest = self.latest.max(event.at);
            }
            match (unstamped && decoded.event.is_ok(), self.at) {
                (true, None) => {
                    self.waiting.push(decoded);
                    continue;
                }
                // It arrives then, whatever it says of the time; what waited has been looked at already.
                (true, Some(at)) => {
                    decoded.arrived = at;
                    decoded.ahead = decoded.ahead.take().filter(|_| decoded.waited);
                }
                (false, _) => {}
            }
            if let Some(Ahead { clamped: Some(to), .. }) = decoded.ahead.as_deref()
                && !unstamped
            {
                decoded.arrived = *to;
            }
            stream.arrived = stream.arrived.max(decoded.arrived);
            decoded.arrived = stream.arrived;
            self.latest = self.latest.max(decoded.arrived);
            self.heads.push(Reverse((decoded.arrived, n)));
            self.next[n] = Some(decoded);
            return Ok(());
        }
        Ok(())
    }

    /// Hands every record on; with more than one thread another one decodes ahead.
    pub fn each<E: From<SourceError>>(
        mut self,
        threads: usize,
        mut take: impl FnMut(Decoded) -> Result<(), E>,
    ) -> Result<(), E> {
        if threads < 2 {
            while let Some(decoded) = self.take()? {
                take(decoded)?;
            }
            return Ok(());
        }
        std::thread::scope(|scope| {
            let (send, receive) = mpsc::sync_channel::<Result<Vec<Decoded>, SourceError>>(4);
            scope.spawn(move || self.read_ahead(&send));
            for batch in receive {
                batch?.into_iter().try_for_each(&mut take)?;
            }
            Ok(())
        })
    }

    fn read_ahead(&mut self, to: &mpsc::SyncSender<Result<Vec<Decoded>, SourceError>>) {
        loop {
            let mut batch = Vec::with_capacity(BATCH);
            let end = loop {
                match self.take() {
                    Ok(Some(decoded)) => batch.push(decoded),
                    Ok(None) => break Some(Ok(Vec::new())),
                    Err(error) => break Some(Err(error)),
                }
                if batch.len() == BATCH {
                    break None;
                }
            };
            // Nobody listens any more: the other side has ended with an error of its own.
            if to.send(Ok(batch)).is_err() {
                return;
            }
            if let Some(end) = end {
                let _ = to.send(end);
                return;
            }
        }
    }
}

/// Stands for "does not say when it arrived".
const UNSTAMPED: Moment = Moment::EARLIEST;

/// One file.
struct Stream {
    file: ShortText,
    from: Feed,
    /// When the last record arrived.
    arrived: Moment,
    /// Records that were read ahead, the next one first.
    ahead: VecDeque<Decoded>,
    /// The stamp of the record before the next one, without those that were ahead.
    before: Stamps,
}

/// The last stamps of a file: of records that say when they arrived, and of those that do not.
#[derive(Debug, Default)]
struct Stamps {
    arrived: Option<Moment>,
    happened: Option<Moment>,
}

/// So many records are read ahead at most to find those behind one: what cannot be decoded has no stamp.
const LOOKED_AT: usize = 64;

enum Feed {
    /// Lines that are decoded one by one.
    Lines(LineReader<Box<dyn io::BufRead + Send>>, Limits),
    /// Records that are there already, the next one last.
    Ready(Vec<Decoded>),
    /// Records that waited for all others: nothing is looked for among them any more.
    Waited(Vec<Decoded>),
}

impl Stream {
    fn new(mut source: Source) -> Result<Self, SourceError> {
        let file = ShortText::new(&source.name);
        let from = match source.kind {
            SourceKind::Logger => Feed::Ready(logger(&mut source)?),
            SourceKind::Inbound | SourceKind::Journal => {
                let limits = Limits::default();
                Feed::Lines(LineReader::new(source.bytes, limits.clone()), limits)
            }
        };
        Ok(Self::over(file, from, Moment::EARLIEST))
    }

    fn waiting(late: Vec<Decoded>, at: Moment) -> Self {
        Self::over(ShortText::default(), Feed::Waited(late), at)
    }

    fn over(file: ShortText, from: Feed, arrived: Moment) -> Self {
        Self { file, from, arrived, ahead: VecDeque::new(), before: Stamps::default() }
    }

    /// The next record, and whether its stamp is ahead of those around it.
    fn next(&mut self) -> Result<Option<Decoded>, SourceError> {
        if let Feed::Waited(late) = &mut self.from {
            return Ok(late.pop());
        }
        let next = match self.ahead.pop_front() {
            Some(next) => Some(next),
            None => self.decode()?,
        };
        let Some(mut decoded) = next else { return Ok(None) };
        let Some(stamp) = stamp(&decoded) else { return Ok(Some(decoded)) };
        let stamped = decoded.arrived != UNSTAMPED;
        let behind = self.behind(stamped, stamp)?;
        let before = match stamped {
            true => &mut self.before.arrived,
            false => &mut self.before.happened,
        };
        let place = RecordPosition { before: *before, stamp, behind: &behind };
        if is_ahead(&place, stamped) {
            let to = before.or(behind.first().copied()).unwrap_or(stamp);
            decoded.ahead = Some(Box::new(Ahead::clamped(&decoded, stamp, to)));
            return Ok(Some(decoded));
        }
        if is_last_and_far(&place) {
            decoded.ahead = Some(Box::new(Ahead::last(&decoded, stamp)));
        }
        *before = Some(stamp);
        Ok(Some(decoded))
    }

    /// The stamps of the records behind the next one that have one of this sort: two, and those of a batch before them
    /// that is no earlier than the next one.
    fn behind(&mut self, stamped: bool, stamp_of_next: Moment) -> Result<Vec<Moment>, SourceError> {
        let mut found = Vec::with_capacity(2);
        for n in 0..LOOKED_AT {
            if self.ahead.len() <= n {
                match self.decode()? {
                    Some(decoded) => self.ahead.push_back(decoded),
                    None => break,
                }
            }
            let one = self.ahead.get(n).filter(|one| (one.arrived != UNSTAMPED) == stamped);
            found.extend(one.and_then(stamp));
            // What merely happened stands in any order, so there a batch cannot be told.
            let batch = if stamped { GATEWAY_BATCH } else { 0 };
            let earlier = found.iter().position(|stamp| *stamp < stamp_of_next);
            if found.len() == earlier.unwrap_or(batch).min(batch) + 2 {
                break;
            }
        }
        Ok(found)
    }

    fn decode(&mut self) -> Result<Option<Decoded>, SourceError> {
        let (lines, limits) = match &mut self.from {
            Feed::Ready(ready) | Feed::Waited(ready) => return Ok(ready.pop()),
            Feed::Lines(lines, limits) => (lines, limits),
        };
        let line = lines.line().map_err(|e| Source::failed(&self.file, e))?;
        let Some((record, line)) = line else { return Ok(None) };
        let read = line.and_then(|line| {
            let read = native::read(line, limits)?;
            match read.event.fact.may_come_from_outside() {
                true => Ok(read),
                false => Err(Rejection::not_from_outside(&read.event).keeping(line)),
            }
        });
        let (arrived, event) = match read {
            Ok(incoming) => {
                (incoming.extensions.arrived_at.unwrap_or(UNSTAMPED), Ok(incoming.event))
            }
            Err(rejection) => (UNSTAMPED, Err(Box::new(rejection.at(&self.file, record)))),
        };
        let file = self.file.clone();
        Ok(Some(Decoded { arrived, file, record, waited: false, event, ahead: None }))
    }
}

/// What a record says of the time: when it arrived, else when it happened.
fn stamp(decoded: &Decoded) -> Option<Moment> {
    let event = decoded.event.as_ref().ok()?;
    Some(if decoded.arrived == UNSTAMPED { event.at } else { decoded.arrived })
}

/// A logger's export as records without a time of arrival, the next one last.
fn logger(source: &mut Source) -> Result<Vec<Decoded>, SourceError> {
    let mut bytes = Vec::new();
    source.bytes.read_to_end(&mut bytes).map_err(|e| Source::failed(&source.name, e))?;
    let file = ShortText::new(&source.name);
    let record = |record, event| Decoded {
        arrived: UNSTAMPED,
        file: file.clone(),
        record,
        waited: false,
        event,
        ahead: None,
    };
    let mut all: Vec<Decoded> = match wire::logger::read(&source.name, &bytes) {
        Ok(read) => {
            let events = read.events();
            let good = (1..).zip(events).map(|(n, event)| record(n, Ok(event)));
            let bad = read.rejections.into_iter().map(|r| record(r.place.record, Err(Box::new(r))));
            good.chain(bad).collect()
        }
        Err(rejection) => vec![record(1, Err(Box::new(rejection)))],
    };
    all.reverse();
    Ok(all)
}
