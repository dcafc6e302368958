//! The desk as a service: reads `journal`, `exceptions` and `alerts` in no group, from the start, and fills the
//! board; carries staff acts to the log and the alerts topic to whoever follows it.

mod feed;

use crate::exit::Failure;
use crate::live::Live;
use crate::services::{self, names::Names};
use crate::topics;
use ::desk::{Acts, Appending, Board, Desk, Freshness, Refusal};
use alerts::Word;
use axum::Router;
use facts::{Event, Moment, Subject};
use fold::Matter;
use pipeline::bytes::{self, Alert};
use pipeline::journal::JournalEntry;
use pipeline::stage::Sign;
use pipeline::{Body, Letter, Topic};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use stream::{Clock, Log, Record, StreamError};

/// How fast time goes where the desk stands: a demonstration's does not go as the wall's.
pub(crate) type Pace = Freshness;

/// How often the board learns where topics end.
const ENDS_EVERY: Duration = Duration::from_secs(1);

/// What a desk at work shows: its pages to people, and what they are made of to health and metrics.
pub(crate) struct Pages {
    pub(crate) router: Router,
    pub(crate) board: Arc<RwLock<Board>>,
}

/// Starts reading and gives back the pages.
pub(crate) fn start(live: &Live, pace: Pace) -> Result<Pages, Failure> {
    let board = Arc::new(RwLock::new(Board::new(live.names.partitions)));
    for topic in [Topic::Journal, Topic::Exceptions, Topic::Alerts] {
        let words = live.last_words();
        let (log, names, stop, board) =
            (live.log.clone(), live.names.clone(), live.stop.clone(), board.clone());
        std::thread::Builder::new()
            .name(format!("desk-{}", topic.name()))
            .spawn(move || {
                if let Err(error) = follow(&*log, &names, topic, &board, &stop) {
                    tracing::error!(topic = topic.name(), %error, "the desk reads no more");
                    *words.lock().unwrap_or_else(PoisonError::into_inner) = Some(("desk", error));
                    stop.store(true, Ordering::Relaxed);
                }
            })
            .map_err(Failure::unavailable)?;
    }
    let clock = live.clock.clone();
    let router = ::desk::router(Desk {
        board: board.clone(),
        clock: Arc::new(move || Moment::from_millis(clock())),
        freshness: pace,
        acts: Arc::new(ToLog {
            log: live.log.clone(),
            names: live.names.clone(),
            clock: live.clock.clone(),
        }),
        feed: Arc::new(feed::Alerts::new(live)),
    });
    Ok(Pages { router, board })
}

fn follow(
    log: &dyn Log,
    names: &Names,
    topic: Topic,
    board: &RwLock<Board>,
    stop: &AtomicBool,
) -> Result<(), StreamError> {
    let name = names.topic(topic);
    let mut positions = Vec::new();
    for partition in 0..names.partitions {
        positions.push((partition, log.range(&name, partition)?.start));
    }
    let mut reader = log.read(&name, &positions)?;
    let (mut records, mut looked) = (Vec::new(), None::<Instant>);
    while !stop.load(Ordering::Relaxed) {
        match reader.poll(Duration::from_millis(200), &mut records) {
            Ok(()) => {}
            Err(StreamError::Unavailable(reason)) => {
                tracing::warn!(reason, "the desk cannot reach the log");
                std::thread::sleep(Duration::from_secs(1));
            }
            Err(other) => return Err(other),
        }
        let look = looked.is_none_or(|at| at.elapsed() >= ENDS_EVERY);
        if records.is_empty() && !look {
            continue;
        }
        let mut board = board.write().unwrap_or_else(PoisonError::into_inner);
        for (partition, record) in records.drain(..) {
            take(&mut board, topic, partition, &record);
            if let Some(at) = positions.get_mut(usize::from(partition)) {
                at.1 = record.offset + 1;
            }
        }
        if look {
            looked = Some(Instant::now());
            for (partition, position) in &positions {
                let end = log.range(&name, *partition).map_or(*position, |range| range.end);
                board.progress(topic.name(), *partition, *position, end);
            }
        }
    }
    Ok(())
}

/// One record, onto the board. One that cannot be read was told by the service that reads it.
fn take(board: &mut Board, topic: Topic, partition: u16, record: &Record) {
    match topic {
        Topic::Journal => {
            let Ok(entry) = bytes::journal(partition, record.offset, &record.value) else { return };
            match &entry.entry {
                JournalEntry::Fact(shipment, event) => {
                    board.fact(shipment, partition, record.offset, event);
                }
                JournalEntry::Tick(now) => board.beat("dispatch", partition, *now),
                JournalEntry::Rulebook(book) => {
                    if let facts::Fact::RulebookPublished(published) = bytes::published(book) {
                        board.rulebook(&published);
                    }
                }
                JournalEntry::Behaviour(_) | JournalEntry::Genesis(_) | JournalEntry::Beside(_) => {
                }
            }
        }
        Topic::Exceptions => {
            let Ok(heard) = bytes::exception(record.offset, &record.value) else { return };
            if let Some(Sign::Passed(stage, now)) = &heard.sign {
                board.beat(stage, partition, *now);
            }
            match &heard.record.matter {
                Matter::Word { word: Word::Finding(finding), .. } => board.finding(finding),
                Matter::Word { key, word: Word::Context(_, context) } => {
                    if let Some(shipment) = key.shipment() {
                        board.context(&shipment, context);
                    }
                }
                Matter::Beside => alive(board, partition, record),
                _ => {}
            }
        }
        Topic::Alerts => match bytes::alert(&record.value) {
            Ok(Alert::Incident(incident)) => {
                board.told(&incident, &String::from_utf8_lossy(&record.value));
            }
            Ok(Alert::Finding(finding)) => board.finding(&finding),
            Ok(Alert::Beat(now)) => board.beat("alerts", partition, now),
            Ok(Alert::Beside) | Err(_) => {}
        },
        Topic::Facts | Topic::Rejects => {}
    }
}

/// Intake's sign of life.
fn alive(board: &mut Board, partition: u16, record: &Record) {
    let read = wire::native::read(&record.value, &wire::Limits::default());
    if let Ok(facts::Fact::Alive(_)) = read.as_ref().map(|read| &read.event.fact)
        && let Ok(read) = &read
    {
        board.beat("intake", partition, read.event.at);
    }
}

/// Staff acts on their way to `exceptions`.
struct ToLog {
    log: Arc<dyn Log>,
    names: Names,
    clock: Clock,
}

impl Acts for ToLog {
    fn append(&self, event: Event) -> Appending {
        let key: Subject = event.subject.clone();
        let partition = key.partition(self.names.partitions);
        let now = Moment::from_millis((self.clock)());
        let topic = Topic::Exceptions;
        let body = Body::Event(event);
        let letter = Letter { topic, partition, key, origin: None, after: None, now, body };
        let draft = services::draft(&self.names, &letter);
        let log = self.log.clone();
        Box::pin(async move {
            let written = tokio::task::spawn_blocking(move || topics::append(&*log, vec![draft]));
            match written.await {
                Ok(Ok(_)) => Ok(()),
                Ok(Err(error)) => Err(Refusal::Unavailable(error.to_string())),
                Err(error) => Err(Refusal::Unavailable(error.to_string())),
            }
        })
    }
}
