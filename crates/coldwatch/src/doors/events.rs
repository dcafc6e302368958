//! `POST /v1/events`: one native event, or one a line, or a logger's export. All of it is taken, or nothing is;
//! 202 is said only when the log has it.

use super::Doors;
use super::problem::Problem;
use crate::services::intake;
use crate::topics;
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use facts::{Subject, SubjectKind};
use serde_json::json;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Instant;
use stream::{Draft, Log};
use wire::{Code, Limits, Rejection, native};

/// The largest body: some 10,000 events.
pub(crate) const LARGEST: usize = 4 << 20;
/// The largest export of a logger: it is one record, and a log takes 4 MiB with all that stands beside the value.
const LARGEST_FILE: usize = 3 << 20;
/// So many rejections are told; the count says how many there are.
const TOLD: usize = 100;

/// So many events a second over all senders, and a burst of ten times that.
pub(crate) struct Rate {
    a_second: f64,
    bucket: Mutex<(f64, Instant)>,
}

impl Rate {
    pub(crate) fn new(a_second: u32) -> Self {
        let a_second = f64::from(a_second.max(1));
        Self { a_second, bucket: Mutex::new((a_second * 10.0, Instant::now())) }
    }

    /// Takes so many, or says in how many seconds they may be taken.
    fn take(&self, events: usize) -> Result<(), u64> {
        let mut bucket = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let grown = now.duration_since(bucket.1).as_secs_f64() * self.a_second;
        *bucket = ((bucket.0 + grown).min(self.a_second * 10.0), now);
        // A single request may go into debt, so that a large one is not refused for ever.
        if bucket.0 <= 0.0 {
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            // small and positive
            return Err((-bucket.0 / self.a_second).ceil().max(1.0) as u64);
        }
        #[allow(clippy::cast_precision_loss)] // no request has that many
        let events = events as f64;
        bucket.0 -= events;
        Ok(())
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
pub(crate) async fn take(
    State(doors): State<Arc<Doors>>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Ok(body) = body else {
        let detail = format!("more than the {LARGEST} bytes that are taken at a time");
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail).into_response();
    };
    if body.len() > LARGEST {
        let detail = format!("{} bytes, and {LARGEST} are taken at a time", body.len());
        return Problem::new(StatusCode::PAYLOAD_TOO_LARGE, detail).into_response();
    }
    let partitions = match doors.inbound.partitions(&doors.log).await {
        Ok(partitions) => partitions,
        Err(error) => return unavailable(error),
    };
    let drafts = match read(&doors.inbound.topic, partitions, &body) {
        Ok(drafts) if drafts.is_empty() => {
            return Problem::new(StatusCode::BAD_REQUEST, "the body holds no event")
                .into_response();
        }
        Ok(drafts) => drafts,
        Err(rejections) => return refused(&rejections),
    };
    if let Err(seconds) = doors.rate.take(drafts.len()) {
        let detail = "more events a second than are taken";
        return Problem::new(StatusCode::TOO_MANY_REQUESTS, detail)
            .again_in(seconds)
            .into_response();
    }
    let accepted = drafts.len();
    let log = doors.log.clone();
    let written = tokio::task::spawn_blocking(move || topics::append(&*log, drafts)).await;
    match written {
        Ok(Ok(last)) => {
            let positions: Vec<_> = last
                .into_iter()
                .map(|(partition, offset)| json!({ "partition": partition, "offset": offset }))
                .collect();
            (StatusCode::ACCEPTED, Json(json!({ "accepted": accepted, "positions": positions })))
                .into_response()
        }
        Ok(Err(error)) => unavailable(error),
        Err(error) => unavailable(error),
    }
}

fn unavailable(error: impl ToString) -> Response {
    let detail = format!(
        "{}; send all of it again: what the log has is recognised by source and id",
        error.to_string()
    );
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, detail).again_in(5).into_response()
}

fn refused(rejections: &[Rejection]) -> Response {
    let detail = format!("{} of the records cannot be taken; none was", rejections.len());
    let told: Vec<_> = rejections
        .iter()
        .take(TOLD)
        .map(|r| {
            json!({
                "code": r.code, "record": r.place.record, "column": r.place.column,
                "member": r.place.member, "reason": r.reason,
            })
        })
        .collect();
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
        .with("rejected", rejections.len().into())
        .with("rejections", told.into())
        .into_response()
}

/// The records of a body as drafts, or everything that is wrong with them.
pub(crate) fn read(
    topic: &str,
    partitions: u16,
    body: &[u8],
) -> Result<Vec<Draft>, Vec<Rejection>> {
    if wire::logger::is_logger_file(body) {
        return logger(topic, partitions, body);
    }
    let limits = Limits::default();
    let (mut drafts, mut rejections) = (Vec::new(), Vec::new());
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
            Ok(subject) => {
                let partition = intake::inbound_partition(&subject, partitions);
                drafts.push(intake::inbound(topic, partition, &subject, line.to_vec()));
            }
            Err(rejection) => rejections.push(rejection.at("body", number)),
        }
    }
    if rejections.is_empty() { Ok(drafts) } else { Err(rejections) }
}

fn logger(topic: &str, partitions: u16, body: &[u8]) -> Result<Vec<Draft>, Vec<Rejection>> {
    if body.len() > LARGEST_FILE {
        let reason =
            format!("{} bytes, and a logger's file has at most {LARGEST_FILE}", body.len());
        return Err(vec![Rejection::new(Code::TooLong, reason).at("body", 1)]);
    }
    let read = wire::logger::read("body", body).map_err(|rejection| vec![rejection])?;
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
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::time::Duration;
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
}
