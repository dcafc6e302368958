//! `POST /v1/events`: one native event, or one a line, or a logger's export. All of it is taken, or nothing is;
//! 202 is said only when the log has it.
//!
//! What one sender asks for must not cost the others anything: only so many bytes are here at a time, whoever sends
//! what cannot be used is slowed down before it is read, and reading is done away from the threads that answer.

use super::Doors;
use super::problem::Problem;
use super::rates::Peer;
use crate::services::intake;
use crate::topics;
use axum::Json;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use facts::{Subject, SubjectKind};
use serde_json::json;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use stream::{Draft, Log};
use tokio::sync::{Semaphore, SemaphorePermit};
use wire::{Code, Limits, Rejection, native};

/// The largest body: some 10,000 events.
pub(crate) const LARGEST: usize = 4 << 20;
/// The most records of a body. An event has 200 bytes and more: who sends more records sends none.
pub(crate) const MOST_RECORDS: usize = 20_000;
/// The largest export of a logger: it is one record, and a log takes 4 MiB with all that stands beside the value.
const LARGEST_FILE: usize = 3 << 20;
/// So many rejections are told; the count says how many there are.
const TOLD: usize = 100;
/// So many bytes of bodies are here at a time; each is held three times over while it is read and written.
const HERE: usize = 12 << 20;
/// A body has so long to come, and so long to wait until there is room for it.
const COMES_WITHIN: Duration = Duration::from_secs(30);
const WAITS: Duration = Duration::from_secs(10);

/// Room for bodies.
pub(crate) struct Room {
    bytes: Semaphore,
    /// Reading bodies is work: it goes on in so many threads at a time.
    readers: Arc<Semaphore>,
}

impl Default for Room {
    fn default() -> Self {
        Self { bytes: Semaphore::new(HERE), readers: Arc::new(Semaphore::new(2)) }
    }
}

impl Room {
    /// Waits until a body of this size may come; without a size it may be the largest.
    async fn seat(&self, headers: &HeaderMap) -> Result<SemaphorePermit<'_>, Problem> {
        let length =
            headers.get(header::CONTENT_LENGTH).and_then(|n| n.to_str().ok()?.parse().ok());
        let bytes = length.unwrap_or(LARGEST).clamp(1, LARGEST);
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        let seat = tokio::time::timeout(WAITS, self.bytes.acquire_many(bytes)).await;
        let full = || {
            let detail = "as much as fits is on its way in: send it again";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).again_in(1)
        };
        seat.ok().and_then(Result::ok).ok_or_else(full)
    }
}

/// The topic to which events go.
pub(crate) struct Inbound {
    pub(crate) topic: String,
    /// How many it has does not change while we live, so the log is asked once.
    partitions: OnceLock<u16>,
}

impl Inbound {
    pub(crate) fn new(topic: String) -> Self {
        Self { topic, partitions: OnceLock::new() }
    }

    /// How many partitions it has. The log may take its time to say so: not on a thread that answers others.
    async fn partitions(&self, log: &Arc<dyn Log>) -> Result<u16, String> {
        if let Some(partitions) = self.partitions.get() {
            return Ok(*partitions);
        }
        let (log, topic) = (log.clone(), self.topic.clone());
        let asked = tokio::task::spawn_blocking(move || log.partitions(&topic)).await;
        let there = asked.map_err(|e| e.to_string())?.map_err(|e| e.to_string())?;
        let there = there.ok_or_else(|| format!("there is no topic `{}`", self.topic))?;
        Ok(*self.partitions.get_or_init(|| there))
    }
}

/// Takes events in.
pub(crate) async fn take(State(doors): State<Arc<Doors>>, request: Request) -> Response {
    taken(&doors, request).await.unwrap_or_else(IntoResponse::into_response)
}

async fn taken(doors: &Doors, request: Request) -> Result<Response, Problem> {
    let peer = Peer::of(&request);
    let too_many = |seconds| {
        let detail = "more events a second than are taken";
        Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).again_in(seconds)
    };
    doors.senders.may(peer).map_err(too_many)?;
    doors.rate.may().map_err(too_many)?;
    let seat = doors.room.seat(request.headers()).await?;
    let body = body(request).await?;
    let partitions = doors.inbound.partitions(&doors.log).await.map_err(unavailable)?;
    // What is not to be used costs its sender as much as what is.
    let records = 1 + body.iter().filter(|byte| **byte == b'\n').count();
    doors.senders.charge(peer, records.min(MOST_RECORDS));
    // The lines of a logger's file are one record.
    if records > MOST_RECORDS && !wire::logger::is_logger_file(&body) {
        let detail = format!(
            "{records} records, and {MOST_RECORDS} are taken at a time: send them in parts"
        );
        return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail));
    }
    let read = in_turn(&doors.room, doors.inbound.topic.clone(), partitions, body).await?;
    let drafts = read.map_err(|rejected| refused(&rejected))?;
    if drafts.is_empty() {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "the body holds no event"));
    }
    let accepted = drafts.len();
    doors.rate.take(accepted).map_err(too_many)?;
    let log = doors.log.clone();
    let written = tokio::task::spawn_blocking(move || topics::append(&*log, drafts)).await;
    let last = written.map_err(unavailable)?.map_err(unavailable)?;
    drop(seat);
    let positions: Vec<_> = last
        .into_iter()
        .map(|(partition, offset)| json!({ "partition": partition, "offset": offset }))
        .collect();
    let answer = json!({ "accepted": accepted, "positions": positions });
    Ok((StatusCode::ACCEPTED, Json(answer)).into_response())
}

/// All of a body, if it is not too large and comes in time.
async fn body(request: Request) -> Result<Bytes, Problem> {
    let comes = tokio::time::timeout(COMES_WITHIN, to_bytes(request.into_body(), LARGEST)).await;
    let late = |_| {
        let detail = format!("the body did not come within {} s", COMES_WITHIN.as_secs());
        Problem::new(StatusCode::REQUEST_TIMEOUT, detail)
    };
    comes.map_err(late)?.map_err(|error| {
        let detail =
            format!("more than the {LARGEST} bytes that are taken at a time, or cut off: {error}");
        Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    })
}

/// Reads a body on a thread of its own, when it is its turn.
async fn in_turn(
    room: &Room,
    topic: String,
    partitions: u16,
    body: Bytes,
) -> Result<Result<Vec<Draft>, Rejected>, Problem> {
    let turn = room.readers.clone().acquire_owned().await.map_err(unavailable)?;
    let reading = tokio::task::spawn_blocking(move || {
        let read = read(&topic, partitions, &body, TOLD);
        drop(turn);
        read
    });
    reading.await.map_err(unavailable)
}

/// What cannot be taken: how many records, and the first of them.
pub(crate) struct Rejected {
    pub(crate) count: usize,
    pub(crate) first: Vec<Rejection>,
}

impl Rejected {
    fn one(rejection: Rejection) -> Self {
        Self { count: 1, first: vec![rejection] }
    }
}

fn unavailable(error: impl ToString) -> Problem {
    let detail = format!(
        "{}; send all of it again: what the log has is recognised by source and id",
        error.to_string()
    );
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).again_in(5)
}

fn refused(rejected: &Rejected) -> Problem {
    let detail = format!("{} of the records cannot be taken; none was", rejected.count);
    let told: Vec<_> = rejected
        .first
        .iter()
        .map(|r| {
            json!({
                "code": r.code, "record": r.place.record, "column": r.place.column,
                "member": r.place.member, "reason": r.reason,
            })
        })
        .collect();
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
        .with("rejected", rejected.count.into())
        .with("rejections", told.into())
}

/// The records of a body as drafts, or what is wrong with them: so many are `told`, and all are counted.
pub(crate) fn read(
    topic: &str,
    partitions: u16,
    body: &[u8],
    told: usize,
) -> Result<Vec<Draft>, Rejected> {
    if wire::logger::is_logger_file(body) {
        return logger(topic, partitions, body);
    }
    let limits = Limits::default();
    let mut drafts = Vec::new();
    let mut rejected = Rejected { count: 0, first: Vec::new() };
    // One event may be written over several lines; several stand one a line.
    let whole = native::read(body, &limits).is_ok();
    let lines: Vec<&[u8]> =
        if whole { vec![body] } else { body.split(|byte| *byte == b'\n').collect() };
    for (number, line) in (1..).zip(lines) {
        let line = wire::without_mark(line.strip_suffix(b"\r").unwrap_or(line));
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let read = native::read(line, &limits).and_then(|read| {
            match pipeline::pipeline::may_come_from_outside(&read.event) {
                true => Ok(read.event.subject),
                false => Err(Rejection::not_from_outside(&read.event)),
            }
        });
        match read {
            Ok(_) if rejected.count > 0 => {}
            Ok(subject) => {
                let partition = intake::inbound_partition(&subject, partitions);
                drafts.push(intake::inbound(topic, partition, &subject, line.to_vec()));
            }
            Err(rejection) => {
                // Nothing of it is taken any more.
                drafts = Vec::new();
                rejected.count += 1;
                if rejected.first.len() < told {
                    rejected.first.push(rejection.at("body", number));
                }
            }
        }
    }
    if rejected.count == 0 { Ok(drafts) } else { Err(rejected) }
}

fn logger(topic: &str, partitions: u16, body: &[u8]) -> Result<Vec<Draft>, Rejected> {
    if body.len() > LARGEST_FILE {
        let reason =
            format!("{} bytes, and a logger's file has at most {LARGEST_FILE}", body.len());
        return Err(Rejected::one(Rejection::new(Code::TooLong, reason).at("body", 1)));
    }
    let read = wire::logger::read("body", body).map_err(Rejected::one)?;
    let subject = read.events().into_iter().next().map(|event| event.subject);
    let subject = subject.unwrap_or_else(|| Subject::new(SubjectKind::Device, "unknown"));
    let partition = intake::inbound_partition(&subject, partitions);
    Ok(vec![intake::inbound(topic, partition, &subject, body.to_vec())])
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::ops::Range;
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::mpsc::{Receiver, Sender, channel};
    use stream::{Ack, Committed, Member, Memory, Reader, StreamError, Ticket, Topic};

    /// A log that says how many partitions a topic has when it is let, and not before.
    struct Slow {
        log: Memory,
        asked: AtomicU32,
        may: Mutex<Receiver<()>>,
    }

    impl Log for Slow {
        fn partitions(&self, topic: &str) -> Result<Option<u16>, StreamError> {
            self.asked.fetch_add(1, Ordering::Relaxed);
            let may = self.may.lock().unwrap().recv_timeout(Duration::from_secs(5));
            may.map_err(|_| StreamError::Unavailable("it was never let".into()))?;
            self.log.partitions(topic)
        }
        fn create(&self, topic: &Topic) -> Result<bool, StreamError> {
            self.log.create(topic)
        }
        fn range(&self, topic: &str, partition: u16) -> Result<Range<u64>, StreamError> {
            self.log.range(topic, partition)
        }
        fn committed(&self, g: &str, t: &str) -> Result<BTreeMap<u16, Committed>, StreamError> {
            self.log.committed(g, t)
        }
        fn append(&self, drafts: Vec<(Ticket, Draft)>, answers: &Sender<Ack>) {
            self.log.append(drafts, answers);
        }
        fn join(&self, g: &str, t: &str, i: Option<&str>) -> Result<Box<dyn Member>, StreamError> {
            self.log.join(g, t, i)
        }
        fn read(&self, topic: &str, from: &[(u16, u64)]) -> Result<Box<dyn Reader>, StreamError> {
            self.log.read(topic, from)
        }
    }

    #[tokio::test]
    async fn a_log_that_takes_its_time_holds_nobody_else_up_and_is_asked_once() {
        let (let_it, may) = channel();
        let slow = Arc::new(Slow {
            log: Memory::default(),
            asked: AtomicU32::new(0),
            may: Mutex::new(may),
        });
        let name = "inbound.events";
        slow.create(&Topic { name: name.into(), partitions: 7, stamped_by_log: false }).unwrap();
        let (inbound, log) = (Inbound::new(name.into()), slow.clone() as Arc<dyn Log>);
        // One thread answers everybody here: were it the one that waits, nobody would let the log go on.
        let other = async { let_it.send(()).unwrap() };
        let (there, ()) = tokio::join!(inbound.partitions(&log), other);
        assert_eq!(there, Ok(7));
        assert_eq!(
            (inbound.partitions(&log).await, slow.asked.load(Ordering::Relaxed)),
            (Ok(7), 1)
        );
    }

    #[tokio::test]
    async fn a_topic_that_is_not_there_is_named_and_asked_for_again() {
        let log: Arc<dyn Log> = Arc::new(Memory::default());
        let inbound = Inbound::new("inbound.events".into());
        let none = inbound.partitions(&log).await;
        assert_eq!(none, Err("there is no topic `inbound.events`".into()));
        let topic = Topic { name: "inbound.events".into(), partitions: 2, stamped_by_log: false };
        log.create(&topic).unwrap();
        assert_eq!(inbound.partitions(&log).await, Ok(2));
    }

    #[test]
    fn of_many_bad_records_the_first_are_told_and_all_are_counted() {
        let rejected = read("inbound.events", 4, &b"{}\n".repeat(5_000), TOLD).err().unwrap();
        assert_eq!((rejected.count, rejected.first.len()), (5_000, TOLD));
        assert_eq!(rejected.first[99].place.record, 100);
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_much_is_here_at_a_time_and_what_waits_too_long_is_told_to_come_again() {
        let room = Room::default();
        let sized = |bytes: usize| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_LENGTH, bytes.into());
            headers
        };
        // Without a size it may be the largest.
        let large = [room.seat(&sized(LARGEST)).await, room.seat(&HeaderMap::new()).await];
        assert!(large.iter().all(Result::is_ok));
        let small = room.seat(&sized(1_000)).await;
        assert!(small.is_ok());
        let refused = room.seat(&sized(LARGEST)).await.err().unwrap().into_response();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
        drop(small);
        assert!(room.seat(&sized(LARGEST)).await.is_ok());
    }
}
