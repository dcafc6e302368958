//! `POST /v1/events`: one native event, or one a line, or a logger's export. All of it is taken, or nothing is;
//! 202 is said only when the log has it.
//!
//! What one sender asks for must not cost the others much: only so many bytes are here at a time, half of them of one
//! address at the most; whoever has sent what cannot be used waits before the next is read; and reading is done away from
//! the threads that answer.

use super::HttpState;
use super::problem::Problem;
use super::rates::Peer;
use crate::services::intake;
use crate::shares::{Share, Shares};
use crate::topics;
use axum::Json;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use facts::{Subject, SubjectKind};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use stream::{Log, NewRecord};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
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
/// So many of them, here or waiting for room, are of one address.
const OF_ONE: usize = HERE / 2;
/// The smallest body counts as so much: a request is more than its bytes.
const SMALLEST: usize = 64 << 10;
/// A body has so long to come, and so long to wait until there is room for it.
const COMES_WITHIN: Duration = Duration::from_secs(30);
const WAITS: Duration = Duration::from_secs(10);

/// Room for bodies.
pub(crate) struct IngestCapacity {
    bytes: Arc<Semaphore>,
    /// What each address has here or waiting.
    of_each: Shares<Peer>,
    /// Reading bodies is work: it goes on in so many threads at a time.
    readers: Arc<Semaphore>,
}

impl Default for IngestCapacity {
    fn default() -> Self {
        let (bytes, readers) = (Semaphore::new(HERE), Semaphore::new(2));
        Self { bytes: Arc::new(bytes), of_each: Shares::new(OF_ONE), readers: Arc::new(readers) }
    }
}

/// Room for one body, given back when it is dropped: by whoever works on the body last, also where its sender has gone.
struct IngestSeat {
    _bytes: OwnedSemaphorePermit,
    _share: Share<Peer>,
}

impl IngestCapacity {
    /// Waits until a body of this size may come; without a size it may be the largest.
    async fn seat(&self, peer: Peer, headers: &HeaderMap) -> Result<IngestSeat, Problem> {
        let length =
            headers.get(header::CONTENT_LENGTH).and_then(|n| n.to_str().ok()?.parse().ok());
        let length: usize = length.unwrap_or(LARGEST);
        if length > LARGEST {
            return Err(too_large(&format!("{length} bytes")));
        }
        let full = |detail: &str| Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).again_in(1);
        let size = length.max(SMALLEST);
        let share = self.of_each.take(peer, size).ok_or_else(|| {
            full("as much as fits is on its way in from this address: send it again")
        })?;
        let bytes = u32::try_from(size).unwrap_or(u32::MAX);
        let waits = tokio::time::timeout(WAITS, self.bytes.clone().acquire_many_owned(bytes)).await;
        let bytes = waits.ok().and_then(Result::ok);
        let bytes = bytes.ok_or_else(|| full("as much as fits is on its way in: send it again"))?;
        Ok(IngestSeat { _bytes: bytes, _share: share })
    }
}

fn too_large(what: &str) -> Problem {
    let detail = format!("{what}, and {LARGEST} bytes are taken at a time");
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
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
pub(crate) async fn take(State(state): State<Arc<HttpState>>, request: Request) -> Response {
    let (peer, (head, body)) = (Peer::of(&request), request.into_parts());
    match seated(&state, peer, &head.headers).await {
        Ok(seat) => {
            taken(&state, peer, seat, body).await.unwrap_or_else(IntoResponse::into_response)
        }
        // A sender that is still sending hears of it only afterwards.
        Err(problem) => {
            pass_over(body).await;
            problem.into_response()
        }
    }
}

/// What is sent to whoever is refused already is read for so long, and kept nowhere.
const PASSED_OVER: Duration = Duration::from_secs(5);

pub(super) async fn pass_over(mut body: Body) {
    let all = async {
        let mut passed = 0;
        while let Some(Ok(frame)) = body.frame().await {
            passed += frame.data_ref().map_or(0, Bytes::len);
            if passed > 2 * LARGEST {
                return;
            }
        }
    };
    // Whoever takes longer is not waited for.
    let _ = tokio::time::timeout(PASSED_OVER, all).await;
}

/// Whether a body may come, before any of it is read.
async fn seated(state: &HttpState, peer: Peer, headers: &HeaderMap) -> Result<IngestSeat, Problem> {
    state.senders.may(peer).map_err(too_many)?;
    state.rate.may().map_err(too_many)?;
    // Nothing is gathered that cannot be written.
    if let Some(reason) = state.reach.away(Instant::now()) {
        return Err(unavailable(reason));
    }
    state.room.seat(peer, headers).await
}

fn too_many(seconds: u64) -> Problem {
    let detail = "more events a second than are taken";
    Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).again_in(seconds)
}

async fn taken(
    state: &HttpState,
    peer: Peer,
    seat: IngestSeat,
    sent: Body,
) -> Result<Response, Problem> {
    let partitions = state.inbound.partitions(&state.log).await.map_err(unavailable)?;
    // What nothing is taken of costs its sender as much as what is: the records of a body, and all that fit into one
    // where it is late, cut off or has too many.
    let costs = |records| {
        move |problem| {
            state.senders.charge(peer, records);
            problem
        }
    };
    let body = body(sent).await.map_err(costs(MOST_RECORDS))?;
    let records = records(&body);
    if records > MOST_RECORDS {
        let detail = format!(
            "{records} records, and {MOST_RECORDS} are taken at a time: send them in parts"
        );
        let problem = Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail);
        return Err(costs(MOST_RECORDS)(problem));
    }
    let (seat, read) = in_turn(state, seat, partitions, body).await?;
    let new_records = read.map_err(|rejected| costs(records)(refused(&rejected)))?;
    if new_records.is_empty() {
        let problem = Problem::new(StatusCode::BAD_REQUEST, "the body holds no event");
        return Err(costs(1)(problem));
    }
    let accepted = new_records.len();
    state.rate.take(accepted).map_err(too_many)?;
    let log = state.log.clone();
    let append = move || {
        let last = topics::append(&*log, new_records);
        drop(seat);
        last
    };
    let written = tokio::task::spawn_blocking(append).await;
    let last = written.map_err(unavailable)?.map_err(unavailable)?;
    Ok((StatusCode::ACCEPTED, Json(placed(accepted, last))).into_response())
}

/// What is answered where all of it stands in the log: up to where, in each partition that was written to.
fn placed(accepted: usize, last: impl IntoIterator<Item = (u16, u64)>) -> Value {
    let place = |(partition, offset)| json!({ "partition": partition, "offset": offset });
    let positions: Vec<Value> = last.into_iter().map(place).collect();
    json!({ "accepted": accepted, "positions": positions })
}

/// How many records a body has. The lines of a logger's file are one.
fn records(body: &[u8]) -> usize {
    match wire::logger::is_logger_file(body) {
        true => 1,
        false => body.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count(),
    }
}

/// All of a body, if it is not too large and comes in time.
async fn body(sent: Body) -> Result<Bytes, Problem> {
    let comes = tokio::time::timeout(COMES_WITHIN, to_bytes(sent, LARGEST)).await;
    let late = |_| {
        let detail = format!("the body did not come within {} s", COMES_WITHIN.as_secs());
        Problem::new(StatusCode::REQUEST_TIMEOUT, detail)
    };
    comes
        .map_err(late)?
        .map_err(|error| too_large(&format!("too many bytes, or cut off ({error})")))
}

/// Reads a body on a thread of its own, when it is its turn; its room is held until it is read, whoever waits for that.
async fn in_turn(
    state: &HttpState,
    seat: IngestSeat,
    partitions: u16,
    body: Bytes,
) -> Result<(IngestSeat, Result<Vec<NewRecord>, Rejected>), Problem> {
    let turn = state.room.readers.clone().acquire_owned().await.map_err(unavailable)?;
    let topic = state.inbound.topic.clone();
    let reading = tokio::task::spawn_blocking(move || {
        let read = read(&topic, partitions, &body, TOLD);
        drop(turn);
        (seat, read)
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
) -> Result<Vec<NewRecord>, Rejected> {
    if wire::logger::is_logger_file(body) {
        return logger(topic, partitions, body);
    }
    let limits = Limits::default();
    let mut new_records = Vec::new();
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
            match read.event.fact.may_come_from_outside() {
                true => Ok(read.event.subject),
                false => Err(Rejection::not_from_outside(&read.event)),
            }
        });
        match read {
            Ok(_) if rejected.count > 0 => {}
            Ok(subject) => {
                let partition = intake::inbound_partition(&subject, partitions);
                new_records.push(intake::inbound(topic, partition, &subject, line.to_vec()));
            }
            Err(rejection) => {
                // Nothing of it is taken any more.
                new_records = Vec::new();
                rejected.count += 1;
                if rejected.first.len() < told {
                    rejected.first.push(rejection.at("body", number));
                }
            }
        }
    }
    if rejected.count == 0 { Ok(new_records) } else { Err(rejected) }
}

fn logger(topic: &str, partitions: u16, body: &[u8]) -> Result<Vec<NewRecord>, Rejected> {
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
    use stream::{
        Ack, Committed, GroupConsumer, MemoryLog, Reader, StreamError, TopicSpec, WriteId,
    };

    /// A log that says how many partitions a topic has when it is let, and not before.
    struct Slow {
        log: MemoryLog,
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
        fn create(&self, topic: &TopicSpec) -> Result<bool, StreamError> {
            self.log.create(topic)
        }
        fn range(&self, topic: &str, partition: u16) -> Result<Range<u64>, StreamError> {
            self.log.range(topic, partition)
        }
        fn committed(&self, g: &str, t: &str) -> Result<BTreeMap<u16, Committed>, StreamError> {
            self.log.committed(g, t)
        }
        fn append(&self, new_records: Vec<(WriteId, NewRecord)>, answers: &Sender<Ack>) {
            self.log.append(new_records, answers);
        }
        fn join(
            &self,
            g: &str,
            t: &str,
            i: Option<&str>,
        ) -> Result<Box<dyn GroupConsumer>, StreamError> {
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
            log: MemoryLog::default(),
            asked: AtomicU32::new(0),
            may: Mutex::new(may),
        });
        let name = "inbound.events";
        slow.create(&TopicSpec { name: name.into(), partitions: 7, stamped_by_log: false })
            .unwrap();
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
        let log: Arc<dyn Log> = Arc::new(MemoryLog::default());
        let inbound = Inbound::new("inbound.events".into());
        let none = inbound.partitions(&log).await;
        assert_eq!(none, Err("there is no topic `inbound.events`".into()));
        let topic =
            TopicSpec { name: "inbound.events".into(), partitions: 2, stamped_by_log: false };
        log.create(&topic).unwrap();
        assert_eq!(inbound.partitions(&log).await, Ok(2));
    }

    #[test]
    fn of_many_bad_records_the_first_are_told_and_all_are_counted() {
        let rejected = read("inbound.events", 4, &b"{}\n".repeat(5_000), TOLD).err().unwrap();
        assert_eq!((rejected.count, rejected.first.len()), (5_000, TOLD));
        assert_eq!(rejected.first[99].place.record, 100);
    }

    #[tokio::test]
    async fn answers_are_as_the_description_of_the_interface_says() {
        let api = include_str!("../../../../config/api/openapi.json");
        let api: Value = serde_json::from_str(api).unwrap();
        let is_a = |name: &str, answer: &Value| {
            let mut schema = json!({ "$ref": format!("#/components/schemas/{name}") });
            schema["components"] = api["components"].clone();
            jsonschema::validator_for(&schema).unwrap().is_valid(answer)
        };
        let taken = placed(7, [(0, 3), (5, 0)]);
        assert!(is_a("Taken", &taken), "{taken}");
        assert!(!is_a("Taken", &json!({ "accepted": 7, "positions": ["0:3"] })));
        let rejected = read("inbound.events", 4, b"{}\n{\n", TOLD).err().unwrap();
        let answer = refused(&rejected).into_response();
        let answer = to_bytes(answer.into_body(), 1 << 20).await.unwrap();
        let mut answer: Value = serde_json::from_slice(&answer).unwrap();
        assert!(is_a("Rejected", &answer), "{answer}");
        answer["rejections"][0]["column"] = Value::Null;
        assert!(!is_a("Rejected", &answer));
    }

    #[tokio::test(start_paused = true)]
    async fn only_so_much_is_here_at_a_time_and_what_waits_too_long_is_told_to_come_again() {
        let room = IngestCapacity::default();
        let sized = |bytes: usize| {
            let mut headers = HeaderMap::new();
            headers.insert(header::CONTENT_LENGTH, bytes.into());
            headers
        };
        let peer = |n: u8| Peer::at(std::net::IpAddr::from([10, 0, 0, n]));
        let status =
            |refused: Result<IngestSeat, Problem>| refused.err().unwrap().into_response().status();
        // Without a size it may be the largest.
        let large = [
            room.seat(peer(1), &sized(LARGEST)).await,
            room.seat(peer(2), &HeaderMap::new()).await,
            room.seat(peer(3), &sized(LARGEST - 2 * SMALLEST)).await,
        ];
        assert!(large.iter().all(Result::is_ok));
        let refused = room.seat(peer(1), &sized(LARGEST)).await;
        assert_eq!(status(refused), 503, "one address has half of it");
        let small = room.seat(peer(4), &sized(1_000)).await;
        assert!(small.is_ok());
        assert_eq!(status(room.seat(peer(5), &sized(2 * SMALLEST)).await), 503);
        drop(small);
        assert!(room.seat(peer(5), &sized(2 * SMALLEST)).await.is_ok());
        assert_eq!(status(room.seat(peer(6), &sized(LARGEST + 1)).await), 413);
        drop(large);
        assert!(room.of_each.is_empty());
        assert_eq!(room.bytes.available_permits(), HERE);
    }

    #[test]
    fn empty_lines_are_no_records_and_a_file_is_one() {
        assert_eq!(records(b"{}\n\n{}\n"), 2);
        assert_eq!(records(b""), 0);
    }
}
